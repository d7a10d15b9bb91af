// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * A critical path for people: one table in order of time, one by sum. See critical-path.h.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "critical-path.h"
#include "report-table.h"

#define CELL_SIZE 512U
/* Other tasks named in the head: as many as fit into a line. */
#define OTHER_COUNT 3U

#define LEFT   WEFT_REPORT_LEFT
#define RIGHT  WEFT_REPORT_RIGHT
#define SHRINK WEFT_REPORT_SHRINK

static const char *const state_names[] = {
	[WEFT_CRITICAL_ON_CPU] = "on CPU",
	[WEFT_CRITICAL_RUNNABLE] = "runnable",
	[WEFT_CRITICAL_BLOCKED] = "blocked",
	[WEFT_CRITICAL_UNKNOWN] = "unknown",
};

const char *weft_critical_state_name(enum weft_critical_state state)
{
	return state_names[state];
}

/* A cell under construction: appending stops where it is full. */
struct cell {
	char text[CELL_SIZE];
	size_t len;
};

static void append(struct cell *cell, const char *text, size_t len)
{
	size_t room = sizeof(cell->text) - cell->len;

	len = len < room ? len : room;
	memcpy(cell->text + cell->len, text, len);
	cell->len += len;
}

static void append_text(struct cell *cell, const char *text)
{
	append(cell, text, strlen(text));
}

static void append_thread(struct cell *cell, const struct weft_critical_path *path,
			  const struct weft_critical_thread *thread)
{
	struct weft_text name = weft_critical_path__name(path, thread->name_id);
	char number[32];

	if (name.len == 0) {
		name = (struct weft_text){"thread", 6};
	}
	append(cell, name.text, name.len);
	(void)snprintf(number, sizeof(number), " (%" PRId32 ")", thread->tid);
	append_text(cell, number);
}

static void append_regions(struct cell *cell, const struct weft_critical_path *path, uint32_t node)
{
	const struct weft_critical_regions *regions;
	struct weft_text name;

	if (node == 0) {
		return;
	}
	regions = &path->regions[node - 1];
	if (regions->outer) {
		/* Not deeper than the timeline lets regions nest. */
		append_regions(cell, path, regions->outer);
		append_text(cell, " > ");
	}
	name = weft_critical_path__name(path, regions->name_id);
	append(cell, name.text, name.len);
}

static void put_cell(struct weft_report_table *table, const struct cell *cell)
{
	weft_report_table_text(table, (struct weft_text){cell->text, (uint32_t)cell->len});
}

static void put_regions(struct weft_report_table *table, const struct weft_critical_path *path,
			uint32_t node)
{
	struct cell cell = {.len = 0};

	if (node == 0) {
		weft_report_table_none(table);
		return;
	}
	append_regions(&cell, path, node);
	put_cell(table, &cell);
}

static void put_thread(struct weft_report_table *table, const struct weft_critical_path *path,
		       const struct weft_critical_thread *thread, unsigned int depth)
{
	struct cell cell = {.len = 0};

	for (; depth; depth--) {
		append_text(&cell, "  ");
	}
	append_thread(&cell, path, thread);
	put_cell(table, &cell);
}

/* ": reason, woken by whom" or ": behind whom". */
static void append_cause(struct cell *cell, const struct weft_critical_path *path,
			 const struct weft_critical_segment *segment)
{
	if (segment->reason) {
		append_text(cell, ": ");
		append_text(cell, segment->reason);
	}
	if (segment->behind) {
		append_text(cell, segment->reason ? ", behind " : ": behind ");
		append_thread(cell, path, segment->behind);
	}
	switch (segment->waker_kind) {
	case WEFT_CRITICAL_WAKER_THREAD:
		append_text(cell, ", woken by ");
		append_thread(cell, path, segment->waker);
		break;
	case WEFT_CRITICAL_WAKER_INTERRUPT:
		append_text(cell, ", woken by an interrupt");
		break;
	case WEFT_CRITICAL_WAKER_UNKNOWN:
		append_text(cell, ", woken by unknown");
		break;
	default:
		break;
	}
}

