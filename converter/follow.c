// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * weft_follow_*(): a Go trace of a recording that is still being written. See <weft/convert.h>.
 *
 *     growing-trace.c ─ view of a span ─▶ source, reading ─ events of the span ─▶ one walk ─▶ encoder
 *
 * Each step reads the packets that reach into [horizon of the last step, horizon of this one) and takes
 * the events in that span alone, so that all steps together are what one pass over the whole is. A
 * packet that lies across a horizon is read twice.
 */
#include <weft/convert.h>

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <weft/output-file.h>

#include "clock.h"
#include "filter.h"
#include "go-encoder.h"
#include "go-plan.h"
#include "growing-trace.h"
#include "pipeline.h"
#include "reading.h"
#include "symbolizer.h"
#include "timeline.h"
#include "walk.h"

#define NS_PER_S UINT64_C(1000000000)
/* Shorter spans are not worth a graph of their own. */
#define STEP_NS (NS_PER_S / 2)
/* Between the clock that packets and the one that events are told in; measured, not read. */
#define CLOCK_SLACK_NS (NS_PER_S / 10)
#define RUN_EVENTS     256U

struct weft_follow {
	struct weft_convert_options options;
	const char *dir;
	char view[PATH_MAX];
	struct weft_output_file *file;
	struct weft_growing_trace growing;
	struct weft_symbolizer *symbolizer;
	struct weft_filter *filter;      /* NULL: none. */
	struct weft_go_encoder *encoder; /* NULL: nothing was there yet. */
	struct weft_consumer consumer;
	struct weft_walk walk;
	bool has_sched;
	char tier[WEFT_TIER_SIZE];
	uint64_t wall_offset_ns; /* Wall clock less CLOCK_MONOTONIC. */
	uint64_t horizon_ns;     /* CLOCK_MONOTONIC: all before was taken. */
	bool origin_known;
	int64_t origin_ns; /* Wall clock of the timeline's time 0. */
	uint64_t last_ns;  /* Of the timeline. */
	uint64_t late_count;
	uint64_t taken_count; /* Events. */
	struct weft_event run[RUN_EVENTS];
};

/* ---- Life cycle ---- */

void weft_follow_close(struct weft_follow *follow)
{
	if (!follow) {
		return;
	}
	weft_output_file_discard(follow->file);
	weft_timeline_destroy(follow->walk.timeline);
	weft_walk_fini(&follow->walk);
	weft_filter_destroy(follow->filter);
	if (follow->encoder) {
		weft_go_encoder_destroy(follow->encoder);
	}
	weft_symbolizer_destroy(follow->symbolizer);
	weft_growing_trace_fini(&follow->growing);
	free(follow);
}

int weft_follow_open(const struct weft_convert_options *options, const char *path,
		     struct weft_follow **ret_follow, struct weft_error *err)
{
	struct weft_follow *follow;
	int ret = weft_go_plan_check(options, err);

	if (ret < 0) {
		return ret;
	}
	if (options->input_count != 1 || options->format != WEFT_CONVERT_GO_TRACE ||
	    options->selection.task_type || options->selection.slower_than_ns ||
	    options->selection.until_ns != WEFT_TIME_NONE ||
	    strlen(options->inputs[0]) > sizeof(follow->view) - 64) {
		return weft_error_set(
			err, -EINVAL,
			"a growing recording becomes a Go trace of all its time only");
	}
	follow = (struct weft_follow *)calloc(1, sizeof(*follow));
	if (!follow) {
		return weft_error_set(err, -ENOMEM, "out of memory");
	}
	follow->options = *options;
	follow->dir = options->inputs[0];
	(void)snprintf(follow->view, sizeof(follow->view), "%s/.view", follow->dir);
	weft_growing_trace_init(&follow->growing, follow->dir);
	follow->wall_offset_ns =
		weft_clock_read_ns(CLOCK_REALTIME) - weft_clock_read_ns(CLOCK_MONOTONIC);
	follow->symbolizer = weft_symbolizer_create();
	ret = follow->symbolizer ? weft_output_file_open(path, &follow->file, err)
				 : weft_error_set(err, -ENOMEM, "out of memory");
	if (ret < 0) {
		weft_follow_close(follow);
	} else {
		*ret_follow = follow;
	}
	return ret;
}

static void set_origin(void *ctx, int64_t origin_ns)
{
	weft_go_encoder_set_origin(((struct weft_follow *)ctx)->encoder, origin_ns);
}

static int poll_encoder(void *ctx, uint64_t event_count)
{
	(void)event_count;
	return weft_go_encoder_status(((struct weft_follow *)ctx)->encoder);
}

