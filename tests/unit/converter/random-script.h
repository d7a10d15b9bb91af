// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Random programs as the converter sees them: legal event streams, and ways to damage them.
 *
 *     weft_script_generate()  what a correct tracer would have recorded of a random program
 *     weft_script_damage()    what disorder, loss, repetition and corruption make of it
 *
 * Everything follows from the seed. All texts are static.
 */
#ifndef WEFT_TEST_RANDOM_SCRIPT_H
#define WEFT_TEST_RANDOM_SCRIPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "event.h"

#define WEFT_SCRIPT_EVENT_COUNT_MAX 4096U

struct weft_script {
	struct weft_event events[WEFT_SCRIPT_EVENT_COUNT_MAX];
	size_t count;
	bool has_sched; /* With the kernel's events; else as a program alone tells. */
};

enum weft_damage {
	WEFT_DAMAGE_DROP = 1U << 0,    /* Any event may be missing. */
	WEFT_DAMAGE_REPEAT = 1U << 1,  /* Any event may come twice. */
	WEFT_DAMAGE_REORDER = 1U << 2, /* Neighbours change places; times disagree between CPUs. */
	WEFT_DAMAGE_CUT = 1U << 3,     /* Begins or ends somewhere in the middle. */
	WEFT_DAMAGE_CORRUPT = 1U << 4, /* Any field may have any value. */
	WEFT_DAMAGE_ALL = (1U << 5) - 1,
	WEFT_DAMAGE_IDLE =
		1U << 5, /* One CPU never tells that it stops to be idle: some kernels. */
};

/** xorshift64*; the state must not be 0. */
static inline uint64_t weft_script_random(uint64_t *state)
{
	*state ^= *state >> 12;
	*state ^= *state << 25;
	*state ^= *state >> 27;
	return *state * UINT64_C(2685821657736338717);
}

static inline uint32_t weft_script_below(uint64_t *state, uint32_t limit)
{
	return (uint32_t)((weft_script_random(state) >> 32) % limit);
}

void weft_script_generate(struct weft_script *script, uint64_t *random, bool has_sched);
/** damage: enum weft_damage flags. */
void weft_script_damage(struct weft_script *script, uint64_t *random, unsigned int damage);

#endif
