// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Memory of one report, from one arena: taken piece by piece, given back at once.
 *
 * Each function returns NULL for one reason: there is no more memory.
 * Threads: one at a time per arena.
 */
#ifndef WEFT_PPROF_REPORT_MEMORY_H
#define WEFT_PPROF_REPORT_MEMORY_H

#include <stddef.h>

#include "arena.h"

/** `count` elements of `size` bytes, zeroed. */
void *weft_report__zeroed(struct weft_arena *arena, size_t count, size_t size);
/** A copy of `len` bytes, with a NUL behind it. */
char *weft_report__string(struct weft_arena *arena, const char *text, size_t len);
/** A text as of printf. */
char *weft_report__format(struct weft_arena *arena, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

#endif
