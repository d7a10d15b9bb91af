// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * The summary: hooks of the timeline → rows. See summary.h.
 */
#include "summary.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/*
 * Ceilings of distinct things; beyond, rows share the one of name 0. The dearest rows are those with
 * a histogram, about 8 KiB each in use: all of them together stay below 50 MiB.
 */
#define NAME_COUNT_MAX      16384U
#define TASK_COUNT_MAX      2048U
#define REGION_COUNT_MAX    4096U
#define REGION_COUNT_KEPT   3072U /* Merging that leaves more is not worth trying again. */
#define LOG_COUNT_MAX       4096U
#define THREAD_COUNT_MAX    32768U
#define PROCESS_COUNT_MAX   16384U
#define MISUSE_COUNT_MAX    1024U
#define OPEN_TASK_COUNT_MAX 131072U

/* A task that began in what was read and has not ended. */
struct weft_open_task {
	struct weft_task_row *row;
	uint64_t begin_ns;
};

static void fail(struct weft_summary *summary, int code)
{
	if (summary->status == 0) {
		summary->status = code;
	}
}

static struct weft_text text_of(const char *text)
{
	return (struct weft_text){text, (uint32_t)strlen(text)};
}

static uint64_t name_id(struct weft_summary *summary, struct weft_text text)
{
	static const struct weft_text unnamed = {"(unnamed)", sizeof("(unnamed)") - 1};
	uint64_t id = 0;

	text = text.len ? text : unnamed;
	if (summary->names.count >= NAME_COUNT_MAX) {
		return weft_text_table_find(&summary->names, text);
	}
	if (weft_text_table_add(&summary->names, text, &id) < 0) {
		fail(summary, -ENOMEM);
	}
	return id;
}

void *weft_summary__add_row(struct weft_summary *summary, struct weft_rows *rows, size_t size)
{
	void *row;

	if (rows->count == rows->capacity) {
		size_t capacity = rows->capacity ? rows->capacity * 2 : 32;
		void **larger = (void **)realloc(rows->rows, capacity * sizeof(void *));

		if (!larger) {
			fail(summary, -ENOMEM);
			return NULL;
		}
		rows->rows = larger;
		rows->capacity = capacity;
	}
	row = calloc(1, size);
	if (!row) {
		fail(summary, -ENOMEM);
		return NULL;
	}
	rows->rows[rows->count++] = row;
	return row;
}

/* Makes a row findable; a row that is not is still in the report. */
static void index_row(struct weft_summary *summary, struct weft_id_map *index, uint64_t key,
		      void *row)
{
	if (row && weft_id_map_put(index, key, row) < 0) {
		fail(summary, -ENOMEM);
	}
}

static void add_duration(struct weft_summary *summary, struct weft_histogram *histogram,
			 uint64_t begin_ns, uint64_t end_ns)
{
	if (weft_histogram_add(histogram, end_ns - begin_ns) < 0) {
		fail(summary, -ENOMEM);
	}
}

/* ---- Processes ---- */

static void set_process_name(struct weft_summary *summary, struct weft_process_row *row,
			     const struct weft_process *process)
{
	row->ppid = process->ppid;
	if (process->exe[0]) {
		row->exe_id = name_id(summary, text_of(process->exe));
	}
}

/* Rows are made for processes whose threads matter, hence not by on_process_new(). */
static void need_process_row(struct weft_summary *summary, const struct weft_process *process)
{
	struct weft_process_row *row;

	if (weft_id_map_find(&summary->process_index, process->id) ||
	    summary->processes.count >= PROCESS_COUNT_MAX) {
		return;
	}
	row = (struct weft_process_row *)weft_summary__add_row(summary, &summary->processes,
							       sizeof(*row));
	if (row) {
		row->id = process->id;
		row->pid = process->pid;
		set_process_name(summary, row, process);
		index_row(summary, &summary->process_index, row->id, row);
	}
}

static void on_process_new(void *ctx, uint64_t ts_ns, const struct weft_process *process,
			   const struct weft_process *former)
{
	(void)ts_ns;
	(void)process;
	if (former) {
		weft_summary__resolve((struct weft_summary *)ctx, former->pid);
	}
}

static void on_process_name(void *ctx, uint64_t ts_ns, const struct weft_process *process)
{
	struct weft_summary *summary = (struct weft_summary *)ctx;
	struct weft_process_row *row =
		(struct weft_process_row *)weft_id_map_find(&summary->process_index, process->id);

	(void)ts_ns;
	if (row) {
		set_process_name(summary, row, process);
	}
}

