// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Healing a torn sub-buffer. See torn.h.
 */
#include "torn.h"

#include <stdbool.h>
#include <string.h>

/* Places before the first implausible event that are tried: a hole may start with old events. */
#define PLACES 64U

/* The last places between events that a walk passed, oldest overwritten. */
struct places {
	struct weft_event_cursor ring[PLACES];
	size_t count;
};

static bool reaches_end(const struct weft_layouts *layouts, const struct weft_torn *torn,
			struct weft_event_cursor cursor)
{
	while (cursor.at < torn->size) {
		if (!weft_layouts_step(layouts, torn->bytes, torn->size, torn->end_ns, &cursor)) {
			return false;
		}
	}
	return true;
}

static bool fits(const struct weft_layouts *layouts, const struct weft_torn *torn,
		 const struct weft_event_cursor *place)
{
	struct weft_event_cursor behind = *place;

	if (torn->missing > torn->size - place->at) {
		return false;
	}
	behind.at += torn->missing;
	return reaches_end(layouts, torn, behind);
}

static void take_out(struct weft_torn *torn, size_t at)
{
	memmove(torn->bytes + at, torn->bytes + at + torn->missing,
		torn->size - at - torn->missing);
	torn->size -= torn->missing;
}

/* Walks as far as events are plausible; true when it comes by the hint and the hint is right. */
static bool walk(const struct weft_layouts *layouts, const struct weft_torn *torn,
		 struct places *places, struct weft_event_cursor *cursor)
{
	do {
		places->ring[places->count++ % PLACES] = *cursor;
		if (cursor->at == torn->hint && fits(layouts, torn, cursor)) {
			return true;
		}
	} while (cursor->at < torn->size &&
		 weft_layouts_step(layouts, torn->bytes, torn->size, torn->end_ns, cursor));
	return false;
}

size_t weft_torn_heal(const struct weft_layouts *layouts, struct weft_torn *torn)
{
	struct weft_event_cursor cursor = {torn->header_size, torn->begin_ns};
	struct places places = {.count = 0};
	size_t cut;
	size_t i;

	if (walk(layouts, torn, &places, &cursor)) {
		take_out(torn, cursor.at);
		return 0;
	}
	if (cursor.at == torn->size) {
		return 0; /* Killed between the last byte and the commit: the event is whole. */
	}
	for (i = 1; i <= places.count && i <= PLACES; i++) {
		const struct weft_event_cursor *place = &places.ring[(places.count - i) % PLACES];

		if (fits(layouts, torn, place)) {
			take_out(torn, place->at);
			return 0;
		}
	}
	cut = torn->size - cursor.at;
	torn->size = cursor.at;
	return cut > torn->missing ? cut - torn->missing : 0;
}
