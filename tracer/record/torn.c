// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Healing a torn sub-buffer. See torn.h.
 */
#include "torn.h"

#include <stdbool.h>
#include <string.h>

/* Places before the first implausible event that are tried: a hole may start with old events. */
#define PLACES    32U
#define HOLES_MAX 4U
/* A header (6), process and thread (8): no event is smaller. */
#define EVENT_MIN 14U
/* Steps over events that a search may take: bounds the time that hopeless cases cost. */
#define STEPS_MAX (UINT64_C(1) << 24)

struct hole {
	size_t at, size;
};

struct search {
	const struct weft_layouts *layouts;
	const struct weft_torn *torn;
	struct hole holes[HOLES_MAX];
	size_t hole_count;
	uint64_t step_count;
};

/* The last places between events that a walk passed, oldest overwritten; and the hint. */
struct places {
	struct weft_event_cursor ring[PLACES];
	size_t count;
	struct weft_event_cursor hint;
	bool has_hint;
};

/* Walks as far as events are plausible, to `cursor`. */
static void walk(struct search *search, struct places *places, struct weft_event_cursor *cursor)
{
	const struct weft_torn *torn = search->torn;

	do {
		places->ring[places->count++ % PLACES] = *cursor;
		if (cursor->at == torn->hint) {
			places->hint = *cursor;
			places->has_hint = true;
		}
		search->step_count++;
	} while (cursor->at < torn->size &&
		 weft_layouts_step(search->layouts, torn->bytes, torn->size, torn->end_ns, cursor));
}

static bool find_holes(struct search *search, struct weft_event_cursor start, size_t missing);

/* Is there a hole of `size` bytes at the place, and `missing` bytes of holes behind it? */
static bool try_hole(struct search *search, const struct weft_event_cursor *place, size_t size,
		     size_t missing)
{
	const struct weft_torn *torn = search->torn;
	struct weft_event_cursor behind = *place;
	struct weft_event_cursor next;

	if (size > torn->size - place->at || search->step_count > STEPS_MAX) {
		return false;
	}
	behind.at += size;
	next = behind;
	/* Most guesses fail at the first event behind the hole. */
	if (behind.at < torn->size &&
	    !weft_layouts_step(search->layouts, torn->bytes, torn->size, torn->end_ns, &next)) {
		return false;
	}
	search->holes[search->hole_count++] = (struct hole){place->at, size};
	if (find_holes(search, behind, missing)) {
		return true;
	}
	search->hole_count--;
	return false;
}

static bool try_place(struct search *search, const struct weft_event_cursor *place, size_t missing)
{
	size_t size;

	if (try_hole(search, place, missing, 0)) {
		return true;
	}
	if (search->hole_count + 1 >= HOLES_MAX) {
		return false;
	}
	for (size = EVENT_MIN; size + EVENT_MIN <= missing; size++) {
		if (try_hole(search, place, size, missing - size)) {
			return true;
		}
	}
	return false;
}

/* Depth is bounded by HOLES_MAX. */
static bool find_holes(struct search *search, struct weft_event_cursor start, size_t missing)
{
	struct weft_event_cursor cursor = start;
	struct places places = {.count = 0};
	size_t i;

	walk(search, &places, &cursor);
	if (missing == 0) {
		return cursor.at == search->torn->size;
	}
	if (places.has_hint && try_place(search, &places.hint, missing)) {
		return true;
	}
	for (i = 1; i <= places.count && i <= PLACES; i++) {
		if (try_place(search, &places.ring[(places.count - i) % PLACES], missing)) {
			return true;
		}
	}
	return false;
}

static void take_out(struct weft_torn *torn, const struct hole *hole)
{
	memmove(torn->bytes + hole->at, torn->bytes + hole->at + hole->size,
		torn->size - hole->at - hole->size);
	torn->size -= hole->size;
}

size_t weft_torn_heal(const struct weft_layouts *layouts, struct weft_torn *torn)
{
	const struct weft_event_cursor start = {torn->header_size, torn->begin_ns};
	struct search search = {.layouts = layouts, .torn = torn};
	struct weft_event_cursor cursor = start;
	struct places places = {.count = 0};
	size_t cut;

	if (torn->missing && find_holes(&search, start, torn->missing)) {
		while (search.hole_count) {
			take_out(torn, &search.holes[--search.hole_count]);
		}
		return 0;
	}
	walk(&search, &places, &cursor);
	if (cursor.at == torn->size) {
		return 0; /* Killed between the last byte and the commit: the event is whole. */
	}
	/* What is committed for certain, if the hint is a place between events. */
	cursor = places.has_hint ? places.hint : cursor;
	cut = torn->size - cursor.at;
	torn->size = cursor.at;
	return cut > torn->missing ? cut - torn->missing : 0;
}
