// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Bytes → profile. See <weft/pprof.h>.
 *
 * Tables may come in any order, and usually come after what refers to them. So a first walk over the
 * fields of the profile tells where each kind begins and ends, and how many of it there are. Then they
 * are taken kind by kind: strings; what has only strings; locations; samples. As a rule a table lies in
 * one piece, and nothing else is passed on the way.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "decode-parts.h"
#include "inflate.h"

/* ---- Strings ---- */

static int take_string(struct decoder *decoder, const struct weft_wire_field *field)
{
	const char *start = (const char *)field->bytes.at;
	const char *text;
	void *item = NULL;
	int ret;

	if (field->type != WEFT_WIRE_BYTES) {
		return 0;
	}
	/* C cannot hold a NUL: the text ends there. */
	ret = weft_pprof__intern(decoder->profile, start,
				 strnlen(start, (size_t)(field->bytes.end - field->bytes.at)),
				 &text);
	if (ret == 0) {
		ret = weft_pprof__reserve(decoder->profile, &decoder->texts, sizeof(text), &item);
	}
	if (ret != 0) {
		return weft_decode__out_of(decoder, ret);
	}
	*(const char **)item = text;
	if (decoder->texts.count++ == 0 && text[0] != '\0') {
		return weft_decode__fail(decoder, field->bytes.at, "the first string is not empty");
	}
	return 0;
}

/* ---- What has strings only ---- */

static int get_value_type(struct decoder *decoder, const struct weft_wire *wire,
			  struct weft_pprof_value_type *ret_type)
{
	uint64_t numbers[3];
	int ret;

	ret = weft_decode__get_numbers(decoder, *wire, numbers, 2);
	if (ret == 0) {
		ret = weft_decode__get_text(decoder, numbers[1], wire, &ret_type->type);
	}
	if (ret == 0) {
		ret = weft_decode__get_text(decoder, numbers[2], wire, &ret_type->unit);
	}
	return ret;
}

static int take_sample_type(struct decoder *decoder, const struct weft_wire *wire)
{
	struct weft_pprof_value_type type = {0};
	int ret;

	ret = get_value_type(decoder, wire, &type);
	if (ret != 0) {
		return ret;
	}
	ret = weft_pprof_add_sample_type(decoder->profile, type.type, type.unit);
	return ret < 0 ? weft_decode__out_of(decoder, ret) : 0;
}

static int take_mapping(struct decoder *decoder, const struct weft_wire *wire)
{
	struct weft_pprof_mapping mapping = {0};
	uint64_t numbers[11];
	uint32_t index;
	int ret;

	ret = weft_decode__get_numbers(decoder, *wire, numbers, 10);
	if (ret == 0) {
		ret = weft_decode__get_text(decoder, numbers[5], wire, &mapping.file);
	}
	if (ret == 0) {
		ret = weft_decode__get_text(decoder, numbers[6], wire, &mapping.build_id);
	}
	if (ret == 0) {
		ret = weft_decode__push_id(decoder, &decoder->mapping_ids, numbers[1], wire,
					   "mapping");
	}
	if (ret != 0) {
		return ret;
	}
	mapping.start = numbers[2];
	/* Some writers leave the end out. */
	mapping.limit = numbers[3] < numbers[2] ? numbers[2] : numbers[3];
	mapping.offset = numbers[4];
	mapping.has_functions = numbers[7] != 0;
	mapping.has_filenames = numbers[8] != 0;
	mapping.has_line_numbers = numbers[9] != 0;
	mapping.has_inline_frames = numbers[10] != 0;
	ret = weft_pprof_add_mapping(decoder->profile, &mapping, &index);
	return ret < 0 ? weft_decode__out_of(decoder, ret) : 0;
}

static int take_function(struct decoder *decoder, const struct weft_wire *wire)
{
	struct weft_pprof_function *function;
	uint64_t numbers[6];
	void *item = NULL;
	int ret;

	ret = weft_pprof__reserve(decoder->profile, &decoder->profile->functions, sizeof(*function),
				  &item);
	if (ret != 0) {
		return weft_decode__out_of(decoder, ret);
	}
	function = (struct weft_pprof_function *)item;
	ret = weft_decode__get_numbers(decoder, *wire, numbers, 5);
	if (ret == 0) {
		ret = weft_decode__get_text(decoder, numbers[2], wire, &function->name);
	}
	if (ret == 0) {
		ret = weft_decode__get_text(decoder, numbers[3], wire, &function->system_name);
	}
	if (ret == 0) {
		ret = weft_decode__get_text(decoder, numbers[4], wire, &function->file);
	}
	if (ret == 0) {
		ret = weft_decode__push_id(decoder, &decoder->function_ids, numbers[1], wire,
					   "function");
	}
	if (ret == 0) {
		function->start_line = (int64_t)numbers[5];
		decoder->profile->functions.count++;
	}
	return ret;
}

