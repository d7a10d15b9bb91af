// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * The summary for programs: one JSON object. converter/README.md has its members. See summary.h.
 *
 * All times are integers, nanoseconds. jansson's failures (memory) surface as NULL values, which its
 * functions pass on: the top object is then NULL.
 */
#include <errno.h>
#include <string.h>

#include <jansson.h>

#include "filter.h"
#include "json-number.h"
#include "summary.h"

/* Texts of traces that are no valid UTF-8 are repaired by the table of names. */
static json_t *clean_text(struct weft_text text)
{
	struct weft_text_table table = {0};
	json_t *value = NULL;
	uint64_t id = 0;

	if (weft_text_table_add(&table, text, &id) == 0) {
		text = id ? weft_text_table_get(&table, id) : text;
		value = json_stringn(text.text, id ? text.len : 0);
	}
	weft_text_table_fini(&table);
	return value;
}

static json_t *text(const char *value)
{
	return clean_text((struct weft_text){value, (uint32_t)strlen(value)});
}

static json_t *name(const struct weft_summary *summary, uint64_t name_id)
{
	struct weft_text value = weft_summary__name(summary, name_id);

	return json_stringn(value.text, value.len);
}

/* Joins the members of two new objects. */
static json_t *with(json_t *object, json_t *more)
{
	if (!object || !more || json_object_update(object, more) < 0) {
		json_decref(object);
		object = NULL;
	}
	json_decref(more);
	return object;
}

/* An array of what `make` makes of each row. */
static json_t *array(const struct weft_summary *summary, const struct weft_rows *rows,
		     json_t *(*make)(const struct weft_summary *summary, const void *row))
{
	json_t *values = json_array();
	size_t count = rows->count;
	size_t i;

	if (summary->options->row_count_max && summary->options->row_count_max < count) {
		count = summary->options->row_count_max;
	}
	for (i = 0; values && i < count; i++) {
		if (json_array_append_new(values, make(summary, rows->rows[i])) < 0) {
			json_decref(values);
			values = NULL;
		}
	}
	return values;
}

/* null when nothing is known. */
static json_t *durations(const struct weft_histogram *histogram)
{
	if (histogram->count == 0) {
		return json_null();
	}
	return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "count",
			 weft_json_number(histogram->count), "min",
			 weft_json_number(weft_histogram_quantile(histogram, 0)), "p50",
			 weft_json_number(weft_histogram_quantile(histogram, 0.5)), "p90",
			 weft_json_number(weft_histogram_quantile(histogram, 0.9)), "p99",
			 weft_json_number(weft_histogram_quantile(histogram, 0.99)), "max",
			 weft_json_number(weft_histogram_quantile(histogram, 1)), "total",
			 weft_json_number((uint64_t)histogram->sum));
}

/* null when nothing was accounted. */
static json_t *usage(const struct weft_usage *usage)
{
	if (usage->count == 0) {
		return json_null();
	}
	return json_pack(
		"{s:o, s:o, s:o, s:b, s:o, s:o}", "elapsed_ns", weft_json_number(usage->elapsed_ns),
		"cpu_ns", weft_json_number(usage->cpu_ns), "run_wait_ns",
		weft_json_number(usage->run_wait_ns), "run_wait_complete", !usage->run_wait_unknown,
		"voluntary_switches", weft_json_number(usage->nvcsw), "involuntary_switches",
		weft_json_number(usage->nivcsw));
}

static json_t *site_members(const struct weft_frame *site)
{
	return json_pack("{s:o, s:o, s:o}", "function", site ? text(site->function) : json_null(),
			 "file", site && site->file[0] ? text(site->file) : json_null(), "line",
			 site && site->line ? weft_json_number(site->line) : json_null());
}

static json_t *make_region(const struct weft_summary *summary, const void *item)
{
	const struct weft_region_row *row = (const struct weft_region_row *)item;
	uint64_t open_count = row->open_count > 0 ? (uint64_t)row->open_count : 0;

	return with(json_pack("{s:o}", "name", name(summary, row->name_id)),
		    with(site_members(row->site),
			 json_pack("{s:o, s:o, s:o, s:o, s:o, s:o}", "count",
				   weft_json_number(row->begin_count + row->began_before_count),
				   "errors", weft_json_number(row->error_count), "open",
				   weft_json_number(open_count), "began_before",
				   weft_json_number(row->began_before_count), "repaired",
				   weft_json_number(row->repaired_count), "duration_ns",
				   durations(&row->duration_ns))));
}

static json_t *make_log(const struct weft_summary *summary, const void *item)
{
	const struct weft_log_row *row = (const struct weft_log_row *)item;

	return json_pack("{s:o, s:o}", "category", name(summary, row->name_id), "count",
			 weft_json_number(row->count));
}

