// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * The profile library: building, the codec against protobuf-c's own reading of the schema, merging,
 * refusals and ceilings.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <profile.pb-c.h>

#include <weft/pprof.h>

#include "sample-profile.h"
#include "unit.h"

static void equal_things_are_kept_once(void **state)
{
	struct weft_pprof *profile = sample_profile(0x400000);
	const struct weft_pprof_function again = {
		.name = "work", .file = "/src/main.c", .start_line = 20};
	uint32_t index = 99, stack[2] = {0, 1};
	const struct weft_pprof_sample more = {
		.locations = stack, .location_count = 2, .values = (int64_t[]){1, 1}};

	(void)state;
	assert_int_equal(weft_pprof_function_count(profile), 4);
	assert_int_equal(weft_pprof_add_function(profile, &again, &index), 0);
	assert_int_equal(index, 1);
	assert_int_equal(weft_pprof_function_count(profile), 4);
	assert_int_equal(weft_pprof_add_sample(profile, &more), 0);
	assert_int_equal(weft_pprof_sample_count(profile), 3);
	assert_int_equal(weft_pprof_get_sample(profile, 1)->values[0], 6);
	assert_int_equal(weft_pprof_append_sample(profile, &more), 0);
	assert_int_equal(weft_pprof_sample_count(profile), 4);
	assert_ptr_equal(weft_pprof_get_function(profile, 0)->file,
			 weft_pprof_get_function(profile, 3)->file);
	weft_pprof_destroy(profile);
}

static void wrong_indices_are_refused(void **state)
{
	struct weft_pprof *profile = sample_profile(0);
	uint32_t index = 0, stack[1] = {17};
	const struct weft_pprof_line line = {.function = 4};
	const struct weft_pprof_location in_no_function = {.lines = &line, .line_count = 1};
	const struct weft_pprof_location in_no_mapping = {.mapping = 1};
	const struct weft_pprof_sample nowhere = {
		.locations = stack, .location_count = 1, .values = (int64_t[]){1, 1}};

	(void)state;
	assert_int_equal(weft_pprof_add_location(profile, &in_no_function, &index), -EINVAL);
	assert_int_equal(weft_pprof_add_location(profile, &in_no_mapping, &index), -EINVAL);
	assert_int_equal(weft_pprof_add_sample(profile, &nowhere), -EINVAL);
	assert_int_equal(weft_pprof_add_sample_type(profile, "late", "count"), -EINVAL);
	assert_int_equal(weft_pprof_set_location_lines(profile, 3, &line, 1), -EINVAL);
	weft_pprof_destroy(profile);
}

static void assert_string(const Weft__Pb__Profile *message, int64_t id, const char *text)
{
	assert_true(id >= 0 && (size_t)id < message->n_string_table);
	assert_string_equal(message->string_table[id], text);
}

/* What protobuf-c reads from our bytes is what was put in. */
static void protobuf_c_reads_what_we_write(void **state)
{
	struct weft_pprof *profile = sample_profile(0x400000);
	Weft__Pb__Profile *message;
	struct encoded encoded;
	unsigned char *bytes;
	size_t size;

	(void)state;
	encode(profile, &encoded);
	bytes = unzip(&encoded, &size);
	message = weft__pb__profile__unpack(NULL, size, bytes);
	assert_non_null(message);
	assert_string(message, 0, "");
	assert_int_equal(message->n_sample_type, 2);
	assert_string(message, message->sample_type[1]->unit, "nanoseconds");
	assert_int_equal(message->n_sample, 3);
	assert_int_equal(message->sample[0]->n_location_id, 2);
	assert_int_equal(message->sample[0]->location_id[1], 2);
	assert_int_equal(message->sample[0]->value[1], 30000000);
	assert_int_equal(message->sample[0]->n_label, 3);
	assert_string(message, message->sample[0]->label[0]->str, "GET /");
	assert_int_equal(message->sample[0]->label[1]->num, 512);
	assert_string(message, message->sample[0]->label[1]->num_unit, "bytes");
	assert_int_equal(message->sample[0]->label[2]->num, -3);
	assert_int_equal(message->mapping[0]->memory_limit, 0x401234);
	assert_true(message->mapping[0]->has_inline_frames);
	assert_string(message, message->mapping[0]->build_id, "abcdef01");
	assert_int_equal(message->location[0]->address, 0x400100);
	assert_int_equal(message->location[0]->n_line, 2);
	assert_int_equal(message->location[0]->line[0]->column, 7);
	assert_int_equal(message->function[2]->start_line, 30);
	assert_string(message, message->function[2]->system_name, "sum");
	assert_int_equal(message->time_nanos, INT64_C(1700000000000000000));
	assert_int_equal(message->duration_nanos, INT64_C(2500000000));
	assert_int_equal(message->period, 10000000);
	assert_int_equal(message->n_comment, 2);
	assert_string(message, message->default_sample_type, "cpu");
	assert_string(message, message->doc_url, "https://example.org/doc");
	assert_string(message, message->drop_frames, "drop_me");
	assert_string(message, message->keep_frames, "keep_me");
	weft__pb__profile__free_unpacked(message, NULL);
	free(bytes);
	free(encoded.bytes);
	weft_pprof_destroy(profile);
}

