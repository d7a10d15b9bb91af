// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * The summary: hooks of the timeline → rows. See summary.h.
 */
#include "summary.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <weft/events.h>

/* Ceilings of distinct things; beyond, rows share the one of name 0. */
#define NAME_COUNT_MAX    65536U
#define SITE_COUNT_MAX    65536U
#define REGION_COUNT_MAX  16384U
#define THREAD_COUNT_MAX  65536U
#define PROCESS_COUNT_MAX 16384U
#define MISUSE_COUNT_MAX  1024U

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

	if (summary->names.count >= NAME_COUNT_MAX) {
		return 0;
	}
	if (weft_text_table_add(&summary->names, text.len ? text : unnamed, &id) < 0) {
		fail(summary, -ENOMEM);
	}
	return id;
}

void weft_summary__name(const struct weft_summary *summary, uint64_t id, char *ret_name,
			size_t size)
{
	struct weft_text text = {"(other)", sizeof("(other)") - 1};
	size_t len;

	if (id) {
		text = weft_text_table_get(&summary->names, id);
	}
	len = text.len < size - 1 ? text.len : size - 1;
	memcpy(ret_name, text.text, len);
	ret_name[len] = '\0';
}

/* Makes room for one more item at the end; NULL: out of memory. */
static void *append(void **array, size_t *count, size_t *capacity, size_t item_size)
{
	char *item;

	if (*count == *capacity) {
		size_t larger = *capacity ? *capacity * 2 : 32;
		void *items = realloc(*array, larger * item_size);

		if (!items) {
			return NULL;
		}
		*array = items;
		*capacity = larger;
	}
	item = (char *)*array + *count * item_size;
	memset(item, 0, item_size);
	(*count)++;
	return item;
}

static void add_duration(struct weft_summary *summary, struct weft_histogram *histogram,
			 uint64_t begin_ns, uint64_t end_ns)
{
	if (weft_histogram_add(histogram, end_ns - begin_ns) < 0) {
		fail(summary, -ENOMEM);
	}
}

/* ---- Processes and threads ---- */

static struct weft_process_row *process_row(struct weft_summary *summary,
					    const struct weft_process *process)
{
	struct weft_process_row *row =
		(struct weft_process_row *)weft_id_map_find(&summary->processes, process->id);

	if (row || summary->processes.count >= PROCESS_COUNT_MAX) {
		return row;
	}
	row = (struct weft_process_row *)calloc(1, sizeof(*row));
	if (!row || weft_id_map_put(&summary->processes, process->id, row) < 0) {
		free(row);
		fail(summary, -ENOMEM);
		return NULL;
	}
	row->id = process->id;
	row->pid = process->pid;
	row->next = summary->first_process;
	summary->first_process = row;
	return row;
}

static void resolve_region_sites(struct weft_summary *summary)
{
	struct weft_region_row *region;
	struct weft_misuse_row *misuse;

	for (region = summary->first_region; region; region = region->next) {
		if (!region->site) {
			region->site = weft_symbolizer_resolve(summary->symbolizer, region->pid,
							       region->ip);
		}
	}
	for (misuse = summary->first_misuse; misuse; misuse = misuse->next) {
		if (!misuse->site) {
			misuse->site = weft_symbolizer_resolve(summary->symbolizer, misuse->pid,
							       misuse->ip);
		}
	}
	weft_id_map_clear(&summary->regions);
	weft_site_table_clear(&summary->sites);
}

static void on_process_new(void *ctx, uint64_t ts_ns, const struct weft_process *process,
			   const struct weft_process *former)
{
	struct weft_summary *summary = (struct weft_summary *)ctx;

	(void)ts_ns;
	(void)process;
	if (former) {
		resolve_region_sites(summary); /* Its objects are about to be forgotten. */
	}
}

