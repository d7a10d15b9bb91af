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
/* The kernel's thread that creates all others of the kernel. */
#define TID_KTHREADD 2

static bool is_cpu(struct weft_timeline *timeline, int32_t cpu)
{
	if (cpu >= 0 && cpu < WEFT_CPU_COUNT_MAX) {
		return true;
	}
	timeline->totals.repairs.event_invalid++;
	return false;
}

/* The wake-up that came a moment before the switch that it undoes. */
static void wake_early(struct weft_timeline *timeline, struct weft_thread_node *node)
{
	struct weft_thread_node *waker =
		node->early_waker > 0
			? weft_timeline__find_thread(timeline, PID_UNKNOWN, node->early_waker)
			: NULL;

	if (waker && (waker == node || waker->shown.state != WEFT_THREAD_RUNNING)) {
		waker = NULL;
	}
	node->early_wake = false;
	node->shown.wake_context = node->early_context;
	weft_timeline__wake(timeline, node, waker, waker ? waker->shown.lane : node->early_lane);
}

static enum weft_wait_sleep sleep_of(const struct weft_thread_node *node,
				     enum weft_switch_reason reason)
{
	if (node->is_kernel) {
		return WEFT_WAIT_FOR_WORK;
	}
	switch (reason) {
	case WEFT_SWITCH_UNINTERRUPTIBLE:
		return WEFT_WAIT_UNINTERRUPTIBLE;
	case WEFT_SWITCH_STOPPED:
		return WEFT_WAIT_STOPPED;
	default:
		return WEFT_WAIT_INTERRUPTIBLE;
	}
}

static void block(struct weft_timeline *timeline, struct weft_thread_node *node,
		  const struct weft_event *event)
{
	const struct weft_wait *wait = &event->sched_switch.wait;
	bool is_woken =
		node->early_wake && timeline->now_ns - node->early_wake_ns <= WEFT_EARLY_WAKE_NS;

	node->shown.wait = *wait;
	node->shown.wait.sleep = (uint8_t)sleep_of(node, event->sched_switch.reason);
	if (wait->syscall == WEFT_SYSCALL_UNKNOWN) {
		node->shown.wait.syscall = node->syscall;
		node->shown.wait.object = WEFT_WAIT_OBJECT_UNKNOWN;
	}
	node->shown.wait.lock = node->lock;
	node->shown.chain = event->sched_switch.chain;
	weft_timeline__block(timeline, node, weft_wait_reason(&node->shown.wait));
	node->shown.chain = weft_text_of(""); /* The event's. */
	if (is_woken) {
		wake_early(timeline, node);
	}
}

