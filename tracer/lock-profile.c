// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * See lock-profile.h.
 */
#include "lock-profile.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <time.h>

#include "hook-stack.h"
#include "sampling.h"
#include "spin.h"

#define STACKS_MAX     (UINT32_C(1) << 14)
#define BUCKETS        (1U << WEFT_LOCK_BUCKET_BITS)
#define RECORDS        4 /* Locks of one hash that are waited for at once; the mean is far below 1. */
#define NS_PER_S       UINT64_C(1000000000)
#define WINDOW_NS      (NS_PER_S / 10)
#define WINDOW_SAMPLES (WEFT_LOCK_BUDGET / 10)

WEFT_API _Atomic bool weft_lock_is_on_;
WEFT_API _Atomic bool weft_block_io_is_on_;
WEFT_API _Atomic uint32_t weft_lock_waiters_[BUCKETS];

/* A lock that is waited for; free when waiter_count is 0. */
struct record {
	const void *lock;
	uint32_t waiter_count;
	uint64_t counted_until_ns;
	uint64_t waited_ns; /* By all waiters together, since the last release. */
};

struct bucket {
	_Atomic bool is_locked; /* Guards the rest; nothing is called while it is held. */
	struct record records[RECORDS];
};

/*
 * How many samples would be taken if there were no budget, in windows of time. What is above the
 * budget is thinned out: sample number n of a window is kept with probability B/max(B, n, m), m being
 * the number in the window before. That is settled before the draw, so weights undo it without
 * bias; and a sudden storm is held to B (1 + ln(n/B)) samples in its first window.
 */
struct budget {
	_Atomic uint64_t window; /* Number of the window since boot. */
	_Atomic uint64_t count;
	_Atomic uint64_t previous_count;
};

static struct bucket buckets[BUCKETS];
static struct budget budgets[WEFT_LOCK_PROFILE_COUNT_];
static struct weft_stack_table *tables[WEFT_LOCK_PROFILE_COUNT_];
static uint64_t (*tag_of)(enum weft_lock_profile profile);
static _Atomic int64_t block_rate_ns;
static _Atomic bool is_io_wanted;
static _Atomic int mutex_fraction;
static _Atomic uint64_t lost_count;

static uint64_t now_ns(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now); /* Cannot fail for this clock. */
	return (uint64_t)now.tv_sec * NS_PER_S + (uint64_t)now.tv_nsec;
}

/* ---- Records ---- */

static struct bucket *lock_bucket(const void *lock)
{
	struct bucket *bucket = &buckets[weft_lock_hash(lock)];

	weft_spin_lock(&bucket->is_locked);
	return bucket;
}

static void unlock_bucket(struct bucket *bucket)
{
	weft_spin_unlock(&bucket->is_locked);
}

/* The lock's record; NULL: nobody waits. */
static struct record *find_record(struct bucket *bucket, const void *lock)
{
	int i;

	for (i = 0; i < RECORDS; i++) {
		if (bucket->records[i].waiter_count > 0 && bucket->records[i].lock == lock) {
			return &bucket->records[i];
		}
	}
	return NULL;
}

/* NULL: no room. */
static struct record *find_or_add_record(struct bucket *bucket, const void *lock, uint64_t now)
{
	struct record *record = find_record(bucket, lock);
	int i;

	for (i = 0; i < RECORDS && !record; i++) {
		if (bucket->records[i].waiter_count == 0) {
			record = &bucket->records[i];
			*record = (struct record){.lock = lock, .counted_until_ns = now};
		}
	}
	return record;
}

static void count_waiting(struct record *record, uint64_t now)
{
	if (now > record->counted_until_ns) {
		record->waited_ns += record->waiter_count * (now - record->counted_until_ns);
		record->counted_until_ns = now;
	}
}

static bool begin_waiting(const void *lock, uint64_t now)
{
	struct bucket *bucket = lock_bucket(lock);
	struct record *record = find_or_add_record(bucket, lock, now);

	if (record) {
		count_waiting(record, now);
		record->waiter_count++;
	}
	unlock_bucket(bucket);
	if (!record) {
		atomic_fetch_add_explicit(&lost_count, 1, memory_order_relaxed);
		return false;
	}
	atomic_fetch_add_explicit(&weft_lock_waiters_[weft_lock_hash(lock)], 1,
				  memory_order_relaxed);
	return true;
}

