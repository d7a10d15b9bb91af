// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * See decode-parts.h.
 */
#include "decode-parts.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int weft_decode__fail(struct decoder *decoder, const unsigned char *at, const char *format, ...)
{
	char what[256];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(what, sizeof(what), format, args); /* A cut message is better than none. */
	va_end(args);
	return weft_error_set(decoder->err, -EBADMSG, "not a valid profile: %s: offset=%td", what,
			      at - decoder->start);
}

int weft_decode__out_of(struct decoder *decoder, int code)
{
	return weft_error_set_errno(decoder->err, code, "cannot hold the profile: memory=%" PRIu64,
				    weft_pprof_memory_bytes(decoder->profile));
}

int weft_decode__each_field(struct decoder *decoder, struct weft_wire wire, weft_decode_fn take)
{
	struct weft_wire_field field;
	int ret = 0;

	while (ret == 0 && wire.at < wire.end) {
		const unsigned char *at = wire.at;

		if (!weft_wire_get_field(&wire, &field)) {
			return weft_decode__fail(decoder, at, "damaged or cut off");
		}
		ret = take(decoder, &field);
	}
	return ret;
}

int weft_decode__survey(struct decoder *decoder, struct weft_wire wire)
{
	struct weft_wire_field field;

	while (wire.at < wire.end) {
		const unsigned char *at = wire.at;
		struct table *table;

		if (!weft_wire_get_field(&wire, &field)) {
			return weft_decode__fail(decoder, at, "damaged or cut off");
		}
		if (field.number <= FIELD_MAX) {
			table = &decoder->tables[field.number];
			table->bytes.at = table->count++ == 0 ? at : table->bytes.at;
			table->bytes.end = wire.at;
		}
	}
	return 0;
}

int weft_decode__each_of(struct decoder *decoder, uint32_t number, weft_decode_fn take)
{
	struct weft_wire wire = decoder->tables[number].bytes;
	struct weft_wire_field field;
	int ret = 0;

	while (ret == 0 && wire.at < wire.end && weft_wire_get_field(&wire, &field)) {
		if (field.number == number) {
			ret = take(decoder, &field);
		}
	}
	return ret;
}

int weft_decode__reserve_for(struct decoder *decoder, struct weft_items *items, size_t item_size,
			     uint32_t number)
{
	int ret;

	ret = weft_arena_grow_array(&decoder->profile->arena, &items->items, &items->capacity,
				    decoder->tables[number].count, item_size);
	return ret < 0 ? weft_decode__out_of(decoder, ret) : 0;
}

/* ---- Parts of messages ---- */

static int push_number(struct decoder *decoder, struct numbers *numbers, uint64_t value)
{
	void *items = numbers->items;
	int ret;

	ret = weft_arena_grow_array(&decoder->profile->arena, &items, &numbers->capacity,
				    numbers->count + 1, sizeof(value));
	if (ret != 0) {
		return weft_decode__out_of(decoder, ret);
	}
	numbers->items = (uint64_t *)items;
	numbers->items[numbers->count++] = value;
	return 0;
}

int weft_decode__push_numbers(struct decoder *decoder, struct numbers *numbers,
			      const struct weft_wire_field *field)
{
	struct weft_wire wire = field->bytes;
	uint64_t value;
	int ret = 0;

	if (weft_decode__is_number(field)) {
		return push_number(decoder, numbers, field->value);
	}
	if (field->type != WEFT_WIRE_BYTES) {
		return 0;
	}
	while (ret == 0 && wire.at < wire.end) {
		if (!weft_wire_get_varint(&wire, &value)) {
			return weft_decode__fail(decoder, wire.at, "damaged list of numbers");
		}
		ret = push_number(decoder, numbers, value);
	}
	return ret;
}

int weft_decode__get_numbers(struct decoder *decoder, struct weft_wire wire, uint64_t *ret_numbers,
			     uint32_t count)
{
	struct weft_wire_field field;

	memset(ret_numbers, 0, (count + 1U) * sizeof(*ret_numbers));
	while (wire.at < wire.end) {
		const unsigned char *at = wire.at;

		if (!weft_wire_get_field(&wire, &field)) {
			return weft_decode__fail(decoder, at, "damaged or cut off");
		}
		if (weft_decode__is_number(&field) && field.number <= count) {
			ret_numbers[field.number] = field.value;
		}
	}
	return 0;
}

/* ---- Ids ---- */

int weft_decode__push_id(struct decoder *decoder, struct id_table *table, uint64_t id,
			 const struct weft_wire *where, const char *what)
{
	void *item = NULL;
	int ret;

	if (id == 0) {
		return weft_decode__fail(decoder, where->at, "%s with id 0", what);
	}
	ret = weft_pprof__reserve(decoder->profile, &table->ids, sizeof(id), &item);
	if (ret != 0) {
		return weft_decode__out_of(decoder, ret);
	}
	memcpy(item, &id, sizeof(id));
	table->ids.count++;
	return 0;
}

int weft_decode__seal_ids(struct decoder *decoder, struct id_table *table, const char *what)
{
	const uint64_t *ids = (const uint64_t *)table->ids.items;
	size_t i;
	int ret;

	for (i = 0; i < table->ids.count && ids[i] == i + 1; i++) {
	}
	table->is_sequence = i == table->ids.count;
	if (table->is_sequence) {
		return 0;
	}
	ret = weft_hash_index_reserve(&table->index, &decoder->profile->arena, table->ids.count);
	if (ret != 0) {
		return weft_decode__out_of(decoder, ret);
	}
	for (i = 0; i < table->ids.count; i++) {
		if (weft_decode__find_id(table, ids[i]) >= 0) {
			return weft_decode__fail(decoder, decoder->start, "%s id %" PRIu64 " twice",
						 what, ids[i]);
		}
		weft_hash_index_add(&table->index, weft_hash_word(weft_hash_seed(), ids[i]),
				    (uint32_t)i);
	}
	return 0;
}
