// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * The table of stacks: every sample is found again, whatever else is going on.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "stack-table.h"

#define THREADS          4
#define STACKS           500
#define ROUNDS           40
#define STORM_STACKS     300
#define STORM_PERIOD_NS  50000
#define STORM_DURATION_S 2

/* Stack number `number`: 0 to 63 frames, like no other's. */
static size_t make_stack(unsigned int number, uintptr_t *ret_pcs)
{
	size_t depth = number % 64;
	size_t i;

	for (i = 0; i < depth; i++) {
		ret_pcs[i] = 0x400000 + (uintptr_t)number * 4096 + i * 16;
	}
	return depth;
}

static struct weft_stack_entry *add(struct weft_stack_table *table, unsigned int number)
{
	uintptr_t pcs[64];
	size_t depth = make_stack(number, pcs);
	struct weft_stack_entry *entry =
		weft_stack_table_find_or_add(table, pcs, depth, number / 64);

	if (entry) {
		atomic_fetch_add_explicit(&entry->values[0], 1, memory_order_relaxed);
	}
	return entry;
}

/* Sum of the first total over all entries. */
static int64_t sum(struct weft_stack_table *table, uint32_t *ret_entry_count)
{
	struct weft_stack_entry *entry;
	uint32_t cursor = 0;
	uint32_t count = 0;
	int64_t total = 0;

	while ((entry = weft_stack_table_next(table, &cursor))) {
		total += atomic_load(&entry->values[0]);
		count++;
	}
	*ret_entry_count = count;
	return total;
}

static void finds_what_was_added(void **state)
{
	struct weft_stack_table *table = weft_stack_table_create(1024);
	const uintptr_t one[] = {1, 2, 3};
	const uintptr_t other[] = {1, 2, 4};
	struct weft_stack_entry *entry;

	(void)state;
	assert_non_null(table);
	entry = weft_stack_table_find_or_add(table, one, 3, 7);
	assert_non_null(entry);
	assert_int_equal(entry->depth, 3);
	assert_int_equal(entry->tag, 7);
	assert_memory_equal(entry->pcs, one, sizeof(one));
	assert_int_equal(atomic_load(&entry->values[3]), 0);
	assert_ptr_equal(weft_stack_table_find_or_add(table, one, 3, 7), entry);
	assert_ptr_not_equal(weft_stack_table_find_or_add(table, one, 3, 8), entry);
	assert_ptr_not_equal(weft_stack_table_find_or_add(table, one, 2, 7), entry);
	assert_ptr_not_equal(weft_stack_table_find_or_add(table, other, 3, 7), entry);
	weft_stack_table_destroy(table);
}

static void takes_no_stack_and_cuts_deep_ones(void **state)
{
	struct weft_stack_table *table = weft_stack_table_create(1);
	uintptr_t deep[WEFT_STACK_DEPTH_MAX + 10];
	struct weft_stack_entry *entry;
	size_t i;

	(void)state;
	for (i = 0; i < WEFT_STACK_DEPTH_MAX + 10; i++) {
		deep[i] = i + 1;
	}
	entry = weft_stack_table_find_or_add(table, NULL, 0, 0);
	assert_non_null(entry);
	assert_int_equal(entry->depth, 0);
	assert_ptr_equal(weft_stack_table_find_or_add(table, NULL, 0, 0), entry);
	entry = weft_stack_table_find_or_add(table, deep, WEFT_STACK_DEPTH_MAX + 10, 0);
	assert_non_null(entry);
	assert_int_equal(entry->depth, WEFT_STACK_DEPTH_MAX);
	assert_memory_equal(entry->pcs, deep, sizeof(*deep) * WEFT_STACK_DEPTH_MAX);
	/* What differs only behind the cut is the same stack. */
	deep[WEFT_STACK_DEPTH_MAX] = 0;
	assert_ptr_equal(weft_stack_table_find_or_add(table, deep, WEFT_STACK_DEPTH_MAX + 1, 0),
			 entry);
	weft_stack_table_destroy(table);
}

