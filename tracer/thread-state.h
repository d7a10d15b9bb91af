// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * What a thread is waiting for, in the words that Go has for its goroutines.
 */
#ifndef WEFT_TRACER_THREAD_STATE_H
#define WEFT_TRACER_THREAD_STATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What /proc/self/task/TID/syscall says. */
struct weft_thread_syscall {
	long number; /* -1: in none, or running. */
	uint64_t arguments[6];
	uint64_t sp, pc; /* 0: unknown. */
};

/* Reads it; a thread that is running, or gone, is in no system call. */
void weft_thread_state_read_syscall(int32_t tid, struct weft_thread_syscall *ret_syscall);
/* The same from that file, which stays open. fd: negative when it could not be opened. */
void weft_thread_state_peek_syscall(int fd, struct weft_thread_syscall *ret_syscall);
/* Takes the text of that file apart. Pure. */
void weft_thread_state_parse_syscall(const char *text, struct weft_thread_syscall *ret_syscall);

/*
 * Whether the system call returns early with EINTR when a handler has run, whatever SA_RESTART says.
 * Programs that never had signals do not expect that: such threads are better not asked.
 */
bool weft_thread_state_is_fragile(const struct weft_thread_syscall *syscall);

/*
 * A word for ever.
 *
 * @param state  The kernel's letter: R, S, D, ...
 * @param pcs    The thread's stack, innermost first, or nothing: which function waits on a futex.
 *
 * Not signal-safe: looks symbols up.
 */
const char *weft_thread_state_name(char state, const struct weft_thread_syscall *syscall,
				   const uintptr_t *pcs, size_t depth);

#endif
