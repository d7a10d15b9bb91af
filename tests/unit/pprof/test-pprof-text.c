// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Text forms of profiles: whole texts, byte by byte, of small profiles.
 *
 * The stacks of all: `work`, with `inner` inlined into it, called by `main`, called by an address of which
 * nothing is known.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <errno.h>
#include <stdio.h>

#include <weft/pprof-text.h>

#define OK(call) assert_int_equal(call, 0)

enum { WORK, MAIN, UNKNOWN, PLACE_COUNT };

/* The lines of WORK, with what is inlined there. */
#define WORK_LINES                                                                                 \
	"#\t0x1010\tinner<int>+0x10\t/src/inner.h:4\n"                                             \
	"#\t0x1010\tns::work+0x10\t/src/work.cc:12\n"

static struct weft_pprof *create(const char *const *types, const char *const *units, size_t count)
{
	static const struct weft_pprof_function functions[] = {
		{.name = "inner<int>", .file = "/src/inner.h", .start_line = 3},
		{.name = "ns::work", .file = "/src/work.cc", .start_line = 10},
		{.name = "main", .file = "", .start_line = 20},
	};
	struct weft_pprof *profile = weft_pprof_create();
	struct weft_pprof_line lines[] = {{.line = 4}, {.line = 12}, {.line = 0}};
	const struct weft_pprof_location places[] = {
		{.mapping = WEFT_PPROF_NONE, .address = 0x1010, .lines = lines, .line_count = 2},
		{.mapping = WEFT_PPROF_NONE,
		 .address = 0x12345678,
		 .lines = lines + 2,
		 .line_count = 1},
		{.mapping = WEFT_PPROF_NONE, .address = 0xfff},
	};
	uint32_t index;
	size_t i;

	assert_non_null(profile);
	for (i = 0; i < count; i++) {
		OK(weft_pprof_add_sample_type(profile, types[i], units[i]));
	}
	for (i = 0; i < 3; i++) {
		OK(weft_pprof_add_function(profile, &functions[i], &lines[i].function));
	}
	for (i = 0; i < PLACE_COUNT; i++) {
		OK(weft_pprof_add_location(profile, &places[i], &index));
		assert_int_equal(index, i);
	}
	return profile;
}

static void add(struct weft_pprof *profile, uint32_t location_count, const int64_t *values,
		const struct weft_pprof_label *labels, uint32_t label_count)
{
	static const uint32_t stack[] = {WORK, MAIN, UNKNOWN};
	const struct weft_pprof_sample sample = {.locations = stack,
						 .location_count = location_count,
						 .values = values,
						 .labels = labels,
						 .label_count = label_count};

	OK(weft_pprof_append_sample(profile, &sample));
}

static int append(void *ctx, const void *bytes, size_t size)
{
	return fwrite(bytes, 1, size, (FILE *)ctx) == size ? 0 : -EIO;
}

static void expect(struct weft_pprof *profile, const char *name, int debug, const char *expected)
{
	static const uint64_t entries[] = {0x1000, 0, 0};
	const struct weft_pprof_text_options options = {name, debug, entries};
	struct weft_error err = WEFT_ERROR_INIT;
	char *text = NULL;
	size_t size = 0;
	FILE *file = open_memstream(&text, &size);

	assert_non_null(file);
	OK(weft_pprof_write_text(profile, &options, append, file, &err));
	assert_int_equal(fclose(file), 0);
	assert_string_equal(text, expected);
	free(text);
	weft_pprof_destroy(profile);
}

static const char *const count_units[] = {"count", "count"};

static void counts_are_grouped_and_sorted(void **state)
{
	static const char *const types[] = {"threads"};
	const struct weft_pprof_label labels[] = {{.key = "b", .str = "\x01\xff"},
						  {.key = "a", .num = 3, .unit = "ms"}};
	struct weft_pprof *profile = create(types, count_units, 1);

	(void)state;
	add(profile, 1, &(int64_t){1}, NULL, 0);
	add(profile, 3, &(int64_t){2}, NULL, 0);
	add(profile, 1, &(int64_t){1}, labels, 2);
	add(profile, 3, &(int64_t){1}, NULL, 0);
	expect(profile, "threadcreate", 1,
	       "threadcreate profile: total 5\n"
	       "3 @ 0x1011 0x12345679 0x1000\n"
	       "#\t0x1010\t\tinner<int>+0x10\t/src/inner.h:4\n"
	       "#\t0x1010\t\tns::work+0x10\t/src/work.cc:12\n"
	       "#\t0x12345678\tmain+0x0\t?:0\n"
	       "#\t0xfff\n"
	       "\n"
	       "1 @ 0x1011\n" WORK_LINES "\n"
	       "1 @ 0x1011\n"
	       "# labels: {\"a\":\"3 ms\", \"b\":\"\\x01\\xff\"}\n" WORK_LINES "\n");
}