/* Entries run out at the promised number for short stacks, at the promised room for deep ones. */
static void counts_what_does_not_fit(void **state)
{
	struct weft_stack_table *table = weft_stack_table_create(100); /* That is 128. */
	uintptr_t pcs[WEFT_STACK_DEPTH_MAX] = {0};
	uint32_t entries;
	unsigned int i;

	(void)state;
	for (i = 0; i < 200; i++) {
		pcs[0] = i;
		assert_true((weft_stack_table_find_or_add(table, pcs, 1, 0) != NULL) == (i < 128));
	}
	assert_int_equal(weft_stack_table_lost(table), 72);
	pcs[0] = 5; /* Known ones are found in a full table. */
	assert_non_null(weft_stack_table_find_or_add(table, pcs, 1, 0));
	assert_int_equal(weft_stack_table_lost(table), 72);
	weft_stack_table_reset(table);
	assert_int_equal(weft_stack_table_lost(table), 0);
	(void)sum(table, &entries);
	assert_int_equal(entries, 0);
	for (i = 0; weft_stack_table_lost(table) == 0; i++) {
		pcs[0] = i;
		(void)weft_stack_table_find_or_add(table, pcs, WEFT_STACK_DEPTH_MAX, 0);
	}
	assert_in_range(i, 128 / 4, 128 / 2 + 128 / 8);
	(void)sum(table, &entries);
	assert_int_equal(entries, i - 1);
	weft_stack_table_destroy(table);
}

/* When half of it is full, samples go without a new tag; none is lost for the sake of one. */
static void tags_end_before_samples_do(void **state)
{
	struct weft_stack_table *table = weft_stack_table_create(128);
	const uintptr_t pcs[] = {1, 2, 3}, deep[WEFT_STACK_DEPTH_MAX] = {4};
	struct weft_stack_entry *entry;
	uint64_t tag;

	(void)state;
	for (tag = 1; tag <= 200; tag++) {
		entry = weft_stack_table_find_or_add_tagged(table, pcs, 3, tag);
		assert_non_null(entry);
		assert_int_equal(entry->tag, tag <= 64 ? tag : 0);
	}
	assert_int_equal(weft_stack_table_untagged(table), 136);
	assert_int_equal(weft_stack_table_lost(table), 0);
	/* What is there stays; what has no tag is as before. */
	assert_int_equal(weft_stack_table_find_or_add_tagged(table, pcs, 3, 5)->tag, 5);
	assert_int_equal(weft_stack_table_find_or_add_tagged(table, pcs, 2, 0)->depth, 2);
	assert_int_equal(weft_stack_table_untagged(table), 136);
	weft_stack_table_reset(table);
	assert_int_equal(weft_stack_table_untagged(table), 0);
	/* Deep ones take half of the room sooner. */
	for (tag = 1; tag <= 60; tag++) {
		assert_non_null(weft_stack_table_find_or_add_tagged(table, deep,
								    WEFT_STACK_DEPTH_MAX, tag));
	}
	assert_in_range(weft_stack_table_untagged(table), 60 - 128 / 4, 60 - 128 / 8);
	assert_int_equal(weft_stack_table_lost(table), 0);
	weft_stack_table_destroy(table);
}

static void gives_back_memory_and_starts_anew(void **state)
{
	struct weft_stack_table *table = weft_stack_table_create(4096);
	struct weft_stack_entry *entry;
	unsigned char resident[1];
	uint32_t entries;
	unsigned int i;
	unsigned int round;

	(void)state;
	for (round = 0; round < 3; round++) {
		for (i = 0; i < 2000; i++) {
			assert_non_null(add(table, i));
		}
		assert_int_equal(sum(table, &entries), 2000);
		assert_int_equal(entries, 2000);
		entry = add(table, 1999);
		weft_stack_table_reset(table);
		assert_int_equal(
			mincore((void *)((uintptr_t)entry & ~(uintptr_t)4095), 4096, resident), 0);
		assert_int_equal(resident[0] & 1, 0);
		assert_int_equal(sum(table, &entries), 0);
	}
	weft_stack_table_destroy(table);
}

static void refuses_what_cannot_be(void **state)
{
	(void)state;
	assert_null(weft_stack_table_create(UINT32_MAX));
	weft_stack_table_destroy(NULL);
}

static _Atomic unsigned int finished_count;

static void *adder(void *arg)
{
	struct weft_stack_table *table = arg;
	unsigned int round;
	unsigned int i;
	bool ok = true;

	for (round = 0; round < ROUNDS; round++) {
		for (i = 0; i < STACKS; i++) {
			ok = ok && add(table, i);
		}
	}
	atomic_fetch_add(&finished_count, 1);
	return ok ? table : NULL;
}

