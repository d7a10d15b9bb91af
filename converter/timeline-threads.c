// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Processes, threads and lanes of the timeline: who exists, who runs where.
 *
 * All changes of a thread's state go through run/stop/block/wake/exit below, which keep thread and
 * lane consistent and call the hooks; force_run() is the one place that repairs.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "timeline-state.h"

/* A later life of a thread id is shown as tid + k * this; real ids are below 2^22. */
#define LIFE_STEP 10000000U
/* Distinct thread ids whose lives are counted; beyond, ids come from a range of their own. */
#define LIVES_COUNT_MAX 1000000U
#define OVERFLOW_ID     UINT64_C(1000000000000)

/* ---- Processes ---- */

static int get_process(struct weft_timeline *timeline, int32_t pid,
		       struct weft_process_node **ret_node)
{
	struct weft_process_node *node =
		(struct weft_process_node *)weft_id_map_find(&timeline->processes, (uint32_t)pid);

	if (!node) {
		node = (struct weft_process_node *)calloc(1, sizeof(*node));
		if (!node || weft_id_map_put(&timeline->processes, (uint32_t)pid, node) < 0) {
			free(node);
			return -ENOMEM;
		}
		node->shown.id = ++timeline->last_process_id;
		timeline->totals.process_count += pid > 0;
		node->shown.pid = pid;
		node->shown.ppid = -1;
		node->former = timeline->all_processes;
		timeline->all_processes = node;
		WEFT_TIMELINE_HOOK(timeline, process_new, &node->shown, NULL);
	}
	*ret_node = node;
	return 0;
}

/* Returns how many threads that had been seen ended. */
static uint64_t end_threads_of(struct weft_timeline *timeline, const struct weft_process *process)
{
	struct weft_thread_node *thread = timeline->first_thread;
	uint64_t count = 0;

	while (thread) {
		struct weft_thread_node *next = thread->next;

		if (thread->shown.process == process) {
			count += thread->announced;
			weft_timeline__exit(timeline, thread);
		}
		thread = next;
	}
	return count;
}

/* The pid was given to another program: what the former one left behind ends here. */
static int replace_process(struct weft_timeline *timeline, struct weft_process_node **node)
{
	struct weft_process_node *former = *node;
	struct weft_process_node *latter;

	timeline->totals.repairs.thread_reused += end_threads_of(timeline, &former->shown);
	latter = (struct weft_process_node *)calloc(1, sizeof(*latter));
	if (!latter ||
	    weft_id_map_put(&timeline->processes, (uint32_t)former->shown.pid, latter) < 0) {
		free(latter);
		return -ENOMEM;
	}
	latter->shown.id = ++timeline->last_process_id;
	timeline->totals.process_count++;
	latter->shown.pid = former->shown.pid;
	latter->shown.ppid = -1;
	latter->former = timeline->all_processes;
	timeline->all_processes = latter;
	WEFT_TIMELINE_HOOK(timeline, process_new, &latter->shown, &former->shown);
	*node = latter;
	return 0;
}

int weft_timeline__process(struct weft_timeline *timeline, const struct weft_event *event)
{
	struct weft_process_node *node;
	char exe[WEFT_NAME_SIZE];
	int ret;

	if (event->pid <= 0) {
		timeline->totals.repairs.event_invalid++;
		return 0;
	}
	ret = get_process(timeline, event->pid, &node);
	if (ret == 0 && node->start_known && node->start_ns != event->process.start_ns) {
		ret = replace_process(timeline, &node);
	}
	if (ret < 0) {
		return ret;
	}
	node->start_ns = event->process.start_ns;
	node->start_known = true;
	node->shown.ppid = event->process.ppid;
	weft_timeline__copy_name(exe, sizeof(exe), event->process.exe);
	if (strcmp(exe, node->shown.exe) != 0) {
		memcpy(node->shown.exe, exe, sizeof(exe));
		WEFT_TIMELINE_HOOK(timeline, process_name, &node->shown);
	}
	return 0;
}

