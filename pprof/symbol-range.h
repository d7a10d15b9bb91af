// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Search in arrays of things that begin at addresses.
 */
#ifndef WEFT_PPROF_SYMBOL_RANGE_H
#define WEFT_PPROF_SYMBOL_RANGE_H

#include <stddef.h>
#include <stdint.h>

/*
 * How many of the items, which are in order of where they begin, begin at `address` or before: the
 * index behind the last that may be around it. Each item's first member is its begin, a uint64_t.
 */
size_t weft_symbol_range_count_before(const void *items, size_t count, size_t item_size,
				      uint64_t address);

#endif
