// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Verifier of Go traces: header, batches, generations. See verify.h.
 *
 * Only places in the trace are kept of a batch, so a generation costs some bytes a batch whatever
 * its size.
 */
#include "verify.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define HEADER_SIZE    16U
#define BATCH_SIZE_MAX 65536U
/* The only kind of experimental batch that viewers can name; others make them fail. */
#define EXPERIMENT_ALLOC_FREE 1

struct batch_header {
	const uint8_t *at;
	uint64_t generation, m, base_tick, size;
	bool is_experimental;
};

int weft_verify_header(struct weft_verify *verify)
{
	static const struct {
		const char text[HEADER_SIZE + 1];
		uint32_t version;
	} headers[] = {
		{"go 1.22 trace\0\0\0", 22},
		{"go 1.23 trace\0\0\0", 23},
		{"go 1.25 trace\0\0\0", 25},
		{"go 1.26 trace\0\0\0", 26},
	};
	size_t size = (size_t)(verify->end - verify->bytes);
	size_t i;

	for (i = 0; size >= HEADER_SIZE && i < sizeof(headers) / sizeof(headers[0]); i++) {
		if (memcmp(verify->bytes, headers[i].text, HEADER_SIZE) == 0) {
			verify->result->version = headers[i].version;
			verify->at = verify->bytes + HEADER_SIZE;
			return 0;
		}
	}
	if (size >= 13 && memcmp(verify->bytes, "go 1.", 5) == 0) {
		return weft_verify_broken_bytes(verify, verify->bytes,
						"Go trace of an unknown format '%.13s'; known are "
						"1.22, 1.23, 1.25 and 1.26",
						(const char *)verify->bytes);
	}
	return weft_verify_broken_bytes(verify, verify->bytes,
					"not a Go trace: it does not begin with 'go 1.NN trace'");
}

/* Makes room for one more element of `size` bytes. */
static void *grow(void *items, size_t count, size_t *capacity, size_t size)
{
	size_t larger = *capacity ? *capacity * 2 : 64;
	void *moved;

	if (count < *capacity) {
		return items;
	}
	moved = realloc(items, larger * size);
	if (moved) {
		*capacity = larger;
	}
	return moved;
}

static int add_batch(struct weft_verify_generation *generation,
		     const struct weft_verify_batch *batch)
{
	struct weft_verify_batch *batches =
		(struct weft_verify_batch *)grow(generation->batches, generation->batch_count,
						 &generation->batch_capacity, sizeof(*batches));

	if (!batches) {
		return -ENOMEM;
	}
	generation->batches = batches;
	batches[generation->batch_count++] = *batch;
	return 0;
}

/* Behind the other batches of its stream. */
static int add_event_batch(struct weft_verify *verify, const struct weft_verify_batch *batch)
{
	struct weft_verify_generation *generation = &verify->generation;
	uint64_t key = weft_verify_key(verify, batch->m);
	uintptr_t place = (uintptr_t)weft_id_map_find(&generation->cursor_indices, key);
	size_t index = generation->batch_count;
	struct weft_verify_cursor *cursors;

	generation->event_batch_count++;
	if (add_batch(generation, batch) < 0) {
		return -ENOMEM;
	}
	if (place) {
		cursors = &generation->cursors[place - 1];
		generation->batches[cursors->last_batch].next = index;
		cursors->last_batch = index;
		return 0;
	}
	cursors = (struct weft_verify_cursor *)grow(generation->cursors, generation->cursor_count,
						    &generation->cursor_capacity, sizeof(*cursors));
	if (!cursors) {
		return -ENOMEM;
	}
	generation->cursors = cursors;
	cursors[generation->cursor_count++] = (struct weft_verify_cursor){
		.m = batch->m,
		.first_batch = index,
		.last_batch = index,
	};
	return weft_id_map_put(&generation->cursor_indices, key,
			       (void *)(uintptr_t)generation->cursor_count);
}