/* With the first packets it is known what the recording has. */
static int start_walk(struct weft_follow *follow, const struct weft_source_facts *facts)
{
	struct weft_go_plan plan = weft_go_plan_make(&follow->options, facts->has_sched);
	struct weft_timeline_options options = {plan.lanes, facts->has_sched};
	struct weft_walk *walk = &follow->walk;

	follow->has_sched = facts->has_sched;
	follow->encoder = weft_go_encoder_create(&plan.encoder, follow->symbolizer,
						 weft_output_file_write, follow->file);
	if (!follow->encoder) {
		return -ENOMEM;
	}
	follow->consumer = (struct weft_consumer){
		.ops = &weft_go_encoder_ops,
		.ctx = follow->encoder,
		.poll_ctx = follow,
		.origin = set_origin,
		.poll = poll_encoder,
	};
	walk->symbolizer = follow->symbolizer;
	walk->consumer = &follow->consumer;
	if (weft_selection_is_partial(&follow->options.selection)) {
		follow->filter = weft_filter_create(&follow->options.selection);
		walk->timeline = follow->filter ? weft_timeline_create(&options, &weft_filter_ops,
								       follow->filter)
						: NULL;
		if (walk->timeline) {
			weft_filter_connect(follow->filter, walk->timeline, &weft_go_encoder_ops,
					    follow->encoder);
		}
	} else {
		walk->timeline =
			weft_timeline_create(&options, &weft_go_encoder_ops, follow->encoder);
	}
	return walk->timeline ? 0 : -ENOMEM;
}

/* ---- One step ---- */

/* A span of wall clock time. */
struct span {
	int64_t from_ns, until_ns;
};

/*
 * The events of a run that are in the span, on the timeline's clock. What comes out of order after all
 * (a writer that was held up for longer than the horizon allows for) gets the time of the last.
 *
 * Returns whether the run ends behind the span.
 */
static bool take_run(struct weft_follow *follow, const struct span *span, int64_t origin_ns,
		     const struct weft_event *events, size_t count, size_t *ret_taken)
{
	size_t taken = 0;
	size_t i;

	for (i = 0; i < count; i++) {
		int64_t wall_ns = origin_ns + (int64_t)events[i].ts_ns;
		struct weft_event *event = &follow->run[taken];

		if (wall_ns >= span->until_ns) {
			break;
		}
		/* Losses are told by packets: a view has not all of a stream's. */
		if (wall_ns < span->from_ns || events[i].kind == WEFT_EVENT_LOST) {
			continue;
		}
		if (!follow->origin_known) {
			follow->origin_known = true;
			follow->origin_ns = wall_ns;
		}
		*event = events[i];
		event->ts_ns =
			wall_ns > follow->origin_ns ? (uint64_t)(wall_ns - follow->origin_ns) : 0;
		if (event->ts_ns < follow->last_ns) {
			event->ts_ns = follow->last_ns;
			follow->late_count++;
		}
		follow->last_ns = event->ts_ns;
		taken++;
	}
	follow->taken_count += taken;
	*ret_taken = taken;
	return i < count;
}

static int feed_run(struct weft_follow *follow, const struct span *span, int64_t origin_ns,
		    const struct weft_event *events, size_t count, bool *ret_ended)
{
	size_t done;
	int ret = 0;

	for (done = 0; ret == 0 && done < count && !*ret_ended; done += RUN_EVENTS) {
		size_t part = count - done < RUN_EVENTS ? count - done : RUN_EVENTS;
		size_t taken = 0;

		*ret_ended = take_run(follow, span, origin_ns, events + done, part, &taken);
		if (taken > 0) {
			ret = weft_walk_events(&follow->walk, follow->run, taken,
					       follow->origin_ns);
		}
	}
	return ret;
}

static int feed_losses(struct weft_follow *follow)
{
	struct weft_event event = {.kind = WEFT_EVENT_LOST, .cpu = -1, .pid = -1, .tid = -1};

	event.ts_ns = follow->last_ns;
	event.lost.lost_count = follow->growing.new_lost_count;
	follow->growing.new_lost_count = 0;
	return event.lost.lost_count ? weft_walk_events(&follow->walk, &event, 1, follow->origin_ns)
				     : 0;
}

static int read_view(struct weft_follow *follow, struct weft_source *source,
		     const struct span *span, struct weft_error *err)
{
	struct weft_error reading_err = WEFT_ERROR_INIT;
	const struct weft_event *events;
	struct weft_reading *reading;
	bool ended = false;
	int reading_ret;
	size_t count;
	int ret = weft_reading_start(source, &reading, err);

	if (ret < 0) {
		return ret;
	}
	while (ret == 0 && !ended && (count = weft_reading_next(reading, &events)) > 0) {
		ret = feed_run(follow, span, weft_reading_origin(reading), events, count, &ended);
	}
	reading_ret = weft_reading_stop(reading, &reading_err);
	if (ret == 0 && reading_ret < 0) {
		ret = weft_error_set(err, reading_ret, "%s", reading_err.text);
	} else if (ret < 0) {
		(void)weft_error_set_errno(err, ret, "cannot write the Go trace");
	}
	return ret;
}

