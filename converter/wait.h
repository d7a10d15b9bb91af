// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Why a thread was not running: what is known of it, and the words for it.
 *
 * The words are those that `go tool trace` sorts by (reason equal to "network": network blocking
 * profile; reason containing "sync", "chan" or "select": synchronization blocking profile), so no
 * other word contains these. They are few and stable, and become columns of reports.
 *
 * Pure tables, no state. Threads: any.
 */
#ifndef WEFT_CONVERTER_WAIT_H
#define WEFT_CONVERTER_WAIT_H

#include <stdbool.h>
#include <stdint.h>

/** What a file descriptor leads to. Values are those of kernel traces written by Weft. */
enum weft_wait_object {
	WEFT_WAIT_OBJECT_NONE,
	WEFT_WAIT_OBJECT_SOCKET,
	WEFT_WAIT_OBJECT_PIPE,
	WEFT_WAIT_OBJECT_FILE,
	WEFT_WAIT_OBJECT_BLOCK,
	WEFT_WAIT_OBJECT_CHAR,
	WEFT_WAIT_OBJECT_ANON, /**< eventfd, epoll, timerfd, ... */
	WEFT_WAIT_OBJECT_DIRECTORY,
	WEFT_WAIT_OBJECT_UNKNOWN,
};

/** Index of a system call in the table of those that wait; 0 and 1 are special. */
typedef uint16_t weft_syscall_index;
#define WEFT_SYSCALL_UNKNOWN 0U /**< The source does not tell. */
#define WEFT_SYSCALL_NONE    1U /**< In none: a page fault, an interrupt, a kernel thread. */

/** How a thread's wait shows in sched_switch's prev_state. */
enum weft_wait_sleep {
	WEFT_WAIT_INTERRUPTIBLE,
	WEFT_WAIT_UNINTERRUPTIBLE,
	WEFT_WAIT_STOPPED,
	WEFT_WAIT_FOR_WORK, /**< A thread of the kernel that has nothing to do. */
};

/** What the program itself said of a wait: see lock_wait_begin in <weft/events.h>. */
struct weft_wait_lock {
	uint32_t kind;  /**< enum weft_lock_kind, or a value unknown to us; 0: nothing was said. */
	int32_t holder; /**< Thread id, 0 unknown or nobody. */
	uint64_t object;
};

/** What is known of one wait. Zero: nothing. */
struct weft_wait {
	weft_syscall_index syscall;
	uint8_t object; /**< enum weft_wait_object, of the descriptor `arg`. */
	uint8_t sleep;  /**< enum weft_wait_sleep. */
	uint64_t
		arg; /**< First argument of the system call: descriptor, futex address; 0 unknown. */
	struct weft_wait_lock lock;
};

/**
 * Finds a system call by name without prefix ("read").
 *
 * @return WEFT_SYSCALL_UNKNOWN for "unknown", WEFT_SYSCALL_NONE for "none"; a name that is not in the
 *         table gives the index of "system call".
 */
weft_syscall_index weft_wait_find_syscall(const char *name);

/** "" for unknown and none. Static. */
const char *weft_wait_get_syscall_name(weft_syscall_index index);

/** The word for a wait: "network", "sync: futex", "pipe", ... Static, never NULL. */
const char *weft_wait_reason(const struct weft_wait *wait);

#define WEFT_WAIT_TEXT_SIZE 96

/**
 * The word, and for a lock its address and who holds it: "sync: mutex 0x55d0 held by thread 12".
 *
 * @param storage  Where the text is made if it is more than the word.
 * @return The word or storage.
 */
const char *weft_wait_text(const struct weft_wait *wait, char storage[WEFT_WAIT_TEXT_SIZE]);

#endif
