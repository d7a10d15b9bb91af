// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * See custom-profile.h.
 */
#include "custom-profile.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "stack-table.h"

#define FIRST_BUCKETS 64U

struct entry {
	struct entry *next; /* In its bucket. */
	const void *value;
	size_t depth;
	uintptr_t pcs[];
};

struct weft_custom_profile {
	pthread_mutex_t lock; /* Guards all below. */
	struct entry **buckets;
	size_t bucket_count; /* Power of two. */
	uint64_t count;
};

struct weft_custom_profile *weft_custom_profile_create(void)
{
	struct weft_custom_profile *profile =
		(struct weft_custom_profile *)calloc(1, sizeof(struct weft_custom_profile));

	if (!profile) {
		return NULL;
	}
	profile->buckets = (struct entry **)calloc(FIRST_BUCKETS, sizeof(struct entry *));
	if (!profile->buckets) {
		free(profile);
		return NULL;
	}
	profile->bucket_count = FIRST_BUCKETS;
	(void)pthread_mutex_init(&profile->lock, NULL); /* Default attributes: cannot fail. */
	return profile;
}

void weft_custom_profile_destroy(struct weft_custom_profile *profile)
{
	size_t i;

	if (!profile) {
		return;
	}
	for (i = 0; i < profile->bucket_count; i++) {
		struct entry *entry = profile->buckets[i];

		while (entry) {
			struct entry *next = entry->next;

			free(entry);
			entry = next;
		}
	}
	(void)pthread_mutex_destroy(&profile->lock);
	free(profile->buckets);
	free(profile);
}

/* The link that points to the value's entry, or the last one of its bucket. */
static struct entry **find(struct weft_custom_profile *profile, const void *value)
{
	uint64_t hash = (uint64_t)(uintptr_t)value * UINT64_C(0x9e3779b97f4a7c15);
	struct entry **link = &profile->buckets[(hash >> 32) & (profile->bucket_count - 1)];

	while (*link && (*link)->value != value) {
		link = &(*link)->next;
	}
	return link;
}

/* More buckets when there are as many entries; without memory chains get longer. */
static void grow(struct weft_custom_profile *profile)
{
	struct entry **old = profile->buckets;
	size_t old_count = profile->bucket_count;
	struct entry **buckets;
	size_t i;

	if (profile->count < old_count) {
		return;
	}
	buckets = (struct entry **)calloc(2 * old_count, sizeof(struct entry *));
	if (!buckets) {
		return;
	}
	profile->buckets = buckets;
	profile->bucket_count = 2 * old_count;
	for (i = 0; i < old_count; i++) {
		struct entry *entry = old[i];

		while (entry) {
			struct entry *next = entry->next;

			entry->next = NULL;
			*find(profile, entry->value) = entry;
			entry = next;
		}
	}
	free(old);
}

int weft_custom_profile_add(struct weft_custom_profile *profile, const void *value,
			    const uintptr_t *pcs, size_t depth)
{
	struct entry *entry =
		(struct entry *)malloc(sizeof(struct entry) + depth * sizeof(uintptr_t));
	struct entry **link;
	int ret = 0;

	if (!entry) {
		return -ENOMEM;
	}
	entry->next = NULL;
	entry->value = value;
	entry->depth = depth;
	if (depth > 0) {
		memcpy(entry->pcs, pcs, depth * sizeof(uintptr_t));
	}
	(void)pthread_mutex_lock(&profile->lock);
	grow(profile);
	link = find(profile, value);
	if (*link) {
		ret = -EEXIST;
	} else {
		*link = entry;
		profile->count++;
	}
	(void)pthread_mutex_unlock(&profile->lock);
	if (ret < 0) {
		free(entry);
	}
	return ret;
}

void weft_custom_profile_remove(struct weft_custom_profile *profile, const void *value)
{
	struct entry **link;
	struct entry *entry;

	(void)pthread_mutex_lock(&profile->lock);
	link = find(profile, value);
	entry = *link;
	if (entry) {
		*link = entry->next;
		profile->count--;
	}
	(void)pthread_mutex_unlock(&profile->lock);
	free(entry);
}

uint64_t weft_custom_profile_count(struct weft_custom_profile *profile)
{
	uint64_t count;

	(void)pthread_mutex_lock(&profile->lock);
	count = profile->count;
	(void)pthread_mutex_unlock(&profile->lock);
	return count;
}

/* Adds the entries up by stack. NULL: out of memory. */
static struct weft_stack_table *sum_up(struct weft_custom_profile *profile)
{
	struct weft_stack_table *stacks = NULL;
	size_t i;

	(void)pthread_mutex_lock(&profile->lock);
	if (profile->count < UINT32_MAX / 8) {
		/* Stacks may be deeper than the table expects of most. */
		stacks = weft_stack_table_create((uint32_t)profile->count * 4 + 64);
	}
	for (i = 0; stacks && i < profile->bucket_count; i++) {
		struct entry *entry;

		for (entry = profile->buckets[i]; entry; entry = entry->next) {
			struct weft_stack_entry *sum =
				weft_stack_table_find_or_add(stacks, entry->pcs, entry->depth, 0);

			if (sum) {
				atomic_fetch_add_explicit(&sum->values[0], 1, memory_order_relaxed);
			}
		}
	}
	(void)pthread_mutex_unlock(&profile->lock);
	return stacks;
}

int weft_custom_profile_write(struct weft_custom_profile *profile, const char *name,
			      weft_raw_profile_write_fn write, void *ctx)
{
	struct weft_raw_profile *raw = weft_raw_profile_create(write, ctx);
	struct weft_stack_table *stacks = sum_up(profile);
	struct weft_stack_entry *entry;
	uint32_t cursor = 0;
	int ret = -ENOMEM;

	if (raw && stacks) {
		weft_raw_profile_add_sample_type(raw, name, "count");
		weft_raw_profile_set_period(raw, name, "count", 1);
		weft_raw_profile_set_time(raw, weft_raw_profile_now_ns(), 0);
		while ((entry = weft_stack_table_next(stacks, &cursor))) {
			int64_t count =
				atomic_load_explicit(&entry->values[0], memory_order_relaxed);
			struct weft_raw_sample sample = {entry->pcs, entry->depth, &count, NULL,
							 0,          true};

			weft_raw_profile_add_sample(raw, &sample);
		}
		ret = weft_raw_profile_finish(raw);
	}
	weft_raw_profile_destroy(raw);
	weft_stack_table_destroy(stacks);
	return ret;
}

void weft_custom_profile_lock(struct weft_custom_profile *profile)
{
	(void)pthread_mutex_lock(&profile->lock);
}

void weft_custom_profile_unlock(struct weft_custom_profile *profile)
{
	(void)pthread_mutex_unlock(&profile->lock);
}