static int take_comments(struct decoder *decoder, const struct weft_wire_field *field)
{
	const char *text = NULL;
	size_t i;
	int ret;

	decoder->values.count = 0;
	ret = weft_decode__push_numbers(decoder, &decoder->values, field);
	for (i = 0; ret == 0 && i < decoder->values.count; i++) {
		ret = weft_decode__get_text(decoder, decoder->values.items[i], &field->bytes,
					    &text);
		if (ret == 0) {
			ret = weft_pprof_add_comment(decoder->profile, text);
			ret = ret < 0 ? weft_decode__out_of(decoder, ret) : 0;
		}
	}
	return ret;
}

static int take_header_number(struct decoder *decoder, const struct weft_wire_field *field)
{
	struct weft_pprof_header *header = &decoder->profile->header;
	/* A number has no place of its own in the bytes that is known here. */
	struct weft_wire where = {decoder->start, decoder->start};

	switch (field->number) {
	case 7:
		return weft_decode__get_text(decoder, field->value, &where, &header->drop_frames);
	case 8:
		return weft_decode__get_text(decoder, field->value, &where, &header->keep_frames);
	case 9:
		if (decoder->has_time) {
			return weft_decode__fail(
				decoder, decoder->start,
				"two profiles, one behind the other (merge them instead)");
		}
		decoder->has_time = true;
		header->time_ns = (int64_t)field->value;
		return 0;
	case 10:
		header->duration_ns = (int64_t)field->value;
		return 0;
	case 12:
		header->period = (int64_t)field->value;
		return 0;
	case 14:
		return weft_decode__get_text(decoder, field->value, &where,
					     &header->default_sample_type);
	case 15:
		return weft_decode__get_text(decoder, field->value, &where, &header->doc_url);
	default:
		return 0;
	}
}

static int take_simple(struct decoder *decoder, const struct weft_wire_field *field)
{
	if (field->number == 13) {
		return take_comments(decoder, field);
	}
	if (weft_decode__is_number(field)) {
		return take_header_number(decoder, field);
	}
	if (field->type != WEFT_WIRE_BYTES) {
		return 0;
	}
	switch (field->number) {
	case 1:
		return take_sample_type(decoder, &field->bytes);
	case 3:
		return take_mapping(decoder, &field->bytes);
	case 5:
		return take_function(decoder, &field->bytes);
	case 11:
		return get_value_type(decoder, &field->bytes,
				      &decoder->profile->header.period_type);
	default:
		return 0;
	}
}

/* ---- Locations ---- */

static int take_line(struct decoder *decoder, const struct weft_wire *wire)
{
	struct weft_pprof_line *line;
	uint64_t numbers[4];
	int64_t function;
	void *item = NULL;
	int ret;

	ret = weft_decode__get_numbers(decoder, *wire, numbers, 3);
	if (ret != 0) {
		return ret;
	}
	function = weft_decode__find_id(&decoder->function_ids, numbers[1]);
	if (function < 0) {
		return weft_decode__fail(decoder, wire->at, "line of unknown function %" PRIu64,
					 numbers[1]);
	}
	ret = weft_pprof__reserve(decoder->profile, &decoder->lines, sizeof(*line), &item);
	if (ret != 0) {
		return weft_decode__out_of(decoder, ret);
	}
	line = (struct weft_pprof_line *)item;
	line->function = (uint32_t)function;
	line->line = (int64_t)numbers[2];
	line->column = (int64_t)numbers[3];
	decoder->lines.count++;
	return 0;
}

static int copy_items(struct decoder *decoder, const void *items, size_t size,
		      const void **ret_copy)
{
	void *copy = NULL;
	int ret;

	ret = weft_arena_take(&decoder->profile->arena, size, &copy);
	if (ret != 0) {
		return weft_decode__out_of(decoder, ret);
	}
	if (size > 0) {
		memcpy(copy, items, size);
	}
	*ret_copy = copy;
	return 0;
}

