// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * What a sampled thread was working for, as one number: the tag of a stack in a stack table.
 *
 * A tag stands for the thread's labels, the type of its task and the region it was in. Handlers get one
 * without locks or allocation; equal ones get equal tags, but for rare races (readers add those up).
 * Nothing is removed while the table lives. The table holds a reference to each label set.
 */
#ifndef WEFT_TRACER_SAMPLE_TAGS_H
#define WEFT_TRACER_SAMPLE_TAGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <weft/labels.h>

#include "raw-profile.h"

struct weft_sample_tags;

/* What a tag stands for, as labels of a sample. Not to be copied: they point into it. */
struct weft_sample_labels {
	struct weft_raw_label items[WEFT_LABELS_MAX + 3];
	size_t count;
	char task_id[24];
};

/*
 * Room for `count_max` tags, rounded up to a power of two. NULL: no address space. Not signal-safe.
 *
 * tells_tasks: Whether tasks are told apart by number too: for a table with an end, there may be
 *              millions.
 */
struct weft_sample_tags *weft_sample_tags_create(uint32_t count_max, bool tells_tasks);
/* When nobody uses it any more; NULL is fine. Not signal-safe. */
void weft_sample_tags_destroy(struct weft_sample_tags *tags);

/*
 * The tag of the calling thread at this moment; 0: neither labels nor task nor region, or no room
 * (counted as lost). Async-signal-safe.
 */
uint64_t weft_sample_tags_get(struct weft_sample_tags *tags);
/*
 * What a tag stands for: the program's labels; "task", a type, "task_id" and "region", unless the program
 * has labels of these names. Good as long as the table. Nothing for 0.
 */
void weft_sample_tags_describe(const struct weft_sample_tags *tags, uint64_t tag,
			       struct weft_sample_labels *ret_labels);
/* Samples that went without a tag because there was no room. */
uint64_t weft_sample_tags_lost(const struct weft_sample_tags *tags);

#endif
