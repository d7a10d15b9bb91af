// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * What a sampled thread was working for, as one number: the tag of a stack in a stack table.
 *
 * A tag stands for the thread's labels, its task and the region it was in. Handlers get one without
 * locks or allocation; equal ones get equal tags, but for rare races (readers add those up). Nothing
 * is removed while the table lives. The table holds a reference to each label set.
 */
#ifndef WEFT_TRACER_SAMPLE_TAGS_H
#define WEFT_TRACER_SAMPLE_TAGS_H

#include <stdint.h>

struct weft_labels;
struct weft_sample_tags;

struct weft_sample_tag {
	struct weft_labels *labels; /* The table's reference; NULL: none. */
	uint64_t task;              /* 0: none. */
	uint32_t region;            /* See region-names.h; 0: none. */
};

/* Room for `count_max` tags, rounded up to a power of two. NULL: no address space. Not signal-safe. */
struct weft_sample_tags *weft_sample_tags_create(uint32_t count_max);
/* When nobody uses it any more; NULL is fine. Not signal-safe. */
void weft_sample_tags_destroy(struct weft_sample_tags *tags);

/*
 * The tag of the calling thread at this moment; 0: neither labels nor task nor region, or no room
 * (counted as lost). Async-signal-safe.
 */
uint64_t weft_sample_tags_get(struct weft_sample_tags *tags);
/* What a tag stands for; all zero for 0. */
struct weft_sample_tag weft_sample_tags_find(const struct weft_sample_tags *tags, uint64_t tag);
/* Samples that went without a tag because there was no room. */
uint64_t weft_sample_tags_lost(const struct weft_sample_tags *tags);

#endif
