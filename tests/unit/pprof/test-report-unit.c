// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Values as reports show them, beside texts that the real reader prints for them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "report-unit.h"

static void values_have_two_decimals_and_a_unit(void **state)
{
	static const struct {
		int64_t value;
		const char *from, *to, *wanted;
	} cases[] = {
		{0, "nanoseconds", "auto", "0"},
		{1, "nanoseconds", "auto", "1ns"},
		{10000000, "nanoseconds", "auto", "10ms"},
		{1100000000, "nanoseconds", "minimum", "1.10s"},
		{-1100000000, "nanoseconds", "s", "-1.10s"},
		{3600000000000, "nanoseconds", "auto", "1hrs"},
		{90, "s", "minutes", "90s"}, /* No such unit: the family's own. */
		{524800, "bytes", "auto", "512.50kB"},
		{524800, "bytes", "kb", "512.50kB"},
		{524800, "Bytes", "MB", "0.50MB"},
		{1, "bytes", "GB", "0"}, /* Two decimals of it are nothing. */
		{-1, "bytes", "GB", "0"},
		{INT64_MAX, "bytes", "auto", "8192PB"},
		{5, "ms", "us", "5000us"},
		{7, "count", "auto", "7"},
		{7, "samples", "minimum", "7"},
		{7, "widgets", "widgets", "7widgets"},
		{2000, "milligcu", "gcu", "2GCU"},
		{7, "bytes", "ms", "7B"}, /* Of another family. */
	};
	char text[WEFT_REPORT_TEXT_SIZE];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_string_equal(
			weft_report_unit__label(text, cases[i].value, cases[i].from, cases[i].to),
			cases[i].wanted);
	}
}

static void percentages_are_six_wide(void **state)
{
	static const struct {
		int64_t value, total;
		const char *wanted;
	} cases[] = {
		{0, 0, "    0%"},        {1, 0, "    0%"},        {1, 1, "  100%"},
		{9996, 10000, "  100%"}, {9994, 10000, "99.94%"}, {-1, 2, "50.00%"},
		{345, 10000, " 3.45%"},  {12, 100000, "0.012%"},  {3, 1000, "  0.3%"},
		{1, 1000000, "0.0001%"}, {1234, 100, "1234.00%"}, {3, 2, "150.00%"},
	};
	char text[WEFT_REPORT_TEXT_SIZE];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_string_equal(weft_report_unit__percent(text, cases[i].value, cases[i].total),
				    cases[i].wanted);
	}
	assert_string_equal(weft_report_unit__percent_trimmed(text, 1, 1), "100%");
}

static void arithmetic_never_traps(void **state)
{
	(void)state;
	assert_true(weft_report_unit__add(INT64_MAX, 1) == INT64_MIN);
	assert_true(weft_report_unit__magnitude(INT64_MIN) == INT64_MIN);
	assert_true(weft_report_unit__magnitude(-3) == 3);
	assert_true(weft_report_unit__divide(INT64_MIN, -1) == INT64_MIN);
	assert_true(weft_report_unit__divide(7, -2) == -3);
	assert_true(weft_report_unit__to_int(1e300) == INT64_MIN);
	assert_true(weft_report_unit__to_int(-2.9) == -2);
	assert_true(weft_report_unit__multiply(10, 0.25) == 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values_have_two_decimals_and_a_unit),
		cmocka_unit_test(percentages_are_six_wide),
		cmocka_unit_test(arithmetic_never_traps),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
