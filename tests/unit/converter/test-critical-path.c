// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * The critical path: scripted timelines whose answer is known by construction (critical-story.h),
 * and random ones, whose paths must add up.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "critical-path.h"
#include "critical-story.h"
#include "random-script.h"

#define MS UINT64_C(1000000)

static void check_limited(const char *script, uint64_t begin_ms, uint64_t end_ms,
			  uint64_t interval_limit, const char *expected)
{
	struct weft_critical_task task = {
		.id = 1, .begin_ns = begin_ms * MS, .end_ns = end_ms * MS};
	struct weft_critical_path path;
	char *text;

	task.ended = strstr(script, " end A 1\n") || strstr(script, " end B 1\n");
	weft_critical_path_init(&path, &task, true, interval_limit);
	weft_story_tell(script, &weft_critical_path_ops, &path);
	text = weft_story_format_path(&path);
	assert_string_equal(text, expected);
	free(text);
	weft_critical_path_fini(&path);
}

static void check(const char *script, uint64_t begin_ms, uint64_t end_ms, const char *expected)
{
	check_limited(script, begin_ms, end_ms, 1 << 16, expected);
}

/* ---- Tests ---- */

static void a_thread_alone_is_its_own_path(void **state)
{
	(void)state;
	check("0 new A\n0 run A 0\n2 begin A 1\n3 open A parse 1\n5 open A read 1\n6 close A\n"
	      "7 close A\n9 end A 1\n9 exit A\n",
	      2, 9,
	      "2-3 A on CPU\n"
	      "3-5 A on CPU /parse\n"
	      "5-6 A on CPU /parse /read\n"
	      "6-7 A on CPU /parse\n"
	      "7-9 A on CPU\n");
}

/* A asks B, B asks C; each waits for the other's answer. */
static void a_chain_of_wakers_is_followed_into_the_wait(void **state)
{
	(void)state;
	check("0 new A\n0 new B\n0 new C\n0 run B 1\n0 block B network\n0 run C 1\n"
	      "0 block C network\n0 run A 0\n"
	      "1 begin A 1\n"
	      "2 wake B A\n2 run B 1\n3 block A network\n"
	      "4 wake C B\n5 block B network\n6 run C 1\n"
	      "8 wake B C\n8 block C network\n9 run B 1\n"
	      "10 wake A B\n10 run A 0\n"
	      "12 end A 1\n",
	      1, 12,
	      "1-3 A on CPU\n"
	      "[3-10 A network by B]\n"
	      "  3-5 B on CPU\n"
	      "  [5-8 B network by C]\n"
	      "    5-6 C runnable behind B\n"
	      "    6-8 C on CPU\n"
	      "  8-9 B runnable\n"
	      "  9-10 B on CPU\n"
	      "10-12 A on CPU\n");
}

/* B holds what A wants; what B did before A wanted it is not A's business. */
static void a_mutex_shows_what_its_holder_did_meanwhile(void **state)
{
	(void)state;
	check("0 new A\n0 new B\n0 run A 0\n0 run B 1\n"
	      "0 begin A 1\n4 open A update 1\n5 block A sync\n"
	      "6 block B sleep\n16 wake B irq\n16 run B 1\n"
	      "20 wake A B\n21 run A 0\n22 close A\n23 end A 1\n",
	      0, 23,
	      "0-4 A on CPU\n"
	      "4-5 A on CPU /update\n"
	      "[5-20 A sync by B]\n"
	      "  5-6 B on CPU\n"
	      "  6-16 B blocked sleep by irq\n"
	      "  16-20 B on CPU\n"
	      "20-21 A runnable /update\n"
	      "21-22 A on CPU /update\n"
	      "22-23 A on CPU\n");
}

static void a_wait_for_a_cpu_names_who_had_it(void **state)
{
	(void)state;
	check("0 new A\n0 new B\n0 new C\n0 run A 0\n0 begin A 1\n"
	      "3 stop A preempted\n3 run B 0\n11 stop B preempted\n11 run C 0\n"
	      "12 block C sleep\n12 run A 0\n15 end A 1\n",
	      0, 15,
	      "0-3 A on CPU\n"
	      "3-12 A runnable preempted behind B\n"
	      "12-15 A on CPU\n");
}

