// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * See region-names.h.
 */
#include "region-names.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>

#define SLOT_COUNT 2048U /* Power of two. */
#define PROBES_MAX 16U

enum slot_state { SLOT_FREE, SLOT_BEING_WRITTEN, SLOT_READY };

struct slot {
	_Atomic uint32_t state;
	char name[WEFT_REGION_NAME_SIZE];
};

static struct slot slots[SLOT_COUNT]; /* Pages are used as it fills. */

_Atomic uint32_t weft_region_names__wanted;

static bool use(struct slot *slot, const char *name, size_t len)
{
	/* R1: pairs with A1: the name before its state. */
	uint32_t state = atomic_load_explicit(&slot->state, memory_order_acquire);

	if (state == SLOT_FREE &&
	    atomic_compare_exchange_strong_explicit(&slot->state, &state, SLOT_BEING_WRITTEN,
						    memory_order_acquire, memory_order_acquire)) {
		memcpy(slot->name, name, len);
		slot->name[len] = '\0';
		atomic_store_explicit(&slot->state, SLOT_READY, memory_order_release); /* A1 */
		return true;
	}
	return state == SLOT_READY && memcmp(slot->name, name, len) == 0 && slot->name[len] == '\0';
}

uint32_t weft_region_names__number(const char *name)
{
	size_t len = strnlen(name, WEFT_REGION_NAME_SIZE - 1);
	uint32_t hash = 2166136261U;
	uint32_t i;

	for (i = 0; i < len; i++) {
		hash = (hash ^ (unsigned char)name[i]) * 16777619U;
	}
	hash ^= hash >> 16;
	for (i = 0; i < PROBES_MAX; i++) {
		uint32_t at = (hash + i) & (SLOT_COUNT - 1);

		if (use(&slots[at], name, len)) {
			return at + 1;
		}
	}
	return 0;
}

const char *weft_region_names__get(uint32_t number)
{
	return number > 0 && number <= SLOT_COUNT ? slots[number - 1].name : "";
}
