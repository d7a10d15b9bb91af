// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * The summary for people: tables. See summary.h.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "filter.h"
#include "report-table.h"
#include "summary.h"

/* When the terminal's width is not told. */
#define WIDTH_DEFAULT 100U
/* Wall clock times before 2001 are of clocks that count from boot. */
#define WALL_CLOCK_LEAST_NS INT64_C(1000000000000000000)
#define NS_PER_S            INT64_C(1000000000)
#define HEAD_PROCESS_COUNT  4U

#define LEFT   WEFT_REPORT_LEFT
#define RIGHT  WEFT_REPORT_RIGHT
#define SHRINK WEFT_REPORT_SHRINK

struct report {
	const struct weft_summary *summary;
	FILE *out;
	unsigned int width;
	size_t row_count_max;
};

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash && slash[1] ? slash + 1 : path;
}

static void put_duration(FILE *out, uint64_t duration_ns)
{
	char text[WEFT_REPORT_DURATION_SIZE];

	weft_report_format_duration(duration_ns, text);
	(void)fputs(text, out);
}

static int print_table(const struct report *report, struct weft_report_table *table,
		       const char *title)
{
	int ret;

	(void)fprintf(report->out, "\n%s\n", title);
	ret = weft_report_table_print(table, report->out, report->width, report->row_count_max);
	weft_report_table_fini(table);
	return ret;
}

/* ---- Head ---- */

static void put_wall_time(FILE *out, int64_t wall_ns)
{
	time_t seconds = (time_t)(wall_ns / NS_PER_S);
	char text[64];
	struct tm parts;

	if (wall_ns >= WALL_CLOCK_LEAST_NS && gmtime_r(&seconds, &parts) &&
	    strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S UTC", &parts) > 0) {
		(void)fprintf(out, "%s, ", text);
	}
}

static void put_process(const struct report *report, const struct weft_process_row *process)
{
	if (process->exe_id) {
		struct weft_text exe = weft_summary__name(report->summary, process->exe_id);
		const char *slash = (const char *)memrchr(exe.text, '/', exe.len);
		size_t skip = slash ? (size_t)(slash + 1 - exe.text) : 0;

		exe.text += skip;
		exe.len -= (uint32_t)skip;
		weft_report_put_text(report->out, exe);
		(void)fputc(' ', report->out);
	}
	(void)fprintf(report->out, "(pid %" PRId32 ", %" PRIu64 " thread%s)", process->pid,
		      process->thread_count, process->thread_count == 1 ? "" : "s");
}

/* Process 0 stands for threads that only the scheduler has named. */
static void put_processes(const struct report *report)
{
	const struct weft_rows *rows = &report->summary->processes;
	size_t count = 0;
	size_t shown = 0;
	size_t i;

	for (i = 0; i < rows->count; i++) {
		count += ((const struct weft_process_row *)rows->rows[i])->pid > 0;
	}
	(void)fprintf(report->out, "  processes   %zu", count);
	for (i = 0; i < rows->count && shown < HEAD_PROCESS_COUNT; i++) {
		const struct weft_process_row *process =
			(const struct weft_process_row *)rows->rows[i];

		if (process->pid > 0) {
			(void)fputs(shown++ ? ", " : ": ", report->out);
			put_process(report, process);
		}
	}
	if (shown < count) {
		(void)fprintf(report->out, ", and %zu more", count - shown);
	}
	(void)fputc('\n', report->out);
}

