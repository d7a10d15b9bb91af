// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Requests taken apart: what net/http/pprof makes of the same words.
 */
#include "query.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define S UINT64_C(1000000000)

static void paths_lead_to_pages(void **state)
{
	static const struct {
		const char *path;
		enum weft_query_place place;
		pid_t pid;
		enum weft_http_page page;
		const char *name;
	} cases[] = {
		{"/", WEFT_QUERY_ROOT, 0, 0, ""},
		{"/debug/pprof/", WEFT_QUERY_PAGE, 0, WEFT_HTTP_PAGE_INDEX, ""},
		{"/debug/pprof/cmdline", WEFT_QUERY_PAGE, 0, WEFT_HTTP_PAGE_CMDLINE, "cmdline"},
		{"/debug/pprof/profile", WEFT_QUERY_PAGE, 0, WEFT_HTTP_PAGE_PROFILE, "profile"},
		{"/debug/pprof/symbol", WEFT_QUERY_PAGE, 0, WEFT_HTTP_PAGE_SYMBOL, "symbol"},
		{"/debug/pprof/trace", WEFT_QUERY_PAGE, 0, WEFT_HTTP_PAGE_TRACE, "trace"},
		{"/debug/pprof/heap", WEFT_QUERY_PAGE, 0, WEFT_HTTP_PAGE_NAMED, "heap"},
		{"/debug/pprof/trace/", WEFT_QUERY_PAGE, 0, WEFT_HTTP_PAGE_NAMED, "trace/"},
		{"/debug/pprof/a/b c", WEFT_QUERY_PAGE, 0, WEFT_HTTP_PAGE_NAMED, "a/b c"},
		{"/debug/fgprof", WEFT_QUERY_PAGE, 0, WEFT_HTTP_PAGE_NAMED, "fgprof"},
		{"/debug/pprof", WEFT_QUERY_REDIRECT, 0, 0, ""},
		{"/17/debug/pprof/heap", WEFT_QUERY_PAGE, 17, WEFT_HTTP_PAGE_NAMED, "heap"},
		{"/17", WEFT_QUERY_REDIRECT, 17, 0, ""},
		{"/17/", WEFT_QUERY_REDIRECT, 17, 0, ""},
		{"/17/debug/pprof", WEFT_QUERY_REDIRECT, 17, 0, ""},
		{"/017/debug/pprof/", WEFT_QUERY_NOWHERE, 0, 0, ""},
		{"/-1/debug/pprof/", WEFT_QUERY_NOWHERE, 0, 0, ""},
		{"/2147483648/debug/pprof/", WEFT_QUERY_NOWHERE, 0, 0, ""},
		{"/debug/pprofx", WEFT_QUERY_NOWHERE, 0, 0, ""},
		{"//debug/pprof/", WEFT_QUERY_NOWHERE, 0, 0, ""},
		{"", WEFT_QUERY_NOWHERE, 0, 0, ""},
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct weft_query_path path;

		weft_query_parse_path(cases[i].path, &path);
		assert_int_equal(path.place, cases[i].place);
		assert_int_equal(path.pid,
				 path.place == WEFT_QUERY_NOWHERE ? path.pid : cases[i].pid);
		assert_int_equal(path.page, cases[i].page);
		assert_string_equal(path.name, cases[i].name);
	}
}

static void seconds_count_as_go_counts_them(void **state)
{
	static const struct {
		const char *text;
		bool has;
		int64_t whole;
		uint64_t trace_ns;
	} cases[] = {
		{NULL, false, 0, 0},
		{"", false, 0, 0},
		{"5", true, 5, 5 * S},
		{"+5", true, 5, 5 * S},
		{"-5", true, 0, 0},
		{"0", true, 0, 0},
		{"0.25", true, 0, S / 4},
		{".5", true, 0, S / 2},
		{"5.", true, 0, 5 * S},
		{"15e-1", true, 0, S + S / 2},
		{"1E1", true, 0, 10 * S},
		{"1e-300", true, 0, 1},
		{"1e300", true, 0, 86400 * S},
		{"1e", true, 0, 0},
		{"e1", true, 0, 0},
		{".", true, 0, 0},
		{"5 ", true, 0, 0},
		{" 5", true, 0, 0},
		{"5s", true, 0, 0},
		{"1,5", true, 0, 0},
		{"0x5", true, 0, 0},
		{"inf", true, 0, 0},
		{"99999999999999999999", true, INT64_MAX / 10, 86400 * S},
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct weft_query_values values = {.seconds = cases[i].text};
		struct weft_query_params params;

		weft_query_parse_params(&values, &params);
		assert_int_equal(params.has_seconds, cases[i].has);
		assert_int_equal(params.seconds > 0, cases[i].whole > 0);
		if (cases[i].whole < 1000) {
			assert_int_equal(params.seconds, cases[i].whole);
		}
		assert_true(params.trace_ns == cases[i].trace_ns);
	}
}