static void a_wait_that_nobody_ended_stays_a_wait(void **state)
{
	(void)state;
	check("0 new A\n0 run A 0\n1 begin A 1\n2 block A sleep\n5 wake A irq\n5 run A 0\n"
	      "6 block A network\n9 wake A ?\n9 run A 0\n10 end A 1\n",
	      1, 10,
	      "1-2 A on CPU\n"
	      "2-5 A blocked sleep by irq\n"
	      "5-6 A on CPU\n"
	      "6-9 A blocked network by ?\n"
	      "9-10 A on CPU\n");
}

/* A reads the request and hands it to B, which had been idle, and has nothing to do with its end. */
static void a_task_that_moves_is_followed_through_the_wake_up(void **state)
{
	(void)state;
	check("0 new A\n0 new B\n0 run B 1\n0 block B sync\n0 run A 0\n"
	      "1 begin A 1\n1 open A read 1\n4 close A\n5 wake B A\n6 block A network\n"
	      "7 run B 1\n8 open B serve 1\n12 close B\n12 end B 1\n",
	      1, 12,
	      "1-4 A on CPU /read\n"
	      "4-5 A on CPU\n"
	      "5-7 B runnable\n"
	      "7-8 B on CPU\n"
	      "8-12 B on CPU /serve\n");
}

/* B serves task 2 first: nothing wakes it for task 1, which waits in a queue. */
static void a_task_in_a_queue_waits_for_the_thread_that_serves(void **state)
{
	(void)state;
	check("0 new A\n0 new B\n0 run B 1\n0 run A 0\n0 open B serve 2\n"
	      "1 begin A 1\n4 log A 1\n5 block A network\n"
	      "9 close B\n10 open B serve 1\n12 close B\n12 end B 1\n",
	      1, 12,
	      "1-4 A on CPU\n"
	      "4-9 B on CPU /serve\n"
	      "9-10 B on CPU\n"
	      "10-12 B on CPU /serve\n");
}

/* B was asleep while A worked, slept for A, and what it did before that is not the task's. */
static void what_a_worker_did_before_it_got_the_task_is_left_out(void **state)
{
	(void)state;
	check("0 new A\n0 new B\n0 run A 0\n0 run B 1\n1 begin A 1\n"
	      "3 block B sync\n6 wake B A\n6 run B 1\n7 block A network\n"
	      "8 log B 1\n9 end B 1\n",
	      1, 9,
	      "1-6 A on CPU\n"
	      "6-9 B on CPU\n");
}

static void a_new_thread_continues_with_who_made_it(void **state)
{
	(void)state;
	check("0 new A\n0 run A 0\n1 begin A 1\n3 new B A\n3 block A sync\n4 run B 0\n"
	      "4 open B work 1\n7 close B\n7 wake A B\n7 exit B\n8 run A 0\n9 end A 1\n",
	      1, 9,
	      "1-3 A on CPU\n"
	      "[3-7 A sync by B]\n"
	      "  3-4 B runnable new\n"
	      "  4-7 B on CPU /work\n"
	      "7-8 A runnable\n"
	      "8-9 A on CPU\n");
}

static void a_child_task_on_another_thread_belongs_to_it(void **state)
{
	(void)state;
	check("0 new A\n0 new B\n0 run A 0\n0 run B 1\n0 block B sync\n"
	      "1 begin A 1\n2 begin A 2 1\n3 wake B A\n4 run B 1\n4 block A network\n"
	      "5 open B step 2\n7 close B\n7 end B 2\n8 end B 1\n",
	      1, 8,
	      "1-3 A on CPU\n"
	      "3-4 B runnable\n"
	      "4-5 B on CPU\n"
	      "5-7 B on CPU /step\n"
	      "7-8 B on CPU\n");
}

static void an_open_task_ends_with_the_recording(void **state)
{
	(void)state;
	check("0 new A\n0 run A 0\n1 begin A 1\n2 block A network\n", 1, 9,
	      "1-2 A on CPU\n"
	      "2-9 A blocked network by ?\n");
}

/* Both waits end at 5 by each other: no order of these can be true. */
static void a_circle_of_wakers_ends(void **state)
{
	(void)state;
	check("0 new A\n0 new B\n0 run A 0\n0 run B 1\n1 begin A 1\n2 block A sync\n"
	      "2 block B sync\n5 wake A B\n5 wake B A\n5 run A 0\n5 run B 1\n7 end A 1\n",
	      1, 7,
	      "1-2 A on CPU\n"
	      "[2-5 A sync by B]\n"
	      "  2-5 B blocked sync\n"
	      "5-7 A on CPU\n");
}

