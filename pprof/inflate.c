// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Gzip → bytes. See inflate.h.
 */
#include "inflate.h"

#include <errno.h>
#define ZLIB_CONST
#include <zlib.h>

/* What zlib takes at once is an unsigned int. */
#define INPUT_MAX        (1U << 30)
#define STEP_SIZE        (64U << 10)
#define GZIP_WINDOW_BITS (15 + 16)

bool weft_is_gzip(const void *bytes, size_t size)
{
	const unsigned char *at = (const unsigned char *)bytes;

	return size >= 2 && at[0] == 0x1f && at[1] == 0x8b;
}

/* One call of inflate() into what room there is. Returns zlib's status, or a negative errno. */
static int step(struct weft_arena *arena, z_stream *stream, struct weft_bytes *bytes)
{
	size_t room, given;
	int ret;

	ret = weft_arena_grow_array(arena, &bytes->items, &bytes->capacity, bytes->size + STEP_SIZE,
				    1);
	if (ret < 0) {
		return ret;
	}
	room = bytes->capacity - bytes->size;
	given = room < INPUT_MAX ? room : INPUT_MAX;
	stream->next_out = (unsigned char *)bytes->items + bytes->size;
	stream->avail_out = (uInt)given;
	ret = inflate(stream, Z_NO_FLUSH);
	bytes->size += given - stream->avail_out;
	return ret >= 0 ? ret : ret == Z_MEM_ERROR ? -ENOMEM : -EBADMSG;
}

static int inflate_all(struct weft_arena *arena, z_stream *stream, size_t size,
		       struct weft_bytes *bytes, struct weft_error *err)
{
	size_t left = size;
	int ret;

	for (;;) {
		size_t given = left < INPUT_MAX ? left : INPUT_MAX;

		stream->avail_in = (uInt)given;
		ret = step(arena, stream, bytes);
		left -= given - stream->avail_in;
		if (ret == -EBADMSG || (ret == Z_BUF_ERROR && left == 0)) {
			return weft_error_set(err, -EBADMSG, "gzip data %s: offset=%zu",
					      left == 0 ? "cut off" : "damaged", size - left);
		}
		if (ret < 0) {
			return weft_error_set_errno(err, ret, "gzip data: cannot hold %zu bytes",
						    bytes->size);
		}
		if (ret == Z_STREAM_END) {
			if (!weft_is_gzip(stream->next_in, left)) {
				return 0; /* What follows the last member is padding. */
			}
			(void)inflateReset(stream); /* A stream that was set up can be. */
		} else if (left == 0 && stream->avail_out > 0) {
			return weft_error_set(err, -EBADMSG, "gzip data cut off: offset=%zu", size);
		}
	}
}

int weft_inflate(struct weft_arena *arena, const void *gzip, size_t size,
		 struct weft_bytes *ret_bytes, struct weft_error *err)
{
	z_stream stream = {.next_in = (const unsigned char *)gzip};
	int ret;

	if (inflateInit2(&stream, GZIP_WINDOW_BITS) != Z_OK) {
		return weft_error_set(err, -ENOMEM, "gzip data: out of memory");
	}
	ret = inflate_all(arena, &stream, size, ret_bytes, err);
	(void)inflateEnd(&stream); /* Cannot fail on a stream that was set up. */
	return ret;
}
