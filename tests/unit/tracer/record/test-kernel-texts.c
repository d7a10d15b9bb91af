// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * What the kernel says in text: files of /proc, formats of tracepoints; and the clock in LTTng's
 * metadata. Whole, cut short, and hostile.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/syscall.h>

#include <cmocka.h>

#include "statedump.h"
#include "syscalls.h"
#include "tracepoint-format.h"
#include "ust-clock.h"

static const char stat_text[] =
	"1234 (a) b (c) S 1 1234 1234 0 -1 4194624 1 2 3 4 5 6 7 8 20 0 13 0 114 48910336 4247 "
	"18446744073709551615 1 1 0 0 0 0 0 4096 1256 0 0 0 -1 3 0 0 0 0 0 0 0 0 0 0 0 0 0\n";

static void a_threads_stat_is_read(void **state)
{
	struct weft_kernel_thread thread = {.pid = 1200};

	(void)state;
	assert_true(weft_statedump_parse_stat(stat_text, &thread));
	assert_int_equal(thread.tid, 1234);
	assert_int_equal(thread.pid, 1200);
	assert_int_equal(thread.ppid, 1);
	assert_string_equal(thread.name, "a) b (c");
	assert_int_equal(thread.state, 'S');
	assert_int_equal(thread.cpu, 3);
	assert_false(thread.kernel);
	assert_true(weft_statedump_parse_stat(
		"22 (ksoftirqd/1) R 2 0 0 0 -1 69238848 0 0 0 0 0 0 0 0 20 0 1 0 30 0 0 0 0 0 0 0 "
		"0 0 0 0 0 0 0 0 0 1 0 0",
		&thread));
	assert_true(thread.kernel);
	assert_int_equal(thread.cpu, 1);
}

/* Cut anywhere before its last field it is refused, and nothing is taken from it. */
static void half_a_stat_is_refused(void **state)
{
	const struct weft_kernel_thread before = {.tid = 7, .name = "before"};
	char text[sizeof(stat_text)];
	const char *last = strstr(stat_text, " -1 3 0");
	size_t len;

	(void)state;
	for (len = 0; len < (size_t)(last - stat_text) + 4; len++) {
		struct weft_kernel_thread thread = before;

		memcpy(text, stat_text, len);
		text[len] = '\0';
		assert_false(weft_statedump_parse_stat(text, &thread));
		assert_memory_equal(&thread, &before, sizeof(thread));
	}
}

static void ids_of_inner_namespaces_are_read(void **state)
{
	struct weft_kernel_thread thread = {.vtid = 90, .vpid = 80};

	(void)state;
	weft_statedump_parse_status(
		"Name:\tx\nNStgid:\t1000\t12\nNSpid:\t1001\t13\nNSpgid:\t1\t2\n", &thread);
	assert_int_equal(thread.vtid, 13);
	assert_int_equal(thread.vpid, 12);
	assert_int_equal(thread.ns_level, 1);
	thread = (struct weft_kernel_thread){.vtid = 90, .vpid = 80};
	weft_statedump_parse_status("Name:\tNSpid: 5\n", &thread);
	assert_int_equal(thread.vtid, 90);
	assert_int_equal(thread.vpid, 80);
	assert_int_equal(thread.ns_level, 0);
}

static void the_system_call_of_a_thread_is_read(void **state)
{
	static const struct {
		const char *text;
		int16_t number;
		uint64_t arg;
	} cases[] = {
		{"7 0x7ffe 0x2 0x3 0x4 0x5 0x6 0x7ffc 0x7f00\n", 7, 0x7ffe},
		{"running\n", WEFT_SYSCALL_UNKNOWN, 0},
		{"-1 0x7ffe 0x7f00\n", WEFT_SYSCALL_NONE, 0},
		{"", WEFT_SYSCALL_UNKNOWN, 0},
		{"99999 0x1", WEFT_SYSCALL_UNKNOWN, 0},
		{"12", WEFT_SYSCALL_UNKNOWN, 0},
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct weft_kernel_thread thread = {0};

		weft_statedump_parse_syscall(cases[i].text, &thread);
		assert_int_equal(thread.syscall, cases[i].number);
		assert_int_equal(thread.arg, cases[i].arg);
	}
	assert_string_equal(weft_syscall_name(__NR_read), "read");
	assert_null(weft_syscall_name(-1));
	assert_null(weft_syscall_name(WEFT_SYSCALL_COUNT));
	assert_true(weft_syscall_takes_fd(__NR_read));
	assert_false(weft_syscall_takes_fd(__NR_futex));
}

