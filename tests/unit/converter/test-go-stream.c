// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Go streams: integers, batch framing, and the batch limit.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <errno.h>

#include "go-stream.h"

/* What came out, and how much may. */
struct collected {
	uint8_t *bytes;
	size_t size, limit;
};

static int collect(void *ctx, const void *bytes, size_t size)
{
	struct collected *collected = (struct collected *)ctx;

	if (collected->size + size > collected->limit) {
		return -ENOSPC;
	}
	memcpy(collected->bytes + collected->size, bytes, size);
	collected->size += size;
	return 0;
}

static uint64_t get_uvarint(const uint8_t *bytes, size_t size, size_t *at)
{
	uint64_t value = 0;
	unsigned int shift = 0;

	for (;;) {
		assert_true(*at < size);
		assert_true(shift < 64);
		value |= (uint64_t)(bytes[*at] & 0x7f) << shift;
		shift += 7;
		if (!(bytes[(*at)++] & 0x80)) {
			return value;
		}
	}
}

static void integers_have_the_bytes_of_leb128(void **state)
{
	static const struct {
		uint64_t value;
		uint8_t bytes[10];
		size_t size;
	} cases[] = {
		{0, {0}, 1},
		{127, {0x7f}, 1},
		{128, {0x80, 0x01}, 2},
		{300, {0xac, 0x02}, 2},
		{16383, {0xff, 0x7f}, 2},
		{16384, {0x80, 0x80, 0x01}, 3},
		{UINT64_MAX, {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01}, 10},
	};
	uint8_t bytes[16];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(weft_go_put_uvarint(bytes, cases[i].value), cases[i].size);
		assert_memory_equal(bytes, cases[i].bytes, cases[i].size);
	}
}

static struct weft_go_output *create_output(struct collected *collected)
{
	struct weft_go_output *output = (struct weft_go_output *)calloc(1, sizeof(*output));

	assert_non_null(output);
	output->write = collect;
	output->ctx = collected;
	return output;
}

/* Reads back all batches of the one stream; returns the number of events. */
static size_t read_batches(const struct collected *collected, uint64_t *ret_last_tick,
			   size_t *ret_batch_count)
{
	size_t event_count = 0;
	size_t at = 0;

	*ret_batch_count = 0;
	while (at < collected->size) {
		uint64_t tick;
		size_t end;
		size_t size;

		assert_int_equal(collected->bytes[at++], 1);
		assert_int_equal(get_uvarint(collected->bytes, collected->size, &at), 3);
		assert_int_equal(get_uvarint(collected->bytes, collected->size, &at), 77);
		tick = get_uvarint(collected->bytes, collected->size, &at);
		size = (size_t)get_uvarint(collected->bytes, collected->size, &at);
		assert_true(size > 0 && size <= WEFT_GO_BATCH_SIZE_MAX);
		end = at + size;
		assert_true(end <= collected->size);
		while (at < end) {
			assert_int_equal(collected->bytes[at++], 42);
			tick += get_uvarint(collected->bytes, end, &at);
			assert_int_equal(get_uvarint(collected->bytes, end, &at), event_count);
			event_count++;
		}
		assert_int_equal(at, end);
		(*ret_batch_count)++;
		*ret_last_tick = tick;
	}
	return event_count;
}

static void events_come_back_from_batches_below_the_limit(void **state)
{
	struct collected collected = {(uint8_t *)malloc(8U << 20), 0, 8U << 20};
	struct weft_go_output *output = create_output(&collected);
	struct weft_go_stream stream = {.m = 77};
	uint64_t last_tick = 0;
	uint64_t tick = 1000;
	size_t batch_count;
	uint64_t i;

	(void)state;
	assert_non_null(collected.bytes);
	for (i = 0; i < 100000; i++) {
		tick += i % 1000;
		assert_true(weft_go_stream_event(&stream, output, 3, tick, 42, &i, 1) > 0);
	}
	weft_go_stream_flush(&stream, output, 3);
	weft_go_output_flush(output);
	assert_int_equal(output->status, 0);
	assert_int_equal(output->byte_count, collected.size);
	assert_int_equal(read_batches(&collected, &last_tick, &batch_count), 100000);
	assert_int_equal(last_tick, tick);
	assert_true(batch_count > 1);
	free(stream.bytes);
	free(output);
	free(collected.bytes);
}

static void an_empty_stream_writes_no_batch(void **state)
{
	struct collected collected = {NULL, 0, 0};
	struct weft_go_output *output = create_output(&collected);
	struct weft_go_stream stream = {.m = 1};

	(void)state;
	weft_go_stream_flush(&stream, output, 1);
	weft_go_output_flush(output);
	assert_int_equal(output->status, 0);
	assert_int_equal(output->byte_count, 0);
	free(output);
}

static void after_a_failed_write_nothing_more_is_written(void **state)
{
	static uint8_t zeros[1U << 16];
	struct collected collected = {(uint8_t *)malloc(1U << 20), 0, 100000};
	struct weft_go_output *output = create_output(&collected);
	size_t written;
	int i;

	(void)state;
	assert_non_null(collected.bytes);
	for (i = 0; i < 10 && output->status == 0; i++) {
		weft_go_output_bytes(output, zeros, sizeof(zeros));
	}
	assert_int_equal(output->status, -ENOSPC);
	written = collected.size;
	collected.limit = 1U << 20;
	weft_go_output_bytes(output, zeros, sizeof(zeros));
	weft_go_output_bytes(output, zeros, sizeof(zeros));
	weft_go_output_flush(output);
	assert_int_equal(collected.size, written);
	assert_int_equal(output->status, -ENOSPC);
	free(output);
	free(collected.bytes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(integers_have_the_bytes_of_leb128),
		cmocka_unit_test(events_come_back_from_batches_below_the_limit),
		cmocka_unit_test(an_empty_stream_writes_no_batch),
		cmocka_unit_test(after_a_failed_write_nothing_more_is_written),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
