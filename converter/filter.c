// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Selection of a part of the timeline. See filter.h.
 *
 * A consumer knows a thread when it has set thread->consumer: that is the filter's memory as well.
 */
#include "filter.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Per task in the first pass: 12 bytes. */
struct learnt_task {
	uint32_t parent; /* Dense id, 0 for none. */
	uint8_t chosen;
	uint64_t begin_ns;
};

struct weft_filter {
	struct weft_selection selection;
	bool by_task;
	struct learnt_task *tasks; /* Index: dense id. */
	size_t task_count;
	int status;

	const struct weft_timeline *timeline;
	const struct weft_timeline_ops *ops;
	void *ctx;
	bool started, done;
	int32_t lane_count; /* Lanes the consumer knows. */
	uint64_t now_ns;
	const struct weft_thread *current; /* Whom the hook at work is about. */
};

bool weft_selection_is_partial(const struct weft_selection *selection)
{
	return selection->from_ns != WEFT_TIME_NONE || selection->until_ns != WEFT_TIME_NONE ||
	       selection->pid != 0 || selection->task_type || selection->slower_than_ns;
}

struct weft_filter *weft_filter_create(const struct weft_selection *selection)
{
	struct weft_filter *filter = (struct weft_filter *)calloc(1, sizeof(*filter));

	if (filter) {
		filter->selection = *selection;
		filter->by_task = selection->task_type || selection->slower_than_ns;
	}
	return filter;
}

void weft_filter_destroy(struct weft_filter *filter)
{
	if (filter) {
		free(filter->tasks);
		free(filter);
	}
}

bool weft_filter_needs_learning(const struct weft_filter *filter)
{
	return filter->by_task;
}

bool weft_filter_is_done(const struct weft_filter *filter)
{
	return filter->done;
}

void weft_filter_connect(struct weft_filter *filter, const struct weft_timeline *timeline,
			 const struct weft_timeline_ops *ops, void *ctx)
{
	filter->timeline = timeline;
	filter->ops = ops;
	filter->ctx = ctx;
}

/* ---- First pass: which tasks ---- */

static struct learnt_task *learnt(struct weft_filter *filter, uint64_t id)
{
	if (id >= filter->task_count) {
		size_t count = filter->task_count ? filter->task_count * 2 : 1024;
		struct learnt_task *tasks;

		while (count <= id) {
			count *= 2;
		}
		tasks = (struct learnt_task *)realloc(filter->tasks, count * sizeof(*tasks));
		if (!tasks) {
			filter->status = -ENOMEM;
			return NULL;
		}
		memset(tasks + filter->task_count, 0,
		       (count - filter->task_count) * sizeof(*tasks));
		filter->tasks = tasks;
		filter->task_count = count;
	}
	return &filter->tasks[id];
}

static bool has_type(const struct weft_filter *filter, const struct weft_task_state *task)
{
	return !filter->selection.task_type || strcmp(task->type, filter->selection.task_type) == 0;
}

static void learn_task_begin(void *ctx, uint64_t ts_ns, struct weft_thread *thread,
			     const struct weft_task_state *task, uint64_t ip)
{
	struct weft_filter *filter = (struct weft_filter *)ctx;
	struct learnt_task *entry = learnt(filter, task->id);

	(void)thread;
	(void)ip;
	if (entry) {
		entry->parent = (uint32_t)task->parent;
		entry->begin_ns = ts_ns;
		/* Open until its end says otherwise: a task that hangs is slow. */
		entry->chosen = has_type(filter, task);
	}
}

static void learn_task_end(void *ctx, uint64_t ts_ns, struct weft_thread *thread,
			   const struct weft_task_state *task, struct weft_text error)
{
	struct weft_filter *filter = (struct weft_filter *)ctx;
	struct learnt_task *entry = learnt(filter, task->id);

	(void)thread;
	(void)error;
	if (entry) {
		/* A task from before the trace has lasted at least since its beginning. */
		entry->chosen = has_type(filter, task) &&
				ts_ns - entry->begin_ns >= filter->selection.slower_than_ns;
		entry->begin_ns = UINT64_MAX; /* Ended. */
	}
}

