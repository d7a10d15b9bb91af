// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Where the stack of the calling thread ends: the range that the unwinder may read.
 *
 * Nobody has to register. A list of the writable mappings is made outside of handlers; a handler
 * finds the one around its stack pointer. In a thread of libc's the thread's descriptor lies above
 * the stack in the same mapping, which gives the exact end. What was found is kept in the thread.
 *
 * Stacks of coroutines are known by their mapping only; those made after the last refresh are
 * unknown, so that a walk gives the innermost frame and nothing else.
 */
#ifndef WEFT_TRACER_STACK_BOUNDS_H
#define WEFT_TRACER_STACK_BOUNDS_H

#include <stdint.h>

#include "unwinder.h"

/*
 * Lists the mappings anew: when threads may have appeared since. Any thread; not signal-safe. 0; a
 * negative errno of reading /proc/self/maps: the list is as before.
 */
int weft_stack_bounds_refresh(void);

/*
 * The bounds for what a handler interrupted; empty where unknown. Async-signal-safe. `ucontext` is the
 * handler's third argument; sp the interrupted stack pointer.
 */
void weft_stack_bounds_get(const void *ucontext, uintptr_t sp,
			   struct weft_unwind_bounds *ret_bounds);

/* The bounds for an ordinary function of the calling thread. Not signal-safe (the first time). */
void weft_stack_bounds_get_self(struct weft_unwind_bounds *ret_bounds);

/*
 * The callers of an ordinary function, from its own caller outwards: return addresses. Not
 * signal-safe. `skip`: innermost frames of ours to leave out; 0 begins with the return address of the
 * function that calls this one.
 */
size_t weft_stack_bounds_walk(uintptr_t *ret_pcs, size_t capacity, size_t skip);

/*
 * The stack of another thread that sleeps in a system call, of which /proc tells sp and pc; innermost
 * first: pc itself, then return addresses. The stack is copied by the kernel, so that nothing can
 * fault should the thread wake up and end meanwhile; whether it did is for the caller to see. Frames
 * that need a register other than sp end the walk. Not signal-safe.
 */
size_t weft_stack_bounds_walk_other(uintptr_t pc, uintptr_t sp, uintptr_t *ret_pcs,
				    size_t capacity);

/* Around fork(). */
void weft_stack_bounds_lock(void);
void weft_stack_bounds_unlock(void);

#endif
