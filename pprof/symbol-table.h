// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * The names that a file's symbol tables give to its code. Called by symbol-file.c where DWARF has no
 * answer.
 */
#ifndef WEFT_PPROF_SYMBOL_TABLE_H
#define WEFT_PPROF_SYMBOL_TABLE_H

#include <elfutils/libdwfl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "symbol-elf.h"

struct weft_symbol_name {
	uint64_t begin;
	uint64_t size;    /* Of one without a size: to the end of its section. */
	const char *name; /* Of one of the files; may carry a version, "f@@V1". */
	uint8_t rank;     /* The lower, the better a name for its address. */
	bool is_sizeless; /* Reaches to the next symbol at most. */
	bool is_plt;      /* An entry of the PLT: it jumps to `name`. */
};

struct weft_symbol_table {
	struct weft_symbol_name *names; /* By address; best last. */
	size_t count, capacity;
	Dwfl *embedded; /* Owner of names of .gnu_debugdata. */
};

/*
 * Reads what there is. The files must stay open as long as the table.
 *
 * debug: the separate debug file, NULL: none. 0; -ENOMEM, with a table that holds a part.
 */
int weft_symbol_table_init(struct weft_symbol_table *table, const struct weft_symbol_elf *main,
			   const struct weft_symbol_elf *debug);
void weft_symbol_table_fini(struct weft_symbol_table *table);

/* The symbol that an address lies in; NULL: none. */
const struct weft_symbol_name *weft_symbol_table_find(const struct weft_symbol_table *table,
						      uint64_t address);

#endif
