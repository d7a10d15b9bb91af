// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Hash map from 64-bit keys to pointers. See id-map.h.
 */
#include "id-map.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#define SLOT_COUNT_MIN 64U

static size_t slot_of(const struct weft_id_map *map, uint64_t key)
{
	/*
	 * Multiply-shift, whose chance of a collision is at most 2 in slot_count for any two keys.
	 * Source: Dietzfelbinger and others, "A reliable randomized algorithm for the closest-pair
	 * problem", 1997.
	 */
	return (size_t)((key * map->multiplier) >> map->shift);
}

void weft_id_map_fini(struct weft_id_map *map)
{
	free(map->slots);
	memset(map, 0, sizeof(*map));
}

void weft_id_map_clear(struct weft_id_map *map)
{
	if (map->slots) {
		memset(map->slots, 0, map->slot_count * sizeof(*map->slots));
	}
	map->count = 0;
}

static size_t find_slot(const struct weft_id_map *map, uint64_t key)
{
	size_t at = slot_of(map, key);

	while (map->slots[at].value && map->slots[at].key != key) {
		at = (at + 1) & (map->slot_count - 1);
	}
	return at;
}

void *weft_id_map_find(const struct weft_id_map *map, uint64_t key)
{
	return map->slot_count ? map->slots[find_slot(map, key)].value : NULL;
}

static uint64_t choose_multiplier(void)
{
	uint64_t random = 0;

	if (getrandom(&random, sizeof(random), GRND_NONBLOCK) != (ssize_t)sizeof(random)) {
		random = UINT64_C(0x9e3779b97f4a7c15); /* Early boot: good, if not secret. */
	}
	return random | 1;
}

static int grow(struct weft_id_map *map)
{
	struct weft_id_map larger = {.count = map->count, .multiplier = map->multiplier};
	size_t i;

	if (!larger.multiplier) {
		larger.multiplier = choose_multiplier();
	}

	larger.slot_count = map->slot_count ? map->slot_count * 2 : SLOT_COUNT_MIN;
	larger.shift = 64U - (unsigned int)__builtin_ctzll(larger.slot_count);
	larger.slots = (struct weft_id_map_slot *)calloc(larger.slot_count, sizeof(*larger.slots));
	if (!larger.slots) {
		return -ENOMEM;
	}
	for (i = 0; i < map->slot_count; i++) {
		if (map->slots[i].value) {
			larger.slots[find_slot(&larger, map->slots[i].key)] = map->slots[i];
		}
	}
	free(map->slots);
	*map = larger;
	return 0;
}

int weft_id_map_put(struct weft_id_map *map, uint64_t key, void *value)
{
	size_t at;

	if ((map->count + 1) * 2 > map->slot_count && grow(map) < 0) {
		return -ENOMEM;
	}
	at = find_slot(map, key);
	if (!map->slots[at].value) {
		map->count++;
	}
	map->slots[at].key = key;
	map->slots[at].value = value;
	return 0;
}

/*
 * Entries behind the gap move into it when their own slot lies at or before it, cyclically.
 * Worked example, 8 slots: keys with home 2, 2, 3 lie in 2, 3, 4. Removing slot 2: the entry of
 * slot 3 (home 2) moves to 2; the entry of slot 4 (home 3) moves to 3; slot 4 becomes free.
 */
void weft_id_map_remove(struct weft_id_map *map, uint64_t key)
{
	size_t mask = map->slot_count - 1;
	size_t gap;
	size_t at;

	if (!map->slot_count) {
		return;
	}
	gap = find_slot(map, key);
	if (!map->slots[gap].value) {
		return;
	}
	map->count--;
	for (at = (gap + 1) & mask; map->slots[at].value; at = (at + 1) & mask) {
		size_t home = slot_of(map, map->slots[at].key);

		if (((at - home) & mask) >= ((at - gap) & mask)) {
			map->slots[gap] = map->slots[at];
			gap = at;
		}
	}
	map->slots[gap].value = NULL;
}