static void put_selection(const struct report *report)
{
	const struct weft_selection *selection = &report->summary->options->selection;
	const char *gap = "";

	if (!weft_selection_is_partial(selection)) {
		return;
	}
	(void)fputs("  selected    ", report->out);
	if (selection->from_ns != WEFT_TIME_NONE || selection->until_ns != WEFT_TIME_NONE) {
		(void)fputs("from ", report->out);
		put_duration(report->out,
			     selection->from_ns > 0 ? (uint64_t)selection->from_ns : 0);
		if (selection->until_ns != WEFT_TIME_NONE) {
			(void)fputs(" to ", report->out);
			put_duration(report->out,
				     selection->until_ns > 0 ? (uint64_t)selection->until_ns : 0);
		}
		gap = ", ";
	}
	if (selection->pid) {
		(void)fprintf(report->out, "%spid %" PRId32, gap, selection->pid);
		gap = ", ";
	}
	if (selection->task_type) {
		(void)fprintf(report->out, "%stasks '", gap);
		weft_report_put_text(report->out, weft_text_of(selection->task_type));
		(void)fputc('\'', report->out);
		gap = ", ";
	}
	if (selection->slower_than_ns) {
		(void)fprintf(report->out, "%stasks of at least ", gap);
		put_duration(report->out, selection->slower_than_ns);
	}
	(void)fputc('\n', report->out);
}

static void put_head(const struct report *report)
{
	const struct weft_summary *summary = report->summary;
	size_t i;

	for (i = 0; i < summary->options->input_count; i++) {
		(void)fputs(i ? ", " : "", report->out);
		weft_report_put_text(report->out, weft_text_of(summary->options->inputs[i]));
	}
	(void)fputs("\n  recorded    ", report->out);
	put_wall_time(report->out, summary->origin_ns + (int64_t)summary->totals->first_ns);
	put_duration(report->out, summary->totals->last_ns - summary->totals->first_ns);
	(void)fprintf(report->out, ", %" PRIu64 " events, %" PRIu64 " lost\n",
		      summary->totals->event_count, summary->totals->lost_count);
	put_selection(report);
	put_processes(report);
	(void)fprintf(report->out, "  scheduling  %s\n", summary->tier);
}

/* ---- Tasks and regions ---- */

static const double quantiles[] = {0.5, 0.9, 0.99};

static void add_duration_columns(struct weft_report_table *table)
{
	weft_report_table_add_column(table, "p50", RIGHT);
	weft_report_table_add_column(table, "p90", RIGHT | WEFT_REPORT_OPTIONAL);
	weft_report_table_add_column(table, "p99", RIGHT);
	weft_report_table_add_column(table, "max", RIGHT);
	weft_report_table_add_column(table, "total", RIGHT);
}

static void put_durations(struct weft_report_table *table, const struct weft_histogram *histogram)
{
	size_t i;

	if (histogram->count == 0) {
		for (i = 0; i < 5; i++) {
			weft_report_table_none(table);
		}
		return;
	}
	for (i = 0; i < 3; i++) {
		weft_report_table_duration(table, weft_histogram_quantile(histogram, quantiles[i]));
	}
	weft_report_table_duration(table, histogram->max);
	weft_report_table_duration(table, (uint64_t)histogram->sum);
}

static void put_run_wait(struct weft_report_table *table, const struct weft_usage *usage)
{
	if (usage->count == 0 || (usage->run_wait_unknown && usage->run_wait_ns == 0)) {
		weft_report_table_none(table);
	} else {
		weft_report_table_duration(table, usage->run_wait_ns);
	}
}

static void put_cpu(struct weft_report_table *table, const struct weft_usage *usage)
{
	if (usage->count == 0) {
		weft_report_table_none(table);
	} else {
		weft_report_table_duration(table, usage->cpu_ns);
	}
}

static void put_task(const struct report *report, struct weft_report_table *table,
		     const struct weft_task_row *row, bool has_usage)
{
	weft_report_table_text(table, weft_summary__name(report->summary, row->name_id));
	weft_report_table_count(table, row->begin_count + row->began_before_count);
	weft_report_table_count(table, row->error_count);
	if (row->open_count) {
		char age[WEFT_REPORT_DURATION_SIZE];

		weft_report_format_duration(row->open_longest_ns, age);
		weft_report_table_format(table, "%" PRIu64 " (%s)", row->open_count, age);
	} else {
		weft_report_table_count(table, 0);
	}
	put_durations(table, &row->duration_ns);
	if (has_usage) {
		put_cpu(table, &row->usage);
		put_run_wait(table, &row->usage);
	}
}