static void a_thread_s_own_properties_do_not_part_groups(void **state)
{
	static const char *const types[] = {"goroutine"};
	const struct weft_pprof_label first[] = {{.key = "tid", .num = 7},
						 {.key = "state", .str = "sleep"}};
	const struct weft_pprof_label second[] = {{.key = "tid", .num = 8},
						  {.key = "thread", .str = "x"}};
	struct weft_pprof *profile = create(types, count_units, 1);

	(void)state;
	add(profile, 1, &(int64_t){1}, first, 2);
	add(profile, 1, &(int64_t){1}, second, 2);
	expect(profile, NULL, 1,
	       "goroutine profile: total 2\n"
	       "2 @ 0x1011\n" WORK_LINES "\n");
}

static void threads_have_a_block_each(void **state)
{
	static const char *const types[] = {"goroutine"};
	const struct weft_pprof_label labels[] = {
		{.key = "user", .str = "a]b\"c\n"},
		{.key = "tid", .num = 4711},
		{.key = "thread", .str = "worker"},
		{.key = "state", .str = "IO wait"},
		{.key = "wait", .num = INT64_C(185000000000), .unit = "nanoseconds"}};
	struct weft_pprof *profile = create(types, count_units, 1);

	(void)state;
	add(profile, 3, &(int64_t){1}, labels, 5);
	add(profile, 1, &(int64_t){1}, NULL, 0);
	expect(profile, NULL, 2,
	       "goroutine 4711 [IO wait, 3 minutes labels:{\"thread\":\"worker\", "
	       "\"user\":\"a\\x5db\\\"c\\n\"}]:\n"
	       "inner<int>(...)\n"
	       "\t/src/inner.h:4\n"
	       "ns::work(...)\n"
	       "\t/src/work.cc:12 +0x10\n"
	       "main(...)\n"
	       "\t?:0 +0x0\n"
	       "0xfff(...)\n"
	       "\t?:0 +0x0\n"
	       "\n"
	       "goroutine 2 [unknown]:\n"
	       "inner<int>(...)\n"
	       "\t/src/inner.h:4\n"
	       "ns::work(...)\n"
	       "\t/src/work.cc:12 +0x10\n");
}

static void deep_stacks_show_their_ends(void **state)
{
	static const char *const types[] = {"goroutine"};
	struct weft_pprof *profile = create(types, count_units, 1);
	uint32_t stack[110];
	const int64_t value = 1;
	const struct weft_pprof_sample sample = {
		.locations = stack, .location_count = 110, .values = &value};
	const struct weft_pprof_text_options options = {NULL, 2, NULL};
	char *text = NULL;
	size_t size = 0;
	FILE *file = open_memstream(&text, &size);
	size_t lines = 0;
	const char *at;
	size_t i;

	(void)state;
	for (i = 0; i < 110; i++) {
		stack[i] = i < 50 ? MAIN : UNKNOWN;
	}
	OK(weft_pprof_append_sample(profile, &sample));
	assert_non_null(file);
	OK(weft_pprof_write_text(profile, &options, append, file, NULL));
	assert_int_equal(fclose(file), 0);
	for (at = text; (at = strchr(at, '\n')) != NULL; at++) {
		lines++;
	}
	assert_int_equal(lines, 1 + 100 * 2 + 1);
	assert_non_null(
		strstr(text, "main(...)\n\t?:0 +0x0\n...10 frames elided...\n0xfff(...)\n"));
	free(text);
	weft_pprof_destroy(profile);
}

static void contention_is_sorted_by_delay(void **state)
{
	static const char *const types[] = {"contentions", "delay"};
	static const char *const units[] = {"count", "nanoseconds"};
	struct weft_pprof *profile = create(types, units, 2);

	(void)state;
	add(profile, 1, (const int64_t[]){9, 100}, NULL, 0);
	add(profile, 0, (const int64_t[]){1, 2000}, NULL, 0);
	expect(profile, "mutex", 1,
	       "--- mutex:\n"
	       "cycles/second=1000000000\n"
	       "sampling period=1\n"
	       "2000 1 @ 0x0\n"
	       "#\t0x0\n"
	       "\n"
	       "100 9 @ 0x1011\n" WORK_LINES "\n");
}

