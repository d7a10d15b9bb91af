// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Tasks, regions and logs of the timeline.
 *
 * Tasks are known by the id their process gave them and shown by a small one. Regions pair by their
 * number within the thread, which rises with each begin; that tells a lost begin from one before
 * the trace, and a duplicate from a new one.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "timeline-state.h"

/* ---- Tasks ---- */

static struct weft_task_node *find_task(struct weft_timeline *timeline, uint64_t raw)
{
	return (struct weft_task_node *)weft_id_map_find(&timeline->tasks, raw);
}

static void free_task(struct weft_timeline *timeline, struct weft_task_node *node)
{
	weft_id_map_remove(&timeline->tasks, node->shown.raw);
	free(node->type);
	free(node);
}

void weft_timeline__free_tasks(struct weft_timeline *timeline)
{
	size_t i;

	for (i = 0; i < timeline->tasks.slot_count; i++) {
		struct weft_task_node *node =
			(struct weft_task_node *)timeline->tasks.slots[i].value;

		if (node) {
			free(node->type);
			free(node);
		}
	}
	weft_id_map_fini(&timeline->tasks);
}

static void link_open(struct weft_timeline *timeline, struct weft_task_node *node)
{
	node->older = timeline->newest_open;
	if (node->older) {
		node->older->newer = node;
	} else {
		timeline->oldest_open = node;
	}
	timeline->newest_open = node;
	timeline->open_task_count++;
}

static void unlink_open(struct weft_timeline *timeline, struct weft_task_node *node)
{
	if (node->older) {
		node->older->newer = node->newer;
	} else {
		timeline->oldest_open = node->newer;
	}
	if (node->newer) {
		node->newer->older = node->older;
	} else {
		timeline->newest_open = node->older;
	}
	timeline->open_task_count--;
}

/* Ended tasks stay findable for a while, so that late references and double ends are seen. */
static void retire_task(struct weft_timeline *timeline, struct weft_task_node *node)
{
	struct weft_task_node **place = &timeline->ended[timeline->ended_next];

	if (*place) {
		free_task(timeline, *place);
	}
	*place = node;
	timeline->ended_next = (timeline->ended_next + 1) % WEFT_ENDED_TASK_COUNT;
	node->shown.ended = true;
	unlink_open(timeline, node);
}

static int set_type(struct weft_task_node *node, struct weft_text type)
{
	char storage[WEFT_NAME_SIZE];
	char *copy;

	if (node->type) {
		return 0;
	}
	weft_timeline__copy_name(storage, sizeof(storage), type);
	copy = strdup(storage);
	if (!copy) {
		return -ENOMEM;
	}
	node->type = copy;
	node->shown.type = copy;
	return 0;
}

/* To make room when far too many were never ended. */
static void forget_oldest_task(struct weft_timeline *timeline)
{
	struct weft_task_node *node = timeline->oldest_open;

	timeline->totals.repairs.task_limit++;
	unlink_open(timeline, node);
	free_task(timeline, node);
}

static int create_task(struct weft_timeline *timeline, uint64_t raw,
		       struct weft_task_node **ret_node)
{
	struct weft_task_node *node;

	if (timeline->open_task_count >= WEFT_OPEN_TASK_COUNT_MAX) {
		forget_oldest_task(timeline);
	}
	node = (struct weft_task_node *)calloc(1, sizeof(*node));
	if (!node || weft_id_map_put(&timeline->tasks, raw, node) < 0) {
		free(node);
		return -ENOMEM;
	}
	node->shown.raw = raw;
	node->shown.id = timeline->next_task_id++;
	node->shown.type = "";
	link_open(timeline, node);
	*ret_node = node;
	return 0;
}

/* The task an event refers to: NULL for the background task. Makes it known if need be. */
static int refer_to_task(struct weft_timeline *timeline, uint64_t raw,
			 struct weft_task_node **ret_node)
{
	struct weft_task_node *node = raw ? find_task(timeline, raw) : NULL;

	if (raw && !node) {
		int ret = create_task(timeline, raw, &node);

		if (ret < 0) {
			return ret;
		}
		timeline->totals.repairs.task_began_before++;
	}
	*ret_node = node;
	return 0;
}

