// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Memory of one profile. See arena.h.
 */
#include "arena.h"

#include <errno.h>
#include <stdalign.h>
#include <stdlib.h>

#define BLOCK_SIZE   (UINT64_C(256) << 10)
#define CAPACITY_MIN 16U

struct weft_arena_block {
	struct weft_arena_block *next;
	alignas(max_align_t) char bytes[];
};

void weft_arena_fini(struct weft_arena *arena)
{
	while (arena->blocks) {
		struct weft_arena_block *next = arena->blocks->next;

		free(arena->blocks);
		arena->blocks = next;
	}
	arena->at = NULL;
	arena->end = NULL;
}

static int charge(struct weft_arena *arena, uint64_t bytes)
{
	if (arena->used_bytes > arena->limit_bytes ||
	    bytes > arena->limit_bytes - arena->used_bytes) {
		return -E2BIG;
	}
	arena->used_bytes += bytes;
	return 0;
}

/* A block of its own for what does not fit the current one. */
static int add_block(struct weft_arena *arena, size_t size)
{
	/* Small profiles stay small: the first block is as long as a few lines of one. */
	size_t block_size = arena->blocks ? BLOCK_SIZE : BLOCK_SIZE / 64;
	struct weft_arena_block *block;
	int ret;

	if (block_size < size) {
		block_size = size;
	}
	ret = charge(arena, sizeof(*block) + block_size);
	if (ret < 0) {
		return ret;
	}
	block = (struct weft_arena_block *)malloc(sizeof(*block) + block_size);
	if (!block) {
		arena->used_bytes -= sizeof(*block) + block_size;
		return -ENOMEM;
	}
	block->next = arena->blocks;
	arena->blocks = block;
	arena->at = block->bytes;
	arena->end = block->bytes + block_size;
	return 0;
}

int weft_arena_take(struct weft_arena *arena, size_t size, void **ret_memory)
{
	int ret;

	if (size > PTRDIFF_MAX - alignof(max_align_t)) {
		return -E2BIG;
	}
	size = (size + 7U) & ~(size_t)7U;
	if ((size_t)(arena->end - arena->at) < size || !arena->at) {
		ret = add_block(arena, size);
		if (ret < 0) {
			return ret;
		}
	}
	*ret_memory = arena->at;
	arena->at += size;
	return 0;
}

int weft_arena_grow_array(struct weft_arena *arena, void **array, size_t *capacity, size_t count,
			  size_t item_size)
{
	size_t larger = *capacity;
	void *moved;
	int ret;

	if (count <= *capacity) {
		return 0;
	}
	if (count > SIZE_MAX / 2 / item_size) {
		return -E2BIG;
	}
	/* By a half: the last step of a large profile is then not half of its memory. */
	larger += larger / 2 + CAPACITY_MIN;
	if (larger < count) {
		larger = count;
	}
	ret = charge(arena, (larger - *capacity) * item_size);
	if (ret < 0) {
		return ret;
	}
	moved = realloc(*array, larger * item_size);
	if (!moved) {
		arena->used_bytes -= (larger - *capacity) * item_size;
		return -ENOMEM;
	}
	*array = moved;
	*capacity = larger;
	return 0;
}

void weft_arena_free_array(struct weft_arena *arena, void *array, size_t capacity, size_t item_size)
{
	free(array);
	arena->used_bytes -= capacity * item_size;
}
