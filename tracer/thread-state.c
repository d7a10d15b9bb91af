// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * See thread-state.h.
 */
#include "thread-state.h"

#include <dlfcn.h>
#include <linux/futex.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "proc-file.h"

/* How far from the system call libc's own function may be. */
#define FRAMES_OF_LIBC 8U
/* What glibc's mutexes hold while somebody waits for them. */
#define MUTEX_CONTENDED 2U

/* System calls that wait for one thing, whatever their arguments. */
static const struct {
	long number;
	const char *state;
} waits[] = {
	{SYS_read, "IO wait"},
	{SYS_write, "IO wait"},
	{SYS_readv, "IO wait"},
	{SYS_writev, "IO wait"},
	{SYS_pread64, "IO wait"},
	{SYS_pwrite64, "IO wait"},
	{SYS_preadv, "IO wait"},
	{SYS_pwritev, "IO wait"},
	{SYS_recvfrom, "IO wait"},
	{SYS_recvmsg, "IO wait"},
	{SYS_recvmmsg, "IO wait"},
	{SYS_sendto, "IO wait"},
	{SYS_sendmsg, "IO wait"},
	{SYS_sendmmsg, "IO wait"},
	{SYS_sendfile, "IO wait"},
	{SYS_splice, "IO wait"},
	{SYS_accept, "IO wait"},
	{SYS_accept4, "IO wait"},
	{SYS_connect, "IO wait"},
	{SYS_fsync, "IO wait"},
	{SYS_fdatasync, "IO wait"},
	{SYS_flock, "IO wait"},
	{SYS_epoll_pwait, "IO wait"},
#ifdef SYS_epoll_wait
	{SYS_epoll_wait, "IO wait"},
#endif
#ifdef SYS_epoll_pwait2
	{SYS_epoll_pwait2, "IO wait"},
#endif
#ifdef SYS_select
	{SYS_select, "select"},
#endif
	{SYS_pselect6, "select"},
	{SYS_nanosleep, "sleep"},
	{SYS_clock_nanosleep, "sleep"},
	{SYS_restart_syscall, "sleep"}, /* With a time limit; goes on after a stop. */
};

/* Never restarted after a handler: see the manual of signals, section 7. */
static const long fragile[] = {
	SYS_nanosleep,      SYS_clock_nanosleep, SYS_restart_syscall, SYS_ppoll,
	SYS_pselect6,       SYS_epoll_pwait,
#ifdef SYS_epoll_pwait2
	SYS_epoll_pwait2,
#endif
#ifdef SYS_epoll_wait
	SYS_poll,           SYS_select,          SYS_epoll_wait,      SYS_pause,
#endif
	SYS_rt_sigsuspend,  SYS_rt_sigtimedwait, SYS_msgrcv,          SYS_msgsnd,
	SYS_semop,          SYS_semtimedop,      SYS_io_getevents,    SYS_io_pgetevents,
	SYS_io_uring_enter,
};

/* Functions of libc that wait on futexes. */
static const struct {
	const char *name;
	const char *state;
} functions[] = {
	{"pthread_mutex_lock", "sync.Mutex.Lock"},
	{"pthread_mutex_timedlock", "sync.Mutex.Lock"},
	{"pthread_mutex_clocklock", "sync.Mutex.Lock"},
	{"pthread_rwlock_rdlock", "sync.RWMutex.RLock"},
	{"pthread_rwlock_timedrdlock", "sync.RWMutex.RLock"},
	{"pthread_rwlock_clockrdlock", "sync.RWMutex.RLock"},
	{"pthread_rwlock_wrlock", "sync.RWMutex.Lock"},
	{"pthread_rwlock_timedwrlock", "sync.RWMutex.Lock"},
	{"pthread_rwlock_clockwrlock", "sync.RWMutex.Lock"},
	{"pthread_cond_wait", "sync.Cond.Wait"},
	{"pthread_cond_timedwait", "sync.Cond.Wait"},
	{"pthread_cond_clockwait", "sync.Cond.Wait"},
	{"pthread_join", "sync.WaitGroup.Wait"},
	{"pthread_timedjoin_np", "sync.WaitGroup.Wait"},
	{"pthread_clockjoin_np", "sync.WaitGroup.Wait"},
	{"pthread_barrier_wait", "sync.WaitGroup.Wait"},
	{"sem_wait", "semacquire"},
	{"sem_timedwait", "semacquire"},
	{"sem_clockwait", "semacquire"},
};