int weft_timeline__task_begin(struct weft_timeline *timeline, const struct weft_event *event)
{
	struct weft_task_node *node = find_task(timeline, event->task_begin.task);
	struct weft_task_node *parent;
	struct weft_thread_node *thread;
	int ret;

	if (event->task_begin.task == 0) {
		timeline->totals.repairs.event_invalid++;
		return 0;
	}
	if (node && (node->shown.begun || node->shown.ended)) {
		timeline->totals.repairs.task_begin_dropped++;
		return 0;
	}
	ret = weft_timeline__act(timeline, event, &thread);
	if (ret <= 0) {
		return ret;
	}
	ret = node ? 0 : create_task(timeline, event->task_begin.task, &node);
	if (ret == 0) {
		ret = set_type(node, event->task_begin.type);
	}
	if (ret < 0) {
		return ret;
	}
	parent = event->task_begin.parent ? find_task(timeline, event->task_begin.parent) : NULL;
	node->shown.parent = parent && parent != node ? parent->shown.id : 0;
	node->shown.begun = true;
	node->shown.begin_ns = timeline->now_ns;
	timeline->totals.task_begin_count++;
	WEFT_TIMELINE_HOOK(timeline, task_begin, &thread->shown, &node->shown,
			   event->task_begin.ip);
	return 0;
}

int weft_timeline__task_end(struct weft_timeline *timeline, const struct weft_event *event)
{
	struct weft_task_node *node;
	struct weft_thread_node *thread;
	int ret;

	if (event->task_end.task == 0) {
		timeline->totals.repairs.event_invalid++;
		return 0;
	}
	ret = weft_timeline__act(timeline, event, &thread);
	if (ret <= 0) {
		return ret;
	}
	ret = refer_to_task(timeline, event->task_end.task, &node);
	if (ret < 0) {
		return ret;
	}
	if (node->shown.ended) {
		timeline->totals.repairs.task_end_dropped++;
		return 0;
	}
	ret = set_type(node, event->task_end.type);
	if (ret < 0) {
		return ret;
	}
	timeline->totals.task_end_count++;
	WEFT_TIMELINE_HOOK(timeline, task_end, &thread->shown, &node->shown, event->task_end.error);
	retire_task(timeline, node);
	return 0;
}

/* ---- Regions ---- */

static bool is_older(uint32_t seq, uint32_t than)
{
	return (int32_t)(seq - than) < 0; /* Numbers wrap. */
}

static int push_region(struct weft_thread_node *node, struct weft_open_region **ret_region)
{
	struct weft_thread *shown = &node->shown;

	if (shown->region_count == node->region_capacity) {
		uint32_t capacity = node->region_capacity ? node->region_capacity * 2 : 4;
		struct weft_open_region *regions = (struct weft_open_region *)realloc(
			shown->regions, capacity * sizeof(*regions));

		if (!regions) {
			return -ENOMEM;
		}
		shown->regions = regions;
		node->region_capacity = capacity;
	}
	*ret_region = &shown->regions[shown->region_count++];
	return 0;
}

/* Whether this begin is new: numbers of a thread rise, so anything else is a repetition. */
static bool accept_seq(struct weft_timeline *timeline, struct weft_thread_node *node, uint32_t seq)
{
	if (seq == 0) {
		timeline->totals.repairs.event_invalid++;
		return false;
	}
	if (node->seq_seen && !is_older(node->last_seq, seq)) {
		timeline->totals.repairs.region_begin_dropped++;
		return false;
	}
	if (!node->seq_seen) {
		node->first_seq = seq;
		node->seq_seen = true;
	}
	node->last_seq = seq;
	return true;
}

int weft_timeline__region_begin(struct weft_timeline *timeline, const struct weft_event *event)
{
	struct weft_open_region *region;
	struct weft_thread_node *thread;
	struct weft_task_node *task;
	int ret = weft_timeline__act(timeline, event, &thread);

	if (ret <= 0) {
		return ret;
	}
	ret = refer_to_task(timeline, event->region_begin.task, &task);
	if (ret < 0 || !accept_seq(timeline, thread, event->region_begin.seq)) {
		return ret;
	}
	if (thread->shown.region_count >= WEFT_REGION_DEPTH_MAX) {
		timeline->totals.repairs.region_limit++;
		return 0;
	}
	ret = push_region(thread, &region);
	if (ret < 0) {
		return ret;
	}
	region->seq = event->region_begin.seq;
	region->begin_ns = timeline->now_ns;
	region->ip = event->region_begin.ip;
	region->task = task ? task->shown.id : 0;
	weft_timeline__copy_name(region->name, sizeof(region->name), event->region_begin.name);
	timeline->totals.region_begin_count++;
	WEFT_TIMELINE_HOOK(timeline, region_begin, &thread->shown, region);
	return 0;
}

static const struct weft_text no_error = {"", 0};

static void end_innermost(struct weft_timeline *timeline, struct weft_thread_node *thread,
			  struct weft_text error, bool repaired)
{
	struct weft_thread *shown = &thread->shown;

