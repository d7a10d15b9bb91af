// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include <cmocka.h>

#include "sample-profile.h"

static uint32_t add_function(struct weft_pprof *profile, const char *name, int64_t start_line)
{
	struct weft_pprof_function function = {
		.name = name, .file = "/src/main.c", .start_line = start_line};
	uint32_t index;

	assert_int_equal(weft_pprof_add_function(profile, &function, &index), 0);
	return index;
}

static uint32_t add_location(struct weft_pprof *profile, uint64_t address,
			     const struct weft_pprof_line *lines, uint32_t line_count)
{
	struct weft_pprof_location location = {
		.mapping = 0, .address = address, .lines = lines, .line_count = line_count};
	uint32_t index;

	assert_int_equal(weft_pprof_add_location(profile, &location, &index), 0);
	return index;
}

static void add_head(struct weft_pprof *profile)
{
	assert_int_equal(weft_pprof_add_sample_type(profile, "samples", "count"), 0);
	assert_int_equal(weft_pprof_add_sample_type(profile, "cpu", "nanoseconds"), 0);
	assert_int_equal(weft_pprof_set_period(profile, "cpu", "nanoseconds", 10000000), 0);
	assert_int_equal(weft_pprof_set_default_sample_type(profile, "cpu"), 0);
	assert_int_equal(weft_pprof_set_doc_url(profile, "https://example.org/doc"), 0);
	assert_int_equal(weft_pprof_set_frame_filters(profile, "drop_me", "keep_me"), 0);
	assert_int_equal(weft_pprof_add_comment(profile, "made by a test"), 0);
	assert_int_equal(weft_pprof_add_comment(profile, "# hidden"), 0);
	weft_pprof_set_time(profile, INT64_C(1700000000000000000), INT64_C(2500000000));
}

struct weft_pprof *sample_profile(uint64_t base)
{
	struct weft_pprof *profile = weft_pprof_create();
	struct weft_pprof_mapping mapping = {
		.start = base,
		.limit = base + 0x1234,
		.offset = 0x1000,
		.file = "/bin/main",
		.build_id = "abcdef01",
		.has_functions = true,
		.has_filenames = true,
		.has_line_numbers = true,
		.has_inline_frames = true,
	};
	const struct weft_pprof_label labels[] = {
		{.key = "request", .str = "GET /"},
		{.key = "bytes", .num = 512, .unit = "bytes"},
		{.key = "plain", .num = -3},
	};
	uint32_t index, main_function, work, sum, idle, stack[2];
	struct weft_pprof_line lines[2];

	assert_non_null(profile);
	add_head(profile);
	assert_int_equal(weft_pprof_add_mapping(profile, &mapping, &index), 0);
	main_function = add_function(profile, "main", 10);
	work = add_function(profile, "work", 20);
	sum = add_function(profile, "sum", 30);
	idle = add_function(profile, "idle", 40);
	lines[0] = (struct weft_pprof_line){.function = sum, .line = 31, .column = 7};
	lines[1] = (struct weft_pprof_line){.function = work, .line = 22};
	stack[0] = add_location(profile, base + 0x100, lines, 2);
	lines[0] = (struct weft_pprof_line){.function = main_function, .line = 12};
	stack[1] = add_location(profile, base + 0x200, lines, 1);
	assert_int_equal(
		weft_pprof_add_sample(
			profile, &(struct weft_pprof_sample){.locations = stack,
							     .location_count = 2,
							     .labels = labels,
							     .label_count = 3,
							     .values = (int64_t[]){3, 30000000}}),
		0);
	assert_int_equal(
		weft_pprof_add_sample(
			profile, &(struct weft_pprof_sample){.locations = stack,
							     .location_count = 2,
							     .values = (int64_t[]){5, 50000000}}),
		0);
	lines[0] = (struct weft_pprof_line){.function = idle, .line = 41};
	stack[0] = add_location(profile, base + 0x300, lines, 1);
	assert_int_equal(
		weft_pprof_add_sample(
			profile, &(struct weft_pprof_sample){.locations = stack,
							     .location_count = 2,
							     .values = (int64_t[]){2, 20000000}}),
		0);
	return profile;
}

int encoded_write(void *ctx, const void *bytes, size_t size)
{
	struct encoded *encoded = (struct encoded *)ctx;

	if (encoded->fail_at > 0 && encoded->size + size >= encoded->fail_at) {
		return -ENOSPC;
	}
	encoded->bytes = (unsigned char *)realloc(encoded->bytes, encoded->size + size);
	assert_non_null(encoded->bytes);
	memcpy(encoded->bytes + encoded->size, bytes, size);
	encoded->size += size;
	return 0;
}

void encode(const struct weft_pprof *profile, struct encoded *encoded)
{
	struct weft_error err = WEFT_ERROR_INIT;

	*encoded = (struct encoded){0};
	if (weft_pprof_write(profile, encoded_write, encoded, &err) < 0) {
		fail_msg("%s", err.text);
	}
}

unsigned char *unzip(const struct encoded *encoded, size_t *ret_size)
{
	size_t capacity = encoded->size * 64 + (1 << 16);
	unsigned char *bytes = (unsigned char *)malloc(capacity);
	z_stream stream = {.next_in = encoded->bytes, .avail_in = (uInt)encoded->size};

	assert_non_null(bytes);
	assert_int_equal(inflateInit2(&stream, 15 + 16), Z_OK);
	stream.next_out = bytes;
	stream.avail_out = (uInt)capacity;
	assert_int_equal(inflate(&stream, Z_FINISH), Z_STREAM_END);
	*ret_size = capacity - stream.avail_out;
	(void)inflateEnd(&stream); /* It ended well. */
	return bytes;
}