/* The numbers 1 to 5 of a location, and its lines into decoder->lines. */
static int get_location(struct decoder *decoder, struct weft_wire wire, uint64_t *ret_numbers)
{
	struct weft_wire_field field;
	int ret = 0;

	decoder->lines.count = 0;
	memset(ret_numbers, 0, 6 * sizeof(*ret_numbers));
	while (ret == 0 && wire.at < wire.end) {
		const unsigned char *at = wire.at;

		if (!weft_wire_get_field(&wire, &field)) {
			return weft_decode__fail(decoder, at, "damaged or cut off");
		}
		if (weft_decode__is_message(&field, 4)) {
			ret = take_line(decoder, &field.bytes);
		} else if (weft_decode__is_number(&field) && field.number <= 5) {
			ret_numbers[field.number] = field.value;
		}
	}
	return ret;
}

static int take_location(struct decoder *decoder, const struct weft_wire_field *field)
{
	const struct weft_wire *wire = &field->bytes;
	struct weft_pprof_location *location;
	const void *lines = NULL;
	uint64_t numbers[6];
	int64_t mapping = -1;
	void *item = NULL;
	int ret;

	if (field->type != WEFT_WIRE_BYTES) {
		return 0;
	}
	ret = get_location(decoder, *wire, numbers);
	if (ret == 0) {
		ret = weft_decode__push_id(decoder, &decoder->location_ids, numbers[1], wire,
					   "location");
	}
	if (ret == 0 && numbers[2] != 0) {
		mapping = weft_decode__find_id(&decoder->mapping_ids, numbers[2]);
		if (mapping < 0) {
			return weft_decode__fail(decoder, wire->at,
						 "location in unknown mapping %" PRIu64,
						 numbers[2]);
		}
	}
	if (ret == 0) {
		ret = copy_items(decoder, decoder->lines.items,
				 decoder->lines.count * sizeof(*location->lines), &lines);
	}
	if (ret != 0) {
		return ret;
	}
	ret = weft_pprof__reserve(decoder->profile, &decoder->profile->locations, sizeof(*location),
				  &item);
	if (ret != 0) {
		return weft_decode__out_of(decoder, ret);
	}
	location = (struct weft_pprof_location *)item;
	location->mapping = mapping < 0 ? WEFT_PPROF_NONE : (uint32_t)mapping;
	location->line_count = (uint32_t)decoder->lines.count;
	location->address = numbers[3];
	location->lines = (const struct weft_pprof_line *)lines;
	location->is_folded = numbers[5] != 0;
	decoder->profile->locations.count++;
	return 0;
}

/* ---- Samples ---- */

static int take_label(struct decoder *decoder, const struct weft_wire *wire)
{
	struct weft_pprof_label label = {0};
	uint64_t numbers[5];
	void *item = NULL;
	int ret;

	ret = weft_decode__get_numbers(decoder, *wire, numbers, 4);
	if (ret == 0) {
		ret = weft_decode__get_text(decoder, numbers[1], wire, &label.key);
	}
	if (ret == 0) {
		ret = weft_decode__get_text(decoder, numbers[4], wire, &label.unit);
	}
	if (ret != 0) {
		return ret;
	}
	if (numbers[2] != 0) {
		label.unit = ((const char **)decoder->texts.items)[0];
		ret = weft_decode__get_text(decoder, numbers[2], wire, &label.str);
	} else if (numbers[3] == 0 && numbers[4] == 0) {
		return 0; /* Neither text nor number: nothing, as for google/pprof. */
	} else {
		label.num = (int64_t)numbers[3];
	}
	if (ret == 0) {
		ret = weft_pprof__reserve(decoder->profile, &decoder->labels, sizeof(label), &item);
		ret = ret < 0 ? weft_decode__out_of(decoder, ret) : 0;
	}
	if (ret == 0) {
		memcpy(item, &label, sizeof(label));
		decoder->labels.count++;
	}
	return ret;
}

static int take_sample_field(struct decoder *decoder, const struct weft_wire_field *field)
{
	switch (field->number) {
	case 1:
		return weft_decode__push_numbers(decoder, &decoder->stack, field);
	case 2:
		return weft_decode__push_numbers(decoder, &decoder->values, field);
	case 3:
		return weft_decode__is_message(field, 3) ? take_label(decoder, &field->bytes) : 0;
	default:
		return 0;
	}
}

