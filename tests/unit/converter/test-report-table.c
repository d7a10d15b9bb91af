// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Report tables, golden: natural width, shrunk, and with columns left out; durations; harmless texts.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <stdio.h>

#include "report-table.h"

static struct weft_text text_of(const char *text)
{
	return (struct weft_text){text, (uint32_t)strlen(text)};
}

static char *print(struct weft_report_table *table, unsigned int width, size_t row_count_max)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	assert_non_null(out);
	assert_int_equal(weft_report_table_print(table, out, width, row_count_max), 0);
	assert_int_equal(fclose(out), 0);
	return text;
}

static void fill(struct weft_report_table *table)
{
	weft_report_table_add_column(table, "name", WEFT_REPORT_LEFT | WEFT_REPORT_SHRINK);
	weft_report_table_add_column(table, "function",
				     WEFT_REPORT_LEFT | WEFT_REPORT_SHRINK | WEFT_REPORT_OPTIONAL);
	weft_report_table_add_column(table, "call site",
				     WEFT_REPORT_LEFT | WEFT_REPORT_SHRINK | WEFT_REPORT_KEEP_TAIL);
	weft_report_table_add_column(table, "count", WEFT_REPORT_RIGHT);
	weft_report_table_text(table, text_of("parse the header"));
	weft_report_table_text(table, text_of("server::connection::parse"));
	weft_report_table_text(table, text_of("connection-parser.cc:120"));
	weft_report_table_count(table, 7);
	weft_report_table_text(table,
			       text_of("\xe8\xaf\xbb\xe5\x8f\x96")); /* Two wide characters. */
	weft_report_table_none(table);
	weft_report_table_text(table, text_of("a.c:1"));
	weft_report_table_count(table, 12345);
}

static void columns_take_what_they_need_then_shrink_then_go(void **state)
{
	static const struct {
		unsigned int width;
		const char *text;
	} cases[] = {
		/* clang-format off */
		{100,
		 "  name              function                   call site                 count\n"
		 "  parse the header  server::connection::parse  connection-parser.cc:120      7\n"
		 "  \xe8\xaf\xbb\xe5\x8f\x96              -                          a.c:1                     12345\n"},
		{62,
		 "  name              function          call site          count\n"
		 "  parse the header  server::connect\xe2\x80\xa6  \xe2\x80\xa6on-parser.cc:120      7\n"
		 "  \xe8\xaf\xbb\xe5\x8f\x96              -                 a.c:1              12345\n"},
		{45,
		 "  name              call site           count\n"
		 "  parse the header  \xe2\x80\xa6ion-parser.cc:120      7\n"
		 "  \xe8\xaf\xbb\xe5\x8f\x96              a.c:1               12345\n"},
		/* Nothing more to give. */
		{10,
		 "  name          call site     count\n"
		 "  parse the h\xe2\x80\xa6  \xe2\x80\xa6rser.cc:120      7\n"
		 "  \xe8\xaf\xbb\xe5\x8f\x96          a.c:1         12345\n"},
		/* clang-format on */
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct weft_report_table table = {0};
		char *text;

		fill(&table);
		text = print(&table, cases[i].width, 0);
		assert_string_equal(text, cases[i].text);
		free(text);
		weft_report_table_fini(&table);
	}
}

static void rows_beyond_the_limit_are_counted(void **state)
{
	struct weft_report_table table = {0};
	char *text;

	(void)state;
	weft_report_table_add_column(&table, "n", WEFT_REPORT_RIGHT);
	weft_report_table_count(&table, 1);
	weft_report_table_count(&table, 2);
	weft_report_table_count(&table, 3);
	text = print(&table, 80, 1);
	assert_string_equal(text, "  n\n  1\n  ... and 2 more\n");
	free(text);
	text = print(&table, 80, 3);
	assert_string_equal(text, "  n\n  1\n  2\n  3\n");
	free(text);
	weft_report_table_fini(&table);
}

static void durations_have_three_digits(void **state)
{
	static const struct {
		uint64_t ns;
		const char *text;
	} cases[] = {
		{0, "0 ns"},
		{999, "999 ns"},
		{1000, "1.00 \xc2\xb5s"},
		{9994, "9.99 \xc2\xb5s"},
		{9996, "10.0 \xc2\xb5s"},
		{99960, "100 \xc2\xb5s"},
		{999499, "999 \xc2\xb5s"},
		{999500, "1.00 ms"},
		{12345678, "12.3 ms"},
		{999600000, "1.00 s"},
		{UINT64_C(99400000000), "99.4 s"},
		{UINT64_C(99600000000), "1m40s"},
		{UINT64_C(3599400000000), "59m59s"},
		{UINT64_C(3600000000000), "1h00m"},
		{UINT64_MAX, "5124095h34m"},
	};
	char text[WEFT_REPORT_DURATION_SIZE];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		weft_report_format_duration(cases[i].ns, text);
		assert_string_equal(text, cases[i].text);
	}
}

static void what_a_terminal_would_act_on_is_spelt_out(void **state)
{
	static const struct {
		const char *from, *to;
	} cases[] = {
		{"plain \xc3\xa4", "plain \xc3\xa4"},
		{"\x1b[2J", "\\x1b[2J"},
		{"a\tb\nc\rd", "a\\x09b\\x0ac\\x0dd"},
		{"\x7f", "\\x7f"},
		{"\xc2\x9b", "\\u{9b}"},
		{"\xff\xc3", "\\xff\\xc3"},
		{"\xe2\x80\xae", "\\u{202e}"},
		{"\xef\xbb\xbf", "\\u{feff}"},
		{"\xe2\x81\xa6", "\\u{2066}"},
		{"\xf3\xa0\x80\x81", "\\u{e0001}"},
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char *text = NULL;
		size_t size = 0;
		FILE *out = open_memstream(&text, &size);

		assert_non_null(out);
		weft_report_put_text(out, text_of(cases[i].from));
		assert_int_equal(fclose(out), 0);
		assert_string_equal(text, cases[i].to);
		free(text);
	}
}

static void endless_cells_are_cut(void **state)
{
	static char endless[100000];
	struct weft_report_table table = {0};
	char *text;

	(void)state;
	memset(endless, '\x01', sizeof(endless));
	weft_report_table_add_column(&table, "n", WEFT_REPORT_LEFT);
	weft_report_table_text(&table, (struct weft_text){endless, sizeof(endless)});
	text = print(&table, 80, 0);
	assert_true(strlen(text) < 300);
	assert_non_null(strstr(text, "\xe2\x80\xa6\n"));
	free(text);
	weft_report_table_fini(&table);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(columns_take_what_they_need_then_shrink_then_go),
		cmocka_unit_test(rows_beyond_the_limit_are_counted),
		cmocka_unit_test(durations_have_three_digits),
		cmocka_unit_test(what_a_terminal_would_act_on_is_spelt_out),
		cmocka_unit_test(endless_cells_are_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
