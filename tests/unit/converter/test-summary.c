// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * The summary, golden: fake events, and the report that a user would see, in full.
 *
 * Two threads of one process share CPU 0 and CPU 1 by the scheduler's word:
 *
 *     ms       0    1    2    3    4    5    6    7    8    9   10
 *     main     [request 1 .....................]              (open: request 3)
 *              [parse..................]  preempted 5..6, runs to 10
 *     worker        wakes 1, runs 2..4 [request 2: error], sleeps from 4 on
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <stdio.h>

#include <jansson.h>

#include "summary.h"

#define MS  UINT64_C(1000000)
#define PID 100

static struct weft_text text_of(const char *text)
{
	return (struct weft_text){text, (uint32_t)strlen(text)};
}

static struct weft_event event_of(enum weft_event_kind kind, uint64_t ts_ns, int32_t cpu,
				  int32_t tid)
{
	struct weft_event event = {
		.kind = kind, .ts_ns = ts_ns, .cpu = cpu, .pid = PID, .tid = tid};

	return event;
}

static void feed(struct weft_timeline *timeline, const struct weft_event *event)
{
	assert_int_equal(weft_timeline_feed(timeline, event), 0);
}

static void feed_switch(struct weft_timeline *timeline, uint64_t ts_ns, int32_t cpu, int32_t prev,
			int32_t next, enum weft_switch_reason reason)
{
	struct weft_event event = event_of(WEFT_EVENT_SWITCH, ts_ns, cpu, 0);

	event.pid = -1;
	event.sched_switch.prev = prev;
	event.sched_switch.next = next;
	event.sched_switch.reason = reason;
	event.sched_switch.prev_name = text_of(prev == PID ? "main" : prev ? "worker" : "swapper");
	event.sched_switch.next_name = text_of(next == PID ? "main" : next ? "worker" : "swapper");
	feed(timeline, &event);
}

static void feed_task_begin(struct weft_timeline *timeline, uint64_t ts_ns, int32_t tid,
			    uint64_t task, const char *type)
{
	struct weft_event event = event_of(WEFT_EVENT_TASK_BEGIN, ts_ns, tid == PID ? 0 : 1, tid);

	event.task_begin.task = task;
	event.task_begin.type = text_of(type);
	feed(timeline, &event);
}

static void feed_task_end(struct weft_timeline *timeline, uint64_t ts_ns, int32_t tid,
			  uint64_t task, const char *type, const char *error)
{
	struct weft_event event = event_of(WEFT_EVENT_TASK_END, ts_ns, tid == PID ? 0 : 1, tid);

	event.task_end.task = task;
	event.task_end.type = text_of(type);
	event.task_end.error = text_of(error);
	feed(timeline, &event);
}

static void feed_region(struct weft_timeline *timeline, uint64_t begin_ns, uint64_t end_ns,
			const char *name, uint32_t seq, uint64_t ip)
{
	struct weft_event event = event_of(WEFT_EVENT_REGION_BEGIN, begin_ns, 0, PID);

	event.region_begin.task = 1;
	event.region_begin.seq = seq;
	event.region_begin.name = text_of(name);
	event.region_begin.ip = ip;
	feed(timeline, &event);
	event = event_of(WEFT_EVENT_REGION_END, end_ns, 0, PID);
	event.region_end.task = 1;
	event.region_end.seq = seq;
	event.region_end.name = text_of(name);
	event.region_end.error = text_of("");
	feed(timeline, &event);
}

static void feed_log(struct weft_timeline *timeline, uint64_t ts_ns, const char *category)
{
	struct weft_event event = event_of(WEFT_EVENT_LOG, ts_ns, 0, PID);

	event.log.category = text_of(category);
	event.log.message = text_of("x");
	feed(timeline, &event);
}