static void put_segment(struct weft_report_table *table, const struct weft_critical_path *path,
			const struct weft_critical_segment *segment)
{
	struct cell what = {.len = 0};

	weft_report_table_duration(table, segment->begin_ns - path->task.begin_ns);
	weft_report_table_duration(table, segment->end_ns - segment->begin_ns);
	put_thread(table, path, segment->thread, segment->depth);
	append_text(&what, path->has_sched || segment->state != WEFT_CRITICAL_ON_CPU
				   ? state_names[segment->state]
				   : "at work");
	append_cause(&what, path, segment);
	put_cell(table, &what);
	put_regions(table, path, segment->regions);
}

/* The duration is in brackets: the lines below it, further in, add up to it. */
static void put_wait(struct weft_report_table *table, const struct weft_critical_path *path,
		     const struct weft_critical_wait *wait)
{
	char duration[WEFT_REPORT_DURATION_SIZE];
	struct cell what = {.len = 0};

	weft_report_format_duration(wait->end_ns - wait->begin_ns, duration);
	weft_report_table_duration(table, wait->begin_ns - path->task.begin_ns);
	weft_report_table_format(table, "[%s]", duration);
	put_thread(table, path, wait->thread, wait->depth);
	append_text(&what, "waits: ");
	append_text(&what, wait->reason ? wait->reason : "blocked");
	append_text(&what, ", until woken by ");
	append_thread(&what, path, wait->waker);
	put_cell(table, &what);
	put_regions(table, path, wait->regions);
}

/* Segments and waits in order of time; a wait comes before what is in it. */
static int put_path(const struct weft_critical_path *path, FILE *out, unsigned int width,
		    size_t row_count_max)
{
	struct weft_report_table table = {0};
	size_t wait = 0;
	size_t i;
	int ret;

	weft_report_table_add_column(&table, "at", RIGHT);
	weft_report_table_add_column(&table, "for", RIGHT);
	weft_report_table_add_column(&table, "thread", LEFT | SHRINK);
	weft_report_table_add_column(&table, "what", LEFT | SHRINK);
	weft_report_table_add_column(&table, "regions", LEFT | SHRINK | WEFT_REPORT_OPTIONAL);
	for (i = 0; i < path->segment_count; i++) {
		const struct weft_critical_segment *segment = &path->segments[i];

		for (; wait < path->wait_count && path->waits[wait].begin_ns <= segment->begin_ns;
		     wait++) {
			put_wait(&table, path, &path->waits[wait]);
		}
		put_segment(&table, path, segment);
	}
	ret = weft_report_table_print(&table, out, width, row_count_max);
	weft_report_table_fini(&table);
	return ret;
}

/* ---- By sum ---- */

struct total {
	const struct weft_critical_segment *first;
	uint64_t ns, count;
};

static bool is_same_kind(const struct weft_critical_segment *a,
			 const struct weft_critical_segment *b)
{
	return a->thread == b->thread && a->state == b->state &&
	       (a->reason == b->reason ||
		(a->reason && b->reason && strcmp(a->reason, b->reason) == 0));
}

static int compare_totals(const void *left, const void *right)
{
	const struct total *a = (const struct total *)left;
	const struct total *b = (const struct total *)right;

	if (a->ns != b->ns) {
		return a->ns < b->ns ? 1 : -1;
	}
	return a->first->begin_ns > b->first->begin_ns ? 1 : -1;
}

/* Kinds that get a line of their own: beyond, a path is better looked at in the JSON. */
#define TOTAL_COUNT_MAX 256U

static size_t add_up(const struct weft_critical_path *path, struct total *totals)
{
	size_t count = 0;
	size_t i;

	for (i = 0; i < path->segment_count; i++) {
		const struct weft_critical_segment *segment = &path->segments[i];
		size_t at = 0;

		while (at < count && !is_same_kind(totals[at].first, segment)) {
			at++;
		}
		if (at == TOTAL_COUNT_MAX) {
			continue;
		}
		if (at == count) {
			totals[count++] = (struct total){.first = segment};
		}
		totals[at].ns += segment->end_ns - segment->begin_ns;
		totals[at].count++;
	}
	qsort(totals, count, sizeof(*totals), compare_totals);
	return count;
}

