// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Encoder of Go execution traces: a consumer of the timeline that writes bytes.
 *
 * Threads become goroutines, lanes become processors. Either each lane is one stream, which
 * holds its processor for ever (rows in the tool's view by thread are then lanes), or each thread is
 * a stream numbered by its thread id, which takes a processor while the thread runs. A generation
 * ends about once a second and by size, declares all live threads and carries its own tables, so
 * that a file cut short keeps its whole generations.
 *
 * Memory: bounded by buffers of live streams and the tables of one generation.
 */
#ifndef WEFT_CONVERTER_GO_ENCODER_H
#define WEFT_CONVERTER_GO_ENCODER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <weft/error.h>

#include "symbolizer.h"
#include "timeline.h"

struct weft_go_encoder_options {
	uint32_t version;       /**< 22, 23, 25 or 26: the format `go 1.NN`. */
	bool stream_per_thread; /**< Mapping: see above. */
	uint64_t generation_ns; /**< Length of a generation; 0: one second. */
	const char *note; /**< Name of a one-shot thread that tells tier and losses, or NULL. */
};

/** Writes all of `size` bytes or fails; 0 or a negative errno. */
typedef int (*weft_write_fn)(void *ctx, const void *bytes, size_t size);

struct weft_go_encoder;

/**
 * @param symbolizer  Borrowed until destroy; asked when a generation's tables are written.
 * @param write       Called from hooks and finish; after its first failure nothing more is
 *                    written and weft_go_encoder_finish() returns that failure.
 * @return NULL: out of memory.
 */
struct weft_go_encoder *weft_go_encoder_create(const struct weft_go_encoder_options *options,
					       struct weft_symbolizer *symbolizer,
					       weft_write_fn write, void *write_ctx);
void weft_go_encoder_destroy(struct weft_go_encoder *encoder);

/** The hooks; pass the encoder as ctx. */
extern const struct weft_timeline_ops weft_go_encoder_ops;

/**
 * Tells the wall clock time of the timeline's time 0, for the clock snapshots of go 1.25 and later.
 * Call before the first event.
 */
void weft_go_encoder_set_origin(struct weft_go_encoder *encoder, int64_t origin_ns);

/** First failure so far, 0 if none: lets the caller stop reading early. */
int weft_go_encoder_status(const struct weft_go_encoder *encoder);

/** Writes what is pending. 0, or the first failure. */
WEFT_MUST_CHECK int weft_go_encoder_finish(struct weft_go_encoder *encoder);

/** What was written so far. */
struct weft_go_counts {
	uint64_t event_count, byte_count;
	uint64_t task_count, region_count, log_count; /**< Begins of tasks and regions. */
	uint64_t thread_count, process_count;
};

void weft_go_encoder_get_counts(const struct weft_go_encoder *encoder,
				struct weft_go_counts *ret_counts);

#endif
