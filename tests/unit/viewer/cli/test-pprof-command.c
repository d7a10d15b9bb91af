// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Lines of the shell: what they ask for, and which are refused.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "pprof-command.h"

struct fixture {
	struct weft_report_config *session;
	struct pprof_command command;
	struct weft_error err;
};

static int set_up(void **state)
{
	static struct fixture fixture;

	memset(&fixture, 0, sizeof(fixture));
	fixture.session = weft_report_config_create();
	*state = &fixture;
	return fixture.session ? 0 : -1;
}

static int tear_down(void **state)
{
	struct fixture *fixture = *state;

	weft_report_config_destroy(fixture->session);
	return 0;
}

/* "format(argument) variable=value... |reader", for what differs from the session. */
static const char *describe(struct fixture *fixture, const char *line)
{
	static char text[2048];
	const struct weft_report_variable *variable;
	struct pprof_command *command = &fixture->command;
	int used;
	size_t i;

	if (pprof_command_init(command, line, fixture->session, &fixture->err) < 0) {
		(void)snprintf(text, sizeof(text), "%s", fixture->err.text);
		pprof_command_fini(command);
		return text;
	}
	used = snprintf(text, sizeof(text), "%s(%s)", command->format->name,
			command->argument ? command->argument : "");
	for (i = 0; (variable = weft_report_variable_get(i)); i++) {
		const char *value = weft_report_config_get(command->config, variable->name);

		if (strcmp(value, weft_report_config_get(fixture->session, variable->name)) != 0) {
			used += snprintf(text + used, sizeof(text) - (size_t)used, " %s=%s",
					 variable->name, value);
		}
	}
	if (command->reader) {
		(void)snprintf(text + used, sizeof(text) - (size_t)used, " |%s", command->reader);
	}
	pprof_command_fini(command);
	return text;
}

#define EXPECT(line, wanted) assert_string_equal(describe(*state, line), wanted)

static void numbers_are_counts_of_entries(void **state)
{
	EXPECT("top", "top() nodecount=10");
	EXPECT("text", "text() nodecount=10");
	EXPECT("tree", "tree()");
	EXPECT("top 3", "top() nodecount=3");
	EXPECT("top5", "top() nodecount=5");
	EXPECT("  top\t 7 ", "top() nodecount=7");
	EXPECT("top 2 4", "top() nodecount=4");
	EXPECT("top +4", "top() nodecount=4");
	EXPECT("top -3", "top() nodecount=-3");
	EXPECT("top5 6", "top() nodecount=6");
	EXPECT("top123456789012", "too many entries: 123456789012");
	EXPECT("top 12345678901", "top() nodecount=10 focus=12345678901");
}

static void words_are_expressions(void **state)
{
	EXPECT("top a b -c -d 3", "top() nodecount=3 focus=a|b ignore=c|d");
	EXPECT("tags a -b", "tags() tagfocus=a tagignore=b");
	EXPECT("top -", "top() nodecount=10");
	EXPECT("top a|b", "top() nodecount=10 focus=a|b");
	EXPECT("top 3x", "top() nodecount=10 focus=3x");
}

static void switches_choose_the_order(void **state)
{
	EXPECT("top -cum", "top() sort=cum nodecount=10");
	EXPECT("top --cum 2", "top() sort=cum nodecount=2");
	assert_int_equal(
		weft_report_config_set(((struct fixture *)*state)->session, "sort", "cum", NULL),
		0);
	EXPECT("top -flat", "top() sort=flat nodecount=10");
}

static void arguments_come_first(void **state)
{
	EXPECT("peek a", "peek(a)");
	EXPECT("list a b -c 4", "list(a) nodecount=4 focus=b ignore=c");
	EXPECT("list3", "list(3)");
	EXPECT("peek -a", "peek(-a)");
	EXPECT("peek", "command peek requires an argument");
}

static void reports_go_to_files(void **state)
{
	EXPECT("top >f", "top() output=f nodecount=10");
	EXPECT("top > f x", "top() output=f nodecount=10 focus=x");
	EXPECT("top >f >g", "top() output=g nodecount=10");
	EXPECT("top >", "unexpected end of line after >");
}

static void reports_are_read_by_programs(void **state)
{
	EXPECT("top 3 | head -n 1", "top() nodecount=3 |head -n 1");
	EXPECT("top a|b |less", "top() nodecount=10 focus=a|b |less");
	EXPECT("top | sed s/|/x/ | wc -l", "top() nodecount=10 |sed s/|/x/ | wc -l");
	EXPECT("top | ", "unexpected end of line after |");
}

static void what_is_no_format_is_refused(void **state)
{
	struct fixture *fixture = *state;

	EXPECT("nosuch", "unrecognized command: \"nosuch\"");
	EXPECT("nosuch12 a", "unrecognized command: \"nosuch\"");
	EXPECT("", "unrecognized command: \"\"");
	assert_int_equal(fixture->err.code, -ENOENT);
	EXPECT("TOP", "unrecognized command: \"TOP\"");
	EXPECT("|", "unrecognized command: \"|\"");
}

static void some_reports_are_for_viewers(void **state)
{
	struct fixture *fixture = *state;

	EXPECT("web a -b 3", "svg() nodecount=3 focus=a ignore=b");
	assert_string_equal(fixture->command.viewer->name, "web");
	EXPECT("evince5", "pdf() nodecount=5");
	assert_string_equal(fixture->command.viewer->name, "evince");
	EXPECT("weblist a", "weblist(a)");
	assert_string_equal(fixture->command.viewer->name, "weblist");
	EXPECT("svg", "svg()");
	assert_null(fixture->command.viewer);
}

static void a_session_keeps_its_own_count(void **state)
{
	struct fixture *fixture = *state;

	assert_int_equal(weft_report_config_set(fixture->session, "nodecount", "4", NULL), 0);
	EXPECT("top", "top()");
	EXPECT("top 5", "top() nodecount=5");
	assert_string_equal(weft_report_config_get(fixture->session, "nodecount"), "4");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(numbers_are_counts_of_entries), TEST(words_are_expressions),
		TEST(switches_choose_the_order),     TEST(arguments_come_first),
		TEST(reports_go_to_files),           TEST(reports_are_read_by_programs),
		TEST(some_reports_are_for_viewers),  TEST(what_is_no_format_is_refused),
		TEST(a_session_keeps_its_own_count),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