static void too_many_intervals_cost_the_beginning_only(void **state)
{
	(void)state;
	check_limited("0 new A\n0 run A 0\n1 begin A 1\n2 block A sleep\n3 wake A irq\n3 run A 0\n"
		      "4 block A sleep\n5 wake A irq\n5 run A 0\n8 end A 1\n",
		      1, 8, 2,
		      "1-4 A unknown\n"
		      "4-5 A blocked sleep by irq\n"
		      "5-8 A on CPU\n");
}

/* ---- Which task ---- */

static const char tasks[] = "0 new A\n0 run A 0\n"
			    "1 begin A 1\n2 begin A 2\n5 end A 1\n5 begin A 5\n6 begin A 6\n"
			    "7 end A 2\n8 end A 5\n9 end A 6\n9 begin A 7\n";

static void find(const struct weft_selection *selection, uint64_t wanted_id,
		 struct weft_critical_finder *finder)
{
	memset(finder, 0, sizeof(*finder));
	finder->selection = selection;
	finder->wanted_id = wanted_id;
	/* process_new is the first hook of any timeline. */
	weft_critical_finder_ops.process_new(finder, 0, NULL, NULL);
	weft_story_tell(tasks, &weft_critical_finder_ops, finder);
	assert_int_equal(weft_critical_finder_finish(finder, 20 * MS), 0);
}

static void the_slowest_of_a_type_is_found(void **state)
{
	struct weft_selection selection = WEFT_SELECTION_INIT;
	struct weft_critical_finder finder;

	(void)state;
	selection.task_type = "request";
	find(&selection, 0, &finder);
	assert_true(finder.found);
	assert_int_equal(finder.chosen.id, 1);
	assert_int_equal(finder.chosen.raw, 100);
	assert_int_equal(finder.chosen.begin_ns, 1 * MS);
	assert_int_equal(finder.chosen.end_ns, 5 * MS);
	assert_int_equal(finder.chosen.pid, 100);
	assert_int_equal(finder.count, 3);
	assert_int_equal(finder.slowest_count, 3);
	assert_int_equal(finder.slowest[1].id, 5); /* As slow as 6, and before it. */
	assert_int_equal(finder.slowest[2].id, 6);
	weft_critical_finder_fini(&finder);
}

static void a_task_is_found_by_id_even_when_it_is_open(void **state)
{
	struct weft_selection selection = WEFT_SELECTION_INIT;
	struct weft_critical_finder finder;

	(void)state;
	selection.task_type = "request";
	find(&selection, 7, &finder);
	assert_true(finder.found && !finder.chosen.ended);
	assert_int_equal(finder.chosen.end_ns, 20 * MS);
	weft_critical_finder_fini(&finder);
	find(&selection, 2, &finder);
	assert_false(finder.found); /* Of another type. */
	weft_critical_finder_fini(&finder);
}

static void the_selection_limits_what_is_found(void **state)
{
	struct weft_selection selection = WEFT_SELECTION_INIT;
	struct weft_critical_finder finder;

	(void)state;
	selection.task_type = "request";
	selection.from_ns = 2 * (int64_t)MS;
	selection.until_ns = 8 * (int64_t)MS;
	find(&selection, 0, &finder);
	assert_true(finder.found);
	assert_int_equal(finder.chosen.id, 5);
	assert_int_equal(finder.count, 1);
	weft_critical_finder_fini(&finder);
	selection.pid = 99;
	find(&selection, 0, &finder);
	assert_false(finder.found);
	weft_critical_finder_fini(&finder);
}

/* ---- Whatever comes ---- */

static struct weft_script script;