static void feed_account(struct weft_timeline *timeline, uint64_t ts_ns, uint64_t task,
			 uint64_t cpu_ns, uint64_t run_wait_ns)
{
	struct weft_event event = event_of(WEFT_EVENT_ACCOUNT, ts_ns, 0, PID);

	event.account.task = task;
	event.account.elapsed_ns = cpu_ns + run_wait_ns;
	event.account.cpu_ns = cpu_ns;
	event.account.run_wait_ns = run_wait_ns;
	feed(timeline, &event);
}

static void feed_story(struct weft_timeline *timeline)
{
	struct weft_event event = event_of(WEFT_EVENT_PROCESS, 0, 0, PID);

	event.process.ppid = 1;
	event.process.exe = text_of("/usr/bin/se\x1b[31mrver");
	event.process.cmdline = text_of("server");
	feed(timeline, &event);
	feed_switch(timeline, 0, 0, 0, PID, WEFT_SWITCH_PREEMPTED);
	feed_switch(timeline, 0, 1, 101, 0, WEFT_SWITCH_BLOCKED);
	feed_task_begin(timeline, 0, PID, 1, "request");
	event = event_of(WEFT_EVENT_WAKING, 1 * MS, 0, PID);
	event.waking.subject = 101;
	event.waking.waker = PID;
	feed(timeline, &event);
	feed_switch(timeline, 2 * MS, 1, 0, 101, WEFT_SWITCH_PREEMPTED);
	feed_task_begin(timeline, 2 * MS, 101, 2, "request");
	feed_task_end(timeline, 4 * MS, 101, 2, "request", "refused");
	feed_switch(timeline, 4 * MS, 1, 101, 0, WEFT_SWITCH_UNINTERRUPTIBLE);
	feed_region(timeline, 4 * MS, 4 * MS + 1500, "parse", 1, 0x401001);
	feed_switch(timeline, 5 * MS, 0, PID, 0, WEFT_SWITCH_PREEMPTED);
	feed_switch(timeline, 6 * MS, 0, 0, PID, WEFT_SWITCH_PREEMPTED);
	feed_log(timeline, 7 * MS, "client");
	feed_log(timeline, 7 * MS, "client");
	feed_log(timeline, 7 * MS, "bad\xff\n\xe2\x80\xae");
	feed_task_end(timeline, 8 * MS, PID, 1, "request", "");
	feed_account(timeline, 8 * MS, 1, 6 * MS, 1 * MS);
	feed_account(timeline, 8 * MS, 0, 250, 0);
	feed_task_begin(timeline, 8 * MS, PID, 3, "request");
	event = event_of(WEFT_EVENT_REGION_END, 9 * MS, 0, PID);
	event.region_end.seq = 1;
	event.region_end.name = text_of("parse");
	event.region_end.error = text_of("");
	feed(timeline, &event);
	event = event_of(WEFT_EVENT_MISUSE, 9 * MS, 0, PID);
	event.misuse.kind = 3;
	event.misuse.name = text_of("parse");
	feed(timeline, &event);
	event.misuse.kind = 200;
	feed(timeline, &event);
	event = event_of(WEFT_EVENT_LOST, 10 * MS, -1, -1);
	event.lost.lost_count = 12;
	feed(timeline, &event);
	feed_switch(timeline, 10 * MS, 0, PID, 0, WEFT_SWITCH_STOPPED);
}