static bool append(json_t *values, json_t *value)
{
	return json_array_append_new(values, value) == 0;
}

static json_t *blocked(const struct weft_states *states)
{
	json_t *values = json_array();
	bool whole = values != NULL;
	size_t i;

	for (i = 0; whole && i < WEFT_STATES_REASON_COUNT && states->blocked[i].reason; i++) {
		whole = append(values, json_pack("{s:o, s:o, s:o}", "reason",
						 text(states->blocked[i].reason), "count",
						 weft_json_number(states->blocked[i].count), "ns",
						 weft_json_number(states->blocked[i].ns)));
	}
	if (!whole) {
		json_decref(values);
		return NULL;
	}
	return values;
}

static json_t *woken_by(const struct weft_summary *summary, const struct weft_states *states)
{
	json_t *values = json_array();
	bool is_known = summary->totals->waking_count > 0;
	bool whole = values != NULL;
	size_t i;

	for (i = 0; whole && is_known && i < WEFT_STATES_WAKER_COUNT && states->wakers[i].count;
	     i++) {
		whole = append(values, json_pack("{s:o, s:o}", "name",
						 name(summary, states->wakers[i].name_id), "count",
						 weft_json_number(states->wakers[i].count)));
	}
	if (!whole) {
		json_decref(values);
		return NULL;
	}
	return values;
}

/* What only a scheduler tells. */
static json_t *of_sched(const struct weft_summary *summary, uint64_t value)
{
	return summary->totals->has_sched ? weft_json_number(value) : json_null();
}

static json_t *scheduling(const struct weft_summary *summary, const struct weft_states *states)
{
	if (!summary->totals->has_sched && summary->totals->lock_wait_count == 0) {
		return json_null();
	}
	return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o}", "run_ns",
			 of_sched(summary, states->run_ns), "run_wait_ns",
			 of_sched(summary, states->wait_ns), "preempted_ns",
			 of_sched(summary, states->preempted_ns), "preemptions",
			 of_sched(summary, states->preempted_count), "blocked", blocked(states),
			 "woken_by", woken_by(summary, states));
}

static json_t *make_task(const struct weft_summary *summary, const void *item)
{
	const struct weft_task_row *row = (const struct weft_task_row *)item;

	return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "type",
			 name(summary, row->name_id), "count",
			 weft_json_number(row->begin_count + row->began_before_count), "ended",
			 weft_json_number(row->end_count), "errors",
			 weft_json_number(row->error_count), "open",
			 weft_json_number(row->open_count), "open_longest_ns",
			 weft_json_number(row->open_longest_ns), "began_before",
			 weft_json_number(row->began_before_count), "duration_ns",
			 durations(&row->duration_ns), "scheduling",
			 scheduling(summary, &row->states), "usage", usage(&row->usage));
}

static json_t *make_thread(const struct weft_summary *summary, const void *item)
{
	const struct weft_thread_row *row = (const struct weft_thread_row *)item;
	const struct weft_process_row *process = weft_summary__process(summary, row->process);
	bool has_pid = process && process->pid > 0;

	return json_pack("{s:o, s:i, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "name",
			 row->name_id ? name(summary, row->name_id) : json_null(), "tid",
			 (int)row->tid, "pid", has_pid ? json_integer(process->pid) : json_null(),
			 "first_ns", weft_json_number(row->first_ns - summary->totals->first_ns),
			 "last_ns", weft_json_number(row->last_ns - summary->totals->first_ns),
			 "tasks", weft_json_number(row->task_count), "regions",
			 weft_json_number(row->region_count), "logs",
			 weft_json_number(row->log_count), "scheduling",
			 scheduling(summary, &row->states), "usage", usage(&row->usage));
}

static json_t *make_process(const struct weft_summary *summary, const void *item)
{
	const struct weft_process_row *row = (const struct weft_process_row *)item;

	return json_pack("{s:i, s:o, s:o, s:o}", "pid", (int)row->pid, "ppid",
			 row->ppid > 0 ? json_integer(row->ppid) : json_null(), "exe",
			 row->exe_id ? name(summary, row->exe_id) : json_null(), "threads",
			 weft_json_number(row->thread_count));
}

static json_t *make_misuse(const struct weft_summary *summary, const void *item)
{
	const struct weft_misuse_row *row = (const struct weft_misuse_row *)item;

	return with(json_pack("{s:o, s:s, s:o, s:o}", "kind", weft_json_number(row->kind), "text",
			      weft_summary__misuse_text(row->kind), "name",
			      name(summary, row->name_id), "count", weft_json_number(row->count)),
		    site_members(row->site));
}

