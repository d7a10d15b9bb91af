// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * weft_convert(): pipeline, an encoder and the output file joined. See <weft/convert.h>.
 */
#include <weft/convert.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <weft/output-file.h>

#include "clock.h"
#include "go-encoder.h"
#include "go-plan.h"
#include "pipeline.h"
#include "profile-sink.h"

#define PROGRESS_INTERVAL_NS UINT64_C(250000000)

struct conversion {
	const struct weft_convert_options *options;
	struct weft_pipeline *pipeline;
	struct weft_output_file *file;
	struct weft_convert_result *result;
	struct weft_go_encoder *encoder; /* For a Go trace. */
	struct weft_profile_sink sink;   /* For a profile. */
	int64_t origin_ns;
	uint64_t told_ns;
};

static const struct {
	const char *name;
	enum weft_convert_format format;
} formats[] = {
	{"go-trace", WEFT_CONVERT_GO_TRACE},
	{"pprof:cpu", WEFT_CONVERT_PPROF_CPU},
	{"pprof:on-cpu", WEFT_CONVERT_PPROF_ON_CPU},
	{"pprof:off-cpu", WEFT_CONVERT_PPROF_OFF_CPU},
	{"pprof:sched", WEFT_CONVERT_PPROF_SCHED},
	{"pprof:block", WEFT_CONVERT_PPROF_BLOCK},
	{"pprof:syscall", WEFT_CONVERT_PPROF_SYSCALL},
};

int weft_convert_parse_format(const char *text, enum weft_convert_format *ret_format,
			      struct weft_error *err)
{
	size_t i;

	for (i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
		if (strcmp(formats[i].name, text) == 0) {
			*ret_format = formats[i].format;
			return 0;
		}
	}
	return weft_error_set(
		err, -EINVAL,
		"'%.100s' is none of go-trace, pprof:cpu, pprof:on-cpu, pprof:off-cpu, "
		"pprof:sched, pprof:block, pprof:syscall",
		text);
}

/* Shows how far it is, a few times a second. */
static void tell(struct conversion *conversion, uint64_t event_count, uint64_t byte_count)
{
	const struct weft_convert_options *options = conversion->options;
	struct weft_progress progress = {.event_count = event_count, .byte_count = byte_count};
	uint64_t now = weft_clock_read_ns(CLOCK_MONOTONIC);

	if (options->progress && now - conversion->told_ns >= PROGRESS_INTERVAL_NS) {
		conversion->told_ns = now;
		options->progress(options->progress_ctx, &progress);
	}
}

/* ---- A Go trace ---- */

static void set_origin(void *ctx, int64_t origin_ns)
{
	weft_go_encoder_set_origin(((struct conversion *)ctx)->encoder, origin_ns);
}

static int poll_encoder(void *ctx, uint64_t event_count)
{
	struct conversion *conversion = (struct conversion *)ctx;
	struct weft_go_counts counts;

	weft_go_encoder_get_counts(conversion->encoder, &counts);
	tell(conversion, event_count, counts.byte_count);
	return weft_go_encoder_status(conversion->encoder);
}

static void take_counts(struct conversion *conversion)
{
	struct weft_convert_result *result = conversion->result;
	struct weft_go_counts counts;

	weft_go_encoder_get_counts(conversion->encoder, &counts);
	result->event_count = counts.event_count;
	result->byte_count = counts.byte_count;
	result->task_count = counts.task_count;
	result->region_count = counts.region_count;
	result->log_count = counts.log_count;
	result->thread_count = counts.thread_count;
	result->process_count = counts.process_count;
}

static int write_go_trace(struct conversion *conversion, struct weft_error *err)
{
	struct weft_symbolizer *symbolizer = weft_pipeline_get_symbolizer(conversion->pipeline);
	struct weft_go_plan plan = weft_go_plan_make(
		conversion->options, weft_pipeline_get_facts(conversion->pipeline)->has_sched);
	struct weft_consumer consumer = {
		.ops = &weft_go_encoder_ops,
		.poll_ctx = conversion,
		.origin = set_origin,
		.poll = poll_encoder,
	};
	int finish_ret;
	int ret;

	conversion->encoder = weft_go_encoder_create(&plan.encoder, symbolizer,
						     weft_output_file_write, conversion->file);
	if (!conversion->encoder) {
		return weft_error_set(err, -ENOMEM, "out of memory");
	}
	consumer.ctx = conversion->encoder;
	ret = weft_pipeline_run(conversion->pipeline, plan.lanes, &consumer, err);
	finish_ret = weft_go_encoder_finish(conversion->encoder);
	if (finish_ret < 0) {
		ret = weft_error_set_errno(err, finish_ret, "cannot write the Go trace");
	} else if (ret == 0 && weft_symbolizer_status(symbolizer) < 0) {
		ret = weft_error_set(err, -ENOMEM, "out of memory");
	}
	take_counts(conversion);
	weft_go_encoder_destroy(conversion->encoder);
	return ret;
}