/* Decoded and encoded again, the bytes are the same: nothing is lost on the way. */
static void a_second_round_changes_nothing(void **state)
{
	struct weft_pprof *profile = sample_profile(0x400000), *decoded;
	struct weft_error err = WEFT_ERROR_INIT;
	struct encoded first, second;
	unsigned char *bytes;
	size_t size;

	(void)state;
	encode(profile, &first);
	assert_int_equal(weft_pprof_decode(first.bytes, first.size, 0, &decoded, &err), 0);
	encode(decoded, &second);
	assert_int_equal(first.size, second.size);
	assert_memory_equal(first.bytes, second.bytes, first.size);
	weft_pprof_destroy(decoded);

	bytes = unzip(&first, &size);
	assert_int_equal(weft_pprof_decode(bytes, size, 0, &decoded, &err), 0);
	assert_int_equal(weft_pprof_sample_count(decoded), 3);
	assert_string_equal(weft_pprof_get_sample(decoded, 0)->labels[0].str, "GET /");
	assert_null(weft_pprof_get_sample(decoded, 0)->labels[2].str);
	weft_pprof_destroy(decoded);
	free(bytes);
	free(first.bytes);
	free(second.bytes);
	weft_pprof_destroy(profile);
}

/* Length of the field at `at`: all fields of a profile are numbers or have a length. */
static size_t field_size(const unsigned char *at)
{
	bool has_length = (*at & 7) == 2;
	size_t size = 1, len = 0, shift = 0;

	do {
		len |= (size_t)(at[size] & 0x7f) << shift;
		shift += 7;
	} while (at[size++] & 0x80);
	return has_length ? size + len : size;
}

/* Takes fields round and round, one of each kind at a time, the largest number first. */
static size_t interleave(const unsigned char *bytes, size_t size, unsigned char *ret_bytes)
{
	size_t next[16] = {0}, used = 0, last;
	unsigned int number;

	do {
		last = used;
		for (number = 15; number > 0; number--) {
			size_t at = next[number];

			while (at < size && bytes[at] >> 3 != number) {
				at += field_size(bytes + at);
			}
			if (at < size) {
				memcpy(ret_bytes + used, bytes + at, field_size(bytes + at));
				used += field_size(bytes + at);
				at += field_size(bytes + at);
			}
			next[number] = at;
		}
	} while (used > last);
	return used;
}

/* Tables may come in any order, and in pieces. */
static void fields_may_come_in_any_order(void **state)
{
	struct weft_pprof *profile = sample_profile(0x400000), *decoded;
	struct weft_error err = WEFT_ERROR_INIT;
	struct encoded first, second;
	unsigned char *bytes, *mixed;
	size_t size;

	(void)state;
	encode(profile, &first);
	bytes = unzip(&first, &size);
	mixed = malloc(size);
	assert_non_null(mixed);
	assert_int_equal(interleave(bytes, size, mixed), size);
	assert_memory_not_equal(mixed, bytes, size);
	assert_int_equal(weft_pprof_decode(mixed, size, 0, &decoded, &err), 0);
	encode(decoded, &second);
	assert_int_equal(first.size, second.size);
	assert_memory_equal(first.bytes, second.bytes, first.size);
	weft_pprof_destroy(decoded);
	weft_pprof_destroy(profile);
	free(bytes);
	free(mixed);
	free(first.bytes);
	free(second.bytes);
}

/* ---- Refusals ---- */

