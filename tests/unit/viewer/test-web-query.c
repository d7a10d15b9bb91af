// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Parameters of the pages of the web interface: to variables, to links, and text to expressions.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "web-query.h"

static char *link_of(const struct web_query *query, const char *path, const char *name,
		     const char *value)
{
	static char text[512];
	FILE *out = fmemopen(text, sizeof(text), "w");

	assert_non_null(out);
	web_query_print_link(query, path, name, value, out);
	assert_int_equal(fclose(out), 0);
	return text;
}

static void parameters_set_variables_by_the_real_tools_names(void **state)
{
	static const char *const given[][3] = {
		{"f", "work", "focus"},
		{"i", "a|b", "ignore"},
		{"h", "x", "hide"},
		{"s", "y", "show"},
		{"sf", "z", "show_from"},
		{"tf", "k=v", "tagfocus"},
		{"ti", "1kb:", "tagignore"},
		{"ts", "q", "tagshow"},
		{"th", "r", "taghide"},
		{"si", "cpu", "sample_index"},
		{"n", "7", "nodecount"},
		{"nf", "0.5", "nodefraction"},
		{"ef", "0.1", "edgefraction"},
		{"g", "lines", "granularity"},
		{"sort", "cum", "sort"},
		{"unit", "ms", "unit"},
		{"prunefrom", "p", "prune_from"},
	};
	struct weft_report_config *config = weft_report_config_create();
	struct web_query query = {.count = 0};
	size_t i;

	(void)state;
	assert_non_null(config);
	for (i = 0; i < sizeof(given) / sizeof(given[0]); i++) {
		assert_int_equal(web_query_add(&query, given[i][0], given[i][1], NULL), 0);
	}
	assert_int_equal(web_query_add(&query, "rel", "t", NULL), 0);
	assert_int_equal(web_query_configure(&query, config, NULL), 0);
	for (i = 0; i < sizeof(given) / sizeof(given[0]); i++) {
		assert_string_equal(weft_report_config_get(config, given[i][2]), given[i][1]);
	}
	assert_string_equal(weft_report_config_get(config, "relative_percentages"), "true");
	web_query_fini(&query);
	weft_report_config_destroy(config);
}

static void what_is_unknown_or_empty_or_again_is_left_out(void **state)
{
	struct web_query query = {.count = 0};

	(void)state;
	assert_int_equal(web_query_add(&query, "focus", "x", NULL), 0);
	assert_int_equal(web_query_add(&query, "output", "/etc/passwd", NULL), 0);
	assert_int_equal(web_query_add(&query, "", "x", NULL), 0);
	assert_int_equal(web_query_add(&query, "f", "", NULL), 0);
	assert_int_equal(web_query_add(&query, "f", NULL, NULL), 0);
	assert_int_equal(query.count, 0);
	assert_int_equal(web_query_add(&query, "f", "a", NULL), 0);
	assert_int_equal(web_query_add(&query, "f", "b", NULL), 0);
	assert_int_equal(query.count, 1);
	assert_string_equal(web_query_get(&query, "f"), "a");
	assert_string_equal(web_query_get(&query, "i"), "");
	web_query_fini(&query);
}

static void bad_values_are_told(void **state)
{
	struct weft_report_config *config = weft_report_config_create();
	struct web_query query = {.count = 0};
	struct weft_error err = WEFT_ERROR_INIT;
	char *text = malloc(WEB_QUERY_VALUE_SIZE + 1);

	(void)state;
	assert_true(config && text);
	memset(text, 'a', WEB_QUERY_VALUE_SIZE);
	text[WEB_QUERY_VALUE_SIZE] = '\0';
	assert_int_equal(web_query_add(&query, "f", text, &err), -E2BIG);
	assert_string_equal(err.text, "the value of 'f' is too long: at most 4095 bytes");
	assert_int_equal(web_query_add(&query, "f", text + 1, &err), 0);
	assert_int_equal(web_query_add(&query, "n", "many", NULL), 0);
	assert_int_equal(web_query_configure(&query, config, &err), -EINVAL);
	assert_string_equal(err.text, "invalid \"nodecount\" value \"many\"");
	free(text);
	web_query_fini(&query);
	weft_report_config_destroy(config);
}

static void links_keep_what_they_do_not_change(void **state)
{
	struct web_query query = {.count = 0};

	(void)state;
	assert_string_equal(link_of(&query, "top", NULL, NULL), "top");
	assert_string_equal(link_of(&query, "top", "sort", "cum"), "top?sort=cum");
	assert_int_equal(web_query_add(&query, "f", "a<b>&\"c'+ d", NULL), 0);
	assert_int_equal(web_query_add(&query, "si", "cpu", NULL), 0);
	assert_string_equal(link_of(&query, "top", NULL, NULL),
			    "top?f=a%3Cb%3E%26%22c%27%2B%20d&amp;si=cpu");
	assert_string_equal(link_of(&query, "peek", "f", "^x$"), "peek?si=cpu&amp;f=%5Ex%24");
	assert_string_equal(link_of(&query, "top", "f", ""), "top?si=cpu");
	web_query_fini(&query);
}

static const char *regex_of(const char *label)
{
	static char regex[256];

	assert_int_equal(web_query_find_function(label, regex, sizeof(regex)), 0);
	return regex;
}

static void functions_are_found_by_their_labels(void **state)
{
	char regex[16];

	(void)state;
	assert_string_equal(regex_of("main"), "^main( |$)");
	assert_string_equal(regex_of("main src/a.c:12"), "^main( |$)");
	assert_string_equal(regex_of("main src/a.c:12:3"), "^main( |$)");
	assert_string_equal(regex_of("0000000000401000 main src/a.c:12"), "^main( |$)");
	assert_string_equal(regex_of("a::b<int>(char*, x) [y]"),
			    "^a::b<int>\\(char\\*, x\\) \\[y\\]( |$)");
	assert_string_equal(regex_of("operator new(unsigned long)"),
			    "^operator new\\(unsigned long\\)( |$)");
	assert_string_equal(regex_of("a b::c"), "^a b::c( |$)");
	assert_string_equal(regex_of("a :"), "^a :( |$)");
	assert_string_equal(regex_of("\\"), "^\\\\( |$)");
	assert_string_equal(regex_of(""), "^( |$)");
	assert_int_equal(web_query_find_function("12345", regex, sizeof(regex)), -E2BIG);
	assert_int_equal(web_query_find_function("1234", regex, sizeof(regex)), 0);
	assert_int_equal(web_query_find_function("", regex, 6), -E2BIG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parameters_set_variables_by_the_real_tools_names),
		cmocka_unit_test(what_is_unknown_or_empty_or_again_is_left_out),
		cmocka_unit_test(bad_values_are_told),
		cmocka_unit_test(links_keep_what_they_do_not_change),
		cmocka_unit_test(functions_are_found_by_their_labels),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