const struct weft_timeline_ops weft_filter_learn_ops = {
	.task_begin = learn_task_begin,
	.task_end = learn_task_end,
};

int weft_filter_learned(struct weft_filter *filter, uint64_t last_ns)
{
	size_t id;

	for (id = 1; id < filter->task_count; id++) {
		struct learnt_task *entry = &filter->tasks[id];

		if (entry->begin_ns != UINT64_MAX && entry->begin_ns <= last_ns &&
		    last_ns - entry->begin_ns < filter->selection.slower_than_ns) {
			entry->chosen = 0;
		}
		/* Parents have smaller ids than their children. */
		entry->chosen |= entry->parent < id && filter->tasks[entry->parent].chosen;
	}
	return filter->status;
}

static bool is_chosen(const struct weft_filter *filter, uint64_t task_id)
{
	return !filter->by_task || (task_id < filter->task_count && filter->tasks[task_id].chosen);
}

/* ---- Second pass ---- */

#define FORWARD(filter, hook, ...)                                                                 \
	do {                                                                                       \
		if ((filter)->ops->hook) {                                                         \
			(filter)->ops->hook((filter)->ctx, (filter)->now_ns, __VA_ARGS__);         \
		}                                                                                  \
	} while (0)

static bool is_of_process(const struct weft_filter *filter, const struct weft_thread *thread)
{
	return filter->selection.pid == 0 || thread->process->pid == filter->selection.pid;
}

static bool is_known(const struct weft_thread *thread)
{
	return thread->consumer != NULL;
}

static void forward_lanes(struct weft_filter *filter)
{
	int32_t count = weft_timeline_lane_count(filter->timeline);

	while (filter->lane_count < count) {
		FORWARD(filter, lane_new, filter->lane_count);
		filter->lane_count++;
	}
}

/* Announces a thread in the state it has: a Running one runs, a Waiting one has slept. */
static void introduce(struct weft_filter *filter, struct weft_thread *thread)
{
	if (is_known(thread) || !is_of_process(filter, thread)) {
		return;
	}
	forward_lanes(filter);
	FORWARD(filter, thread_new, thread, NULL);
	if (thread->state == WEFT_THREAD_RUNNING) {
		FORWARD(filter, run, thread);
	} else if (thread->state == WEFT_THREAD_WAITING) {
		FORWARD(filter, block, thread, -1, weft_wait_reason(&thread->wait));
	}
}

static void introduce_if_present(void *ctx, struct weft_thread *thread)
{
	struct weft_filter *filter = (struct weft_filter *)ctx;

	if ((thread->state == WEFT_THREAD_RUNNING || thread->state == WEFT_THREAD_WAITING) &&
	    thread != filter->current) {
		introduce(filter, thread);
	}
}

/*
 * Whether the selected time is over. From then on the consumer hears nothing more: it was not told which
 * threads have ended since, and must not be made to look at them.
 */
static bool is_over(struct weft_filter *filter, uint64_t ts_ns)
{
	uint64_t since_ns = ts_ns - weft_timeline_totals(filter->timeline)->first_ns;

	if (filter->selection.until_ns != WEFT_TIME_NONE &&
	    since_ns > (uint64_t)filter->selection.until_ns) {
		filter->done = true;
	}
	return filter->done;
}

/* Whether the hook at this time counts; at the first that does, who runs or sleeps is announced. */
static bool counts(struct weft_filter *filter, uint64_t ts_ns, const struct weft_thread *thread)
{
	const struct weft_timeline_totals *totals = weft_timeline_totals(filter->timeline);
	uint64_t since_ns = ts_ns - totals->first_ns;

	if (is_over(filter, ts_ns)) {
		return false;
	}
	if (filter->selection.from_ns != WEFT_TIME_NONE &&
	    since_ns < (uint64_t)filter->selection.from_ns) {
		return false;
	}
	filter->now_ns = ts_ns;
	filter->current = thread;
	if (!filter->started) {
		filter->started = true;
		if (!filter->by_task) {
			weft_timeline_each_thread(filter->timeline, introduce_if_present, filter);
		}
	}
	return true;
}

