// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Generations of a Go trace: what stands at their begin and at their end.
 *
 * A generation declares every lane and every live thread first, so that it can be the first of a
 * file that was cut; then come events; its tables are written last, when the objects that call sites
 * lie in have surely been announced.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "go-state.h"

#define NS_PER_S UINT64_C(1000000000)
/* Time 0 means "unset" in places of the readers. */
#define FIRST_TICK 65536U
/* Readers keep times in doubles. Two years; what is later comes from a damaged time stamp. */
#define LAST_TICK (UINT64_C(1) << 52)
/* Beyond these a generation ends early: they bound the encoder's memory. */
#define STRING_BYTES_MAX  (4U << 20)
#define STACK_COUNT_MAX   65536U
#define PENDING_BYTES_MAX (8U << 20)

static void fail(struct weft_go_encoder *encoder, int code)
{
	if (encoder->status == 0) {
		encoder->status = code;
	}
}

/* ---- Streams and events ---- */

struct weft_go_stream *weft_go__stream_create(struct weft_go_encoder *encoder, uint64_t m)
{
	struct weft_go_stream *stream = (struct weft_go_stream *)calloc(1, sizeof(*stream));

	if (!stream) {
		fail(encoder, -ENOMEM);
		return NULL;
	}
	stream->m = m;
	stream->next = encoder->streams;
	if (stream->next) {
		stream->next->link = &stream->next;
	}
	stream->link = &encoder->streams;
	encoder->streams = stream;
	return stream;
}

void weft_go__stream_destroy(struct weft_go_encoder *encoder, struct weft_go_stream *stream)
{
	if (!stream) {
		return;
	}
	if (encoder->generation_open) {
		encoder->pending_bytes -= stream->size;
		weft_go_stream_flush(stream, &encoder->output, encoder->generation);
	}
	*stream->link = stream->next;
	if (stream->next) {
		stream->next->link = stream->link;
	}
	free(stream->bytes);
	free(stream);
}

struct weft_go_stream *weft_go__stream_of(struct weft_go_encoder *encoder,
					  const struct weft_go_thread *thread)
{
	return encoder->options.stream_per_thread ? thread->stream
						  : encoder->lanes[thread->lane].stream;
}

static void flush_streams(struct weft_go_encoder *encoder)
{
	struct weft_go_stream *stream;

	for (stream = encoder->streams; stream; stream = stream->next) {
		weft_go_stream_flush(stream, &encoder->output, encoder->generation);
	}
	encoder->pending_bytes = 0;
}

/*
 * Events that other streams may have to wait for, or that wait for other streams: each gets a tick
 * of its own, in the order of the walk. Readers since Go 1.23 put what waits at the top of their
 * heap aside, sort the streams by time and then skip the first of them; with equal times that may be
 * the very one that is waited for, and the trace is refused.
 */
static bool is_ordered(uint8_t type)
{
	return (type > WEFT_GO_PROCS_CHANGE && type <= WEFT_GO_STATUS) ||
	       type == WEFT_GO_TASK_BEGIN || type == WEFT_GO_TASK_END;
}

static uint64_t tick_of(struct weft_go_encoder *encoder, uint8_t type)
{
	uint64_t tick = encoder->now_tick;

	if (is_ordered(type)) {
		if (tick <= encoder->ordered_tick) {
			tick = encoder->ordered_tick + 1;
		}
		encoder->ordered_tick = tick;
	}
	return tick;
}

void weft_go__emit(struct weft_go_encoder *encoder, struct weft_go_stream *stream, uint8_t type,
		   const uint64_t *args, size_t arg_count)
{
	size_t before;
	int ret;

	if (!stream) {
		return; /* Its creation failed, and that is remembered. */
	}
	before = stream->size;
	ret = weft_go_stream_event(stream, &encoder->output, encoder->generation,
				   tick_of(encoder, type), type, args, arg_count);
	if (ret < 0) {
		fail(encoder, ret);
		return;
	}
	encoder->counts.event_count++;
	encoder->pending_bytes += stream->size - before; /* Wraps back when the batch went out. */
	if (encoder->pending_bytes > PENDING_BYTES_MAX) {
		flush_streams(encoder);
	}
}

/* ---- Tables ---- */

uint64_t weft_go__string(struct weft_go_encoder *encoder, struct weft_text text)
{
	uint64_t id = 0;
	int ret = weft_text_table_add(&encoder->strings, text, &id);

	if (ret < 0) {
		fail(encoder, ret);
	}
	return id;
}

static uint64_t add_stack(struct weft_go_encoder *encoder, int32_t pid, uint64_t ip)
{
	uint64_t id = 0;
	int ret = weft_site_table_add(&encoder->stacks, pid, ip, &id);

	if (ret < 0) {
		fail(encoder, ret);
	}
	return id;
}