/* The text has no labels: what differs by them alone is one stack. */
static void contention_joins_labels(void **state)
{
	static const char *const types[] = {"contentions", "delay"};
	static const char *const units[] = {"count", "nanoseconds"};
	static const struct weft_pprof_label one[] = {{.key = "who", .str = "a"}};
	static const struct weft_pprof_label other[] = {{.key = "who", .str = "b"}};
	struct weft_pprof *profile = create(types, units, 2);

	(void)state;
	add(profile, 0, (const int64_t[]){1, 100}, one, 1);
	add(profile, 1, (const int64_t[]){1, 250}, NULL, 0);
	add(profile, 0, (const int64_t[]){2, 200}, other, 1);
	expect(profile, "mutex", 1,
	       "--- mutex:\n"
	       "cycles/second=1000000000\n"
	       "sampling period=1\n"
	       "300 3 @ 0x0\n"
	       "#\t0x0\n"
	       "\n"
	       "250 1 @ 0x1011\n" WORK_LINES "\n");
}

/* 829411 bytes are what one object of 524288 stands for at that rate: see text-heap.c. */
static void heap_is_told_as_it_was_sampled(void **state)
{
	static const char *const types[] = {"alloc_objects", "alloc_space", "inuse_objects",
					    "inuse_space"};
	static const char *const units[] = {"count", "bytes", "count", "bytes"};
	struct weft_pprof *profile = create(types, units, 4);

	(void)state;
	OK(weft_pprof_set_period(profile, "space", "bytes", 524288));
	OK(weft_pprof_add_comment(profile, "# malloc"));
	OK(weft_pprof_add_comment(profile, "not of the trailer"));
	OK(weft_pprof_add_comment(profile, "# Arenas = 2"));
	add(profile, 1, (const int64_t[]){1, 829411, 0, 0}, NULL, 0);
	add(profile, 0, (const int64_t[]){32768, 524296, 32768, 524296}, NULL, 0);
	expect(profile, "heap", 1,
	       "heap profile: 1: 16 [2: 524304] @ heap/1048576\n"
	       "1: 16 [1: 16] @ 0x0\n"
	       "#\t0x0\n"
	       "\n"
	       "0: 0 [1: 524288] @ 0x1011\n" WORK_LINES "\n"
	       "\n"
	       "# malloc\n"
	       "# Arenas = 2\n");
}

static int refuse(void *ctx, const void *bytes, size_t size)
{
	(void)ctx;
	(void)bytes;
	(void)size;
	return -ENOSPC;
}

static void failures_are_told(void **state)
{
	static const char *const types[] = {"samples", "cpu"};
	static const char *const units[] = {"count", "nanoseconds"};
	struct weft_pprof_text_options options = {NULL, 1, NULL};
	struct weft_error err = WEFT_ERROR_INIT;
	struct weft_pprof *cpu = create(types, units, 2);
	struct weft_pprof *counts = create(types, count_units, 1);

	(void)state;
	assert_int_equal(weft_pprof_write_text(cpu, &options, refuse, NULL, &err), -EINVAL);
	assert_string_equal(err.text, "profiles of 'cpu' have no text form");
	assert_int_equal(weft_pprof_write_text(counts, &options, refuse, NULL, &err), -ENOSPC);
	assert_string_equal(err.text, "cannot write a profile as text: No space left on device");
	options.debug = 0;
	assert_int_equal(weft_pprof_write_text(counts, &options, refuse, NULL, &err), -EINVAL);
	weft_pprof_destroy(cpu);
	weft_pprof_destroy(counts);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(counts_are_grouped_and_sorted),
		cmocka_unit_test(a_thread_s_own_properties_do_not_part_groups),
		cmocka_unit_test(threads_have_a_block_each),
		cmocka_unit_test(deep_stacks_show_their_ends),
		cmocka_unit_test(contention_is_sorted_by_delay),
		cmocka_unit_test(contention_joins_labels),
		cmocka_unit_test(heap_is_told_as_it_was_sampled),
		cmocka_unit_test(failures_are_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
