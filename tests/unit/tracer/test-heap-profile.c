// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * The allocation profile, driven with made-up addresses: nothing is allocated really, so that
 * millions of allocations of any size cost nothing and every total is known.
 *
 * Random states start from the clock. Bounds are six standard deviations: a right implementation
 * fails once in a hundred million runs.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <pthread.h>

#include "heap-profile.h"
#include "hook-stack.h"
#include "sampling.h"

#define RATE       4096
#define SIGMAS     6
#define BASE       UINT64_C(0x500000000000)
#define THREADS    4
#define CHURN      200000
#define LIVE_COUNT 100

struct totals {
	double objects, bytes; /* In the unit. */
	uint32_t entries;
};

/* A caller of its own for each test, so that totals do not mix. */
static const void *new_caller(void)
{
	static uintptr_t next = 0x1000;

	return (const void *)(next += 16);
}

static void *address(uint64_t number)
{
	return (void *)(uintptr_t)(BASE + number * 16);
}

static struct totals totals_of(const void *caller, enum weft_heap_value objects,
			       enum weft_heap_value bytes)
{
	struct totals totals = {0, 0, 0};
	struct weft_stack_entry *entry;
	uint32_t cursor = 0;

	while ((entry = weft_stack_table_next(weft_heap_table(), &cursor))) {
		if (entry->depth > 0 && entry->pcs[0] == (uintptr_t)caller) {
			totals.objects += (double)entry->values[objects] / WEFT_WEIGHT_ONE;
			totals.bytes += (double)entry->values[bytes];
			totals.entries++;
		}
	}
	return totals;
}

static struct totals allocated(const void *caller)
{
	return totals_of(caller, WEFT_HEAP_ALLOC_OBJECTS, WEFT_HEAP_ALLOC_BYTES);
}

static struct totals in_use(const void *caller)
{
	return totals_of(caller, WEFT_HEAP_INUSE_OBJECTS, WEFT_HEAP_INUSE_BYTES);
}

/* Makes a thread notice a new rate: it looks again after this much. */
static void pass_step(void)
{
	weft_heap_on_alloc(address(0), WEFT_HEAP_STEP, new_caller());
	weft_heap_on_free(address(0));
}

static int set_up(void **state)
{
	(void)state;
	weft_hook_stack_init();
	return weft_heap_start();
}

static void rate_1_is_exact(void **state)
{
	const void *caller = new_caller();
	struct totals totals;
	uint64_t i;

	(void)state;
	weft_heap_set_rate(1);
	pass_step();
	for (i = 1; i <= 1000; i++) {
		weft_heap_on_alloc(address(i), i, caller);
	}
	for (i = 1; i <= 1000; i += 2) {
		weft_heap_on_free(address(i));
	}
	totals = allocated(caller);
	assert_true(totals.objects == 1000 && totals.bytes == 500500);
	totals = in_use(caller);
	assert_true(totals.objects == 500 && totals.bytes == 250500);
	/* Sizes of about the same are one entry: 32 of 16 bytes, 8 for the octave above. */
	assert_int_equal(totals.entries, 32 + 8);
	for (i = 2; i <= 1000; i += 2) {
		weft_heap_on_free(address(i));
	}
	totals = in_use(caller);
	assert_true(totals.objects == 0 && totals.bytes == 0);
}

static void negative_is_everything_and_0_nothing(void **state)
{
	const void *caller = new_caller();
	int i;

	(void)state;
	weft_heap_set_rate(-5);
	assert_int_equal(weft_heap_rate(), 1);
	pass_step();
	weft_heap_on_alloc(address(1), 10, caller);
	weft_heap_on_free(address(1));
	assert_true(allocated(caller).objects == 1);
	weft_heap_set_rate(0);
	pass_step();
	for (i = 0; i < 10000; i++) {
		weft_heap_on_alloc(address(1), 1000, caller);
		weft_heap_on_free(address(1));
	}
	assert_true(allocated(caller).objects == 1);
	weft_heap_set_rate(INT64_MAX);
	assert_int_equal(weft_heap_rate(), WEFT_SAMPLING_MEAN_MAX);
}

static void a_new_rate_acts_at_once_on_its_thread(void **state)
{
	const void *caller = new_caller();

	(void)state;
	weft_heap_set_rate(0);
	weft_heap_on_alloc(address(1), 10, caller);
	weft_heap_on_free(address(1));
	weft_heap_set_rate(1);
	weft_heap_on_alloc(address(1), 10, caller);
	weft_heap_on_free(address(1));
	assert_true(allocated(caller).objects == 1);
}

