// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * The summary's rows after the run: call sites, merging, sorting, names, hints. See summary.h.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <weft/events.h>

#include "summary.h"

struct weft_text weft_summary__name(const struct weft_summary *summary, uint64_t name_id)
{
	static const struct weft_text other = {"(other)", sizeof("(other)") - 1};

	return name_id ? weft_text_table_get(&summary->names, name_id) : other;
}

const struct weft_process_row *weft_summary__process(const struct weft_summary *summary,
						     uint64_t process_id)
{
	return (const struct weft_process_row *)weft_id_map_find(&summary->process_index,
								 process_id);
}

const char *weft_summary__misuse_text(uint32_t kind)
{
	switch (kind) {
#define MISUSE_CASE(upper, value, text)                                                            \
	case WEFT_MISUSE_##upper:                                                                  \
		return text;
		WEFT_MISUSE_MAP(MISUSE_CASE)
#undef MISUSE_CASE
	default:
		return "a kind of misuse that this version does not know";
	}
}

/* ---- Call sites ---- */

static void resolve_region(struct weft_summary *summary, struct weft_region_row *row)
{
	if (!row->site && summary->symbolizer && row->name_id) {
		row->site = weft_symbolizer_resolve(summary->symbolizer, row->pid, row->ip);
	}
}

static void resolve_misuse(struct weft_summary *summary, struct weft_misuse_row *row)
{
	if (!row->site && summary->symbolizer) {
		row->site = weft_symbolizer_resolve(summary->symbolizer, row->pid, row->ip);
	}
}

void weft_summary__resolve(struct weft_summary *summary, int32_t pid)
{
	size_t i;

	for (i = 0; i < summary->regions.count; i++) {
		struct weft_region_row *row = (struct weft_region_row *)summary->regions.rows[i];

		if (row->pid == pid) {
			resolve_region(summary, row);
		}
	}
	for (i = 0; i < summary->misuse.count; i++) {
		struct weft_misuse_row *row = (struct weft_misuse_row *)summary->misuse.rows[i];

		if (row->pid == pid) {
			resolve_misuse(summary, row);
		}
	}
}

static int compare_numbers(uint64_t left, uint64_t right)
{
	return left < right ? -1 : left > right;
}

static uint64_t site_id(const struct weft_frame *site)
{
	return site ? site->id : 0;
}

/* By name, then call site. */
static int compare_region_sites(const void *left, const void *right)
{
	const struct weft_region_row *a = *(const struct weft_region_row *const *)left;
	const struct weft_region_row *b = *(const struct weft_region_row *const *)right;
	int order = compare_numbers(a->name_id, b->name_id);

	return order ? order : compare_numbers(site_id(a->site), site_id(b->site));
}

/* Adds `row` to `into`; the row is gone. */
static void join_regions(struct weft_summary *summary, struct weft_region_row *into,
			 struct weft_region_row *row)
{
	into->begin_count += row->begin_count;
	into->error_count += row->error_count;
	into->open_count += row->open_count;
	into->began_before_count += row->began_before_count;
	into->repaired_count += row->repaired_count;
	if (weft_histogram_merge(&into->duration_ns, &row->duration_ns) < 0 &&
	    summary->status == 0) {
		summary->status = -ENOMEM;
	}
	weft_histogram_fini(&row->duration_ns);
	free(row);
}

/* qsort() of nothing must not be given NULL. */
static void sort_rows(struct weft_rows *rows, int (*compare)(const void *, const void *))
{
	if (rows->count) {
		qsort(rows->rows, rows->count, sizeof(void *), compare);
	}
}

void weft_summary__merge_regions(struct weft_summary *summary)
{
	struct weft_rows *rows = &summary->regions;
	size_t kept = 0;
	size_t i;

	for (i = 0; i < rows->count; i++) {
		resolve_region(summary, (struct weft_region_row *)rows->rows[i]);
	}
	sort_rows(rows, compare_region_sites);
	for (i = 0; i < rows->count; i++) {
		if (kept && compare_region_sites(&rows->rows[kept - 1], &rows->rows[i]) == 0) {
			join_regions(summary, (struct weft_region_row *)rows->rows[kept - 1],
				     (struct weft_region_row *)rows->rows[i]);
		} else {
			rows->rows[kept++] = rows->rows[i];
		}
	}
	rows->count = kept;
	weft_id_map_clear(&summary->region_index);
}

/* By kind, name, call site. */
static int compare_misuse(const void *left, const void *right)
{
	const struct weft_misuse_row *a = *(const struct weft_misuse_row *const *)left;
	const struct weft_misuse_row *b = *(const struct weft_misuse_row *const *)right;
	int order = compare_numbers(a->kind, b->kind);

	if (order == 0) {
		order = compare_numbers(a->name_id, b->name_id);
	}
	return order ? order : compare_numbers(site_id(a->site), site_id(b->site));
}