/* ---- What time was made of ---- */

/* The reasons that anything was blocked for, each a column. */
struct reasons {
	const char *names[WEFT_STATES_REASON_COUNT];
	size_t count;
};

static void collect_reasons(const struct weft_states *states, struct reasons *reasons)
{
	size_t i;
	size_t at;

	for (i = 0; i < WEFT_STATES_REASON_COUNT && states->blocked[i].reason; i++) {
		for (at = 0; at < reasons->count; at++) {
			if (strcmp(reasons->names[at], states->blocked[i].reason) == 0) {
				break;
			}
		}
		if (at == reasons->count && at < WEFT_STATES_REASON_COUNT) {
			reasons->names[reasons->count++] = states->blocked[i].reason;
		}
	}
}

static void add_state_columns(const struct report *report, struct weft_report_table *table,
			      const struct reasons *reasons)
{
	size_t i;

	if (report->summary->totals->has_sched) {
		weft_report_table_add_column(table, "running", RIGHT);
		weft_report_table_add_column(table, "CPU wait", RIGHT);
		weft_report_table_add_column(table, "preempted", RIGHT | WEFT_REPORT_OPTIONAL);
	}
	for (i = 0; i < reasons->count; i++) {
		weft_report_table_add_column(table, reasons->names[i], RIGHT);
	}
	if (report->summary->totals->waking_count) {
		weft_report_table_add_column(table, "woken most by", LEFT);
	}
}

/* The name that ended most waits, and of how many of all. */
static void put_waker(const struct report *report, struct weft_report_table *table,
		      const struct weft_states *states)
{
	const struct weft_waker_row *most = NULL;
	struct weft_text name;
	uint64_t sum = 0;
	size_t i;

	for (i = 0; i < WEFT_STATES_WAKER_COUNT && states->wakers[i].count; i++) {
		sum += states->wakers[i].count;
		if (!most || states->wakers[i].count > most->count) {
			most = &states->wakers[i];
		}
	}
	if (!most) {
		weft_report_table_none(table);
		return;
	}
	name = weft_summary__name(report->summary, most->name_id);
	weft_report_table_format(table, "%.*s (%" PRIu64 " of %" PRIu64 ")",
				 name.len < 64 ? (int)name.len : 64, name.text, most->count, sum);
}

static void put_running(struct weft_report_table *table, const struct weft_states *states)
{
	weft_report_table_duration(table, states->run_ns);
	weft_report_table_duration(table, states->wait_ns);
	if (states->preempted_ns) {
		weft_report_table_duration(table, states->preempted_ns);
	} else {
		weft_report_table_none(table);
	}
}

/* Without scheduling data only waits for locks are known, by reason. */
static void put_states(const struct report *report, struct weft_report_table *table,
		       const struct weft_states *states, const struct reasons *reasons)
{
	size_t i;

	if (report->summary->totals->has_sched) {
		put_running(table, states);
	}
	for (i = 0; i < reasons->count; i++) {
		const struct weft_reason_row *reason =
			weft_states_find_reason(states, reasons->names[i]);

		if (reason) {
			weft_report_table_duration(table, reason->ns);
		} else {
			weft_report_table_none(table);
		}
	}
	if (report->summary->totals->waking_count) {
		put_waker(report, table, states);
	}
}

