// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * What the environment variable WEFT means, and what is said of it when it means nothing.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "settings.h"

struct expectation {
	const char *text;
	int64_t mem, block, mutex, cpu, trace, serve, children;
	const char *out;
	const char *problem;
};

static const struct expectation expectations[] = {
	{NULL, 524288, 0, 0, 0, 1, 0, 0, "", ""},
	{"", 524288, 0, 0, 0, 1, 0, 0, "", ""},
	{",,", 524288, 0, 0, 0, 1, 0, 0, "", ""},
	{"memprofilerate=1", 1, 0, 0, 0, 1, 0, 0, "", ""},
	{"memprofilerate=-1,blockprofilerate=-2", -1, -2, 0, 0, 1, 0, 0, "", ""},
	{"memprofilerate=1,memprofilerate=2", 2, 0, 0, 0, 1, 0, 0, "", ""},
	{"blockprofilerate=10000,mutexprofilefraction=5,cpuprofilerate=100", 524288, 10000, 5, 100,
	 1, 0, 0, "", ""},
	{"trace=0,serve=1,children=1,out=/a,b=c", 524288, 0, 0, 0, 0, 1, 1, "/a,b=c", ""},
	{"blockio=1,blockio=2", 524288, 0, 0, 0, 1, 0, 0, "",
	 "not a number that this knob takes: blockio=2"},
	{"schedtrace=-1", 524288, 0, 0, 0, 1, 0, 0, "",
	 "not a number that this knob takes: schedtrace=-1"},
	{"schedtrace=1000,scheddetail=1,alloctrace=x", 524288, 0, 0, 0, 1, 0, 0, "",
	 "not a number that this knob takes: alloctrace=x"},
	{"memprofilerate=x", 524288, 0, 0, 0, 1, 0, 0, "",
	 "not a number that this knob takes: memprofilerate=x"},
	{"memprofilerate=", 524288, 0, 0, 0, 1, 0, 0, "",
	 "not a number that this knob takes: memprofilerate="},
	{"memprofilerate", 524288, 0, 0, 0, 1, 0, 0, "",
	 "not a number that this knob takes: memprofilerate"},
	{"memprofilerate=99999999999999999999", 524288, 0, 0, 0, 1, 0, 0, "",
	 "not a number that this knob takes: memprofilerate=99999999999999999999"},
	{"mutexprofilefraction=-1,trace=0", 524288, 0, 0, 0, 0, 0, 0, "",
	 "not a number that this knob takes: mutexprofilefraction=-1"},
	{"trace=2", 524288, 0, 0, 0, 1, 0, 0, "", "not a number that this knob takes: trace=2"},
	{"mem=1,serve=1", 524288, 0, 0, 0, 1, 1, 0, "", "no such knob: mem=1"},
	{"memprofilerates=1", 524288, 0, 0, 0, 1, 0, 0, "", "no such knob: memprofilerates=1"},
	{"offf", 524288, 0, 0, 0, 1, 0, 0, "", "no such knob: offf"},
};

static void each_text_means_what_it_says(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(expectations) / sizeof(expectations[0]); i++) {
		const struct expectation *want = &expectations[i];
		struct weft_settings have;
		char problem[WEFT_SETTINGS_PROBLEM_SIZE];

		weft_settings_parse(want->text, &have, problem);
		assert_string_equal(problem, want->problem);
		assert_false(have.is_off);
		assert_int_equal(have.mem_profile_rate, want->mem);
		assert_int_equal(have.block_profile_rate, want->block);
		assert_int_equal(have.mutex_profile_fraction, want->mutex);
		assert_int_equal(have.cpu_profile_rate, want->cpu);
		assert_int_equal(have.trace, want->trace);
		assert_int_equal(have.serve, want->serve);
		assert_int_equal(have.children, want->children);
		assert_string_equal(have.out, want->out);
	}
}

static void off_is_off(void **state)
{
	struct weft_settings have;
	char problem[WEFT_SETTINGS_PROBLEM_SIZE];

	(void)state;
	weft_settings_parse("off", &have, problem);
	assert_true(have.is_off);
	assert_string_equal(problem, "");
}

static void a_path_that_is_too_long_is_left_out(void **state)
{
	static char text[WEFT_SETTINGS_PATH_SIZE + 4 + 1] = "out=";
	struct weft_settings have;
	char problem[WEFT_SETTINGS_PROBLEM_SIZE];

	(void)state;
	memset(text + 4, 'a', WEFT_SETTINGS_PATH_SIZE);
	weft_settings_parse(text, &have, problem);
	assert_string_equal(have.out, "");
	assert_string_equal(problem, "too long: out");
	text[sizeof(text) - 2] = '\0';
	weft_settings_parse(text, &have, problem);
	assert_int_equal(strlen(have.out), WEFT_SETTINGS_PATH_SIZE - 1);
	assert_string_equal(problem, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_text_means_what_it_says),
		cmocka_unit_test(off_is_off),
		cmocka_unit_test(a_path_that_is_too_long_is_left_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
