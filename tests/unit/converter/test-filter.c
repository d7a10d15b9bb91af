// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Selection: hand-fed timelines, and what comes through as one line of text a hook.
 *
 * The story: thread 1 (pid 1) and thread 2 (pid 2), one task each and a child of the first.
 *
 *     ns   0    10   20   30   40   50   60   70   80   90
 *     t1   [A 1 ......................]    [B 3 ...]
 *          [r..............]
 *               [C 4, child of 1 ]
 *     t2        [B 2 ................................... open
 *                    log
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <stdio.h>

#include "filter.h"

static struct weft_text text_of(const char *text)
{
	return (struct weft_text){text, (uint32_t)strlen(text)};
}

/* ---- The story ---- */

static struct weft_event event_of(enum weft_event_kind kind, uint64_t ts_ns, int32_t tid)
{
	struct weft_event event = {
		.kind = kind, .ts_ns = 1000 + ts_ns, .cpu = -1, .pid = tid, .tid = tid};

	return event;
}

static void feed(struct weft_timeline *timeline, const struct weft_event *event)
{
	assert_int_equal(weft_timeline_feed(timeline, event), 0);
}

static void begin_task(struct weft_timeline *timeline, uint64_t ts_ns, int32_t tid, uint64_t task,
		       uint64_t parent, const char *type)
{
	struct weft_event event = event_of(WEFT_EVENT_TASK_BEGIN, ts_ns, tid);

	event.task_begin.task = task;
	event.task_begin.parent = parent;
	event.task_begin.type = text_of(type);
	feed(timeline, &event);
}

static void end_task(struct weft_timeline *timeline, uint64_t ts_ns, int32_t tid, uint64_t task,
		     const char *type)
{
	struct weft_event event = event_of(WEFT_EVENT_TASK_END, ts_ns, tid);

	event.task_end.task = task;
	event.task_end.type = text_of(type);
	event.task_end.error = text_of("");
	feed(timeline, &event);
}

/* Whether thread 1 also tells what it used, each time that it goes to another task or to none. */
static bool has_accounts;

static void account(struct weft_timeline *timeline, uint64_t ts_ns, uint64_t task)
{
	struct weft_event event = event_of(WEFT_EVENT_ACCOUNT, ts_ns, 1);

	event.account.task = task;
	if (has_accounts) {
		feed(timeline, &event);
	}
}

static void feed_story(struct weft_timeline *timeline)
{
	struct weft_event event;

	begin_task(timeline, 0, 1, 1, 0, "A");
	event = event_of(WEFT_EVENT_REGION_BEGIN, 1, 1);
	event.region_begin.task = 1;
	event.region_begin.seq = 1;
	event.region_begin.name = text_of("r");
	feed(timeline, &event);
	begin_task(timeline, 10, 1, 4, 1, "C");
	begin_task(timeline, 11, 2, 2, 0, "B");
	event = event_of(WEFT_EVENT_LOG, 20, 2);
	event.log.task = 2;
	event.log.category = text_of("k");
	event.log.message = text_of("m");
	feed(timeline, &event);
	event = event_of(WEFT_EVENT_REGION_END, 30, 1);
	event.region_end.task = 1;
	event.region_end.seq = 1;
	event.region_end.name = text_of("r");
	event.region_end.error = text_of("");
	feed(timeline, &event);
	end_task(timeline, 40, 1, 4, "C");
	account(timeline, 50, 1);
	end_task(timeline, 50, 1, 1, "A");
	account(timeline, 60, 0);
	begin_task(timeline, 60, 1, 3, 0, "B");
	account(timeline, 80, 3);
	end_task(timeline, 80, 1, 3, "B");
	event = event_of(WEFT_EVENT_LOG, 90, 2);
	event.log.category = text_of("end");
	event.log.message = text_of("m");
	feed(timeline, &event);
}

/* ---- A consumer that writes down what it is told ---- */

struct notes {
	char text[2048];
	size_t size;
};

__attribute__((format(printf, 2, 3))) static void note(struct notes *notes, const char *format, ...)
{
	va_list args;
	int len;

	va_start(args, format);
	len = vsnprintf(notes->text + notes->size, sizeof(notes->text) - notes->size, format, args);
	va_end(args);
	assert_true(len >= 0 && notes->size + (size_t)len < sizeof(notes->text));
	notes->size += (size_t)len;
}

static void on_thread_new(void *ctx, uint64_t ts_ns, struct weft_thread *thread,
			  struct weft_thread *creator)
{
	(void)creator;
	thread->consumer = ctx;
	note((struct notes *)ctx, "%d+%d ", (int)ts_ns - 1000, thread->tid);
}

static void on_run(void *ctx, uint64_t ts_ns, struct weft_thread *thread)
{
	(void)ts_ns;
	assert_ptr_equal(thread->consumer, ctx); /* Announced before. */
}

static void on_task_begin(void *ctx, uint64_t ts_ns, struct weft_thread *thread,
			  const struct weft_task_state *task, uint64_t ip)
{
	(void)ip;
	assert_ptr_equal(thread->consumer, ctx);
	note((struct notes *)ctx, "%d[%s%d ", (int)ts_ns - 1000, task->type, (int)task->raw);
}

static void on_task_end(void *ctx, uint64_t ts_ns, struct weft_thread *thread,
			const struct weft_task_state *task, struct weft_text error)
{
	(void)error;
	assert_ptr_equal(thread->consumer, ctx);
	note((struct notes *)ctx, "%d]%s%d ", (int)ts_ns - 1000, task->type, (int)task->raw);
}

static void on_region_begin(void *ctx, uint64_t ts_ns, struct weft_thread *thread,
			    const struct weft_open_region *region)
{
	assert_ptr_equal(thread->consumer, ctx);
	note((struct notes *)ctx, "%d(%s ", (int)ts_ns - 1000, region->name);
}

static void on_region_end(void *ctx, uint64_t ts_ns, struct weft_thread *thread,
			  const struct weft_open_region *region, struct weft_text error,
			  bool repaired, bool began_before)
{
	(void)error;
	(void)repaired;
	(void)began_before;
	assert_ptr_equal(thread->consumer, ctx);
	note((struct notes *)ctx, "%d)%s ", (int)ts_ns - 1000, region->name);
}

static void on_log(void *ctx, uint64_t ts_ns, struct weft_thread *thread,
		   const struct weft_task_state *task, struct weft_text category,
		   struct weft_text message, uint64_t ip)
{
	(void)task;
	(void)message;
	(void)ip;
	assert_ptr_equal(thread->consumer, ctx);
	note((struct notes *)ctx, "%d=%.*s ", (int)ts_ns - 1000, (int)category.len, category.text);
}

static void on_account(void *ctx, uint64_t ts_ns, struct weft_thread *thread,
		       const struct weft_task_state *task, const struct weft_event *event)
{
	(void)event;
	assert_ptr_equal(thread->consumer, ctx);
	note((struct notes *)ctx, "%d$%s ", (int)ts_ns - 1000, task ? task->type : "none");
}

static void on_account_of_others(void *ctx, uint64_t ts_ns, struct weft_thread *thread)
{
	assert_ptr_equal(thread->consumer, ctx);
	note((struct notes *)ctx, "%d$others ", (int)ts_ns - 1000);
}

static const struct weft_timeline_ops notes_ops = {
	.thread_new = on_thread_new,
	.run = on_run,
	.task_begin = on_task_begin,
	.task_end = on_task_end,
	.region_begin = on_region_begin,
	.region_end = on_region_end,
	.log = on_log,
	.account = on_account,
	.account_of_others = on_account_of_others,
};

/* ---- Both passes ---- */

static void learn(struct weft_filter *filter)
{
	const struct weft_timeline_options options = {WEFT_LANES_THREAD, false};
	struct weft_timeline *timeline =
		weft_timeline_create(&options, &weft_filter_learn_ops, filter);

	assert_non_null(timeline);
	feed_story(timeline);
	assert_int_equal(weft_filter_learned(filter, weft_timeline_totals(timeline)->last_ns), 0);
	weft_timeline_destroy(timeline);
}

static void assert_selected(const struct weft_selection *selection, const char *expected)
{
	const struct weft_timeline_options options = {WEFT_LANES_THREAD, false};
	struct weft_filter *filter = weft_filter_create(selection);
	struct weft_timeline *timeline = weft_timeline_create(&options, &weft_filter_ops, filter);
	struct notes notes = {.size = 0};

	assert_non_null(filter);
	assert_non_null(timeline);
	assert_true(weft_selection_is_partial(selection));
	if (weft_filter_needs_learning(filter)) {
		learn(filter);
	}
	weft_filter_connect(filter, timeline, &notes_ops, &notes);
	feed_story(timeline);
	assert_string_equal(notes.text, expected);
	assert_int_equal(weft_filter_is_done(filter),
			 selection->until_ns != WEFT_TIME_NONE && selection->until_ns < 90);
	weft_timeline_destroy(timeline);
	weft_filter_destroy(filter);
}

static const struct weft_selection whole = WEFT_SELECTION_INIT;

static void assert_from(int64_t from_ns, const char *expected)
{
	struct weft_selection selection = whole;

	selection.from_ns = from_ns;
	assert_selected(&selection, expected);
}

static void assert_until(int64_t until_ns, const char *expected)
{
	struct weft_selection selection = whole;

	selection.until_ns = until_ns;
	assert_selected(&selection, expected);
}

static void assert_pid(int32_t pid, const char *expected)
{
	struct weft_selection selection = whole;

	selection.pid = pid;
	assert_selected(&selection, expected);
}

static void assert_type(const char *task_type, const char *expected)
{
	struct weft_selection selection = whole;

	selection.task_type = task_type;
	assert_selected(&selection, expected);
}

static void assert_slower_than(uint64_t slower_than_ns, const char *expected)
{
	struct weft_selection selection = whole;

	selection.slower_than_ns = slower_than_ns;
	assert_selected(&selection, expected);
}

static void from_leaves_out_what_was_before_and_announces_who_runs(void **state)
{
	(void)state;
	assert_from(40, "40+2 40+1 40]C4 50]A1 60[B3 80]B3 90=end ");
}

static void until_leaves_out_what_comes_after(void **state)
{
	(void)state;
	assert_until(20, "0+1 0[A1 1(r 10[C4 11+2 11[B2 20=k ");
}

static void both_ends_are_included(void **state)
{
	const struct weft_selection selection = {.from_ns = 20, .until_ns = 30};

	(void)state;
	assert_selected(&selection, "20+1 20+2 20=k 30)r ");
}

static void a_process_leaves_out_the_others(void **state)
{
	(void)state;
	assert_pid(2, "11+2 11[B2 20=k 90=end ");
}

static void an_unknown_process_leaves_out_everything(void **state)
{
	(void)state;
	assert_pid(3, "");
}

static void a_task_type_takes_children_regions_and_logs_along(void **state)
{
	(void)state;
	assert_type("A", "0+1 0[A1 1(r 10[C4 30)r 40]C4 50]A1 ");
	assert_type("B", "11+2 11[B2 20=k 60+1 60[B3 80]B3 ");
	assert_type("C", "10+1 10[C4 40]C4 ");
	assert_type("D", "");
}

/* Or what was done for other tasks would be taken for what was done for the next chosen one. */
static void accounts_of_other_tasks_are_told_apart(void **state)
{
	(void)state;
	has_accounts = true;
	assert_type("A", "0+1 0[A1 1(r 10[C4 30)r 40]C4 50$A 50]A1 60$others 80$others ");
	assert_type("B", "11+2 11[B2 20=k 60+1 60[B3 80$B 80]B3 ");
	assert_pid(1, "0+1 0[A1 1(r 10[C4 30)r 40]C4 50$A 50]A1 60$none 60[B3 80$B 80]B3 ");
	has_accounts = false;
}

/* Task 2 is still open after 79 ns, task 1 took 50, its child 30, task 3 20. */
static void slow_tasks_are_those_that_took_long_or_hang(void **state)
{
	(void)state;
	assert_slower_than(79, "11+2 11[B2 20=k ");
	assert_slower_than(80, "");
	assert_slower_than(50, "0+1 0[A1 1(r 10[C4 11+2 11[B2 20=k 30)r 40]C4 50]A1 ");
}

static void selections_combine(void **state)
{
	struct weft_selection selection = WEFT_SELECTION_INIT;

	(void)state;
	selection.task_type = "B";
	selection.slower_than_ns = 20;
	selection.pid = 1;
	assert_selected(&selection, "60+1 60[B3 80]B3 ");
	selection.from_ns = 70;
	assert_selected(&selection, "80+1 80]B3 ");
}

static void no_selection_is_whole(void **state)
{
	(void)state;
	assert_false(weft_selection_is_partial(&whole));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(from_leaves_out_what_was_before_and_announces_who_runs),
		cmocka_unit_test(until_leaves_out_what_comes_after),
		cmocka_unit_test(both_ends_are_included),
		cmocka_unit_test(a_process_leaves_out_the_others),
		cmocka_unit_test(an_unknown_process_leaves_out_everything),
		cmocka_unit_test(a_task_type_takes_children_regions_and_logs_along),
		cmocka_unit_test(accounts_of_other_tasks_are_told_apart),
		cmocka_unit_test(slow_tasks_are_those_that_took_long_or_hang),
		cmocka_unit_test(selections_combine),
		cmocka_unit_test(no_selection_is_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
