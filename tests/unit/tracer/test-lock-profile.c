// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * The profiles of waiting and of thread creations, driven with made-up locks. Times are compared
 * with the clock before and after, so that a machine that stalls changes nothing.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <pthread.h>
#include <time.h>

#include "hook-stack.h"
#include "lock-profile.h"
#include "sampling.h"
#include "thread-profile.h"

#define MS      1000000
#define STORM   200000
#define THREADS 4
#define ROUNDS  20000

static const void *new_caller(void)
{
	static uintptr_t next = 0x1000;

	return (const void *)(next += 16);
}

static uint64_t now_ns(void)
{
	struct timespec now;

	assert_int_equal(clock_gettime(CLOCK_MONOTONIC, &now), 0);
	return (uint64_t)now.tv_sec * 1000 * MS + (uint64_t)now.tv_nsec;
}

static void spin(uint64_t duration_ns)
{
	uint64_t end = now_ns() + duration_ns;

	while (now_ns() < end) {
	}
}

static double total(enum weft_lock_profile profile, const void *caller, enum weft_lock_value value)
{
	struct weft_stack_entry *entry;
	uint32_t cursor = 0;
	double sum = 0;

	while ((entry = weft_stack_table_next(weft_lock_table(profile), &cursor))) {
		if (entry->pcs[0] == (uintptr_t)caller) {
			sum += (double)entry->values[value];
		}
	}
	return value == WEFT_LOCK_CONTENTIONS ? sum / WEFT_WEIGHT_ONE : sum;
}

static double blocked_ns(const void *caller)
{
	return total(WEFT_LOCK_PROFILE_BLOCK, caller, WEFT_LOCK_DELAY_NS);
}

static double blocked_count(const void *caller)
{
	return total(WEFT_LOCK_PROFILE_BLOCK, caller, WEFT_LOCK_CONTENTIONS);
}

static double charged_ns(const void *caller)
{
	return total(WEFT_LOCK_PROFILE_MUTEX, caller, WEFT_LOCK_DELAY_NS);
}

static double charged_count(const void *caller)
{
	return total(WEFT_LOCK_PROFILE_MUTEX, caller, WEFT_LOCK_CONTENTIONS);
}

/* What this thread works for, in each of both profiles. */
static uint64_t work[WEFT_LOCK_PROFILE_COUNT_];

static uint64_t current_work(enum weft_lock_profile profile)
{
	return work[profile];
}

static int set_up(void **state)
{
	(void)state;
	weft_hook_stack_init();
	return weft_lock_start(current_work) < 0 || weft_thread_profile_start() < 0;
}

/* Also lets the budget's windows pass: storms of earlier tests must not thin out this one. */
static int switch_off(void **state)
{
	(void)state;
	weft_block_set_rate(0);
	(void)weft_mutex_set_fraction(0);
	spin(250 * MS);
	return 0;
}

static void knobs_have_gos_edge_cases(void **state)
{
	(void)state;
	assert_false(weft_lock_is_on());
	weft_block_set_rate(-1);
	assert_int_equal(weft_block_rate(), 0);
	assert_int_equal(weft_mutex_set_fraction(5), 0);
	assert_true(weft_lock_is_on());
	assert_int_equal(weft_mutex_set_fraction(-1), 5);
	assert_int_equal(weft_mutex_set_fraction(0), 5);
	assert_false(weft_lock_is_on());
	weft_block_set_rate(1);
	assert_true(weft_lock_is_on());
}

static void a_wait_takes_what_the_clock_says(void **state)
{
	const void *caller = new_caller();
	struct weft_lock_wait wait;
	uint64_t outer = now_ns();
	uint64_t inner;

	(void)state;
	weft_block_set_rate(1);
	weft_lock_wait_begin(&wait, NULL);
	inner = now_ns();
	spin(5 * MS);
	inner = now_ns() - inner;
	weft_lock_wait_end(&wait, caller);
	outer = now_ns() - outer;
	assert_true(blocked_count(caller) == 1);
	assert_true(blocked_ns(caller) >= (double)inner && blocked_ns(caller) <= (double)outer);
}

