// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * From input directories to a consumer of the timeline: what convert and summary share.
 *
 *     reading (own threads) ──events──▶ timeline, symbolizer ──▶ [filter] ──▶ consumer's hooks
 *
 * Threads: a pipeline belongs to one thread; all hooks run on it. Reading has threads of its own.
 */
#ifndef WEFT_CONVERTER_PIPELINE_H
#define WEFT_CONVERTER_PIPELINE_H

#include <weft/convert.h>

#include "source.h"
#include "symbolizer.h"
#include "timeline.h"
#include "walk.h"

struct weft_pipeline;

/**
 * Finds the traces.
 *
 * @param selection  Borrowed until close.
 * @return 0; what weft_source_open() returns; -ENODATA: traces without any event we know.
 */
WEFT_MUST_CHECK int weft_pipeline_open(const char *const *inputs, size_t input_count,
				       const struct weft_selection *selection,
				       struct weft_pipeline **ret_pipeline, struct weft_error *err);
void weft_pipeline_close(struct weft_pipeline *pipeline);

const struct weft_source_facts *weft_pipeline_get_facts(const struct weft_pipeline *pipeline);
struct weft_symbolizer *weft_pipeline_get_symbolizer(struct weft_pipeline *pipeline);
/** Totals of the input; valid after the run. */
const struct weft_timeline_totals *weft_pipeline_get_totals(const struct weft_pipeline *pipeline);
/** Best scheduling data seen: a tier's name, static. Valid after the run. */
const char *weft_pipeline_get_tier(const struct weft_pipeline *pipeline);
/** The same for a reading of one's own: of its totals, and of the tier that metadata tell ("": none). */
const char *weft_pipeline_tier_name(const struct weft_timeline_totals *totals, const char *told);

/**
 * Reads the input once (twice when tasks are selected) and calls the consumer.
 *
 * @return 0; the consumer's poll() value; -EBADMSG: the input could not be read to its end, what
 *         came before went to the consumer; another negative errno.
 */
WEFT_MUST_CHECK int weft_pipeline_run(struct weft_pipeline *pipeline, enum weft_lanes lanes,
				      const struct weft_consumer *consumer, struct weft_error *err);

/**
 * As weft_pipeline_run(), of the whole input whatever is selected, without call sites. May come
 * before a weft_pipeline_run().
 */
WEFT_MUST_CHECK int weft_pipeline_run_whole(struct weft_pipeline *pipeline, enum weft_lanes lanes,
					    const struct weft_consumer *consumer,
					    struct weft_error *err);

/**
 * Sets the error for a run that told the consumer of no thread.
 *
 * @return -ENODATA; -EBADMSG: because packets were cut off.
 */
int weft_pipeline_nothing(const struct weft_pipeline *pipeline, struct weft_error *err);
/** 0; -EBADMSG: packets at the end of a file were cut off, all others were read. */
WEFT_MUST_CHECK int weft_pipeline_check_whole(const struct weft_pipeline *pipeline,
					      struct weft_error *err);

#endif