int weft_timeline__new_process(struct weft_timeline *timeline, int32_t pid)
{
	struct weft_process_node *node =
		(struct weft_process_node *)weft_id_map_find(&timeline->processes, (uint32_t)pid);

	return node ? replace_process(timeline, &node) : 0;
}

int weft_timeline__name_process(struct weft_timeline *timeline, int32_t pid, int32_t ppid,
				struct weft_text name)
{
	struct weft_process_node *node;
	int ret = get_process(timeline, pid, &node);

	if (ret == 0 && !node->start_known) {
		node->shown.ppid = ppid >= 0 ? ppid : node->shown.ppid;
		weft_timeline__copy_name(node->shown.exe, sizeof(node->shown.exe), name);
		WEFT_TIMELINE_HOOK(timeline, process_name, &node->shown);
	}
	return ret;
}

int weft_timeline__process_end(struct weft_timeline *timeline, const struct weft_event *event)
{
	const struct weft_process_node *node = (const struct weft_process_node *)weft_id_map_find(
		&timeline->processes, (uint32_t)event->pid);

	/* With scheduling data the kernel tells when its threads are really gone. */
	if (node && !timeline->options.has_sched) {
		(void)end_threads_of(timeline, &node->shown);
	}
	return 0;
}

/* ---- Threads ---- */

static uint64_t thread_key(const struct weft_timeline *timeline, int32_t pid, int32_t tid)
{
	/* The kernel's events name threads by tid alone. */
	return timeline->options.has_sched ? (uint32_t)tid
					   : (uint64_t)(uint32_t)pid << 32 | (uint32_t)tid;
}

struct weft_thread_node *weft_timeline__find_thread(struct weft_timeline *timeline, int32_t pid,
						    int32_t tid)
{
	return (struct weft_thread_node *)weft_id_map_find(&timeline->threads,
							   thread_key(timeline, pid, tid));
}

/* An id that no thread of this trace had before and no reader reserves. */
static int next_thread_id(struct weft_timeline *timeline, int32_t tid, uint64_t *ret_id)
{
	uintptr_t lives = (uintptr_t)weft_id_map_find(&timeline->lives, (uint32_t)tid);
	uint64_t id;

	if (lives == 0 && timeline->lives.count >= LIVES_COUNT_MAX) {
		*ret_id = OVERFLOW_ID + timeline->totals.thread_count;
		return 0;
	}
	do {
		id = (uint64_t)(uint32_t)tid + (uint64_t)lives * LIFE_STEP;
		lives++;
		/* `go tool trace` uses 1000001..1000005 for rows of its own. */
	} while (id >= 1000001 && id <= 1000005);
	*ret_id = id;
	return weft_id_map_put(&timeline->lives, (uint32_t)tid, (void *)lives);
}

static int create_thread(struct weft_timeline *timeline, int32_t pid, int32_t tid,
			 struct weft_thread_node **ret_node)
{
	struct weft_thread_node *node = (struct weft_thread_node *)calloc(1, sizeof(*node));
	struct weft_process_node *process;
	int ret;

	if (!node) {
		return -ENOMEM;
	}
	node->key = thread_key(timeline, pid, tid);
	node->shown.tid = tid;
	node->shown.lane = -1;
	node->shown.state = WEFT_THREAD_NEW;
	ret = get_process(timeline, pid, &process);
	if (ret == 0) {
		node->shown.process = &process->shown;
		ret = weft_id_map_put(&timeline->threads, node->key, node);
	}
	if (ret < 0) {
		free(node);
		return ret;
	}
	node->next = timeline->first_thread;
	if (node->next) {
		node->next->previous = node;
	}
	timeline->first_thread = node;
	*ret_node = node;
	return 0;
}

