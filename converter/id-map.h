// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Hash map from 64-bit keys to pointers: threads by id, tasks by id, streams by number.
 *
 * Open addressing with linear probing; removal shifts entries back, so there are no tombstones and
 * a map in steady use never grows. Keys come from traces, where anybody may have put them: each
 * map hashes them by a random number of its own. So the order of slots differs from run to run.
 * Values are weak and never NULL.
 *
 * Threads: one thread at a time per map.
 */
#ifndef WEFT_CONVERTER_ID_MAP_H
#define WEFT_CONVERTER_ID_MAP_H

#include <stddef.h>
#include <stdint.h>

#include <weft/error.h>

struct weft_id_map_slot {
	uint64_t key;
	void *value; /* NULL: free. */
};

/** Zero-initialised is empty. */
struct weft_id_map {
	struct weft_id_map_slot *slots;
	size_t slot_count;   /* 0 or a power of two. */
	uint64_t multiplier; /* Odd, random; chosen with the first slots. */
	unsigned int shift;  /* 64 less the bits of slot_count. */
	size_t count;
};

void weft_id_map_fini(struct weft_id_map *map);
/** The value of `key`, or NULL. */
void *weft_id_map_find(const struct weft_id_map *map, uint64_t key);
/** Adds or replaces. 0; -ENOMEM: unchanged. */
WEFT_MUST_CHECK int weft_id_map_put(struct weft_id_map *map, uint64_t key, void *value);
/** Removes `key` if it is there. */
void weft_id_map_remove(struct weft_id_map *map, uint64_t key);
/** Forgets everything, keeps the storage. */
void weft_id_map_clear(struct weft_id_map *map);

#endif
