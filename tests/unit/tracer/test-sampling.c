// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * The arithmetic of sampling, against libm and against the laws it claims to follow.
 *
 * Seeds are fixed, so that a run either always passes or always fails; bounds are such that a right
 * implementation would fail one seed in more than a thousand.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>

#include "sampling.h"

#define MEAN    524288
#define GAPS    200000
#define CLASSES 64
#define SEEDS   10000
#define CHANCES 1000000
#define TINY    1e-9
/* Upper 0.1 % point of chi-square with 63 degrees of freedom. */
#define CHI_SQUARE_63 103.442

static void exponential_agrees_with_libm(void **state)
{
	uint64_t random = 1;
	int i;

	(void)state;
	for (i = 0; i < GAPS; i++) {
		/* Of every magnitude. */
		uint64_t bits = weft_random_next(&random) >> (i % 64);
		double expected = -log(((double)(bits >> 11) + 1) * 0x1p-53);

		assert_true(fabs(weft_sampling_exponential(bits) - expected) < TINY);
	}
	assert_true(weft_sampling_exponential(UINT64_MAX) == 0);
	assert_true(weft_sampling_exponential(0) < 45);
}

static void weight_agrees_with_libm(void **state)
{
	uint64_t size;

	(void)state;
	for (size = 1; size < UINT64_C(1) << 40; size = size * 9 / 8 + 1) {
		double expected = -1 / expm1(-(double)size / MEAN);
		double weight = (double)weft_sampling_weight(size, MEAN) / WEFT_WEIGHT_ONE;

		assert_true(fabs(weight - expected) <= 0.51 / WEFT_WEIGHT_ONE + expected * TINY);
	}
	assert_int_equal(weft_sampling_weight(1, 1), WEFT_WEIGHT_ONE);
	assert_int_equal(weft_sampling_weight(UINT64_MAX, MEAN), WEFT_WEIGHT_ONE);
	assert_true(weft_sampling_weight(1, WEFT_SAMPLING_MEAN_MAX) < INT64_C(1) << 57);
}

/* Classes of equal probability under the exponential law hold equally many gaps. */
static void gaps_follow_the_exponential_law(void **state)
{
	uint32_t counts[CLASSES] = {0};
	const double expected = (double)GAPS / CLASSES;
	uint64_t random = 7;
	double chi_square = 0;
	int i;

	(void)state;
	for (i = 0; i < GAPS; i++) {
		double gap = (double)weft_sampling_gap(&random, MEAN);
		int class = (int)(-expm1(-gap / MEAN) * CLASSES);

		assert_in_range(class, 0, CLASSES - 1);
		counts[class]++;
	}
	for (i = 0; i < CLASSES; i++) {
		chi_square += (counts[i] - expected) * (counts[i] - expected) / expected;
	}
	assert_true(chi_square < CHI_SQUARE_63);
}

/* A gap tells nothing of the next: pairs fill the square evenly. */
static void gaps_do_not_depend_on_each_other(void **state)
{
	uint32_t counts[8][8] = {{0}};
	const double expected = (double)GAPS / CLASSES;
	uint64_t random = 11;
	double chi_square = 0;
	int i;

	(void)state;
	for (i = 0; i < GAPS; i++) {
		double one = -expm1(-(double)weft_sampling_gap(&random, MEAN) / MEAN);
		double two = -expm1(-(double)weft_sampling_gap(&random, MEAN) / MEAN);

		counts[(int)(one * 8)][(int)(two * 8)]++;
	}
	for (i = 0; i < CLASSES; i++) {
		double off = counts[i / 8][i % 8] - expected;

		chi_square += off * off / expected;
	}
	assert_true(chi_square < CHI_SQUARE_63);
}

/* Neighbouring seeds, as threads get them, give first gaps that are spread like any others. */
static void first_gaps_of_neighbouring_seeds_differ(void **state)
{
	double sum = 0;
	uint64_t seed;

	(void)state;
	for (seed = 0; seed < SEEDS; seed++) {
		uint64_t random = seed;

		sum += (double)weft_sampling_gap(&random, MEAN) / MEAN;
	}
	/* The mean of SEEDS gaps has a standard deviation of 1/sqrt(SEEDS) = 0.01. */
	assert_true(fabs(sum / SEEDS - 1) < 0.033);
}

static void chance_is_what_it_says(void **state)
{
	static const struct {
		uint64_t numerator, denominator;
	} cases[] = {{1, 2}, {1, 1000}, {999, 1000}, {3, 7}, {UINT64_MAX / 3, UINT64_MAX}};
	uint64_t random = 5;
	size_t c;
	int i;

	(void)state;
	for (c = 0; c < sizeof(cases) / sizeof(cases[0]); c++) {
		double p = (double)cases[c].numerator / (double)cases[c].denominator;
		double sigma = sqrt(p * (1 - p) * CHANCES);
		int hits = 0;

		for (i = 0; i < CHANCES; i++) {
			hits += weft_sampling_chance(&random, cases[c].numerator,
						     cases[c].denominator);
		}
		assert_true(fabs(hits - p * CHANCES) < 3.3 * sigma);
	}
	assert_true(weft_sampling_chance(&random, 1, 1));
	assert_true(weft_sampling_chance(&random, 2, 1));
	assert_false(weft_sampling_chance(&random, 0, 1));
}

static void scale_drops_fractions_and_saturates(void **state)
{
	(void)state;
	assert_int_equal(weft_sampling_scale(WEFT_WEIGHT_ONE, 12345), 12345);
	assert_int_equal(weft_sampling_scale(WEFT_WEIGHT_ONE * 3 / 2, 3), 4);
	assert_int_equal(weft_sampling_scale(INT64_MAX, UINT64_MAX), INT64_MAX);
	assert_int_equal(weft_sampling_scale(WEFT_WEIGHT_ONE, INT64_MAX), INT64_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(exponential_agrees_with_libm),
		cmocka_unit_test(weight_agrees_with_libm),
		cmocka_unit_test(gaps_follow_the_exponential_law),
		cmocka_unit_test(gaps_do_not_depend_on_each_other),
		cmocka_unit_test(first_gaps_of_neighbouring_seeds_differ),
		cmocka_unit_test(chance_is_what_it_says),
		cmocka_unit_test(scale_drops_fractions_and_saturates),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