int weft_timeline__get_thread(struct weft_timeline *timeline, int32_t pid, int32_t tid,
			      struct weft_thread_node **ret_node)
{
	struct weft_thread_node *node = weft_timeline__find_thread(timeline, pid, tid);
	struct weft_process_node *process;
	int ret;

	if (!node) {
		ret = create_thread(timeline, pid, tid, &node);
		if (ret == 0) {
			ret = next_thread_id(timeline, tid, &node->shown.id);
		}
		if (ret < 0) {
			return ret;
		}
	} else if (pid > 0 && node->shown.process->pid != pid) {
		/* First seen by the scheduler, which did not tell the process. */
		ret = get_process(timeline, pid, &process);
		if (ret < 0) {
			return ret;
		}
		node->shown.process = &process->shown;
	}
	*ret_node = node;
	return 0;
}

static void free_thread(struct weft_timeline *timeline, struct weft_thread_node *node)
{
	weft_id_map_remove(&timeline->threads, node->key);
	if (node->previous) {
		node->previous->next = node->next;
	} else {
		timeline->first_thread = node->next;
	}
	if (node->next) {
		node->next->previous = node->previous;
	}
	free(node->shown.regions);
	free(node);
}

void weft_timeline__free_threads(struct weft_timeline *timeline)
{
	struct weft_process_node *process = timeline->all_processes;

	while (timeline->first_thread) {
		free_thread(timeline, timeline->first_thread);
	}
	while (process) {
		struct weft_process_node *former = process->former;

		free(process);
		process = former;
	}
	weft_id_map_fini(&timeline->threads);
	weft_id_map_fini(&timeline->lives);
	weft_id_map_fini(&timeline->processes);
}

void weft_timeline__announce(struct weft_timeline *timeline, struct weft_thread_node *node,
			     struct weft_thread_node *creator)
{
	if (!node->announced) {
		node->announced = true;
		timeline->totals.thread_count++;
		WEFT_TIMELINE_HOOK(timeline, thread_new, &node->shown,
				   creator ? &creator->shown : NULL);
	}
}

void weft_timeline__rename(struct weft_timeline *timeline, struct weft_thread_node *node,
			   struct weft_text name)
{
	char copy[WEFT_NAME_SIZE];

	weft_timeline__copy_name(copy, sizeof(copy), name);
	if (!copy[0] || strcmp(copy, node->shown.name) == 0) {
		return;
	}
	memcpy(node->shown.name, copy, sizeof(copy));
	if (node->announced) {
		WEFT_TIMELINE_HOOK(timeline, thread_name, &node->shown);
	}
}

void weft_timeline__rename_by_kernel(struct weft_timeline *timeline, struct weft_thread_node *node,
				     struct weft_text name)
{
	char copy[sizeof(node->comm)];
	bool is_first = !node->comm[0];

	weft_timeline__copy_name(copy, sizeof(copy), name);
	if (!copy[0] || strcmp(copy, node->comm) == 0) {
		return;
	}
	memcpy(node->comm, copy, sizeof(copy));
	if (!is_first || !node->shown.name[0]) {
		weft_timeline__rename(timeline, node, name);
	}
}

/* ---- Lanes and transitions ---- */

int weft_timeline__need_lane(struct weft_timeline *timeline, int32_t lane)
{
	while (timeline->lane_count <= lane) {
		if (timeline->lane_count == timeline->lane_capacity) {
			int32_t capacity =
				timeline->lane_capacity ? timeline->lane_capacity * 2 : 16;
			struct weft_thread_node **lanes = (struct weft_thread_node **)realloc(
				timeline->lanes,
				(size_t)capacity * sizeof(struct weft_thread_node *));
			uint8_t *flags;

			if (!lanes) {
				return -ENOMEM;
			}
			timeline->lanes = lanes;
			flags = (uint8_t *)realloc(timeline->lane_flags, (size_t)capacity);
			if (!flags) {
				return -ENOMEM;
			}
			timeline->lane_flags = flags;
			timeline->lane_capacity = capacity;
		}
		timeline->lanes[timeline->lane_count] = NULL;
		timeline->lane_flags[timeline->lane_count] = 0;
		WEFT_TIMELINE_HOOK(timeline, lane_new, timeline->lane_count);
		timeline->lane_count++;
	}
	return 0;
}