/* ---- Threads ---- */

static struct weft_thread_row *row_of(const struct weft_thread *thread)
{
	return (struct weft_thread_row *)thread->consumer;
}

static void set_thread_name(struct weft_summary *summary, const struct weft_thread *thread)
{
	if (row_of(thread) && thread->name[0]) {
		row_of(thread)->name_id = name_id(summary, text_of(thread->name));
	}
}

/* The thread is alive now. Its process may have become known since the last time. */
static void touch(struct weft_summary *summary, const struct weft_thread *thread, uint64_t ts_ns)
{
	struct weft_thread_row *row = row_of(thread);

	if (row) {
		row->last_ns = ts_ns;
		if (row->process != thread->process->id) {
			row->process = thread->process->id;
			need_process_row(summary, thread->process);
		}
	}
}

static void on_thread_new(void *ctx, uint64_t ts_ns, struct weft_thread *thread,
			  struct weft_thread *creator)
{
	struct weft_summary *summary = (struct weft_summary *)ctx;
	struct weft_thread_row *row;

	(void)creator;
	if (!summary->started) {
		summary->started = true;
		summary->start_ns = ts_ns;
	}
	if (summary->threads.count >= THREAD_COUNT_MAX) {
		return;
	}
	row = (struct weft_thread_row *)weft_summary__add_row(summary, &summary->threads,
							      sizeof(*row));
	if (!row) {
		return;
	}
	row->id = thread->id;
	row->tid = thread->tid;
	row->first_ns = row->since_ns = ts_ns;
	row->state = WEFT_THREAD_NEW;
	thread->consumer = row;
	set_thread_name(summary, thread);
	touch(summary, thread, ts_ns);
}

static void on_thread_name(void *ctx, uint64_t ts_ns, struct weft_thread *thread)
{
	(void)ts_ns;
	set_thread_name((struct weft_summary *)ctx, thread);
}

/* Credits the time since the last change to the state it was spent in. */
static void credit(struct weft_thread_row *row, uint64_t ts_ns)
{
	uint64_t ns = ts_ns - row->since_ns;

	if (row->state == WEFT_THREAD_RUNNING) {
		row->states.run_ns += ns;
	} else if (row->state == WEFT_THREAD_WAITING) {
		weft_states_add_blocked(&row->states, row->reason, 1, ns);
	} else if (row->state != WEFT_THREAD_GONE) {
		row->states.wait_ns += ns;
		row->states.preempted_ns += row->reason ? ns : 0;
	}
	row->since_ns = ts_ns;
}

static void change_state(struct weft_summary *summary, const struct weft_thread *thread,
			 uint64_t ts_ns, enum weft_thread_state state, const char *reason)
{
	struct weft_thread_row *row = row_of(thread);

	touch(summary, thread, ts_ns);
	if (row) {
		credit(row, ts_ns);
		row->state = state;
		row->reason = reason;
	}
}

static void on_run(void *ctx, uint64_t ts_ns, struct weft_thread *thread)
{
	change_state((struct weft_summary *)ctx, thread, ts_ns, WEFT_THREAD_RUNNING, NULL);
}

static void on_block(void *ctx, uint64_t ts_ns, struct weft_thread *thread, int32_t lane,
		     const char *reason)
{
	(void)lane;
	change_state((struct weft_summary *)ctx, thread, ts_ns, WEFT_THREAD_WAITING, reason);
}

static void on_stop(void *ctx, uint64_t ts_ns, struct weft_thread *thread, int32_t lane,
		    const char *reason)
{
	(void)lane;
	change_state((struct weft_summary *)ctx, thread, ts_ns, WEFT_THREAD_RUNNABLE, reason);
	if (row_of(thread)) {
		row_of(thread)->states.preempted_count++;
	}
}

/* Who ended the wait, by name: threads of a pool count as one. */
static void count_waker(struct weft_summary *summary, const struct weft_thread *thread,
			const struct weft_thread *waker, int32_t lane)
{
	const char *name = lane >= 0 ? "[interrupt]" : "[unknown]";

	if (waker) {
		name = waker->name[0] ? waker->name : "[unnamed thread]";
	}
	weft_states_add_waker(&row_of(thread)->states, name_id(summary, text_of(name)), 1);
}

