// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Waits for locks, as threads tell them, where no scheduler tells anything.
 */
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <weft/events.h>

#include "timeline.h"

#define TEXT_SIZE 1024

/* What the hooks saw: "TIME THREAD what;". */
static char seen[TEXT_SIZE];

__attribute__((format(printf, 1, 2))) static void note(const char *format, ...)
{
	size_t len = strlen(seen);
	va_list values;

	va_start(values, format);
	(void)vsnprintf(seen + len, sizeof(seen) - len, format, values);
	va_end(values);
}

static void on_run(void *ctx, uint64_t ts_ns, struct weft_thread *thread)
{
	(void)ctx;
	note("%" PRIu64 " %" PRId32 " runs on %" PRId32 "; ", ts_ns, thread->tid, thread->lane);
}

static void on_block(void *ctx, uint64_t ts_ns, struct weft_thread *thread, int32_t lane,
		     const char *reason)
{
	char text[WEFT_WAIT_TEXT_SIZE];

	(void)ctx;
	(void)reason;
	note("%" PRIu64 " %" PRId32 " leaves %" PRId32 ": %s; ", ts_ns, thread->tid, lane,
	     weft_wait_text(&thread->wait, text));
}

static void on_wake(void *ctx, uint64_t ts_ns, struct weft_thread *thread,
		    struct weft_thread *waker, int32_t lane)
{
	(void)ctx;
	assert_null(waker);
	assert_int_equal(lane, -1);
	note("%" PRIu64 " %" PRId32 " wakes; ", ts_ns, thread->tid);
}

static void on_exit_thread(void *ctx, uint64_t ts_ns, struct weft_thread *thread, int32_t lane)
{
	(void)ctx;
	note("%" PRIu64 " %" PRId32 " ends on %" PRId32 "; ", ts_ns, thread->tid, lane);
}

static const struct weft_timeline_ops ops = {
	.run = on_run, .block = on_block, .wake = on_wake, .exit = on_exit_thread};

struct step {
	enum weft_event_kind kind;
	int32_t tid;
};

#define STEPS_MAX 8

/* Each step is a nanosecond after the one before, from 1 on; locks are mutex 0x10 of thread 9. */
static void check(const struct step *steps, const char *wanted, uint64_t wait_count,
		  uint64_t inferred_count)
{
	const struct weft_timeline_options options = {WEFT_LANES_AUTO, false};
	struct weft_timeline *timeline = weft_timeline_create(&options, &ops, NULL);
	uint64_t ts_ns;

	assert_non_null(timeline);
	seen[0] = '\0';
	for (ts_ns = 1; ts_ns <= STEPS_MAX && steps[ts_ns - 1].tid; ts_ns++) {
		struct weft_event event = {.kind = steps[ts_ns - 1].kind, .ts_ns = ts_ns};

		event.pid = 1;
		event.tid = steps[ts_ns - 1].tid;
		event.cpu = 3;
		if (event.kind == WEFT_EVENT_LOCK_WAIT_BEGIN) {
			event.lock_wait.kind = WEFT_LOCK_KIND_MUTEX;
			event.lock_wait.object = 0x10;
			event.lock_wait.holder = 9;
		}
		assert_int_equal(weft_timeline_feed(timeline, &event), 0);
	}
	assert_string_equal(seen, wanted);
	assert_int_equal(weft_timeline_totals(timeline)->lock_wait_count, wait_count);
	assert_int_equal(weft_timeline_totals(timeline)->repairs.wake_inferred, inferred_count);
	weft_timeline_destroy(timeline);
}

static void a_thread_blocks_from_begin_to_end(void **state)
{
	const struct step steps[STEPS_MAX] = {{WEFT_EVENT_LOCK_WAIT_BEGIN, 5},
					      {WEFT_EVENT_LOCK_WAIT_END, 5},
					      {WEFT_EVENT_LOG, 5}};

	(void)state;
	check(steps,
	      "1 5 runs on 0; 1 5 leaves 0: sync: mutex 0x10 held by thread 9; 2 5 wakes; "
	      "2 5 runs on 0; ",
	      1, 0);
}

static void rows_stay_those_of_their_threads(void **state)
{
	const struct step steps[STEPS_MAX] = {{WEFT_EVENT_LOCK_WAIT_BEGIN, 5},
					      {WEFT_EVENT_LOG, 6},
					      {WEFT_EVENT_LOCK_WAIT_END, 5},
					      {WEFT_EVENT_LOCK_WAIT_BEGIN, 6},
					      {WEFT_EVENT_LOG, 7},
					      {WEFT_EVENT_LOCK_WAIT_END, 6}};

	(void)state;
	check(steps,
	      "1 5 runs on 0; 1 5 leaves 0: sync: mutex 0x10 held by thread 9; 2 6 runs on 1; "
	      "3 5 wakes; 3 5 runs on 0; 4 6 leaves 1: sync: mutex 0x10 held by thread 9; "
	      "5 7 runs on 2; 6 6 wakes; 6 6 runs on 1; ",
	      2, 0);
}

static void lost_ends_are_seen_by_what_the_thread_does(void **state)
{
	const struct step steps[STEPS_MAX] = {{WEFT_EVENT_LOCK_WAIT_BEGIN, 5},
					      {WEFT_EVENT_LOG, 5},
					      {WEFT_EVENT_LOCK_WAIT_BEGIN, 5},
					      {WEFT_EVENT_LOCK_WAIT_BEGIN, 5}};

	(void)state;
	check(steps,
	      "1 5 runs on 0; 1 5 leaves 0: sync: mutex 0x10 held by thread 9; 2 5 wakes; "
	      "2 5 runs on 0; 3 5 leaves 0: sync: mutex 0x10 held by thread 9; 4 5 wakes; "
	      "4 5 runs on 0; 4 5 leaves 0: sync: mutex 0x10 held by thread 9; ",
	      3, 2);
}

static void ends_alone_change_nothing(void **state)
{
	const struct step steps[STEPS_MAX] = {{WEFT_EVENT_LOCK_WAIT_END, 5},
					      {WEFT_EVENT_LOCK_WAIT_END, 5}};

	(void)state;
	check(steps, "1 5 runs on 0; ", 0, 0);
}

static void rows_of_threads_that_end_are_free_again(void **state)
{
	const struct step steps[STEPS_MAX] = {{WEFT_EVENT_LOCK_WAIT_BEGIN, 5},
					      {WEFT_EVENT_THREAD_END, 5},
					      {WEFT_EVENT_LOCK_WAIT_BEGIN, 6},
					      {WEFT_EVENT_PROCESS_END, 7},
					      {WEFT_EVENT_LOG, 8}};

	(void)state;
	check(steps,
	      "1 5 runs on 0; 1 5 leaves 0: sync: mutex 0x10 held by thread 9; 2 5 wakes; "
	      "2 5 runs on 0; 2 5 ends on 0; 3 6 runs on 0; "
	      "3 6 leaves 0: sync: mutex 0x10 held by thread 9; 4 6 ends on -1; 5 8 runs on 0; ",
	      2, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_thread_blocks_from_begin_to_end),
		cmocka_unit_test(rows_stay_those_of_their_threads),
		cmocka_unit_test(lost_ends_are_seen_by_what_the_thread_does),
		cmocka_unit_test(ends_alone_change_nothing),
		cmocka_unit_test(rows_of_threads_that_end_are_free_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
