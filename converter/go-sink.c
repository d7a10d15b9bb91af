// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * A Go trace written from batches. See go-sink.h.
 */
#include "go-sink.h"

#include <errno.h>
#include <stdlib.h>

#include <weft/output-file.h>

#include "go-encoder.h"
#include "go-plan.h"
#include "walk.h"

struct weft_go_sink {
	struct weft_convert_options options;
	struct weft_output_file *file;
	struct weft_symbolizer *symbolizer;
	struct weft_timeline *timeline; /* NULL until the first batch, as is the encoder. */
	struct weft_go_encoder *encoder;
	struct weft_consumer consumer;
	struct weft_walk walk;
};

static void set_origin(void *ctx, int64_t origin_ns)
{
	weft_go_encoder_set_origin((struct weft_go_encoder *)ctx, origin_ns);
}

static int poll_encoder(void *ctx, uint64_t event_count)
{
	(void)event_count;
	return weft_go_encoder_status((const struct weft_go_encoder *)ctx);
}

int weft_go_sink_create(const struct weft_convert_options *options, const char *path,
			struct weft_go_sink **ret_sink, struct weft_error *err)
{
	struct weft_go_sink *sink;
	int ret = weft_go_plan_check(options, err);

	if (ret < 0) {
		return ret;
	}
	sink = (struct weft_go_sink *)calloc(1, sizeof(*sink));
	if (!sink) {
		return weft_error_set(err, -ENOMEM, "out of memory");
	}
	sink->options = *options;
	sink->symbolizer = weft_symbolizer_create();
	if (sink->symbolizer) {
		ret = weft_output_file_open(path, &sink->file, err);
	} else {
		ret = weft_error_set(err, -ENOMEM, "out of memory");
	}
	if (ret < 0) {
		weft_go_sink_destroy(sink);
		return ret;
	}
	*ret_sink = sink;
	return 0;
}

void weft_go_sink_destroy(struct weft_go_sink *sink)
{
	if (sink) {
		weft_timeline_destroy(sink->timeline);
		weft_walk_fini(&sink->walk);
		if (sink->encoder) {
			weft_go_encoder_destroy(sink->encoder);
		}
		weft_symbolizer_destroy(sink->symbolizer);
		weft_output_file_discard(sink->file);
		free(sink);
	}
}

static int start(struct weft_go_sink *sink, bool has_sched)
{
	struct weft_go_plan plan = weft_go_plan_make(&sink->options, has_sched);
	struct weft_timeline_options options = {plan.lanes, has_sched};

	sink->encoder = weft_go_encoder_create(&plan.encoder, sink->symbolizer,
					       weft_output_file_write, sink->file);
	if (!sink->encoder) {
		return -ENOMEM;
	}
	sink->timeline = weft_timeline_create(&options, &weft_go_encoder_ops, sink->encoder);
	if (!sink->timeline) {
		return -ENOMEM;
	}
	sink->consumer = (struct weft_consumer){
		.ops = &weft_go_encoder_ops,
		.ctx = sink->encoder,
		.poll_ctx = sink->encoder,
		.origin = set_origin,
		.poll = poll_encoder,
	};
	sink->walk = (struct weft_walk){
		.timeline = sink->timeline,
		.symbolizer = sink->symbolizer,
		.consumer = &sink->consumer,
	};
	return 0;
}

static int tell(struct weft_error *err, int code)
{
	return code == -ENOMEM ? weft_error_set(err, code, "out of memory")
			       : weft_error_set_errno(err, code, "cannot write the Go trace");
}

int weft_go_sink_take(struct weft_go_sink *sink, bool has_sched, const struct weft_batch *batch,
		      struct weft_error *err)
{
	int64_t origin_ns = batch->origin_ns == WEFT_BATCH_ORIGIN_UNKNOWN ? 0 : batch->origin_ns;
	int ret = sink->timeline ? 0 : start(sink, has_sched);

	if (ret == 0) {
		ret = weft_walk_events(&sink->walk, batch->events, batch->event_count, origin_ns);
	}
	return ret < 0 ? tell(err, ret) : 0;
}

int weft_go_sink_finish(struct weft_go_sink *sink, struct weft_error *err)
{
	struct weft_output_file *file = sink->file;
	struct weft_go_counts counts = {0};
	int ret = 0;

	if (sink->timeline) {
		ret = weft_go_encoder_finish(sink->encoder);
		weft_go_encoder_get_counts(sink->encoder, &counts);
	}
	if (ret == 0) {
		ret = weft_symbolizer_status(sink->symbolizer);
	}
	if (ret < 0) {
		return tell(err, ret);
	}
	if (counts.thread_count == 0) {
		return weft_error_set(err, -ENODATA,
				      "no event of weft or of the scheduler in the input");
	}
	sink->file = NULL; /* Gone in any case. */
	return weft_output_file_commit(file, err);
}