static void set_process_name(struct weft_process_row *row, const struct weft_process *process)
{
	row->ppid = process->ppid;
	memcpy(row->exe, process->exe, sizeof(row->exe));
}

static void on_process_name(void *ctx, uint64_t ts_ns, const struct weft_process *process)
{
	struct weft_summary *summary = (struct weft_summary *)ctx;
	struct weft_process_row *row =
		(struct weft_process_row *)weft_id_map_find(&summary->processes, process->id);

	(void)ts_ns;
	if (row) {
		set_process_name(row, process);
	}
}

static struct weft_thread_row *row_of(const struct weft_thread *thread)
{
	return (struct weft_thread_row *)thread->consumer;
}

static void set_thread_name(struct weft_thread_row *row, const struct weft_thread *thread)
{
	memcpy(row->name, thread->name, sizeof(row->name));
	memcpy(row->exe, thread->process->exe, sizeof(row->exe));
	row->pid = thread->process->pid;
}

static void on_thread_new(void *ctx, uint64_t ts_ns, struct weft_thread *thread,
			  struct weft_thread *creator)
{
	struct weft_summary *summary = (struct weft_summary *)ctx;
	struct weft_process_row *process = process_row(summary, thread->process);
	struct weft_thread_row *row;

	(void)creator;
	if (process) {
		process->thread_count++;
		set_process_name(process, thread->process);
	}
	if (summary->thread_count >= THREAD_COUNT_MAX) {
		return;
	}
	row = (struct weft_thread_row *)calloc(1, sizeof(*row));
	if (!row) {
		fail(summary, -ENOMEM);
		return;
	}
	row->id = thread->id;
	row->tid = thread->tid;
	row->first_ns = row->last_ns = row->since_ns = ts_ns;
	row->state = WEFT_THREAD_NEW;
	set_thread_name(row, thread);
	row->next = summary->first_thread;
	summary->first_thread = row;
	summary->thread_count++;
	thread->consumer = row;
}

static void on_thread_name(void *ctx, uint64_t ts_ns, struct weft_thread *thread)
{
	(void)ctx;
	(void)ts_ns;
	if (row_of(thread)) {
		set_thread_name(row_of(thread), thread);
	}
}

static void add_blocked(struct weft_thread_row *row, const char *reason, uint64_t ns)
{
	unsigned int i = 0;

	/* Reasons are few and static; the last row takes what has no room. */
	while (i + 1 < WEFT_SUMMARY_REASON_COUNT && row->blocked[i].reason &&
	       strcmp(row->blocked[i].reason, reason) != 0) {
		i++;
	}
	row->blocked[i].reason = reason;
	row->blocked[i].count++;
	row->blocked[i].ns += ns;
}

/* Credits the time since the last change to the state it was spent in. */
static void change_state(struct weft_thread_row *row, uint64_t ts_ns, enum weft_thread_state state,
			 const char *reason)
{
	uint64_t ns = ts_ns - row->since_ns;

	if (row->state == WEFT_THREAD_RUNNING) {
		row->run_ns += ns;
	} else if (row->state == WEFT_THREAD_WAITING) {
		add_blocked(row, row->reason, ns);
	} else if (row->state != WEFT_THREAD_GONE) {
		row->wait_ns += ns;
	}
	row->state = state;
	row->reason = reason;
	row->since_ns = row->last_ns = ts_ns;
}

static void on_run(void *ctx, uint64_t ts_ns, struct weft_thread *thread)
{
	(void)ctx;
	if (row_of(thread)) {
		set_thread_name(row_of(thread), thread);
		change_state(row_of(thread), ts_ns, WEFT_THREAD_RUNNING, NULL);
	}
}

static void on_block(void *ctx, uint64_t ts_ns, struct weft_thread *thread, int32_t lane,
		     const char *reason)
{
	(void)ctx;
	(void)lane;
	if (row_of(thread)) {
		change_state(row_of(thread), ts_ns, WEFT_THREAD_WAITING, reason);
	}
}

