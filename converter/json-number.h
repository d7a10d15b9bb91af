// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Numbers in the JSON of summaries: those of jansson are signed.
 */
#ifndef WEFT_CONVERTER_JSON_NUMBER_H
#define WEFT_CONVERTER_JSON_NUMBER_H

#include <stdint.h>

#include <jansson.h>

/** A new integer, the largest there is for what is larger; NULL: out of memory. */
static inline json_t *weft_json_number(uint64_t value)
{
	return json_integer(value > INT64_MAX ? INT64_MAX : (json_int_t)value);
}

#endif