/*
 * All threads begin with the same stacks, so that they race for the same slots. Room for each of
 * them to lose every race.
 */
static void adds_up_over_threads(void **state)
{
	struct weft_stack_table *table = weft_stack_table_create(THREADS * STACKS);
	pthread_t threads[THREADS];
	void *result;
	uint32_t entries;
	int64_t last = 0;
	int64_t now;
	unsigned int i;

	(void)state;
	for (i = 0; i < THREADS; i++) {
		assert_int_equal(pthread_create(&threads[i], NULL, adder, table), 0);
	}
	while (atomic_load(&finished_count) < THREADS) {
		now = sum(table, &entries); /* Beside them: what is seen only grows. */
		assert_true(now >= last);
		last = now;
	}
	for (i = 0; i < THREADS; i++) {
		assert_int_equal(pthread_join(threads[i], &result), 0);
		assert_ptr_equal(result, table);
	}
	assert_int_equal(sum(table, &entries), THREADS * ROUNDS * STACKS);
	assert_int_equal(entries, STACKS);
	assert_int_equal(weft_stack_table_lost(table), 0);
	weft_stack_table_destroy(table);
}

/* ---- Signals that add to the table which the interrupted code is adding to ---- */

static struct weft_stack_table *storm_table;
static _Atomic int64_t storm_count;

static void storm_handler(int signo)
{
	static _Atomic unsigned int next;
	unsigned int number =
		atomic_fetch_add_explicit(&next, 1, memory_order_relaxed) % STORM_STACKS;

	(void)signo;
	if (add(storm_table, number)) {
		atomic_fetch_add_explicit(&storm_count, 1, memory_order_relaxed);
	}
}

static timer_t start_storm(void)
{
	const struct itimerspec period = {{0, STORM_PERIOD_NS}, {0, STORM_PERIOD_NS}};
	struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGRTMIN};
	struct sigaction action = {.sa_handler = storm_handler, .sa_flags = SA_RESTART};
	timer_t timer;

	assert_int_equal(sigaction(SIGRTMIN, &action, NULL), 0);
	assert_int_equal(timer_create(CLOCK_MONOTONIC, &event, &timer), 0);
	assert_int_equal(timer_settime(timer, 0, &period, NULL), 0);
	return timer;
}

/* The same stacks from the handler and from what it interrupts; the table starts anew all along. */
static void survives_a_storm_of_signals(void **state)
{
	sigset_t blocked;
	uint32_t entries;
	timer_t timer;
	int64_t own = 0;
	int64_t caught = 0;
	time_t end = time(NULL) + STORM_DURATION_S;

	(void)state;
	storm_table = weft_stack_table_create(STORM_STACKS);
	assert_int_equal(sigemptyset(&blocked), 0);
	assert_int_equal(sigaddset(&blocked, SIGRTMIN), 0);
	timer = start_storm();
	while (time(NULL) < end) {
		unsigned int i;

		for (i = 0; i < STORM_STACKS; i++) {
			own += add(storm_table, i) != NULL;
		}
		assert_int_equal(pthread_sigmask(SIG_BLOCK, &blocked, NULL), 0);
		assert_int_equal(sum(storm_table, &entries), own + storm_count);
		assert_int_equal(entries, STORM_STACKS);
		assert_int_equal(weft_stack_table_lost(storm_table), 0);
		weft_stack_table_reset(storm_table);
		caught += storm_count;
		own = 0;
		storm_count = 0;
		assert_int_equal(pthread_sigmask(SIG_UNBLOCK, &blocked, NULL), 0);
	}
	assert_int_equal(timer_delete(timer), 0);
	assert_true(caught > 0);
	weft_stack_table_destroy(storm_table);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_what_was_added),
		cmocka_unit_test(takes_no_stack_and_cuts_deep_ones),
		cmocka_unit_test(counts_what_does_not_fit),
		cmocka_unit_test(tags_end_before_samples_do),
		cmocka_unit_test(gives_back_memory_and_starts_anew),
		cmocka_unit_test(refuses_what_cannot_be),
		cmocka_unit_test(adds_up_over_threads),
		cmocka_unit_test(survives_a_storm_of_signals),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