/* The same stack is told apart by what the thread works for, at the end of the wait. */
static void samples_tell_what_it_was_for(void **state)
{
	const void *caller = new_caller();
	struct weft_stack_entry *entry;
	int64_t counts[3] = {0};
	uint32_t cursor = 0;
	int i;

	(void)state;
	weft_block_set_rate(1);
	for (i = 0; i < 5; i++) {
		struct weft_lock_wait wait;

		weft_lock_wait_begin(&wait, NULL);
		work[WEFT_LOCK_PROFILE_BLOCK] = i < 3 ? 1 : 2;
		work[WEFT_LOCK_PROFILE_MUTEX] = 3;
		weft_lock_wait_end(&wait, caller);
	}
	work[WEFT_LOCK_PROFILE_BLOCK] = 0;
	work[WEFT_LOCK_PROFILE_MUTEX] = 0;
	while ((entry = weft_stack_table_next(weft_lock_table(WEFT_LOCK_PROFILE_BLOCK), &cursor))) {
		if (entry->pcs[0] == (uintptr_t)caller) {
			assert_in_range(entry->tag, 1, 2);
			counts[entry->tag] += entry->values[WEFT_LOCK_CONTENTIONS];
		}
	}
	assert_int_equal(counts[1], 3 * WEFT_WEIGHT_ONE);
	assert_int_equal(counts[2], 2 * WEFT_WEIGHT_ONE);
}

static void what_is_off_takes_nothing(void **state)
{
	const void *caller = new_caller();
	struct weft_lock_wait wait;

	(void)state;
	weft_lock_wait_begin(&wait, caller);
	weft_lock_wait_end(&wait, caller);
	weft_lock_release_end(1000, caller);
	assert_true(blocked_count(caller) == 0 && charged_count(caller) == 0);
	weft_block_set_rate(1);
	(void)weft_mutex_set_fraction(1);
	weft_hook_guard_++; /* As in threads of ours. */
	weft_lock_wait_begin(&wait, caller);
	assert_false(weft_lock_is_contended(caller));
	weft_hook_guard_--;
	weft_lock_wait_end(&wait, caller);
	assert_true(blocked_count(caller) == 0);
}

/*
 * A short wait of d ns is kept with probability d/r and counts as r ns: so each that was kept is a
 * multiple of the rate, and on average the sum is the time that all of them took.
 */
static void short_waits_are_sampled_in_proportion(void **state)
{
	const void *caller = new_caller();
	const double rate = 20.0 * MS;
	double expected = 0;
	int i;

	(void)state;
	weft_block_set_rate((int64_t)rate);
	for (i = 0; i < 2000; i++) {
		struct weft_lock_wait wait;

		weft_lock_wait_begin(&wait, NULL);
		spin(200000);
		expected += (double)(now_ns() - wait.begin_ns);
		weft_lock_wait_end(&wait, caller);
	}
	/* The number of samples is about Poisson, with mean expected/rate >= 20: six s.d. */
	assert_true(fabs(blocked_ns(caller) - expected) < 6 * sqrt(expected * rate));
	assert_true(blocked_ns(caller) > 0);
}

/* Two wait while a third one holds: at its release both waits are its, and are not charged again. */
static void a_release_is_charged_with_all_waiting(void **state)
{
	const void *lock = &state;
	const void *caller = new_caller();
	struct weft_lock_wait one, two;
	uint64_t before, after, released, charge;

	(void)state;
	assert_int_equal(weft_mutex_set_fraction(1), 0);
	assert_false(weft_lock_is_contended(lock));
	before = now_ns();
	weft_lock_wait_begin(&one, lock);
	weft_lock_wait_begin(&two, lock);
	assert_true(weft_lock_is_contended(lock));
	after = now_ns();
	spin(10 * MS);
	after = now_ns() - after;
	released = now_ns();
	charge = weft_lock_release_begin(lock);
	before = now_ns() - before;
	assert_true(charge >= 2 * after && charge <= 2 * before);
	weft_lock_release_end(charge, caller);
	assert_true(charged_count(caller) == 1);
	assert_true(charged_ns(caller) == (double)charge);

	weft_lock_wait_end(&one, caller); /* It got the lock; the other one waits for it now. */
	after = now_ns();
	spin(5 * MS);
	after = now_ns() - after;
	charge = weft_lock_release_begin(lock);
	/* At most both waited since the first release. */
	assert_true(charge >= after && charge <= 2 * (now_ns() - released));
	weft_lock_wait_end(&two, caller);
	assert_false(weft_lock_is_contended(lock));
	assert_int_equal(weft_lock_release_begin(lock), 0);
}

static void one_release_in_n_counts_for_n(void **state)
{
	const void *caller = new_caller();
	int i;

	(void)state;
	(void)weft_mutex_set_fraction(10);
	for (i = 0; i < STORM; i++) {
		weft_lock_release_end(1000, caller);
	}
	/* Thinned out by fraction and budget; totals are right within that noise. */
	assert_true(fabs(charged_count(caller) / STORM - 1) < 0.6);
	assert_true(fabs(charged_ns(caller) / charged_count(caller) - 1000) < 1);
}