/* ---- A profile ---- */

static void set_profile_origin(void *ctx, int64_t origin_ns)
{
	((struct conversion *)ctx)->origin_ns = origin_ns;
}

static int poll_sink(void *ctx, uint64_t event_count)
{
	struct conversion *conversion = (struct conversion *)ctx;

	tell(conversion, event_count, 0);
	return conversion->sink.status;
}

/* Where the profile ends: at the selected time, if that is within the input. */
static uint64_t last_ns(const struct conversion *conversion)
{
	const struct weft_timeline_totals *totals = weft_pipeline_get_totals(conversion->pipeline);
	int64_t until_ns = conversion->options->selection.until_ns;

	return until_ns >= 0 && (uint64_t)until_ns < totals->last_ns - totals->first_ns
		       ? totals->first_ns + (uint64_t)until_ns
		       : totals->last_ns;
}

/* While the threads are still there: their last intervals need their names. */
static void end_profile(void *ctx)
{
	struct conversion *conversion = (struct conversion *)ctx;

	weft_profile_sink_end(&conversion->sink, last_ns(conversion));
}

/* What people should know of it. */
static int comment(const struct conversion *conversion, struct weft_pprof *profile)
{
	const struct weft_timeline_totals *totals = weft_pipeline_get_totals(conversion->pipeline);
	char text[128];
	int ret;

	(void)snprintf(text, sizeof(text), "scheduling data: %s",
		       weft_pipeline_get_tier(conversion->pipeline)); /* A short word. */
	ret = weft_pprof_add_comment(profile, text);
	if (ret == 0 && totals->lost_count > 0) {
		(void)snprintf(text, sizeof(text), "%llu events were lost: times are incomplete",
			       (unsigned long long)totals->lost_count); /* It fits. */
		ret = weft_pprof_add_comment(profile, text);
	}
	return ret;
}

static int write_counted(void *ctx, const void *bytes, size_t size)
{
	struct conversion *conversion = (struct conversion *)ctx;

	conversion->result->byte_count += size;
	return weft_output_file_write(conversion->file, bytes, size);
}

static int finish_profile(struct conversion *conversion, struct weft_error *err)
{
	struct weft_profile_sink *sink = &conversion->sink;
	struct weft_pprof *profile = sink->has_samples ? sink->samples.profile : sink->profile;
	uint64_t end_ns = last_ns(conversion);
	int ret = sink->status < 0 ? sink->status : comment(conversion, profile);

	if (ret < 0) {
		return weft_error_set_errno(err, ret, "cannot make the profile");
	}
	if (sink->has_samples) {
		ret = weft_sample_profile_complete(&sink->samples, err);
		if (ret < 0) {
			return ret;
		}
	}
	weft_pprof_set_time(profile, conversion->origin_ns + (int64_t)sink->first_ns,
			    (int64_t)(end_ns > sink->first_ns ? end_ns - sink->first_ns : 0));
	conversion->result->sample_count = weft_pprof_sample_count(profile);
	conversion->result->thread_count = sink->thread_count;
	conversion->result->event_count =
		weft_pipeline_get_totals(conversion->pipeline)->event_count;
	return weft_pprof_write(profile, write_counted, conversion, err);
}

/* Nothing of what the profile is about: was it not recorded, or did it not happen? */
static int tell_empty(const struct conversion *conversion, struct weft_error *err)
{
	bool has_sched = weft_pipeline_get_facts(conversion->pipeline)->has_sched;

	if (!has_sched && (weft_profile_format_needs_sched(conversion->options->format) ||
			   weft_pipeline_get_totals(conversion->pipeline)->account_count == 0)) {
		return weft_error_set(
			err, -ENODATA,
			"the recording has no scheduling data, which this profile is made of: "
			"`weft "
			"doctor` says how to get it%s",
			conversion->options->format == WEFT_CONVERT_PPROF_BLOCK
				? "; nor waits for locks, which `weft run` records without"
				: "");
	}
	return weft_error_set(err, -ENODATA, "nothing of the kind happened in what was selected");
}

