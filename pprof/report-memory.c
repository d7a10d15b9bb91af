// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Memory of one report. See report-memory.h.
 */
#include "report-memory.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

void *weft_report__zeroed(struct weft_arena *arena, size_t count, size_t size)
{
	void *piece;

	if (size != 0 && count > (SIZE_MAX - 1) / size) {
		return NULL;
	}
	/* Not even nothing is NULL. */
	if (weft_arena_take(arena, count && size ? count * size : 1, &piece) < 0) {
		return NULL;
	}
	return memset(piece, 0, count * size);
}

char *weft_report__string(struct weft_arena *arena, const char *text, size_t len)
{
	char *copy = weft_report__zeroed(arena, len + 1, 1);

	if (copy) {
		memcpy(copy, text, len);
	}
	return copy;
}

char *weft_report__format(struct weft_arena *arena, const char *format, ...)
{
	va_list args, again;
	char *text = NULL;
	int len;

	va_start(args, format);
	va_copy(again, args);
	len = vsnprintf(NULL, 0, format, args);
	if (len >= 0) {
		text = weft_report__zeroed(arena, (size_t)len + 1, 1);
	}
	if (text) {
		(void)vsnprintf(text, (size_t)len + 1, format, again);
	}
	va_end(again);
	va_end(args);
	return text;
}
