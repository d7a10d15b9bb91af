// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * One or two passes over the input. See pipeline.h.
 */
#include "pipeline.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "filter.h"
#include "reading.h"

struct weft_pipeline {
	const struct weft_selection *selection;
	struct weft_source *source;
	struct weft_symbolizer *symbolizer;
	struct weft_timeline_totals totals;
};

/* What one pass over the input feeds. */
struct pass {
	struct weft_pipeline *pipeline;
	struct weft_walk walk;
	const struct weft_filter *filter; /* NULL: none. */
};

/* ---- Life cycle ---- */

int weft_pipeline_open(const char *const *inputs, size_t input_count,
		       const struct weft_selection *selection, struct weft_pipeline **ret_pipeline,
		       struct weft_error *err)
{
	struct weft_pipeline *pipeline = (struct weft_pipeline *)calloc(1, sizeof(*pipeline));
	const struct weft_source_facts *facts;
	int ret;

	if (!pipeline) {
		return weft_error_set(err, -ENOMEM, "out of memory");
	}
	pipeline->selection = selection;
	pipeline->symbolizer = weft_symbolizer_create();
	if (!pipeline->symbolizer) {
		ret = weft_error_set(err, -ENOMEM, "out of memory");
		goto out;
	}
	ret = weft_source_open(inputs, input_count, &pipeline->source, err);
	if (ret < 0) {
		goto out;
	}
	facts = weft_source_get_facts(pipeline->source);
	if (!facts->has_weft && !facts->has_sched) {
		ret = weft_error_set(err, -ENODATA,
				     "'%s': neither weft:* nor sched_switch events were recorded; "
				     "was the program built with libweft, and did it run while "
				     "recording?",
				     inputs[0]);
	}
out:
	if (ret < 0) {
		weft_pipeline_close(pipeline);
	} else {
		*ret_pipeline = pipeline;
	}
	return ret;
}

void weft_pipeline_close(struct weft_pipeline *pipeline)
{
	if (pipeline) {
		weft_source_close(pipeline->source);
		weft_symbolizer_destroy(pipeline->symbolizer);
		free(pipeline);
	}
}

const struct weft_source_facts *weft_pipeline_get_facts(const struct weft_pipeline *pipeline)
{
	return weft_source_get_facts(pipeline->source);
}

struct weft_symbolizer *weft_pipeline_get_symbolizer(struct weft_pipeline *pipeline)
{
	return pipeline->symbolizer;
}

const struct weft_timeline_totals *weft_pipeline_get_totals(const struct weft_pipeline *pipeline)
{
	return &pipeline->totals;
}

const char *weft_pipeline_tier_name(const struct weft_timeline_totals *totals, const char *told)
{
	static const char *const names[] = {"switch", "tracepoints", "lttng-kernel"};
	size_t i;

	if (!totals->has_sched) {
		return totals->account_count ? "accounting" : "none";
	}
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strcmp(told, names[i]) == 0) {
			return names[i];
		}
	}
	return told[0] ? "another" : "lttng-kernel";
}

const char *weft_pipeline_get_tier(const struct weft_pipeline *pipeline)
{
	return weft_pipeline_tier_name(&pipeline->totals, weft_pipeline_get_facts(pipeline)->tier);
}

int weft_pipeline_check_whole(const struct weft_pipeline *pipeline, struct weft_error *err)
{
	uint64_t count = weft_source_get_facts(pipeline->source)->cut_packet_count;

	if (count == 0) {
		return 0;
	}
	return weft_error_set(err, -EBADMSG, "the recording is cut short: %llu packet%s not whole",
			      (unsigned long long)count, count == 1 ? " is" : "s are");
}

int weft_pipeline_nothing(const struct weft_pipeline *pipeline, struct weft_error *err)
{
	uint64_t event_count = pipeline->totals.event_count;
	int ret;

	if (weft_selection_is_partial(pipeline->selection) && event_count) {
		return weft_error_set(err, -ENODATA,
				      "nothing of the input is selected: events=%llu",
				      (unsigned long long)event_count);
	}
	ret = weft_pipeline_check_whole(pipeline, err);
	if (ret < 0) {
		weft_error_prepend(err, "nothing can be read");
		return ret;
	}
	return weft_error_set(err, -ENODATA,
			      "no event was recorded; did an instrumented program run while "
			      "recording?");
}

/* ---- One pass ---- */

