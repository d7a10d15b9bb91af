// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * The timeline core: a state machine between sources and encoders, without I/O.
 *
 *     struct weft_event ──▶ weft_timeline_feed() ──▶ struct weft_timeline_ops (legal transitions)
 *
 * It keeps the state of each thread, lane, task and region, repairs what loss, damage or disorder
 * broke, counts every repair, and calls its consumer's hooks. What the hooks see always obeys:
 *
 *   - Times never decrease.
 *   - A thread: thread_new first; then run → (block | stop | exit); block → wake; wake or stop
 *     or new → run; exit is last. One that was asleep when the trace began goes new → block.
 *   - A lane (a row: a CPU, or a stand-in for one thread, see enum weft_lanes) runs at most one
 *     thread, a thread runs on at most one lane.
 *   - Task, region, log, account and sample hooks come only for a thread that is Running, on its lane.
 *   - task_begin once for a task id, task_end at most once, after it (unless the task began
 *     before the trace: see weft_task.begun). Ids are small numbers, never reused.
 *   - region_end closes the innermost open region of its thread (or a region begun before the
 *     trace when none is open: `began_before`).
 *
 * Without scheduling data every thread with events is Running from its first event until its end,
 * but for the waits of which it told itself (lock_wait_begin and lock_wait_end): the trace then shows who
 * did what and when, not who had a CPU.
 *
 * Memory is bounded by the number of live threads, open tasks and open regions, each with a
 * ceiling; not by the length of the trace.
 *
 * Threads: one thread at a time per timeline. Hooks run inside weft_timeline_feed() and
 * weft_timeline_finish() and must not call back into the timeline except for the accessors.
 */
#ifndef WEFT_CONVERTER_TIMELINE_H
#define WEFT_CONVERTER_TIMELINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <weft/error.h>

#include "event.h"

/** Longest names kept by the timeline (thread names, task types, region names), in bytes. */
#define WEFT_NAME_SIZE 256

/** Where lanes (rows) come from. */
enum weft_lanes {
	WEFT_LANES_AUTO, /**< CPU when the input has scheduling data, else THREAD. */
	WEFT_LANES_CPU, /**< Lane = CPU. Without scheduling data presence is inferred from events. */
	WEFT_LANES_THREAD, /**< Lane = one thread while it lives (lanes of ended threads are reused). */
};

enum weft_thread_state {
	WEFT_THREAD_NEW, /**< Announced, runnable, has never run. */
	WEFT_THREAD_RUNNABLE,
	WEFT_THREAD_RUNNING,
	WEFT_THREAD_WAITING,
	WEFT_THREAD_GONE,
};

struct weft_process {
	uint64_t id; /**< Dense, from 1, never reused: identifies one life of a pid. */
	int32_t pid;
	int32_t ppid;             /**< -1 unknown. */
	char exe[WEFT_NAME_SIZE]; /**< "" unknown. */
};

/** An open region of a thread. */
struct weft_open_region {
	uint32_t seq;
	uint64_t begin_ns;
	uint64_t ip;
	uint64_t task; /**< Dense id, 0 for the background task. */
	char name[WEFT_NAME_SIZE];
};

struct weft_thread {
	uint64_t
		id; /**< For encoders: tid, or tid + k·10^7 for later lives; never reused, never 0. */
	int32_t tid;
	int32_t lane; /**< Lane it runs on, -1 when not Running. */
	enum weft_thread_state state;
	const struct weft_process *process; /**< Never NULL. */
	char name[WEFT_NAME_SIZE];          /**< "" unknown. */
	struct weft_open_region *regions; /**< Open ones, outermost first; owned by the timeline. */
	uint32_t region_count;
	struct weft_wait
		wait; /**< Valid in the block hook and while Waiting: what is known of it. */
	struct weft_text chain; /**< Valid in the block hook: as sched_switch's; len 0: not told. */
	enum weft_wake_context wake_context; /**< Valid in the wake hook. */
	void *consumer; /**< Free for the consumer; NULL at thread_new; not released by the timeline. */
};

