// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Memory of one profile: blocks that are released together, and a ceiling for everything that the
 * profile takes, in blocks or elsewhere.
 *
 * Threads: one at a time per arena.
 */
#ifndef WEFT_PPROF_ARENA_H
#define WEFT_PPROF_ARENA_H

#include <stddef.h>
#include <stdint.h>

#include <weft/error.h>

struct weft_arena_block;

/* Zero-initialised is empty, with a ceiling of 0: set limit_bytes. */
struct weft_arena {
	struct weft_arena_block *blocks; /* The newest first. */
	char *at, *end;                  /* What is left of it. */
	uint64_t used_bytes, limit_bytes;
};

void weft_arena_fini(struct weft_arena *arena);
/*
 * Memory aligned for any number or pointer, good until fini. Not zeroed.
 *
 * 0; -E2BIG: the ceiling; -ENOMEM.
 */
WEFT_MUST_CHECK int weft_arena_take(struct weft_arena *arena, size_t size, void **ret_memory);
/*
 * Makes room for `count` items in an array of its own (realloc), growing in steps; the caller
 * releases it with weft_arena_free_array().
 *
 * 0; -E2BIG, -ENOMEM: the array is as it was.
 */
WEFT_MUST_CHECK int weft_arena_grow_array(struct weft_arena *arena, void **array, size_t *capacity,
					  size_t count, size_t item_size);
void weft_arena_free_array(struct weft_arena *arena, void *array, size_t capacity,
			   size_t item_size);

#endif