/* Runs a story through timeline and summary; returns the report. */
static char *report_of(void (*story)(struct weft_timeline *timeline), bool has_sched,
		       const struct weft_summary_options *options)
{
	static const struct weft_source_facts facts = {.has_weft = true};
	struct weft_timeline_options timeline_options = {WEFT_LANES_AUTO, has_sched};
	struct weft_symbolizer *symbolizer = weft_symbolizer_create();
	struct weft_summary summary;
	struct weft_timeline *timeline;
	char *report = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&report, &size);

	assert_non_null(symbolizer);
	assert_non_null(out);
	weft_summary__init(&summary, symbolizer);
	timeline = weft_timeline_create(&timeline_options, &weft_summary_ops, &summary);
	assert_non_null(timeline);
	story(timeline);
	summary.options = options;
	summary.totals = weft_timeline_totals(timeline);
	summary.facts = &facts;
	summary.tier = "lttng-kernel";
	summary.origin_ns = INT64_C(1700000000000000000);
	summary.from_ns = summary.totals->first_ns;
	summary.until_ns = summary.totals->last_ns;
	assert_int_equal(weft_summary__finish(&summary, summary.until_ns), 0);
	assert_int_equal(options->json ? weft_summary__write_json(&summary, out)
				       : weft_summary__write_text(&summary, out),
			 0);
	assert_int_equal(fclose(out), 0);
	weft_summary__fini(&summary);
	weft_timeline_destroy(timeline);
	weft_symbolizer_destroy(symbolizer);
	return report;
}

static const char *const inputs[] = {"/tmp/rec"};

static const struct weft_summary_options json_options = {
	.inputs = inputs,
	.input_count = 1,
	.selection = WEFT_SELECTION_INIT,
	.json = true,
};

/* The JSON report of a story; free it with json_decref(). */
static json_t *json_of(void (*story)(struct weft_timeline *timeline))
{
	char *report = report_of(story, false, &json_options);
	json_error_t error;
	json_t *object = json_loads(report, JSON_REJECT_DUPLICATES, &error);

	if (!object) {
		fail_msg("line %d: %s", error.line, error.text);
	}
	free(report);
	return object;
}

static json_int_t number_in(const json_t *object, const char *member)
{
	const json_t *value = json_object_get(object, member);

	assert_true(json_is_integer(value));
	return json_integer_value(value);
}

static void feed_region_of(struct weft_timeline *timeline, int32_t pid, uint32_t seq,
			   const char *name)
{
	struct weft_event event = {.kind = WEFT_EVENT_REGION_BEGIN, .pid = pid, .tid = pid};

	event.region_begin.seq = seq;
	event.region_begin.name = text_of(name);
	event.region_begin.ip = 0x401001;
	feed(timeline, &event);
	event = (struct weft_event){
		.kind = WEFT_EVENT_REGION_END, .pid = pid, .tid = pid, .ts_ns = seq};
	event.region_end.seq = seq;
	event.region_end.name = text_of(name);
	event.region_end.error = text_of("");
	feed(timeline, &event);
}

static void feed_many_processes(struct weft_timeline *timeline)
{
	int32_t pid;

	for (pid = 1; pid <= 6000; pid++) {
		feed_region_of(timeline, pid, 1, "work");
	}
}

static void one_call_site_of_many_processes_is_one_row(void **state)
{
	json_t *report = json_of(feed_many_processes);
	const json_t *regions = json_object_get(report, "regions");

	(void)state;
	assert_int_equal(json_array_size(regions), 1);
	assert_int_equal(number_in(json_array_get(regions, 0), "count"), 6000);
	assert_int_equal(number_in(json_array_get(regions, 0), "open"), 0);
	assert_int_equal(json_array_size(json_object_get(report, "processes")), 6000);
	json_decref(report);
}

static void feed_many_names(struct weft_timeline *timeline)
{
	char name[32];
	uint32_t seq = 0;
	uint32_t i;

	for (i = 0; i < 40000; i++) {
		(void)snprintf(name, sizeof(name), "name %u", i);
		feed_region_of(timeline, 7, ++seq, name);
	}
	for (i = 0; i < 100; i++) {
		feed_region_of(timeline, 7, ++seq, "name 5"); /* Known before the ceiling. */
	}
}