/* What threads did while they worked for tasks. */
static int put_task_states(const struct report *report)
{
	const struct weft_summary *summary = report->summary;
	struct weft_report_table table = {0};
	struct reasons reasons = {{NULL}, 0};
	bool is_empty = true;
	size_t i;

	for (i = 0; i < summary->tasks.count; i++) {
		const struct weft_task_row *row =
			(const struct weft_task_row *)summary->tasks.rows[i];

		is_empty = is_empty && weft_states_is_empty(&row->states);
		collect_reasons(&row->states, &reasons);
	}
	if (is_empty || (!summary->totals->has_sched && reasons.count == 0)) {
		return 0;
	}
	weft_report_table_add_column(&table, "type", LEFT | SHRINK);
	add_state_columns(report, &table, &reasons);
	for (i = 0; i < summary->tasks.count; i++) {
		const struct weft_task_row *row =
			(const struct weft_task_row *)summary->tasks.rows[i];

		weft_report_table_text(&table, weft_summary__name(summary, row->name_id));
		put_states(report, &table, &row->states, &reasons);
	}
	return print_table(report, &table, "threads while they worked for tasks");
}

static int put_tasks(const struct report *report)
{
	const struct weft_summary *summary = report->summary;
	bool has_usage = summary->totals->account_count > 0;
	struct weft_report_table table = {0};
	size_t i;
	int ret;

	if (summary->tasks.count == 0) {
		return 0;
	}
	weft_report_table_add_column(&table, "type", LEFT | SHRINK);
	weft_report_table_add_column(&table, "count", RIGHT);
	weft_report_table_add_column(&table, "errors", RIGHT);
	weft_report_table_add_column(&table, "open", RIGHT);
	add_duration_columns(&table);
	if (has_usage) {
		weft_report_table_add_column(&table, "CPU", RIGHT);
		weft_report_table_add_column(&table, "CPU wait", RIGHT);
	}
	for (i = 0; i < summary->tasks.count; i++) {
		put_task(report, &table, (const struct weft_task_row *)summary->tasks.rows[i],
			 has_usage);
	}
	ret = print_table(report, &table, "tasks (open: how many, and the age of the oldest)");
	if (summary->background.count) {
		(void)fputs("  outside of tasks: ", report->out);
		put_duration(report->out, summary->background.cpu_ns);
		(void)fputs(" CPU\n", report->out);
	}
	return ret;
}

static void put_site(struct weft_report_table *table, const struct weft_frame *site)
{
	if (!site) {
		weft_report_table_none(table);
		weft_report_table_none(table);
		return;
	}
	weft_report_table_text(table, weft_text_of(site->function));
	if (site->file[0]) {
		weft_report_table_format(table, "%.180s:%" PRIu32, base_name(site->file),
					 site->line);
	} else {
		weft_report_table_none(table);
	}
}

static void add_site_columns(struct weft_report_table *table)
{
	weft_report_table_add_column(table, "function", LEFT | SHRINK | WEFT_REPORT_OPTIONAL);
	weft_report_table_add_column(table, "call site", LEFT | SHRINK | WEFT_REPORT_KEEP_TAIL);
}

static int put_regions(const struct report *report)
{
	const struct weft_summary *summary = report->summary;
	struct weft_report_table table = {0};
	bool has_open = false;
	size_t i;

	if (summary->regions.count == 0) {
		return 0;
	}
	for (i = 0; i < summary->regions.count; i++) {
		has_open |=
			((const struct weft_region_row *)summary->regions.rows[i])->open_count > 0;
	}
	weft_report_table_add_column(&table, "name", LEFT | SHRINK);
	add_site_columns(&table);
	weft_report_table_add_column(&table, "count", RIGHT);
	weft_report_table_add_column(&table, "errors", RIGHT);
	if (has_open) {
		weft_report_table_add_column(&table, "open", RIGHT);
	}
	add_duration_columns(&table);
	for (i = 0; i < summary->regions.count; i++) {
		const struct weft_region_row *row =
			(const struct weft_region_row *)summary->regions.rows[i];

		weft_report_table_text(&table, weft_summary__name(summary, row->name_id));
		put_site(&table, row->site);
		weft_report_table_count(&table, row->begin_count + row->began_before_count);
		weft_report_table_count(&table, row->error_count);
		if (has_open) {
			weft_report_table_count(
				&table, row->open_count > 0 ? (uint64_t)row->open_count : 0);
		}
		put_durations(&table, &row->duration_ns);
	}
	return print_table(report, &table, "regions");
}

