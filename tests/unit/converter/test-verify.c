// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * The verifier of Go traces: what it accepts, what it refuses with which words, what it counts.
 *
 * With --dump DIR it writes all cases of verify-cases.h into a folder, with a list of them, for
 * those who want to show them to other readers.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <weft/convert.h>

#include "trace-text.h"
#include "verify-cases.h"

#define MUTATION_COUNT 40

/* Section by section as in the format's description: 195 bytes. */
static const char example_hex[] =
	"hex 67 6f 20 31 2e 32 32 20 74 72 61 63 65 00 00 00 "
	"01 01 01 c0 84 3d 28 0d 00 00 01 0e 00 92 21 01 00 10 00 92 21 01 09 00 01 00 "
	"14 88 27 01 02 15 d0 0f 92 21 02 00 10 ac 02 92 21 03 11 e8 07 "
	"01 01 ff ff ff ff ff ff ff ff ff 01 c0 84 3d 06 08 80 94 eb dc 03 "
	"01 01 ff ff ff ff ff ff ff ff ff 01 c0 84 3d 16 02 03 01 01 80 20 02 03 01 "
	"03 02 02 80 40 04 05 07 80 20 02 03 01 "
	"01 01 ff ff ff ff ff ff ff ff ff 01 c0 84 3d 38 04 05 01 04 73 79 6e 63 "
	"05 02 06 77 6f 72 6b 65 72 05 03 06 5b 63 6f 6d 6d 5d "
	"05 04 0a 66 75 74 65 78 5f 77 61 69 74 "
	"05 05 0e 6b 65 72 6e 65 6c 2f 66 75 74 65 78 2e 63";

static int verify_text(const char *text, bool strict, struct weft_verify_result *ret_result,
		       struct weft_error *err)
{
	const struct weft_verify_options options = {.strict = strict};
	size_t size;
	uint8_t *bytes = trace_text_assemble(text, &size);
	int ret = weft_verify_bytes(bytes, size, &options, ret_result, err);

	free(bytes);
	return ret;
}

/* One verdict, and words for it when it is a refusal. */
static bool check(const struct verify_case *c, bool strict)
{
	bool accept = c->verdict == VERIFY_CASE_GOOD || (c->verdict == VERIFY_CASE_LAX && !strict);
	struct weft_error err = WEFT_ERROR_INIT;
	struct weft_verify_result result;
	int ret = verify_text(c->text, strict, &result, &err);

	if (ret != (accept ? 0 : -EBADMSG)) {
		print_error("%s (%s): %s\n", c->name, strict ? "strict" : "default",
			    ret == 0 ? "accepted" : err.text);
		return false;
	}
	/* What is broken for all may break a strict rule before that. */
	if (!accept && !(strict && c->verdict == VERIFY_CASE_BROKEN) &&
	    !strstr(err.text, c->fragment)) {
		print_error("%s: '%s' is not in: %s\n", c->name, c->fragment, err.text);
		return false;
	}
	if (!accept && strpbrk(err.text, "\n\t")) {
		print_error("%s: more than one line\n", c->name);
		return false;
	}
	return true;
}

static void every_case_gets_its_verdict_and_its_words(void **state)
{
	const struct verify_case *c;
	int failed = 0;

	(void)state;
	for (c = verify_cases; c->name; c++) {
		failed += !check(c, false);
		failed += !check(c, true);
	}
	assert_int_equal(failed, 0);
}

static void the_text_form_gives_the_documented_bytes(void **state)
{
	size_t want_size;
	size_t size;
	uint8_t *want = trace_text_assemble(example_hex, &want_size);
	uint8_t *bytes = trace_text_assemble(VERIFY_EXAMPLE_22, &size);

	(void)state;
	assert_int_equal(want_size, 195);
	assert_int_equal(size, want_size);
	assert_memory_equal(bytes, want, size);
	free(bytes);
	bytes = trace_text_assemble(VERIFY_EXAMPLE_25, &size);
	assert_int_equal(size, 207);
	free(want);
	free(bytes);
}

static void an_accepted_trace_is_counted(void **state)
{
	struct weft_error err = WEFT_ERROR_INIT;
	struct weft_verify_result result;

	(void)state;
	assert_int_equal(verify_text(VERIFY_EXAMPLE_22, false, &result, &err), 0);
	assert_int_equal(result.version, 22);
	assert_int_equal(result.byte_count, 195);
	assert_int_equal(result.generation_count, 1);
	assert_int_equal(result.batch_count, 4);
	assert_int_equal(result.event_count, 8);
	assert_int_equal(result.overtaking_count, 0);
	assert_int_equal(result.goroutine_count, 1);
	assert_int_equal(result.proc_count, 1);
	assert_int_equal(result.thread_count, 1);
	assert_int_equal(result.string_count, 5);
	assert_int_equal(result.stack_count, 2);
	assert_int_equal(result.first_ns, 1000000);
	assert_int_equal(result.last_ns, 1008300);
	assert_string_equal(weft_verify_event_name(16), "GoStart");
	assert_int_equal(result.type_counts[16], 2);
	assert_null(weft_verify_event_name(53));
	assert_null(weft_verify_event_name(WEFT_VERIFY_EVENT_TYPE_COUNT));
}