static int add_sample_batch(struct weft_verify_generation *generation,
			    const struct weft_verify_batch *batch)
{
	size_t index = generation->batch_count;

	if (add_batch(generation, batch) < 0) {
		return -ENOMEM;
	}
	if (generation->first_samples == SIZE_MAX) {
		generation->first_samples = index;
	} else {
		generation->batches[generation->last_samples].next = index;
	}
	generation->last_samples = index;
	return 0;
}

/* The first byte of the payload says what a batch is, whatever its stream. */
static int take_payload(struct weft_verify *verify, const struct weft_verify_batch *batch)
{
	uint8_t kind = batch->begin < batch->end ? *batch->begin : 0;

	switch (kind) {
	case WEFT_VERIFY_STRINGS:
		return weft_verify_table_strings(verify, batch);
	case WEFT_VERIFY_STACKS:
		return weft_verify_table_stacks(verify, batch);
	case WEFT_VERIFY_CPU_SAMPLES:
		return add_sample_batch(&verify->generation, batch);
	case WEFT_VERIFY_FREQUENCY:
		if (verify->result->version < 25) {
			return weft_verify_table_frequency(verify, batch);
		}
		return weft_verify_broken_bytes(verify, batch->begin,
						"a batch begins with Frequency: since format 1.25 "
						"it belongs into a Sync batch");
	case WEFT_VERIFY_SYNC:
		if (verify->result->version >= 25) {
			return weft_verify_table_sync(verify, batch);
		}
		break;
	default:
		break;
	}
	return add_event_batch(verify, batch);
}

static int parse_header(struct weft_verify *verify, struct batch_header *ret_header)
{
	const uint8_t *at = verify->at;
	struct batch_header header = {.at = at};
	uint64_t *const fields[] = {&header.generation, &header.m, &header.base_tick, &header.size};
	static const char *const names[] = {"generation", "stream", "time", "size"};
	size_t i;

	header.is_experimental =
		*at == WEFT_VERIFY_EXPERIMENTAL_BATCH && verify->result->version >= 23;
	if (*at == WEFT_VERIFY_END_OF_GENERATION) {
		return weft_verify_broken_bytes(verify, at,
						"EndOfGeneration came with format 1.26, this file "
						"has format 1.%u",
						verify->result->version);
	}
	if (*at != WEFT_VERIFY_EVENT_BATCH && !header.is_experimental) {
		return weft_verify_broken_bytes(
			verify, at, "a batch should begin here, but the byte is %u, not 1", *at);
	}
	at++;
	if (header.is_experimental) {
		if (at < verify->end && *at != EXPERIMENT_ALLOC_FREE) {
			return weft_verify_broken_bytes(verify, header.at,
							"batch of the unknown experiment %u; "
							"viewers know 1 only and fail on others",
							*at);
		}
		at += at < verify->end;
	}
	for (i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		if (!weft_verify_take_uvarint(&at, verify->end, fields[i])) {
			return weft_verify_broken_bytes(verify, header.at,
							"batch header: its %s is cut short or not "
							"a 64-bit number",
							names[i]);
		}
	}
	if (header.generation == 0) {
		return weft_verify_broken_bytes(verify, header.at,
						"batch header: generation 0; they count from 1");
	}
	if (header.size > BATCH_SIZE_MAX) {
		return weft_verify_broken_bytes(verify, header.at,
						"batch header: size %" PRIu64 " is above %u",
						header.size, BATCH_SIZE_MAX);
	}
	header.at = at;
	*ret_header = header;
	return 0;
}

/* 1: the batch belongs to this generation; 0: it is the first of the next; or a negative errno. */
static int check_generation(struct weft_verify *verify, const struct batch_header *header)
{
	struct weft_verify_generation *generation = &verify->generation;

	if (header->generation == generation->number) {
		return 1;
	}
	if (verify->result->version >= 26) {
		return weft_verify_broken_bytes(verify, verify->at,
						"batch of generation %" PRIu64 " before the end of "
						"this one: EndOfGeneration is missing, or "
						"generations are interleaved",
						header->generation);
	}
	if (header->generation == generation->number + 1) {
		return 0;
	}
	return weft_verify_broken_bytes(verify, verify->at,
					"generations out of order: batch of generation %" PRIu64
					" after one of %" PRIu64,
					header->generation, generation->number);
}