static void merge_misuse(struct weft_summary *summary)
{
	struct weft_rows *rows = &summary->misuse;
	size_t kept = 0;
	size_t i;

	for (i = 0; i < rows->count; i++) {
		resolve_misuse(summary, (struct weft_misuse_row *)rows->rows[i]);
	}
	sort_rows(rows, compare_misuse);
	for (i = 0; i < rows->count; i++) {
		if (kept && compare_misuse(&rows->rows[kept - 1], &rows->rows[i]) == 0) {
			((struct weft_misuse_row *)rows->rows[kept - 1])->count +=
				((struct weft_misuse_row *)rows->rows[i])->count;
			free(rows->rows[i]);
		} else {
			rows->rows[kept++] = rows->rows[i];
		}
	}
	rows->count = kept;
}

/* ---- Order of the report ---- */

static int compare_descending(double left, double right)
{
	return left > right ? -1 : left < right;
}

/* Most time first, then most often, then in order of first appearance. */
static int compare_tasks(const void *left, const void *right)
{
	const struct weft_task_row *a = *(const struct weft_task_row *const *)left;
	const struct weft_task_row *b = *(const struct weft_task_row *const *)right;
	int order = compare_descending(a->duration_ns.sum, b->duration_ns.sum);

	if (order == 0) {
		order = compare_numbers(b->begin_count, a->begin_count);
	}
	return order ? order : compare_numbers(a->name_id, b->name_id);
}

static int compare_regions(const void *left, const void *right)
{
	const struct weft_region_row *a = *(const struct weft_region_row *const *)left;
	const struct weft_region_row *b = *(const struct weft_region_row *const *)right;
	int order = compare_descending(a->duration_ns.sum, b->duration_ns.sum);

	if (order == 0) {
		order = compare_numbers(b->begin_count, a->begin_count);
	}
	return order ? order : compare_region_sites(left, right);
}

static int compare_logs(const void *left, const void *right)
{
	const struct weft_log_row *a = *(const struct weft_log_row *const *)left;
	const struct weft_log_row *b = *(const struct weft_log_row *const *)right;
	int order = compare_numbers(b->count, a->count);

	return order ? order : compare_numbers(a->name_id, b->name_id);
}

static uint64_t activity(const struct weft_thread_row *row)
{
	return row->task_count + row->region_count + row->log_count;
}

/* Threads that say what they do come first, then those with most time on a CPU. */
static int compare_threads(const void *left, const void *right)
{
	const struct weft_thread_row *a = *(const struct weft_thread_row *const *)left;
	const struct weft_thread_row *b = *(const struct weft_thread_row *const *)right;
	int order = compare_numbers(activity(b) > 0, activity(a) > 0);

	if (order == 0) {
		order = compare_numbers(b->states.run_ns, a->states.run_ns);
	}
	return order ? order : compare_numbers(a->id, b->id);
}

static void count_threads(struct weft_summary *summary)
{
	size_t i;

	for (i = 0; i < summary->threads.count; i++) {
		const struct weft_thread_row *thread =
			(const struct weft_thread_row *)summary->threads.rows[i];
		struct weft_process_row *process = (struct weft_process_row *)weft_id_map_find(
			&summary->process_index, thread->process);

		if (process) {
			process->thread_count++;
			process->activity += activity(thread);
			process->run_ns += thread->states.run_ns;
		}
	}
}

/* As threads: first who says what it does, then who ran most. */
static int compare_processes(const void *left, const void *right)
{
	const struct weft_process_row *a = *(const struct weft_process_row *const *)left;
	const struct weft_process_row *b = *(const struct weft_process_row *const *)right;
	int order = compare_numbers(b->activity > 0, a->activity > 0);

	if (order == 0) {
		order = compare_numbers(b->run_ns, a->run_ns);
	}
	return order ? order : compare_numbers(a->id, b->id);
}

int weft_summary__finish(struct weft_summary *summary, uint64_t last_ns)
{
	weft_summary__end_intervals(summary, last_ns);
	weft_summary__merge_regions(summary);
	merge_misuse(summary);
	count_threads(summary);
	sort_rows(&summary->tasks, compare_tasks);
	sort_rows(&summary->regions, compare_regions);
	sort_rows(&summary->logs, compare_logs);
	sort_rows(&summary->threads, compare_threads);
	sort_rows(&summary->processes, compare_processes);
	if (summary->status == 0 && summary->symbolizer) {
		summary->status = weft_symbolizer_status(summary->symbolizer);
	}
	return summary->status;
}

static void free_rows(struct weft_rows *rows)
{
	size_t i;

	for (i = 0; i < rows->count; i++) {
		free(rows->rows[i]);
	}
	free(rows->rows);
}

