// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Encoder of Go execution traces: the timeline's hooks become events. See go-encoder.h.
 *
 * Names. A goroutine is called like the root frame of its first stack, so each thread has a frame of
 * its own: `exe/thread`, or `exe` alone when the thread is called like the program. That frame is
 * also the outermost of the stacks of block, stop and unblock events, and, but for block events whose
 * call chain was recorded, the only one, because readers skip events without a stack in their profiles.
 * Regions, tasks and logs carry one frame, their call site:
 * readers up to 1.23 group regions by the innermost frame, later ones by the outermost.
 *
 * System calls, where they were recorded, are slices of their time on a CPU: a goroutine that is in
 * one may neither block nor stop nor say anything, so a slice ends before that, and begins again when
 * the thread runs on inside the call.
 *
 * Creation. A thread without a known creator is created where it first runs: on a stream that has a
 * processor and no goroutine, which the format allows. One that was asleep when the trace began runs
 * for an instant there, as soon as there is such a stream, for only then may it say what it waits for.
 */
#include "go-encoder.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "go-state.h"

/* Goroutine that only carries the note; thread ids are below 2^22 or far above. */
#define NOTE_ID 9999999U
/* The kernel keeps 15 bytes of a thread's name. */
#define COMM_LEN 15U

struct weft_go_encoder *weft_go_encoder_create(const struct weft_go_encoder_options *options,
					       struct weft_symbolizer *symbolizer,
					       weft_write_fn write, void *write_ctx)
{
	struct weft_go_encoder *encoder = (struct weft_go_encoder *)calloc(1, sizeof(*encoder));

	if (!encoder) {
		return NULL;
	}
	encoder->options = *options;
	if (encoder->options.generation_ns == 0) {
		encoder->options.generation_ns = UINT64_C(1000000000);
	}
	encoder->symbolizer = symbolizer;
	encoder->output.write = write;
	encoder->output.ctx = write_ctx;
	encoder->note_pending = options->note != NULL;
	encoder->no_stream = weft_go__stream_create(encoder, WEFT_GO_NO_STREAM);
	if (!encoder->no_stream) {
		weft_go_encoder_destroy(encoder);
		return NULL;
	}
	return encoder;
}

static void forget_sleep(struct weft_go_encoder *encoder, struct weft_go_thread *thread)
{
	encoder->asleep_count -= thread->is_asleep;
	thread->is_asleep = false;
}

static void forget_thread(struct weft_go_encoder *encoder, struct weft_go_thread *thread)
{
	forget_sleep(encoder, thread);
	weft_go__stream_destroy(encoder, thread->stream);
	if (thread->previous) {
		thread->previous->next = thread->next;
	} else {
		encoder->threads = thread->next;
	}
	if (thread->next) {
		thread->next->previous = thread->previous;
	}
	thread->thread->consumer = NULL;
	free(thread);
}

void weft_go_encoder_destroy(struct weft_go_encoder *encoder)
{
	struct weft_go_thread *thread;

	if (!encoder) {
		return;
	}
	encoder->generation_open = false;
	while ((thread = encoder->threads) != NULL) {
		/* The timeline may be gone by now: its side is not touched. */
		encoder->threads = thread->next;
		free(thread);
	}
	while (encoder->streams) {
		weft_go__stream_destroy(encoder, encoder->streams);
	}
	weft_text_table_fini(&encoder->strings);
	weft_text_table_fini(&encoder->names);
	weft_site_table_fini(&encoder->stacks);
	weft_id_map_fini(&encoder->processes);
	free(encoder->lanes);
	free(encoder);
}

int weft_go_encoder_status(const struct weft_go_encoder *encoder)
{
	return encoder->status ? encoder->status : encoder->output.status;
}

void weft_go_encoder_set_origin(struct weft_go_encoder *encoder, int64_t origin_ns)
{
	encoder->origin_ns = origin_ns;
}

int weft_go_encoder_finish(struct weft_go_encoder *encoder)
{
	weft_go__end_generation(encoder);
	weft_go_output_flush(&encoder->output);
	return weft_go_encoder_status(encoder);
}

