// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Histogram: quantiles against the exact ones of the same values.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <math.h>

#include "histogram.h"

#define VALUE_COUNT 20000U

/* A generator of our own: the same values in every run. */
static uint64_t next_random(uint64_t *state)
{
	*state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return *state >> 11;
}

static double unit(uint64_t *state)
{
	return (double)next_random(state) / (double)(UINT64_C(1) << 53);
}

static uint64_t uniform(uint64_t *state)
{
	return (uint64_t)(unit(state) * 1e6);
}

static uint64_t exponential(uint64_t *state)
{
	return (uint64_t)(-log(1 - unit(state)) * 5e4);
}

static uint64_t over_all_magnitudes(uint64_t *state)
{
	return (uint64_t)exp2(unit(state) * 63.9);
}

static uint64_t two_peaks(uint64_t *state)
{
	return unit(state) < 0.985 ? 1000 + next_random(state) % 50 : 90000000;
}

static uint64_t constant(uint64_t *state)
{
	(void)state;
	return 123457;
}

static uint64_t tiny(uint64_t *state)
{
	return next_random(state) % 3;
}

static int compare(const void *left, const void *right)
{
	uint64_t a = *(const uint64_t *)left;
	uint64_t b = *(const uint64_t *)right;

	return a < b ? -1 : a > b;
}

static void check_quantile(const struct weft_histogram *histogram, const uint64_t *sorted,
			   double quantile)
{
	size_t rank = (size_t)ceil(quantile * VALUE_COUNT);
	uint64_t exact = sorted[rank ? rank - 1 : 0];
	uint64_t told = weft_histogram_quantile(histogram, quantile);
	double error = fabs((double)told - (double)exact);

	if (error > (double)exact / 256) {
		fail_msg("quantile %g: exact %llu, told %llu", quantile, (unsigned long long)exact,
			 (unsigned long long)told);
	}
}

static void quantiles_are_within_one_part_in_256(void **state)
{
	static uint64_t (*const distributions[])(uint64_t *) = {
		uniform, exponential, over_all_magnitudes, two_peaks, constant, tiny,
	};
	uint64_t *values = (uint64_t *)malloc(VALUE_COUNT * sizeof(*values));
	size_t at;
	size_t i;
	int pct;

	(void)state;
	assert_non_null(values);
	for (at = 0; at < sizeof(distributions) / sizeof(distributions[0]); at++) {
		struct weft_histogram histogram = {0};
		uint64_t seed = at + 1;

		for (i = 0; i < VALUE_COUNT; i++) {
			values[i] = distributions[at](&seed);
			assert_int_equal(weft_histogram_add(&histogram, values[i]), 0);
		}
		qsort(values, VALUE_COUNT, sizeof(*values), compare);
		for (pct = 0; pct <= 100; pct++) {
			check_quantile(&histogram, values, pct / 100.0);
		}
		check_quantile(&histogram, values, 0.999);
		assert_int_equal(weft_histogram_quantile(&histogram, 0), values[0]);
		assert_int_equal(weft_histogram_quantile(&histogram, 1), values[VALUE_COUNT - 1]);
		weft_histogram_fini(&histogram);
	}
	free(values);
}

static void merging_equals_adding_to_one(void **state)
{
	struct weft_histogram parts[2] = {{0}, {0}};
	struct weft_histogram whole = {0};
	uint64_t seed = 5;
	int pct;
	int i;

	(void)state;
	for (i = 0; i < 5000; i++) {
		uint64_t value = over_all_magnitudes(&seed);

		assert_int_equal(weft_histogram_add(&parts[i % 3 == 0], value), 0);
		assert_int_equal(weft_histogram_add(&whole, value), 0);
	}
	assert_int_equal(weft_histogram_merge(&parts[0], &parts[1]), 0);
	assert_int_equal(parts[0].count, whole.count);
	assert_int_equal(parts[0].min, whole.min);
	assert_int_equal(parts[0].max, whole.max);
	for (pct = 0; pct <= 100; pct++) {
		assert_int_equal(weft_histogram_quantile(&parts[0], pct / 100.0),
				 weft_histogram_quantile(&whole, pct / 100.0));
	}
	weft_histogram_fini(&parts[0]);
	weft_histogram_fini(&parts[1]);
	weft_histogram_fini(&whole);
}

static void merging_with_an_empty_one_changes_nothing(void **state)
{
	struct weft_histogram histogram = {0};
	struct weft_histogram empty = {0};

	(void)state;
	assert_int_equal(weft_histogram_add(&histogram, 7), 0);
	assert_int_equal(weft_histogram_merge(&histogram, &empty), 0);
	assert_int_equal(histogram.min, 7);
	assert_int_equal(weft_histogram_merge(&empty, &histogram), 0);
	assert_int_equal(empty.min, 7);
	assert_int_equal(empty.max, 7);
	weft_histogram_fini(&histogram);
	weft_histogram_fini(&empty);
}

static void an_empty_one_has_quantile_0(void **state)
{
	struct weft_histogram histogram = {0};

	(void)state;
	assert_int_equal(weft_histogram_quantile(&histogram, 0), 0);
	assert_int_equal(weft_histogram_quantile(&histogram, 0.5), 0);
	assert_int_equal(weft_histogram_quantile(&histogram, 1), 0);
}

static void the_largest_and_smallest_numbers_fit(void **state)
{
	struct weft_histogram histogram = {0};

	(void)state;
	assert_int_equal(weft_histogram_add(&histogram, 0), 0);
	assert_int_equal(weft_histogram_add(&histogram, UINT64_MAX), 0);
	assert_int_equal(weft_histogram_quantile(&histogram, 0.5), 0);
	assert_true(weft_histogram_quantile(&histogram, 1) == UINT64_MAX);
	weft_histogram_fini(&histogram);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(quantiles_are_within_one_part_in_256),
		cmocka_unit_test(merging_equals_adding_to_one),
		cmocka_unit_test(merging_with_an_empty_one_changes_nothing),
		cmocka_unit_test(an_empty_one_has_quantile_0),
		cmocka_unit_test(the_largest_and_smallest_numbers_fit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
