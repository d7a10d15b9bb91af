// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Names of sessions: only what we write is ours.
 */
#include "session-name.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void a_written_name_is_read_back(void **state)
{
	static const struct weft_session_name names[] = {
		{1, 0, 0}, {4711, 4026531836, 0xdeadbeef}, {999999999, 4026531836, 1}};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		char text[WEFT_SESSION_NAME_SIZE];
		struct weft_session_name read = {0};

		weft_session_name_format(&names[i], text);
		assert_true(weft_session_name_parse(text, &read));
		assert_int_equal(read.pid, names[i].pid);
		assert_true(read.pid_namespace == names[i].pid_namespace);
		assert_int_equal(read.random, names[i].random);
	}
}

static void what_others_named_is_not_ours(void **state)
{
	static const char *const texts[] = {
		"",
		"weft",
		"weft-",
		"weft-1",
		"weft-1-2",
		"weft-1-2-3",
		"weft-1-2-0000000",
		"weft-1-2-000000001",
		"weft-1-2-0000000g",
		"weft-1-2-DEADBEEF",
		"weft-1-2-deadbeef-more",
		"weft-1-2-deadbeef ",
		" weft-1-2-deadbeef",
		"weft--1-2-deadbeef",
		"weft-0-2-deadbeef",
		"weft-+1-2-deadbeef",
		"weft-01-2-deadbeef",
		"weft-1--2-deadbeef",
		"weft-99999999999-2-deadbeef",
		"mine",
		"auto-20261124-080000",
	};
	struct weft_session_name name;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		assert_false(weft_session_name_parse(texts[i], &name));
	}
	assert_true(weft_session_name_parse("weft-1-2-deadbeef", &name));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_written_name_is_read_back),
		cmocka_unit_test(what_others_named_is_not_ours),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