uint64_t weft_go__site_stack(struct weft_go_encoder *encoder, const struct weft_process *process,
			     uint64_t ip)
{
	return add_stack(encoder, process->pid, ip);
}

uint64_t weft_go__name_stack(struct weft_go_encoder *encoder, uint64_t name_frame)
{
	return add_stack(encoder, WEFT_SITE_SYNTHETIC, name_frame);
}

uint64_t weft_go__name_frame(struct weft_go_encoder *encoder, const char *name)
{
	struct weft_text text = {name, (uint32_t)strlen(name)};
	uint64_t id = 0;
	int ret = weft_text_table_add(&encoder->names, text, &id);

	if (ret < 0) {
		fail(encoder, ret);
	}
	return id;
}

/* Collects entries of one kind and writes them in batches that start with the kind's own byte. */
struct table_writer {
	struct weft_go_encoder *encoder;
	uint8_t kind;
	size_t size;
	uint8_t bytes[16384];
};

static void table_flush(struct table_writer *writer)
{
	struct weft_go_frame frame = {writer->encoder->generation, WEFT_GO_NO_STREAM,
				      writer->encoder->now_tick};

	if (writer->size > 1) {
		weft_go_output_batch(&writer->encoder->output, &frame, writer->bytes, writer->size);
	}
	writer->bytes[0] = writer->kind;
	writer->size = 1;
}

static void table_reserve(struct table_writer *writer, size_t size)
{
	if (writer->size + size > sizeof(writer->bytes)) {
		table_flush(writer);
	}
}

static void write_stack(struct table_writer *writer, uint64_t id,
			const struct weft_site_entry *entry)
{
	struct weft_go_encoder *encoder = writer->encoder;
	static const char thread_file[] = "[thread]";
	uint64_t fields[7] = {WEFT_GO_STACK, id, 1, 0, 0, 0, 0};
	size_t i;

	/* The pc is the identity of a frame for readers: odd for threads, even for call sites. */
	if (entry->pid == WEFT_SITE_SYNTHETIC) {
		fields[3] = entry->ip * 2 + 1;
		fields[4] =
			weft_go__string(encoder, weft_text_table_get(&encoder->names, entry->ip));
		fields[5] = weft_go__string(
			encoder, (struct weft_text){thread_file, sizeof(thread_file) - 1});
		fields[6] = 1;
	} else {
		const struct weft_frame *frame =
			weft_symbolizer_resolve(encoder->symbolizer, entry->pid, entry->ip);

		fields[3] = frame->id * 2;
		fields[4] = weft_go__string(
			encoder,
			(struct weft_text){frame->function, (uint32_t)strlen(frame->function)});
		fields[5] = weft_go__string(
			encoder, (struct weft_text){frame->file, (uint32_t)strlen(frame->file)});
		fields[6] = frame->line;
	}
	table_reserve(writer, sizeof(fields) / sizeof(fields[0]) * 10);
	for (i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		writer->size += weft_go_put_uvarint(writer->bytes + writer->size, fields[i]);
	}
}

static void write_string(struct table_writer *writer, uint64_t id, struct weft_text text)
{
	table_reserve(writer, 3 * 10 + text.len);
	writer->bytes[writer->size++] = WEFT_GO_STRING;
	writer->size += weft_go_put_uvarint(writer->bytes + writer->size, id);
	writer->size += weft_go_put_uvarint(writer->bytes + writer->size, text.len);
	memcpy(writer->bytes + writer->size, text.text, text.len);
	writer->size += text.len;
}

static void write_tables(struct weft_go_encoder *encoder)
{
	struct table_writer writer = {.encoder = encoder, .kind = WEFT_GO_STACKS};
	size_t i;

	/* Stacks first: they add strings. */
	table_flush(&writer);
	for (i = 0; i < encoder->stacks.count; i++) {
		write_stack(&writer, i + 1, &encoder->stacks.entries[i]);
	}
	table_flush(&writer);
	writer.kind = WEFT_GO_STRINGS;
	writer.size = 0;
	table_flush(&writer);
	for (i = 0; i < encoder->strings.count; i++) {
		write_string(&writer, i + 1, weft_text_table_get(&encoder->strings, i + 1));
	}
	table_flush(&writer);
	weft_site_table_clear(&encoder->stacks);
	weft_text_table_clear(&encoder->strings);
}

/* ---- Generations ---- */

