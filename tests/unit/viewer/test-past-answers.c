// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * What the frontend remembers of answers: the right ones, and never more than so many.
 */
#include "past-answers.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static struct weft_past_answers past;

static int set_up(void **state)
{
	(void)state;
	weft_past_answers_init(&past);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	weft_past_answers_fini(&past);
	return 0;
}

/* Swaps in `size` bytes that begin with `first`; what was there before, "" for nothing. */
static char *swap(const char *name, size_t size, char first)
{
	char *base = (char *)calloc(1, size);
	char *before = NULL;
	size_t before_size = 0;

	assert_non_null(base);
	base[0] = first;
	assert_int_equal(
		weft_past_answers_swap(&past, getpid(), name, base, size, &before, &before_size),
		0);
	assert_true((before == NULL) == (before_size == 0));
	return before ? before : strdup("");
}

static void sizes_are_remembered_by_process_and_name(void **state)
{
	uint64_t size = 0;
	uint64_t duration_ns = 0;

	(void)state;
	assert_false(weft_past_answers_find(&past, getpid(), "heap", &size, &duration_ns));
	weft_past_answers_note(&past, getpid(), "heap", 7, 9);
	weft_past_answers_note(&past, getpid(), "heap", 8, 10);
	weft_past_answers_note(&past, getppid(), "heap", 1, 2);
	assert_true(weft_past_answers_find(&past, getpid(), "heap", &size, &duration_ns));
	assert_true(size == 8 && duration_ns == 10);
	assert_false(weft_past_answers_find(&past, getpid(), "block", &size, &duration_ns));
}

static void each_base_is_given_back_once(void **state)
{
	char *before;

	(void)state;
	before = swap("heap", 4, 'a');
	assert_string_equal(before, "");
	free(before);
	before = swap("block", 4, 'x');
	assert_string_equal(before, "");
	free(before);
	before = swap("heap", 4, 'b');
	assert_string_equal(before, "a");
	free(before);
	before = swap("heap", 4, 'c');
	assert_string_equal(before, "b");
	free(before);
}

static void the_least_recently_used_bases_go_first(void **state)
{
	size_t third = WEFT_PAST_BYTES_MAX / 3;
	char *before;

	(void)state;
	free(swap("one", third, '1'));
	free(swap("two", third, '2'));
	free(swap("three", third, '3'));
	before = swap("one", third, '4');
	assert_string_equal(before, "1");
	free(before);
	free(swap("four", third, '5')); /* No room: "two" goes. */
	assert_true(past.base_bytes <= WEFT_PAST_BYTES_MAX);
	before = swap("two", 1, '\0');
	assert_string_equal(before, "");
	free(before);
	before = swap("one", 1, '\0');
	assert_string_equal(before, "4");
	free(before);
}

static void a_base_larger_than_all_is_refused(void **state)
{
	char *before = NULL;
	size_t size = 0;

	(void)state;
	assert_int_equal(weft_past_answers_swap(&past, getpid(), "heap", (char *)malloc(1),
						(size_t)WEFT_PAST_BYTES_MAX + 1, &before, &size),
			 -E2BIG);
	assert_null(before);
}

static void names_are_bounded(void **state)
{
	uint64_t size = 0;
	uint64_t duration_ns = 0;
	char name[32];
	unsigned int i;

	(void)state;
	for (i = 0; i < 2 * WEFT_PAST_ANSWERS_MAX; i++) {
		(void)snprintf(name, sizeof(name), "profile %u", i);
		weft_past_answers_note(&past, getpid(), name, i + 1, 1);
	}
	assert_int_equal(past.count, WEFT_PAST_ANSWERS_MAX);
	assert_false(weft_past_answers_find(&past, getpid(), "profile 0", &size, &duration_ns));
	assert_true(weft_past_answers_find(&past, getpid(), name, &size, &duration_ns));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(sizes_are_remembered_by_process_and_name, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(each_base_is_given_back_once, set_up, tear_down),
		cmocka_unit_test_setup_teardown(the_least_recently_used_bases_go_first, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(a_base_larger_than_all_is_refused, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(names_are_bounded, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