static void a_descriptors_link_tells_its_kind(void **state)
{
	(void)state;
	assert_int_equal(weft_statedump_parse_link("socket:[123]"), WEFT_OBJECT_SOCKET);
	assert_int_equal(weft_statedump_parse_link("pipe:[123]"), WEFT_OBJECT_PIPE);
	assert_int_equal(weft_statedump_parse_link("anon_inode:[eventfd]"), WEFT_OBJECT_ANON);
	assert_int_equal(weft_statedump_parse_link("/dev/null"), WEFT_OBJECT_UNKNOWN);
	assert_int_equal(weft_statedump_parse_link(""), WEFT_OBJECT_UNKNOWN);
}

static const char format_text[] =
	"name: sched_process_exec\nID: 312\nformat:\n"
	"\tfield:unsigned short common_type;\toffset:0;\tsize:2;\tsigned:0;\n"
	"\tfield:unsigned char common_flags;\toffset:2;\tsize:1;\tsigned:0;\n\n"
	"\tfield:__data_loc char[] filename;\toffset:8;\tsize:4;\tsigned:0;\n"
	"\tfield:pid_t pid;\toffset:12;\tsize:4;\tsigned:1;\n"
	"\tfield:char comm[16];\toffset:16;\tsize:16;\tsigned:0;\n"
	"\tfield:pid_t old_pid;\toffset:32;\tsize:4;\tsigned:1;\n\n"
	"print fmt: \"filename=%s pid=%d old_pid=%d\", __get_str(filename), REC->pid, "
	"REC->old_pid\n";

static void fields_of_tracepoints_are_found(void **state)
{
	static const struct {
		const char *name;
		uint32_t offset, size;
	} cases[] = {
		{"filename", 8, 4}, {"pid", 12, 4}, {"comm", 16, 16},
		{"old_pid", 32, 4}, {"name", 0, 0}, {"id", 0, 0},
	};
	size_t i;

	(void)state;
	assert_int_equal(weft_tracepoint_parse_id(format_text), 312);
	assert_int_equal(weft_tracepoint_parse_id("name: x\n"), -1);
	assert_int_equal(weft_tracepoint_parse_id("name: x\nID: 70000\n"), -1);
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct weft_tracepoint_field field =
			weft_tracepoint_parse_field(format_text, cases[i].name);

		assert_int_equal(field.offset, cases[i].offset);
		assert_int_equal(field.size, cases[i].size);
	}
}

static void values_outside_a_record_are_nothing(void **state)
{
	/* Text "hey" at 12, as the word at 8 says. */
	static const uint8_t record[] = {1,  2, 3, 4, 0xff, 0xff, 0xff, 0xff,
					 12, 0, 4, 0, 'h',  'e',  'y',  0};
	const struct weft_tracepoint_field word = {4, 4};
	const struct weft_tracepoint_field behind = {14, 4};
	const struct weft_tracepoint_field far = {UINT32_MAX, 4};
	const struct weft_tracepoint_field text = {8, 4};
	char out[8];

	(void)state;
	assert_int_equal(weft_tracepoint_get(&word, record, sizeof(record)), -1);
	assert_int_equal(weft_tracepoint_get(&behind, record, sizeof(record)), 0);
	assert_int_equal(weft_tracepoint_get(&far, record, sizeof(record)), 0);
	assert_int_equal(weft_tracepoint_get_text(&text, record, sizeof(record), out, sizeof(out)),
			 3);
	assert_string_equal(out, "hey");
	assert_int_equal(weft_tracepoint_get_text(&text, record, sizeof(record), out, 3), 2);
	assert_string_equal(out, "he");
	assert_int_equal(weft_tracepoint_get_text(&text, record, 14, out, sizeof(out)), 0);
}

static void the_clock_of_the_other_half_is_found(void **state)
{
	static const struct {
		const char *text;
		bool found;
		int64_t offset_ns;
	} cases[] = {
		{"trace {\n};\nclock {\n\tname = \"monotonic\";\n\toffset = "
		 "1795625021006249173;\n};",
		 true, 1795625021006249173},
		{"\nclock {\n\toffset = -5;\n", true, -5},
		{"\nclock {\n\toffset = 17956250", false, 0},
		{"\nclock {\n\toffset = 179W", false, 0},
		{"\toffset = 5;\n", false, 0},
		{"\nclock {\n", false, 0},
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		int64_t offset_ns = 0;

		assert_int_equal(weft_ust_clock_parse((const uint8_t *)cases[i].text,
						      strlen(cases[i].text), &offset_ns),
				 cases[i].found);
		assert_int_equal(offset_ns, cases[i].offset_ns);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_threads_stat_is_read),
		cmocka_unit_test(half_a_stat_is_refused),
		cmocka_unit_test(ids_of_inner_namespaces_are_read),
		cmocka_unit_test(the_system_call_of_a_thread_is_read),
		cmocka_unit_test(a_descriptors_link_tells_its_kind),
		cmocka_unit_test(fields_of_tracepoints_are_found),
		cmocka_unit_test(values_outside_a_record_are_nothing),
		cmocka_unit_test(the_clock_of_the_other_half_is_found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
