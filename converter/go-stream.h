// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Streams and batches of a Go trace: integers, framing, buffered output.
 *
 * A stream collects timed events; when 64 KiB are near, or when the generation ends, they go out
 * as one batch. Source of the layout: Go's execution trace format, go 1.22 and later.
 */
#ifndef WEFT_CONVERTER_GO_STREAM_H
#define WEFT_CONVERTER_GO_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <weft/error.h>

#include "go-encoder.h"

/** Nanoseconds of one clock tick: see go-stream.c for the choice. */
#define WEFT_GO_TICK_NS 16U
/** Number of the stream that belongs to no thread. */
#define WEFT_GO_NO_STREAM UINT64_MAX
/** Most bytes of one event: a type byte and six integers of ten bytes. */
#define WEFT_GO_EVENT_SIZE_MAX 64U
#define WEFT_GO_BATCH_SIZE_MAX 65536U

struct weft_go_output {
	weft_write_fn write;
	void *ctx;
	int status; /**< First failure; nothing is written after it. */
	uint64_t byte_count;
	size_t size;
	uint8_t bytes[1U << 17];
};

struct weft_go_stream {
	uint64_t m;
	uint8_t *bytes;
	size_t size, capacity;
	uint64_t base_tick, last_tick;
	struct weft_go_stream *next; /* List of all streams of the encoder. */
	struct weft_go_stream **link;
};

/** A batch or table under construction; same framing. */
struct weft_go_frame {
	uint64_t generation;
	uint64_t m;
	uint64_t tick;
};

/** Appends an unsigned LEB128 integer; returns its size (1..10). */
static inline size_t weft_go_put_uvarint(uint8_t *bytes, uint64_t value)
{
	size_t size = 0;

	while (value >= 0x80) {
		bytes[size++] = (uint8_t)(value | 0x80);
		value >>= 7;
	}
	bytes[size++] = (uint8_t)value;
	return size;
}

void weft_go_output_bytes(struct weft_go_output *output, const void *bytes, size_t size);
void weft_go_output_flush(struct weft_go_output *output);
/** Writes a whole batch: header and payload. */
void weft_go_output_batch(struct weft_go_output *output, const struct weft_go_frame *frame,
			  const void *payload, size_t size);

/**
 * Appends one timed event.
 *
 * @param generation  For the batch header, should the stream's buffer have to be written out.
 * @param args        The arguments after dt.
 * @return Bytes added; -ENOMEM.
 */
WEFT_MUST_CHECK int weft_go_stream_event(struct weft_go_stream *stream,
					 struct weft_go_output *output, uint64_t generation,
					 uint64_t tick, uint8_t type, const uint64_t *args,
					 size_t arg_count);
/** Writes what the stream holds. */
void weft_go_stream_flush(struct weft_go_stream *stream, struct weft_go_output *output,
			  uint64_t generation);

#endif
