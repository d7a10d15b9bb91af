// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * UTF-8 of untrusted texts. Source of the rules: RFC 3629, section 4.
 */
#ifndef WEFT_CONVERTER_UTF8_H
#define WEFT_CONVERTER_UTF8_H

#include <stddef.h>
#include <stdint.h>

/** Bytes (1..4) of the valid character at text, 0 if there is none. `size` is at least 1. */
size_t weft_utf8_len(const char *text, size_t size);
/** The character of `len` valid bytes. */
uint32_t weft_utf8_character(const char *text, size_t len);

#endif