static void filter_process_new(void *ctx, uint64_t ts_ns, const struct weft_process *process,
			       const struct weft_process *former)
{
	struct weft_filter *filter = (struct weft_filter *)ctx;

	if (!is_over(filter, ts_ns)) {
		filter->now_ns = ts_ns;
		FORWARD(filter, process_new, process, former);
	}
}

static void filter_process_name(void *ctx, uint64_t ts_ns, const struct weft_process *process)
{
	struct weft_filter *filter = (struct weft_filter *)ctx;

	if (!is_over(filter, ts_ns)) {
		filter->now_ns = ts_ns;
		FORWARD(filter, process_name, process);
	}
}

static void filter_thread_new(void *ctx, uint64_t ts_ns, struct weft_thread *thread,
			      struct weft_thread *creator)
{
	struct weft_filter *filter = (struct weft_filter *)ctx;

	if (counts(filter, ts_ns, thread) && !filter->by_task && is_of_process(filter, thread)) {
		forward_lanes(filter);
		FORWARD(filter, thread_new, thread, creator && is_known(creator) ? creator : NULL);
	}
}

static void filter_thread_name(void *ctx, uint64_t ts_ns, struct weft_thread *thread)
{
	struct weft_filter *filter = (struct weft_filter *)ctx;

	if (counts(filter, ts_ns, thread) && is_known(thread)) {
		FORWARD(filter, thread_name, thread);
	}
}

static void filter_run(void *ctx, uint64_t ts_ns, struct weft_thread *thread)
{
	struct weft_filter *filter = (struct weft_filter *)ctx;

	if (!counts(filter, ts_ns, thread)) {
		return;
	}
	if (is_known(thread)) {
		forward_lanes(filter);
		FORWARD(filter, run, thread);
	} else if (!filter->by_task) {
		introduce(filter, thread);
	}
}

/* A thread known to the consumer that left its lane before the selected time began is not there. */
static void filter_block(void *ctx, uint64_t ts_ns, struct weft_thread *thread, int32_t lane,
			 const char *reason)
{
	struct weft_filter *filter = (struct weft_filter *)ctx;

	if (counts(filter, ts_ns, thread) && is_known(thread)) {
		FORWARD(filter, block, thread, lane, reason);
	}
}

static void filter_stop(void *ctx, uint64_t ts_ns, struct weft_thread *thread, int32_t lane,
			const char *reason)
{
	struct weft_filter *filter = (struct weft_filter *)ctx;

	if (counts(filter, ts_ns, thread) && is_known(thread)) {
		FORWARD(filter, stop, thread, lane, reason);
	}
}

static void filter_wake(void *ctx, uint64_t ts_ns, struct weft_thread *thread,
			struct weft_thread *waker, int32_t lane)
{
	struct weft_filter *filter = (struct weft_filter *)ctx;

	if (counts(filter, ts_ns, thread) && is_known(thread)) {
		forward_lanes(filter);
		FORWARD(filter, wake, thread, waker && is_known(waker) ? waker : NULL, lane);
	}
}

static void filter_syscall(void *ctx, uint64_t ts_ns, struct weft_thread *thread,
			   weft_syscall_index index)
{
	struct weft_filter *filter = (struct weft_filter *)ctx;

	if (counts(filter, ts_ns, thread) && is_known(thread)) {
		FORWARD(filter, syscall, thread, index);
	}
}

static void filter_exit(void *ctx, uint64_t ts_ns, struct weft_thread *thread, int32_t lane)
{
	struct weft_filter *filter = (struct weft_filter *)ctx;

	if (counts(filter, ts_ns, thread) && is_known(thread)) {
		FORWARD(filter, exit, thread, lane);
	}
}

/* Whether an event of a Running thread goes through; makes the thread known then. */
static bool admits(struct weft_filter *filter, uint64_t ts_ns, struct weft_thread *thread,
		   uint64_t task_id)
{
	if (!counts(filter, ts_ns, thread) || !is_chosen(filter, task_id)) {
		return false;
	}
	introduce(filter, thread);
	return is_known(thread);
}