static void beyond_the_ceiling_rows_are_one_and_nothing_is_lost(void **state)
{
	json_t *report = json_of(feed_many_names);
	const json_t *region;
	json_int_t sum = 0;
	json_int_t others = 0;
	json_int_t known = 0;
	size_t i;

	(void)state;
	json_array_foreach(json_object_get(report, "regions"), i, region)
	{
		const char *name = json_string_value(json_object_get(region, "name"));

		sum += number_in(region, "count");
		others += strcmp(name, "(other)") == 0 ? number_in(region, "count") : 0;
		known += strcmp(name, "name 5") == 0 ? number_in(region, "count") : 0;
		assert_int_equal(number_in(region, "open"), 0);
	}
	assert_true(i <= 4097);
	assert_int_equal(sum, 40100);
	assert_true(others > 30000);
	assert_int_equal(known, 101);
	json_decref(report);
}

static void feed_hostile_names(struct weft_timeline *timeline)
{
	static char endless[300000];
	struct weft_event event = event_of(WEFT_EVENT_LOG, 0, 0, PID);

	memset(endless, 'x', sizeof(endless));
	feed_task_begin(timeline, 0, PID, 1, "");
	feed_task_begin(timeline, 0, PID, 2, "\xff\xfe\x1b]0;title\a");
	feed_log(timeline, 0, "\"\\\n\t\x7f\xc2\x9b");
	event.log.category = (struct weft_text){endless, sizeof(endless)};
	event.log.message = text_of("");
	feed(timeline, &event);
	event.log.category = (struct weft_text){"a\0b", 3};
	feed(timeline, &event);
}

static void hostile_names_are_valid_json(void **state)
{
	char *report = report_of(feed_hostile_names, false, &json_options);
	json_t *object = json_loads(report, JSON_ALLOW_NUL, NULL);

	(void)state;
	assert_non_null(object);
	assert_int_equal(json_array_size(json_object_get(object, "logs")), 3);
	assert_int_equal(json_array_size(json_object_get(object, "tasks")), 2);
	assert_string_equal(json_string_value(json_object_get(
				    json_array_get(json_object_get(object, "tasks"), 0), "type")),
			    "(unnamed)");
	json_decref(object);
	free(report);
}

static void hostile_names_do_not_reach_the_terminal(void **state)
{
	const struct weft_summary_options options = {
		.inputs = inputs,
		.input_count = 1,
		.selection = WEFT_SELECTION_INIT,
		.width = 80,
	};
	char *report = report_of(feed_hostile_names, false, &options);
	const char *at;

	(void)state;
	for (at = report; *at; at++) {
		assert_true((unsigned char)*at >= 0x20 || *at == '\n');
		assert_int_not_equal(*at, 0x7f);
	}
	assert_null(strstr(report, "\xc2\x9b")); /* The one-byte form of an escape sequence. */
	assert_non_null(strstr(report, "\\xff\\xfe") ? report : strstr(report, "]0;title"));
	free(report);
}

static void feed_cut_task(struct weft_timeline *timeline)
{
	struct weft_event event = event_of(WEFT_EVENT_ACCOUNT, 3, 0, PID);

	feed_task_end(timeline, 1, PID, 9, "request", "late");
	feed_task_begin(timeline, 2, PID, 10, "request");
	event.account.task = 77; /* Nobody told of it. */
	event.account.cpu_ns = 5;
	event.account.run_wait_ns = UINT64_MAX;
	feed(timeline, &event);
}

static void tasks_cut_by_the_trace_are_counted_apart(void **state)
{
	json_t *report = json_of(feed_cut_task);
	const json_t *tasks = json_object_get(report, "tasks");
	const json_t *task;
	size_t i;
	int seen = 0;

	(void)state;
	json_array_foreach(tasks, i, task)
	{
		const json_t *usage = json_object_get(task, "usage");

		if (strcmp(json_string_value(json_object_get(task, "type")), "request") == 0) {
			assert_int_equal(number_in(task, "count"), 2);
			assert_int_equal(number_in(task, "began_before"), 1);
			assert_int_equal(number_in(task, "open"), 1);
			assert_int_equal(number_in(task, "errors"), 1);
			assert_true(json_is_null(json_object_get(task, "duration_ns")));
			seen++;
		} else {
			assert_int_equal(number_in(usage, "cpu_ns"), 5);
			assert_true(json_is_false(json_object_get(usage, "run_wait_complete")));
			seen++;
		}
	}
	assert_int_equal(seen, 2);
	assert_true(json_is_null(json_object_get(report, "background")));
	json_decref(report);
}

