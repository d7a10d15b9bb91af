// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * The profiles of waiting: `block`, where threads waited, and `mutex`, whose holding made others wait.
 *
 *     if (real_trylock(m) == EBUSY) {             if (weft_lock_is_contended(m)) {
 *             weft_lock_wait_begin(&wait, m);             charge = weft_lock_release_begin(m);
 *             real_lock(m);                               real_unlock(m);
 *             weft_lock_wait_end(&wait, caller);          weft_lock_release_end(charge, caller);
 *     }                                           }
 *
 * Only the slow path is looked at: what need not wait costs a try, and at release one load. A lock
 * that is waited for has a record, found by its address. There the waiting time of all its waiters
 * adds up; whoever releases the lock is charged with what has come since the last release. So
 * all waiting is charged to the one that held the lock meanwhile (but for the time from the last
 * release to a waiter's waking, which nobody held).
 *
 * Sampling is Go's: a wait of d ns at rate r is kept if d >= r, else with probability d/r, and then counts
 * for r/d waits and r ns; a contended release is kept with probability 1/n and counts for n. On top of it
 * a budget of some 1000 samples a second for each profile thins out evenly what is more; weights
 * make up for it.
 *
 * Threads: any. Signals: as safe as the functions that are hooked. errno stays.
 * Source: Go 1.22, runtime/mprof.go: blocksampled(), mutexevent().
 */
#ifndef WEFT_TRACER_LOCK_PROFILE_H
#define WEFT_TRACER_LOCK_PROFILE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include <weft/trace.h>

#include "stack-table.h"

#define WEFT_LOCK_BUCKET_BITS 10
/* Samples a second of each profile, about. */
#define WEFT_LOCK_BUDGET 1000

/* Whether any of both profiles is on. */
extern WEFT_API _Atomic bool weft_lock_is_on_;
/* Whether the block profile is on and counts what waits for files, other processes and times. */
extern WEFT_API _Atomic bool weft_block_io_is_on_;
/* How many threads wait for locks of this hash. */
extern WEFT_API _Atomic uint32_t weft_lock_waiters_[1U << WEFT_LOCK_BUCKET_BITS];

/* Meaning of weft_stack_entry.values in both tables. */
enum weft_lock_value {
	WEFT_LOCK_CONTENTIONS, /* Fixed point, see sampling.h. */
	WEFT_LOCK_DELAY_NS,
};

enum weft_lock_profile {
	WEFT_LOCK_PROFILE_BLOCK,
	WEFT_LOCK_PROFILE_MUTEX,
	WEFT_LOCK_PROFILE_COUNT_,
};

struct weft_lock_wait {
	uint64_t begin_ns; /* 0: not looked at. */
	const void *lock;  /* NULL: it is nobody's to release, or has no record. */
};

/*
 * Makes the tables. 0; -ENOMEM. A second call does nothing. Not beside itself.
 *
 * tag: What the calling thread works for, see weft_stack_table_find_or_add_tagged(); called for each
 *      sample, as safe as the functions that are hooked. NULL: all is one.
 */
int weft_lock_start(uint64_t (*tag)(enum weft_lock_profile profile));

/* Mean ns of waiting between samples, see above; 1: every wait; 0 or less: off. (Go: SetBlockProfileRate) */
void weft_block_set_rate(int64_t rate_ns);
int64_t weft_block_rate(void);
/* Whether waits for files, other processes and times are in the profile; unless set they are not. */
void weft_block_set_io(bool is_wanted);
/*
 * One of `fraction` contended releases; 0: off; negative: as it is. Returns what it was. (Go:
 * SetMutexProfileFraction)
 */
int weft_mutex_set_fraction(int fraction);

/* NULL before weft_lock_start(). */
struct weft_stack_table *weft_lock_table(enum weft_lock_profile profile);
/* Waits for locks that had no room for a record: not in the mutex profile. */
uint64_t weft_lock_lost(void);

/*
 * Around a wait that is going to take place. lock: NULL for what is no lock. wait_end() need not be
 * called when the thread ends in between and lock is NULL. caller: as in heap-profile.h.
 */
WEFT_API void weft_lock_wait_begin(struct weft_lock_wait *ret_wait, const void *lock);
WEFT_API void weft_lock_wait_end(const struct weft_lock_wait *wait, const void *caller);

/* The waiting to be charged, ns; to be passed on after the release. */
WEFT_API uint64_t weft_lock_release_begin(const void *lock);
WEFT_API void weft_lock_release_end(uint64_t waited_ns, const void *caller);

static inline uint32_t weft_lock_hash(const void *lock)
{
	return (uint32_t)(((uintptr_t)lock * UINT64_C(0x9e3779b97f4a7c15)) >>
			  (64 - WEFT_LOCK_BUCKET_BITS));
}

static inline bool weft_lock_is_on(void)
{
	return atomic_load_explicit(&weft_lock_is_on_, memory_order_relaxed);
}

static inline bool weft_block_io_is_on(void)
{
	return __builtin_expect(atomic_load_explicit(&weft_block_io_is_on_, memory_order_relaxed),
				0);
}

static inline bool weft_lock_is_contended(const void *lock)
{
	return __builtin_expect(atomic_load_explicit(&weft_lock_waiters_[weft_lock_hash(lock)],
						     memory_order_relaxed) != 0,
				0);
}

/* In the child of fork(): other threads' locks and waits are not there. */
void weft_lock__forget(void);

#endif