/* Ids of the stack → indices. */
static int take_stack(struct decoder *decoder, const struct weft_wire *where)
{
	uint32_t *indices;
	size_t i;
	int ret;

	ret = weft_arena_grow_array(&decoder->profile->arena, &decoder->indices.items,
				    &decoder->indices.capacity, decoder->stack.count,
				    sizeof(*indices));
	if (ret != 0) {
		return weft_decode__out_of(decoder, ret);
	}
	indices = (uint32_t *)decoder->indices.items;
	for (i = 0; i < decoder->stack.count; i++) {
		int64_t index =
			weft_decode__find_id(&decoder->location_ids, decoder->stack.items[i]);

		if (index < 0) {
			return weft_decode__fail(decoder, where->at,
						 "sample at unknown location %" PRIu64,
						 decoder->stack.items[i]);
		}
		indices[i] = (uint32_t)index;
	}
	return 0;
}

static int store_sample(struct decoder *decoder)
{
	const void *locations = NULL, *values = NULL, *labels = NULL;
	struct weft_pprof_sample *sample;
	void *item = NULL;
	int ret;

	ret = copy_items(decoder, decoder->indices.items,
			 decoder->stack.count * sizeof(*sample->locations), &locations);
	if (ret == 0) {
		ret = copy_items(decoder, decoder->values.items,
				 decoder->values.count * sizeof(*sample->values), &values);
	}
	if (ret == 0) {
		ret = copy_items(decoder, decoder->labels.items,
				 decoder->labels.count * sizeof(*sample->labels), &labels);
	}
	if (ret != 0) {
		return ret;
	}
	ret = weft_pprof__reserve(decoder->profile, &decoder->profile->samples, sizeof(*sample),
				  &item);
	if (ret != 0) {
		return weft_decode__out_of(decoder, ret);
	}
	sample = (struct weft_pprof_sample *)item;
	sample->locations = (const uint32_t *)locations;
	sample->location_count = (uint32_t)decoder->stack.count;
	sample->label_count = (uint32_t)decoder->labels.count;
	sample->values = (const int64_t *)values;
	sample->labels = (const struct weft_pprof_label *)labels;
	decoder->profile->samples.count++;
	return 0;
}

static int take_sample(struct decoder *decoder, const struct weft_wire_field *field)
{
	size_t type_count = decoder->profile->sample_types.count;
	int ret;

	if (field->type != WEFT_WIRE_BYTES) {
		return 0;
	}
	decoder->stack.count = 0;
	decoder->values.count = 0;
	decoder->labels.count = 0;
	ret = weft_decode__each_field(decoder, field->bytes, take_sample_field);
	if (ret != 0) {
		return ret;
	}
	if (type_count == 0) {
		return weft_decode__fail(decoder, field->bytes.at, "samples, but no sample types");
	}
	if (decoder->values.count != type_count) {
		return weft_decode__fail(decoder, field->bytes.at,
					 "sample with %zu values for %zu types",
					 decoder->values.count, type_count);
	}
	ret = take_stack(decoder, &field->bytes);
	return ret < 0 ? ret : store_sample(decoder);
}

/* ---- All of it ---- */

static int take_strings(struct decoder *decoder)
{
	struct weft_pprof *profile = decoder->profile;
	int ret;

	ret = weft_decode__reserve_for(decoder, &decoder->texts, sizeof(const char *),
				       FIELD_STRING);
	if (ret == 0) {
		ret = weft_decode__reserve_for(decoder, &profile->strings,
					       sizeof(struct weft_string *), FIELD_STRING);
	}
	if (ret == 0) {
		ret = weft_hash_index_reserve(&profile->string_index, &profile->arena,
					      decoder->tables[FIELD_STRING].count);
		ret = ret < 0 ? weft_decode__out_of(decoder, ret)
			      : weft_decode__each_of(decoder, FIELD_STRING, take_string);
	}
	if (ret == 0 && decoder->texts.count == 0) {
		return weft_decode__fail(decoder, decoder->start, "no string table");
	}
	return ret;
}

/* All that is neither string nor location nor sample. */
static int take_simple_tables(struct decoder *decoder)
{
	struct weft_pprof *profile = decoder->profile;
	uint32_t number;
	int ret;

	ret = weft_decode__reserve_for(decoder, &profile->functions,
				       sizeof(struct weft_pprof_function), FIELD_FUNCTION);
	if (ret == 0) {
		ret = weft_decode__reserve_for(decoder, &decoder->function_ids.ids,
					       sizeof(uint64_t), FIELD_FUNCTION);
	}
	for (number = 1; ret == 0 && number <= FIELD_MAX; number++) {
		if (number != FIELD_SAMPLE && number != FIELD_LOCATION && number != FIELD_STRING) {
			ret = weft_decode__each_of(decoder, number, take_simple);
		}
	}
	if (ret == 0) {
		ret = weft_decode__seal_ids(decoder, &decoder->mapping_ids, "mapping");
	}
	return ret < 0 ? ret : weft_decode__seal_ids(decoder, &decoder->function_ids, "function");
}

