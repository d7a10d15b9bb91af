// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * The clock that LTTng-UST's metadata declares. Each tracer measures by itself how far CLOCK_MONOTONIC
 * is from wall-clock time, a few microseconds apart; readers place events by that, so both halves of a
 * recording must say the same.
 */
#ifndef WEFT_RECORD_UST_CLOCK_H
#define WEFT_RECORD_UST_CLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** @param text  Start of a metadata file; any bytes. @return Whether it declares a clock's offset. */
bool weft_ust_clock_parse(const uint8_t *text, size_t size, int64_t *ret_offset_ns);

/** Looks into the first metadata file below `dir`. @return Whether there is one with a clock. */
bool weft_ust_clock_find(const char *dir, int64_t *ret_offset_ns);

#endif