void weft_timeline__run(struct weft_timeline *timeline, struct weft_thread_node *node, int32_t lane)
{
	timeline->lanes[lane] = node;
	node->shown.lane = lane;
	node->shown.state = WEFT_THREAD_RUNNING;
	node->early_wake = false;
	WEFT_TIMELINE_HOOK(timeline, run, &node->shown);
}

static int32_t leave_lane(struct weft_timeline *timeline, struct weft_thread_node *node,
			  enum weft_thread_state state)
{
	int32_t lane = node->shown.lane;

	timeline->lanes[lane] = NULL;
	node->shown.lane = -1;
	node->shown.state = state;
	return lane;
}

void weft_timeline__stop(struct weft_timeline *timeline, struct weft_thread_node *node,
			 const char *reason)
{
	int32_t lane = leave_lane(timeline, node, WEFT_THREAD_RUNNABLE);

	WEFT_TIMELINE_HOOK(timeline, stop, &node->shown, lane, reason);
}

void weft_timeline__block(struct weft_timeline *timeline, struct weft_thread_node *node,
			  const char *reason)
{
	int32_t lane = -1;

	if (node->shown.state == WEFT_THREAD_RUNNING) {
		lane = leave_lane(timeline, node, WEFT_THREAD_WAITING);
	}
	node->shown.state = WEFT_THREAD_WAITING;
	WEFT_TIMELINE_HOOK(timeline, block, &node->shown, lane, reason);
}

void weft_timeline__wake(struct weft_timeline *timeline, struct weft_thread_node *node,
			 struct weft_thread_node *waker, int32_t lane)
{
	node->shown.state = WEFT_THREAD_RUNNABLE;
	WEFT_TIMELINE_HOOK(timeline, wake, &node->shown, waker ? &waker->shown : NULL, lane);
}

/* Gives up the lane that was kept while it waited. False: there is none. */
static bool take_kept_lane(struct weft_timeline *timeline, struct weft_thread_node *node,
			   int32_t *ret_lane)
{
	if (node->kept_lane == 0) {
		return false;
	}
	*ret_lane = node->kept_lane - 1;
	timeline->lane_flags[*ret_lane] &= (uint8_t)~WEFT_LANE_KEPT;
	node->kept_lane = 0;
	return true;
}

void weft_timeline__exit(struct weft_timeline *timeline, struct weft_thread_node *node)
{
	int32_t lane = -1;
	int32_t kept_lane;

	(void)take_kept_lane(timeline, node, &kept_lane); /* Others may have it from now on. */
	if (node->announced) {
		if (node->shown.state == WEFT_THREAD_RUNNING) {
			lane = leave_lane(timeline, node, WEFT_THREAD_GONE);
		}
		node->shown.state = WEFT_THREAD_GONE;
		WEFT_TIMELINE_HOOK(timeline, exit, &node->shown, lane);
	}
	free_thread(timeline, node);
}

void weft_timeline__force_run(struct weft_timeline *timeline, struct weft_thread_node *node,
			      int32_t lane)
{
	struct weft_thread_node *other = timeline->lanes[lane];
	struct weft_repairs *repairs = &timeline->totals.repairs;

	if (other == node) {
		return;
	}
	/* Without scheduling data, being on a CPU is inferred anyway. */
	if (other) {
		repairs->switch_inferred += timeline->options.has_sched;
		weft_timeline__stop(timeline, other, "inferred");
	}
	if (node->shown.state == WEFT_THREAD_RUNNING) {
		repairs->switch_inferred += timeline->options.has_sched;
		weft_timeline__stop(timeline, node, "inferred");
	}
	if (node->shown.state == WEFT_THREAD_WAITING) {
		/* Some tiers tell of none; of waits for locks, the threads themselves do. */
		repairs->wake_inferred +=
			timeline->totals.waking_count > 0 || !timeline->options.has_sched;
		node->shown.wake_context = WEFT_WAKE_BY_UNKNOWN;
		weft_timeline__wake(timeline, node, NULL, -1);
	}
	weft_timeline__announce(timeline, node, NULL);
	weft_timeline__run(timeline, node, lane);
}

