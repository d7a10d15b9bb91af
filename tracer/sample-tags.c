// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * See sample-tags.h.
 */
#include "sample-tags.h"

#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/mman.h>

#include "control.h"
#include "labels.h"
#include "span-names.h"

#define PROBES_MAX 32U

enum slot_state { SLOT_FREE, SLOT_BEING_WRITTEN, SLOT_READY };

struct tag {
	struct weft_labels *labels; /* The table's reference; NULL: none. */
	uint64_t task;              /* 0: none, or not to be told. */
	uint32_t task_type, region; /* See span-names.h; 0: none. */
};

struct slot {
	_Atomic uint32_t state;
	struct tag tag;
};

struct weft_sample_tags {
	uint32_t mask; /* Slots - 1. */
	bool tells_tasks;
	size_t size; /* Of the mapping, bytes. */
	_Atomic uint64_t lost;
	struct slot slots[];
};

struct weft_sample_tags *weft_sample_tags_create(uint32_t count_max, bool tells_tasks)
{
	struct weft_sample_tags *tags;
	uint32_t count = 1;
	size_t size;
	void *memory;

	while (count < count_max && count < 1U << 31) {
		count *= 2;
	}
	size = sizeof(*tags) + count * sizeof(struct slot);
	memory = mmap(NULL, size, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (memory == MAP_FAILED) {
		return NULL;
	}
	tags = (struct weft_sample_tags *)memory;
	tags->mask = count - 1;
	tags->tells_tasks = tells_tasks;
	tags->size = size;
	return tags;
}

void weft_sample_tags_destroy(struct weft_sample_tags *tags)
{
	size_t i;

	if (!tags) {
		return;
	}
	for (i = 0; i <= tags->mask; i++) {
		weft_labels_put_ref(tags->slots[i].tag.labels);
	}
	(void)munmap(tags, tags->size); /* Cannot fail for a whole mapping. */
}

static bool matches(const struct slot *slot, const struct tag *tag)
{
	return slot->tag.task == tag->task && slot->tag.task_type == tag->task_type &&
	       slot->tag.region == tag->region && weft_labels__equal(slot->tag.labels, tag->labels);
}

/* Whether the slot holds the tag now. One that another thread is writing is passed by. */
static bool use(struct slot *slot, const struct tag *tag)
{
	/* R1: pairs with A1: the tag before its state. */
	uint32_t state = atomic_load_explicit(&slot->state, memory_order_acquire);

	if (state == SLOT_FREE &&
	    atomic_compare_exchange_strong_explicit(&slot->state, &state, SLOT_BEING_WRITTEN,
						    memory_order_acquire, memory_order_acquire)) {
		slot->tag = *tag;
		(void)weft_labels_get_ref(tag->labels);
		atomic_store_explicit(&slot->state, SLOT_READY, memory_order_release); /* A1 */
		return true;
	}
	return state == SLOT_READY && matches(slot, tag);
}

uint64_t weft_sample_tags_get(struct weft_sample_tags *tags)
{
	const uint64_t task = weft_context_current_.task;
	const struct tag tag = {
		weft_labels__peek(),
		tags->tells_tasks ? task : 0,
		task ? weft_span_names__type_of(task) : 0,
		weft_self.region_name,
	};
	uint64_t hash = (tag.labels ? tag.labels->hash : 0) ^ tag.task ^
			(uint64_t)tag.region << 40 ^ (uint64_t)tag.task_type << 52;
	uint32_t i;

	if (!tag.labels && tag.task == 0 && tag.task_type == 0 && tag.region == 0) {
		return 0;
	}
	hash *= UINT64_C(0x9e3779b97f4a7c15);
	for (i = 0; i < PROBES_MAX; i++) {
		uint32_t at = (uint32_t)((hash >> 32) + i) & tags->mask;

		if (use(&tags->slots[at], &tag)) {
			return (uint64_t)at + 1;
		}
	}
	atomic_fetch_add_explicit(&tags->lost, 1, memory_order_relaxed);
	return 0;
}

/* The program's own labels have their say before ours. */
static void add(struct weft_sample_labels *labels, const struct weft_labels *own, const char *key,
		const char *text)
{
	if (*text && !weft_labels_find(own, key)) {
		labels->items[labels->count++] = (struct weft_raw_label){key, text, 0, NULL};
	}
}

void weft_sample_tags_describe(const struct weft_sample_tags *tags, uint64_t tag,
			       struct weft_sample_labels *ret_labels)
{
	const struct tag *meaning;
	size_t i;

	ret_labels->count = 0;
	if (tag == 0 || tag > (uint64_t)tags->mask + 1) {
		return;
	}
	meaning = &tags->slots[tag - 1].tag;
	for (i = 0; i < weft_labels_count(meaning->labels); i++) {
		const struct weft_label *pair = &meaning->labels->pairs[i];

		ret_labels->items[ret_labels->count++] =
			(struct weft_raw_label){pair->key, pair->value, 0, NULL};
	}
	ret_labels->task_id[0] = '\0';
	if (meaning->task != 0) {
		(void)snprintf(ret_labels->task_id, sizeof(ret_labels->task_id), "%" PRIu64,
			       meaning->task);
	}
	add(ret_labels, meaning->labels, "task", weft_span_names__get(meaning->task_type));
	add(ret_labels, meaning->labels, "task_id", ret_labels->task_id);
	add(ret_labels, meaning->labels, "region", weft_span_names__get(meaning->region));
}

uint64_t weft_sample_tags_lost(const struct weft_sample_tags *tags)
{
	return atomic_load_explicit(&tags->lost, memory_order_relaxed);
}
