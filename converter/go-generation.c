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
/* The format's. */
#define STACK_DEPTH_MAX 128U

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

static uint64_t add_site(struct weft_go_encoder *encoder, uint64_t caller, int32_t pid, uint64_t ip)
{
	uint64_t id = caller;
	int ret = weft_site_table_add(&encoder->stacks, caller, pid, ip, &id);

	if (ret < 0) {
		fail(encoder, ret);
	}
	return id;
}

static uint64_t end_stack(struct weft_go_encoder *encoder, uint64_t id)
{
	if (id > 0) {
		encoder->stacks.entries[id - 1].is_stack = true;
	}
	return id;
}

static uint64_t add_stack(struct weft_go_encoder *encoder, int32_t pid, uint64_t ip)
{
	return end_stack(encoder, add_site(encoder, 0, pid, ip));
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

uint64_t weft_go__block_stack(struct weft_go_encoder *encoder, const struct weft_go_thread *thread)
{
	const struct weft_text *chain = &thread->thread->chain;
	const int32_t pid = thread->thread->process->pid;
	size_t at = weft_symbolizer_trim_chain(encoder->symbolizer, pid, *chain);
	uint64_t stack = add_site(encoder, 0, WEFT_SITE_SYNTHETIC, thread->name_frame);

	while (at > 0) {
		uint64_t ip;

		memcpy(&ip, chain->text + --at * sizeof(ip), sizeof(ip));
		stack = add_site(encoder, stack, pid, ip);
	}
	return end_stack(encoder, stack);
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

static void table_flush(struct weft_go_encoder *encoder, struct weft_go_table *table)
{
	struct weft_go_frame frame = {encoder->generation, WEFT_GO_NO_STREAM, encoder->now_tick};

	if (table->size > 1) {
		weft_go_output_batch(&encoder->output, &frame, table->bytes, table->size);
	}
	table->size = 0;
}

static void table_reserve(struct weft_go_encoder *encoder, struct weft_go_table *table, size_t size)
{
	if (table->size + size > sizeof(table->bytes)) {
		table_flush(encoder, table);
	}
	if (table->size == 0) {
		table->bytes[table->size++] = table->kind;
	}
}

static void table_put(struct weft_go_table *table, uint64_t value)
{
	table->size += weft_go_put_uvarint(table->bytes + table->size, value);
}

void weft_go__cpu_sample(struct weft_go_encoder *encoder, const struct weft_go_thread *thread,
			 struct weft_text pcs)
{
	struct weft_go_table *table = &encoder->samples;
	size_t at = pcs.len / sizeof(uint64_t);
	uint64_t stack = 0;

	while (at > 0) {
		uint64_t pc;

		memcpy(&pc, pcs.text + --at * sizeof(pc), sizeof(pc));
		/* Frames are found by return addresses, and the innermost has none. */
		stack = add_site(encoder, stack, thread->thread->process->pid,
				 at == 0 ? pc + 1 : pc);
	}
	if (stack == 0) {
		stack = add_site(encoder, 0, thread->thread->process->pid, 0);
	}
	table->kind = WEFT_GO_CPU_SAMPLES;
	table_reserve(encoder, table, 1 + 6 * 10);
	table->bytes[table->size++] = WEFT_GO_CPU_SAMPLE;
	table_put(table, encoder->now_tick);
	table_put(table, weft_go__stream_of(encoder, thread)->m);
	table_put(table, (uint64_t)thread->lane);
	table_put(table, thread->thread->id);
	table_put(table, end_stack(encoder, stack));
}

/* Frames of one stack, as the format wants them: four numbers each. */
struct frames {
	uint64_t numbers[STACK_DEPTH_MAX * 4];
	size_t count;
};

static void add_frame(struct weft_go_encoder *encoder, struct frames *frames, uint64_t pc,
		      struct weft_text function, struct weft_text file, uint64_t line)
{
	uint64_t *numbers = &frames->numbers[frames->count++ * 4];

	numbers[0] = pc;
	numbers[1] = weft_go__string(encoder, function);
	numbers[2] = weft_go__string(encoder, file);
	numbers[3] = line;
}

/* The pc is the identity of a frame for readers: odd for threads, even for code. */
static void add_name(struct weft_go_encoder *encoder, struct frames *frames, uint64_t name)
{
	static const struct weft_text thread_file = {"[thread]", sizeof("[thread]") - 1};

	add_frame(encoder, frames, name * 2 + 1, weft_text_table_get(&encoder->names, name),
		  thread_file, 1);
}

/* Readers in earnest want file and line of callers, which code without debug information has not. */
static void add_code(struct weft_go_encoder *encoder, struct frames *frames,
		     const struct weft_frame *frame, bool is_alone)
{
	const bool is_known = frame->file[0] && frame->line;
	const char *file = is_alone || is_known ? frame->file : "[unknown]";

	add_frame(encoder, frames, frame->id * 2, weft_text_of(frame->function), weft_text_of(file),
		  is_alone || is_known ? frame->line : 1);
}

/* limit: of frames in all. */
static void add_frames(struct weft_go_encoder *encoder, struct frames *frames,
		       const struct weft_site_entry *entry, bool is_alone, size_t limit)
{
	const struct weft_frames *found =
		weft_symbolizer_resolve_all(encoder->symbolizer, entry->pid, entry->ip);
	size_t end = is_alone ? found->site + 1 : found->count;
	size_t i;

	for (i = is_alone ? found->site : 0; i < end && frames->count < limit; i++) {
		add_code(encoder, frames, found->frames[i], is_alone);
	}
}

static const struct weft_site_entry *find_outermost(const struct weft_go_encoder *encoder,
						    uint64_t id)
{
	const struct weft_site_entry *entry = &encoder->stacks.entries[id - 1];

	while (entry->caller) {
		entry = &encoder->stacks.entries[entry->caller - 1];
	}
	return entry;
}

/* The frame that names a thread is the outermost, and has its place in the deepest stack. */
static void write_stack(struct weft_go_encoder *encoder, struct weft_go_table *table, uint64_t id)
{
	const struct weft_site_entry *outermost = find_outermost(encoder, id);
	const bool is_named = outermost->pid == WEFT_SITE_SYNTHETIC;
	struct frames frames = {.count = 0};
	uint64_t at;
	size_t i;

	for (at = id; at > 0;) {
		const struct weft_site_entry *entry = &encoder->stacks.entries[at - 1];

		if (entry->pid != WEFT_SITE_SYNTHETIC) {
			add_frames(encoder, &frames, entry, at == id && entry->caller == 0,
				   STACK_DEPTH_MAX - is_named);
		}
		at = entry->caller;
	}
	if (is_named) {
		add_name(encoder, &frames, outermost->ip);
	}
	table_reserve(encoder, table, 1 + (2 + frames.count * 4) * 10);
	table->bytes[table->size++] = WEFT_GO_STACK;
	table_put(table, id);
	table_put(table, frames.count);
	for (i = 0; i < frames.count * 4; i++) {
		table_put(table, frames.numbers[i]);
	}
}

/* All of them at once, which is much faster. */
static void prepare_sites(struct weft_go_encoder *encoder)
{
	struct weft_call_site *sites =
		(struct weft_call_site *)calloc(encoder->stacks.count + 1, sizeof(*sites));
	size_t count = 0;
	size_t i;

	if (!sites) {
		fail(encoder, -ENOMEM);
		return;
	}
	for (i = 0; i < encoder->stacks.count; i++) {
		const struct weft_site_entry *entry = &encoder->stacks.entries[i];

		if (entry->pid != WEFT_SITE_SYNTHETIC) {
			sites[count++] = (struct weft_call_site){entry->pid, entry->ip};
		}
	}
	weft_symbolizer_prepare(encoder->symbolizer, sites, count);
	free(sites);
}

static void write_string(struct weft_go_encoder *encoder, struct weft_go_table *table, uint64_t id,
			 struct weft_text text)
{
	table_reserve(encoder, table, 1 + 2 * 10 + text.len);
	table->bytes[table->size++] = WEFT_GO_STRING;
	table_put(table, id);
	table_put(table, text.len);
	memcpy(table->bytes + table->size, text.text, text.len);
	table->size += text.len;
}

static void write_tables(struct weft_go_encoder *encoder)
{
	struct weft_go_table table = {.kind = WEFT_GO_STACKS};
	size_t i;

	table_flush(encoder, &encoder->samples);
	prepare_sites(encoder);
	/* Stacks first: they add strings. */
	for (i = 0; i < encoder->stacks.count; i++) {
		if (encoder->stacks.entries[i].is_stack) {
			write_stack(encoder, &table, i + 1);
		}
	}
	table_flush(encoder, &table);
	table.kind = WEFT_GO_STRINGS;
	for (i = 0; i < encoder->strings.count; i++) {
		write_string(encoder, &table, i + 1, weft_text_table_get(&encoder->strings, i + 1));
	}
	table_flush(encoder, &table);
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
