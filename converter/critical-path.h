// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * The critical path of one task: what its duration was made of, across threads and processes.
 *
 *   critical-find.c     first pass: which task (the slowest of its type, or the one asked for)
 *   critical-path.c     second pass: hooks → intervals of all threads while the task lasted
 *   critical-walk.c     backwards from the task's end → segments that add up to its duration
 *   critical-text.c     segments → tables for people
 *   critical-json.c     segments → members of the summary's JSON object
 *
 * The rule of the walk. At the task's end its thread is known. While that thread has a CPU or waits
 * for one, the time is its own. Where it was blocked, the time goes to the thread that woke it, and
 * so on inside of that one; before the wait the walk is back at the thread that waited. Where no
 * thread woke it (a timer, a device, nobody known), the time stays a wait. Before a thread first
 * acted for the task (task, region, log, account), the walk follows who woke it until it finds a
 * thread that had acted for the task before: that is how the task came here.
 *
 * Memory: intervals live in a ring with a ceiling. Of a task with more than that, the path begins
 * with one segment of unknown content.
 *
 * Threads: one thread at a time per object.
 */
#ifndef WEFT_CONVERTER_CRITICAL_PATH_H
#define WEFT_CONVERTER_CRITICAL_PATH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <jansson.h>

#include <weft/convert.h>

#include "go-tables.h"
#include "id-map.h"
#include "timeline.h"

/* ---- Which task ---- */

#define WEFT_CRITICAL_SLOWEST_COUNT 10U

/** A task with a known begin. Times are the timeline's. */
struct weft_critical_task {
	uint64_t id; /**< As in a Go trace of the same input. */
	uint64_t raw;
	uint64_t begin_ns, end_ns;
	int32_t pid, tid; /**< Of the thread that began it. */
	bool ended;       /**< Else end_ns is where the input ends. */
};

/** First pass. Zero-initialise, fill in the first two, fini. */
struct weft_critical_finder {
	const struct weft_selection *selection; /**< Borrowed; task_type not NULL. */
	uint64_t wanted_id;                     /**< 0: the slowest. */
	bool started;
	uint64_t first_ns;
	uint64_t count; /**< Tasks of the selection that ended. */
	struct weft_critical_task slowest[WEFT_CRITICAL_SLOWEST_COUNT]; /**< Slowest first. */
	size_t slowest_count;
	struct weft_critical_task chosen; /**< Valid when found. */
	bool found;
	struct weft_id_map open; /**< Id → struct weft_critical_task; owned. */
	int status;
};

extern const struct weft_timeline_ops weft_critical_finder_ops;
/**
 * Ends the first pass. Tasks without an end count only when asked for by id, or when no task of the
 * selection has ended.
 *
 * @param last_ns  Time of the input's last event.
 * @return 0, `found` tells whether there is a task; -ENOMEM.
 */
WEFT_MUST_CHECK int weft_critical_finder_finish(struct weft_critical_finder *finder,
						uint64_t last_ns);
void weft_critical_finder_fini(struct weft_critical_finder *finder);

/* ---- What all threads did ---- */

enum weft_critical_state {
	WEFT_CRITICAL_ON_CPU,   /**< Without scheduling data: it acted, or could have. */
	WEFT_CRITICAL_RUNNABLE, /**< Waited for a CPU. */
	WEFT_CRITICAL_BLOCKED,
	WEFT_CRITICAL_UNKNOWN, /**< Nothing is known of the thread at this time. */
	WEFT_CRITICAL_STATE_COUNT_
};

enum weft_critical_waker {
	WEFT_CRITICAL_WAKER_NONE, /**< Not woken: it ran, or waited for a CPU. */
	WEFT_CRITICAL_WAKER_THREAD,
	WEFT_CRITICAL_WAKER_INTERRUPT, /**< A timer or device, while no thread ran there. */
	WEFT_CRITICAL_WAKER_UNKNOWN,
};

struct weft_critical_thread {
	uint64_t id;
	int32_t tid, pid;
	uint64_t name_id, exe_id;       /**< In names; 0 unknown. */
	const struct weft_thread *live; /**< Weak; NULL after its end. */

	/* The interval that lasts. */
	enum weft_critical_state state;
	uint64_t since_ns;
	const char *reason;  /**< Static or NULL. */
	int32_t lane;        /**< -1: none. */
	uint64_t on_lane_ns; /**< Since when it has the lane. */
	bool is_born;        /**< The interval begins with the thread; `creator` made it. */
	struct weft_critical_thread *creator; /**< Weak. */

	uint64_t last;   /**< Latest interval: its number + 1; 0 none. */
	size_t claim;    /**< Index + 1 of the claim that lasts; 0 none. */
	bool is_claimer; /**< Has or had a claim. */

	/* The walk's. */
	uint64_t cursor, saved_cursor; /**< As `last`. */
	bool is_touched;
	struct weft_critical_thread *next_touched;

	struct weft_critical_thread *previous, *next;
};