void weft_go_encoder_get_counts(const struct weft_go_encoder *encoder,
				struct weft_go_counts *ret_counts)
{
	*ret_counts = encoder->counts;
	ret_counts->byte_count = encoder->output.byte_count;
	ret_counts->process_count = encoder->processes.count;
}

/* ---- Names ---- */

static void format_name(const struct weft_thread *thread, char *ret_name, size_t size)
{
	const char *exe = thread->process->exe;
	const char *slash = strrchr(exe, '/');

	exe = slash ? slash + 1 : exe;
	if (!exe[0]) {
		(void)snprintf(ret_name, size, "%s", thread->name[0] ? thread->name : "thread");
	} else if (!thread->name[0] || strncmp(exe, thread->name, COMM_LEN) == 0) {
		(void)snprintf(ret_name, size, "%s", exe);
	} else {
		(void)snprintf(ret_name, size, "%s/%s", exe, thread->name);
	}
	if (strncmp(ret_name, "runtime.", 8) == 0) {
		ret_name[7] = '/'; /* Such goroutines are hidden as the Go runtime's own. */
	}
}

static void set_name(struct weft_go_encoder *encoder, struct weft_go_thread *thread)
{
	char name[2 * WEFT_NAME_SIZE + 2];

	format_name(thread->thread, name, sizeof(name));
	thread->name_frame = weft_go__name_frame(encoder, name);
}

/* ---- System calls ---- */

void weft_go__end_syscall(struct weft_go_encoder *encoder, struct weft_go_thread *thread)
{
	if (thread->in_syscall) {
		weft_go__emit(encoder, weft_go__stream_of(encoder, thread), WEFT_GO_SYSCALL_END,
			      NULL, 0);
		thread->in_syscall = false;
	}
}

/* The frame tells thread and call, as the pages show nothing else of a slice. */
void weft_go__begin_syscall(struct weft_go_encoder *encoder, struct weft_go_thread *thread)
{
	struct weft_text name = weft_text_table_get(&encoder->names, thread->name_frame);
	char frame[2 * WEFT_NAME_SIZE + 64];

	(void)snprintf(frame, sizeof(frame), "%.*s: %s", (int)name.len, name.text,
		       weft_wait_get_syscall_name(thread->syscall)); /* Names are shorter. */
	WEFT_GO_EMIT(encoder, weft_go__stream_of(encoder, thread), WEFT_GO_SYSCALL_BEGIN,
		     ++encoder->lanes[thread->lane].seq,
		     weft_go__name_stack(encoder, weft_go__name_frame(encoder, frame)));
	thread->in_syscall = true;
}

static void on_syscall(void *ctx, uint64_t ts_ns, struct weft_thread *shown,
		       weft_syscall_index index)
{
	struct weft_go_encoder *encoder = (struct weft_go_encoder *)ctx;
	struct weft_go_thread *thread = (struct weft_go_thread *)shown->consumer;

	if (!thread || thread->lane < 0) {
		return;
	}
	thread->syscall = index;
	if (index <= WEFT_SYSCALL_NONE && !thread->in_syscall) {
		return;
	}
	weft_go__begin(encoder, ts_ns);
	weft_go__end_syscall(encoder, thread);
	if (index > WEFT_SYSCALL_NONE) {
		weft_go__begin_syscall(encoder, thread);
	}
}

/* ---- Threads and lanes ---- */

static struct weft_go_thread *thread_of(struct weft_thread *thread)
{
	return (struct weft_go_thread *)thread->consumer;
}

static int add_lane(struct weft_go_encoder *encoder, struct weft_go_lane **ret_lane)
{
	struct weft_go_lane *lanes = encoder->lanes;
	int32_t capacity = encoder->lane_capacity;

	if (encoder->lane_count == capacity) {
		capacity = capacity ? capacity * 2 : 16;
		lanes = (struct weft_go_lane *)realloc(lanes, (size_t)capacity * sizeof(*lanes));
		if (!lanes) {
			return -ENOMEM;
		}
		encoder->lanes = lanes;
		encoder->lane_capacity = capacity;
	}
	*ret_lane = &lanes[encoder->lane_count++];
	memset(*ret_lane, 0, sizeof(**ret_lane));
	return 0;
}

