// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * weft_convert(): pipeline, Go encoder and output file joined. See <weft/convert.h>.
 */
#include <weft/convert.h>

#include <errno.h>
#include <time.h>

#include "go-encoder.h"
#include "go-plan.h"
#include "output-file.h"
#include "pipeline.h"

#define PROGRESS_INTERVAL_NS UINT64_C(250000000)

struct conversion {
	const struct weft_convert_options *options;
	struct weft_go_encoder *encoder;
	uint64_t told_ns;
};

static uint64_t now_ns(void)
{
	struct timespec now = {0, 0};

	(void)clock_gettime(CLOCK_MONOTONIC, &now); /* Cannot fail for this clock. */
	return (uint64_t)now.tv_sec * UINT64_C(1000000000) + (uint64_t)now.tv_nsec;
}

static void set_origin(void *ctx, int64_t origin_ns)
{
	weft_go_encoder_set_origin(((struct conversion *)ctx)->encoder, origin_ns);
}

static int poll_encoder(void *ctx, uint64_t event_count)
{
	struct conversion *conversion = (struct conversion *)ctx;
	const struct weft_convert_options *options = conversion->options;
	struct weft_go_counts counts;
	struct weft_progress progress;
	uint64_t now;

	if (options->progress) {
		now = now_ns();
		if (now - conversion->told_ns >= PROGRESS_INTERVAL_NS) {
			conversion->told_ns = now;
			weft_go_encoder_get_counts(conversion->encoder, &counts);
			progress.event_count = event_count;
			progress.byte_count = counts.byte_count;
			options->progress(options->progress_ctx, &progress);
		}
	}
	return weft_go_encoder_status(conversion->encoder);
}

static int run_encoder(struct weft_pipeline *pipeline, const struct weft_convert_options *options,
		       struct weft_output_file *file, struct weft_go_counts *ret_counts,
		       struct weft_error *err)
{
	struct weft_go_plan plan =
		weft_go_plan_make(options, weft_pipeline_get_facts(pipeline)->has_sched);
	struct conversion conversion = {.options = options, .told_ns = now_ns()};
	struct weft_consumer consumer = {
		.ops = &weft_go_encoder_ops,
		.poll_ctx = &conversion,
		.origin = set_origin,
		.poll = poll_encoder,
	};
	int finish_ret;
	int ret;

	conversion.encoder =
		weft_go_encoder_create(&plan.encoder, weft_pipeline_get_symbolizer(pipeline),
				       weft_output_file_write, file);
	if (!conversion.encoder) {
		return weft_error_set(err, -ENOMEM, "out of memory");
	}
	consumer.ctx = conversion.encoder;
	ret = weft_pipeline_run(pipeline, plan.lanes, &consumer, err);
	finish_ret = weft_go_encoder_finish(conversion.encoder);
	if (finish_ret < 0) {
		ret = weft_error_set_errno(err, finish_ret, "cannot write the Go trace");
	} else if (ret == 0 && weft_symbolizer_status(weft_pipeline_get_symbolizer(pipeline)) < 0) {
		ret = weft_error_set(err, -ENOMEM, "out of memory");
	}
	weft_go_encoder_get_counts(conversion.encoder, ret_counts);
	weft_go_encoder_destroy(conversion.encoder);
	return ret;
}

static uint64_t sum_repairs(const struct weft_repairs *repairs)
{
	uint64_t sum = 0;

#define ADD_REPAIR(name, text) sum += repairs->name;
	WEFT_REPAIR_MAP(ADD_REPAIR)
#undef ADD_REPAIR
	return sum;
}

static void fill_result(const struct weft_pipeline *pipeline, const struct weft_go_counts *counts,
			struct weft_convert_result *ret_result)
{
	const struct weft_timeline_totals *totals = weft_pipeline_get_totals(pipeline);

	ret_result->event_count = counts->event_count;
	ret_result->byte_count = counts->byte_count;
	ret_result->lost_count = totals->lost_count;
	ret_result->repair_count = sum_repairs(&totals->repairs);
	ret_result->task_count = counts->task_count;
	ret_result->region_count = counts->region_count;
	ret_result->log_count = counts->log_count;
	ret_result->thread_count = counts->thread_count;
	ret_result->process_count = counts->process_count;
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
	struct weft_output_file *file;
	struct weft_go_counts counts = {0};
	int commit_ret;
	int ret = weft_output_file_open(path, &file, err);

	if (ret < 0) {
		return ret;
	}
	ret = run_encoder(pipeline, options, file, &counts, err);
	fill_result(pipeline, &counts, ret_result);
	if (!is_worth_keeping(ret, ret_result)) {
		weft_output_file_discard(file);
		if (ret == 0) {
			ret = weft_pipeline_nothing(pipeline, err);
		}
		return ret;
	}
	commit_ret = weft_output_file_commit(file, err);
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