static void on_wake(void *ctx, uint64_t ts_ns, struct weft_thread *thread,
		    struct weft_thread *waker, int32_t lane)
{
	change_state((struct weft_summary *)ctx, thread, ts_ns, WEFT_THREAD_RUNNABLE, NULL);
	if (row_of(thread)) {
		count_waker((struct weft_summary *)ctx, thread, waker, lane);
	}
}

static void on_exit_thread(void *ctx, uint64_t ts_ns, struct weft_thread *thread, int32_t lane)
{
	(void)lane;
	change_state((struct weft_summary *)ctx, thread, ts_ns, WEFT_THREAD_GONE, NULL);
	thread->consumer = NULL;
}

/* ---- Tasks ---- */

static struct weft_task_row *task_row(struct weft_summary *summary,
				      const struct weft_task_state *task)
{
	const char *type = task->type[0] || task->begun ? task->type : "(began before the trace)";
	uint64_t id = name_id(summary, text_of(type));
	struct weft_task_row *row =
		(struct weft_task_row *)weft_id_map_find(&summary->task_index, id);

	if (!row && id && summary->tasks.count >= TASK_COUNT_MAX) {
		id = 0;
		row = (struct weft_task_row *)weft_id_map_find(&summary->task_index, id);
	}
	if (!row) {
		row = (struct weft_task_row *)weft_summary__add_row(summary, &summary->tasks,
								    sizeof(*row));
		if (row) {
			row->name_id = id;
			index_row(summary, &summary->task_index, id, row);
		}
	}
	return row;
}

static void remember_open(struct weft_summary *summary, struct weft_task_row *row, uint64_t task_id,
			  uint64_t ts_ns)
{
	struct weft_open_task *open;

	row->open_count++;
	if (summary->open_tasks.count >= OPEN_TASK_COUNT_MAX) {
		return; /* Its end will count as one of a task that began before. */
	}
	open = (struct weft_open_task *)malloc(sizeof(*open));
	if (!open || weft_id_map_put(&summary->open_tasks, task_id, open) < 0) {
		free(open);
		fail(summary, -ENOMEM);
		return;
	}
	*open = (struct weft_open_task){row, ts_ns};
}

static void on_task_begin(void *ctx, uint64_t ts_ns, struct weft_thread *thread,
			  const struct weft_task_state *task, uint64_t ip)
{
	struct weft_summary *summary = (struct weft_summary *)ctx;
	struct weft_task_row *row = task_row(summary, task);

	(void)ip;
	touch(summary, thread, ts_ns);
	if (row) {
		row->begin_count++;
		remember_open(summary, row, task->id, ts_ns);
	}
	if (row_of(thread)) {
		row_of(thread)->task_count++;
	}
}

static void on_task_end(void *ctx, uint64_t ts_ns, struct weft_thread *thread,
			const struct weft_task_state *task, struct weft_text error)
{
	struct weft_summary *summary = (struct weft_summary *)ctx;
	struct weft_open_task *open =
		(struct weft_open_task *)weft_id_map_find(&summary->open_tasks, task->id);
	struct weft_task_row *row = open ? open->row : task_row(summary, task);

	touch(summary, thread, ts_ns);
	if (!row) {
		return;
	}
	row->end_count++;
	row->error_count += error.len > 0;
	if (open) {
		row->open_count--;
		weft_id_map_remove(&summary->open_tasks, task->id);
		free(open);
	} else {
		row->began_before_count++;
	}
	if (task->begun) {
		add_duration(summary, &row->duration_ns, task->begin_ns, ts_ns);
	}
}

/* ---- Regions ---- */

/*
 * The row's place in the index: where it is, or the free key where it belongs. Odd multipliers spread
 * the three numbers; what collides is told apart by comparing, and takes the next key.
 */
static uint64_t find_region_key(const struct weft_summary *summary,
				const struct weft_region_row *wanted)
{
	uint64_t key = wanted->name_id * UINT64_C(0x9e3779b97f4a7c15) +
		       wanted->process * UINT64_C(0xc2b2ae3d27d4eb4f) +
		       wanted->ip * UINT64_C(0x165667b19e3779f9);
	const struct weft_region_row *row;

	while ((row = (const struct weft_region_row *)weft_id_map_find(&summary->region_index,
								       key)) != NULL) {
		if (row->name_id == wanted->name_id && row->process == wanted->process &&
		    row->ip == wanted->ip) {
			break;
		}
		key++;
	}
	return key;
}

static struct weft_region_row *add_region_row(struct weft_summary *summary)
{
	return (struct weft_region_row *)weft_summary__add_row(summary, &summary->regions,
							       sizeof(struct weft_region_row));
}