static void create_goroutine(struct weft_go_encoder *encoder, struct weft_go_thread *thread,
			     struct weft_go_stream *stream, uint64_t creator_stack)
{
	WEFT_GO_EMIT(encoder, stream, WEFT_GO_CREATE, thread->thread->id,
		     weft_go__name_stack(encoder, thread->name_frame), creator_stack);
	thread->created = true;
	thread->seq = 0;
}

static void start_goroutine(struct weft_go_encoder *encoder, struct weft_go_thread *thread,
			    struct weft_go_stream *stream)
{
	WEFT_GO_EMIT(encoder, stream, WEFT_GO_START, thread->thread->id, ++thread->seq);
	if (encoder->procs_pending) {
		WEFT_GO_EMIT(encoder, stream, WEFT_GO_PROCS_CHANGE, (uint64_t)encoder->lane_count,
			     0);
		encoder->procs_pending = false;
	}
}

/* Threads that have slept since before the trace run for an instant on a lane that is free. */
static void show_asleep(struct weft_go_encoder *encoder, int32_t lane_number)
{
	const bool per_thread = encoder->options.stream_per_thread;
	struct weft_go_lane *lane = &encoder->lanes[lane_number];
	struct weft_go_thread *thread;
	char text[WEFT_WAIT_TEXT_SIZE];

	for (thread = encoder->threads; thread && encoder->asleep_count; thread = thread->next) {
		struct weft_go_stream *stream = per_thread ? thread->stream : lane->stream;

		if (!thread->is_asleep) {
			continue;
		}
		if (per_thread) {
			WEFT_GO_EMIT(encoder, stream, WEFT_GO_PROC_START, (uint64_t)lane_number,
				     ++lane->seq);
		}
		create_goroutine(encoder, thread, stream, 0);
		start_goroutine(encoder, thread, stream);
		WEFT_GO_EMIT(encoder, stream, WEFT_GO_BLOCK,
			     weft_go__string(encoder, weft_text_of(weft_wait_text(
							      &thread->thread->wait, text))),
			     weft_go__name_stack(encoder, thread->name_frame));
		if (per_thread) {
			weft_go__emit(encoder, stream, WEFT_GO_PROC_STOP, NULL, 0);
		}
		forget_sleep(encoder, thread);
	}
}

static void on_lane_new(void *ctx, uint64_t ts_ns, int32_t lane_number)
{
	struct weft_go_encoder *encoder = (struct weft_go_encoder *)ctx;
	bool per_thread = encoder->options.stream_per_thread;
	struct weft_go_lane *lane;

	if (lane_number < encoder->lane_count) {
		return; /* Made for sleepers already. */
	}
	weft_go__begin(encoder, ts_ns);
	if (add_lane(encoder, &lane) < 0) {
		encoder->status = -ENOMEM;
		return;
	}
	if (!per_thread) {
		/* Streams count from 1: 0 means "unset" to the viewer. */
		lane->stream = weft_go__stream_create(encoder, (uint64_t)lane_number + 1);
	}
	WEFT_GO_EMIT(encoder, per_thread ? encoder->no_stream : lane->stream, WEFT_GO_PROC_STATUS,
		     (uint64_t)lane_number, per_thread ? WEFT_GO_PROC_IDLE : WEFT_GO_PROC_RUNNING);
	encoder->procs_pending = true;
	show_asleep(encoder, lane_number);
}

static void on_thread_new(void *ctx, uint64_t ts_ns, struct weft_thread *shown,
			  struct weft_thread *creator)
{
	struct weft_go_encoder *encoder = (struct weft_go_encoder *)ctx;
	struct weft_go_thread *thread = (struct weft_go_thread *)calloc(1, sizeof(*thread));
	struct weft_go_thread *parent = creator ? thread_of(creator) : NULL;

