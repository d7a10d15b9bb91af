// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * The kernel's scheduling events on the timeline: switch, waking, fork, exit, rename.
 *
 * The model may be behind the truth (lost events, a trace that starts in the middle, clocks of two
 * CPUs that disagree): each handler first brings the model to where the event says it was.
 */
#include "timeline-state.h"

/* Process of threads that only the scheduler has named. */
#define PID_UNKNOWN 0

static bool is_cpu(struct weft_timeline *timeline, int32_t cpu)
{
	if (cpu >= 0 && cpu < WEFT_CPU_COUNT_MAX) {
		return true;
	}
	timeline->totals.repairs.event_invalid++;
	return false;
}

static const char *block_reason(enum weft_switch_reason reason)
{
	switch (reason) {
	case WEFT_SWITCH_UNINTERRUPTIBLE:
		return "disk: D state";
	case WEFT_SWITCH_STOPPED:
		return "stopped";
	default:
		return "blocked";
	}
}

static void leave(struct weft_timeline *timeline, struct weft_thread_node *node,
		  enum weft_switch_reason reason)
{
	if (reason == WEFT_SWITCH_EXITED || node->exiting) {
		weft_timeline__exit(timeline, node);
	} else if (reason == WEFT_SWITCH_PREEMPTED) {
		weft_timeline__stop(timeline, node, "preempted");
	} else {
		weft_timeline__block(timeline, node, block_reason(reason));
	}
}

int weft_timeline__switch(struct weft_timeline *timeline, const struct weft_event *event)
{
	struct weft_thread_node *node;
	bool lane_is_new;
	int ret;

	if (!is_cpu(timeline, event->cpu) || event->sched_switch.prev < 0 ||
	    event->sched_switch.next < 0) {
		return 0;
	}
	lane_is_new = event->cpu >= timeline->lane_count;
	ret = weft_timeline__need_lane(timeline, event->cpu);
	if (ret < 0) {
		return ret;
	}
	timeline->totals.has_sched = true;
	timeline->totals.switch_count++;
	if (event->sched_switch.prev > 0) {
		ret = weft_timeline__get_thread(timeline, PID_UNKNOWN, event->sched_switch.prev,
						&node);
		if (ret < 0) {
			return ret;
		}
		weft_timeline__rename(timeline, node, event->sched_switch.prev_name);
		if (timeline->lanes[event->cpu] != node && !lane_is_new) {
			timeline->totals.repairs.switch_inferred++;
		}
		weft_timeline__force_run(timeline, node, event->cpu);
		leave(timeline, node, event->sched_switch.reason);
	} else if (timeline->lanes[event->cpu]) {
		timeline->totals.repairs.switch_inferred++;
		weft_timeline__stop(timeline, timeline->lanes[event->cpu], "inferred");
	}
	if (event->sched_switch.next == 0) {
		return 0;
	}
	ret = weft_timeline__get_thread(timeline, PID_UNKNOWN, event->sched_switch.next, &node);
	if (ret < 0) {
		return ret;
	}
	weft_timeline__rename(timeline, node, event->sched_switch.next_name);
	weft_timeline__force_run(timeline, node, event->cpu);
	return 0;
}

int weft_timeline__waking(struct weft_timeline *timeline, const struct weft_event *event)
{
	struct weft_thread_node *waker = NULL;
	struct weft_thread_node *node;
	int ret;

	if (event->waking.subject <= 0) {
		timeline->totals.repairs.event_invalid++;
		return 0;
	}
	ret = weft_timeline__get_thread(timeline, PID_UNKNOWN, event->waking.subject, &node);
	if (ret < 0) {
		return ret;
	}
	if (event->cpu >= 0 && event->cpu < timeline->lane_count) {
		waker = timeline->lanes[event->cpu];
	}
	if (!node->announced) {
		weft_timeline__announce(timeline, node, NULL); /* It was asleep and is runnable now. */
	} else if (node->shown.state == WEFT_THREAD_WAITING) {
		weft_timeline__wake(timeline, node, waker == node ? NULL : waker,
				    waker ? event->cpu : -1);
	}
	return 0;
}

int weft_timeline__fork(struct weft_timeline *timeline, const struct weft_event *event)
{
	struct weft_thread_node *parent;
	struct weft_thread_node *child;
	int ret;

	if (event->fork.subject <= 0) {
		timeline->totals.repairs.event_invalid++;
		return 0;
	}
	child = weft_timeline__find_thread(timeline, event->fork.subject_pid, event->fork.subject);
	if (child && child->announced) {
		/* The id is given anew, so its former owner is gone. */
		timeline->totals.repairs.thread_reused++;
		weft_timeline__exit(timeline, child);
	}
	ret = weft_timeline__get_thread(timeline, event->fork.subject_pid, event->fork.subject,
					&child);
	if (ret < 0) {
		return ret;
	}
	weft_timeline__rename(timeline, child, event->fork.name);
	parent = event->tid > 0 ? weft_timeline__find_thread(timeline, event->pid, event->tid) : NULL;
	weft_timeline__announce(timeline, child,
				parent && parent->shown.state == WEFT_THREAD_RUNNING ? parent : NULL);
	return 0;
}

int weft_timeline__thread_exit(struct weft_timeline *timeline, const struct weft_event *event)
{
	struct weft_thread_node *node =
		weft_timeline__find_thread(timeline, event->pid, event->exit.subject);

	if (node) {
		node->exiting = true;
	}
	return 0;
}

int weft_timeline__comm(struct weft_timeline *timeline, const struct weft_event *event)
{
	struct weft_thread_node *node =
		weft_timeline__find_thread(timeline, event->pid, event->comm.subject);

	if (node) {
		weft_timeline__rename(timeline, node, event->comm.name);
	}
	return 0;
}
