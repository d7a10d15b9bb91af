// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * One walk over events. See walk.h.
 */
#include "walk.h"

#define POLL_EVENT_COUNT 1024U

/* What is where in processes, so that addresses get names. */
static int tell_symbolizer(struct weft_symbolizer *symbolizer, const struct weft_event *event)
{
	switch (event->kind) {
	case WEFT_EVENT_PROCESS:
		weft_symbolizer_set_process(symbolizer, event->pid, event->process.start_ns);
		return 0;
	case WEFT_EVENT_OBJECT:
		return weft_symbolizer_add_object(symbolizer, event->pid, event);
	case WEFT_EVENT_MAPPING:
		return weft_symbolizer_add_mapping(symbolizer, event);
	case WEFT_EVENT_FORK:
		return event->fork.subject == event->fork.subject_pid
			       ? weft_symbolizer_fork(symbolizer, event->fork.parent_pid,
						      event->fork.subject_pid)
			       : 0;
	case WEFT_EVENT_EXIT:
		/* The id of its first thread is the process's. */
		weft_symbolizer_exit(symbolizer, event->exit.subject);
		return 0;
	default:
		return 0;
	}
}

static int feed(struct weft_walk *walk, const struct weft_event *told)
{
	struct weft_event storage;
	const struct weft_event *event;
	int ret = weft_namespaces_learn(&walk->namespaces, told);

	if (ret < 0) {
		return ret;
	}
	event = weft_namespaces_translate(&walk->namespaces, told, &storage);
	/* What was mapped before the first event is told with its time, which says nothing else. */
	ret = event->kind == WEFT_EVENT_MAPPING ? 0 : weft_timeline_feed(walk->timeline, event);
	/* After the timeline: a new life of a pid ends the former one with its own objects. */
	return ret < 0 || !walk->symbolizer ? ret : tell_symbolizer(walk->symbolizer, event);
}

int weft_walk_events(struct weft_walk *walk, const struct weft_event *events, size_t count,
		     int64_t origin_ns)
{
	const struct weft_consumer *consumer = walk->consumer;
	size_t i;
	int ret = 0;

	if (!walk->origin_told && consumer->origin) {
		consumer->origin(consumer->poll_ctx, origin_ns);
	}
	walk->origin_told = true;
	for (i = 0; ret == 0 && i < count; i++) {
		ret = feed(walk, &events[i]);
	}
	walk->unpolled_count += count;
	if (ret == 0 && consumer->poll && walk->unpolled_count >= POLL_EVENT_COUNT) {
		walk->unpolled_count = 0;
		ret = consumer->poll(consumer->poll_ctx,
				     weft_timeline_totals(walk->timeline)->event_count);
	}
	return ret;
}

void weft_walk_fini(struct weft_walk *walk)
{
	weft_namespaces_fini(&walk->namespaces);
}
