// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * State shared by the two halves of the Go trace encoder.
 *
 *   go-encoder.c     hooks of the timeline → events
 *   go-generation.c  begin and end of generations: statuses, tables, clock
 */
#ifndef WEFT_CONVERTER_GO_STATE_H
#define WEFT_CONVERTER_GO_STATE_H

#include "go-encoder.h"
#include "go-stream.h"
#include "go-tables.h"
#include "id-map.h"

/* Event types of the format. */
enum weft_go_event {
	WEFT_GO_STACKS = 2,
	WEFT_GO_STACK = 3,
	WEFT_GO_STRINGS = 4,
	WEFT_GO_STRING = 5,
	WEFT_GO_CPU_SAMPLES = 6,
	WEFT_GO_CPU_SAMPLE = 7,
	WEFT_GO_FREQUENCY = 8,
	WEFT_GO_PROCS_CHANGE = 9,
	WEFT_GO_PROC_START = 10,
	WEFT_GO_PROC_STOP = 11,
	WEFT_GO_PROC_STATUS = 13,
	WEFT_GO_CREATE = 14,
	WEFT_GO_START = 16,
	WEFT_GO_DESTROY = 17,
	WEFT_GO_STOP = 19,
	WEFT_GO_BLOCK = 20,
	WEFT_GO_UNBLOCK = 21,
	WEFT_GO_SYSCALL_BEGIN = 22,
	WEFT_GO_SYSCALL_END = 23,
	WEFT_GO_STATUS = 25,
	WEFT_GO_LABEL = 39,
	WEFT_GO_TASK_BEGIN = 40,
	WEFT_GO_TASK_END = 41,
	WEFT_GO_REGION_BEGIN = 42,
	WEFT_GO_REGION_END = 43,
	WEFT_GO_LOG = 44,
	WEFT_GO_SYNC = 50,
	WEFT_GO_CLOCK_SNAPSHOT = 51,
	WEFT_GO_END_OF_GENERATION = 52,
};

enum weft_go_proc_status { WEFT_GO_PROC_RUNNING = 1, WEFT_GO_PROC_IDLE = 2 };
enum weft_go_status { WEFT_GO_RUNNABLE = 1, WEFT_GO_RUNNING = 2, WEFT_GO_WAITING = 4 };

/* The encoder's view of a thread; weft_thread.consumer points here. */
struct weft_go_thread {
	struct weft_thread *thread; /* Weak. */
	enum weft_thread_state state;
	int32_t lane;
	bool created;               /* GoCreate was written. */
	bool is_asleep;             /* Since before the trace, and not created yet. */
	bool label_pending;         /* Renamed since. */
	bool in_syscall;            /* Its slice is open, which only a running thread's can be. */
	weft_syscall_index syscall; /* Entered and not left, through waits. */
	uint64_t seq;               /* Of the current generation. */
	uint64_t name_frame;
	struct weft_go_stream *stream; /* Own stream, when each thread has one. */
	struct weft_go_thread *previous, *next;
};

struct weft_go_lane {
	uint64_t seq; /* Of the current generation. */
	struct weft_go_thread *running;
	struct weft_go_stream *stream; /* Own stream, when each lane has one. */
};

/* Collects entries of one kind and writes them in batches that start with the kind's own byte. */
struct weft_go_table {
	uint8_t kind;
	size_t size; /* 0: nothing yet. */
	uint8_t bytes[16384];
};

struct weft_go_encoder {
	struct weft_go_encoder_options options;
	struct weft_symbolizer *symbolizer; /* Weak. */
	struct weft_go_output output;
	int status;                   /* First failure that is not the output's. */
	struct weft_go_counts counts; /* byte_count is the output's. */
	struct weft_id_map processes; /* Ids of processes with threads in the trace. */
	int64_t origin_ns;            /* Wall clock minus event clock. */

	uint64_t generation; /* Number of the current one, 0 before the first. */
	bool generation_open;
	uint64_t generation_ns; /* Its start. */
	uint64_t now_tick;
	uint64_t
		ordered_tick; /* Of the last event that streams may wait for: see go-generation.c. */
	uint64_t now_ns;
	size_t pending_bytes;
	bool procs_pending; /* ProcsChange is due at the next run. */
	bool note_pending;

	struct weft_text_table strings; /* Of this generation. */
	struct weft_site_table stacks;  /* Of this generation. */
	struct weft_text_table names;   /* Names of synthetic frames, for the whole file. */

	struct weft_go_table samples; /* Of this generation. */

	struct weft_go_lane *lanes;
	int32_t lane_count, lane_capacity;
	struct weft_go_thread *threads;
	size_t asleep_count; /* Threads that are asleep since before the trace, and not created yet. */
	struct weft_go_stream *streams;
	struct weft_go_stream *no_stream; /* For what belongs to no thread. */
};

/**
 * Opens a generation, or a new one when the current is full, and moves the clock to ts_ns. An event
 * must follow: readers refuse a generation without any.
 */
void weft_go__begin(struct weft_go_encoder *encoder, uint64_t ts_ns);
/** Ends the open generation: flushes streams, writes tables. */
void weft_go__end_generation(struct weft_go_encoder *encoder);

struct weft_go_stream *weft_go__stream_create(struct weft_go_encoder *encoder, uint64_t m);
void weft_go__stream_destroy(struct weft_go_encoder *encoder, struct weft_go_stream *stream);
/** The stream on which a Running thread's events go. */
struct weft_go_stream *weft_go__stream_of(struct weft_go_encoder *encoder,
					  const struct weft_go_thread *thread);
/** Opens the slice of the system call that a thread is in, which runs. */
void weft_go__begin_syscall(struct weft_go_encoder *encoder, struct weft_go_thread *thread);
/** Closes the slice of a system call, before what only a running thread may do. */
void weft_go__end_syscall(struct weft_go_encoder *encoder, struct weft_go_thread *thread);
/** Writes a timed event now; remembers the first failure. */
void weft_go__emit(struct weft_go_encoder *encoder, struct weft_go_stream *stream, uint8_t type,
		   const uint64_t *args, size_t arg_count);
#define WEFT_GO_EMIT(encoder, stream, type, ...)                                                   \
	weft_go__emit((encoder), (stream), (type), (const uint64_t[]){__VA_ARGS__},                \
		      sizeof((const uint64_t[]){__VA_ARGS__}) / sizeof(uint64_t))
/** Id of a text in this generation, 0 for "". */
uint64_t weft_go__string(struct weft_go_encoder *encoder, struct weft_text text);
/** Stack whose only frame is the call site. */
uint64_t weft_go__site_stack(struct weft_go_encoder *encoder, const struct weft_process *process,
			     uint64_t ip);
/** Writes a CPU sample now. pcs: as in the event. */
void weft_go__cpu_sample(struct weft_go_encoder *encoder, const struct weft_go_thread *thread,
			 struct weft_text pcs);
/** Stack of a thread that goes to sleep: its name, and inside it what its program did, if that is told. */
uint64_t weft_go__block_stack(struct weft_go_encoder *encoder, const struct weft_go_thread *thread);
/** Stack whose only frame names a thread. */
uint64_t weft_go__name_stack(struct weft_go_encoder *encoder, uint64_t name_frame);
/** Id of the synthetic frame called `name`. */
uint64_t weft_go__name_frame(struct weft_go_encoder *encoder, const char *name);

#endif
