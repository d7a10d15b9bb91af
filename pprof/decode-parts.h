// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * What decode.c takes a profile apart with: its fields kind by kind, parts of messages, ids. Functions
 * return 0, or a negative errno with the decoder's error set.
 */
#ifndef WEFT_PPROF_DECODE_PARTS_H
#define WEFT_PPROF_DECODE_PARTS_H

#include <inttypes.h>
#include <stdbool.h>

#include "model.h"
#include "wire.h"

/* Ids of a table, in order: most files number them 1, 2, 3, ... and need no search. */
struct id_table {
	struct weft_items ids; /* uint64_t */
	struct weft_hash_index index;
	bool is_sequence;
};

/* Numbers of a repeated field, reused from message to message. */
struct numbers {
	uint64_t *items;
	size_t count, capacity;
};

/* Fields of a profile: those that are taken in an order of their own, and the last. */
enum field {
	FIELD_SAMPLE = 2,
	FIELD_LOCATION = 4,
	FIELD_FUNCTION = 5,
	FIELD_STRING = 6,
	FIELD_MAX = 15,
};

/* The fields of one kind. */
struct table {
	struct weft_wire bytes; /* From the first to behind the last. */
	size_t count;
};

struct decoder {
	struct weft_pprof *profile;
	const unsigned char *start; /* Of the profile, for offsets in messages. */
	struct weft_error *err;
	struct table tables[FIELD_MAX + 1];
	struct weft_items texts; /* const char *: string table → interned text. */
	struct id_table mapping_ids, function_ids, location_ids;
	struct numbers stack, values;
	struct weft_items lines, labels; /* Of the message at hand. */
	struct weft_items indices;       /* uint32_t: stack of the sample at hand. */
	bool has_time;
};

typedef int (*weft_decode_fn)(struct decoder *decoder, const struct weft_wire_field *field);

/* Sets the error: what is wrong with the bytes at `at`. -EBADMSG. */
int weft_decode__fail(struct decoder *decoder, const unsigned char *at, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* Sets the error: no room, as `code` says. Returns `code`. */
int weft_decode__out_of(struct decoder *decoder, int code);

/* Notes where the fields of each kind are. */
int weft_decode__survey(struct decoder *decoder, struct weft_wire wire);
/* Gives each field of one kind to `take`. After the survey. */
int weft_decode__each_of(struct decoder *decoder, uint32_t number, weft_decode_fn take);
/* Room for as many items as there are fields of a kind. */
int weft_decode__reserve_for(struct decoder *decoder, struct weft_items *items, size_t item_size,
			     uint32_t number);
/* Gives each field of a message to `take`. */
int weft_decode__each_field(struct decoder *decoder, struct weft_wire wire, weft_decode_fn take);

/* A repeated number comes one by one or packed; both may occur in one message. */
int weft_decode__push_numbers(struct decoder *decoder, struct numbers *numbers,
			      const struct weft_wire_field *field);
/* The numbers 1 to `count` of a message, by field number; others are left alone. */
int weft_decode__get_numbers(struct decoder *decoder, struct weft_wire wire, uint64_t *ret_numbers,
			     uint32_t count);

int weft_decode__push_id(struct decoder *decoder, struct id_table *table, uint64_t id,
			 const struct weft_wire *where, const char *what);
/* After the last id: makes them findable, refuses those that are there twice. */
int weft_decode__seal_ids(struct decoder *decoder, struct id_table *table, const char *what);

static inline bool weft_decode__is_number(const struct weft_wire_field *field)
{
	return field->type == WEFT_WIRE_VARINT;
}

static inline bool weft_decode__is_message(const struct weft_wire_field *field, uint32_t number)
{
	return field->number == number && field->type == WEFT_WIRE_BYTES;
}

/* The string of a number. */
static inline int weft_decode__get_text(struct decoder *decoder, uint64_t id,
					const struct weft_wire *where, const char **ret_text)
{
	if (id >= decoder->texts.count) {
		return weft_decode__fail(decoder, where->at, "string %" PRId64 " of %zu",
					 (int64_t)id, decoder->texts.count);
	}
	*ret_text = ((const char **)decoder->texts.items)[id];
	return 0;
}

/* The index of a sealed id; -1: there is none. */
static inline int64_t weft_decode__find_id(const struct id_table *table, uint64_t id)
{
	const uint64_t *ids = (const uint64_t *)table->ids.items;
	struct weft_hash_probe probe;
	uint32_t i;

	if (table->is_sequence) {
		return id - 1 < table->ids.count ? (int64_t)(id - 1) : -1;
	}
	for (weft_hash_index_start(&table->index, weft_hash_word(weft_hash_seed(), id), &probe);
	     weft_hash_index_next(&table->index, &probe, &i);) {
		if (ids[i] == id) {
			return i;
		}
	}
	return -1;
}

#endif