static void on_stop(void *ctx, uint64_t ts_ns, struct weft_thread *thread, int32_t lane,
		    const char *reason)
{
	(void)ctx;
	(void)lane;
	(void)reason;
	if (row_of(thread)) {
		change_state(row_of(thread), ts_ns, WEFT_THREAD_RUNNABLE, NULL);
	}
}

static void on_wake(void *ctx, uint64_t ts_ns, struct weft_thread *thread,
		    struct weft_thread *waker, int32_t lane)
{
	(void)ctx;
	(void)waker;
	(void)lane;
	if (row_of(thread)) {
		change_state(row_of(thread), ts_ns, WEFT_THREAD_RUNNABLE, NULL);
	}
}

static void on_exit_thread(void *ctx, uint64_t ts_ns, struct weft_thread *thread, int32_t lane)
{
	(void)ctx;
	(void)lane;
	if (row_of(thread)) {
		set_thread_name(row_of(thread), thread);
		change_state(row_of(thread), ts_ns, WEFT_THREAD_GONE, NULL);
		thread->consumer = NULL;
	}
}

/* ---- Tasks ---- */

static struct weft_task_row *task_row(struct weft_summary *summary, const char *type)
{
	uint64_t id = name_id(summary, text_of(type[0] ? type : "(began before the trace)"));
	struct weft_task_row *row;

	if (id >= summary->task_index_count) {
		size_t count = id < 64 ? 64 : (size_t)id * 2;
		uint32_t *index =
			(uint32_t *)realloc(summary->task_index, count * sizeof(*index));

		if (!index) {
			fail(summary, -ENOMEM);
			return NULL;
		}
		memset(index + summary->task_index_count, 0,
		       (count - summary->task_index_count) * sizeof(*index));
		summary->task_index = index;
		summary->task_index_count = count;
	}
	if (summary->task_index[id]) {
		return &summary->tasks[summary->task_index[id] - 1];
	}
	row = (struct weft_task_row *)append((void **)&summary->tasks, &summary->task_count,
					     &summary->task_capacity, sizeof(*row));
	if (!row) {
		fail(summary, -ENOMEM);
		return NULL;
	}
	row->name_id = id;
	summary->task_index[id] = (uint32_t)summary->task_count;
	return row;
}

static void touch(struct weft_thread *thread, uint64_t ts_ns)
{
	if (row_of(thread)) {
		row_of(thread)->last_ns = ts_ns;
	}
}

static void on_task_begin(void *ctx, uint64_t ts_ns, struct weft_thread *thread,
			  const struct weft_task_state *task, uint64_t ip)
{
	struct weft_task_row *row = task_row((struct weft_summary *)ctx, task->type);

	(void)ip;
	touch(thread, ts_ns);
	if (row) {
		row->begin_count++;
	}
	if (row_of(thread)) {
		row_of(thread)->task_count++;
	}
}

static void on_task_end(void *ctx, uint64_t ts_ns, struct weft_thread *thread,
			const struct weft_task_state *task, struct weft_text error)
{
	struct weft_summary *summary = (struct weft_summary *)ctx;
	struct weft_task_row *row = task_row(summary, task->type);

	touch(thread, ts_ns);
	if (!row) {
		return;
	}
	row->error_count += error.len > 0;
	if (task->begun) {
		row->end_count++;
		add_duration(summary, &row->duration_ns, task->begin_ns, ts_ns);
	} else {
		row->began_before_count++;
	}
}

/* ---- Regions ---- */

