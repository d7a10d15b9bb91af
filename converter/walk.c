// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * One walk over batches. See walk.h.
 */
#include "walk.h"

static int feed(struct weft_walk *walk, const struct weft_event *event)
{
	int ret = weft_timeline_feed(walk->timeline, event);

	if (ret < 0 || !walk->symbolizer) {
		return ret;
	}
	/* After the timeline: a new life of a pid ends the former one with its own objects. */
	if (event->kind == WEFT_EVENT_PROCESS) {
		weft_symbolizer_set_process(walk->symbolizer, event->pid, event->process.start_ns);
	} else if (event->kind == WEFT_EVENT_OBJECT) {
		ret = weft_symbolizer_add_object(walk->symbolizer, event->pid, event);
	}
	return ret;
}

int weft_walk_batch(struct weft_walk *walk, const struct weft_batch *batch)
{
	const struct weft_consumer *consumer = walk->consumer;
	size_t i;
	int ret = 0;

	if (!walk->origin_told && consumer->origin && batch->event_count) {
		consumer->origin(consumer->poll_ctx, batch->origin_ns);
		walk->origin_told = true;
	}
	for (i = 0; ret == 0 && i < batch->event_count; i++) {
		ret = feed(walk, &batch->events[i]);
	}
	if (ret == 0 && consumer->poll) {
		ret = consumer->poll(consumer->poll_ctx,
				     weft_timeline_totals(walk->timeline)->event_count);
	}
	return ret;
}