/* One pass over the script with a consumer; `end` is called while the threads are there. */
static uint64_t feed_script(const struct weft_timeline_ops *ops, void *ctx,
			    int (*end)(struct weft_critical_path *path))
{
	struct weft_timeline_options options = {WEFT_LANES_AUTO, script.has_sched};
	struct weft_timeline *timeline = weft_timeline_create(&options, ops, ctx);
	uint64_t last_ns;
	size_t i;

	assert_non_null(timeline);
	for (i = 0; i < script.count; i++) {
		assert_int_equal(weft_timeline_feed(timeline, &script.events[i]), 0);
	}
	if (end) {
		assert_int_equal(end((struct weft_critical_path *)ctx), 0);
	}
	last_ns = weft_timeline_totals(timeline)->last_ns;
	weft_timeline_destroy(timeline);
	return last_ns;
}

/* Segments fill the task's time whatever the events are; weft_story_format_path() checks it. */
static void check_path_of(const struct weft_critical_task *task, uint64_t limit)
{
	struct weft_critical_path path;

	weft_critical_path_init(&path, task, script.has_sched, limit);
	(void)feed_script(&weft_critical_path_ops, &path, weft_critical_path_finish);
	free(weft_story_format_path(&path));
	assert_false(limit == UINT64_C(1) << 16 && path.is_cut);
	weft_critical_path_fini(&path);
}

static void any_input_gives_a_path_that_adds_up(void **state)
{
	static const char *const types[] = {"serve", "parse", "work", "reply", ""};
	uint64_t path_count = 0;
	uint64_t seed;

	(void)state;
	for (seed = 1; seed <= 1000; seed++) {
		struct weft_selection selection = WEFT_SELECTION_INIT;
		struct weft_critical_finder finder = {.selection = &selection};
		uint64_t random = seed * UINT64_C(0x9e3779b97f4a7c15);
		unsigned int damage =
			seed % 3 ? weft_script_below(&random, WEFT_DAMAGE_ALL + 1) : 0;
		uint64_t last_ns;
		size_t i;

		weft_script_generate(&script, &random, seed % 4 != 0);
		weft_script_damage(&script, &random, damage);
		selection.task_type = types[seed % (sizeof(types) / sizeof(types[0]))];
		last_ns = feed_script(&weft_critical_finder_ops, &finder, NULL);
		assert_int_equal(weft_critical_finder_finish(&finder, last_ns), 0);
		for (i = 0; i < finder.slowest_count; i++) {
			if (finder.slowest[i].end_ns > finder.slowest[i].begin_ns) {
				check_path_of(&finder.slowest[i],
					      i % 2 ? 1 + weft_script_below(&random, 100)
						    : UINT64_C(1) << 16);
				path_count++;
			}
		}
		weft_critical_finder_fini(&finder);
	}
	/* Were there none, all of this would have shown nothing. */
	assert_true(path_count > 1000);
}

/* ---- Reports ---- */

static const char *const mutex_script = "0 new A\n0 new B\n0 run A 0\n0 run B 1\n"
					"0 begin A 1\n4 open A update 1\n5 block A sync\n"
					"6 block B sleep\n16 wake B irq\n16 run B 1\n20 wake A "
					"B\n21 run A 0\n22 close A\n23 end A 1\n";

static void the_text_is_as_drawn(void **state)
{
	/* as it looks. */
	/* clang-format off */
	static const char expected[] =
		"\n"
		"critical path of task 1: 23.0 ms, begun at 0 ns by thread 65 of process 100\n"
		"       at        for  thread    what                                   regions\n"
		"     0 ns    4.00 ms  A (65)    on CPU                                 -\n"
		"  4.00 ms    1.00 ms  A (65)    on CPU                                 update\n"
		"  5.00 ms  [15.0 ms]  A (65)    waits: sync, until woken by B (66)     update\n"
		"  5.00 ms    1.00 ms    B (66)  on CPU                                 -\n"
		"  6.00 ms    10.0 ms    B (66)  blocked: sleep, woken by an interrupt  -\n"
		"  16.0 ms    4.00 ms    B (66)  on CPU                                 -\n"
		"  20.0 ms    1.00 ms  A (65)    runnable                               update\n"
		"  21.0 ms    1.00 ms  A (65)    on CPU                                 update\n"
		"  22.0 ms    1.00 ms  A (65)    on CPU                                 -\n"
		"\n"
		"critical path, summed up\n"
		"  thread  what            times    total   share\n"
		"  B (66)  blocked: sleep      1  10.0 ms  43.5 %\n"
		"  A (65)  on CPU              4  7.00 ms  30.4 %\n"
		"  B (66)  on CPU              2  5.00 ms  21.7 %\n"
		"  A (65)  runnable            1  1.00 ms   4.3 %\n";
	/* clang-format on */
	struct weft_critical_task task = {
		.id = 1, .raw = 7, .end_ns = 23 * MS, .pid = 100, .tid = 'A', .ended = true};
	struct weft_critical_finder finder = {.count = 1, .slowest = {task}, .slowest_count = 1};
	struct weft_critical_path path;
	struct weft_critical_report report = {&finder, &path, 0};
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	(void)state;
	assert_non_null(out);
	weft_critical_path_init(&path, &task, true, 1000);
	weft_story_tell(mutex_script, &weft_critical_path_ops, &path);
	assert_int_equal(weft_critical_report_write_text(&report, out, 100, 0), 0);
	assert_int_equal(fclose(out), 0);
	assert_string_equal(text, expected);
	free(text);
	weft_critical_path_fini(&path);
}

