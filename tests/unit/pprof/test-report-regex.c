// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Expressions mean what RE2 means, or are refused.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "report-regex.h"

static bool matches(const char *expression, const char *text)
{
	struct weft_error err = WEFT_ERROR_INIT;
	struct report_regex *regex = NULL;
	bool result;

	if (weft_report_regex__create(expression, &regex, &err) < 0) {
		fail_msg("%s: %s", expression, err.text);
	}
	result = weft_report_regex__matches(regex, text);
	assert_false(weft_report_regex__failed(regex));
	weft_report_regex__destroy(regex);
	return result;
}

static void expressions_of_re2_match(void **state)
{
	static const struct {
		const char *expression, *text;
		bool wanted;
	} cases[] = {
		{"", "anything", true},
		{"work", "rework", true},
		{"^work", "rework", false},
		{"(?i)SERVER", "a server", true},
		{"(?i:s)erver", "Server", true},
		{"(?-i)a", "A", false},
		{"a$", "a\n", false},
		{"a$", "ba", true},
		{"\\bfoo\\b", "a foo b", true},
		{"[[:upper:]]+", "abc", false},
		{"[[:alpha:](?=]", "(", true},
		{"[]a]+$", "a]", true},
		{"[^]]", "]", false},
		{"[\\]x]", "]", true},
		{"a*?b", "aab", true},
		{"a{2}b", "aab", true},
		{"a{,2}", "a{,2}", true},
		{"a}+", "a}}", true},
		{"\\Qa++(?=\\E", "a++(?=", true},
		{"\\Q[", "[", true},
		{"(?P<name>x)", "x", true},
		{"std::\\w+<.*>", "std::vector<int>", true},
		{"\\p{Greek}", "\u03bb", true},
		{"^.$", "\u03bb", true},
		{"a.c",
		 "a\xff"
		 "c",
		 false}, /* Not a character. */
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		if (matches(cases[i].expression, cases[i].text) != cases[i].wanted) {
			fail_msg("'%s' with '%s'", cases[i].expression, cases[i].text);
		}
	}
}

static void others_are_refused_with_their_place(void **state)
{
	static const struct {
		const char *expression, *place;
	} cases[] = {
		{"(", "byte 1"},        {"a)", "byte 1"},          {"[a", "byte 2"},
		{"x(?=y)", "byte 1"},   {"(?<!y)x", "byte 0"},     {"(a)\\1", "byte 3"},
		{"a++", "byte 2"},      {"a*+", "byte 2"},         {"a?+b", "byte 2"},
		{"a{2}+", "byte 4"},    {"(?>a)", "byte 0"},       {"(?R)", "byte 0"},
		{"(a)(?1)", "byte 3"},  {"(a)(?-1)", "byte 3"},    {"(?P<n>a)(?P=n)", "byte 8"},
		{"(?#note)", "byte 0"}, {"(*ACCEPT)", "byte 0"},   {"\\Ka", "byte 0"},
		{"*", "byte 0"},        {"[[:nothing:]]", "byte"},
	};
	struct report_regex *regex = NULL;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct weft_error err = WEFT_ERROR_INIT;

		if (weft_report_regex__create(cases[i].expression, &regex, &err) != -EINVAL) {
			fail_msg("'%s' is taken", cases[i].expression);
		}
		if (!strstr(err.text, cases[i].place)) {
			fail_msg("'%s': %s", cases[i].expression, err.text);
		}
		assert_null(regex);
	}
}

static void a_search_without_end_is_given_up(void **state)
{
	struct weft_error err = WEFT_ERROR_INIT;
	struct report_regex *regex = NULL;
	char text[64];

	(void)state;
	memset(text, 'a', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	assert_int_equal(weft_report_regex__create("(a|a|b)*(a|a)*c$", &regex, &err), 0);
	assert_false(weft_report_regex__matches(regex, text));
	/* PCRE2 may see at once that there is no c; what it must not do is take forever. */
	weft_report_regex__destroy(regex);
	assert_int_equal(weft_report_regex__create("^(a|a|aa)+[cd]$", &regex, &err), 0);
	assert_false(weft_report_regex__matches(regex, text));
	assert_true(weft_report_regex__failed(regex));
	weft_report_regex__destroy(regex);
}

static void groups_are_found(void **state)
{
	struct weft_error err = WEFT_ERROR_INIT;
	struct report_regex *regex = NULL;
	struct report_match groups[4];

	(void)state;
	assert_int_equal(weft_report_regex__create("(a+)(x)?(b)", &regex, &err), 0);
	assert_true(weft_report_regex__find(regex, "--aab", 5, groups, 4));
	assert_int_equal(groups[0].start, 2);
	assert_int_equal(groups[0].end, 5);
	assert_int_equal(groups[1].end, 4);
	assert_int_equal(groups[2].start, groups[2].end);
	assert_int_equal(groups[3].start, 4);
	assert_false(weft_report_regex__find(regex, "--aab", 4, groups, 4));
	assert_string_equal(weft_report_regex__text(regex), "(a+)(x)?(b)");
	weft_report_regex__destroy(regex);
	weft_report_regex__destroy(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(expressions_of_re2_match),
		cmocka_unit_test(others_are_refused_with_their_place),
		cmocka_unit_test(a_search_without_end_is_given_up),
		cmocka_unit_test(groups_are_found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
