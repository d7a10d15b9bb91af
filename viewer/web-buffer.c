// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Text in memory. See web-buffer.h.
 */
#include "web-buffer.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define CAPACITY_FIRST ((size_t)64 << 10)

/* Makes room for that many bytes and a NUL. */
static bool reserve(struct web_buffer *buffer, size_t size)
{
	size_t capacity = buffer->capacity ? buffer->capacity : CAPACITY_FIRST;
	char *bytes;

	if (size < buffer->capacity) {
		return true;
	}
	while (capacity <= size) {
		capacity *= 2;
	}
	bytes = realloc(buffer->bytes, capacity);
	if (!bytes) {
		return false;
	}
	buffer->bytes = bytes;
	buffer->capacity = capacity;
	return true;
}

static ssize_t add(void *cookie, const char *bytes, size_t size)
{
	struct web_buffer *buffer = cookie;

	if (size > WEB_BUFFER_SIZE_MAX - buffer->size) {
		buffer->is_full = true;
		errno = ENOSPC;
		return 0;
	}
	if (!reserve(buffer, buffer->size + size)) {
		errno = ENOMEM;
		return 0;
	}
	memcpy(buffer->bytes + buffer->size, bytes, size);
	buffer->size += size;
	return (ssize_t)size;
}

FILE *web_buffer_open(struct web_buffer *buffer)
{
	const cookie_io_functions_t functions = {.write = add};

	return fopencookie(buffer, "w", functions);
}

int web_buffer_close(struct web_buffer *buffer, FILE *stream, struct weft_error *err)
{
	bool is_whole = fflush(stream) == 0 && !ferror(stream) && reserve(buffer, buffer->size);

	(void)fclose(stream); /* Flushed, or of no use. */
	if (buffer->is_full) {
		return weft_error_set(err, -E2BIG,
				      "this page would have more than %zu MB: narrow it down with "
				      "filters",
				      WEB_BUFFER_SIZE_MAX >> 20);
	}
	if (!is_whole) {
		return weft_error_set(err, -ENOMEM, "make a page: out of memory");
	}
	buffer->bytes[buffer->size] = '\0';
	return 0;
}

void web_buffer_fini(struct web_buffer *buffer)
{
	free(buffer->bytes);
	*buffer = (struct web_buffer){0};
}
