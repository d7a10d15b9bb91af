// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Wrong uses of the API: one event per kind and call site and recording.
 *
 * The table is small and open-addressed; a slot is claimed by one compare-and-swap. When it is full,
 * further call sites stay silent: what matters has been told 256 times.
 */
#include <weft/trace.h>

#include <weft/events.h>

#include "control.h"
#include "provider.h"

#define SLOT_COUNT  256U
#define PROBE_COUNT 16U

static _Atomic uint64_t reported[SLOT_COUNT];

/* Returns whether this kind at this call site is new. Lock-free, safe in signal handlers. */
static bool claim(unsigned int kind, uint64_t ip)
{
	/* User-space addresses have at most 57 bits: the kind fits above. Zero marks a free slot. */
	uint64_t key = (ip << 4) ^ ((uint64_t)kind << 60) ^ 1U;
	uint64_t hash = key * UINT64_C(0x9e3779b97f4a7c15);
	unsigned int i;

	for (i = 0; i < PROBE_COUNT; i++) {
		_Atomic uint64_t *slot = &reported[((hash >> 48) + i) % SLOT_COUNT];
		uint64_t expected = 0;

		/* Relaxed: the slot carries no other data. */
		if (atomic_compare_exchange_strong_explicit(
			    slot, &expected, key, memory_order_relaxed, memory_order_relaxed)) {
			return true;
		}
		if (expected == key) {
			return false;
		}
	}
	return false;
}

void weft_misuse__report(unsigned int kind, const char *name, uint64_t ip)
{
	if (lttng_ust_tracepoint_enabled(weft, misuse) && claim(kind, ip)) {
		lttng_ust_do_tracepoint(weft, misuse, weft_control.pid, weft_self.tid,
					(uint8_t)kind, name, ip);
	}
}

void weft_misuse__rearm(void)
{
	unsigned int i;

	for (i = 0; i < SLOT_COUNT; i++) {
		atomic_store_explicit(&reported[i], 0, memory_order_relaxed);
	}
}