/* A lane of its own for a thread: the one that it had, or the lowest that is free. */
static int choose_own_lane(struct weft_timeline *timeline, struct weft_thread_node *node,
			   int32_t *ret_lane)
{
	int32_t lane = 0;
	int ret;

	if (take_kept_lane(timeline, node, ret_lane)) {
		return 0;
	}
	while (lane < timeline->lane_count &&
	       (timeline->lanes[lane] || (timeline->lane_flags[lane] & WEFT_LANE_KEPT))) {
		lane++;
	}
	ret = weft_timeline__need_lane(timeline, lane);
	if (ret == 0) {
		*ret_lane = lane;
	}
	return ret;
}

/* Where an acting thread must be running; with scheduling data anywhere will do if it runs. */
static int place(struct weft_timeline *timeline, struct weft_thread_node *node, int32_t cpu)
{
	bool running = node->shown.state == WEFT_THREAD_RUNNING;
	int32_t lane = cpu;
	int ret;

	if (running && (timeline->options.has_sched || !timeline->lanes_are_cpus || cpu < 0)) {
		return 0;
	}
	if (!timeline->lanes_are_cpus || cpu < 0 || cpu >= WEFT_CPU_COUNT_MAX) {
		ret = choose_own_lane(timeline, node, &lane);
	} else {
		ret = weft_timeline__need_lane(timeline, lane);
	}
	if (ret == 0) {
		weft_timeline__force_run(timeline, node, lane);
	}
	return ret;
}

int weft_timeline__act(struct weft_timeline *timeline, const struct weft_event *event,
		       struct weft_thread_node **ret_node)
{
	struct weft_thread_node *node;
	int ret;

	if (event->pid <= 0 || event->tid <= 0) {
		timeline->totals.repairs.event_invalid++;
		return 0;
	}
	ret = weft_timeline__get_thread(timeline, event->pid, event->tid, &node);
	if (ret < 0) {
		return ret;
	}
	if (timeline->options.has_sched && !node->announced) {
		timeline->totals.repairs.thread_inferred++;
	}
	ret = place(timeline, node, event->cpu);
	if (ret < 0) {
		return ret;
	}
	*ret_node = node;
	return 1;
}

/* ---- Thread events of instrumented processes ---- */

int weft_timeline__thread(struct weft_timeline *timeline, const struct weft_event *event)
{
	struct weft_thread_node *node;
	int ret;

	if (event->pid <= 0 || event->thread.subject <= 0) {
		timeline->totals.repairs.event_invalid++;
		return 0;
	}
	ret = weft_timeline__get_thread(timeline, event->pid, event->thread.subject, &node);
	if (ret < 0) {
		return ret;
	}
	weft_timeline__rename(timeline, node, event->thread.name);
	if (event->tid != event->thread.subject) {
		return 0; /* Named by the state dump; it appears when it does something. */
	}
	ret = weft_timeline__act(timeline, event, &node);
	return ret < 0 ? ret : 0;
}

int weft_timeline__thread_end(struct weft_timeline *timeline, const struct weft_event *event)
{
	struct weft_thread_node *node;
	int ret;

	if (timeline->options.has_sched) {
		return 0; /* The scheduler tells when the thread is really gone. */
	}
	ret = weft_timeline__act(timeline, event, &node);
	if (ret > 0) {
		weft_timeline__exit(timeline, node);
	}
	return ret < 0 ? ret : 0;
}
