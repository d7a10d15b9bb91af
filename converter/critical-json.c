// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * A critical path for programs: an object of the summary's JSON. See critical-path.h; the members
 * are in converter/README.md. Times count from the task's begin unless they say otherwise.
 */
#include "critical-path.h"

#include "json-number.h"

static json_t *name(const struct weft_critical_path *path, uint64_t name_id)
{
	struct weft_text text = weft_critical_path__name(path, name_id);

	return text.len ? json_stringn(text.text, text.len) : json_null();
}

static json_t *thread_of(const struct weft_critical_path *path,
			 const struct weft_critical_thread *thread)
{
	if (!thread) {
		return json_null();
	}
	return json_pack("{s:o, s:i, s:i, s:o}", "name", name(path, thread->name_id), "tid",
			 (int)thread->tid, "pid", (int)thread->pid, "exe",
			 name(path, thread->exe_id));
}

/* Outermost first. */
static json_t *regions_of(const struct weft_critical_path *path, uint32_t node)
{
	json_t *array = json_array();

	for (; array && node; node = path->regions[node - 1].outer) {
		if (json_array_insert_new(array, 0, name(path, path->regions[node - 1].name_id)) <
		    0) {
			json_decref(array);
			array = NULL;
		}
	}
	return array;
}

static const char *const waker_names[] = {
	[WEFT_CRITICAL_WAKER_NONE] = NULL,
	[WEFT_CRITICAL_WAKER_THREAD] = "thread",
	[WEFT_CRITICAL_WAKER_INTERRUPT] = "interrupt",
	[WEFT_CRITICAL_WAKER_UNKNOWN] = "unknown",
};

static json_t *make_segment(const struct weft_critical_path *path, size_t at)
{
	const struct weft_critical_segment *segment = &path->segments[at];

	return json_pack(
		"{s:o, s:o, s:o, s:s, s:s?, s:s?, s:o, s:o, s:o, s:i, s:o}", "begin_ns",
		weft_json_number(segment->begin_ns - path->task.begin_ns), "duration_ns",
		weft_json_number(segment->end_ns - segment->begin_ns), "thread",
		thread_of(path, segment->thread), "state", weft_critical_state_name(segment->state),
		"reason", segment->reason, "woken_by", waker_names[segment->waker_kind], "waker",
		thread_of(path, segment->waker), "behind", thread_of(path, segment->behind), "cpu",
		path->has_sched && segment->lane >= 0 ? json_integer(segment->lane) : json_null(),
		"depth", (int)segment->depth, "regions", regions_of(path, segment->regions));
}

static json_t *make_wait(const struct weft_critical_path *path, size_t at)
{
	const struct weft_critical_wait *wait = &path->waits[at];

	return json_pack("{s:o, s:o, s:o, s:s?, s:o, s:i, s:o}", "begin_ns",
			 weft_json_number(wait->begin_ns - path->task.begin_ns), "duration_ns",
			 weft_json_number(wait->end_ns - wait->begin_ns), "thread",
			 thread_of(path, wait->thread), "reason", wait->reason, "waker",
			 thread_of(path, wait->waker), "depth", (int)wait->depth, "regions",
			 regions_of(path, wait->regions));
}

static json_t *array_of(const struct weft_critical_path *path, size_t count,
			json_t *(*make)(const struct weft_critical_path *path, size_t at))
{
	json_t *array = json_array();
	size_t i;

	for (i = 0; array && i < count; i++) {
		if (json_array_append_new(array, make(path, i)) < 0) {
			json_decref(array);
			array = NULL;
		}
	}
	return array;
}

static json_t *make_slowest(const struct weft_critical_finder *finder)
{
	json_t *array = json_array();
	size_t i;

	for (i = 0; array && i < finder->slowest_count; i++) {
		const struct weft_critical_task *task = &finder->slowest[i];

		if (json_array_append_new(
			    array,
			    json_pack("{s:o, s:o}", "id", weft_json_number(task->id), "duration_ns",
				      weft_json_number(task->end_ns - task->begin_ns))) < 0) {
			json_decref(array);
			array = NULL;
		}
	}
	return array;
}

json_t *weft_critical_report_make_json(const struct weft_critical_report *report)
{
	const struct weft_critical_path *path = report->path;
	const struct weft_critical_task *task = &path->task;

	return json_pack("{s:o, s:o, s:o, s:o, s:b, s:o, s:o, s:b, s:b, s:o, s:o}", "id",
			 weft_json_number(task->id), "raw_id", weft_json_number(task->raw),
			 "begin_ns", weft_json_number(task->begin_ns - report->origin_ns),
			 "duration_ns", weft_json_number(task->end_ns - task->begin_ns), "ended",
			 task->ended, "candidates", weft_json_number(report->finder->count),
			 "slowest", make_slowest(report->finder), "has_scheduling", path->has_sched,
			 "complete", !path->is_cut, "segments",
			 array_of(path, path->segment_count, make_segment), "waits",
			 array_of(path, path->wait_count, make_wait));
}
