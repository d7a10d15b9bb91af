// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Words for waits. See wait.h.
 */
#include "wait.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <weft/events.h>

/* What a system call waits for; BY_OBJECT: for what its descriptor leads to. */
enum cause {
	CAUSE_UNKNOWN,
	CAUSE_NONE,
	CAUSE_OTHER,
	CAUSE_BY_OBJECT,
	CAUSE_NETWORK,
	CAUSE_POLL,
	CAUSE_FUTEX,
	CAUSE_SEMAPHORE,
	CAUSE_MESSAGE_QUEUE,
	CAUSE_FILE_LOCK,
	CAUSE_SLEEP,
	CAUSE_DISK,
	CAUSE_CHILD,
	CAUSE_SIGNAL,
	CAUSE_EVENT,
	CAUSE_PIPE,
	CAUSE_DEVICE,
	CAUSE_COUNT_
};

static const char *const words[CAUSE_COUNT_] = {
	[CAUSE_UNKNOWN] = "blocked",
	[CAUSE_NONE] = "blocked",
	[CAUSE_OTHER] = "system call",
	[CAUSE_BY_OBJECT] = "file",
	[CAUSE_NETWORK] = "network",
	[CAUSE_POLL] = "poll",
	[CAUSE_FUTEX] = "sync: futex",
	[CAUSE_SEMAPHORE] = "sync: semaphore",
	[CAUSE_MESSAGE_QUEUE] = "sync: message queue",
	[CAUSE_FILE_LOCK] = "sync: file lock",
	[CAUSE_SLEEP] = "sleep",
	[CAUSE_DISK] = "disk",
	[CAUSE_CHILD] = "child wait",
	[CAUSE_SIGNAL] = "signal",
	[CAUSE_EVENT] = "event",
	[CAUSE_PIPE] = "pipe",
	[CAUSE_DEVICE] = "device",
};

/* What a descriptor waits for. An eventfd, a timerfd and the like are told apart by nobody. */
static const enum cause causes_of_objects[] = {
	[WEFT_WAIT_OBJECT_NONE] = CAUSE_BY_OBJECT,    [WEFT_WAIT_OBJECT_SOCKET] = CAUSE_NETWORK,
	[WEFT_WAIT_OBJECT_PIPE] = CAUSE_PIPE,         [WEFT_WAIT_OBJECT_FILE] = CAUSE_DISK,
	[WEFT_WAIT_OBJECT_BLOCK] = CAUSE_DISK,        [WEFT_WAIT_OBJECT_CHAR] = CAUSE_DEVICE,
	[WEFT_WAIT_OBJECT_ANON] = CAUSE_EVENT,        [WEFT_WAIT_OBJECT_DIRECTORY] = CAUSE_DISK,
	[WEFT_WAIT_OBJECT_UNKNOWN] = CAUSE_BY_OBJECT,
};

/* System calls that wait: X(name, cause). */
#define SYSCALL_MAP(X)                                                                             \
	X(read, BY_OBJECT)                                                                         \
	X(write, BY_OBJECT)                                                                        \
	X(readv, BY_OBJECT)                                                                        \
	X(writev, BY_OBJECT)                                                                       \
	X(pread64, BY_OBJECT)                                                                      \
	X(pwrite64, BY_OBJECT)                                                                     \
	X(preadv, BY_OBJECT)                                                                       \
	X(pwritev, BY_OBJECT)                                                                      \
	X(preadv2, BY_OBJECT)                                                                      \
	X(pwritev2, BY_OBJECT)                                                                     \
	X(splice, BY_OBJECT)                                                                       \
	X(tee, BY_OBJECT)                                                                          \
	X(vmsplice, BY_OBJECT)                                                                     \
	X(ioctl, BY_OBJECT)                                                                        \
	X(close, BY_OBJECT)                                                                        \
	X(accept, NETWORK)                                                                         \
	X(accept4, NETWORK)                                                                        \
	X(connect, NETWORK)                                                                        \
	X(recvfrom, NETWORK)                                                                       \
	X(recvmsg, NETWORK)                                                                        \
	X(recvmmsg, NETWORK)                                                                       \
	X(sendto, NETWORK)                                                                         \
	X(sendmsg, NETWORK)                                                                        \
	X(sendmmsg, NETWORK)                                                                       \
	X(sendfile, NETWORK)                                                                       \
	X(epoll_wait, NETWORK)                                                                     \
	X(epoll_pwait, NETWORK)                                                                    \
	X(epoll_pwait2, NETWORK)                                                                   \
	X(poll, POLL)                                                                              \
	X(ppoll, POLL)                                                                             \
	X(select, POLL)                                                                            \
	X(pselect6, POLL)                                                                          \
	X(futex, FUTEX)                                                                            \
	X(futex_wait, FUTEX)                                                                       \
	X(futex_waitv, FUTEX)                                                                      \
	X(semop, SEMAPHORE)                                                                        \
	X(semtimedop, SEMAPHORE)                                                                   \
	X(msgrcv, MESSAGE_QUEUE)                                                                   \
	X(msgsnd, MESSAGE_QUEUE)                                                                   \
	X(mq_timedreceive, MESSAGE_QUEUE)                                                          \
	X(mq_timedsend, MESSAGE_QUEUE)                                                             \
	X(flock, FILE_LOCK)                                                                        \
	X(fcntl, FILE_LOCK)                                                                        \
	X(nanosleep, SLEEP)                                                                        \
	X(clock_nanosleep, SLEEP)                                                                  \
	X(fsync, DISK)                                                                             \
	X(fdatasync, DISK)                                                                         \
	X(sync, DISK)                                                                              \
	X(syncfs, DISK)                                                                            \
	X(sync_file_range, DISK)                                                                   \
	X(msync, DISK)                                                                             \
	X(open, DISK)                                                                              \
	X(openat, DISK)                                                                            \
	X(openat2, DISK)                                                                           \
	X(stat, DISK)                                                                              \
	X(fstat, DISK)                                                                             \
	X(lstat, DISK)                                                                             \
	X(newfstatat, DISK)                                                                        \
	X(statx, DISK)                                                                             \
	X(getdents64, DISK)                                                                        \
	X(unlink, DISK)                                                                            \
	X(unlinkat, DISK)                                                                          \
	X(rename, DISK)                                                                            \
	X(renameat2, DISK)                                                                         \
	X(mkdir, DISK)                                                                             \
	X(ftruncate, DISK)                                                                         \
	X(fallocate, DISK)                                                                         \
	X(execve, DISK)                                                                            \
	X(io_getevents, DISK)                                                                      \
	X(io_uring_enter, EVENT)                                                                   \
	X(wait4, CHILD)                                                                            \
	X(waitid, CHILD)                                                                           \
	X(vfork, CHILD)                                                                            \
	X(clone, CHILD)                                                                            \
	X(clone3, CHILD)                                                                           \
	X(pause, SIGNAL)                                                                           \
	X(rt_sigsuspend, SIGNAL)                                                                   \
	X(rt_sigtimedwait, SIGNAL)