static void bad_and_negative_numbers_are_zero(void **state)
{
	static const struct {
		const char *text;
		int64_t debug;
		bool gc;
	} cases[] = {{NULL, 0, false}, {"", 0, false},   {"1", 1, true},    {"2", 2, true},
		     {"-1", 0, false}, {"1x", 0, false}, {"1.0", 0, false}, {"+1", 1, true}};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct weft_query_values values = {.debug = cases[i].text,
							 .gc = cases[i].text};
		struct weft_query_params params;

		weft_query_parse_params(&values, &params);
		assert_int_equal(params.debug, cases[i].debug);
		assert_int_equal(params.gc, cases[i].gc);
	}
}

static void addresses_of_any_base_and_nothing_else(void **state)
{
	static const char text[] = "0x10+garbage+020 16\n0+0xG+18446744073709551616+0XfF+0x+09+7";
	static const uint64_t expected[] = {16, 16, 16, 255, 7};
	const char *at = text;
	uint64_t address;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(expected) / sizeof(expected[0]); i++) {
		assert_true(weft_query_next_address(&at, text + strlen(text), &address));
		assert_true(address == expected[i]);
	}
	assert_false(weft_query_next_address(&at, text + strlen(text), &address));
}

static void only_names_that_dns_cannot_forge(void **state)
{
	static const char *const hosts[] = {"build.example", NULL};
	static const char *const safe[] = {"localhost",      "LocalHost:6060", "localhost.",
					   "127.0.0.1:6060", "10.1.2.3",       "[::1]",
					   "[fe80::1]:80",   "BUILD.example:1"};
	static const char *const unsafe[] = {
		"",       ":6060",           "evil.example", "127.0.0.1.evil", "1.2.3", "[::1",
		"[::1]x", "localhost:80:80", "local host",   "localhost:a",    "0x7f.1"};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(safe) / sizeof(safe[0]); i++) {
		assert_true(weft_query_is_host_safe(safe[i], hosts));
	}
	for (i = 0; i < sizeof(unsafe) / sizeof(unsafe[0]); i++) {
		assert_false(weft_query_is_host_safe(unsafe[i], hosts));
	}
	assert_false(weft_query_is_host_safe("build.example", NULL));
}

static void the_token_and_no_other(void **state)
{
	(void)state;
	assert_true(weft_query_is_token("Bearer sesame", "sesame"));
	assert_true(weft_query_is_token("bearer sesame", "sesame"));
	assert_false(weft_query_is_token("Bearer sesam", "sesame"));
	assert_false(weft_query_is_token("Bearer sesamee", "sesame"));
	assert_false(weft_query_is_token("Bearer  sesame", "sesame"));
	assert_false(weft_query_is_token("Basic sesame", "sesame"));
	assert_false(weft_query_is_token("Bearer ", "sesame"));
	assert_false(weft_query_is_token("", "sesame"));
	assert_false(weft_query_is_token(NULL, "sesame"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(paths_lead_to_pages),
		cmocka_unit_test(seconds_count_as_go_counts_them),
		cmocka_unit_test(bad_and_negative_numbers_are_zero),
		cmocka_unit_test(addresses_of_any_base_and_nothing_else),
		cmocka_unit_test(only_names_that_dns_cannot_forge),
		cmocka_unit_test(the_token_and_no_other),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