static void leave(struct weft_timeline *timeline, struct weft_thread_node *node,
		  const struct weft_event *event)
{
	enum weft_switch_reason reason = event->sched_switch.reason;

	if (reason == WEFT_SWITCH_PREEMPTED) {
		weft_timeline__stop(timeline, node, "preempted");
	} else if (reason == WEFT_SWITCH_EXITED || node->exiting) {
		weft_timeline__exit(timeline, node);
	} else {
		block(timeline, node, event);
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
		weft_timeline__rename_by_kernel(timeline, node, event->sched_switch.prev_name);
		if (timeline->lanes[event->cpu] != node && !lane_is_new) {
			timeline->totals.repairs.switch_inferred++;
		}
		weft_timeline__force_run(timeline, node, event->cpu);
		leave(timeline, node, event);
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
	weft_timeline__rename_by_kernel(timeline, node, event->sched_switch.next_name);
	weft_timeline__force_run(timeline, node, event->cpu);
	return 0;
}

static enum weft_wake_context context_of(const struct weft_timeline *timeline,
					 const struct weft_event *event)
{
	uint8_t irqs =
		event->cpu >= 0 && event->cpu < timeline->lane_count
			? timeline->lane_flags[event->cpu] & (WEFT_LANE_IRQ | WEFT_LANE_SOFTIRQ)
			: 0;

	if (event->waking.context < WEFT_WAKE_BY_UNKNOWN) {
		return (enum weft_wake_context)event->waking.context;
	}
	if (irqs) {
		return irqs & WEFT_LANE_IRQ ? WEFT_WAKE_BY_IRQ : WEFT_WAKE_BY_SOFTIRQ;
	}
	return WEFT_WAKE_BY_UNKNOWN;
}

/*
 * Who woke: the thread that runs on the waking CPU, unless an interrupt did. A wake-up in a soft
 * interrupt counts as the thread's: whoever sends over loopback delivers in one.
 */
static struct weft_thread_node *waker_of(struct weft_timeline *timeline,
					 const struct weft_event *event,
					 enum weft_wake_context context)
{
	struct weft_thread_node *waker = NULL;

	if (context == WEFT_WAKE_BY_IRQ || event->waking.waker == 0) {
		return NULL;
	}
	if (event->waking.waker > 0) {
		waker = weft_timeline__find_thread(timeline, PID_UNKNOWN, event->waking.waker);
	}
	if (!waker && event->cpu >= 0 && event->cpu < timeline->lane_count) {
		waker = timeline->lanes[event->cpu];
	}
	return waker && waker->shown.state == WEFT_THREAD_RUNNING ? waker : NULL;
}

int weft_timeline__waking(struct weft_timeline *timeline, const struct weft_event *event)
{
	enum weft_wake_context context = context_of(timeline, event);
	bool cpu_known = event->cpu >= 0 && event->cpu < timeline->lane_count;
	struct weft_thread_node *waker;
	struct weft_thread_node *node;
	int ret;

	if (event->waking.subject <= 0) {
		timeline->totals.repairs.event_invalid++;
		return 0;
	}
	timeline->totals.waking_count++;
	ret = weft_timeline__get_thread(timeline, PID_UNKNOWN, event->waking.subject, &node);
	if (ret < 0) {
		return ret;
	}
	waker = waker_of(timeline, event, context);
	if (waker && waker->shown.tid == event->waking.subject) {
		waker = NULL;
	}
	if (!node->announced) {
		weft_timeline__announce(timeline, node,
					NULL); /* It was asleep and is runnable now. */
	} else if (node->shown.state == WEFT_THREAD_WAITING) {
		node->shown.wake_context = context;
		weft_timeline__wake(timeline, node, waker,
				    waker ? waker->shown.lane : (cpu_known ? event->cpu : -1));
	} else if (node->shown.state == WEFT_THREAD_RUNNING && event->cpu != node->shown.lane) {
		node->early_wake = true;
		node->early_wake_ns = timeline->now_ns;
		node->early_waker = waker ? waker->shown.tid : 0;
		node->early_lane = cpu_known ? event->cpu : -1;
		node->early_context = context;
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
	ret = 0;
	if (event->fork.subject_pid == event->fork.subject) {
		ret = weft_timeline__new_process(timeline, event->fork.subject_pid);
		if (ret == 0) {
			ret = weft_timeline__name_process(timeline, event->fork.subject_pid, -1,
							  event->fork.name);
		}
	}
	if (ret == 0) {
		ret = weft_timeline__get_thread(timeline, event->fork.subject_pid,
						event->fork.subject, &child);
	}
	if (ret < 0 || !child) {
		return ret;
	}
	weft_timeline__rename_by_kernel(timeline, child, event->fork.name);
	child->is_kernel = event->tid == TID_KTHREADD;
	parent = event->tid > 0 ? weft_timeline__find_thread(timeline, event->pid, event->tid)
				: NULL;
	weft_timeline__announce(timeline, child,
				parent && parent->shown.state == WEFT_THREAD_RUNNING ? parent
										     : NULL);
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
		weft_timeline__rename_by_kernel(timeline, node, event->comm.name);
		if (node->shown.process->pid == node->shown.tid) {
			return weft_timeline__name_process(timeline, node->shown.tid, -1,
							   event->comm.name);
		}
	}
	return 0;
}

/*
 * It may sleep to the end, and nothing else would tell of it. Threads of the kernel that have nothing
 * to do are many and tell nothing.
 */
static void find_asleep(struct weft_timeline *timeline, struct weft_thread_node *node,
			const struct weft_event *event)
{
	if (!timeline->options.has_sched || !event->thread_state.is_asleep || node->announced ||
	    node->is_kernel) {
		return;
	}
	timeline->totals.has_sched = true;
	node->shown.wait = event->thread_state.wait;
	node->shown.wait.lock = node->lock;
	weft_timeline__announce(timeline, node, NULL);
	weft_timeline__block(timeline, node, weft_wait_reason(&node->shown.wait));
}

int weft_timeline__thread_state(struct weft_timeline *timeline, const struct weft_event *event)
{
	struct weft_thread_node *node;
	int32_t pid = event->thread_state.subject_pid;
	int ret;

	if (event->thread_state.subject <= 0 || pid <= 0) {
		return 0; /* An idle task. */
	}
	ret = weft_timeline__get_thread(timeline, pid, event->thread_state.subject, &node);
	if (ret < 0) {
		return ret;
	}
	node->is_kernel = event->thread_state.ppid == TID_KTHREADD || pid == TID_KTHREADD;
	weft_timeline__rename_by_kernel(timeline, node, event->thread_state.name);
	ret = pid == node->shown.tid
		      ? weft_timeline__name_process(timeline, pid, event->thread_state.ppid,
						    event->thread_state.name)
		      : 0;
	if (ret == 0) {
		find_asleep(timeline, node, event);
	}
	return ret;
}

int weft_timeline__syscall(struct weft_timeline *timeline, const struct weft_event *event)
{
	struct weft_thread_node *node = event->cpu >= 0 && event->cpu < timeline->lane_count
						? timeline->lanes[event->cpu]
						: NULL;

	if (!node) {
		return 0;
	}
	node->syscall =
		event->kind == WEFT_EVENT_SYSCALL_ENTRY ? event->syscall.index : WEFT_SYSCALL_NONE;
	if (node->shown.state == WEFT_THREAD_RUNNING) {
		WEFT_TIMELINE_HOOK(timeline, syscall, &node->shown, node->syscall);
	}
	return 0;
}

/*
 * Where no scheduler tells when the thread sleeps, its word is taken: from the begin of the wait to its
 * end. The row stays its own.
 */
static void block_for_lock(struct weft_timeline *timeline, struct weft_thread_node *node)
{
	if (!timeline->lanes_are_cpus) {
		timeline->lane_flags[node->shown.lane] |= WEFT_LANE_KEPT;
		node->kept_lane = node->shown.lane + 1;
	}
	node->shown.wait = (struct weft_wait){.lock = node->lock};
	timeline->totals.lock_wait_count++;
	weft_timeline__block(timeline, node, weft_wait_reason(&node->shown.wait));
}

/* A wait that the thread itself says is over; whatever else it does shows that the end was lost. */
static void end_lock_wait(struct weft_timeline *timeline, const struct weft_event *event)
{
	struct weft_thread_node *node =
		weft_timeline__find_thread(timeline, event->pid, event->tid);

	if (node && node->shown.state == WEFT_THREAD_WAITING) {
		node->shown.wake_context = WEFT_WAKE_BY_UNKNOWN;
		weft_timeline__wake(timeline, node, NULL, -1);
	}
}

/* Of the thread itself: it says what it is going to wait for. */
int weft_timeline__lock_wait(struct weft_timeline *timeline, const struct weft_event *event)
{
	bool is_begin = event->kind == WEFT_EVENT_LOCK_WAIT_BEGIN;
	struct weft_thread_node *node;
	int ret;

	if (!is_begin && !timeline->options.has_sched && event->pid > 0 && event->tid > 0) {
		end_lock_wait(timeline, event);
	}
	ret = weft_timeline__act(timeline, event, &node);
	if (ret <= 0) {
		return ret;
	}
	node->lock = (struct weft_wait_lock){0};
	if (is_begin) {
		node->lock.kind = event->lock_wait.kind;
		node->lock.holder = event->lock_wait.holder;
		node->lock.object = event->lock_wait.object;
		if (!timeline->options.has_sched && node->lock.kind != 0) {
			block_for_lock(timeline, node);
		}
	}
	return 0;
}

int weft_timeline__irq(struct weft_timeline *timeline, const struct weft_event *event)
{
	uint8_t bit = event->irq.is_soft ? WEFT_LANE_SOFTIRQ : WEFT_LANE_IRQ;

	if (event->cpu >= 0 && event->cpu < timeline->lane_count) {
		if (event->kind == WEFT_EVENT_IRQ_ENTRY) {
			timeline->lane_flags[event->cpu] |= bit;
		} else {
			timeline->lane_flags[event->cpu] &= (uint8_t)~bit;
		}
	}
	return 0;
}
