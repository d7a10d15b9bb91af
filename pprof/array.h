// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Arrays that grow. For those that count against a profile's ceiling see arena.h.
 */
#ifndef WEFT_PPROF_ARRAY_H
#define WEFT_PPROF_ARRAY_H

#include <stddef.h>

#include <weft/error.h>

/*
 * Makes room for `count` items, at least doubling what is there.
 *
 * array:     Address of the pointer to the items, which may move; NULL items: none yet.
 * count_max: Ceiling.
 *
 * 0; -ENOMEM: no memory, or beyond the ceiling; the array is as it was.
 */
WEFT_MUST_CHECK int weft_array_reserve(void *array, size_t *capacity, size_t count,
				       size_t count_max, size_t item_size);

#endif