static void nothing_is_allocated_at_null(void **state)
{
	const void *caller = new_caller();

	(void)state;
	weft_heap_set_rate(1);
	pass_step();
	weft_heap_on_alloc(NULL, 10, caller);
	weft_heap_on_free(NULL);
	weft_heap_on_alloc(address(1), SIZE_MAX, caller);
	assert_int_equal(allocated(caller).entries, 0);
	weft_heap_on_alloc(address(1), 10, caller); /* And that did no harm. */
	weft_heap_on_free(address(1));
	assert_true(allocated(caller).objects == 1);
}

/* A realloc() that fails leaves the old object in the profile. */
static void what_is_taken_can_be_put_back(void **state)
{
	const void *caller = new_caller();
	struct weft_heap_sample sample;

	(void)state;
	weft_heap_set_rate(1);
	pass_step();
	weft_heap_on_alloc(address(1), 100, caller);
	sample = weft_heap_take(address(1));
	assert_non_null(sample.entry);
	assert_true(in_use(caller).bytes == 0);
	assert_null(weft_heap_take(address(1)).entry);
	weft_heap_put_back(address(1), &sample);
	assert_true(in_use(caller).bytes == 100);
	assert_true(allocated(caller).bytes == 100);
	weft_heap_on_free(address(1));
	assert_true(in_use(caller).bytes == 0);
}

static void threads_of_ours_are_not_profiled(void **state)
{
	const void *caller = new_caller();

	(void)state;
	weft_heap_set_rate(1);
	pass_step();
	weft_hook_guard_++;
	weft_heap_on_alloc(address(1), 100, caller);
	weft_hook_guard_--;
	assert_int_equal(allocated(caller).entries, 0);
}

/* s.d. of the estimated number of `count` objects of `size`: each is a draw with weight 1/p. */
static double deviation(double count, double size, double rate)
{
	double p = -expm1(-(size + 1) / rate);

	return sqrt(count * (1 - p) / p);
}

/* Sizes far below, around and above the rate, in turn, so that each gap spans several of them. */
static void totals_are_unbiased_over_mixed_sizes(void **state)
{
	static const uint64_t sizes[] = {1, 24, 500, 4096, 20000, 150000};
	enum { KINDS = sizeof(sizes) / sizeof(sizes[0]), ROUNDS = 300000 };
	const void *callers[KINDS];
	unsigned int kind;
	int i;

	(void)state;
	weft_heap_set_rate(RATE);
	pass_step();
	for (kind = 0; kind < KINDS; kind++) {
		callers[kind] = new_caller();
	}
	for (i = 0; i < ROUNDS; i++) {
		for (kind = 0; kind < KINDS; kind++) {
			weft_heap_on_alloc(address(kind), sizes[kind], callers[kind]);
			if (i % 2 == 0) {
				weft_heap_on_free(address(kind));
			} /* Else the next one of this address takes its place in the table. */
		}
	}
	for (kind = 0; kind < KINDS; kind++) {
		/* Freed behind our back or not: one object is left of each at most. */
		weft_heap_on_free(address(kind));
		assert_true(in_use(callers[kind]).objects == 0);
	}
	for (kind = 0; kind < KINDS; kind++) {
		struct totals totals = allocated(callers[kind]);
		double bound = SIGMAS * deviation(ROUNDS, (double)sizes[kind], RATE) + 1;

		assert_true(fabs(totals.objects - ROUNDS) < bound);
		assert_true(fabs(totals.bytes - (double)ROUNDS * (double)sizes[kind]) <
			    bound * (double)sizes[kind] + ROUNDS * 0.001);
	}
}

/* The rate changes all the time, in mid-gap; every sample counts by the rate that it was taken at. */
static void totals_stay_unbiased_while_the_rate_changes(void **state)
{
	static const int64_t rates[] = {RATE, 1, 100000, 0, 300};
	const void *counted[5];
	double counts[5] = {0};
	int64_t i;
	int r;

	(void)state;
	for (r = 0; r < 5; r++) {
		counted[r] = new_caller();
	}
	for (i = 0; i < 5000; i++) {
		int n;

		r = (int)(i % 5);
		weft_heap_set_rate(rates[r]);
		pass_step();
		for (n = 0; n < 50; n++) {
			weft_heap_on_alloc(address(1), 200, counted[r]);
			weft_heap_on_free(address(1));
			counts[r]++;
		}
	}
	for (r = 0; r < 5; r++) {
		double expected = rates[r] ? counts[r] : 0;
		double bound = rates[r] ? SIGMAS * deviation(counts[r], 200, (double)rates[r]) : 0;

		assert_true(fabs(allocated(counted[r]).objects - expected) <= bound + 1);
	}
}