static int put_logs(const struct report *report)
{
	const struct weft_summary *summary = report->summary;
	struct weft_report_table table = {0};
	size_t i;

	if (summary->logs.count == 0) {
		return 0;
	}
	weft_report_table_add_column(&table, "category", LEFT | SHRINK);
	weft_report_table_add_column(&table, "count", RIGHT);
	for (i = 0; i < summary->logs.count; i++) {
		const struct weft_log_row *row = (const struct weft_log_row *)summary->logs.rows[i];

		weft_report_table_text(&table, weft_summary__name(summary, row->name_id));
		weft_report_table_count(&table, row->count);
	}
	return print_table(report, &table, "logs");
}

/* ---- Threads ---- */

static void put_thread_head(const struct report *report, struct weft_report_table *table,
			    const struct weft_thread_row *row)
{
	const struct weft_process_row *process =
		weft_summary__process(report->summary, row->process);

	if (row->name_id) {
		weft_report_table_text(table, weft_summary__name(report->summary, row->name_id));
	} else {
		weft_report_table_none(table);
	}
	weft_report_table_format(table, "%" PRId32, row->tid);
	if (process && process->pid > 0) {
		weft_report_table_format(table, "%" PRId32, process->pid);
	} else {
		weft_report_table_none(table);
	}
	weft_report_table_duration(table, row->last_ns - row->first_ns);
}

static void add_thread_columns(const struct report *report, struct weft_report_table *table,
			       const struct reasons *reasons)
{
	weft_report_table_add_column(table, "name", LEFT | SHRINK);
	weft_report_table_add_column(table, "tid", RIGHT);
	weft_report_table_add_column(table, "pid", RIGHT);
	weft_report_table_add_column(table, "seen for", RIGHT);
	if (!report->summary->totals->has_sched && report->summary->totals->account_count) {
		weft_report_table_add_column(table, "task CPU", RIGHT);
		weft_report_table_add_column(table, "task CPU wait", RIGHT);
	}
	add_state_columns(report, table, reasons);
	weft_report_table_add_column(table, "tasks", RIGHT | WEFT_REPORT_OPTIONAL);
	weft_report_table_add_column(table, "regions", RIGHT | WEFT_REPORT_OPTIONAL);
	weft_report_table_add_column(table, "logs", RIGHT | WEFT_REPORT_OPTIONAL);
}

static int put_threads(const struct report *report)
{
	const struct weft_summary *summary = report->summary;
	struct weft_report_table table = {0};
	struct reasons reasons = {{NULL}, 0};
	size_t i;

	if (summary->threads.count == 0) {
		return 0;
	}
	for (i = 0; i < summary->threads.count; i++) {
		const struct weft_thread_row *row =
			(const struct weft_thread_row *)summary->threads.rows[i];

		collect_reasons(&row->states, &reasons);
	}
	add_thread_columns(report, &table, &reasons);
	for (i = 0; i < summary->threads.count; i++) {
		const struct weft_thread_row *row =
			(const struct weft_thread_row *)summary->threads.rows[i];

		put_thread_head(report, &table, row);
		if (!summary->totals->has_sched && summary->totals->account_count) {
			put_cpu(&table, &row->usage);
			put_run_wait(&table, &row->usage);
		}
		put_states(report, &table, &row->states, &reasons);
		weft_report_table_count(&table, row->task_count);
		weft_report_table_count(&table, row->region_count);
		weft_report_table_count(&table, row->log_count);
	}
	return print_table(report, &table, "threads");
}

/* ---- What went wrong ---- */

static void add_repair(struct weft_report_table *table, uint64_t count, const char *text)
{
	if (count) {
		weft_report_table_count(table, count);
		weft_report_table_format(table, "%s", text);
	}
}