/* The budget bounds the samples, not the totals. */
static void a_storm_keeps_its_totals(void **state)
{
	const void *caller = new_caller();
	struct weft_lock_wait wait;
	int i;

	(void)state;
	weft_block_set_rate(1);
	for (i = 0; i < STORM; i++) {
		weft_lock_wait_begin(&wait, NULL);
		weft_lock_wait_end(&wait, caller);
	}
	assert_true(fabs(blocked_count(caller) / STORM - 1) < 0.6);
}

/* A fifth lock of one hash that is waited for at once has no room, which is counted. */
static void locks_without_room_are_counted(void **state)
{
	struct weft_lock_wait waits[5];
	uintptr_t lock = 0x1000;
	uint64_t lost = weft_lock_lost();
	int i;

	(void)state;
	(void)weft_mutex_set_fraction(1);
	for (i = 0; i < 5; i++) {
		do {
			lock += 40;
		} while (weft_lock_hash((const void *)lock) != 77);
		weft_lock_wait_begin(&waits[i], (const void *)lock);
	}
	assert_null(waits[4].lock);
	assert_int_equal(weft_lock_lost(), lost + 1);
	for (i = 0; i < 5; i++) {
		weft_lock_wait_end(&waits[i], NULL);
	}
	assert_int_equal(atomic_load(&weft_lock_waiters_[77]), 0);
}

static void a_forked_child_has_no_waiters(void **state)
{
	const void *lock = &state;
	struct weft_lock_wait wait;

	(void)weft_mutex_set_fraction(1);
	weft_lock_wait_begin(&wait, lock);
	weft_lock__forget();
	assert_false(weft_lock_is_contended(lock));
	weft_lock_wait_end(&wait, lock); /* Of the forking thread itself: nothing happens. */
	assert_false(weft_lock_is_contended(lock));
}

static void *contend(void *arg)
{
	static const char locks[8] = {0};
	int i;

	for (i = 0; i < ROUNDS; i++) {
		const void *lock = &locks[i % 8];
		struct weft_lock_wait wait;

		weft_lock_wait_begin(&wait, lock);
		weft_lock_wait_end(&wait, arg);
		weft_lock_release_end(weft_lock_release_begin(lock), arg);
	}
	return NULL;
}

static void threads_leave_nothing_behind(void **state)
{
	pthread_t threads[THREADS];
	int i;

	(void)state;
	weft_block_set_rate(1);
	(void)weft_mutex_set_fraction(1);
	for (i = 0; i < THREADS; i++) {
		assert_int_equal(pthread_create(&threads[i], NULL, contend, (void *)new_caller()),
				 0);
	}
	for (i = 0; i < THREADS; i++) {
		assert_int_equal(pthread_join(threads[i], NULL), 0);
	}
	for (i = 0; i < 1 << WEFT_LOCK_BUCKET_BITS; i++) {
		assert_int_equal(atomic_load(&weft_lock_waiters_[i]), 0);
	}
}

static void creations_count_until_they_fail(void **state)
{
	const void *caller = new_caller();
	struct weft_stack_entry *entry = weft_thread_profile_begin(caller);

	(void)state;
	assert_non_null(entry);
	assert_ptr_equal(weft_thread_profile_begin(caller), entry);
	assert_ptr_equal(weft_thread_profile_begin(caller), entry);
	weft_thread_profile_end(entry);
	weft_thread_profile_cancel(entry);
	assert_int_equal(entry->values[WEFT_THREAD_CREATED], 2);
	assert_int_equal(entry->values[WEFT_THREAD_LIVE], 1);
	weft_thread_profile__forget();
	assert_int_equal(entry->values[WEFT_THREAD_CREATED], 2);
	assert_int_equal(entry->values[WEFT_THREAD_LIVE], 0);
	weft_hook_guard_++;
	assert_null(weft_thread_profile_begin(caller));
	weft_hook_guard_--;
	weft_thread_profile_end(NULL);
	weft_thread_profile_cancel(NULL);
}

#define TEST(function) cmocka_unit_test_setup(function, switch_off)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(knobs_have_gos_edge_cases),
		TEST(a_wait_takes_what_the_clock_says),
		TEST(samples_tell_what_it_was_for),
		TEST(what_is_off_takes_nothing),
		TEST(short_waits_are_sampled_in_proportion),
		TEST(a_release_is_charged_with_all_waiting),
		TEST(one_release_in_n_counts_for_n),
		TEST(a_storm_keeps_its_totals),
		TEST(locks_without_room_are_counted),
		TEST(a_forked_child_has_no_waiters),
		TEST(threads_leave_nothing_behind),
		TEST(creations_count_until_they_fail),
	};

	return cmocka_run_group_tests(tests, set_up, NULL);
}