void weft_summary__fini(struct weft_summary *summary)
{
	size_t i;

	for (i = 0; i < summary->tasks.count; i++) {
		weft_histogram_fini(&((struct weft_task_row *)summary->tasks.rows[i])->duration_ns);
	}
	for (i = 0; i < summary->regions.count; i++) {
		weft_histogram_fini(
			&((struct weft_region_row *)summary->regions.rows[i])->duration_ns);
	}
	for (i = 0; i < summary->open_tasks.slot_count; i++) {
		free(summary->open_tasks.slots[i].value);
	}
	for (i = 0; i < summary->threads.count; i++) {
		free(((struct weft_thread_row *)summary->threads.rows[i])->credited);
	}
	free_rows(&summary->tasks);
	free_rows(&summary->regions);
	free_rows(&summary->logs);
	free_rows(&summary->threads);
	free_rows(&summary->processes);
	free_rows(&summary->misuse);
	weft_id_map_fini(&summary->task_index);
	weft_id_map_fini(&summary->region_index);
	weft_id_map_fini(&summary->log_index);
	weft_id_map_fini(&summary->process_index);
	weft_id_map_fini(&summary->open_tasks);
	weft_text_table_fini(&summary->names);
	memset(summary, 0, sizeof(*summary));
}

/* ---- Hints ---- */

static bool lacks_sched(const struct weft_summary *summary)
{
	return !summary->totals->has_sched && summary->totals->lock_wait_count == 0;
}

static bool lacks_all_but_locks(const struct weft_summary *summary)
{
	return !summary->totals->has_sched && summary->totals->lock_wait_count > 0;
}

static bool lacks_wakings(const struct weft_summary *summary)
{
	return summary->totals->has_sched && summary->totals->waking_count == 0;
}

static bool lacks_accounts(const struct weft_summary *summary)
{
	return summary->tasks.count && summary->totals->account_count == 0;
}

static bool lacks_spans(const struct weft_summary *summary)
{
	return summary->totals->task_begin_count + summary->totals->region_begin_count +
		       summary->totals->log_count ==
	       0;
}

static bool lacks_begin(const struct weft_summary *summary)
{
	return summary->totals->repairs.task_began_before ||
	       summary->totals->repairs.region_began_before;
}

static bool has_losses(const struct weft_summary *summary)
{
	return summary->totals->lost_count > 0;
}

static bool is_cut(const struct weft_summary *summary)
{
	return summary->facts->cut_packet_count > 0;
}

static bool lacks_lines(const struct weft_summary *summary)
{
	size_t i;

	for (i = 0; i < summary->regions.count; i++) {
		const struct weft_region_row *row =
			(const struct weft_region_row *)summary->regions.rows[i];

		if (row->site && !row->site->file[0]) {
			return true;
		}
	}
	return false;
}

static bool has_misuse(const struct weft_summary *summary)
{
	return summary->misuse_count > 0;
}

static bool has_samples(const struct weft_summary *summary)
{
	return summary->totals->cpu_sample_count > 0;
}

const char *weft_summary__hint(const struct weft_summary *summary, size_t number)
{
	static const struct {
		bool (*applies)(const struct weft_summary *summary);
		const char *text;
	} hints[] = {
		{lacks_spans, "no tasks, regions or logs were recorded: build the program with "
			      "libweft, and have it run while recording"},
		{lacks_all_but_locks,
		 "of waits only those for locks are known, as threads told them: `weft doctor` "
		 "says what this machine can record of CPUs and other waits"},
		{lacks_sched, "who had a CPU, who waited for one and what blocked is not known: "
			      "`weft doctor` says what this machine can record of it"},
		{lacks_wakings,
		 "who woke whom is not known, and a wait lasts until the thread runs again: "
		 "`weft doctor` says what this machine can record of it"},
		{lacks_accounts, "CPU time and run-queue wait of tasks are not known: record with "
				 "`weft record --sched accounting`"},
		{has_losses, "events were lost because buffers were full, so counts are too low: "
			     "record with larger buffers or fewer regions"},
		{is_cut, "the recording was cut short, and its last packets are not whole"},
		{lacks_begin,
		 "some tasks or regions had begun before the recording: their durations "
		 "are not known"},
		{lacks_lines,
		 "some call sites have no file and line: build with -g, or install the "
		 "program's debug symbols"},
		{has_samples, "CPU samples were taken: `weft convert --to pprof:cpu` makes a "
			      "profile of them, by "
			      "function, task and region"},
		{has_misuse, "the program uses the API in ways that need repair: see misuse"},
	};
	size_t i;

	for (i = 0; i < sizeof(hints) / sizeof(hints[0]); i++) {
		if (hints[i].applies(summary) && number-- == 0) {
			return hints[i].text;
		}
	}
	return NULL;
}
