// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Variables of reports: what they take, keep and refuse; and the report that they make.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "report-config.h"

static void every_variable_has_its_initial_value_and_keeps_it(void **state)
{
	struct weft_report_config *config = weft_report_config_create();
	struct weft_error err = WEFT_ERROR_INIT;
	const struct weft_report_variable *variable;
	size_t i;

	(void)state;
	for (i = 0; (variable = weft_report_variable_get(i)); i++) {
		assert_string_equal(weft_report_config_get(config, variable->name),
				    variable->initial);
		assert_int_equal(
			weft_report_config_set(config, variable->name, variable->initial, &err), 0);
		assert_string_equal(weft_report_config_get(config, variable->name),
				    variable->initial);
		assert_ptr_equal(weft_report_variable_find(variable->name), variable);
		assert_true(strchr(variable->help, '\n') != NULL);
	}
	assert_true(i > 30);
	weft_report_config_destroy(config);
	weft_report_config_destroy(NULL);
}

static void values_are_taken_or_refused(void **state)
{
	static const struct {
		const char *name, *value;
		int ret;
		const char *variable, *kept;
	} cases[] = {
		{"trim", "no", 0, "trim", "false"},
		{"trim", "YES", 0, "trim", "true"},
		{"trim", "", 0, "trim", "true"},
		{"trim", "maybe", -EINVAL, "trim", "true"},
		{"nodecount", "12", 0, "nodecount", "12"},
		{"nodecount", "12x", -EINVAL, "nodecount", "12"},
		{"nodecount", " 1", -EINVAL, "nodecount", "12"},
		{"nodecount", "99999999999999999999", -EINVAL, "nodecount", "12"},
		{"divide_by", "2.5", 0, "divide_by", "2.5"},
		{"divide_by", "", -EINVAL, "divide_by", "2.5"},
		{"sort", "cum", 0, "sort", "cum"},
		{"sort", "size", -EINVAL, "sort", "cum"},
		{"flat", "true", 0, "sort", "flat"},
		{"flat", "false", -ENOENT, "sort", "flat"},
		{"lines", "1", 0, "granularity", "lines"},
		{"focus", "a=b", 0, "focus", "a=b"},
		{"nothing", "x", -ENOENT, "focus", "a=b"},
	};
	struct weft_report_config *config = weft_report_config_create();
	struct weft_report_config *copy;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct weft_error err = WEFT_ERROR_INIT;
		int ret = weft_report_config_set(config, cases[i].name, cases[i].value, &err);

		assert_int_equal(ret, cases[i].ret);
		assert_int_equal(err.code, cases[i].ret);
		assert_string_equal(weft_report_config_get(config, cases[i].variable),
				    cases[i].kept);
	}
	assert_string_equal(weft_report_config_get(config, "nothing"), "");
	copy = weft_report_config_copy(config);
	weft_report_config_destroy(config);
	assert_string_equal(weft_report_config_get(copy, "focus"), "a=b");
	weft_report_config_destroy(copy);
}

/* main calls a (30), b (7), c (2), and a calls d (61). */
static struct weft_pprof *make_profile(void)
{
	static const char *const names[] = {"main", "a", "b", "c", "d"};
	static const struct {
		uint32_t stack[3], depth;
		int64_t value;
	} samples[] = {{{1, 0}, 2, 30}, {{2, 0}, 2, 7}, {{3, 0}, 2, 2}, {{4, 1, 0}, 3, 61}};
	struct weft_pprof *profile = weft_pprof_create();
	uint32_t places[5];
	size_t i, j;

	assert_int_equal(weft_pprof_add_sample_type(profile, "samples", "count"), 0);
	for (i = 0; i < 5; i++) {
		const struct weft_pprof_function function = {.name = names[i]};
		struct weft_pprof_line line = {.line = 0};
		const struct weft_pprof_location location = {.mapping = WEFT_PPROF_NONE,
							     .line_count = 1,
							     .address = i + 1,
							     .lines = &line};

		assert_int_equal(weft_pprof_add_function(profile, &function, &line.function), 0);
		assert_int_equal(weft_pprof_add_location(profile, &location, &places[i]), 0);
	}
	for (i = 0; i < sizeof(samples) / sizeof(samples[0]); i++) {
		uint32_t stack[3];
		const struct weft_pprof_sample sample = {.locations = stack,
							 .location_count = samples[i].depth,
							 .values = &samples[i].value};

		for (j = 0; j < samples[i].depth; j++) {
			stack[j] = places[samples[i].stack[j]];
		}
		assert_int_equal(weft_pprof_add_sample(profile, &sample), 0);
	}
	return profile;
}

static void trimming_leaves_out_what_is_small(void **state)
{
	static const struct {
		const char *name, *value, *wanted;
	} cases[] = {
		{"trim", "true",
		 "Type: samples\n"
		 "Showing nodes accounting for 100, 100% of 100 total\n"
		 "      flat  flat%   sum%        cum   cum%\n"
		 "        61 61.00% 61.00%         61 61.00%  d\n"
		 "        30 30.00% 91.00%         91 91.00%  a\n"
		 "         7  7.00% 98.00%          7  7.00%  b\n"
		 "         2  2.00%   100%          2  2.00%  c\n"
		 "         0     0%   100%        100   100%  main\n"},
		{"nodefraction", "0.05",
		 "Type: samples\n"
		 "Showing nodes accounting for 98, 98.00% of 100 total\n"
		 "Dropped 1 node (cum <= 5)\n"
		 "      flat  flat%   sum%        cum   cum%\n"
		 "        61 61.00% 61.00%         61 61.00%  d\n"
		 "        30 30.00% 91.00%         91 91.00%  a\n"
		 "         7  7.00% 98.00%          7  7.00%  b\n"
		 "         0     0% 98.00%        100   100%  main\n"},
		{"nodecount", "1",
		 "Type: samples\n"
		 "Showing nodes accounting for 61, 61.00% of 100 total\n"
		 "Dropped 1 node (cum <= 5)\n"
		 "Showing top 1 nodes out of 4\n"
		 "      flat  flat%   sum%        cum   cum%\n"
		 "        61 61.00% 61.00%         61 61.00%  d\n"},
	};
	struct weft_report_config *config = weft_report_config_create();
	const struct weft_report_request request = {.format = "top"};
	struct weft_pprof *profile = make_profile();
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct weft_error err = WEFT_ERROR_INIT;
		char *text = NULL;
		size_t size;
		FILE *out = open_memstream(&text, &size);

		assert_non_null(out);
		assert_int_equal(
			weft_report_config_set(config, cases[i].name, cases[i].value, &err), 0);
		assert_int_equal(weft_report_write(profile, config, &request, out, &err), 0);
		assert_int_equal(fclose(out), 0);
		assert_string_equal(text, cases[i].wanted);
		free(text);
	}
	weft_pprof_destroy(profile);
	weft_report_config_destroy(config);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_variable_has_its_initial_value_and_keeps_it),
		cmocka_unit_test(values_are_taken_or_refused),
		cmocka_unit_test(trimming_leaves_out_what_is_small),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