static void spans_are_counted_with_those_left_open(void **state)
{
	struct weft_error err = WEFT_ERROR_INIT;
	struct weft_verify_result result;

	(void)state;
	assert_int_equal(
		verify_text(
			"format 22; " VERIFY_HEAD(1) VERIFY_RUN
			"UserTaskBegin 1 1 0 2 1; UserTaskBegin 1 2 0 2 1; UserTaskEnd 1 1 1; "
			"UserRegionBegin 1 0 2 1; UserRegionBegin 1 0 4 1; UserRegionEnd 1 0 4 1; "
			"UserLog 1 0 1 1 1; GoCreate 1 8 1 1; batch 1 2 9000; ProcStatus 0 1 1; "
			"GoStart 1 8 1; UserRegionBegin 1 0 2 1; GoDestroy 1; "
			"batch 1 -1 9000; CPUSamples; CPUSample 9000 1 0 7 1",
			true, &result, &err),
		0);
	assert_int_equal(result.task_begin_count, 2);
	assert_int_equal(result.task_end_count, 1);
	assert_int_equal(result.open_task_count, 1);
	assert_int_equal(result.region_begin_count, 3);
	assert_int_equal(result.region_end_count, 1);
	assert_int_equal(result.open_region_count, 2);
	assert_int_equal(result.log_count, 1);
	assert_int_equal(result.sample_count, 1);
	assert_int_equal(result.goroutine_count, 2);
}

static void a_broken_trace_is_counted_up_to_the_fault(void **state)
{
	struct weft_error err = WEFT_ERROR_INIT;
	struct weft_verify_result result;

	(void)state;
	assert_int_equal(verify_text("format 22; " VERIFY_HEAD(1) VERIFY_RUN VERIFY_HEAD(
					     2) "batch 2 1 9000; ProcStatus 0 0 1; GoStatus 0 7 0 "
						"2; GoDestroy 1; "
						"GoDestroy 1",
				     false, &result, &err),
			 -EBADMSG);
	assert_int_equal(result.generation_count, 1);
	assert_int_equal(result.event_count, 7);
}

static void a_message_names_place_event_and_state(void **state)
{
	struct weft_error err = WEFT_ERROR_INIT;

	(void)state;
	/* 16 bytes of header, 6 of batch header, 4 + 5 + 4 of the events before. */
	assert_int_equal(
		verify_text("format 22; batch 1 1 1000; ProcStatus 0 0 1; GoCreate 0 7 0 0; "
			    "GoStart 0 7 1; GoSyscallBegin 1 5 0; " VERIFY_CLOCK(1),
			    false, NULL, &err),
		-EBADMSG);
	assert_string_equal(
		err.text, "generation 1: stream 1: byte 35: GoSyscallBegin(p_seq=5, stack=0): "
			  "p_seq should be the processor's next number (stream 1 has P 0 Running, "
			  "seq 0 of generation 1, on stream 1; G 7 Running, seq 1 of generation 1, "
			  "on stream 1)");
}

static void a_frontier_is_shown_when_nothing_can_go_on(void **state)
{
	struct weft_error err = WEFT_ERROR_INIT;

	(void)state;
	assert_int_equal(verify_text("format 22; " VERIFY_CLOCK(
					     1) "batch 1 1 1000; ProcStatus 0 0 1; GoStart 5 7 1; "
						"batch 1 2 1001; ProcStart 0 3 1; batch 1 3 1002; "
						"ProcStart 0 3 2; "
						"batch 1 4 1009; GoUnblock 9 7 1 0; batch 1 5 "
						"1009; ProcStart 9 3 4",
				     false, NULL, &err),
			 -EBADMSG);
	assert_string_equal(err.text, "generation 1: failed to advance: none of 5 streams can go "
				      "on: stream 2 at byte 57: "
				      "ProcStart(p=3, p_seq=1) waits for a status of the processor "
				      "| stream 3 at byte 67: "
				      "ProcStart(p=3, p_seq=2) waits for a status of the processor "
				      "| stream 1 at byte 47: "
				      "GoStart(g=7, g_seq=1) waits for the goroutine to be created "
				      "or announced | and 2 more");
}