struct message {
	Weft__Pb__Profile profile;
	Weft__Pb__ValueType type, *types[1];
	Weft__Pb__Sample sample, *samples[1];
	Weft__Pb__Location location, *locations[2];
	Weft__Pb__Function function, *functions[2];
	Weft__Pb__Mapping mapping, *mappings[2];
	Weft__Pb__Line line, *lines[1];
	char *strings[2];
	uint64_t stack[1];
	int64_t values[2];
};

/* A small valid profile, to be broken in one place; ids are not 1, 2, 3. */
static void message_init(struct message *message)
{
	static char empty[] = "", name[] = "name";

	weft__pb__profile__init(&message->profile);
	weft__pb__value_type__init(&message->type);
	weft__pb__sample__init(&message->sample);
	weft__pb__location__init(&message->location);
	weft__pb__function__init(&message->function);
	weft__pb__mapping__init(&message->mapping);
	weft__pb__line__init(&message->line);
	message->strings[0] = empty;
	message->strings[1] = name;
	message->profile.string_table = message->strings;
	message->profile.n_string_table = 2;
	message->types[0] = &message->type;
	message->profile.sample_type = message->types;
	message->profile.n_sample_type = 1;
	message->mapping.id = 70;
	message->mappings[0] = message->mappings[1] = &message->mapping;
	message->profile.mapping = message->mappings;
	message->profile.n_mapping = 1;
	message->function.id = UINT64_MAX;
	message->functions[0] = message->functions[1] = &message->function;
	message->profile.function = message->functions;
	message->profile.n_function = 1;
	message->line.function_id = UINT64_MAX;
	message->lines[0] = &message->line;
	message->location.id = 9;
	message->location.mapping_id = 70;
	message->location.line = message->lines;
	message->location.n_line = 1;
	message->locations[0] = message->locations[1] = &message->location;
	message->profile.location = message->locations;
	message->profile.n_location = 1;
	message->stack[0] = 9;
	message->values[0] = 1;
	message->sample.location_id = message->stack;
	message->sample.n_location_id = 1;
	message->sample.value = message->values;
	message->sample.n_value = 1;
	message->samples[0] = &message->sample;
	message->profile.sample = message->samples;
	message->profile.n_sample = 1;
	message->profile.time_nanos = 5;
}

static void break_nothing(struct message *message)
{
	(void)message;
}

static void break_values(struct message *message)
{
	message->sample.n_value = 2;
}

static void break_types(struct message *message)
{
	message->profile.n_sample_type = 0;
	message->sample.n_value = 0;
}

static void break_location_zero(struct message *message)
{
	message->location.id = 0;
}

static void break_location_twice(struct message *message)
{
	message->profile.n_location = 2;
}

static void break_function_twice(struct message *message)
{
	message->profile.n_function = 2;
}

static void break_mapping_twice(struct message *message)
{
	message->profile.n_mapping = 2;
}

static void break_stack(struct message *message)
{
	message->stack[0] = 10;
}

static void break_line(struct message *message)
{
	message->line.function_id = 1;
}

static void break_mapping_of_location(struct message *message)
{
	message->location.mapping_id = 1;
}

static void break_string(struct message *message)
{
	message->function.name = 2;
}

static void break_negative_string(struct message *message)
{
	message->profile.doc_url = -1;
}

static void break_first_string(struct message *message)
{
	message->strings[0] = message->strings[1];
}

static void break_table(struct message *message)
{
	message->profile.n_string_table = 0;
}

static void what_the_reader_refuses_is_refused(void **state)
{
	static const struct {
		void (*break_it)(struct message *message);
		const char *says; /* NULL: accepted. */
	} cases[] = {
		{break_nothing, NULL},
		{break_values, "2 values for 1 types"},
		{break_types, "no sample types"},
		{break_location_zero, "location with id 0"},
		{break_location_twice, "location id 9 twice"},
		{break_function_twice, "function id 18446744073709551615 twice"},
		{break_mapping_twice, "mapping id 70 twice"},
		{break_stack, "unknown location 10"},
		{break_line, "unknown function 1"},
		{break_mapping_of_location, "unknown mapping 1"},
		{break_string, "string 2 of 2"},
		{break_negative_string, "string -1 of 2"},
		{break_first_string, "first string"},
		{break_table, "no string table"},
	};
	struct weft_pprof *profile;
	struct weft_error err;
	unsigned char bytes[512];
	struct message message;
	size_t size, i;
	int ret;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		message_init(&message);
		cases[i].break_it(&message);
		size = weft__pb__profile__pack(&message.profile, bytes);
		ret = weft_pprof_decode(bytes, size, 0, &profile, &err);
		if (!cases[i].says) {
			assert_int_equal(ret, 0);
			weft_pprof_destroy(profile);
			continue;
		}
		assert_int_equal(ret, -EBADMSG);
		if (!strstr(err.text, cases[i].says)) {
			fail_msg("'%s' does not say '%s'", err.text, cases[i].says);
		}
	}
	/* Two of them, one behind the other. */
	message_init(&message);
	size = weft__pb__profile__pack(&message.profile, bytes);
	memcpy(bytes + size, bytes, size);
	assert_int_equal(weft_pprof_decode(bytes, 2 * size, 0, &profile, &err), -EBADMSG);
	assert_int_equal(weft_pprof_decode(bytes, 0, 0, &profile, &err), -ENODATA);
}