static void end_waiting(const void *lock, uint64_t now)
{
	struct bucket *bucket = lock_bucket(lock);
	struct record *record = find_record(bucket, lock);

	if (record) { /* Else this is the child of a fork(), which has forgotten it. */
		count_waiting(record, now);
		record->waiter_count--;
		atomic_fetch_sub_explicit(&weft_lock_waiters_[weft_lock_hash(lock)], 1,
					  memory_order_relaxed);
	}
	unlock_bucket(bucket);
}

/* ---- Samples ---- */

/* Whether to keep one more; what it then stands for on top of everything else, fixed point. */
static bool is_within_budget(struct budget *budget, uint64_t now, int64_t *ret_weight)
{
	uint64_t window = now / WINDOW_NS;
	uint64_t known = atomic_load_explicit(&budget->window, memory_order_relaxed);
	uint64_t among;
	uint64_t previous;

	/* Threads that race here count a few into the wrong window. */
	if (window > known &&
	    atomic_compare_exchange_strong_explicit(&budget->window, &known, window,
						    memory_order_relaxed, memory_order_relaxed)) {
		previous = atomic_exchange_explicit(&budget->count, 0, memory_order_relaxed);
		atomic_store_explicit(&budget->previous_count, window == known + 1 ? previous : 0,
				      memory_order_relaxed);
	}
	among = atomic_fetch_add_explicit(&budget->count, 1, memory_order_relaxed) + 1;
	previous = atomic_load_explicit(&budget->previous_count, memory_order_relaxed);
	among = among > previous ? among : previous;
	among = among > WINDOW_SAMPLES ? among : WINDOW_SAMPLES;
	*ret_weight = (int64_t)(among * (uint64_t)WEFT_WEIGHT_ONE / WINDOW_SAMPLES);
	return weft_sampling_chance(weft_hook_random(), WINDOW_SAMPLES, among);
}

/* contentions and delay_ns: before the budget's weight. */
static void add_sample(enum weft_lock_profile profile, uint64_t now, int64_t contentions,
		       uint64_t delay_ns, const void *caller)
{
	uintptr_t pcs[WEFT_STACK_DEPTH_MAX];
	struct weft_stack_entry *entry;
	int64_t weight;
	size_t depth;

	if (!is_within_budget(&budgets[profile], now, &weight)) {
		return;
	}
	depth = weft_hook_stack(pcs, WEFT_STACK_DEPTH_MAX, (uintptr_t)caller);
	entry = weft_stack_table_find_or_add_tagged(tables[profile], pcs, depth,
						    tag_of ? tag_of(profile) : 0);
	if (entry) { /* Else the table counts it as lost. */
		atomic_fetch_add_explicit(&entry->values[WEFT_LOCK_CONTENTIONS],
					  weft_sampling_scale(weight, (uint64_t)contentions),
					  memory_order_relaxed);
		atomic_fetch_add_explicit(&entry->values[WEFT_LOCK_DELAY_NS],
					  weft_sampling_scale(weight, delay_ns),
					  memory_order_relaxed);
	}
}

static void sample_block(uint64_t waited_ns, uint64_t now, const void *caller)
{
	int64_t rate = atomic_load_explicit(&block_rate_ns, memory_order_relaxed);
	uint64_t rate_ns = (uint64_t)rate;

	if (rate <= 0) {
		return;
	}
	waited_ns = waited_ns > 0 ? waited_ns : 1;
	if (waited_ns >= rate_ns) {
		add_sample(WEFT_LOCK_PROFILE_BLOCK, now, WEFT_WEIGHT_ONE, waited_ns, caller);
	} else if (weft_sampling_chance(weft_hook_random(), waited_ns, rate_ns)) {
		add_sample(WEFT_LOCK_PROFILE_BLOCK, now,
			   (int64_t)(rate_ns * (uint64_t)WEFT_WEIGHT_ONE / waited_ns), rate_ns,
			   caller);
	}
}

WEFT_API void weft_lock_wait_begin(struct weft_lock_wait *ret_wait, const void *lock)
{
	*ret_wait = (struct weft_lock_wait){0, NULL};
	if (weft_hook_guard_ != 0 || !tables[WEFT_LOCK_PROFILE_BLOCK]) {
		return;
	}
	ret_wait->begin_ns = now_ns();
	if (lock && atomic_load_explicit(&mutex_fraction, memory_order_relaxed) > 0 &&
	    begin_waiting(lock, ret_wait->begin_ns)) {
		ret_wait->lock = lock;
	}
}

