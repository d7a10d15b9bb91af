// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * The timeline core: life cycle and dispatch. See timeline.h.
 */
#include "timeline.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "timeline-state.h"

struct weft_timeline *weft_timeline_create(const struct weft_timeline_options *options,
					   const struct weft_timeline_ops *ops, void *ctx)
{
	struct weft_timeline *timeline = (struct weft_timeline *)calloc(1, sizeof(*timeline));

	if (!timeline) {
		return NULL;
	}
	timeline->options = *options;
	timeline->ops = ops;
	timeline->ctx = ctx;
	timeline->lanes_are_cpus = options->has_sched || options->lanes == WEFT_LANES_CPU;
	timeline->next_task_id = 1;
	return timeline;
}

void weft_timeline_destroy(struct weft_timeline *timeline)
{
	if (!timeline) {
		return;
	}
	weft_timeline__free_threads(timeline);
	weft_timeline__free_tasks(timeline);
	free(timeline->lanes);
	free(timeline->lane_flags);
	free(timeline);
}

const struct weft_timeline_totals *weft_timeline_totals(const struct weft_timeline *timeline)
{
	return &timeline->totals;
}

int32_t weft_timeline_lane_count(const struct weft_timeline *timeline)
{
	return timeline->lane_count;
}

void weft_timeline_each_thread(const struct weft_timeline *timeline,
			       void (*visit)(void *ctx, struct weft_thread *thread), void *ctx)
{
	struct weft_thread_node *node;

	for (node = timeline->first_thread; node; node = node->next) {
		if (node->announced) {
			visit(ctx, &node->shown);
		}
	}
}

static bool is_utf8_continuation(char byte)
{
	return ((unsigned char)byte & 0xc0U) == 0x80U;
}

void weft_timeline__copy_name(char *storage, size_t size, struct weft_text text)
{
	size_t len = strnlen(text.text, text.len);

	if (len > size - 1) {
		len = size - 1;
		while (len > 0 && is_utf8_continuation(text.text[len])) {
			len--;
		}
	}
	memcpy(storage, text.text, len);
	storage[len] = '\0';
}

static int count_lost(struct weft_timeline *timeline, const struct weft_event *event)
{
	timeline->totals.lost_count += event->lost.lost_count;
	return 0;
}

/* Objects are the symbolizer's business. */
static int ignore(struct weft_timeline *timeline, const struct weft_event *event)
{
	(void)timeline;
	(void)event;
	return 0;
}

static int (*const handlers[WEFT_EVENT_KIND_COUNT_])(struct weft_timeline *,
						     const struct weft_event *) = {
	[WEFT_EVENT_NONE] = ignore,
	[WEFT_EVENT_TASK_BEGIN] = weft_timeline__task_begin,
	[WEFT_EVENT_TASK_END] = weft_timeline__task_end,
	[WEFT_EVENT_REGION_BEGIN] = weft_timeline__region_begin,
	[WEFT_EVENT_REGION_END] = weft_timeline__region_end,
	[WEFT_EVENT_LOG] = weft_timeline__log,
	[WEFT_EVENT_MISUSE] = weft_timeline__misuse,
	[WEFT_EVENT_THREAD] = weft_timeline__thread,
	[WEFT_EVENT_THREAD_END] = weft_timeline__thread_end,
	[WEFT_EVENT_PROCESS] = weft_timeline__process,
	[WEFT_EVENT_PROCESS_END] = weft_timeline__process_end,
	[WEFT_EVENT_OBJECT] = ignore,
	[WEFT_EVENT_ACCOUNT] = weft_timeline__account,
	[WEFT_EVENT_CPU_SAMPLE] = weft_timeline__cpu_sample,
	[WEFT_EVENT_LOCK_WAIT_BEGIN] = weft_timeline__lock_wait,
	[WEFT_EVENT_LOCK_WAIT_END] = weft_timeline__lock_wait,
	[WEFT_EVENT_SWITCH] = weft_timeline__switch,
	[WEFT_EVENT_WAKING] = weft_timeline__waking,
	[WEFT_EVENT_FORK] = weft_timeline__fork,
	[WEFT_EVENT_EXIT] = weft_timeline__thread_exit,
	[WEFT_EVENT_COMM] = weft_timeline__comm,
	[WEFT_EVENT_THREAD_STATE] = weft_timeline__thread_state,
	[WEFT_EVENT_SYSCALL_ENTRY] = weft_timeline__syscall,
	[WEFT_EVENT_SYSCALL_EXIT] = weft_timeline__syscall,
	[WEFT_EVENT_IRQ_ENTRY] = weft_timeline__irq,
	[WEFT_EVENT_IRQ_EXIT] = weft_timeline__irq,
	[WEFT_EVENT_DUMP_END] = ignore, /* Its time counts. */
	[WEFT_EVENT_MAPPING] = ignore,
	[WEFT_EVENT_LOST] = count_lost,
};

int weft_timeline_feed(struct weft_timeline *timeline, const struct weft_event *event)
{
	struct weft_timeline_totals *totals = &timeline->totals;

	if ((unsigned int)event->kind >= WEFT_EVENT_KIND_COUNT_) {
		totals->repairs.event_invalid++;
		return 0;
	}
	if (event->kind == WEFT_EVENT_LOST) {
		return count_lost(timeline, event);
	}
	if (totals->event_count++ == 0) {
		totals->first_ns = event->ts_ns;
		timeline->now_ns = event->ts_ns;
	}
	if (event->ts_ns < timeline->now_ns) {
		totals->repairs.time_reversed++;
	} else {
		timeline->now_ns = event->ts_ns;
	}
	totals->last_ns = timeline->now_ns;
	return handlers[event->kind](timeline, event);
}
