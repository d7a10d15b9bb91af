// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * A Go trace written from batches that somebody else reads: timeline, symbolizer, encoder and output
 * file in one.
 *
 *     create ─▶ take ... ─▶ finish ─▶ destroy
 *
 * weft_convert() does the same around a pipeline, which adds selection and a reading thread.
 *
 * Threads: one thread at a time per sink.
 */
#ifndef WEFT_CONVERTER_GO_SINK_H
#define WEFT_CONVERTER_GO_SINK_H

#include <stdbool.h>

#include <weft/convert.h>

#include "batch.h"

struct weft_go_sink;

/**
 * Opens the output file, as weft_convert() does.
 *
 * @param options  rows and go_version count; copied.
 * @return 0; -EINVAL: no such format; what weft_output_file_open() returns.
 */
WEFT_MUST_CHECK int weft_go_sink_create(const struct weft_convert_options *options,
					const char *path, struct weft_go_sink **ret_sink,
					struct weft_error *err);
/** Without finish before, no file is left; NULL is fine. */
void weft_go_sink_destroy(struct weft_go_sink *sink);

/**
 * Takes the events of a batch.
 *
 * @param has_sched  The input has scheduling events; counts with the first batch.
 */
WEFT_MUST_CHECK int weft_go_sink_take(struct weft_go_sink *sink, bool has_sched,
				      const struct weft_batch *batch, struct weft_error *err);

/** Completes the file. 0; -ENODATA: no thread did anything, no file; another negative errno. */
WEFT_MUST_CHECK int weft_go_sink_finish(struct weft_go_sink *sink, struct weft_error *err);

#endif
