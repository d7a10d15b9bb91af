// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Options that choose a part of the input: what is taken, what is refused.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <errno.h>

#include "selection.h"

static void durations_are_parsed_exactly(void **state)
{
	static const struct {
		const char *text;
		int64_t ns;
	} cases[] = {
		{"0", 0},
		{"1", 1000000000},
		{"1.5s", 1500000000},
		{".5ms", 500000},
		{"250ms", 250000000},
		{"10us", 10000},
		{"10\xc2\xb5s", 10000}, /* MICRO SIGN. */
		{"10\xce\xbcs", 10000}, /* GREEK SMALL LETTER MU looks the same. */
		{"7ns", 7},
		{"2m", INT64_C(120000000000)},
		{"1h", INT64_C(3600000000000)},
		{"9007199254740993ns",
		 INT64_C(9007199254740993)}, /* More digits than a double has. */
	};
	int64_t ns;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		ns = -1;
		if (!weft_cli_parse_duration(cases[i].text, &ns)) {
			fail_msg("'%s' refused", cases[i].text);
		}
		assert_true(ns == cases[i].ns);
	}
}

static void other_texts_are_no_durations(void **state)
{
	static const char *const texts[] = {
		"",     " ",   "ms",    "-1s",   "+1s", "1 s",    "1x",  "1ss", "inf",  "nan",
		"0x10", " 1s", "1e400", "1e30h", ".",   "1.2.3s", "1s ", "s1",  "1,5s", "1e3s",
	};
	int64_t ns = 77;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		if (weft_cli_parse_duration(texts[i], &ns)) {
			fail_msg("'%s' taken as %lld ns", texts[i], (long long)ns);
		}
	}
	assert_int_equal(ns, 77);
}

static void each_option_sets_its_member(void **state)
{
	struct weft_selection selection = WEFT_SELECTION_INIT;

	(void)state;
	assert_int_equal(weft_cli_selection_take("t", WEFT_CLI_SELECT_FROM, "1s", &selection), 1);
	assert_int_equal(weft_cli_selection_take("t", WEFT_CLI_SELECT_UNTIL, "2s", &selection), 1);
	assert_int_equal(weft_cli_selection_take("t", WEFT_CLI_SELECT_PID, "42", &selection), 1);
	assert_int_equal(weft_cli_selection_take("t", WEFT_CLI_SELECT_TASK, "x", &selection), 1);
	assert_int_equal(
		weft_cli_selection_take("t", WEFT_CLI_SELECT_SLOWER_THAN, "3us", &selection), 1);
	assert_int_equal(selection.from_ns, 1000000000);
	assert_int_equal(selection.until_ns, 2000000000);
	assert_int_equal(selection.pid, 42);
	assert_string_equal(selection.task_type, "x");
	assert_int_equal(selection.slower_than_ns, 3000);
	assert_int_equal(weft_cli_selection_take("t", 'o', "x", &selection), 0);
}

static void impossible_values_change_nothing(void **state)
{
	static const char *const pids[] = {
		"", "0", "-1", "x", "1x", "2147483648", "99999999999999999999", " 1", "+1"};
	struct weft_selection selection = WEFT_SELECTION_INIT;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(pids) / sizeof(pids[0]); i++) {
		if (weft_cli_selection_take("t", WEFT_CLI_SELECT_PID, pids[i], &selection) !=
		    -EINVAL) {
			fail_msg("pid '%s' taken", pids[i]);
		}
	}
	assert_int_equal(weft_cli_selection_take("t", WEFT_CLI_SELECT_FROM, "x", &selection),
			 -EINVAL);
	assert_int_equal(weft_cli_selection_take("t", WEFT_CLI_SELECT_UNTIL, "-1", &selection),
			 -EINVAL);
	assert_int_equal(
		weft_cli_selection_take("t", WEFT_CLI_SELECT_SLOWER_THAN, "fast", &selection),
		-EINVAL);
	assert_int_equal(selection.pid, 0);
	assert_true(selection.from_ns == WEFT_TIME_NONE);
	assert_true(selection.until_ns == WEFT_TIME_NONE);
	assert_int_equal(selection.slower_than_ns, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(durations_are_parsed_exactly),
		cmocka_unit_test(other_texts_are_no_durations),
		cmocka_unit_test(each_option_sets_its_member),
		cmocka_unit_test(impossible_values_change_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