	if (!thread) {
		encoder->status = -ENOMEM;
		return;
	}
	encoder->counts.thread_count++;
	if (weft_id_map_put(&encoder->processes, shown->process->id, encoder) < 0) {
		encoder->status = -ENOMEM;
	}
	thread->thread = shown;
	thread->lane = -1;
	thread->state = WEFT_THREAD_NEW;
	thread->next = encoder->threads;
	if (thread->next) {
		thread->next->previous = thread;
	}
	encoder->threads = thread;
	shown->consumer = thread;
	set_name(encoder, thread);
	if (encoder->options.stream_per_thread) {
		thread->stream = weft_go__stream_create(encoder, shown->id);
	}
	if (parent && parent->lane >= 0) {
		weft_go__begin(encoder, ts_ns);
		weft_go__end_syscall(encoder, parent);
		create_goroutine(encoder, thread, weft_go__stream_of(encoder, parent),
				 weft_go__name_stack(encoder, parent->name_frame));
	}
}

static void emit_label(struct weft_go_encoder *encoder, struct weft_go_thread *thread)
{
	struct weft_text label = weft_text_table_get(&encoder->names, thread->name_frame);

	weft_go__end_syscall(encoder, thread);
	WEFT_GO_EMIT(encoder, weft_go__stream_of(encoder, thread), WEFT_GO_LABEL,
		     weft_go__string(encoder, label));
	thread->label_pending = false;
}

static void rename_thread(struct weft_go_encoder *encoder, uint64_t ts_ns,
			  struct weft_go_thread *thread)
{
	set_name(encoder, thread);
	if (!thread->created) {
		return;
	}
	if (thread->lane >= 0) {
		weft_go__begin(encoder, ts_ns);
		emit_label(encoder, thread);
	} else {
		thread->label_pending = true;
	}
}

static void on_process_name(void *ctx, uint64_t ts_ns, const struct weft_process *process)
{
	struct weft_go_encoder *encoder = (struct weft_go_encoder *)ctx;
	struct weft_go_thread *thread;

	for (thread = encoder->threads; thread; thread = thread->next) {
		if (thread->thread->process == process) {
			rename_thread(encoder, ts_ns, thread);
		}
	}
}

static void on_thread_name(void *ctx, uint64_t ts_ns, struct weft_thread *shown)
{
	struct weft_go_encoder *encoder = (struct weft_go_encoder *)ctx;

	if (thread_of(shown)) {
		rename_thread(encoder, ts_ns, thread_of(shown));
	}
}

/* A goroutine that lives for an instant, to be read in the goroutine analysis. */
static void emit_note(struct weft_go_encoder *encoder, struct weft_go_stream *stream)
{
	uint64_t frame = weft_go__name_frame(encoder, encoder->options.note);

	WEFT_GO_EMIT(encoder, stream, WEFT_GO_CREATE, NOTE_ID, weft_go__name_stack(encoder, frame),
		     0);
	WEFT_GO_EMIT(encoder, stream, WEFT_GO_START, NOTE_ID, 1);
	weft_go__emit(encoder, stream, WEFT_GO_DESTROY, NULL, 0);
	encoder->note_pending = false;
}

static void on_run(void *ctx, uint64_t ts_ns, struct weft_thread *shown)
{
	struct weft_go_encoder *encoder = (struct weft_go_encoder *)ctx;
	struct weft_go_thread *thread = thread_of(shown);
	struct weft_go_stream *stream;
	struct weft_go_lane *lane;

	if (!thread || shown->lane >= encoder->lane_count) {
		return; /* Out of memory before; remembered. */
	}
	weft_go__begin(encoder, ts_ns);
	lane = &encoder->lanes[shown->lane];
	thread->lane = shown->lane;
	thread->state = WEFT_THREAD_RUNNING;
	stream = weft_go__stream_of(encoder, thread);
	if (encoder->options.stream_per_thread) {
		WEFT_GO_EMIT(encoder, stream, WEFT_GO_PROC_START, (uint64_t)shown->lane,
			     ++lane->seq);
	}
	if (encoder->note_pending) {
		emit_note(encoder, stream);
	}
	if (!thread->created) {
		create_goroutine(encoder, thread, stream, 0);
	}
	lane->running = thread;
	start_goroutine(encoder, thread, stream);
	if (thread->label_pending) {
		emit_label(encoder, thread);
	}
	if (thread->syscall > WEFT_SYSCALL_NONE) {
		weft_go__begin_syscall(encoder, thread);
	}
}

