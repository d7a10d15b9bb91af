// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Profiles from descriptors. See <weft/pprof.h>.
 */
#include <weft/pprof.h>

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include <weft/pprof-legacy.h>

#include "arena.h"
#include "inflate.h"

#define READ_SIZE (64U << 10)

typedef int (*decode_fn)(const void *bytes, size_t size, uint64_t memory_limit_bytes,
			 struct weft_pprof **ret_profile, struct weft_error *err);

static int read_fd(int fd, uint64_t memory_limit_bytes, decode_fn decode,
		   struct weft_pprof **ret_profile, struct weft_error *err)
{
	struct weft_arena arena = {.limit_bytes = memory_limit_bytes
							  ? memory_limit_bytes
							  : WEFT_PPROF_MEMORY_LIMIT_DEFAULT};
	struct weft_bytes bytes = {0};
	ssize_t got = 0;
	int ret;

	do {
		ret = weft_arena_grow_array(&arena, &bytes.items, &bytes.capacity,
					    bytes.size + READ_SIZE, 1);
		if (ret < 0) {
			(void)weft_error_set_errno(err, ret, "cannot hold %zu bytes", bytes.size);
			goto out;
		}
		got = read(fd, (char *)bytes.items + bytes.size, bytes.capacity - bytes.size);
		if (got < 0 && errno != EINTR) {
			ret = weft_error_set_errno(err, -errno, "cannot read the profile");
			goto out;
		}
		bytes.size += got > 0 ? (size_t)got : 0;
	} while (got != 0);
	ret = decode(bytes.items, bytes.size,
		     arena.limit_bytes > bytes.size ? arena.limit_bytes - bytes.size : 1,
		     ret_profile, err);
out:
	free(bytes.items);
	return ret;
}

int weft_pprof_read_fd(int fd, uint64_t memory_limit_bytes, struct weft_pprof **ret_profile,
		       struct weft_error *err)
{
	return read_fd(fd, memory_limit_bytes, weft_pprof_decode, ret_profile, err);
}

int weft_pprof_read_any_fd(int fd, uint64_t memory_limit_bytes, struct weft_pprof **ret_profile,
			   struct weft_error *err)
{
	return read_fd(fd, memory_limit_bytes, weft_pprof_decode_any, ret_profile, err);
}
