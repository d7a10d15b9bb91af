// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * One wait, as hooks of locks see it: for the profiles of lock-profile.h, and as the events
 * lock_wait_begin and lock_wait_end while somebody records.
 *
 *     weft_lock_wait_enter(&passage, kind, object, holder, caller);
 *     real_lock(object);
 *     weft_lock_wait_leave(&passage, caller);
 *
 * Events come only from threads that LTTng-UST knows already: to make a thread known takes locks, and
 * who waits may hold any. For the same reason no object is described here.
 *
 * Threads: any. Signals: as safe as the functions that are hooked. errno stays.
 */
#ifndef WEFT_TRACER_LOCK_WAIT_H
#define WEFT_TRACER_LOCK_WAIT_H

#include <stdbool.h>
#include <stdint.h>

#include <weft/events.h>
#include <weft/trace.h>

#include "lock-profile.h"

/* LTTng's switch of lock_wait_begin. */
extern WEFT_API const int *const weft_lock_gate_;

struct weft_lock_passage {
	struct weft_lock_wait wait;
	const void *object;
	enum weft_lock_kind kind;
	bool is_traced;
};

/* Whether waits are looked at at all. */
static inline bool weft_lock_is_watched(void)
{
	return weft_lock_is_on() || __atomic_load_n(weft_lock_gate_, __ATOMIC_RELAXED) != 0;
}

/*
 * Around a wait that is going to take place. leave() need not be called when the thread ends in between
 * and the kind is neither a mutex nor a lock for reading or writing.
 *
 * @param holder  Thread id, 0 unknown.
 * @param caller  As in heap-profile.h.
 */
WEFT_API void weft_lock_wait_enter(struct weft_lock_passage *ret_passage, enum weft_lock_kind kind,
				   const void *object, int32_t holder, const void *caller);
WEFT_API void weft_lock_wait_leave(const struct weft_lock_passage *passage, const void *caller);

#endif