void weft_thread_state_parse_syscall(const char *text, struct weft_thread_syscall *ret_syscall)
{
	uint64_t values[8] = {0}; /* Six arguments, SP, PC. */
	const char *at = text;
	char *end;
	size_t count = 0;
	long number = strtol(text, &end, 10);

	/* Not by sscanf(), which takes longer: there may be thousands of threads. */
	while (end != at && count < sizeof(values) / sizeof(values[0])) {
		at = end;
		values[count] = strtoull(at, &end, 16);
		count += end != at;
	}
	memset(ret_syscall, 0, sizeof(*ret_syscall));
	ret_syscall->number = -1;
	if (count == 8) {
		ret_syscall->number = number;
		memcpy(ret_syscall->arguments, values, sizeof(ret_syscall->arguments));
		ret_syscall->sp = values[6];
		ret_syscall->pc = values[7];
	} else if (count == 2) { /* Waiting, but in no system call: "-1 SP PC". */
		ret_syscall->sp = values[0];
		ret_syscall->pc = values[1];
	} /* Else "running". */
}

void weft_thread_state_peek_syscall(int fd, struct weft_thread_syscall *ret_syscall)
{
	char text[256] = "";

	if (fd >= 0) {
		(void)weft_proc_fd_peek(fd, text, sizeof(text)); /* "" when it cannot be read. */
	}
	weft_thread_state_parse_syscall(text, ret_syscall);
}

void weft_thread_state_read_syscall(int32_t tid, struct weft_thread_syscall *ret_syscall)
{
	int fd = weft_proc_task_open(tid, "syscall");

	weft_thread_state_peek_syscall(fd, ret_syscall);
	if (fd >= 0) {
		(void)close(fd); /* Read only; nothing to lose. */
	}
}

bool weft_thread_state_is_fragile(const struct weft_thread_syscall *syscall)
{
	size_t i;

	for (i = 0; i < sizeof(fragile) / sizeof(fragile[0]); i++) {
		if (syscall->number == fragile[i]) {
			return true;
		}
	}
	/* With a time limit: sem_timedwait() tells its caller. */
	return syscall->number == SYS_futex && syscall->arguments[3] != 0;
}

static const char *name_of_function(uintptr_t pc)
{
	Dl_info info;

	if (!dladdr((void *)(pc - 1), &info) || !info.dli_sname) {
		return "";
	}
	/* The same function has several names, some with underscores. */
	return info.dli_sname + strspn(info.dli_sname, "_");
}

/* By who waits; without a stack, by how it waits. */
static const char *name_futex(const struct weft_thread_syscall *syscall, const uintptr_t *pcs,
			      size_t depth)
{
	uint64_t operation = syscall->arguments[1] & FUTEX_CMD_MASK;
	size_t frame, i;

	for (frame = 0; frame < depth && frame < FRAMES_OF_LIBC; frame++) {
		const char *name = name_of_function(pcs[frame]);

		for (i = 0; i < sizeof(functions) / sizeof(functions[0]); i++) {
			if (strcmp(name, functions[i].name) == 0) {
				return functions[i].state;
			}
		}
	}
	/* Joining threads wait for the kernel to clear the other's tid, which no library can share. */
	if (operation == FUTEX_WAIT_BITSET && !(syscall->arguments[1] & FUTEX_PRIVATE_FLAG) &&
	    syscall->arguments[2] > 1) {
		return "sync.WaitGroup.Wait";
	}
	if (operation == FUTEX_WAIT && syscall->arguments[2] == MUTEX_CONTENDED) {
		return "sync.Mutex.Lock";
	}
	return "semacquire";
}

static const char *name_syscall(const struct weft_thread_syscall *syscall, const uintptr_t *pcs,
				size_t depth)
{
	size_t i;

	switch (syscall->number) {
	case SYS_futex:
		return name_futex(syscall, pcs, depth);
#ifdef SYS_poll
	case SYS_poll:
#endif
	case SYS_ppoll: /* The second argument says of how many descriptors. */
		return syscall->arguments[1] == 0   ? "sleep"
		       : syscall->arguments[1] == 1 ? "IO wait"
						    : "select";
	default:
		for (i = 0; i < sizeof(waits) / sizeof(waits[0]); i++) {
			if (waits[i].number == syscall->number) {
				return waits[i].state;
			}
		}
		return "syscall";
	}
}

const char *weft_thread_state_name(char state, const struct weft_thread_syscall *syscall,
				   const uintptr_t *pcs, size_t depth)
{
	switch (state) {
	case 'R':
		return "running";
	case 'T':
	case 't':
		return "stopped";
	case 'Z':
	case 'X':
		return "dead";
	case 'D':
		return "syscall (D)"; /* Go has no word for waiting that nothing interrupts. */
	default:
		return syscall->number >= 0 ? name_syscall(syscall, pcs, depth) : "waiting";
	}
}