static int put_totals(const struct weft_critical_path *path, FILE *out, unsigned int width,
		      size_t row_count_max)
{
	uint64_t duration_ns = path->task.end_ns - path->task.begin_ns;
	struct weft_report_table table = {0};
	struct total totals[TOTAL_COUNT_MAX];
	size_t count = add_up(path, totals);
	size_t i;
	int ret;

	weft_report_table_add_column(&table, "thread", LEFT | SHRINK);
	weft_report_table_add_column(&table, "what", LEFT | SHRINK);
	weft_report_table_add_column(&table, "times", RIGHT);
	weft_report_table_add_column(&table, "total", RIGHT);
	weft_report_table_add_column(&table, "share", RIGHT);
	for (i = 0; i < count; i++) {
		const struct weft_critical_segment *first = totals[i].first;

		put_thread(&table, path, first->thread, 0);
		weft_report_table_format(&table, "%s%s%s",
					 path->has_sched || first->state != WEFT_CRITICAL_ON_CPU
						 ? state_names[first->state]
						 : "at work",
					 first->reason ? ": " : "",
					 first->reason ? first->reason : "");
		weft_report_table_count(&table, totals[i].count);
		weft_report_table_duration(&table, totals[i].ns);
		weft_report_table_format(
			&table, "%.1f %%",
			duration_ns ? 100.0 * (double)totals[i].ns / (double)duration_ns : 0.0);
	}
	(void)fputs("\ncritical path, summed up\n", out);
	ret = weft_report_table_print(&table, out, width, row_count_max);
	weft_report_table_fini(&table);
	return ret;
}

/* ---- Head ---- */

static void put_head(const struct weft_critical_report *report, FILE *out)
{
	const struct weft_critical_finder *finder = report->finder;
	const struct weft_critical_task *task = &report->path->task;
	char text[WEFT_REPORT_DURATION_SIZE];
	size_t shown = 0;
	size_t i;

	weft_report_format_duration(task->end_ns - task->begin_ns, text);
	(void)fprintf(out, "\ncritical path of task %" PRIu64 ": %s%s", task->id, text,
		      task->ended ? "" : " until the recording ended, not finished");
	weft_report_format_duration(task->begin_ns - report->origin_ns, text);
	(void)fprintf(out, ", begun at %s by thread %" PRId32 " of process %" PRId32 "\n", text,
		      task->tid, task->pid);
	for (i = 0; i < finder->slowest_count && shown < OTHER_COUNT; i++) {
		const struct weft_critical_task *other = &finder->slowest[i];

		if (other->id != task->id) {
			weft_report_format_duration(other->end_ns - other->begin_ns, text);
			(void)fprintf(out, "%s%" PRIu64 " (%s)",
				      shown++ ? ", " : "  others, slowest first, for --id: ",
				      other->id, text);
		}
	}
	if (shown && finder->count > shown + 1) {
		(void)fprintf(out, ", ... (%" PRIu64 " in all)", finder->count);
	}
	(void)fputs(shown ? "\n" : "", out);
	if (!report->path->has_sched) {
		(void)fputs("  no scheduling data: who acted is known, not who had a CPU or "
			    "waited for whom\n",
			    out);
	}
	if (report->path->is_cut) {
		(void)fputs("  too much happened meanwhile to keep all of it: the beginning is "
			    "unknown\n",
			    out);
	}
}

int weft_critical_report_write_text(const struct weft_critical_report *report, FILE *out,
				    unsigned int width, size_t row_count_max)
{
	int ret;

	put_head(report, out);
	ret = put_path(report->path, out, width, row_count_max);
	/* One segment is its own sum. */
	if (ret == 0 && report->path->segment_count > 1) {
		ret = put_totals(report->path, out, width, row_count_max);
	}
	return ret;
}
