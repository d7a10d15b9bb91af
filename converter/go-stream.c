// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Streams and batches of a Go trace. See go-stream.h.
 *
 * The tick. Readers turn ticks into nanoseconds by a factor of 1e9 / frequency, so the frequency must
 * divide 1e9. A short tick keeps durations true, a long one keeps events small: time deltas are
 * 7 bits a byte. At 16 ns one byte reaches 2 µs and two reach 262 µs, and a region's duration is off
 * by less than 16 ns, which is below what recording its two events costs (2 x 100 ns).
 */
#include "go-stream.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define EVENT_BATCH 1

void weft_go_output_flush(struct weft_go_output *output)
{
	int ret;

	if (output->status == 0 && output->size) {
		ret = output->write(output->ctx, output->bytes, output->size);
		if (ret < 0) {
			output->status = ret;
		}
	}
	output->size = 0;
}

void weft_go_output_bytes(struct weft_go_output *output, const void *bytes, size_t size)
{
	if (output->size + size > sizeof(output->bytes)) {
		weft_go_output_flush(output);
	}
	memcpy(output->bytes + output->size, bytes, size);
	output->size += size;
	output->byte_count += size;
}

void weft_go_output_batch(struct weft_go_output *output, const struct weft_go_frame *frame,
			  const void *payload, size_t size)
{
	uint8_t header[1 + 4 * 10];
	size_t at = 0;

	header[at++] = EVENT_BATCH;
	at += weft_go_put_uvarint(header + at, frame->generation);
	at += weft_go_put_uvarint(header + at, frame->m);
	at += weft_go_put_uvarint(header + at, frame->tick);
	at += weft_go_put_uvarint(header + at, size);
	weft_go_output_bytes(output, header, at);
	weft_go_output_bytes(output, payload, size);
}

void weft_go_stream_flush(struct weft_go_stream *stream, struct weft_go_output *output,
			  uint64_t generation)
{
	struct weft_go_frame frame = {generation, stream->m, stream->base_tick};

	if (stream->size) {
		weft_go_output_batch(output, &frame, stream->bytes, stream->size);
		stream->size = 0;
	}
}

static int grow(struct weft_go_stream *stream)
{
	size_t capacity = stream->capacity ? stream->capacity * 4 : 512;
	uint8_t *bytes;

	if (capacity > WEFT_GO_BATCH_SIZE_MAX) {
		capacity = WEFT_GO_BATCH_SIZE_MAX;
	}
	bytes = (uint8_t *)realloc(stream->bytes, capacity);
	if (!bytes) {
		return -ENOMEM;
	}
	stream->bytes = bytes;
	stream->capacity = capacity;
	return 0;
}

int weft_go_stream_event(struct weft_go_stream *stream, struct weft_go_output *output,
			 uint64_t generation, uint64_t tick, uint8_t type, const uint64_t *args,
			 size_t arg_count)
{
	uint8_t *bytes;
	size_t size = 0;
	size_t i;

	if (stream->size + WEFT_GO_EVENT_SIZE_MAX > WEFT_GO_BATCH_SIZE_MAX) {
		weft_go_stream_flush(stream, output, generation);
	}
	if (stream->size + WEFT_GO_EVENT_SIZE_MAX > stream->capacity && grow(stream) < 0) {
		return -ENOMEM;
	}
	if (tick < stream->last_tick) {
		tick = stream->last_tick; /* Time goes forward within a stream. */
	}
	if (stream->size == 0) {
		stream->base_tick = tick;
		stream->last_tick = tick;
	}
	bytes = stream->bytes + stream->size;
	bytes[size++] = type;
	size += weft_go_put_uvarint(bytes + size, tick - stream->last_tick);
	for (i = 0; i < arg_count; i++) {
		size += weft_go_put_uvarint(bytes + size, args[i]);
	}
	stream->last_tick = tick;
	stream->size += size;
	return (int)size;
}
