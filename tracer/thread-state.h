// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * What a thread is waiting for, in the words that Go has for its goroutines.
 */
#ifndef WEFT_TRACER_THREAD_STATE_H
#define WEFT_TRACER_THREAD_STATE_H

#include <stddef.h>
#include <stdint.h>

/* What /proc/self/task/TID/syscall says. */
struct weft_thread_syscall {
	long number; /* -1: in none, or running. */
	uint64_t arguments[6];
	uint64_t pc; /* 0: unknown. */
};

/* Reads it; a thread that is running, or gone, is in no system call. */
void weft_thread_state_read_syscall(int32_t tid, struct weft_thread_syscall *ret_syscall);
/* Takes the text of that file apart. Pure. */
void weft_thread_state_parse_syscall(const char *text, struct weft_thread_syscall *ret_syscall);

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