/* What every way off a lane shares, after the event that says which way. */
static void leave_lane(struct weft_go_encoder *encoder, struct weft_go_thread *thread,
		       struct weft_go_stream *stream, enum weft_thread_state state)
{
	if (encoder->options.stream_per_thread) {
		weft_go__emit(encoder, stream, WEFT_GO_PROC_STOP, NULL, 0);
	}
	encoder->lanes[thread->lane].running = NULL;
	thread->lane = -1;
	thread->state = state;
}

static void suspend(struct weft_go_encoder *encoder, uint64_t ts_ns, struct weft_thread *shown,
		    uint8_t type, const char *reason)
{
	struct weft_go_thread *thread = thread_of(shown);
	struct weft_go_stream *stream;
	int32_t lane;

	if (!thread || thread->lane < 0) {
		return;
	}
	weft_go__begin(encoder, ts_ns);
	weft_go__end_syscall(encoder, thread);
	lane = thread->lane;
	stream = weft_go__stream_of(encoder, thread);
	WEFT_GO_EMIT(encoder, stream, type, weft_go__string(encoder, weft_text_of(reason)),
		     type == WEFT_GO_BLOCK ? weft_go__block_stack(encoder, thread)
					   : weft_go__name_stack(encoder, thread->name_frame));
	leave_lane(encoder, thread, stream,
		   type == WEFT_GO_BLOCK ? WEFT_THREAD_WAITING : WEFT_THREAD_RUNNABLE);
	show_asleep(encoder, lane);
}

static void on_block(void *ctx, uint64_t ts_ns, struct weft_thread *shown, int32_t lane,
		     const char *reason)
{
	struct weft_go_encoder *encoder = (struct weft_go_encoder *)ctx;
	struct weft_go_thread *thread = thread_of(shown);
	char text[WEFT_WAIT_TEXT_SIZE];

	(void)reason; /* Part of the text. */
	if (lane >= 0 || !thread || thread->created) {
		suspend(encoder, ts_ns, shown, WEFT_GO_BLOCK, weft_wait_text(&shown->wait, text));
		return;
	}
	thread->is_asleep = true;
	thread->state = WEFT_THREAD_WAITING;
	encoder->asleep_count++;
	if (encoder->lane_count == 0) {
		on_lane_new(encoder, ts_ns, 0); /* Maybe nobody runs in all the trace. */
	}
	for (lane = 0; lane < encoder->lane_count && encoder->lanes[lane].running; lane++) {
	}
	if (lane < encoder->lane_count) {
		weft_go__begin(encoder, ts_ns);
		show_asleep(encoder, lane);
	}
}

static void on_stop(void *ctx, uint64_t ts_ns, struct weft_thread *shown, int32_t lane,
		    const char *reason)
{
	(void)lane;
	suspend((struct weft_go_encoder *)ctx, ts_ns, shown, WEFT_GO_STOP, reason);
}

static void on_wake(void *ctx, uint64_t ts_ns, struct weft_thread *shown, struct weft_thread *waker,
		    int32_t lane)
{
	struct weft_go_encoder *encoder = (struct weft_go_encoder *)ctx;
	struct weft_go_thread *thread = thread_of(shown);
	struct weft_go_thread *by = waker ? thread_of(waker) : NULL;
	struct weft_go_stream *stream = encoder->no_stream;

	if (!thread) {
		return;
	}
	if (!thread->created) {
		forget_sleep(encoder, thread); /* It is as good as new. */
		thread->state = WEFT_THREAD_NEW;
		return;
	}
	weft_go__begin(encoder, ts_ns);
	if (by && by->lane >= 0) {
		stream = weft_go__stream_of(encoder, by);
	} else if (lane >= 0 && lane < encoder->lane_count && encoder->lanes[lane].stream) {
		stream = encoder->lanes[lane].stream;
	}
	WEFT_GO_EMIT(encoder, stream, WEFT_GO_UNBLOCK, shown->id, ++thread->seq,
		     weft_go__name_stack(
			     encoder, by ? by->name_frame
					 : weft_go__name_frame(encoder, "[interrupt or unknown]")));
	thread->state = WEFT_THREAD_RUNNABLE;
}