/* The row for all that have none of their own. */
static struct weft_region_row *other_region(struct weft_summary *summary)
{
	if (!summary->other_region) {
		summary->other_region = add_region_row(summary);
	}
	return summary->other_region;
}

/* After merging: the rows that are left stay findable. */
static void index_regions(struct weft_summary *summary)
{
	size_t i;

	for (i = 0; i < summary->regions.count; i++) {
		struct weft_region_row *row = (struct weft_region_row *)summary->regions.rows[i];

		index_row(summary, &summary->region_index, find_region_key(summary, row), row);
	}
}

/* Makes room by joining rows of one call site in different processes. False: there is none. */
static bool need_region_room(struct weft_summary *summary)
{
	if (summary->regions.count >= REGION_COUNT_MAX && !summary->regions_full) {
		weft_summary__merge_regions(summary);
		index_regions(summary);
		summary->regions_full = summary->regions.count > REGION_COUNT_KEPT;
	}
	return summary->regions.count < REGION_COUNT_MAX;
}

static struct weft_region_row *region_row(struct weft_summary *summary,
					  const struct weft_thread *thread,
					  const struct weft_open_region *region)
{
	const struct weft_region_row wanted = {
		.name_id = name_id(summary, text_of(region->name)),
		.process = thread->process->id,
		.pid = thread->process->pid,
		.ip = region->ip,
	};
	struct weft_region_row *row = (struct weft_region_row *)weft_id_map_find(
		&summary->region_index, find_region_key(summary, &wanted));

	if (row) {
		return row;
	}
	if (!wanted.name_id || !need_region_room(summary)) {
		return other_region(summary);
	}
	row = add_region_row(summary);
	if (row) {
		*row = wanted;
		index_row(summary, &summary->region_index, find_region_key(summary, row), row);
	}
	return row;
}

static void on_region_begin(void *ctx, uint64_t ts_ns, struct weft_thread *thread,
			    const struct weft_open_region *region)
{
	struct weft_summary *summary = (struct weft_summary *)ctx;
	struct weft_region_row *row = region_row(summary, thread, region);

	touch(summary, thread, ts_ns);
	if (row) {
		row->begin_count++;
		row->open_count++;
	}
	if (row_of(thread)) {
		row_of(thread)->region_count++;
	}
}

static void on_region_end(void *ctx, uint64_t ts_ns, struct weft_thread *thread,
			  const struct weft_open_region *region, struct weft_text error,
			  bool repaired, bool began_before)
{
	struct weft_summary *summary = (struct weft_summary *)ctx;
	struct weft_region_row *row;

	touch(summary, thread, ts_ns);
	if (began_before) {
		return; /* Neither its call site nor its beginning is known; counted as a repair. */
	}
	row = region_row(summary, thread, region);
	if (!row) {
		return;
	}
	row->error_count += error.len > 0;
	row->repaired_count += repaired;
	if (region->begin_ns >= summary->start_ns) {
		row->open_count--;
	} else {
		row->began_before_count++;
	}
	if (!repaired) {
		add_duration(summary, &row->duration_ns, region->begin_ns, ts_ns);
	}
}

/* ---- Logs, accounts, misuse ---- */

static void on_log(void *ctx, uint64_t ts_ns, struct weft_thread *thread,
		   const struct weft_task_state *task, struct weft_text category,
		   struct weft_text message, uint64_t ip)
{
	struct weft_summary *summary = (struct weft_summary *)ctx;
	uint64_t id = name_id(summary, category);
	struct weft_log_row *row = (struct weft_log_row *)weft_id_map_find(&summary->log_index, id);

	(void)task;
	(void)message;
	(void)ip;
	touch(summary, thread, ts_ns);
	if (row_of(thread)) {
		row_of(thread)->log_count++;
	}
	if (!row && id && summary->logs.count >= LOG_COUNT_MAX) {
		id = 0;
		row = (struct weft_log_row *)weft_id_map_find(&summary->log_index, id);
	}
	if (!row) {
		row = (struct weft_log_row *)weft_summary__add_row(summary, &summary->logs,
								   sizeof(*row));
		if (!row) {
			return;
		}
		row->name_id = id;
		index_row(summary, &summary->log_index, id, row);
	}
	row->count++;
}