/* Every cut and every flipped bit of the file is refused, or read as something; never a crash. */
static void damage_is_survived(void **state)
{
	struct weft_pprof *profile = sample_profile(0x400000), *decoded;
	struct encoded encoded;
	unsigned char *bytes;
	size_t size, i;

	(void)state;
	encode(profile, &encoded);
	for (i = 1; i < encoded.size; i++) {
		assert_int_equal(weft_pprof_decode(encoded.bytes, i, 0, &decoded, NULL), -EBADMSG);
	}
	bytes = unzip(&encoded, &size);
	for (i = 0; i < 8 * size; i++) {
		bytes[i / 8] ^= (unsigned char)(1U << i % 8);
		if (weft_pprof_decode(bytes, size, 0, &decoded, NULL) == 0) {
			weft_pprof_destroy(decoded);
		}
		bytes[i / 8] ^= (unsigned char)(1U << i % 8);
	}
	free(bytes);
	free(encoded.bytes);
	weft_pprof_destroy(profile);
}

/* The ceiling holds wherever it hits, also for a small file that unpacks to much. */
static void the_memory_limit_holds(void **state)
{
	struct weft_pprof *profile = sample_profile(0x400000), *decoded;
	uint64_t limit, fits = 0;
	struct weft_error err;
	struct encoded encoded;
	int ret;

	(void)state;
	encode(profile, &encoded);
	for (limit = 1; fits == 0 && limit < (UINT64_C(4) << 20); limit += limit / 16 + 64) {
		ret = weft_pprof_decode(encoded.bytes, encoded.size, limit, &decoded, &err);
		if (ret == 0) {
			fits = limit;
			assert_true(weft_pprof_memory_bytes(decoded) < limit + 1024);
			weft_pprof_destroy(decoded);
		} else {
			assert_int_equal(ret == -E2BIG || ret == -ENOMEM, 1);
		}
	}
	assert_true(fits > 0);
	free(encoded.bytes);
	weft_pprof_destroy(profile);
}

static void a_failed_write_is_told(void **state)
{
	struct weft_pprof *profile = sample_profile(0x400000);
	struct encoded encoded = {.fail_at = 1};
	struct weft_error err = WEFT_ERROR_INIT;

	(void)state;
	assert_int_equal(weft_pprof_write(profile, encoded_write, &encoded, &err), -ENOSPC);
	assert_non_null(strstr(err.text, "No space left"));
	weft_pprof_destroy(profile);
}

/* ---- Merging ---- */

static int64_t total(const struct weft_pprof *profile, uint32_t column)
{
	int64_t sum = 0;
	uint32_t i;

	for (i = 0; i < weft_pprof_sample_count(profile); i++) {
		sum += weft_pprof_get_sample(profile, i)->values[column];
	}
	return sum;
}

/* The same program, loaded elsewhere: samples fall together. */
static void merge_adds_values_of_equal_stacks(void **state)
{
	struct weft_pprof *profile = weft_pprof_create();
	struct weft_pprof *one = sample_profile(0x400000), *other = sample_profile(0x7f0000000000);
	struct weft_error err = WEFT_ERROR_INIT;

	(void)state;
	assert_int_equal(weft_pprof_merge(profile, one, &err), 0);
	assert_int_equal(weft_pprof_merge(profile, other, &err), 0);
	assert_int_equal(weft_pprof_sample_count(profile), 3);
	assert_int_equal(weft_pprof_mapping_count(profile), 1);
	assert_int_equal(weft_pprof_location_count(profile), 3);
	assert_int_equal(total(profile, 0), 20);
	assert_int_equal(total(profile, 1), 200000000);
	assert_int_equal(weft_pprof_get_header(profile)->duration_ns, INT64_C(5000000000));
	assert_int_equal(weft_pprof_get_header(profile)->period, 10000000);
	assert_int_equal(weft_pprof_comment_count(profile), 2);
	weft_pprof_destroy(one);
	weft_pprof_destroy(other);
	weft_pprof_destroy(profile);
}