static int begin_generation(struct weft_verify *verify, uint64_t number)
{
	struct weft_verify_generation *generation = &verify->generation;
	uint64_t previous = generation->number;

	generation->number = number;
	generation->ordinal++;
	if (verify->strict && previous && number != previous + 1) {
		return weft_verify_broken_bytes(verify, verify->at,
						"strict: generation %" PRIu64 " follows %" PRIu64
						"; they should count up by one",
						number, previous);
	}
	return 1;
}

/* One batch or end mark. 1: there may be more; 0: the generation is complete. */
static int take_batch(struct weft_verify *verify, size_t *batch_count)
{
	struct weft_verify_batch batch = {.next = SIZE_MAX};
	struct batch_header header = {.at = NULL};
	int ret;

	/* NOLINTNEXTLINE(clang-analyzer-core.NullDereference): at < end, says the caller. */
	if (*verify->at == WEFT_VERIFY_END_OF_GENERATION && verify->result->version >= 26) {
		if (*batch_count == 0) {
			return weft_verify_broken_bytes(
				verify, verify->at, "EndOfGeneration without a generation before");
		}
		verify->at++;
		return 0;
	}
	ret = parse_header(verify, &header);
	if (ret < 0) {
		return ret;
	}
	ret = *batch_count ? check_generation(verify, &header)
			   : begin_generation(verify, header.generation);
	if (ret <= 0) {
		return ret;
	}
	if (header.size > (uint64_t)(verify->end - header.at)) {
		return weft_verify_broken_bytes(verify, verify->at,
						"the file ends within a batch: %" PRIu64
						" bytes announced, %zu are there",
						header.size, (size_t)(verify->end - header.at));
	}
	batch.begin = header.at;
	batch.end = header.at + header.size;
	batch.m = header.m;
	batch.base_tick = header.base_tick;
	verify->result->batch_count++;
	++*batch_count;
	ret = header.is_experimental ? 0 : take_payload(verify, &batch);
	if (ret == -ENOMEM) {
		return weft_error_set_errno(verify->err, ret, "index batches");
	}
	verify->at = batch.end;
	return ret < 0 ? ret : 1;
}

static void reset(struct weft_verify_generation *generation)
{
	generation->has_frequency = false;
	generation->batch_count = 0;
	generation->cursor_count = 0;
	generation->event_batch_count = 0;
	generation->mentioned_count = 0;
	generation->first_samples = SIZE_MAX;
	generation->strings.count = 0;
	generation->stacks.count = 0;
	weft_id_map_clear(&generation->cursor_indices);
}

static int check_samples(struct weft_verify *verify)
{
	size_t index = verify->generation.first_samples;
	int ret;

	while (index != SIZE_MAX) {
		ret = weft_verify_table_samples(verify, &verify->generation.batches[index]);
		if (ret < 0) {
			return ret;
		}
		index = verify->generation.batches[index].next;
	}
	return 0;
}

int weft_verify_load(struct weft_verify *verify)
{
	size_t batch_count = 0;
	int ret = 1;

	reset(&verify->generation);
	while (ret == 1 && verify->at < verify->end) {
		ret = take_batch(verify, &batch_count);
	}
	if (ret < 0) {
		return ret;
	}
	if (batch_count == 0) {
		return 0;
	}
	if (ret == 1 && verify->result->version >= 26) {
		return weft_verify_broken_bytes(verify, verify->at,
						"the file ends within a generation: "
						"EndOfGeneration is missing");
	}
	if (!verify->generation.has_frequency) {
		return weft_verify_broken_bytes(
			verify, verify->at, "the generation that ends here has no %s",
			verify->result->version >= 25 ? "Sync batch with the clock's Frequency"
						      : "Frequency batch");
	}
	ret = weft_verify_tables_finish(verify);
	if (ret == 0) {
		ret = check_samples(verify);
	}
	return ret < 0 ? ret : 1;
}

void weft_verify_generation_fini(struct weft_verify_generation *generation)
{
	free(generation->batches);
	free(generation->cursors);
	free(generation->strings.entries);
	free(generation->stacks.entries);
	weft_id_map_fini(&generation->cursor_indices);
}