/* Two looks, one minus the other: what was allocated in between. */
static void a_difference_of_two_looks_is_what_was_between(void **state)
{
	const void *caller = new_caller();
	double before;
	uint64_t i;

	(void)state;
	weft_heap_set_rate(RATE);
	pass_step();
	for (i = 0; i < 50000; i++) {
		weft_heap_on_alloc(address(i), 100, caller);
	}
	before = in_use(caller).bytes;
	for (i = 0; i < 50000; i++) {
		weft_heap_on_alloc(address(50000 + i), 100, caller);
		weft_heap_on_free(address(i));
	}
	assert_true(fabs(in_use(caller).bytes - before) <
		    SIGMAS * sqrt(2) * deviation(50000, 100, RATE) * 100);
	for (i = 0; i < 50000; i++) {
		weft_heap_on_free(address(50000 + i));
	}
	assert_true(in_use(caller).bytes == 0 && in_use(caller).objects == 0);
}

struct churn {
	uint64_t number;
	const void *caller;
};

/* Allocates and frees among addresses of its own; leaves LIVE_COUNT of them. */
static void *churn(void *arg)
{
	const struct churn *own = arg;
	uint64_t first = own->number << 32;
	uint64_t i;

	for (i = 0; i < CHURN; i++) {
		weft_heap_on_alloc(address(first + i), 48, own->caller);
		if (i >= LIVE_COUNT) {
			weft_heap_on_free(address(first + i - LIVE_COUNT));
		}
	}
	return arg;
}

static void threads_add_up(void **state)
{
	struct churn churns[THREADS];
	pthread_t threads[THREADS];
	void *result;
	uint64_t i;

	(void)state;
	weft_heap_set_rate(64);
	pass_step();
	for (i = 0; i < THREADS; i++) {
		churns[i] = (struct churn){i + 1, new_caller()};
		assert_int_equal(pthread_create(&threads[i], NULL, churn, &churns[i]), 0);
	}
	for (i = 0; i < THREADS; i++) {
		assert_int_equal(pthread_join(threads[i], &result), 0);
	}
	for (i = 0; i < THREADS; i++) {
		uint64_t last;

		assert_true(fabs(allocated(churns[i].caller).objects - CHURN) <
			    SIGMAS * deviation(CHURN, 48, 64));
		for (last = CHURN - LIVE_COUNT; last < CHURN; last++) {
			weft_heap_on_free(address((churns[i].number << 32) + last));
		}
		assert_true(in_use(churns[i].caller).objects == 0);
		assert_true(in_use(churns[i].caller).bytes == 0);
	}
	assert_int_equal(weft_heap_lost(), 0);
}

/* The stack is the caller's, whoever that is; one that cannot be on the stack stands alone. */
static __attribute__((noinline)) void allocate_here(void)
{
	weft_heap_on_alloc(address(1), 77777, __builtin_return_address(0));
	weft_heap_on_free(address(1));
}

static void stacks_begin_at_the_caller(void **state)
{
	struct weft_stack_entry *entry;
	uint32_t cursor = 0;
	bool found = false;

	(void)state;
	weft_heap_set_rate(1);
	pass_step();
	allocate_here();
	while ((entry = weft_stack_table_next(weft_heap_table(), &cursor))) {
		uintptr_t low = (uintptr_t)stacks_begin_at_the_caller;

		if (entry->tag == 81920 && entry->depth > 2) {
			assert_in_range(entry->pcs[0], low, low + 4096);
			found = true;
		}
	}
	assert_true(found);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rate_1_is_exact),
		cmocka_unit_test(negative_is_everything_and_0_nothing),
		cmocka_unit_test(a_new_rate_acts_at_once_on_its_thread),
		cmocka_unit_test(nothing_is_allocated_at_null),
		cmocka_unit_test(what_is_taken_can_be_put_back),
		cmocka_unit_test(threads_of_ours_are_not_profiled),
		cmocka_unit_test(totals_are_unbiased_over_mixed_sizes),
		cmocka_unit_test(totals_stay_unbiased_while_the_rate_changes),
		cmocka_unit_test(a_difference_of_two_looks_is_what_was_between),
		cmocka_unit_test(threads_add_up),
		cmocka_unit_test(stacks_begin_at_the_caller),
	};

	return cmocka_run_group_tests(tests, set_up, NULL);
}