static void add_usage(struct weft_usage *usage, const struct weft_event *event)
{
	usage->count++;
	usage->elapsed_ns += event->account.elapsed_ns;
	usage->cpu_ns += event->account.cpu_ns;
	usage->nvcsw += event->account.nvcsw;
	usage->nivcsw += event->account.nivcsw;
	if (event->account.run_wait_ns == UINT64_MAX) {
		usage->run_wait_unknown = true;
	} else {
		usage->run_wait_ns += event->account.run_wait_ns;
	}
}

/* What the thread did since it last told: for this task, or for none. */
static void credit_task(struct weft_summary *summary, struct weft_thread_row *row,
			struct weft_states *sum)
{
	if (!row->credited) {
		row->credited = (struct weft_states *)calloc(1, sizeof(*row->credited));
		if (!row->credited) {
			fail(summary, -ENOMEM);
			return;
		}
	}
	weft_states_move_growth(sum, &row->states, row->credited);
}

static void on_account(void *ctx, uint64_t ts_ns, struct weft_thread *thread,
		       const struct weft_task_state *task, const struct weft_event *event)
{
	static const struct weft_task_state unknown = {.type = ""};
	struct weft_summary *summary = (struct weft_summary *)ctx;
	struct weft_task_row *row = NULL;

	if (event->account.task) {
		row = task_row(summary, task ? task : &unknown);
	}
	touch(summary, thread, ts_ns);
	if (row_of(thread)) {
		add_usage(&row_of(thread)->usage, event);
		credit(row_of(thread), ts_ns);
		credit_task(summary, row_of(thread),
			    row ? &row->states : &summary->background_states);
	}
	add_usage(row ? &row->usage : &summary->background, event);
}

static void on_account_of_others(void *ctx, uint64_t ts_ns, struct weft_thread *thread)
{
	struct weft_summary *summary = (struct weft_summary *)ctx;
	struct weft_states others = {0};

	if (row_of(thread)) {
		credit(row_of(thread), ts_ns);
		credit_task(summary, row_of(thread), &others);
	}
}

static void on_misuse(void *ctx, uint64_t ts_ns, struct weft_thread *thread, uint32_t kind,
		      struct weft_text name, uint64_t ip)
{
	struct weft_summary *summary = (struct weft_summary *)ctx;
	struct weft_misuse_row *row;

	touch(summary, thread, ts_ns);
	summary->misuse_count++;
	if (summary->misuse.count >= MISUSE_COUNT_MAX) {
		return;
	}
	row = (struct weft_misuse_row *)weft_summary__add_row(summary, &summary->misuse,
							      sizeof(*row));
	if (row) {
		row->kind = kind;
		row->name_id = name_id(summary, name);
		row->pid = thread->process->pid;
		row->ip = ip;
		row->count = 1;
	}
}

/* ---- Life cycle ---- */

void weft_summary__init(struct weft_summary *summary, struct weft_symbolizer *symbolizer)
{
	memset(summary, 0, sizeof(*summary));
	summary->symbolizer = symbolizer;
}

void weft_summary__end_intervals(struct weft_summary *summary, uint64_t last_ns)
{
	size_t i;

	for (i = 0; i < summary->threads.count; i++) {
		struct weft_thread_row *row = (struct weft_thread_row *)summary->threads.rows[i];

		if (last_ns > row->since_ns) {
			credit(row, last_ns);
		}
		/* Without the scheduler's word nothing tells that a thread is still there. */
		if (summary->totals->has_sched && row->state != WEFT_THREAD_GONE) {
			row->last_ns = last_ns;
		}
	}
	for (i = 0; i < summary->open_tasks.slot_count; i++) {
		const struct weft_open_task *open =
			(const struct weft_open_task *)summary->open_tasks.slots[i].value;

		if (open && last_ns >= open->begin_ns &&
		    last_ns - open->begin_ns > open->row->open_longest_ns) {
			open->row->open_longest_ns = last_ns - open->begin_ns;
		}
	}
}

const struct weft_timeline_ops weft_summary_ops = {
	.process_new = on_process_new,
	.process_name = on_process_name,
	.thread_new = on_thread_new,
	.thread_name = on_thread_name,
	.run = on_run,
	.block = on_block,
	.stop = on_stop,
	.wake = on_wake,
	.exit = on_exit_thread,
	.task_begin = on_task_begin,
	.task_end = on_task_end,
	.region_begin = on_region_begin,
	.region_end = on_region_end,
	.log = on_log,
	.account = on_account,
	.account_of_others = on_account_of_others,
	.misuse = on_misuse,
};