/** A stretch of one thread in one state, inside of the task's time. */
struct weft_critical_interval {
	uint64_t begin_ns, end_ns;
	uint64_t former; /**< The thread's interval before: number + 1; 0 none. */
	struct weft_critical_thread *thread;
	struct weft_critical_thread *waker;  /**< Who ended the wait, or created the thread. */
	struct weft_critical_thread *behind; /**< Who had the CPU meanwhile; NULL unknown. */
	const char *reason;
	int32_t lane;
	uint32_t regions; /**< Open at the time: node number; 0 none. */
	uint8_t state, waker_kind;
	bool is_born;
};

/** From a thread's first act for the task to its first act for another. */
struct weft_critical_claim {
	struct weft_critical_thread *thread;
	uint64_t first_ns, last_ns; /**< Of its acts for the task. */
	uint64_t end_ns;            /**< Of the first act for another; UINT64_MAX: none. */
};

struct weft_critical_lane;

/** A stack of open regions: the last one, and the stack around it. */
struct weft_critical_regions {
	uint32_t outer; /**< 0 none. */
	uint64_t name_id;
};

/* ---- The path ---- */

struct weft_critical_segment {
	uint64_t begin_ns, end_ns;
	const struct weft_critical_thread *thread;
	const struct weft_critical_thread *waker, *behind; /**< NULL: none known. */
	const char *reason;                                /**< NULL: none. */
	int32_t lane;
	uint32_t regions;
	unsigned int depth; /**< Number of waits around it. */
	enum weft_critical_state state;
	enum weft_critical_waker waker_kind;
};

/** A wait whose time the segments inside of it explain. */
struct weft_critical_wait {
	uint64_t begin_ns, end_ns;
	const struct weft_critical_thread *thread, *waker;
	const char *reason;
	uint32_t regions;
	unsigned int depth; /**< Of the thread that waits. */
};

/** Second pass. */
struct weft_critical_path {
	struct weft_critical_task task;
	bool has_sched;
	bool done;
	int status;
	struct weft_critical_thread *end_thread; /**< That ended the task. */

	struct weft_critical_thread *threads; /**< Owned list. */
	size_t thread_count;
	struct weft_critical_interval *ring; /**< Interval n is at n % ring_size. */
	uint64_t ring_size, ring_limit;
	uint64_t interval_count; /**< Ever added. */
	struct weft_critical_claim *claims;
	size_t claim_count, claim_capacity;
	struct weft_critical_lane *lanes;
	int32_t lane_count, lane_capacity;
	struct weft_id_map family; /**< Ids of the task and its descendants. */
	struct weft_text_table names;
	struct weft_critical_regions *regions; /**< Node n is at n - 1. */
	uint32_t region_count, region_capacity;
	struct weft_id_map region_index;

	/* In order of time, after the walk. */
	struct weft_critical_segment *segments;
	size_t segment_count, segment_capacity;
	struct weft_critical_wait *waits;
	size_t wait_count, wait_capacity;
	bool is_cut; /**< The ring was too small: the first segment stands for what is missing. */
};

/** Most intervals kept by default: 20 MiB. */
#define WEFT_CRITICAL_INTERVAL_COUNT_MAX (UINT64_C(1) << 18)

/**
 * @param interval_limit  Most intervals kept; at least 1.
 */
void weft_critical_path_init(struct weft_critical_path *path, const struct weft_critical_task *task,
			     bool has_sched, uint64_t interval_limit);
void weft_critical_path_fini(struct weft_critical_path *path);
/** Hooks of the second pass; pass the path as ctx. */
extern const struct weft_timeline_ops weft_critical_path_ops;
/**
 * Ends the second pass and walks. The timeline must still be there.
 *
 * @return 0: segments, in order of time and without gaps, fill the task's time; -ENOMEM.
 */
WEFT_MUST_CHECK int weft_critical_path_finish(struct weft_critical_path *path);

/** Text of a name id; "" for 0. Borrowed. */
struct weft_text weft_critical_path__name(const struct weft_critical_path *path, uint64_t name_id);
/** The interval of a number + 1; NULL: 0, or no longer in the ring. */
struct weft_critical_interval *weft_critical_path__interval(const struct weft_critical_path *path,
							    uint64_t number);
/** Fills segments and waits. */
WEFT_MUST_CHECK int weft_critical_path__walk(struct weft_critical_path *path);

/* ---- Reports ---- */

/** What the reports are about. All borrowed. */
struct weft_critical_report {
	const struct weft_critical_finder *finder;
	const struct weft_critical_path *path;
	uint64_t origin_ns; /**< Time of the input's first event. */
};

/** "on CPU", "runnable", "blocked", "unknown". Static. */
const char *weft_critical_state_name(enum weft_critical_state state);
/**
 * Prints tables.
 *
 * @param row_count_max  As of weft_report_table_print().
 * @return 0; -ENOMEM.
 */
WEFT_MUST_CHECK int weft_critical_report_write_text(const struct weft_critical_report *report,
						    FILE *out, unsigned int width,
						    size_t row_count_max);
/** The JSON object; converter/README.md has its members. NULL: out of memory. */
json_t *weft_critical_report_make_json(const struct weft_critical_report *report);

#endif