/*
 * A thread turns out to be gone that was not running: its id was given to another. Its goroutine can
 * end only while it runs, so it runs for an instant, on the first lane.
 */
static void end_elsewhere(struct weft_go_encoder *encoder, struct weft_go_thread *thread)
{
	struct weft_go_lane *lane = &encoder->lanes[0];
	struct weft_go_thread *other = lane->running;
	bool per_thread = encoder->options.stream_per_thread;
	struct weft_go_stream *stream = per_thread ? thread->stream : lane->stream;
	uint64_t stack = weft_go__name_stack(encoder, thread->name_frame);

	if (other) {
		weft_go__end_syscall(encoder, other);
		WEFT_GO_EMIT(encoder, weft_go__stream_of(encoder, other), WEFT_GO_STOP,
			     weft_go__string(encoder, weft_text_of("inferred")),
			     weft_go__name_stack(encoder, other->name_frame));
		if (per_thread) {
			weft_go__emit(encoder, other->stream, WEFT_GO_PROC_STOP, NULL, 0);
		}
	}
	if (thread->state == WEFT_THREAD_WAITING) {
		WEFT_GO_EMIT(encoder, encoder->no_stream, WEFT_GO_UNBLOCK, thread->thread->id,
			     ++thread->seq, stack);
	}
	if (per_thread) {
		WEFT_GO_EMIT(encoder, stream, WEFT_GO_PROC_START, 0, ++lane->seq);
	}
	WEFT_GO_EMIT(encoder, stream, WEFT_GO_START, thread->thread->id, ++thread->seq);
	weft_go__emit(encoder, stream, WEFT_GO_DESTROY, NULL, 0);
	if (per_thread) {
		weft_go__emit(encoder, stream, WEFT_GO_PROC_STOP, NULL, 0);
	}
	if (other && per_thread) {
		WEFT_GO_EMIT(encoder, other->stream, WEFT_GO_PROC_START, 0, ++lane->seq);
	}
	if (other) {
		WEFT_GO_EMIT(encoder, weft_go__stream_of(encoder, other), WEFT_GO_START,
			     other->thread->id, ++other->seq);
	}
}

static void on_thread_exit(void *ctx, uint64_t ts_ns, struct weft_thread *shown, int32_t lane)
{
	struct weft_go_encoder *encoder = (struct weft_go_encoder *)ctx;
	struct weft_go_thread *thread = thread_of(shown);
	struct weft_go_stream *stream;

	(void)lane;
	if (!thread) {
		return;
	}
	if (thread->lane >= 0) {
		weft_go__begin(encoder, ts_ns);
		weft_go__end_syscall(encoder, thread);
		stream = weft_go__stream_of(encoder, thread);
		weft_go__emit(encoder, stream, WEFT_GO_DESTROY, NULL, 0);
		leave_lane(encoder, thread, stream, WEFT_THREAD_GONE);
	} else if (thread->created) {
		weft_go__begin(encoder, ts_ns);
		end_elsewhere(encoder, thread);
	}
	forget_thread(encoder, thread);
}

/* Call sites of the former life must be looked up before its objects are forgotten. */
static void on_process_new(void *ctx, uint64_t ts_ns, const struct weft_process *process,
			   const struct weft_process *former)
{
	struct weft_go_encoder *encoder = (struct weft_go_encoder *)ctx;

	(void)ts_ns;
	(void)process;
	if (former) {
		weft_go__end_generation(encoder);
	}
}

/* ---- Tasks, regions, logs, samples ---- */

/* The stream for an event of a Running thread, with the clock moved; NULL after a failure. */
static struct weft_go_stream *stream_for(struct weft_go_encoder *encoder, uint64_t ts_ns,
					 struct weft_thread *shown)
{
	struct weft_go_thread *thread = thread_of(shown);

	if (!thread || thread->lane < 0) {
		return NULL;
	}
	weft_go__begin(encoder, ts_ns);
	weft_go__end_syscall(encoder, thread);
	return weft_go__stream_of(encoder, thread);
}