static int take_locations(struct decoder *decoder)
{
	int ret;

	ret = weft_decode__reserve_for(decoder, &decoder->profile->locations,
				       sizeof(struct weft_pprof_location), FIELD_LOCATION);
	if (ret == 0) {
		ret = weft_decode__reserve_for(decoder, &decoder->location_ids.ids,
					       sizeof(uint64_t), FIELD_LOCATION);
	}
	if (ret == 0) {
		ret = weft_decode__each_of(decoder, FIELD_LOCATION, take_location);
	}
	return ret < 0 ? ret : weft_decode__seal_ids(decoder, &decoder->location_ids, "location");
}

static int decode_profile(struct decoder *decoder, struct weft_wire wire)
{
	int ret;

	ret = weft_decode__survey(decoder, wire);
	if (ret == 0) {
		ret = take_strings(decoder);
	}
	if (ret == 0) {
		ret = take_simple_tables(decoder);
	}
	if (ret == 0) {
		ret = take_locations(decoder);
	}
	if (ret == 0) {
		ret = weft_decode__reserve_for(decoder, &decoder->profile->samples,
					       sizeof(struct weft_pprof_sample), FIELD_SAMPLE);
	}
	return ret < 0 ? ret : weft_decode__each_of(decoder, FIELD_SAMPLE, take_sample);
}

static void free_items(struct decoder *decoder, struct weft_items *items, size_t item_size)
{
	weft_arena_free_array(&decoder->profile->arena, items->items, items->capacity, item_size);
}

static void free_ids(struct decoder *decoder, struct id_table *table)
{
	free_items(decoder, &table->ids, sizeof(uint64_t));
	weft_hash_index_fini(&table->index, &decoder->profile->arena);
}

static void free_numbers(struct decoder *decoder, struct numbers *numbers)
{
	weft_arena_free_array(&decoder->profile->arena, numbers->items, numbers->capacity,
			      sizeof(*numbers->items));
}

static void decoder_fini(struct decoder *decoder)
{
	free_items(decoder, &decoder->texts, sizeof(const char *));
	free_ids(decoder, &decoder->mapping_ids);
	free_ids(decoder, &decoder->function_ids);
	free_ids(decoder, &decoder->location_ids);
	free_numbers(decoder, &decoder->stack);
	free_numbers(decoder, &decoder->values);
	free_items(decoder, &decoder->lines, sizeof(struct weft_pprof_line));
	free_items(decoder, &decoder->labels, sizeof(struct weft_pprof_label));
	free_items(decoder, &decoder->indices, sizeof(uint32_t));
}

/* Into an empty profile. */
static int decode_into(struct weft_pprof *profile, const void *bytes, size_t size,
		       struct weft_error *err)
{
	struct decoder decoder = {.profile = profile, .err = err};
	struct weft_bytes inflated = {0};
	struct weft_wire wire;
	int ret = 0;

	if (weft_is_gzip(bytes, size)) {
		ret = weft_inflate(&profile->arena, bytes, size, &inflated, err);
		bytes = inflated.items;
		size = inflated.size;
	}
	if (ret == 0 && size == 0) {
		ret = weft_error_set(err, -ENODATA, "the profile is empty");
	}
	if (ret == 0) {
		decoder.start = (const unsigned char *)bytes;
		wire = (struct weft_wire){decoder.start, decoder.start + size};
		ret = decode_profile(&decoder, wire);
		decoder_fini(&decoder);
	}
	weft_arena_free_array(&profile->arena, inflated.items, inflated.capacity, 1);
	return ret;
}

int weft_pprof_decode(const void *bytes, size_t size, uint64_t memory_limit_bytes,
		      struct weft_pprof **ret_profile, struct weft_error *err)
{
	struct weft_pprof *profile = weft_pprof_create();
	int ret;

	if (!profile) {
		return weft_error_set(err, -ENOMEM, "cannot read a profile: out of memory");
	}
	if (memory_limit_bytes > 0) {
		weft_pprof_set_memory_limit(profile, memory_limit_bytes);
	}
	ret = decode_into(profile, bytes, size, err);
	if (ret != 0) {
		weft_pprof_destroy(profile);
		return ret;
	}
	*ret_profile = profile;
	return 0;
}