static void filter_task_begin(void *ctx, uint64_t ts_ns, struct weft_thread *thread,
			      const struct weft_task_state *task, uint64_t ip)
{
	struct weft_filter *filter = (struct weft_filter *)ctx;

	if (admits(filter, ts_ns, thread, task->id)) {
		FORWARD(filter, task_begin, thread, task, ip);
	}
}

static void filter_task_end(void *ctx, uint64_t ts_ns, struct weft_thread *thread,
			    const struct weft_task_state *task, struct weft_text error)
{
	struct weft_filter *filter = (struct weft_filter *)ctx;

	if (admits(filter, ts_ns, thread, task->id)) {
		FORWARD(filter, task_end, thread, task, error);
	}
}

static void filter_region_begin(void *ctx, uint64_t ts_ns, struct weft_thread *thread,
				const struct weft_open_region *region)
{
	struct weft_filter *filter = (struct weft_filter *)ctx;

	if (admits(filter, ts_ns, thread, region->task)) {
		FORWARD(filter, region_begin, thread, region);
	}
}

static void filter_region_end(void *ctx, uint64_t ts_ns, struct weft_thread *thread,
			      const struct weft_open_region *region, struct weft_text error,
			      bool repaired, bool began_before)
{
	struct weft_filter *filter = (struct weft_filter *)ctx;

	if (admits(filter, ts_ns, thread, region->task)) {
		FORWARD(filter, region_end, thread, region, error, repaired, began_before);
	}
}

static void filter_log(void *ctx, uint64_t ts_ns, struct weft_thread *thread,
		       const struct weft_task_state *task, struct weft_text category,
		       struct weft_text message, uint64_t ip)
{
	struct weft_filter *filter = (struct weft_filter *)ctx;

	if (admits(filter, ts_ns, thread, task ? task->id : 0)) {
		FORWARD(filter, log, thread, task, category, message, ip);
	}
}

static void filter_account(void *ctx, uint64_t ts_ns, struct weft_thread *thread,
			   const struct weft_task_state *task, const struct weft_event *event)
{
	struct weft_filter *filter = (struct weft_filter *)ctx;

	if (!counts(filter, ts_ns, thread) || !is_known(thread)) {
		return;
	}
	if (is_chosen(filter, task ? task->id : 0)) {
		FORWARD(filter, account, thread, task, event);
	} else {
		FORWARD(filter, account_of_others, thread);
	}
}

static void filter_cpu_sample(void *ctx, uint64_t ts_ns, struct weft_thread *thread,
			      const struct weft_task_state *task, const struct weft_event *event)
{
	struct weft_filter *filter = (struct weft_filter *)ctx;

	if (admits(filter, ts_ns, thread, task ? task->id : 0)) {
		FORWARD(filter, cpu_sample, thread, task, event);
	}
}

static void filter_misuse(void *ctx, uint64_t ts_ns, struct weft_thread *thread, uint32_t misuse,
			  struct weft_text name, uint64_t ip)
{
	struct weft_filter *filter = (struct weft_filter *)ctx;

	if (counts(filter, ts_ns, thread) && is_known(thread)) {
		FORWARD(filter, misuse, thread, misuse, name, ip);
	}
}

const struct weft_timeline_ops weft_filter_ops = {
	.process_new = filter_process_new,
	.process_name = filter_process_name,
	.thread_new = filter_thread_new,
	.thread_name = filter_thread_name,
	.run = filter_run,
	.block = filter_block,
	.stop = filter_stop,
	.wake = filter_wake,
	.syscall = filter_syscall,
	.exit = filter_exit,
	.task_begin = filter_task_begin,
	.task_end = filter_task_end,
	.region_begin = filter_region_begin,
	.region_end = filter_region_end,
	.log = filter_log,
	.account = filter_account,
	.cpu_sample = filter_cpu_sample,
	.misuse = filter_misuse,
};