	timeline->totals.region_end_count++;
	WEFT_TIMELINE_HOOK(timeline, region_end, shown, &shown->regions[shown->region_count - 1],
			   error, repaired, false);
	shown->region_count--;
}

static void close_down_to(struct weft_timeline *timeline, struct weft_thread_node *thread,
			  uint32_t count)
{
	while (thread->shown.region_count > count) {
		timeline->totals.repairs.region_closed_by_outer++;
		end_innermost(timeline, thread, no_error, true);
	}
}

/* An end without begin: older than all we saw of the thread, hence begun before the trace? */
static void end_unknown(struct weft_timeline *timeline, struct weft_thread_node *thread,
			const struct weft_event *event, uint64_t task_id)
{
	struct weft_open_region region = {0};
	uint32_t seq = event->region_end.seq;

	if (seq == 0 || (thread->seq_seen && !is_older(seq, thread->first_seq)) ||
	    (thread->before_seen && !is_older(seq, thread->before_seq))) {
		timeline->totals.repairs.region_end_dropped++;
		return;
	}
	/* What is open was opened inside it. */
	close_down_to(timeline, thread, 0);
	thread->before_seen = true;
	thread->before_seq = seq;
	region.seq = seq;
	region.task = task_id;
	weft_timeline__copy_name(region.name, sizeof(region.name), event->region_end.name);
	timeline->totals.repairs.region_began_before++;
	WEFT_TIMELINE_HOOK(timeline, region_end, &thread->shown, &region, event->region_end.error,
			   false, true);
}

int weft_timeline__region_end(struct weft_timeline *timeline, const struct weft_event *event)
{
	struct weft_thread_node *thread;
	struct weft_task_node *task;
	uint32_t at;
	int ret = weft_timeline__act(timeline, event, &thread);

	if (ret <= 0) {
		return ret;
	}
	for (at = thread->shown.region_count; at > 0; at--) {
		if (thread->shown.regions[at - 1].seq == event->region_end.seq) {
			close_down_to(timeline, thread, at);
			end_innermost(timeline, thread, event->region_end.error, false);
			return 0;
		}
	}
	ret = refer_to_task(timeline, event->region_end.task, &task);
	if (ret == 0) {
		end_unknown(timeline, thread, event, task ? task->shown.id : 0);
	}
	return ret;
}

/* ---- Logs, accounts, samples, misuse ---- */

int weft_timeline__log(struct weft_timeline *timeline, const struct weft_event *event)
{
	struct weft_thread_node *thread;
	struct weft_task_node *task;
	int ret = weft_timeline__act(timeline, event, &thread);

	if (ret <= 0) {
		return ret;
	}
	ret = refer_to_task(timeline, event->log.task, &task);
	if (ret < 0) {
		return ret;
	}
	timeline->totals.log_count++;
	WEFT_TIMELINE_HOOK(timeline, log, &thread->shown, task ? &task->shown : NULL,
			   event->log.category, event->log.message, event->log.ip);
	return 0;
}

int weft_timeline__account(struct weft_timeline *timeline, const struct weft_event *event)
{
	struct weft_thread_node *thread;
	struct weft_task_node *task;
	int ret = weft_timeline__act(timeline, event, &thread);

	if (ret <= 0) {
		return ret;
	}
	/* Never a reason to make a task known: it adds nothing to see. */
	task = event->account.task ? find_task(timeline, event->account.task) : NULL;
	timeline->totals.account_count++;
	WEFT_TIMELINE_HOOK(timeline, account, &thread->shown, task ? &task->shown : NULL, event);
	return 0;
}

int weft_timeline__cpu_sample(struct weft_timeline *timeline, const struct weft_event *event)
{
	struct weft_thread_node *thread;
	struct weft_task_node *task;
	int ret = weft_timeline__act(timeline, event, &thread);

	if (ret <= 0) {
		return ret;
	}
	task = event->cpu_sample.task ? find_task(timeline, event->cpu_sample.task) : NULL;
	timeline->totals.cpu_sample_count++;
	WEFT_TIMELINE_HOOK(timeline, cpu_sample, &thread->shown, task ? &task->shown : NULL, event);
	return 0;
}

int weft_timeline__misuse(struct weft_timeline *timeline, const struct weft_event *event)
{
	struct weft_thread_node *thread;
	int ret = weft_timeline__act(timeline, event, &thread);

	if (ret <= 0) {
		return ret;
	}
	timeline->totals.misuse_count++;
	WEFT_TIMELINE_HOOK(timeline, misuse, &thread->shown, event->misuse.kind, event->misuse.name,
			   event->misuse.ip);
	return 0;
}