struct syscall_row {
	const char *name;
	enum cause cause;
};

#define SYSCALL_ROW(name, cause) {#name, CAUSE_##cause},
static const struct syscall_row syscalls[] = {[WEFT_SYSCALL_UNKNOWN] = {"unknown", CAUSE_UNKNOWN},
					      [WEFT_SYSCALL_NONE] = {"none", CAUSE_NONE},
					      {"system call", CAUSE_OTHER},
					      SYSCALL_MAP(SYSCALL_ROW)};

#define SYSCALL_COUNT (sizeof(syscalls) / sizeof(syscalls[0]))
#define SYSCALL_OTHER 2U

weft_syscall_index weft_wait_find_syscall(const char *name)
{
	size_t i;

	for (i = 0; i < SYSCALL_COUNT; i++) {
		if (strcmp(name, syscalls[i].name) == 0) {
			return (weft_syscall_index)i;
		}
	}
	return SYSCALL_OTHER;
}

static const struct syscall_row *row_of(weft_syscall_index index)
{
	return &syscalls[index < SYSCALL_COUNT ? index : WEFT_SYSCALL_UNKNOWN];
}

const char *weft_wait_get_syscall_name(weft_syscall_index index)
{
	return index <= WEFT_SYSCALL_NONE ? "" : row_of(index)->name;
}

/* By kind, which is its value; a kind that we do not know is a lock. */
static const char *const lock_words[] = {"sync: lock",
#define LOCK_WORD(upper, value, word) [value] = "sync: " word,
					 WEFT_LOCK_KIND_MAP(LOCK_WORD)
#undef LOCK_WORD
};

/* Whether it is the wait that the program spoke of: on its way there it may wait for a page, say. */
static bool is_for_lock(const struct weft_wait *wait)
{
	return wait->lock.kind != 0 && wait->sleep == WEFT_WAIT_INTERRUPTIBLE &&
	       (row_of(wait->syscall)->cause == CAUSE_FUTEX ||
		wait->syscall == WEFT_SYSCALL_UNKNOWN);
}

static const char *lock_word(uint32_t kind)
{
	return lock_words[kind < sizeof(lock_words) / sizeof(lock_words[0]) ? kind : 0];
}

const char *weft_wait_text(const struct weft_wait *wait, char storage[WEFT_WAIT_TEXT_SIZE])
{
	const char *word = weft_wait_reason(wait);
	const struct weft_wait_lock *lock = &wait->lock;

	if (!is_for_lock(wait)) {
		return word;
	}
	if (lock->holder > 0) {
		(void)snprintf(storage, WEFT_WAIT_TEXT_SIZE,
			       "%s 0x%" PRIx64 " held by thread %" PRId32, word, lock->object,
			       lock->holder);
	} else {
		(void)snprintf(storage, WEFT_WAIT_TEXT_SIZE, "%s 0x%" PRIx64, word, lock->object);
	}
	return storage;
}

const char *weft_wait_reason(const struct weft_wait *wait)
{
	enum cause cause = row_of(wait->syscall)->cause;

	if (is_for_lock(wait)) {
		return lock_word(wait->lock.kind);
	}

	if (wait->sleep == WEFT_WAIT_STOPPED) {
		return "stopped";
	}
	if (wait->sleep == WEFT_WAIT_FOR_WORK) {
		return "kernel thread idle";
	}
	if (cause == CAUSE_NONE && wait->sleep == WEFT_WAIT_UNINTERRUPTIBLE) {
		return "page fault";
	}
	if (wait->sleep == WEFT_WAIT_UNINTERRUPTIBLE &&
	    (cause == CAUSE_UNKNOWN || cause == CAUSE_OTHER)) {
		return "disk: D state";
	}
	if (cause == CAUSE_BY_OBJECT && wait->object <= WEFT_WAIT_OBJECT_UNKNOWN) {
		cause = causes_of_objects[wait->object];
	}
	return words[cause];
}
