// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Hash table of indices. See hash-index.h.
 */
#include "hash-index.h"

#include <pthread.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#define SLOT_COUNT_MIN 64U
/* The 64-bit golden ratio: odd, and its bits look random. */
#define MIX UINT64_C(0x9e3779b97f4a7c15)

static pthread_once_t seed_once = PTHREAD_ONCE_INIT;
static uint64_t seed;

static void draw_seed(void)
{
	struct timespec now;

	if (getrandom(&seed, sizeof(seed), GRND_NONBLOCK) != (ssize_t)sizeof(seed)) {
		clock_gettime(CLOCK_MONOTONIC, &now);
		seed = (uint64_t)now.tv_nsec * MIX;
	}
}

uint64_t weft_hash_seed(void)
{
	pthread_once(&seed_once, draw_seed);
	return seed;
}

uint64_t weft_hash_word(uint64_t hash, uint64_t word)
{
	hash = (hash ^ word) * MIX;
	return hash ^ hash >> 29;
}

uint64_t weft_hash_bytes(uint64_t hash, const void *bytes, size_t size)
{
	const unsigned char *at = (const unsigned char *)bytes;
	uint64_t word;

	hash = weft_hash_word(hash, size);
	for (; size >= sizeof(word); size -= sizeof(word), at += sizeof(word)) {
		memcpy(&word, at, sizeof(word));
		hash = weft_hash_word(hash, word);
	}
	word = 0;
	if (size > 0) {
		memcpy(&word, at, size);
	}
	return weft_hash_word(hash, word);
}

/* The low bits choose the slot, so they must depend on all. */
static uint32_t fold(uint64_t hash)
{
	return (uint32_t)(hash ^ hash >> 32);
}

void weft_hash_index_fini(struct weft_hash_index *table, struct weft_arena *arena)
{
	weft_arena_free_array(arena, table->slots, table->slot_count, sizeof(*table->slots));
	*table = (struct weft_hash_index){0};
}

void weft_hash_index_clear(struct weft_hash_index *table)
{
	if (table->slots) {
		memset(table->slots, 0, table->slot_count * sizeof(*table->slots));
	}
	table->count = 0;
}

static void put(struct weft_hash_slot *slots, size_t slot_count, struct weft_hash_slot item)
{
	size_t at = item.hash & (slot_count - 1);

	while (slots[at].index_plus_one) {
		at = (at + 1) & (slot_count - 1);
	}
	slots[at] = item;
}

int weft_hash_index_reserve(struct weft_hash_index *table, struct weft_arena *arena, size_t count)
{
	size_t slot_count = table->slot_count ? table->slot_count : SLOT_COUNT_MIN;
	size_t capacity = 0, i;
	void *slots = NULL;
	int ret;

	/* At most three quarters full. */
	while (count > slot_count / 4 * 3) {
		slot_count *= 2;
	}
	if (slot_count == table->slot_count) {
		return 0;
	}
	ret = weft_arena_grow_array(arena, &slots, &capacity, slot_count, sizeof(*table->slots));
	if (ret < 0) {
		return ret;
	}
	memset(slots, 0, slot_count * sizeof(*table->slots));
	for (i = 0; i < table->slot_count; i++) {
		if (table->slots[i].index_plus_one) {
			put((struct weft_hash_slot *)slots, slot_count, table->slots[i]);
		}
	}
	weft_arena_free_array(arena, table->slots, table->slot_count, sizeof(*table->slots));
	table->slots = (struct weft_hash_slot *)slots;
	table->slot_count = slot_count;
	return 0;
}

void weft_hash_index_start(const struct weft_hash_index *table, uint64_t hash,
			   struct weft_hash_probe *probe)
{
	probe->hash = fold(hash);
	probe->at = table->slot_count ? probe->hash & (table->slot_count - 1) : 0;
}

bool weft_hash_index_next(const struct weft_hash_index *table, struct weft_hash_probe *probe,
			  uint32_t *ret_index)
{
	if (!table->slot_count) {
		return false;
	}
	while (table->slots[probe->at].index_plus_one) {
		const struct weft_hash_slot *slot = &table->slots[probe->at];

		probe->at = (probe->at + 1) & (table->slot_count - 1);
		if (slot->hash == probe->hash) {
			*ret_index = slot->index_plus_one - 1;
			return true;
		}
	}
	return false;
}

void weft_hash_index_add(struct weft_hash_index *table, uint64_t hash, uint32_t index)
{
	put(table->slots, table->slot_count,
	    (struct weft_hash_slot){.hash = fold(hash), .index_plus_one = index + 1});
	table->count++;
}