static int put_repairs(const struct report *report)
{
	const struct weft_summary *summary = report->summary;
	const struct weft_repairs *repairs = &summary->totals->repairs;
	struct weft_report_table table = {0};
	struct report whole = *report;

	weft_report_table_add_column(&table, "count", RIGHT);
	weft_report_table_add_column(&table, "what", LEFT);
	add_repair(&table, summary->totals->lost_count, "events lost by the tracer: buffers full");
	add_repair(&table, summary->facts->cut_packet_count,
		   "packets cut off at the end of a file: left out");
#define ADD_REPAIR(name, text) add_repair(&table, repairs->name, text);
	WEFT_REPAIR_MAP(ADD_REPAIR)
#undef ADD_REPAIR
	if (table.cell_count == 0 && table.status == 0) {
		(void)fputs("\nnothing was lost, nothing had to be repaired\n", report->out);
		weft_report_table_fini(&table);
		return 0;
	}
	whole.row_count_max = 0; /* Few kinds, and none of them to be hidden. */
	return print_table(&whole, &table,
			   weft_selection_is_partial(&summary->options->selection)
				   ? "losses and repairs (of the whole input)"
				   : "losses and repairs");
}

static int put_misuse(const struct report *report)
{
	const struct weft_summary *summary = report->summary;
	struct weft_report_table table = {0};
	size_t i;

	if (summary->misuse.count == 0) {
		return 0;
	}
	weft_report_table_add_column(&table, "name", LEFT | SHRINK);
	add_site_columns(&table);
	weft_report_table_add_column(&table, "what", LEFT);
	for (i = 0; i < summary->misuse.count; i++) {
		const struct weft_misuse_row *row =
			(const struct weft_misuse_row *)summary->misuse.rows[i];

		weft_report_table_text(&table, weft_summary__name(summary, row->name_id));
		put_site(&table, row->site);
		weft_report_table_format(&table, "%s", weft_summary__misuse_text(row->kind));
	}
	return print_table(report, &table, "misuse (the first of each kind and place)");
}

/* Breaks a text of our own into lines at spaces. */
static void put_wrapped(const struct report *report, const char *text)
{
	unsigned int left = report->width > 24 ? report->width - 4 : 20;
	unsigned int room = left;

	(void)fputs("  - ", report->out);
	while (*text) {
		size_t len = strcspn(text, " ");

		if (len + 1 > room && room < left) {
			(void)fputs("\n    ", report->out);
			room = left;
		} else if (room < left) {
			(void)fputc(' ', report->out);
		}
		(void)fprintf(report->out, "%.*s", (int)len, text);
		room = len + 1 < room ? room - (unsigned int)len - 1 : 0;
		text += len + (text[len] == ' ');
	}
	(void)fputc('\n', report->out);
}

static void put_hints(const struct report *report)
{
	const char *hint;
	size_t i;

	for (i = 0; (hint = weft_summary__hint(report->summary, i)) != NULL; i++) {
		(void)fputs(i ? "" : "\nhints\n", report->out);
		put_wrapped(report, hint);
	}
}

static int put_critical_path(const struct report *report)
{
	const struct weft_critical_report *critical = report->summary->critical;

	return critical ? weft_critical_report_write_text(critical, report->out, report->width,
							  report->row_count_max)
			: 0;
}

int weft_summary__write_text(const struct weft_summary *summary, FILE *out)
{
	static int (*const sections[])(const struct report *report) = {
		put_tasks, put_task_states, put_critical_path, put_regions,
		put_logs,  put_threads,     put_repairs,       put_misuse,
	};
	struct report report = {summary, out,
				summary->options->width ? summary->options->width : WIDTH_DEFAULT,
				summary->options->row_count_max};
	size_t i;
	int ret = 0;

	put_head(&report);
	for (i = 0; ret == 0 && i < sizeof(sections) / sizeof(sections[0]); i++) {
		ret = sections[i](&report);
	}
	if (ret == 0) {
		put_hints(&report);
		(void)fputs("\npercentiles are exact to 0.4 %; counts, max and total are exact\n",
			    out);
	}
	return ret;
}