static json_t *make_repairs(const struct weft_repairs *repairs)
{
	const struct {
		const char *name, *text;
		uint64_t count;
	} kinds[] = {
#define REPAIR_ROW(member, what) {#member, what, repairs->member},
		WEFT_REPAIR_MAP(REPAIR_ROW)
#undef REPAIR_ROW
	};
	json_t *values = json_array();
	size_t i;

	for (i = 0; values && i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (kinds[i].count &&
		    json_array_append_new(values,
					  json_pack("{s:s, s:s, s:o}", "name", kinds[i].name,
						    "text", kinds[i].text, "count",
						    weft_json_number(kinds[i].count))) < 0) {
			json_decref(values);
			values = NULL;
		}
	}
	return values;
}

static json_t *make_hints(const struct weft_summary *summary)
{
	json_t *values = json_array();
	const char *hint;
	size_t i;

	for (i = 0; values && (hint = weft_summary__hint(summary, i)) != NULL; i++) {
		if (json_array_append_new(values, json_string(hint)) < 0) {
			json_decref(values);
			values = NULL;
		}
	}
	return values;
}

static json_t *make_inputs(const struct weft_summary *summary)
{
	json_t *values = json_array();
	size_t i;

	for (i = 0; values && i < summary->options->input_count; i++) {
		if (json_array_append_new(values, text(summary->options->inputs[i])) < 0) {
			json_decref(values);
			values = NULL;
		}
	}
	return values;
}

static json_t *make_selection(const struct weft_selection *selection)
{
	json_t *object;

	if (!weft_selection_is_partial(selection)) {
		return json_null();
	}
	object = json_pack(
		"{s:o, s:o, s:o, s:o, s:o}", "from_ns",
		selection->from_ns == WEFT_TIME_NONE ? json_null()
						     : json_integer(selection->from_ns),
		"until_ns",
		selection->until_ns == WEFT_TIME_NONE ? json_null()
						      : json_integer(selection->until_ns),
		"pid", selection->pid ? json_integer(selection->pid) : json_null(), "task",
		selection->task_type ? text(selection->task_type) : json_null(), "slower_than_ns",
		selection->slower_than_ns ? weft_json_number(selection->slower_than_ns)
					  : json_null());
	return object;
}

static json_t *make_head(const struct weft_summary *summary)
{
	const struct weft_timeline_totals *totals = summary->totals;
	int64_t first_wall_ns = summary->origin_ns + (int64_t)totals->first_ns;

	return json_pack(
		"{s:i, s:o, s:o, s:I, s:o, s:o, s:s, s:b, s:o, s:o, s:o, s:f}", "version", 1,
		"inputs", make_inputs(summary), "selection",
		make_selection(&summary->options->selection), "start_wall_ns",
		(json_int_t)first_wall_ns, "duration_ns",
		weft_json_number(totals->last_ns - totals->first_ns), "selected_duration_ns",
		weft_json_number(summary->until_ns - summary->from_ns), "tier", summary->tier,
		"has_scheduling", totals->has_sched, "events",
		weft_json_number(totals->event_count), "lost_events",
		weft_json_number(totals->lost_count), "cut_packets",
		weft_json_number(summary->facts->cut_packet_count), "quantile_error", 1.0 / 256);
}

static json_t *make_rows(const struct weft_summary *summary)
{
	const struct weft_critical_report *critical = summary->critical;

	return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "processes",
			 array(summary, &summary->processes, make_process), "tasks",
			 array(summary, &summary->tasks, make_task), "critical_path",
			 critical ? weft_critical_report_make_json(critical) : json_null(),
			 "regions", array(summary, &summary->regions, make_region), "logs",
			 array(summary, &summary->logs, make_log), "threads",
			 array(summary, &summary->threads, make_thread), "background",
			 usage(&summary->background), "background_scheduling",
			 scheduling(summary, &summary->background_states), "repairs",
			 make_repairs(&summary->totals->repairs), "misuse",
			 array(summary, &summary->misuse, make_misuse), "hints",
			 make_hints(summary));
}

int weft_summary__write_json(const struct weft_summary *summary, FILE *out)
{
	json_t *object = with(make_head(summary), make_rows(summary));

	if (!object) {
		return -ENOMEM;
	}
	/* A failure here is one of `out`, or memory. */
	if (json_dumpf(object, out, JSON_INDENT(2)) < 0 && !ferror(out)) {
		json_decref(object);
		return -ENOMEM;
	}
	(void)fputc('\n', out);
	json_decref(object);
	return 0;
}
