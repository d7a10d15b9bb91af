// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Differences of profiles. See profile-delta.h.
 *
 * Source: net/http/pprof, handler.serveDeltaProfile(), for what the head says;
 * github.com/grafana/pyroscope-go/godeltaprof, for values in use.
 */
#include "profile-delta.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define READ_SIZE ((size_t)64 << 10)

struct bytes {
	char *items;
	size_t size, capacity;
};

static int read_all(int fd, uint64_t limit_bytes, struct bytes *bytes, struct weft_error *err)
{
	ssize_t got;

	do {
		if (bytes->capacity - bytes->size < READ_SIZE) {
			size_t capacity = bytes->capacity ? 2 * bytes->capacity : 4 * READ_SIZE;
			char *items =
				capacity <= limit_bytes ? realloc(bytes->items, capacity) : NULL;

			if (!items) {
				return weft_error_set_errno(err, -E2BIG,
							    "cannot hold the profiles");
			}
			bytes->items = items;
			bytes->capacity = capacity;
		}
		got = read(fd, bytes->items + bytes->size, bytes->capacity - bytes->size);
		if (got < 0 && errno != EINTR) {
			return weft_error_set_errno(err, -errno, "cannot read the profiles");
		}
		bytes->size += got > 0 ? (size_t)got : 0;
	} while (got != 0);
	return 0;
}

/* Turns a profile into what to subtract. */
static bool negate(void *ctx, const struct weft_pprof_sample *sample, int64_t *values)
{
	const struct weft_pprof *profile = (const struct weft_pprof *)ctx;
	uint32_t i;

	(void)sample; /* Its values are all that matters. */
	for (i = 0; i < weft_pprof_sample_type_count(profile); i++) {
		values[i] = values[i] == INT64_MIN ? INT64_MAX : -values[i];
	}
	return true;
}

static bool forget_inuse(void *ctx, const struct weft_pprof_sample *sample, int64_t *values)
{
	const struct weft_pprof *profile = (const struct weft_pprof *)ctx;
	uint32_t i;

	(void)sample; /* As above. */
	for (i = 0; i < weft_pprof_sample_type_count(profile); i++) {
		if (strncmp(weft_pprof_get_sample_type(profile, i)->type, "inuse_", 6) == 0) {
			values[i] = 0;
		}
	}
	return true;
}

/* Where a heap profile has a pair of objects and bytes; -1: it has none. */
struct sizes {
	int objects[2], bytes[2];
};

static int find_type(const struct weft_pprof *profile, const char *type)
{
	uint32_t i;

	for (i = 0; i < weft_pprof_sample_type_count(profile); i++) {
		if (strcmp(weft_pprof_get_sample_type(profile, i)->type, type) == 0) {
			return (int)i;
		}
	}
	return -1;
}

/* The mean size of what was allocated meanwhile; else of what was freed. */
static int64_t mean_size(void *ctx, const struct weft_pprof_sample *sample)
{
	const struct sizes *sizes = (const struct sizes *)ctx;
	size_t i;

	for (i = 0; i < 2; i++) {
		int64_t objects = sizes->objects[i] < 0 ? 0 : sample->values[sizes->objects[i]];
		int64_t bytes = sizes->bytes[i] < 0 ? 0 : sample->values[sizes->bytes[i]];

		/* Of one sign, or some were freed that were larger or smaller than the new ones. */
		if (objects != 0 && bytes != 0 && (objects > 0) == (bytes > 0)) {
			return bytes / objects;
		}
	}
	return 0;
}

/* As profiles of memory have it, a number on each sample. */
static int label_sizes(struct weft_pprof *profile, struct weft_error *err)
{
	struct sizes sizes = {
		{find_type(profile, "alloc_objects"), find_type(profile, "inuse_objects")},
		{find_type(profile, "alloc_space"), find_type(profile, "inuse_space")}};
	int ret = weft_pprof_number_samples(profile, "bytes", mean_size, &sizes);

	return ret < 0 ? weft_error_set_errno(err, ret, "cannot hold the profiles") : 0;
}

/* What `later` has more than `earlier`, which are changed. */
static int subtract(struct weft_pprof *earlier, struct weft_pprof *later, bool keeps_inuse,
		    struct weft_pprof **ret_profile, struct weft_error *err)
{
	struct weft_pprof *profile = weft_pprof_create();
	int64_t began_ns = weft_pprof_get_header(earlier)->time_ns;
	int64_t ended_ns = weft_pprof_get_header(later)->time_ns;
	int ret;

	if (!profile) {
		return weft_error_set(err, -ENOMEM, "out of memory");
	}
	weft_pprof_remove_labels(earlier, "bytes");
	weft_pprof_remove_labels(later, "bytes");
	weft_pprof_filter_samples(earlier, negate, earlier);
	if (keeps_inuse) {
		weft_pprof_filter_samples(earlier, forget_inuse, earlier);
	}
	ret = weft_pprof_merge(profile, earlier, err);
	if (ret == 0) {
		ret = weft_pprof_merge(profile, later, err);
	}
	if (ret == 0) {
		ret = label_sizes(profile, err);
	}
	if (ret < 0) {
		weft_pprof_destroy(profile);
		return ret;
	}
	weft_pprof_set_time(profile, ended_ns, ended_ns > began_ns ? ended_ns - began_ns : 0);
	*ret_profile = profile;
	return 0;
}

int weft_cli_delta_read(int fd, uint64_t earlier_size, bool keeps_inuse, uint64_t limit_bytes,
			struct weft_pprof **ret_profile, struct weft_error *err)
{
	struct weft_pprof *earlier = NULL;
	struct weft_pprof *later = NULL;
	struct bytes bytes = {0};
	int ret = read_all(fd, limit_bytes, &bytes, err);

	if (ret == 0 && bytes.size < earlier_size) {
		ret = weft_error_set(err, -EBADMSG, "there is no second profile");
	}
	if (ret == 0) {
		ret = weft_pprof_decode(bytes.items, earlier_size, limit_bytes, &earlier, err);
	}
	if (ret == 0) {
		ret = weft_pprof_decode(bytes.items + earlier_size, bytes.size - earlier_size,
					limit_bytes, &later, err);
	}
	if (ret == 0) {
		ret = subtract(earlier, later, keeps_inuse, ret_profile, err);
	}
	weft_pprof_destroy(earlier);
	weft_pprof_destroy(later);
	free(bytes.items);
	return ret;
}
