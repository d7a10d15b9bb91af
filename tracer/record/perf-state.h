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

struct weft_perf_cpu {
	struct weft_perf_ring ring;
	uint64_t ring_end; /* Of the round being read. */
	int fd;            /* Of the event whose ring it is; -1: CPU is not up. */
	bool pending;      /* A switch told by its tracepoint, not yet by its record. */
	struct weft_kernel_switch told; /* By the tracepoint. */
	int32_t running;                /* -1: not known. */
	uint64_t switch_count;          /* Records of threads that left. */
	int switch_fd;                  /* Of the tracepoint sched_switch; -1: none. */
	uint64_t told_of_count;         /* switch_count when the tracepoint was thinned out. */
	uint64_t untold_count;          /* Of them, without their tracepoint. */
	uint64_t lost_count;
};

struct weft_perf_state {
	bool wide; /* Tier tracepoints. */
	struct weft_perf_point points[WEFT_POINT_COUNT];
	struct weft_perf_cpu *cpus; /* Owned. */
	uint32_t cpu_count;
	int *fds; /* All events. Owned. */
	size_t fd_count, fd_capacity;
	/*
	 * By thread id, + WEFT_PRIO_KNOWN; 0: not known. Pages that nobody used cost nothing. Owned.
	 */
	int16_t *prios;
	bool thinned; /* The tracepoint sched_switch tells unusual states only. */
	uint64_t opened_ns;
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
