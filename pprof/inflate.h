// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Gzip → bytes, all of them, within the ceiling of an arena. Threads: one at a time per arena.
 */
#ifndef WEFT_PPROF_INFLATE_H
#define WEFT_PPROF_INFLATE_H

#include <stdbool.h>
#include <stddef.h>

#include <weft/error.h>

#include "arena.h"

/* Bytes in an array of the arena. */
struct weft_bytes {
	void *items; /* unsigned char */
	size_t size, capacity;
};

bool weft_is_gzip(const void *bytes, size_t size);
/*
 * Appends what the gzip file says (several members one behind the other are one text, as with gzip).
 *
 * 0; -EBADMSG: damaged or cut off, err says where; -E2BIG; -ENOMEM.
 */
WEFT_MUST_CHECK int weft_inflate(struct weft_arena *arena, const void *gzip, size_t size,
				 struct weft_bytes *ret_bytes, struct weft_error *err);

#endif
