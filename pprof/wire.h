// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Protobuf's encoding: fields one behind the other. protobuf-c packs single messages; for whole
 * profiles, which it would want in memory as a tree of its own, their fields are put and got here. All
 * is inline: a profile of 1 MB has some 200000 of them.
 *
 * Source: protobuf.dev/programming-guides/encoding.
 */
#ifndef WEFT_PPROF_WIRE_H
#define WEFT_PPROF_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Longest varint, in bytes: 64 bits, 7 a byte. */
#define WEFT_WIRE_VARINT_SIZE 10U
/* Largest number of a field. */
#define WEFT_WIRE_FIELD_MAX ((UINT64_C(1) << 29) - 1)

enum weft_wire_type {
	WEFT_WIRE_VARINT = 0,
	WEFT_WIRE_FIXED64 = 1,
	WEFT_WIRE_BYTES = 2,
	WEFT_WIRE_FIXED32 = 5,
};

/* Bytes of a message that are still to be read. */
struct weft_wire {
	const unsigned char *at, *end;
};

struct weft_wire_field {
	uint32_t number;
	enum weft_wire_type type;
	uint64_t value;         /* Of a varint or a fixed number. */
	struct weft_wire bytes; /* Of the others. */
};

static inline uint32_t weft_wire_tag(uint32_t field, enum weft_wire_type type)
{
	return field << 3 | (uint32_t)type;
}

/* Writes at most WEFT_WIRE_VARINT_SIZE bytes; returns how many. */
static inline size_t weft_wire_put_varint(unsigned char *at, uint64_t value)
{
	size_t len = 0;

	while (value >= 0x80) {
		at[len++] = (unsigned char)(value | 0x80);
		value >>= 7;
	}
	at[len++] = (unsigned char)value;
	return len;
}

/* False: the bytes end in the middle, or it has more than ten of them. */
static inline bool weft_wire_get_varint(struct weft_wire *wire, uint64_t *ret_value)
{
	const unsigned char *at = wire->at;
	unsigned int shift = 0;
	uint64_t value = 0;

	if (at < wire->end && *at < 0x80) {
		*ret_value = *at; /* Most are of one byte. */
		wire->at = at + 1;
		return true;
	}
	while (at < wire->end && shift < 64) {
		value |= (uint64_t)(*at & 0x7f) << shift;
		shift += 7;
		if (!(*at++ & 0x80)) {
			wire->at = at;
			*ret_value = value;
			return true;
		}
	}
	return false;
}

static inline bool weft_wire__get_fixed(struct weft_wire *wire, size_t size, uint64_t *ret_value)
{
	uint64_t value = 0;

	if ((size_t)(wire->end - wire->at) < size) {
		return false;
	}
	/* Little-endian, as is every machine that this runs on. */
	memcpy(&value, wire->at, size);
	wire->at += size;
	*ret_value = value;
	return true;
}

static inline bool weft_wire__get_bytes(struct weft_wire *wire, struct weft_wire *ret_bytes)
{
	uint64_t size;

	if (!weft_wire_get_varint(wire, &size) || size > (uint64_t)(wire->end - wire->at)) {
		return false;
	}
	*ret_bytes = (struct weft_wire){.at = wire->at, .end = wire->at + size};
	wire->at += size;
	return true;
}

/* The next field, of at least one byte; false: damaged, or a kind that protobuf has given up. */
static inline bool weft_wire_get_field(struct weft_wire *wire, struct weft_wire_field *ret_field)
{
	uint64_t tag;

	if (!weft_wire_get_varint(wire, &tag) || tag >> 3 == 0 || tag >> 3 > WEFT_WIRE_FIELD_MAX) {
		return false;
	}
	ret_field->number = (uint32_t)(tag >> 3);
	ret_field->type = (enum weft_wire_type)(tag & 7);
	switch (ret_field->type) {
	case WEFT_WIRE_VARINT:
		return weft_wire_get_varint(wire, &ret_field->value);
	case WEFT_WIRE_FIXED64:
		return weft_wire__get_fixed(wire, 8, &ret_field->value);
	case WEFT_WIRE_FIXED32:
		return weft_wire__get_fixed(wire, 4, &ret_field->value);
	case WEFT_WIRE_BYTES:
		return weft_wire__get_bytes(wire, &ret_field->bytes);
	}
	return false;
}

#endif