static void on_task_begin(void *ctx, uint64_t ts_ns, struct weft_thread *thread,
			  const struct weft_task_state *task, uint64_t ip)
{
	struct weft_go_encoder *encoder = (struct weft_go_encoder *)ctx;
	struct weft_go_stream *stream = stream_for(encoder, ts_ns, thread);

	encoder->counts.task_count++;
	WEFT_GO_EMIT(encoder, stream, WEFT_GO_TASK_BEGIN, task->id, task->parent,
		     weft_go__string(encoder, weft_text_of(task->type)),
		     weft_go__site_stack(encoder, thread->process, ip));
}

static void on_task_end(void *ctx, uint64_t ts_ns, struct weft_thread *thread,
			const struct weft_task_state *task, struct weft_text error)
{
	struct weft_go_encoder *encoder = (struct weft_go_encoder *)ctx;
	struct weft_go_stream *stream = stream_for(encoder, ts_ns, thread);

	(void)error; /* The format has no room for it; the summary tells. */
	WEFT_GO_EMIT(encoder, stream, WEFT_GO_TASK_END, task->id, 0);
}

static void on_region_begin(void *ctx, uint64_t ts_ns, struct weft_thread *thread,
			    const struct weft_open_region *region)
{
	struct weft_go_encoder *encoder = (struct weft_go_encoder *)ctx;
	struct weft_go_stream *stream = stream_for(encoder, ts_ns, thread);

	encoder->counts.region_count++;
	WEFT_GO_EMIT(encoder, stream, WEFT_GO_REGION_BEGIN, region->task,
		     weft_go__string(encoder, weft_text_of(region->name)),
		     weft_go__site_stack(encoder, thread->process, region->ip));
}

static void on_region_end(void *ctx, uint64_t ts_ns, struct weft_thread *thread,
			  const struct weft_open_region *region, struct weft_text error,
			  bool repaired, bool began_before)
{
	struct weft_go_encoder *encoder = (struct weft_go_encoder *)ctx;
	struct weft_go_stream *stream = stream_for(encoder, ts_ns, thread);

	(void)error;
	(void)repaired;
	(void)began_before; /* With no region open the reader takes it as begun before the trace. */
	WEFT_GO_EMIT(encoder, stream, WEFT_GO_REGION_END, region->task,
		     weft_go__string(encoder, weft_text_of(region->name)), 0);
}

static void on_log(void *ctx, uint64_t ts_ns, struct weft_thread *thread,
		   const struct weft_task_state *task, struct weft_text category,
		   struct weft_text message, uint64_t ip)
{
	struct weft_go_encoder *encoder = (struct weft_go_encoder *)ctx;
	struct weft_go_stream *stream = stream_for(encoder, ts_ns, thread);

	encoder->counts.log_count++;
	WEFT_GO_EMIT(encoder, stream, WEFT_GO_LOG, task ? task->id : 0,
		     weft_go__string(encoder, category), weft_go__string(encoder, message),
		     weft_go__site_stack(encoder, thread->process, ip));
}

static void on_cpu_sample(void *ctx, uint64_t ts_ns, struct weft_thread *shown,
			  const struct weft_task_state *task, const struct weft_event *event)
{
	struct weft_go_encoder *encoder = (struct weft_go_encoder *)ctx;
	struct weft_go_thread *thread = thread_of(shown);

	(void)task; /* The format has no room for it; profiles tell. */
	if (thread && thread->lane >= 0) {
		weft_go__begin(encoder, ts_ns);
		weft_go__cpu_sample(encoder, thread, event->cpu_sample.pcs);
	}
}

const struct weft_timeline_ops weft_go_encoder_ops = {
	.lane_new = on_lane_new,
	.process_new = on_process_new,
	.process_name = on_process_name,
	.thread_new = on_thread_new,
	.thread_name = on_thread_name,
	.run = on_run,
	.block = on_block,
	.stop = on_stop,
	.wake = on_wake,
	.syscall = on_syscall,
	.exit = on_thread_exit,
	.task_begin = on_task_begin,
	.task_end = on_task_end,
	.region_begin = on_region_begin,
	.region_end = on_region_end,
	.log = on_log,
	.cpu_sample = on_cpu_sample,
};
