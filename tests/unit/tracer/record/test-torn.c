// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Torn sub-buffers: whatever a killed writer left in its hole, all other events come out.
 *
 * A sub-buffer of numbered events is written, events of it are made holes, and what a writer may
 * leave there is put in: nothing, old events of the same size (the buffer's previous use), the new
 * event up to any byte.
 */
#include "torn.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define HEADER_SIZE 84U
#define EVENT_COUNT 200U
#define BEGIN_NS    UINT64_C(0x22e00000010)
#define STEP_NS     1000U
#define SIZE_MAX_   (1U << 16)

static const char metadata_text[] =
	"/* CTF 1.8 */\n"
	"\nevent {\n\tname = \"weft:log\";\n\tid = 4;\n\tstream_id = 0;\n"
	"\tfields := struct {\n"
	"\t\tinteger { size = 32; align = 8; signed = 1; encoding = none; base = 10; } _pid;\n"
	"\t\tinteger { size = 64; align = 8; signed = 0; encoding = none; base = 10; } _task;\n"
	"\t\tstring _message;\n\t};\n};\n"
	"\nevent {\n\tname = \"other:strange\";\n\tid = 5;\n\tstream_id = 0;\n"
	"\tfields := struct {\n\t\tfloating_point { exp_dig = 8; } _x;\n\t};\n};\n"
	"\nevent {\n\tname = \"weft:thread_end\";\n\tid = 7;\n\tstream_id = 0;\n"
	"\tfields := struct {\n"
	"\t\tinteger { size = 32; align = 8; signed = 1; encoding = none; base = 10; } _pid;\n"
	"\t\tinteger { size = 32; align = 8; signed = 1; encoding = none; base = 10; } _tid;\n"
	"\t};\n};\n";

struct sample {
	uint8_t bytes[SIZE_MAX_];
	size_t at[EVENT_COUNT + 1]; /* Where each event begins; the last: the end. */
};

static void load_layouts(struct weft_layouts *layouts)
{
	uint8_t bytes[4096] = {0};
	const uint32_t magic = 0x75D11D57;
	const uint32_t content_bits = (37 + sizeof(metadata_text) - 1) * 8;
	const uint32_t packet_bits = sizeof(bytes) * 8;

	memcpy(bytes, &magic, 4);
	memcpy(bytes + 24, &content_bits, 4);
	memcpy(bytes + 28, &packet_bits, 4);
	memcpy(bytes + 37, metadata_text, sizeof(metadata_text) - 1);
	assert_int_equal(weft_layouts_parse(layouts, bytes, sizeof(bytes)), 2);
}

/* Event `number`: its size depends on the number when `varied`. */
static size_t write_event(uint8_t *at, uint64_t begin_ns, unsigned int number, bool varied)
{
	const uint16_t id = 4;
	const uint32_t time_ns = (uint32_t)(begin_ns + (uint64_t)STEP_NS * number);
	const int32_t pid = 4711;
	const uint64_t task = number;

	memcpy(at, &id, 2);
	memcpy(at + 2, &time_ns, 4);
	memcpy(at + 6, &pid, 4);
	memcpy(at + 10, &task, 8);
	return 18U +
	       (size_t)snprintf((char *)at + 18, 64, "%0*u", varied ? 3 + (int)(number % 7) : 6,
				number) +
	       1;
}

static void write_sample(struct sample *sample, uint64_t begin_ns, bool varied)
{
	size_t at = HEADER_SIZE;
	unsigned int i;

	memset(sample->bytes, 0, sizeof(sample->bytes));
	for (i = 0; i < EVENT_COUNT; i++) {
		sample->at[i] = at;
		at += write_event(sample->bytes + at, begin_ns, i, varied);
	}
	sample->at[EVENT_COUNT] = at;
}

/* The events that are there, by their numbers, are all but the holes. */
static void check_healed(const struct weft_layouts *layouts, const struct weft_torn *torn,
			 const unsigned int *holes, size_t hole_count)
{
	struct weft_event_cursor cursor = {HEADER_SIZE, torn->begin_ns};
	unsigned int number;
	size_t hole = 0;

	for (number = 0; number < EVENT_COUNT; number++) {
		uint64_t task;

		if (hole < hole_count && holes[hole] == number) {
			hole++;
			continue;
		}
		assert_true(cursor.at + 18 <= torn->size);
		memcpy(&task, torn->bytes + cursor.at + 10, sizeof(task));
		assert_int_equal(task, number);
		assert_true(
			weft_layouts_step(layouts, torn->bytes, torn->size, torn->end_ns, &cursor));
	}
	assert_int_equal(cursor.at, torn->size);
}

/* Holes at the given events, filled with the old buffer and `written` bytes of the new event. */
static void tear_and_heal(const struct weft_layouts *layouts, bool varied,
			  const unsigned int *holes, size_t hole_count, size_t written,
			  bool with_hint)
{
	static struct sample sample, old;
	struct weft_torn torn = {
		.bytes = sample.bytes,
		.header_size = HEADER_SIZE,
		.begin_ns = BEGIN_NS,
		.end_ns = BEGIN_NS + (uint64_t)STEP_NS * EVENT_COUNT,
	};
	size_t i;

	write_sample(&sample, BEGIN_NS, varied);
	write_sample(&old, BEGIN_NS - 50000000, varied);
	torn.size = sample.at[EVENT_COUNT];
	for (i = 0; i < hole_count; i++) {
		size_t at = sample.at[holes[i]];
		size_t size = sample.at[holes[i] + 1] - at;

		torn.missing += size;
		if (written < size) {
			memcpy(sample.bytes + at + written, old.bytes + at + written,
			       size - written);
		}
	}
	if (with_hint) {
		torn.hint = sample.at[holes[0]];
	}
	assert_int_equal(weft_torn_heal(layouts, &torn), 0);
	check_healed(layouts, &torn, holes, hole_count);
}

static void one_hole_is_found_wherever_it_is(void **state)
{
	struct weft_layouts layouts;
	unsigned int hole;
	size_t written;

	(void)state;
	load_layouts(&layouts);
	for (hole = 0; hole < EVENT_COUNT; hole++) {
		for (written = 0; written < 18; written++) {
			tear_and_heal(&layouts, true, &hole, 1, written, true);
			tear_and_heal(&layouts, false, &hole, 1, written, true);
		}
		/* Without the hint too, as long as the hole does not look like an event. */
		tear_and_heal(&layouts, false, &hole, 1, 0, false);
	}
}

static void holes_of_several_threads_are_found(void **state)
{
	struct weft_layouts layouts;
	unsigned int first;
	unsigned int gap;

	(void)state;
	load_layouts(&layouts);
	for (first = 0; first < EVENT_COUNT; first += 7) {
		for (gap = 1; first + 2 * gap < EVENT_COUNT; gap += 5) {
			const unsigned int holes[] = {first, first + gap, first + 2 * gap};

			tear_and_heal(&layouts, true, holes, 2, 0, true);
			tear_and_heal(&layouts, false, holes, 2, 0, true);
			tear_and_heal(&layouts, true, holes, 3, 0, true);
		}
	}
}

static void an_event_that_was_whole_but_uncommitted_stays_without_hint(void **state)
{
	static struct sample sample;
	struct weft_layouts layouts;
	struct weft_torn torn = {.bytes = sample.bytes,
				 .header_size = HEADER_SIZE,
				 .missing = 1000,
				 .begin_ns = BEGIN_NS};

	(void)state;
	load_layouts(&layouts);
	write_sample(&sample, BEGIN_NS, true);
	torn.size = sample.at[EVENT_COUNT];
	/* More is missing than any place explains; everything is plausible. */
	torn.missing = torn.size;
	assert_int_equal(weft_torn_heal(&layouts, &torn), 0);
	check_healed(&layouts, &torn, NULL, 0);
}

static void what_cannot_be_explained_is_cut_and_counted(void **state)
{
	static struct sample sample;
	struct weft_layouts layouts;
	struct weft_torn torn = {
		.bytes = sample.bytes, .header_size = HEADER_SIZE, .begin_ns = BEGIN_NS};
	size_t size;

	(void)state;
	load_layouts(&layouts);
	write_sample(&sample, BEGIN_NS, false);
	size = torn.size = sample.at[EVENT_COUNT];
	torn.missing = 10; /* No event has that size. */
	memset(sample.bytes + sample.at[100], 0xff, 10);
	assert_int_equal(weft_torn_heal(&layouts, &torn), size - sample.at[100] - 10);
	assert_int_equal(torn.size, sample.at[100]);
}

static void random_bytes_do_no_harm(void **state)
{
	static uint8_t bytes[4096];
	struct weft_layouts layouts;
	unsigned int seed = 1;
	int i;

	(void)state;
	load_layouts(&layouts);
	for (i = 0; i < 2000; i++) {
		struct weft_torn torn = {.bytes = bytes,
					 .size = sizeof(bytes),
					 .header_size = HEADER_SIZE,
					 .missing = (size_t)rand_r(&seed) % 300,
					 .hint = (size_t)rand_r(&seed) % sizeof(bytes)};
		size_t j;

		for (j = 0; j < sizeof(bytes); j++) {
			bytes[j] = (uint8_t)(rand_r(&seed) % 5);
		}
		(void)weft_torn_heal(&layouts, &torn);
		assert_in_range(torn.size, HEADER_SIZE, sizeof(bytes));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_hole_is_found_wherever_it_is),
		cmocka_unit_test(holes_of_several_threads_are_found),
		cmocka_unit_test(an_event_that_was_whole_but_uncommitted_stays_without_hint),
		cmocka_unit_test(what_cannot_be_explained_is_cut_and_counted),
		cmocka_unit_test(random_bytes_do_no_harm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