static void a_profile_less_itself_is_empty(void **state)
{
	struct weft_pprof *profile = weft_pprof_create(), *one = sample_profile(0x400000);
	struct weft_error err = WEFT_ERROR_INIT;

	(void)state;
	assert_int_equal(weft_pprof_merge(profile, one, &err), 0);
	weft_pprof_scale(profile, -1);
	assert_int_equal(total(profile, 0), -10);
	assert_int_equal(weft_pprof_merge(profile, one, &err), 0);
	assert_int_equal(weft_pprof_sample_count(profile), 0);
	weft_pprof_destroy(one);
	weft_pprof_destroy(profile);
}

static void merge_joins_units_and_types(void **state)
{
	struct weft_pprof *profile = weft_pprof_create(), *fine = sample_profile(0);
	struct weft_pprof *coarse = weft_pprof_create(), *strange = weft_pprof_create();
	struct weft_error err = WEFT_ERROR_INIT;

	(void)state;
	/* One column, in ms, with a period in ms. */
	assert_int_equal(weft_pprof_add_sample_type(coarse, "cpu", "ms"), 0);
	assert_int_equal(weft_pprof_set_period(coarse, "cpu", "milliseconds", 20), 0);
	assert_int_equal(weft_pprof_add_sample(
				 coarse, &(struct weft_pprof_sample){.values = (int64_t[]){7}}),
			 0);
	assert_int_equal(weft_pprof_merge(profile, coarse, &err), 0);
	assert_int_equal(weft_pprof_merge(profile, fine, &err), 0);
	assert_int_equal(weft_pprof_sample_type_count(profile), 1);
	assert_string_equal(weft_pprof_get_sample_type(profile, 0)->unit, "nanoseconds");
	assert_int_equal(total(profile, 0), 107000000);
	assert_int_equal(weft_pprof_get_header(profile)->period, 20000000);
	/* The other way round: columns of the first go. */
	assert_int_equal(weft_pprof_merge(fine, coarse, &err), 0);
	assert_int_equal(weft_pprof_sample_type_count(fine), 1);
	assert_int_equal(total(fine, 0), 107000000);

	assert_int_equal(weft_pprof_add_sample_type(strange, "space", "bytes"), 0);
	assert_int_equal(weft_pprof_merge(profile, strange, &err), -EINVAL);
	assert_non_null(strstr(err.text, "no sample type in common"));
	weft_pprof_destroy(strange);
	weft_pprof_destroy(coarse);
	weft_pprof_destroy(fine);
	weft_pprof_destroy(profile);
}

static void scaling_rounds_and_saturates(void **state)
{
	struct weft_pprof *profile = weft_pprof_create();
	uint32_t i;
	const int64_t values[] = {3, -3, INT64_MAX, INT64_MIN};
	const int64_t halves[] = {2, -2, INT64_C(1) << 62, -(INT64_C(1) << 62)};

	(void)state;
	assert_int_equal(weft_pprof_add_sample_type(profile, "n", "count"), 0);
	for (i = 0; i < 4; i++) {
		assert_int_equal(
			weft_pprof_append_sample(profile,
						 &(struct weft_pprof_sample){.values = &values[i]}),
			0);
	}
	weft_pprof_scale(profile, 0.5);
	for (i = 0; i < 4; i++) {
		assert_int_equal(weft_pprof_get_sample(profile, i)->values[0], halves[i]);
	}
	weft_pprof_scale(profile, 1e6);
	assert_int_equal(weft_pprof_get_sample(profile, 2)->values[0], INT64_MAX);
	assert_int_equal(weft_pprof_get_sample(profile, 3)->values[0], INT64_MIN);
	weft_pprof_destroy(profile);
}

