// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Where events end: the field sizes of each event id, read from the metadata that LTTng-UST writes.
 *
 * Only for walking a sub-buffer that a killed program left unfinished (torn.h); converting reads
 * traces with babeltrace2. Knows what our channel can hold: integers and strings, packed, under the
 * "large" event header. Pure.
 */
#ifndef WEFT_RECORD_EVENT_LAYOUT_H
#define WEFT_RECORD_EVENT_LAYOUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WEFT_LAYOUT_EVENTS_MAX 64
#define WEFT_LAYOUT_FIELDS_MAX 16

struct weft_event_layout {
	uint8_t field_count;                    /* 0: no such event. */
	uint8_t fields[WEFT_LAYOUT_FIELDS_MAX]; /* Bytes of an integer; 0: a string. */
};

struct weft_layouts {
	struct weft_event_layout events[WEFT_LAYOUT_EVENTS_MAX]; /* By id. */
};

/**
 * Reads a metadata file of LTTng: packets of text.
 *
 * @return Number of events understood. Those that are not are left out.
 */
size_t weft_layouts_parse(struct weft_layouts *layouts, const uint8_t *bytes, size_t size);

/** Position in a sub-buffer. */
struct weft_event_cursor {
	size_t at;
	uint64_t time_ns; /* Of the event before. */
};

/**
 * Steps over one event.
 *
 * @param limit_ns  No event is later than this; 0: not known.
 * @return Whether there is a whole and plausible event before `end`: of a known kind, not earlier
 *         than the one before it, of a process with a possible id. If not, the cursor stays.
 */
bool weft_layouts_step(const struct weft_layouts *layouts, const uint8_t *bytes, size_t end,
		       uint64_t limit_ns, struct weft_event_cursor *cursor);

#endif
