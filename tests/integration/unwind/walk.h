// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Walks by timer: between walk_begin() and walk_end() the calling thread is interrupted at an
 * interval and its stack walked in the handler. A walk is complete if it ends at the frame where
 * the thread's walks ended at walk_begin().
 */
#ifndef WEFT_TEST_UNWIND_WALK_H
#define WEFT_TEST_UNWIND_WALK_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include "unwinder.h"

#define WALK_DEPTH_MAX 512

/* Of all threads since walk_reset(). */
struct walk_counts {
	_Atomic size_t walks;
	_Atomic size_t complete;
	_Atomic size_t frames;
	_Atomic size_t deepest;
};

extern struct walk_counts walk_counts;

/* What the handler calls before and after its walk; NULL for nothing. */
extern void (*walk_enter)(void);
extern void (*walk_leave)(void);

/* The calling thread's stacks. */
extern _Thread_local struct weft_unwind_bounds walk_bounds;

void walk_reset(void);

/* Fills in walk_bounds: the own stack and the alternative one. */
void walk_find_bounds(struct weft_unwind_bounds *ret_bounds);

/* Interrupts the calling thread every interval_us; exits if that is not possible. */
void walk_begin(long interval_us);
void walk_end(void);

/* The caller's own stack. */
size_t walk_here(uintptr_t *pcs, size_t capacity);

/* Prints the counts. */
void walk_report(const char *what);

#endif
