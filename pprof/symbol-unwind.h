// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Where functions begin and end, from what is there for unwinding: of files without symbols, too. Called by
 * symbol-file.c.
 */
#ifndef WEFT_PPROF_SYMBOL_UNWIND_H
#define WEFT_PPROF_SYMBOL_UNWIND_H

#include <gelf.h>
#include <stdbool.h>
#include <stdint.h>

/*
 * The function around an address, by the search table of .eh_frame_hdr. Where an entry does not say how
 * long it is, it reaches to the next one.
 *
 * Returns whether there is one; not when the table is missing, damaged, or of an unusual encoding.
 */
bool weft_symbol_unwind_find(Elf *elf, uint64_t address, uint64_t *ret_begin, uint64_t *ret_end);

#endif
