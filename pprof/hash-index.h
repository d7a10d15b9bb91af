// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Finds items of an array by their contents: a hash table of indices. The caller hashes and compares.
 *
 *     for (weft_hash_index_start(&index, hash, &probe); weft_hash_index_next(&index, &probe, &i);) {
 *             if (equal(&items[i], wanted)) ...
 *     }
 *
 * Hashes come from profiles that anybody may have made: they are mixed with a random number.
 *
 * Threads: one at a time per index.
 */
#ifndef WEFT_PPROF_HASH_INDEX_H
#define WEFT_PPROF_HASH_INDEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "arena.h"

struct weft_hash_slot {
	uint32_t hash;
	uint32_t index_plus_one; /* 0: free. */
};

/* Zero-initialised is empty. */
struct weft_hash_index {
	struct weft_hash_slot *slots;
	size_t slot_count; /* 0 or a power of two. */
	size_t count;
};

struct weft_hash_probe {
	size_t at;
	uint32_t hash;
};

/* FNV-like mixing of one more word; start with weft_hash_seed(). */
uint64_t weft_hash_seed(void);
uint64_t weft_hash_word(uint64_t hash, uint64_t word);
uint64_t weft_hash_bytes(uint64_t hash, const void *bytes, size_t size);

void weft_hash_index_fini(struct weft_hash_index *table, struct weft_arena *arena);
/* Forgets everything, keeps the storage. */
void weft_hash_index_clear(struct weft_hash_index *table);
/* Makes room for `count` items in all. 0; -E2BIG; -ENOMEM. */
WEFT_MUST_CHECK int weft_hash_index_reserve(struct weft_hash_index *table, struct weft_arena *arena,
					    size_t count);
void weft_hash_index_start(const struct weft_hash_index *table, uint64_t hash,
			   struct weft_hash_probe *probe);
/* The next item whose hash is the same; false: no more. */
bool weft_hash_index_next(const struct weft_hash_index *table, struct weft_hash_probe *probe,
			  uint32_t *ret_index);
/* Adds an item that is not there; room was reserved. */
void weft_hash_index_add(struct weft_hash_index *table, uint64_t hash, uint32_t index);

#endif
