// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * The profile of thread creations: which stacks made threads, how many ever and how many live.
 *
 * Every creation counts; there is nothing to sample. Threads: any. Signals: not safe.
 */
#ifndef WEFT_TRACER_THREAD_PROFILE_H
#define WEFT_TRACER_THREAD_PROFILE_H

#include <stdbool.h>

#include <weft/trace.h>

#include "stack-table.h"

/* Meaning of weft_stack_entry.values. */
enum weft_thread_value {
	WEFT_THREAD_CREATED,
	WEFT_THREAD_LIVE,
};

/* Makes the table. 0; -ENOMEM. A second call does nothing. Not beside itself. */
int weft_thread_profile_start(void);
/* NULL before that. */
struct weft_stack_table *weft_thread_profile_table(void);

/*
 * Whether the caller is this library: threads that it makes for itself are none of the program's, and
 * are to run with weft_hook_guard_ set. Async-signal-safe.
 */
WEFT_API bool weft_thread_profile_is_own(const void *caller);

/*
 * A thread is being created. The entry is for one of the two below; NULL: not counted (a thread of
 * ours, or no room). caller: as in heap-profile.h.
 */
WEFT_API struct weft_stack_entry *weft_thread_profile_begin(const void *caller);
/* The thread has ended, or could not be created after all. entry: NULL is fine. */
WEFT_API void weft_thread_profile_end(struct weft_stack_entry *entry);
WEFT_API void weft_thread_profile_cancel(struct weft_stack_entry *entry);

/* In the child of fork(): no other thread lives. */
void weft_thread_profile__forget(void);

#endif
