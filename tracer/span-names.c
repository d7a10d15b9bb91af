// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * See span-names.h.
 */
#include "span-names.h"

#include <string.h>

#define SLOT_COUNT 2048U /* Power of two. */
#define PROBES_MAX 16U
#define TASK_BITS  12
#define TASK_COUNT (1U << TASK_BITS)
#define LOW_BITS   (TASK_COUNT - 1)

enum slot_state { SLOT_FREE, SLOT_BEING_WRITTEN, SLOT_READY };

struct slot {
	_Atomic uint32_t state;
	char name[WEFT_SPAN_NAME_SIZE];
};

_Static_assert(SLOT_COUNT < TASK_COUNT, "a number of a name fits where a task's low bits were");

/* Pages of both are used as they fill. */
static struct slot slots[SLOT_COUNT];
/* By the low bits of a task's id, whose upper bits are here above the number of its type. */
static _Atomic uint64_t tasks[TASK_COUNT];

_Atomic uint32_t weft_span_names__users;

void weft_span_names__want(enum weft_span_names_user user)
{
	atomic_fetch_or_explicit(&weft_span_names__users, (uint32_t)user, memory_order_relaxed);
}

void weft_span_names__leave(enum weft_span_names_user user)
{
	atomic_fetch_and_explicit(&weft_span_names__users, ~(uint32_t)user, memory_order_relaxed);
}

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

uint32_t weft_span_names__number(const char *name)
{
	size_t len = strnlen(name, WEFT_SPAN_NAME_SIZE - 1);
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

const char *weft_span_names__get(uint32_t number)
{
	return number > 0 && number <= SLOT_COUNT ? slots[number - 1].name : "";
}

void weft_span_names__note_task(uint64_t task, const char *type)
{
	uint64_t number = weft_span_names__number(type);

	atomic_store_explicit(&tasks[task & LOW_BITS], (task & ~(uint64_t)LOW_BITS) | number,
			      memory_order_relaxed);
}

uint32_t weft_span_names__type_of(uint64_t task)
{
	uint64_t noted = atomic_load_explicit(&tasks[task & LOW_BITS], memory_order_relaxed);

	return (noted ^ task) >> TASK_BITS == 0 ? (uint32_t)(noted & LOW_BITS) : 0;
}