WEFT_API void weft_lock_wait_end(const struct weft_lock_wait *wait, const void *caller)
{
	int saved_errno = errno;
	uint64_t now;

	if (wait->begin_ns == 0) {
		return;
	}
	weft_hook_guard_++;
	now = now_ns();
	if (wait->lock) {
		end_waiting(wait->lock, now);
	}
	sample_block(now - wait->begin_ns, now, caller);
	weft_hook_guard_--;
	errno = saved_errno;
}

WEFT_API uint64_t weft_lock_release_begin(const void *lock)
{
	struct bucket *bucket;
	struct record *record;
	uint64_t waited_ns = 0;

	if (weft_hook_guard_ != 0) {
		return 0;
	}
	bucket = lock_bucket(lock);
	record = find_record(bucket, lock);
	if (record) {
		count_waiting(record, now_ns());
		waited_ns = record->waited_ns;
		record->waited_ns = 0;
	}
	unlock_bucket(bucket);
	return waited_ns;
}

WEFT_API void weft_lock_release_end(uint64_t waited_ns, const void *caller)
{
	int64_t fraction = atomic_load_explicit(&mutex_fraction, memory_order_relaxed);
	int saved_errno = errno;

	if (waited_ns == 0 || fraction <= 0) {
		return;
	}
	weft_hook_guard_++;
	if (weft_sampling_chance(weft_hook_random(), 1, (uint64_t)fraction)) {
		add_sample(WEFT_LOCK_PROFILE_MUTEX, now_ns(), WEFT_WEIGHT_ONE * fraction,
			   waited_ns * (uint64_t)fraction, caller);
	}
	weft_hook_guard_--;
	errno = saved_errno;
}

/* ---- Control ---- */

int weft_lock_start(uint64_t (*tag)(enum weft_lock_profile profile))
{
	int i;

	tag_of = tag;
	for (i = 0; i < WEFT_LOCK_PROFILE_COUNT_; i++) {
		tables[i] = tables[i] ? tables[i] : weft_stack_table_create(STACKS_MAX);
		if (!tables[i]) {
			return -ENOMEM;
		}
	}
	return 0;
}

static void switch_on_or_off(void)
{
	bool block = atomic_load_explicit(&block_rate_ns, memory_order_relaxed) > 0;
	bool mutex = atomic_load_explicit(&mutex_fraction, memory_order_relaxed) > 0;
	bool io = atomic_load_explicit(&is_io_wanted, memory_order_relaxed);

	atomic_store_explicit(&weft_lock_is_on_, block || mutex, memory_order_relaxed);
	atomic_store_explicit(&weft_block_io_is_on_, block && io, memory_order_relaxed);
}

void weft_block_set_io(bool is_wanted)
{
	atomic_store_explicit(&is_io_wanted, is_wanted, memory_order_relaxed);
	switch_on_or_off();
}

void weft_block_set_rate(int64_t rate_ns)
{
	/* Longer than a day is for ever; weights stay far from their limits. */
	const int64_t rate_max = (int64_t)(86400 * NS_PER_S);

	rate_ns = rate_ns > 0 ? rate_ns : 0;
	atomic_store_explicit(&block_rate_ns, rate_ns < rate_max ? rate_ns : rate_max,
			      memory_order_relaxed);
	switch_on_or_off();
}

int64_t weft_block_rate(void)
{
	return atomic_load_explicit(&block_rate_ns, memory_order_relaxed);
}

int weft_mutex_set_fraction(int fraction)
{
	int previous;

	if (fraction < 0) {
		return atomic_load_explicit(&mutex_fraction, memory_order_relaxed);
	}
	previous = atomic_exchange_explicit(&mutex_fraction, fraction, memory_order_relaxed);
	switch_on_or_off();
	return previous;
}

struct weft_stack_table *weft_lock_table(enum weft_lock_profile profile)
{
	return tables[profile];
}

uint64_t weft_lock_lost(void)
{
	return atomic_load_explicit(&lost_count, memory_order_relaxed);
}

void weft_lock__forget(void)
{
	unsigned int i;

	/* Only what has to be is written: a page that is written is a page copied, in each child. */
	for (i = 0; i < BUCKETS; i++) {
		if (atomic_load_explicit(&weft_lock_waiters_[i], memory_order_relaxed) != 0 ||
		    atomic_load_explicit(&buckets[i].is_locked, memory_order_relaxed)) {
			memset(&buckets[i], 0, sizeof(buckets[i]));
			atomic_store_explicit(&weft_lock_waiters_[i], 0, memory_order_relaxed);
		}
	}
}
