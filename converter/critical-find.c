// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Which task's critical path is shown. See critical-path.h.
 */
#include "critical-path.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Tasks of the type open at once; the ends of those beyond are not seen. */
#define OPEN_COUNT_MAX 131072U

static uint64_t duration_of(const struct weft_critical_task *task)
{
	return task->end_ns - task->begin_ns;
}

/* Open tasks come in no order, so that equal durations need one. */
static bool is_slower(const struct weft_critical_task *task, const struct weft_critical_task *other)
{
	uint64_t duration_ns = duration_of(task);
	uint64_t other_ns = duration_of(other);

	return duration_ns > other_ns || (duration_ns == other_ns && task->id < other->id);
}

/* Keeps the slowest. */
static void rank(struct weft_critical_finder *finder, const struct weft_critical_task *task)
{
	size_t at = finder->slowest_count;

	while (at > 0 && is_slower(task, &finder->slowest[at - 1])) {
		at--;
	}
	if (at == WEFT_CRITICAL_SLOWEST_COUNT) {
		return;
	}
	if (finder->slowest_count < WEFT_CRITICAL_SLOWEST_COUNT) {
		finder->slowest_count++;
	}
	memmove(&finder->slowest[at + 1], &finder->slowest[at],
		(finder->slowest_count - 1 - at) * sizeof(*task));
	finder->slowest[at] = *task;
}

static bool is_before(uint64_t ts_ns, uint64_t first_ns, int64_t limit_ns)
{
	return limit_ns != WEFT_TIME_NONE && limit_ns > 0 && ts_ns - first_ns < (uint64_t)limit_ns;
}

/* Whether the task lies in the selected part of the input. */
static bool is_selected(const struct weft_critical_finder *finder,
			const struct weft_critical_task *task)
{
	const struct weft_selection *selection = finder->selection;

	if (selection->pid && selection->pid != task->pid) {
		return false;
	}
	if (is_before(task->begin_ns, finder->first_ns, selection->from_ns)) {
		return false;
	}
	if (selection->until_ns != WEFT_TIME_NONE &&
	    (selection->until_ns < 0 ||
	     task->end_ns - finder->first_ns > (uint64_t)selection->until_ns)) {
		return false;
	}
	return duration_of(task) >= selection->slower_than_ns;
}

static void start(struct weft_critical_finder *finder, uint64_t ts_ns)
{
	if (!finder->started) {
		finder->started = true;
		finder->first_ns = ts_ns;
	}
}

static void on_process_new(void *ctx, uint64_t ts_ns, const struct weft_process *process,
			   const struct weft_process *former)
{
	(void)process;
	(void)former;
	start((struct weft_critical_finder *)ctx, ts_ns);
}

static void on_task_begin(void *ctx, uint64_t ts_ns, struct weft_thread *thread,
			  const struct weft_task_state *task, uint64_t ip)
{
	struct weft_critical_finder *finder = (struct weft_critical_finder *)ctx;
	struct weft_critical_task *open;

	(void)ip;
	start(finder, ts_ns);
	if (strcmp(task->type, finder->selection->task_type) != 0 ||
	    finder->open.count >= OPEN_COUNT_MAX) {
		return;
	}
	open = (struct weft_critical_task *)malloc(sizeof(*open));
	if (!open || weft_id_map_put(&finder->open, task->id, open) < 0) {
		free(open);
		finder->status = -ENOMEM;
		return;
	}
	*open = (struct weft_critical_task){
		.id = task->id,
		.raw = task->raw,
		.begin_ns = ts_ns,
		.end_ns = ts_ns,
		.pid = thread->process->pid,
		.tid = thread->tid,
	};
}

static void on_task_end(void *ctx, uint64_t ts_ns, struct weft_thread *thread,
			const struct weft_task_state *task, struct weft_text error)
{
	struct weft_critical_finder *finder = (struct weft_critical_finder *)ctx;
	struct weft_critical_task *open =
		(struct weft_critical_task *)weft_id_map_find(&finder->open, task->id);

	(void)thread;
	(void)error;
	if (!open) {
		return;
	}
	open->end_ns = ts_ns;
	open->ended = true;
	if (open->id == finder->wanted_id) {
		finder->chosen = *open;
		finder->found = true;
	}
	if (is_selected(finder, open)) {
		finder->count++;
		rank(finder, open);
	}
	weft_id_map_remove(&finder->open, open->id);
	free(open);
}

int weft_critical_finder_finish(struct weft_critical_finder *finder, uint64_t last_ns)
{
	size_t i;

	for (i = 0; i < finder->open.slot_count; i++) {
		struct weft_critical_task *open =
			(struct weft_critical_task *)finder->open.slots[i].value;

		if (!open || last_ns < open->begin_ns) {
			continue;
		}
		open->end_ns = last_ns;
		if (open->id == finder->wanted_id) {
			finder->chosen = *open;
			finder->found = true;
		}
		if (finder->count == 0 && is_selected(finder, open)) {
			rank(finder, open);
		}
	}
	if (finder->wanted_id == 0 && finder->slowest_count > 0) {
		finder->chosen = finder->slowest[0];
		finder->found = true;
	}
	return finder->status;
}

void weft_critical_finder_fini(struct weft_critical_finder *finder)
{
	size_t i;

	for (i = 0; i < finder->open.slot_count; i++) {
		free(finder->open.slots[i].value);
	}
	weft_id_map_fini(&finder->open);
}

const struct weft_timeline_ops weft_critical_finder_ops = {
	.process_new = on_process_new,
	.task_begin = on_task_begin,
	.task_end = on_task_end,
};
