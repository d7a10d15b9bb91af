// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * What DWARF says about addresses: chains of inlined functions, files, lines. Called by symbol-file.c.
 *
 * One compile unit at a time: its functions are put into an index by one walk over the entries that
 * can hold them; below the function of an address, only blocks and inlined functions around it are
 * looked at. libdw keeps what it has decoded, so the session with it starts over when that is much.
 */
#ifndef WEFT_PPROF_SYMBOL_DWARF_H
#define WEFT_PPROF_SYMBOL_DWARF_H

#include <elfutils/libdw.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <weft/symbol-file.h>

/* Units whose index is kept for the next question. */
#define WEFT_SYMBOL_UNITS_KEPT 8

struct weft_symbol_unit;

struct weft_symbol_dwarf {
	Elf *elf; /* Borrowed. */
	Dwarf *dwarf;
	struct weft_symbol_unit_place *places; /* By offset. */
	size_t place_count, place_capacity;
	struct weft_symbol_unit_range *ranges; /* By begin. */
	size_t range_count, range_capacity;
	bool read; /* places and ranges are there. */
	struct weft_symbol_unit *kept[WEFT_SYMBOL_UNITS_KEPT];
	size_t next_kept;
	uint64_t decoded_bytes; /* That libdw holds, estimated. */
	uint64_t deadline_ns;   /* 0: none. */
	uint32_t ticks;         /* Steps since the clock was looked at. */
	bool late;
};

/* elf: borrowed; NULL: nothing is known of any address. */
void weft_symbol_dwarf_init(struct weft_symbol_dwarf *dwarf, Elf *elf, uint64_t deadline_ns);
void weft_symbol_dwarf_fini(struct weft_symbol_dwarf *dwarf);

/*
 * Takes an answer; system_name is NULL where DWARF has no name, `function` where its readable form is
 * not known. There is one frame at least.
 */
typedef int (*weft_symbol_dwarf_fn)(void *ctx, const struct weft_symbol *symbol,
				    struct weft_symbol_frame *frames);

/* As weft_symbol_file_find_all(); addresses are checked to ascend. */
int weft_symbol_dwarf_find_all(struct weft_symbol_dwarf *dwarf, const uint64_t *addresses,
			       size_t count, weft_symbol_dwarf_fn take, void *ctx);

#endif