static void the_report_of_a_known_story_is_known(void **state)
{
	/* clang-format off */
	static const char expected[] =
		"/tmp/rec\n"
		"  recorded    2023-11-14 22:13:20 UTC, 10.0 ms, 24 events, 12 lost\n"
		"  processes   1: se\\x1b[31mrver (pid 100, 2 threads)\n"
		"  scheduling  lttng-kernel\n"
		"\n"
		"tasks (open: how many, and the age of the oldest)\n"
		"  type     count  errors         open      p50      p90      p99      max    total      CPU  CPU wait\n"
		"  request      3       1  1 (2.00 ms)  2.00 ms  8.00 ms  8.00 ms  8.00 ms  10.0 ms  6.00 ms   1.00 ms\n"
		"  outside of tasks: 250 ns CPU\n"
		"\n"
		"threads while they worked for tasks\n"
		"  type     running  CPU wait  preempted  woken most by\n"
		"  request  7.00 ms   1.00 ms    1.00 ms  -\n"
		"\n"
		"regions\n"
		"  name   function  call site  count  errors      p50      p90      p99      max    total\n"
		"  parse  0x401001  -              1       0  1.50 \xc2\xb5s  1.50 \xc2\xb5s  1.50 \xc2\xb5s  1.50 \xc2\xb5s  1.50 \xc2\xb5s\n"
		"\n"
		"logs\n"
		"  category          count\n"
		"  client                2\n"
		"  bad\xef\xbf\xbd\\x0a\\u{202e}      1\n"
		"\n"
		"threads\n"
		"  name    tid  pid  seen for  running  CPU wait  preempted  blocked  disk: D state  woken most by  tasks\n"
		"  main    100  100   10.0 ms  9.00 ms   1.00 ms    1.00 ms        -              -  -                  2\n"
		"  worker  101  100   10.0 ms  2.00 ms   1.00 ms          -  1.00 ms        6.00 ms  main (1 of 1)      1\n"
		"\n"
		"losses and repairs\n"
		"  count  what\n"
		"     12  events lost by the tracer: buffers full\n"
		"      1  region ends dropped: no such region was open\n"
		"\n"
		"misuse (the first of each kind and place)\n"
		"  name   function   call site  what\n"
		"  parse  [unknown]  -          region ended twice, or after the region around it\n"
		"  parse  [unknown]  -          a kind of misuse that this version does not know\n"
		"\n"
		"hints\n"
		"  - events were lost because buffers were full, so counts are too low: record with larger buffers or fewer\n"
		"    regions\n"
		"  - some call sites have no file and line: build with -g, or install the program's debug symbols\n"
		"  - the program uses the API in ways that need repair: see misuse\n"
		"\n"
		"percentiles are exact to 0.4 %; counts, max and total are exact\n";
	/* clang-format on */
	const struct weft_summary_options options = {
		.inputs = inputs,
		.input_count = 1,
		.selection = WEFT_SELECTION_INIT,
		.width = 110,
	};
	char *report = report_of(feed_story, true, &options);

	(void)state;
	assert_string_equal(report, expected);
	free(report);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_report_of_a_known_story_is_known),
		cmocka_unit_test(one_call_site_of_many_processes_is_one_row),
		cmocka_unit_test(beyond_the_ceiling_rows_are_one_and_nothing_is_lost),
		cmocka_unit_test(hostile_names_are_valid_json),
		cmocka_unit_test(hostile_names_do_not_reach_the_terminal),
		cmocka_unit_test(tasks_cut_by_the_trace_are_counted_apart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
