// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * The CPU profile out of a trace. See sample-profile.h.
 */
#include "sample-profile.h"

#include <errno.h>
#include <string.h>

#include <weft/symbolize.h>

#include "thread-names.h"

/* More than libweft sends; an event from elsewhere loses its outer frames. */
#define STACK_DEPTH_MAX 512U

static void fail(struct weft_sample_profile *samples, int code)
{
	if (samples->status == 0 && code < 0) {
		samples->status = code;
	}
}

int weft_sample_profile_init(struct weft_sample_profile *samples,
			     struct weft_symbolizer *symbolizer)
{
	int ret;

	*samples = (struct weft_sample_profile){
		.symbolizer = symbolizer,
		.profile = weft_pprof_create(),
	};
	if (!samples->profile) {
		return -ENOMEM;
	}
	ret = weft_pprof_add_sample_type(samples->profile, "samples", "count");
	return ret < 0 ? ret : weft_pprof_add_sample_type(samples->profile, "cpu", "nanoseconds");
}

void weft_sample_profile_fini(struct weft_sample_profile *samples)
{
	weft_id_map_fini(&samples->mappings);
	weft_pprof_destroy(samples->profile);
	*samples = (struct weft_sample_profile){0};
}

/* WEFT_PPROF_NONE: no object. */
static uint32_t mapping_of(struct weft_sample_profile *samples, const struct weft_object *object)
{
	struct weft_pprof_mapping mapping = {0};
	uintptr_t known;
	uint32_t index = WEFT_PPROF_NONE;

	if (!object) {
		return WEFT_PPROF_NONE;
	}
	known = (uintptr_t)weft_id_map_find(&samples->mappings, object->id);
	if (known) {
		return (uint32_t)known - 1;
	}
	/* An object that its program told is told as a whole, and begins where its file does. */
	mapping.start = object->start;
	mapping.limit = object->end;
	mapping.offset = object->offset;
	mapping.file = object->path;
	mapping.build_id = object->build_id;
	fail(samples, weft_pprof_add_mapping(samples->profile, &mapping, &index));
	if (index != WEFT_PPROF_NONE) {
		fail(samples, weft_id_map_put(&samples->mappings, object->id,
					      (void *)((uintptr_t)index + 1)));
	}
	return index;
}

static uint32_t location_of(struct weft_sample_profile *samples, int32_t pid, uint64_t address)
{
	struct weft_pprof_location location = {.address = address};
	uint32_t index = 0;

	location.mapping =
		mapping_of(samples, weft_symbolizer_find_object(samples->symbolizer, pid, address));
	fail(samples, weft_pprof_add_location(samples->profile, &location, &index));
	return index;
}

static uint32_t fill_stack(struct weft_sample_profile *samples, int32_t pid, struct weft_text pcs,
			   uint32_t *stack)
{
	size_t count = pcs.len / sizeof(uint64_t);
	uint32_t i;

	if (count > STACK_DEPTH_MAX) {
		count = STACK_DEPTH_MAX;
	}
	for (i = 0; i < count; i++) {
		uint64_t pc;

		memcpy(&pc, pcs.text + i * sizeof(pc), sizeof(pc));
		/* Callers are told by return addresses; profiles want the call. */
		stack[i] = location_of(samples, pid, i == 0 ? pc : pc - 1);
	}
	return (uint32_t)count;
}

void weft_sample_profile_add(struct weft_sample_profile *samples, const struct weft_thread *thread,
			     const struct weft_task_state *task, const struct weft_event *event)
{
	const struct weft_process *process = thread->process;
	struct weft_pprof_label labels[4];
	uint32_t stack[STACK_DEPTH_MAX];
	const int64_t values[] = {1, (int64_t)event->cpu_sample.cpu_ns};
	struct weft_pprof_sample sample = {.locations = stack, .labels = labels, .values = values};

	if (event->cpu_sample.cpu_ns == 0 || event->cpu_sample.cpu_ns > INT64_MAX) {
		return; /* No time: nothing to tell. More than that is damage. */
	}
	if (samples->period_ns == 0) {
		/* The first mapping is the program. */
		(void)mapping_of(samples, weft_symbolizer_find_file(samples->symbolizer,
								    process->pid, process->exe));
	}
	if (samples->period_ns == 0 || event->cpu_sample.cpu_ns < samples->period_ns) {
		samples->period_ns = event->cpu_sample.cpu_ns;
	}
	sample.location_count = fill_stack(samples, process->pid, event->cpu_sample.pcs, stack);
	labels[sample.label_count++] =
		(struct weft_pprof_label){.key = "process", .str = weft_process_name(process)};
	labels[sample.label_count++] =
		(struct weft_pprof_label){.key = "thread", .str = weft_thread_name(thread)};
	if (task && task->type[0]) {
		labels[sample.label_count++] =
			(struct weft_pprof_label){.key = "task", .str = task->type};
	}
	if (thread->region_count > 0) {
		labels[sample.label_count++] = (struct weft_pprof_label){
			.key = "region", .str = thread->regions[thread->region_count - 1].name};
	}
	fail(samples, weft_pprof_add_sample(samples->profile, &sample));
}

int weft_sample_profile_complete(struct weft_sample_profile *samples, struct weft_error *err)
{
	const struct weft_symbolize_options options = {0};
	int ret = samples->status;

	if (ret == 0) {
		ret = weft_pprof_set_period(samples->profile, "cpu", "nanoseconds",
					    (int64_t)samples->period_ns);
	}
	if (ret < 0) {
		return weft_error_set_errno(err, ret, "cannot make the profile");
	}
	return weft_pprof_symbolize(samples->profile, &options, err);
}
