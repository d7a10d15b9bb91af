// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * UTF-8 of untrusted texts. See utf8.h.
 */
#include "utf8.h"

size_t weft_utf8_len(const char *text, size_t size)
{
	static const struct {
		unsigned char mask, lead;
		size_t len;
	} forms[] = {{0xe0, 0xc0, 2}, {0xf0, 0xe0, 3}, {0xf8, 0xf0, 4}};
	const unsigned char *bytes = (const unsigned char *)text;
	size_t form = 0;
	size_t i;

	if (bytes[0] < 0x80) {
		return 1;
	}
	while (form < 3 && (bytes[0] & forms[form].mask) != forms[form].lead) {
		form++;
	}
	if (form == 3 || size < forms[form].len || bytes[0] < 0xc2 || bytes[0] > 0xf4) {
		return 0;
	}
	for (i = 1; i < forms[form].len; i++) {
		if ((bytes[i] & 0xc0) != 0x80) {
			return 0;
		}
	}
	/* Overlong forms, surrogates and beyond U+10FFFF differ in the second byte only. */
	if ((bytes[0] == 0xe0 && bytes[1] < 0xa0) || (bytes[0] == 0xed && bytes[1] > 0x9f) ||
	    (bytes[0] == 0xf0 && bytes[1] < 0x90) || (bytes[0] == 0xf4 && bytes[1] > 0x8f)) {
		return 0;
	}
	return forms[form].len;
}

uint32_t weft_utf8_character(const char *text, size_t len)
{
	static const unsigned char lead_masks[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
	uint32_t character = (unsigned char)text[0] & lead_masks[len];
	size_t i;

	for (i = 1; i < len; i++) {
		character = character << 6 | ((unsigned char)text[i] & 0x3fU);
	}
	return character;
}
