// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Between the two halves of the engines on perf_event_open(2): perf-engine.c opens and drains,
 * perf-take.c turns records into events.
 */
#ifndef WEFT_RECORD_PERF_STATE_H
#define WEFT_RECORD_PERF_STATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "kernel-trace.h"
#include "perf-ring.h"
#include "tracepoint-format.h"

enum { WEFT_PRIO_KNOWN = 1000, WEFT_PERF_TID_MAX = 1 << 22 };

enum {
	WEFT_POINT_SWITCH,
	WEFT_POINT_WAKING,
	WEFT_POINT_WAKEUP_NEW,
	WEFT_POINT_EXEC,
	WEFT_POINT_COUNT
};

/* Fields by their place in struct weft_perf_point. */
enum {
	WEFT_FIELD_TID,
	WEFT_FIELD_PRIO,
	WEFT_FIELD_TARGET_CPU,
	WEFT_FIELD_NEXT_TID,
	WEFT_FIELD_NEXT_PRIO,
	WEFT_FIELD_STATE,
	WEFT_FIELD_TEXT,
	WEFT_FIELD_OLD_TID,
	WEFT_FIELD_COUNT
};

struct weft_perf_point {
	int id;
	struct weft_tracepoint_field fields[WEFT_FIELD_COUNT];
};

/*
 * What tells a CPU's switches. Both do at first and are compared; then the tracepoint alone, which costs
 * half; or, where it misses some, the records, and the tracepoint what only it knows.
 */
enum weft_perf_source {
	WEFT_SOURCE_BOTH,
	WEFT_SOURCE_POINT,
	WEFT_SOURCE_RECORDS,
};

struct weft_perf_cpu {
	struct weft_perf_ring ring;
	uint64_t ring_end; /* Of the round being read. */
	int fd;            /* Of the event whose ring it is; -1: CPU is not up. */
	enum weft_perf_source source;
	struct weft_kernel_switch told; /* By the tracepoint. */
	uint64_t chain[WEFT_CHAIN_MAX]; /* Of `told`. */
	bool pending;                   /* `told` has no record yet. */
	bool written;                   /* `told` is in the trace. */
	int32_t running;                /* -1: not known. */
	int32_t dying;                  /* The last whose end began here; 0: none. */
	int point_fd, records_fd;       /* Of the tracepoint sched_switch; of the records. */
	uint64_t switch_count;          /* Compared so far. */
	uint64_t untold_count;          /* Of them, without their tracepoint. */
	struct weft_perf_window {
		uint32_t switch_count,
			from_idle_count; /* As above; of them from the idle thread. */
		uint32_t untold_from_idle_count;
		bool lost; /* Events: says nothing. */
	} window;          /* What was compared since the source was chosen. */
	uint64_t lost_count;
};

struct weft_perf_state {
	bool wide;   /* Tier tracepoints. */
	bool chains; /* Call chains at switches. */
	struct weft_perf_point points[WEFT_POINT_COUNT];
	struct weft_perf_cpu *cpus; /* Owned. */
	uint32_t cpu_count;
	int *fds; /* All events. Owned. */
	size_t fd_count, fd_capacity;
	/*
	 * By thread id, + WEFT_PRIO_KNOWN; 0: not known. Pages that nobody used cost nothing. Owned.
	 */
	int16_t *prios;
	int epoll_fd;
	uint64_t ring_bytes;
	pid_t self;
};

/** Only what a record tells of names; before any record of that round is written. */
void weft_perf_take_name(struct weft_kernel_trace *trace, const struct weft_perf_record *record);

/** Writes what a record tells; any bytes. `number` is the CPU of its ring. */
void weft_perf_take(struct weft_perf_state *state, struct weft_kernel_trace *trace, uint32_t number,
		    const struct weft_perf_record *record);

#endif
