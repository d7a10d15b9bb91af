// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * The allocation profile: which stacks allocate, and whose memory is still there.
 *
 *     p = real_malloc(size);                     real_free:
 *     weft_heap_on_alloc(p, size, caller);       weft_heap_on_free(p);
 *                                                real_free(p);
 *
 * Whoever stands in front of an allocator calls these; the preload library does, and so may a
 * program with an allocator of its own. A sample is taken each `rate` bytes on average, at random
 * (sampling.h has the arithmetic); everything else costs a subtraction. Sampled objects that live
 * are in a table; a filter of one byte for each hash of an address tells nearly every other
 * object from them by one load.
 *
 * The rate is looked at again after at most WEFT_HEAP_STEP bytes of each thread, so it may change at
 * any time without bias: the gaps have no memory.
 *
 * Not allocated here, never locked but around a few instructions on live objects (spinning, never
 * while anything else is called). Threads: any. Signals: allocators are not safe there, and
 * neither is this; it does no harm though where a handler interrupts something else.
 */
#ifndef WEFT_TRACER_HEAP_PROFILE_H
#define WEFT_TRACER_HEAP_PROFILE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <weft/trace.h>

#include "stack-table.h"

#define WEFT_HEAP_RATE_DEFAULT 524288
#define WEFT_HEAP_STEP         65536
#define WEFT_HEAP_FILTER_BITS  16

/* Bytes until the thread has to look closer. */
extern WEFT_API __thread int64_t weft_heap_left_ __attribute__((tls_model("initial-exec")));
/* Set by each closer look; who wants to know whether there was one clears it before. */
extern WEFT_API __thread bool weft_heap_has_looked_ __attribute__((tls_model("initial-exec")));
/* How many sampled live objects have this hash; 255: too many, for ever. */
extern WEFT_API _Atomic uint8_t weft_heap_filter_[1U << WEFT_HEAP_FILTER_BITS];

/* What an object stands for in the profile; entry NULL: it was not sampled. */
struct weft_heap_sample {
	struct weft_stack_entry *entry; /* Values: see below. */
	int64_t objects;                /* Fixed point, see sampling.h. */
	uint64_t size;                  /* As asked for, bytes. */
};

/* Meaning of weft_stack_entry.values; the tag is the size class. */
enum weft_heap_value {
	WEFT_HEAP_ALLOC_OBJECTS, /* Fixed point, see sampling.h. */
	WEFT_HEAP_ALLOC_BYTES,
	WEFT_HEAP_INUSE_OBJECTS, /* Fixed point, see sampling.h. */
	WEFT_HEAP_INUSE_BYTES,
};

/*
 * Makes the tables; nothing is sampled before. 0; -ENOMEM. A second call does nothing. Not safe in
 * threads beside itself.
 */
int weft_heap_start(void);
bool weft_heap_is_started(void);

/*
 * Mean bytes between samples. 1: everything; 0: nothing; negative: everything, as Go does; at most
 * WEFT_SAMPLING_MEAN_MAX. Any thread; on the calling one it acts at once, on others within a step.
 */
void weft_heap_set_rate(int64_t rate);
int64_t weft_heap_rate(void);

/* The table; NULL before weft_heap_start(). */
struct weft_stack_table *weft_heap_table(void);
/* Samples whose stack, and sampled objects whose life, had no room. */
uint64_t weft_heap_lost(void);

/* ---- Slow halves of the functions below ---- */

WEFT_API void weft_heap_look_closer_(void *ptr, size_t size, const void *caller);
WEFT_API struct weft_heap_sample weft_heap_take_(const void *ptr);
WEFT_API void weft_heap_put_back_(void *ptr, const struct weft_heap_sample *sample);

static inline uint32_t weft_heap_hash(const void *ptr)
{
	/* The low 4 bits of an allocator's addresses are equal; the upper half of a product mixes. */
	return (uint32_t)(((uintptr_t)ptr * UINT64_C(0x9e3779b97f4a7c15)) >>
			  (64 - WEFT_HEAP_FILTER_BITS));
}

/* Whether an allocation of `size` ends a gap or a step; it is counted as allocated. */
static inline bool weft_heap_is_due(size_t size)
{
	int64_t left = weft_heap_left_ - (int64_t)size - 1;

	weft_heap_left_ = left;
	return __builtin_expect(left < 0, 0);
}

/*
 * An object was allocated. ptr: NULL does nothing; size: as asked for; caller: return address of the
 * allocating function, where the stack of the profile begins.
 */
static inline void weft_heap_on_alloc(void *ptr, size_t size, const void *caller)
{
	if (weft_heap_is_due(size)) {
		weft_heap_look_closer_(ptr, size, caller);
	}
}

static inline bool weft_heap_may_be_sampled(const void *ptr)
{
	return __builtin_expect(atomic_load_explicit(&weft_heap_filter_[weft_heap_hash(ptr)],
						     memory_order_relaxed) != 0,
				0);
}

/* An object is about to be freed: afterwards its address may be another's already. NULL is fine. */
static inline void weft_heap_on_free(const void *ptr)
{
	if (weft_heap_may_be_sampled(ptr)) {
		(void)weft_heap_take_(ptr);
	}
}

/*
 * For realloc(): takes the object off before; afterwards it is either put back, because realloc()
 * failed, or gone, and the new one allocated like any other.
 */
static inline struct weft_heap_sample weft_heap_take(const void *ptr)
{
	struct weft_heap_sample none = {NULL, 0, 0};

	return weft_heap_may_be_sampled(ptr) ? weft_heap_take_(ptr) : none;
}

static inline void weft_heap_put_back(void *ptr, const struct weft_heap_sample *sample)
{
	if (sample->entry) {
		weft_heap_put_back_(ptr, sample);
	}
}

/* In the child of fork(): locks that other threads of the parent held are nobody's. */
void weft_heap__forget_locks(void);

#endif
