// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Text in memory, written through a stream, up to a ceiling.
 *
 *     struct web_buffer buffer = {0};
 *     FILE *out = web_buffer_open(&buffer);
 *     ...
 *     ret = web_buffer_close(&buffer, out, &err);    // now buffer.bytes, buffer.size
 *     web_buffer_fini(&buffer);
 */
#ifndef WEFT_VIEWER_WEB_BUFFER_H
#define WEFT_VIEWER_WEB_BUFFER_H

#include <stdbool.h>
#include <stdio.h>

#include <weft/error.h>

/* Of one page: browsers have trouble with far less. */
#define WEB_BUFFER_SIZE_MAX ((size_t)256 << 20)

struct web_buffer {
	char *bytes; /* Owned; NUL behind the last when the stream was closed. */
	size_t size, capacity;
	bool is_full; /* Something did not fit. */
};

/** Opens a stream that adds to the buffer. NULL: out of memory. */
FILE *web_buffer_open(struct web_buffer *buffer);
/** Closes the stream. 0; -E2BIG: the ceiling; -ENOMEM. The buffer stays to be released in any case. */
WEFT_MUST_CHECK int web_buffer_close(struct web_buffer *buffer, FILE *stream,
				     struct weft_error *err);
void web_buffer_fini(struct web_buffer *buffer);

#endif