/* Feeds until the input, the selected time or the consumer ends. */
static int walk(struct pass *pass, struct weft_reading *reading)
{
	const struct weft_event *events;
	size_t count;
	int ret = 0;

	while (ret == 0 && (count = weft_reading_next(reading, &events)) > 0) {
		ret = weft_walk_events(&pass->walk, events, count, weft_reading_origin(reading));
		if (pass->filter && weft_filter_is_done(pass->filter)) {
			break;
		}
	}
	return ret;
}

static int run_pass(struct pass *pass, struct weft_error *err)
{
	struct weft_pipeline *pipeline = pass->pipeline;
	struct weft_error reading_err = WEFT_ERROR_INIT;
	struct weft_reading *reading;
	int reading_ret;
	int ret;

	ret = weft_reading_start(pipeline->source, &reading, err);
	if (ret < 0) {
		return ret;
	}
	ret = walk(pass, reading);
	reading_ret = weft_reading_stop(reading, &reading_err);
	pipeline->totals = *weft_timeline_totals(pass->walk.timeline);
	if (pass->walk.consumer->end) {
		pass->walk.consumer->end(pass->walk.consumer->poll_ctx);
	}
	if (ret == -ENOMEM) {
		return weft_error_set(err, ret, "out of memory");
	}
	if (ret == 0 && reading_ret < 0) {
		if (err) {
			*err = reading_err;
		}
		return reading_ret;
	}
	return ret;
}

int weft_pipeline_run_whole(struct weft_pipeline *pipeline, enum weft_lanes lanes,
			    const struct weft_consumer *consumer, struct weft_error *err)
{
	struct weft_timeline_options options = {lanes,
						weft_pipeline_get_facts(pipeline)->has_sched};
	struct pass pass = {.pipeline = pipeline, .walk = {.consumer = consumer}};
	int ret;

	pass.walk.timeline = weft_timeline_create(&options, consumer->ops, consumer->ctx);
	if (!pass.walk.timeline) {
		return weft_error_set(err, -ENOMEM, "out of memory");
	}
	ret = run_pass(&pass, err);
	weft_timeline_destroy(pass.walk.timeline);
	weft_walk_fini(&pass.walk);
	return ret;
}

/* First pass of a selection by task: which ones. A damaged input is told by the second pass. */
static int learn(struct weft_pipeline *pipeline, enum weft_lanes lanes, struct weft_filter *filter,
		 struct weft_error *err)
{
	struct weft_consumer nobody = {.ops = &weft_filter_learn_ops, .ctx = filter};
	int ret = weft_pipeline_run_whole(pipeline, lanes, &nobody, err);

	if (ret == -EBADMSG) {
		ret = 0;
	}
	if (ret == 0 && weft_filter_learned(filter, pipeline->totals.last_ns) < 0) {
		ret = weft_error_set(err, -ENOMEM, "out of memory");
	}
	return ret;
}

int weft_pipeline_run(struct weft_pipeline *pipeline, enum weft_lanes lanes,
		      const struct weft_consumer *consumer, struct weft_error *err)
{
	struct weft_timeline_options options = {lanes,
						weft_pipeline_get_facts(pipeline)->has_sched};
	struct pass pass = {
		.pipeline = pipeline,
		.walk = {.symbolizer = pipeline->symbolizer, .consumer = consumer},
	};
	struct weft_filter *filter = NULL;
	int ret = 0;

	if (weft_selection_is_partial(pipeline->selection)) {
		filter = weft_filter_create(pipeline->selection);
		if (!filter) {
			return weft_error_set(err, -ENOMEM, "out of memory");
		}
		if (weft_filter_needs_learning(filter)) {
			ret = learn(pipeline, lanes, filter, err);
		}
		pass.filter = filter;
		pass.walk.timeline = weft_timeline_create(&options, &weft_filter_ops, filter);
	} else {
		pass.walk.timeline = weft_timeline_create(&options, consumer->ops, consumer->ctx);
	}
	if (!pass.walk.timeline) {
		ret = weft_error_set(err, -ENOMEM, "out of memory");
	}
	if (ret == 0 && filter) {
		weft_filter_connect(filter, pass.walk.timeline, consumer->ops, consumer->ctx);
	}
	if (ret == 0) {
		ret = run_pass(&pass, err);
	}
	weft_timeline_destroy(pass.walk.timeline);
	weft_walk_fini(&pass.walk);
	weft_filter_destroy(filter);
	return ret;
}
