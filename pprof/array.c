// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Arrays that grow. See array.h.
 */
#include "array.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define CAPACITY_MIN 16U

int weft_array_reserve(void *array, size_t *capacity, size_t count, size_t count_max,
		       size_t item_size)
{
	size_t larger = *capacity < CAPACITY_MIN ? CAPACITY_MIN : *capacity * 2;
	void *items;

	if (count <= *capacity) {
		return 0;
	}
	larger = larger < count ? count : larger;
	larger = larger > count_max ? count_max : larger;
	if (count > count_max || larger > SIZE_MAX / item_size) {
		return -ENOMEM;
	}
	/* A pointer to items of any type, so it is copied as bytes. */
	memcpy(&items, array, sizeof(items));
	items = realloc(items, larger * item_size);
	if (!items) {
		return -ENOMEM;
	}
	memcpy(array, &items, sizeof(items));
	*capacity = larger;
	return 0;
}
