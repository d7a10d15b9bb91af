// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Protobuf's encoding. See wire.h.
 */
#include "wire.h"

#include <string.h>

#define FIELD_NUMBER_MAX ((UINT64_C(1) << 29) - 1)

static bool get_fixed(struct weft_wire *wire, size_t size, uint64_t *ret_value)
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

static bool get_bytes(struct weft_wire *wire, struct weft_wire *ret_bytes)
{
	uint64_t size;

	if (!weft_wire_get_varint(wire, &size) || size > (uint64_t)(wire->end - wire->at)) {
		return false;
	}
	*ret_bytes = (struct weft_wire){.at = wire->at, .end = wire->at + size};
	wire->at += size;
	return true;
}

bool weft_wire_get_field(struct weft_wire *wire, struct weft_wire_field *ret_field)
{
	uint64_t tag;

	if (!weft_wire_get_varint(wire, &tag) || tag >> 3 == 0 || tag >> 3 > FIELD_NUMBER_MAX) {
		return false;
	}
	ret_field->number = (uint32_t)(tag >> 3);
	ret_field->type = (enum weft_wire_type)(tag & 7);
	switch (ret_field->type) {
	case WEFT_WIRE_VARINT:
		return weft_wire_get_varint(wire, &ret_field->value);
	case WEFT_WIRE_FIXED64:
		return get_fixed(wire, 8, &ret_field->value);
	case WEFT_WIRE_FIXED32:
		return get_fixed(wire, 4, &ret_field->value);
	case WEFT_WIRE_BYTES:
		return get_bytes(wire, &ret_field->bytes);
	}
	return false;
}