static int write_profile(struct conversion *conversion, struct weft_error *err)
{
	struct weft_consumer consumer = {
		.ops = &weft_profile_sink_ops,
		.ctx = &conversion->sink,
		.poll_ctx = conversion,
		.origin = set_profile_origin,
		.poll = poll_sink,
		.end = end_profile,
	};
	struct weft_error finish_err = WEFT_ERROR_INIT;
	int ret, finish_ret;

	ret = weft_profile_sink_init(&conversion->sink, conversion->options->format,
				     weft_pipeline_get_facts(conversion->pipeline)->has_sched,
				     conversion->options->inputs[0],
				     weft_pipeline_get_symbolizer(conversion->pipeline));
	if (ret < 0) {
		(void)weft_error_set(err, ret, "out of memory");
		goto out;
	}
	ret = weft_pipeline_run(conversion->pipeline, WEFT_LANES_AUTO, &consumer, err);
	if (ret < 0 && ret != -EBADMSG) {
		goto out;
	}
	finish_ret = finish_profile(conversion, &finish_err);
	if (finish_ret == 0 && conversion->result->sample_count == 0 &&
	    conversion->result->thread_count > 0 && ret == 0) {
		finish_ret = tell_empty(conversion, &finish_err);
	}
	if (finish_ret < 0) {
		ret = finish_ret;
		if (err) {
			*err = finish_err;
		}
	}
out:
	weft_profile_sink_fini(&conversion->sink);
	return ret;
}

/* ---- Either ---- */

static uint64_t sum_repairs(const struct weft_repairs *repairs)
{
	uint64_t sum = 0;

#define ADD_REPAIR(name, text) sum += repairs->name;
	WEFT_REPAIR_MAP(ADD_REPAIR)
#undef ADD_REPAIR
	return sum;
}

static void fill_result(const struct weft_pipeline *pipeline,
			struct weft_convert_result *ret_result)
{
	const struct weft_timeline_totals *totals = weft_pipeline_get_totals(pipeline);

	ret_result->lost_count = totals->lost_count;
	ret_result->repair_count = sum_repairs(&totals->repairs);
	ret_result->tier = weft_pipeline_get_tier(pipeline);
}

static int check_options(const struct weft_convert_options *options, struct weft_error *err)
{
	if (options->input_count == 0) {
		return weft_error_set(err, -EINVAL, "no input given");
	}
	return weft_go_plan_check(options, err);
}

/* What could be read of a damaged input is worth keeping, if it is anything at all. */
static bool is_worth_keeping(int ret, const struct weft_convert_result *result)
{
	return result->thread_count > 0 && (ret == 0 || ret == -EBADMSG);
}

static int convert_into(struct weft_pipeline *pipeline, const struct weft_convert_options *options,
			const char *path, struct weft_convert_result *ret_result,
			struct weft_error *err)
{
	struct conversion conversion = {
		.options = options,
		.pipeline = pipeline,
		.result = ret_result,
		.told_ns = weft_clock_read_ns(CLOCK_MONOTONIC),
	};
	int commit_ret;
	int ret = weft_output_file_open(path, &conversion.file, err);

	if (ret < 0) {
		return ret;
	}
	*ret_result = (struct weft_convert_result){0};
	ret = options->format == WEFT_CONVERT_GO_TRACE ? write_go_trace(&conversion, err)
						       : write_profile(&conversion, err);
	fill_result(pipeline, ret_result);
	if (!is_worth_keeping(ret, ret_result)) {
		weft_output_file_discard(conversion.file);
		if (ret == 0) {
			ret = weft_pipeline_nothing(pipeline, err);
		}
		return ret;
	}
	commit_ret = weft_output_file_commit(conversion.file, err);
	if (commit_ret < 0) {
		return commit_ret;
	}
	if (ret == 0) {
		ret = weft_pipeline_check_whole(pipeline, err);
	}
	if (ret < 0) {
		weft_error_prepend(err, "what could be read is in '%s'", path);
	}
	return ret;
}

int weft_convert(const struct weft_convert_options *options, const char *path,
		 struct weft_convert_result *ret_result, struct weft_error *err)
{
	struct weft_pipeline *pipeline;
	int ret = check_options(options, err);

	if (ret < 0) {
		return ret;
	}
	ret = weft_pipeline_open(options->inputs, options->input_count, &options->selection,
				 &pipeline, err);
	if (ret < 0) {
		return ret;
	}
	ret = convert_into(pipeline, options, path, ret_result, err);
	weft_pipeline_close(pipeline);
	return ret;
}
