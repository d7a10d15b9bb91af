// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Search in arrays of things that begin at addresses. See symbol-range.h.
 */
#include "symbol-range.h"

#include <string.h>

size_t weft_symbol_range_count_before(const void *items, size_t count, size_t item_size,
				      uint64_t address)
{
	size_t low = 0;
	size_t high = count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		uint64_t begin;

		memcpy(&begin, (const char *)items + middle * item_size, sizeof(begin));
		if (begin <= address) {
			low = middle + 1;
		} else {
			high = middle;
		}
	}
	return low;
}