static void write_clock(struct weft_go_encoder *encoder)
{
	/* A tick of its own: clocks go on from generation to generation. */
	uint64_t tick = tick_of(encoder, WEFT_GO_PROC_STATUS);
	struct weft_go_frame frame = {encoder->generation, WEFT_GO_NO_STREAM, tick};
	uint64_t wall_ns = (tick - FIRST_TICK) * WEFT_GO_TICK_NS + (uint64_t)encoder->origin_ns;
	uint8_t bytes[80];
	size_t size = 0;

	if (encoder->options.version >= 25) {
		bytes[size++] = WEFT_GO_SYNC;
	}
	bytes[size++] = WEFT_GO_FREQUENCY;
	size += weft_go_put_uvarint(bytes + size, NS_PER_S / WEFT_GO_TICK_NS);
	if (encoder->options.version >= 25) {
		bytes[size++] = WEFT_GO_CLOCK_SNAPSHOT;
		size += weft_go_put_uvarint(bytes + size, 0);
		size += weft_go_put_uvarint(bytes + size, tick * WEFT_GO_TICK_NS);
		size += weft_go_put_uvarint(bytes + size, wall_ns / NS_PER_S);
		size += weft_go_put_uvarint(bytes + size, wall_ns % NS_PER_S);
	}
	weft_go_output_batch(&encoder->output, &frame, bytes, size);
}

static void declare_running(struct weft_go_encoder *encoder, struct weft_go_lane *lane,
			    uint64_t lane_number)
{
	struct weft_go_stream *stream;

	lane->seq = 0;
	if (lane->running) {
		stream = weft_go__stream_of(encoder, lane->running);
	} else {
		stream = encoder->options.stream_per_thread ? encoder->no_stream : lane->stream;
	}
	WEFT_GO_EMIT(encoder, stream, WEFT_GO_PROC_STATUS, lane_number,
		     lane->running || !encoder->options.stream_per_thread ? WEFT_GO_PROC_RUNNING
									  : WEFT_GO_PROC_IDLE);
	if (!lane->running) {
		return;
	}
	lane->running->seq = 0;
	WEFT_GO_EMIT(encoder, stream, WEFT_GO_STATUS, lane->running->thread->id, 0,
		     WEFT_GO_RUNNING);
	if (encoder->procs_pending) {
		WEFT_GO_EMIT(encoder, stream, WEFT_GO_PROCS_CHANGE, (uint64_t)encoder->lane_count,
			     0);
		encoder->procs_pending = false;
	}
	if (lane->running->syscall > WEFT_SYSCALL_NONE) {
		weft_go__begin_syscall(encoder, lane->running);
	}
}

static void declare_states(struct weft_go_encoder *encoder)
{
	struct weft_go_thread *thread;
	int32_t lane;

	for (lane = 0; lane < encoder->lane_count; lane++) {
		declare_running(encoder, &encoder->lanes[lane], (uint64_t)lane);
	}
	for (thread = encoder->threads; thread; thread = thread->next) {
		if (thread->created && thread->lane < 0) {
			thread->seq = 0;
			WEFT_GO_EMIT(encoder, encoder->no_stream, WEFT_GO_STATUS,
				     thread->thread->id, 0,
				     thread->state == WEFT_THREAD_WAITING ? WEFT_GO_WAITING
									  : WEFT_GO_RUNNABLE);
		}
	}
}

static void begin_generation(struct weft_go_encoder *encoder)
{
	static const char header[] = "go 1.00 trace\0\0";
	char text[sizeof(header)];

	if (encoder->generation == 0) {
		memcpy(text, header, sizeof(header));
		text[5] = (char)('0' + encoder->options.version / 10);
		text[6] = (char)('0' + encoder->options.version % 10);
		weft_go_output_bytes(&encoder->output, text, 16);
	}
	encoder->generation++;
	encoder->generation_open = true;
	encoder->generation_ns = encoder->now_ns;
	encoder->procs_pending = true;
	write_clock(encoder);
	declare_states(encoder);
}

void weft_go__end_generation(struct weft_go_encoder *encoder)
{
	uint8_t end = WEFT_GO_END_OF_GENERATION;

	int32_t lane;

	if (!encoder->generation_open) {
		return;
	}
	/* A call that goes on has another slice in the next generation. */
	for (lane = 0; lane < encoder->lane_count; lane++) {
		if (encoder->lanes[lane].running) {
			weft_go__end_syscall(encoder, encoder->lanes[lane].running);
		}
	}
	flush_streams(encoder);
	write_tables(encoder);
	if (encoder->options.version >= 26) {
		weft_go_output_bytes(&encoder->output, &end, 1);
	}
	encoder->generation_open = false;
}

void weft_go__begin(struct weft_go_encoder *encoder, uint64_t ts_ns)
{
	/* First, so that what a generation's end cuts lasts up to the next one. */
	encoder->now_ns = ts_ns;
	encoder->now_tick = FIRST_TICK + ts_ns / WEFT_GO_TICK_NS;
	if (encoder->now_tick > LAST_TICK) {
		encoder->now_tick = LAST_TICK;
	}
	if (encoder->generation_open &&
	    (ts_ns - encoder->generation_ns >= encoder->options.generation_ns ||
	     encoder->strings.arena_size > STRING_BYTES_MAX ||
	     encoder->stacks.count > STACK_COUNT_MAX)) {
		weft_go__end_generation(encoder);
	}
	if (!encoder->generation_open) {
		begin_generation(encoder);
	}
}