/* Converts what lies between the last horizon and this one. */
static int convert_span(struct weft_follow *follow, uint64_t until_ns, struct weft_error *err)
{
	const struct span span = {
		(int64_t)(follow->horizon_ns + follow->wall_offset_ns),
		until_ns == UINT64_MAX ? INT64_MAX : (int64_t)(until_ns + follow->wall_offset_ns),
	};
	const char *inputs[] = {follow->view};
	uint64_t from_ns =
		follow->horizon_ns > CLOCK_SLACK_NS ? follow->horizon_ns - CLOCK_SLACK_NS : 0;
	struct weft_source *source = NULL;
	int ret = weft_growing_trace_view(
		&follow->growing, from_ns,
		until_ns == UINT64_MAX ? until_ns : until_ns + CLOCK_SLACK_NS, follow->view, err);

	if (ret <= 0) {
		goto out;
	}
	ret = weft_source_open(inputs, 1, &source, err);
	if (ret == 0 && !follow->encoder) {
		const struct weft_source_facts *facts = weft_source_get_facts(source);

		memcpy(follow->tier, facts->tier, sizeof(follow->tier));
		ret = start_walk(follow, facts);
		if (ret < 0) {
			(void)weft_error_set(err, ret, "out of memory");
		}
	}
	if (ret == 0) {
		ret = read_view(follow, source, &span, err);
	}
	if (ret == 0 && feed_losses(follow) < 0) {
		ret = weft_error_set(err, -ENOMEM, "out of memory");
	}
	weft_source_close(source);
out:
	weft_growing_trace_unview(&follow->growing, follow->view);
	if (ret >= 0) {
		follow->horizon_ns = until_ns;
		weft_growing_trace_forget(&follow->growing, until_ns > CLOCK_SLACK_NS
								    ? until_ns - CLOCK_SLACK_NS
								    : 0);
	}
	return ret < 0 ? ret : 0;
}

int weft_follow_step(struct weft_follow *follow, struct weft_error *err)
{
	struct weft_error problem = WEFT_ERROR_INIT;
	uint64_t taken_count = follow->taken_count;
	uint64_t horizon_ns;
	int ret = weft_growing_trace_scan(&follow->growing, err);

	if (ret < 0) {
		return ret;
	}
	horizon_ns = weft_growing_trace_horizon(&follow->growing);
	if (horizon_ns < follow->horizon_ns + STEP_NS) {
		return 0;
	}
	ret = convert_span(follow, horizon_ns, &problem);
	if (ret < 0 && follow->taken_count == taken_count &&
	    (!follow->encoder || weft_go_encoder_status(follow->encoder) == 0)) {
		return 0; /* As if it had not been tried: the next step has more to go by. */
	}
	return ret < 0 ? weft_error_set(err, ret, "%s", problem.text) : 0;
}

/* ---- The end ---- */

static void fill_result(const struct weft_follow *follow, struct weft_convert_result *ret_result)
{
	const struct weft_timeline_totals *totals = weft_timeline_totals(follow->walk.timeline);
	struct weft_go_counts counts;

	weft_go_encoder_get_counts(follow->encoder, &counts);
	ret_result->event_count = counts.event_count;
	ret_result->byte_count = counts.byte_count;
	ret_result->task_count = counts.task_count;
	ret_result->region_count = counts.region_count;
	ret_result->log_count = counts.log_count;
	ret_result->thread_count = counts.thread_count;
	ret_result->process_count = counts.process_count;
	ret_result->lost_count = totals->lost_count;
	ret_result->repair_count = follow->late_count;
#define ADD_REPAIR(name, text) ret_result->repair_count += totals->repairs.name;
	WEFT_REPAIR_MAP(ADD_REPAIR)
#undef ADD_REPAIR
	ret_result->tier = weft_pipeline_tier_name(totals, follow->tier);
}

static int write_end(struct weft_follow *follow, struct weft_convert_result *ret_result,
		     struct weft_error *err)
{
	int ret;

	fill_result(follow, ret_result);
	weft_timeline_destroy(follow->walk.timeline); /* Closes what is open. */
	follow->walk.timeline = NULL;
	ret = weft_go_encoder_finish(follow->encoder);
	if (ret < 0) {
		return weft_error_set_errno(err, ret, "cannot write the Go trace");
	}
	return ret_result->thread_count > 0
		       ? 0
		       : weft_error_set(err, -ENODATA,
					"nothing of the process was recorded; did it run?");
}

int weft_follow_finish(struct weft_follow *follow, struct weft_convert_result *ret_result,
		       struct weft_error *err)
{
	int ret = weft_growing_trace_scan(&follow->growing, err);

	memset(ret_result, 0, sizeof(*ret_result));
	if (ret == 0) {
		ret = convert_span(follow, UINT64_MAX, err);
	}
	if (ret == 0) {
		ret = follow->encoder ? write_end(follow, ret_result, err)
				      : weft_error_set(err, -ENODATA,
						       "no event was recorded; did an instrumented "
						       "program run while recording?");
	}
	if (ret == 0) {
		ret = weft_output_file_commit(follow->file, err);
		follow->file = NULL;
	}
	return ret;
}
