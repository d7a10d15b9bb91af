// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * One compile unit: an index of its functions, and the chains of inlined functions below them. Part of
 * symbol-dwarf.c, which owns the units.
 */
#ifndef WEFT_PPROF_SYMBOL_UNIT_H
#define WEFT_PPROF_SYMBOL_UNIT_H

#include <elfutils/libdw.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "symbol-dwarf.h"

/* Addresses of one function that one walk looks for: chains of so many fit in 256 KiB. */
#define WEFT_SYMBOL_BATCH 64

struct weft_symbol_asked {
	uint64_t address; /* Ascending. */
	size_t index;     /* To be told back. */
};

struct weft_symbol_dwarf_taker {
	weft_symbol_dwarf_fn take;
	void *ctx;
};

/*
 * Counts a step, looks at the clock now and then, and says whether the deadline has passed. What the
 * input can repeat asks this each time.
 */
bool weft_symbol_dwarf_is_late(struct weft_symbol_dwarf *dwarf);

/* The unit whose first entry is at `offset`; NULL: out of memory. Empty when it cannot be read. */
struct weft_symbol_unit *weft_symbol_unit_create(struct weft_symbol_dwarf *dwarf, Dwarf_Off offset,
						 uint64_t size_bytes);
/* NULL is fine. */
void weft_symbol_unit_destroy(struct weft_symbol_unit *unit);
bool weft_symbol_unit_is_at(const struct weft_symbol_unit *unit, Dwarf_Off offset);

/* Answers for up to WEFT_SYMBOL_BATCH addresses. 0; -ENOMEM; what `take` returned. */
int weft_symbol_unit_find(struct weft_symbol_dwarf *dwarf, struct weft_symbol_unit *unit,
			  const struct weft_symbol_asked *asked, size_t count,
			  const struct weft_symbol_dwarf_taker *taker);

#endif