/** A task the timeline knows. Valid for the hook call only (encoders keep `id`). */
struct weft_task_state {
	uint64_t id;       /**< Dense, from 1, in order of first appearance. */
	uint64_t raw;      /**< Id in the events. */
	uint64_t parent;   /**< Dense id, 0 for none. */
	uint64_t begin_ns; /**< Valid when begun. */
	bool begun; /**< Its begin was seen; else it began before the trace (or it was lost). */
	bool ended;
	const char *type; /**< "" unknown; owned by the timeline. */
};

/** Everything that was repaired, lost or odd, by kind: X(name, text). Shown to users as it is. */
#define WEFT_REPAIR_MAP(X)                                                                         \
	X(region_closed_by_outer, "regions closed because the region around them ended")           \
	X(region_end_dropped, "region ends dropped: no such region was open")                      \
	X(region_began_before, "region ends whose begin was before the trace")                     \
	X(region_begin_dropped, "region begins dropped: older than another of their thread")       \
	X(region_limit, "regions dropped: nested too deeply")                                      \
	X(task_begin_dropped, "task begins dropped: the task had begun already")                   \
	X(task_end_dropped, "task ends dropped: the task had ended already")                       \
	X(task_began_before, "tasks whose begin was before the trace or lost")                     \
	X(task_limit, "tasks forgotten: too many open at once")                                    \
	X(time_reversed, "events moved forward: older than the event before them")                 \
	X(thread_inferred, "threads first seen by what they did, not by their creation")           \
	X(switch_inferred, "switches inferred: a thread acted where another was running")          \
	X(wake_inferred, "wake-ups inferred: a sleeping thread ran")                               \
	X(thread_reused, "threads ended because their id was given to another thread")             \
	X(event_invalid, "events dropped: a field has an impossible value")

struct weft_repairs {
#define WEFT_REPAIR_FIELD(name, text) uint64_t name;
	WEFT_REPAIR_MAP(WEFT_REPAIR_FIELD)
#undef WEFT_REPAIR_FIELD
};

/** Totals for reports; counts are of input accepted into the output. */
struct weft_timeline_totals {
	uint64_t event_count; /**< Fed. */
	uint64_t lost_count;  /**< Reported lost by the tracers. */
	uint64_t thread_count, process_count;
	uint64_t task_begin_count, task_end_count;
	uint64_t region_begin_count, region_end_count;
	uint64_t log_count, account_count, cpu_sample_count, switch_count, waking_count,
		misuse_count;
	uint64_t first_ns, last_ns; /**< Of accepted events. */
	uint64_t lock_wait_count;   /**< Waits told by threads, where no scheduler told of any. */
	bool has_sched;             /**< Scheduling events were seen. */
	struct weft_repairs repairs;
};

struct weft_timeline;

/**
 * A consumer: a table of hooks. Any hook may be NULL. `ts_ns` is never below a former one.
 * A hook returns nothing: a consumer that fails remembers its error and tells it at its own finish.
 */
struct weft_timeline_ops {
	/** A lane exists from now on (lanes are numbered from 0 without gaps). */
	void (*lane_new)(void *ctx, uint64_t ts_ns, int32_t lane);
	/** A thread exists. creator: a Running thread, or NULL. It is NEW (runnable). */
	void (*thread_new)(void *ctx, uint64_t ts_ns, struct weft_thread *thread,
			   struct weft_thread *creator);
	/** A new life of a process begins; `former` is the one that had its pid, or NULL. */
	void (*process_new)(void *ctx, uint64_t ts_ns, const struct weft_process *process,
			    const struct weft_process *former);
	/** process->exe changed (already stored). */
	void (*process_name)(void *ctx, uint64_t ts_ns, const struct weft_process *process);
	/** thread->name changed (already stored). */
	void (*thread_name)(void *ctx, uint64_t ts_ns, struct weft_thread *thread);
	/** Starts running on thread->lane. */
	void (*run)(void *ctx, uint64_t ts_ns, struct weft_thread *thread);
	/** Goes to sleep, from `lane` (-1: has slept since before it was announced). reason: short
	 * stable text, never NULL. */
	void (*block)(void *ctx, uint64_t ts_ns, struct weft_thread *thread, int32_t lane,
		      const char *reason);
	/** Loses its lane but could run on. reason: "preempted", "yield", "inferred". */
	void (*stop)(void *ctx, uint64_t ts_ns, struct weft_thread *thread, int32_t lane,
		     const char *reason);
	/**
	 * Becomes runnable. waker: a Running thread, or NULL: an interrupt on `lane`, or nobody known
	 * (lane -1). See thread->wake_context.
	 */
	void (*wake)(void *ctx, uint64_t ts_ns, struct weft_thread *thread,
		     struct weft_thread *waker, int32_t lane);
	/**
	 * Enters a system call, or leaves the one it is in (WEFT_SYSCALL_NONE). Only where calls were
	 * recorded, and only while Running; a call lasts over waits within it. Either may be missing.
	 */
	void (*syscall)(void *ctx, uint64_t ts_ns, struct weft_thread *thread,
			weft_syscall_index index);
	/**
	 * Ends, from `lane` (-1: it was not running when it was found to be gone). Its open regions
	 * have been left open. Its memory goes after this hook.
	 */
	void (*exit)(void *ctx, uint64_t ts_ns, struct weft_thread *thread, int32_t lane);