static struct weft_region_row *region_row(struct weft_summary *summary,
					  const struct weft_thread *thread,
					  const struct weft_open_region *region)
{
	uint64_t name = name_id(summary, text_of(region->name));
	struct weft_region_row *row;
	uint64_t site = 0;

	if (summary->sites.count >= SITE_COUNT_MAX || summary->region_count >= REGION_COUNT_MAX) {
		name = 0;
	} else if (weft_site_table_add(&summary->sites, thread->process->pid, region->ip, &site) <
		   0) {
		fail(summary, -ENOMEM);
	}
	row = (struct weft_region_row *)weft_id_map_find(&summary->regions, name << 32 | site);
	if (row) {
		return row;
	}
	row = (struct weft_region_row *)calloc(1, sizeof(*row));
	if (!row || weft_id_map_put(&summary->regions, name << 32 | site, row) < 0) {
		free(row);
		fail(summary, -ENOMEM);
		return NULL;
	}
	row->name_id = name;
	row->pid = thread->process->pid;
	row->ip = name ? region->ip : 0;
	row->next = summary->first_region;
	summary->first_region = row;
	summary->region_count++;
	return row;
}

static void on_region_begin(void *ctx, uint64_t ts_ns, struct weft_thread *thread,
			    const struct weft_open_region *region)
{
	struct weft_region_row *row = region_row((struct weft_summary *)ctx, thread, region);

	touch(thread, ts_ns);
	if (row) {
		row->begin_count++;
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

	touch(thread, ts_ns);
	if (began_before) {
		return; /* Neither its call site nor its beginning is known; counted as a repair. */
	}
	row = region_row(summary, thread, region);
	if (row) {
		row->error_count += error.len > 0;
		if (!repaired) {
			add_duration(summary, &row->duration_ns, region->begin_ns, ts_ns);
		}
	}
}

/* ---- Logs, accounts, misuse ---- */

static void on_log(void *ctx, uint64_t ts_ns, struct weft_thread *thread,
		   const struct weft_task_state *task, struct weft_text category,
		   struct weft_text message, uint64_t ip)
{
	struct weft_summary *summary = (struct weft_summary *)ctx;
	uint64_t id = name_id(summary, category);
	struct weft_log_row *row = NULL;
	size_t i;

	(void)task;
	(void)message;
	(void)ip;
	touch(thread, ts_ns);
	if (row_of(thread)) {
		row_of(thread)->log_count++;
	}
	/* Categories are few, and the same one comes again and again. */
	for (i = 0; i < summary->log_count; i++) {
		if (summary->logs[i].name_id == id) {
			summary->logs[i].count++;
			return;
		}
	}
	row = (struct weft_log_row *)append((void **)&summary->logs, &summary->log_count,
					    &summary->log_capacity, sizeof(*row));
	if (!row) {
		fail(summary, -ENOMEM);
		return;
	}
	row->name_id = id;
	row->count = 1;
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

static void on_account(void *ctx, uint64_t ts_ns, struct weft_thread *thread,
		       const struct weft_task_state *task, const struct weft_event *event)
{
	struct weft_summary *summary = (struct weft_summary *)ctx;
	struct weft_task_row *row = task ? task_row(summary, task->type) : NULL;

	touch(thread, ts_ns);
	if (row_of(thread)) {
		add_usage(&row_of(thread)->usage, event);
	}
	add_usage(row ? &row->usage : &summary->background, event);
}

static void on_misuse(void *ctx, uint64_t ts_ns, struct weft_thread *thread, uint32_t kind,
		      struct weft_text name, uint64_t ip)
{
	struct weft_summary *summary = (struct weft_summary *)ctx;
	struct weft_misuse_row *row;

	touch(thread, ts_ns);
	if (summary->misuse_count >= MISUSE_COUNT_MAX) {
		return;
	}
	row = (struct weft_misuse_row *)calloc(1, sizeof(*row));
	if (!row) {
		fail(summary, -ENOMEM);
		return;
	}
	row->kind = kind;
	row->name_id = name_id(summary, name);
	row->pid = thread->process->pid;
	row->ip = ip;
	row->next = summary->first_misuse;
	summary->first_misuse = row;
	summary->misuse_count++;
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
	.misuse = on_misuse,
};