/* Without the label that told them apart, two samples of one stack are one after a merge. */
static void removed_labels_are_gone(void **state)
{
	struct weft_pprof *profile = weft_pprof_create(), *merged = weft_pprof_create();
	struct weft_error err = WEFT_ERROR_INIT;
	const int64_t one = 1;
	int64_t i;

	(void)state;
	assert_int_equal(weft_pprof_add_sample_type(profile, "objects", "count"), 0);
	for (i = 1; i <= 2; i++) {
		const struct weft_pprof_label labels[] = {{.key = "bytes", .num = i},
							  {.key = "who", .str = "me"}};
		const struct weft_pprof_sample sample = {
			.values = &one, .labels = labels, .label_count = 2};

		assert_int_equal(weft_pprof_add_sample(profile, &sample), 0);
	}
	weft_pprof_remove_labels(profile, "bytes");
	assert_int_equal(weft_pprof_sample_count(profile), 2);
	assert_int_equal(weft_pprof_merge(merged, profile, &err), 0);
	assert_int_equal(weft_pprof_sample_count(merged), 1);
	assert_int_equal(weft_pprof_get_sample(merged, 0)->values[0], 2);
	assert_int_equal(weft_pprof_get_sample(merged, 0)->label_count, 1);
	assert_string_equal(weft_pprof_get_sample(merged, 0)->labels[0].str, "me");
	weft_pprof_destroy(profile);
	weft_pprof_destroy(merged);
}

static int64_t double_value(void *ctx, const struct weft_pprof_sample *sample)
{
	++*(int *)ctx;
	return 2 * sample->values[0];
}

static void samples_get_numbers(void **state)
{
	struct weft_pprof *profile = weft_pprof_create();
	const struct weft_pprof_label label = {.key = "who", .str = "me"};
	const struct weft_pprof_sample *found;
	int call_count = 0;
	int64_t i;

	(void)state;
	assert_int_equal(weft_pprof_add_sample_type(profile, "objects", "count"), 0);
	for (i = 0; i <= 2; i++) {
		const struct weft_pprof_sample sample = {
			.values = &i, .labels = &label, .label_count = i == 1};

		assert_int_equal(weft_pprof_add_sample(profile, &sample), 0);
	}
	assert_int_equal(weft_pprof_sample_count(profile), 2); /* 0 and 2 are of one kind. */
	assert_int_equal(weft_pprof_number_samples(profile, "bytes", double_value, &call_count), 0);
	assert_int_equal(call_count, 2);
	found = weft_pprof_get_sample(profile, 0);
	assert_int_equal(found->label_count, 1);
	assert_int_equal(found->labels[0].num, 4);
	found = weft_pprof_get_sample(profile, 1);
	assert_int_equal(found->label_count, 2);
	assert_string_equal(found->labels[0].str, "me");
	assert_string_equal(found->labels[1].key, "bytes");
	assert_null(found->labels[1].str);
	assert_int_equal(found->labels[1].num, 2);
	weft_pprof_destroy(profile);
}

static void units_convert_within_their_kind(void **state)
{
	double ratio = 0;

	(void)state;
	assert_true(weft_unit_ratio("seconds", "ns", &ratio) && ratio == 1e9);
	assert_true(weft_unit_ratio("KB", "bytes", &ratio) && ratio == 1024);
	assert_true(weft_unit_ratio("apples", "apples", &ratio) && ratio == 1);
	assert_false(weft_unit_ratio("seconds", "bytes", &ratio));
	assert_false(weft_unit_ratio("apples", "pears", &ratio));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(equal_things_are_kept_once),
		cmocka_unit_test(wrong_indices_are_refused),
		cmocka_unit_test(protobuf_c_reads_what_we_write),
		cmocka_unit_test(a_second_round_changes_nothing),
		cmocka_unit_test(fields_may_come_in_any_order),
		cmocka_unit_test(what_the_reader_refuses_is_refused),
		cmocka_unit_test(damage_is_survived),
		cmocka_unit_test(the_memory_limit_holds),
		cmocka_unit_test(a_failed_write_is_told),
		cmocka_unit_test(merge_adds_values_of_equal_stacks),
		cmocka_unit_test(a_profile_less_itself_is_empty),
		cmocka_unit_test(merge_joins_units_and_types),
		cmocka_unit_test(scaling_rounds_and_saturates),
		cmocka_unit_test(removed_labels_are_gone),
		cmocka_unit_test(samples_get_numbers),
		cmocka_unit_test(units_convert_within_their_kind),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
