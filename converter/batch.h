// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * A batch of normalised events on their way from the reading thread to the timeline's.
 *
 * Texts are copied into the batch's own arena, so that the source may forget its messages at once.
 * A batch is filled by one thread, then read by another; the queue between them orders the two.
 */
#ifndef WEFT_CONVERTER_BATCH_H
#define WEFT_CONVERTER_BATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "event.h"

#define WEFT_BATCH_EVENT_COUNT 1024U
#define WEFT_BATCH_ARENA_SIZE  ((size_t)256 * 1024)
/* Longer texts lose their tail; the longest that any output keeps has 1024 bytes. */
#define WEFT_BATCH_TEXT_SIZE_MAX 4096U
/* Most texts of one event. */
#define WEFT_BATCH_TEXT_COUNT_MAX 4U

/* Of a batch whose source has seen losses only. */
#define WEFT_BATCH_ORIGIN_UNKNOWN INT64_MAX

struct weft_batch {
	size_t event_count, arena_size;
	int64_t origin_ns; /* Wall clock time of time 0 of these events. */
	struct weft_event events[WEFT_BATCH_EVENT_COUNT];
	char arena[WEFT_BATCH_ARENA_SIZE];
};

/** Whether one more event surely fits. */
static inline bool weft_batch_has_room(const struct weft_batch *batch)
{
	return batch->event_count < WEFT_BATCH_EVENT_COUNT &&
	       batch->arena_size + (size_t)WEFT_BATCH_TEXT_COUNT_MAX * WEFT_BATCH_TEXT_SIZE_MAX <=
		       WEFT_BATCH_ARENA_SIZE;
}

/** Copies a text into the arena. */
static inline struct weft_text weft_batch_add_text(struct weft_batch *batch, const char *text,
						   size_t len)
{
	char *copy = batch->arena + batch->arena_size;

	if (len > WEFT_BATCH_TEXT_SIZE_MAX) {
		len = WEFT_BATCH_TEXT_SIZE_MAX;
	}
	memcpy(copy, text, len);
	batch->arena_size += len;
	return (struct weft_text){copy, (uint32_t)len};
}

#endif