/* Streams that each wait for the next, in the worst order: work grows with their square. */
static void hopeless_disorder_is_given_up(void **state)
{
	const unsigned stream_count = 9000;
	size_t room = (size_t)stream_count * 96 + 4096;
	char *text = (char *)malloc(room);
	struct weft_error err = WEFT_ERROR_INIT;
	size_t len;
	unsigned i;

	(void)state;
	assert_non_null(text);
	len = (size_t)snprintf(text, room,
			       "format 22; batch 1 -1 1; Frequency 1000000000; "
			       "batch 1 -1 1; GoStatus 0 7 0 4; ");
	for (i = 1; i <= stream_count; i++) {
		len += (size_t)snprintf(text + len, room - len,
					"batch 1 %u 100; ProcStatus 0 %u 1; GoStart 1 7 %u; "
					"GoBlock 0 0 0; GoUnblock 0 7 %u 0; ",
					i, i, 2 * (stream_count - i) + 2,
					2 * (stream_count - i) + 3);
	}
	(void)snprintf(text + len, room - len, "batch 1 -1 500; GoUnblock 1 7 1 0");
	assert_int_equal(verify_text(text, false, NULL, &err), -E2BIG);
	assert_non_null(strstr(err.text, "gave up after"));
	free(text);
}

/* Deterministic: a fault found once is found again. */
static uint32_t next_random(uint64_t *seed)
{
	*seed = *seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (uint32_t)(*seed >> 33);
}

static void damaged_traces_never_crash_and_never_lack_words(void **state)
{
	const struct verify_case *c;
	uint64_t seed = 1;

	(void)state;
	for (c = verify_cases; c->name; c++) {
		size_t size;
		uint8_t *bytes = trace_text_assemble(c->text, &size);
		uint8_t *damaged = (uint8_t *)malloc(size);
		int i;

		assert_non_null(damaged);
		for (i = 0; i < MUTATION_COUNT; i++) {
			const struct weft_verify_options options = {.strict = i % 2};
			struct weft_error err = WEFT_ERROR_INIT;
			size_t cut = i % 8 == 7 ? next_random(&seed) % (size + 1) : size;
			int left = 1 + i % 3;
			int ret;

			memcpy(damaged, bytes, size);
			while (left--) {
				damaged[next_random(&seed) % size] = (uint8_t)next_random(&seed);
			}
			ret = weft_verify_bytes(damaged, cut, &options, NULL, &err);
			assert_true(ret <= 0);
			assert_int_equal(ret, err.code);
			assert_true(ret == 0 || err.text[0]);
		}
		free(damaged);
		free(bytes);
	}
}

static void nothing_is_no_trace(void **state)
{
	struct weft_error err = WEFT_ERROR_INIT;

	(void)state;
	assert_int_equal(weft_verify_bytes(NULL, 0, NULL, NULL, &err), -EBADMSG);
	assert_non_null(strstr(err.text, "it is empty"));
	assert_int_equal(weft_verify_bytes("x", 1, NULL, NULL, NULL), -EBADMSG);
}

static int write_case(const char *directory, const struct verify_case *c, FILE *list)
{
	static const char *const verdicts[] = {"good", "lax", "broken"};
	char path[4096];
	size_t size;
	uint8_t *bytes = trace_text_assemble(c->text, &size);
	FILE *file;
	int ret = 1;

	(void)snprintf(path, sizeof(path), "%s/%s.trace", directory, c->name);
	file = fopen(path, "wb");
	if (file) {
		ret = fwrite(bytes, 1, size, file) != size;
		ret |= fclose(file) != 0;
	}
	ret |= fprintf(list, "%s %s\n", c->name, verdicts[c->verdict]) < 0;
	free(bytes);
	return ret;
}

static int dump(const char *directory)
{
	const struct verify_case *c;
	char path[4096];
	FILE *list;
	int ret = 0;

	(void)snprintf(path, sizeof(path), "%s/cases.txt", directory);
	list = fopen(path, "w");
	if (!list) {
		perror(path);
		return 1;
	}
	for (c = verify_cases; c->name; c++) {
		ret |= write_case(directory, c, list);
	}
	return fclose(list) != 0 || ret;
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_case_gets_its_verdict_and_its_words),
		cmocka_unit_test(the_text_form_gives_the_documented_bytes),
		cmocka_unit_test(an_accepted_trace_is_counted),
		cmocka_unit_test(spans_are_counted_with_those_left_open),
		cmocka_unit_test(a_broken_trace_is_counted_up_to_the_fault),
		cmocka_unit_test(a_message_names_place_event_and_state),
		cmocka_unit_test(a_frontier_is_shown_when_nothing_can_go_on),
		cmocka_unit_test(hopeless_disorder_is_given_up),
		cmocka_unit_test(damaged_traces_never_crash_and_never_lack_words),
		cmocka_unit_test(nothing_is_no_trace),
	};

	if (argc == 3 && strcmp(argv[1], "--dump") == 0) {
		return dump(argv[2]);
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