	void (*task_begin)(void *ctx, uint64_t ts_ns, struct weft_thread *thread,
			   const struct weft_task_state *task, uint64_t ip);
	void (*task_end)(void *ctx, uint64_t ts_ns, struct weft_thread *thread,
			 const struct weft_task_state *task, struct weft_text error);
	/** The region is the last of thread->regions. */
	void (*region_begin)(void *ctx, uint64_t ts_ns, struct weft_thread *thread,
			     const struct weft_open_region *region);
	/**
	 * `region` is still the last of thread->regions, unless began_before (then no region is open
	 * and `region` holds name and task only). repaired: closed by the region around it. The
	 * error is the one told with the end, "" for success.
	 */
	void (*region_end)(void *ctx, uint64_t ts_ns, struct weft_thread *thread,
			   const struct weft_open_region *region, struct weft_text error,
			   bool repaired, bool began_before);
	void (*log)(void *ctx, uint64_t ts_ns, struct weft_thread *thread,
		    const struct weft_task_state *task, struct weft_text category,
		    struct weft_text message, uint64_t ip);
	/** task: NULL for the background task. Numbers as in <weft/events.h>. */
	void (*account)(void *ctx, uint64_t ts_ns, struct weft_thread *thread,
			const struct weft_task_state *task, const struct weft_event *event);
	/**
	 * What the thread did since its former account hook, or this one, was for no task of those that
	 * were selected. Called by a filter, in place of `account`.
	 */
	void (*account_of_others)(void *ctx, uint64_t ts_ns, struct weft_thread *thread);
	/** task: NULL for the background task. Numbers as in <weft/events.h>. */
	void (*cpu_sample)(void *ctx, uint64_t ts_ns, struct weft_thread *thread,
			   const struct weft_task_state *task, const struct weft_event *event);
	void (*misuse)(void *ctx, uint64_t ts_ns, struct weft_thread *thread, uint32_t misuse,
		       struct weft_text name, uint64_t ip);
};

struct weft_timeline_options {
	enum weft_lanes lanes; /**< THREAD is honoured only without scheduling events. */
	bool has_sched;        /**< The input has scheduling events. */
};

/**
 * Creates a timeline that calls `ops` with `ctx`.
 *
 * @param ops  Borrowed until destroy.
 * @return NULL: out of memory.
 */
struct weft_timeline *weft_timeline_create(const struct weft_timeline_options *options,
					   const struct weft_timeline_ops *ops, void *ctx);
void weft_timeline_destroy(struct weft_timeline *timeline);

/**
 * Feeds one event. Anything is accepted; what makes no sense is repaired or dropped, and counted.
 *
 * @return 0; -ENOMEM.
 */
WEFT_MUST_CHECK int weft_timeline_feed(struct weft_timeline *timeline,
				       const struct weft_event *event);

/** Totals so far. Borrowed until destroy. */
const struct weft_timeline_totals *weft_timeline_totals(const struct weft_timeline *timeline);

/** Number of lanes so far. */
int32_t weft_timeline_lane_count(const struct weft_timeline *timeline);

/** Calls visit() for each thread that thread_new has announced and that is not GONE, in any order. */
void weft_timeline_each_thread(const struct weft_timeline *timeline,
			       void (*visit)(void *ctx, struct weft_thread *thread), void *ctx);

#endif