static void the_json_adds_up_to_the_duration(void **state)
{
	struct weft_critical_task task = {.id = 1, .raw = 7, .end_ns = 23 * MS, .ended = true};
	struct weft_critical_finder finder = {.count = 1, .slowest = {task}, .slowest_count = 1};
	struct weft_critical_path path;
	struct weft_critical_report report = {&finder, &path, 0};
	const json_t *segment;
	json_int_t total = 0;
	json_t *object;
	size_t i;

	(void)state;
	weft_critical_path_init(&path, &task, true, 1000);
	weft_story_tell(mutex_script, &weft_critical_path_ops, &path);
	object = weft_critical_report_make_json(&report);
	assert_non_null(object);
	json_array_foreach(json_object_get(object, "segments"), i, segment)
	{
		assert_int_equal(json_integer_value(json_object_get(segment, "begin_ns")), total);
		total += json_integer_value(json_object_get(segment, "duration_ns"));
	}
	assert_int_equal(i, 8);
	assert_int_equal(total, json_integer_value(json_object_get(object, "duration_ns")));
	segment = json_array_get(json_object_get(object, "segments"), 3);
	assert_string_equal(json_string_value(json_object_get(segment, "state")), "blocked");
	assert_string_equal(json_string_value(json_object_get(segment, "reason")), "sleep");
	assert_string_equal(json_string_value(json_object_get(segment, "woken_by")), "interrupt");
	segment = json_array_get(json_object_get(object, "waits"), 0);
	assert_int_equal(json_integer_value(json_object_get(segment, "duration_ns")), 15 * MS);
	assert_string_equal(
		json_string_value(json_object_get(json_object_get(segment, "waker"), "name")), "B");
	json_decref(object);
	weft_critical_path_fini(&path);
}

int main(void)
{
	const struct CMUnitTest all[] = {
		cmocka_unit_test(a_thread_alone_is_its_own_path),
		cmocka_unit_test(a_chain_of_wakers_is_followed_into_the_wait),
		cmocka_unit_test(a_mutex_shows_what_its_holder_did_meanwhile),
		cmocka_unit_test(a_wait_for_a_cpu_names_who_had_it),
		cmocka_unit_test(a_wait_that_nobody_ended_stays_a_wait),
		cmocka_unit_test(a_task_that_moves_is_followed_through_the_wake_up),
		cmocka_unit_test(a_task_in_a_queue_waits_for_the_thread_that_serves),
		cmocka_unit_test(what_a_worker_did_before_it_got_the_task_is_left_out),
		cmocka_unit_test(a_new_thread_continues_with_who_made_it),
		cmocka_unit_test(a_child_task_on_another_thread_belongs_to_it),
		cmocka_unit_test(an_open_task_ends_with_the_recording),
		cmocka_unit_test(a_circle_of_wakers_ends),
		cmocka_unit_test(too_many_intervals_cost_the_beginning_only),
		cmocka_unit_test(the_slowest_of_a_type_is_found),
		cmocka_unit_test(a_task_is_found_by_id_even_when_it_is_open),
		cmocka_unit_test(the_selection_limits_what_is_found),
		cmocka_unit_test(any_input_gives_a_path_that_adds_up),
		cmocka_unit_test(the_text_is_as_drawn),
		cmocka_unit_test(the_json_adds_up_to_the_duration),
	};

	return cmocka_run_group_tests(all, NULL, NULL);
}
