// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Values with units as reports show them: "1.10s", "512.50kB", "12", " 3.45%".
 *
 * Units come in families (bytes, time, GCU); within one, values are converted, by any of a unit's
 * names in any case. Two target units are special: "auto" is the largest that leaves 1 or more, and
 * "minimum" is the same here (a report replaces it by one unit for all its values first).
 *
 * Pure: no state, no allocation.
 * Source: the texts of google/pprof's reports, which these are equal to, byte by byte.
 */
#ifndef WEFT_PPROF_REPORT_UNIT_H
#define WEFT_PPROF_REPORT_UNIT_H

#include <stdbool.h>
#include <stdint.h>

/** Bytes of storage for any text made here; units that are longer lose their tail. */
#define WEFT_REPORT_TEXT_SIZE 64

/**
 * Converts a value.
 *
 * @param ret_unit  The unit of the result, "" when there is nothing worth showing; borrowed from
 *                  `to` or static.
 */
double weft_report_unit__scale(int64_t value, const char *from, const char *to,
			       const char **ret_unit);
/** The value in unit `to`, with at most two decimals, and the unit. @return `text`. */
const char *weft_report_unit__label(char text[WEFT_REPORT_TEXT_SIZE], int64_t value,
				    const char *from, const char *to);
/** Share of the total in six characters and more: "  100%", " 3.45%", "0.012%". @return `text`. */
const char *weft_report_unit__percent(char text[WEFT_REPORT_TEXT_SIZE], int64_t value,
				      int64_t total);
/** As above without blanks in front. */
const char *weft_report_unit__percent_trimmed(char text[WEFT_REPORT_TEXT_SIZE], int64_t value,
					      int64_t total);

/* ---- Arithmetic of 64-bit values that wraps around and never traps, as the reader's does ---- */

int64_t weft_report_unit__add(int64_t a, int64_t b);
int64_t weft_report_unit__magnitude(int64_t value);
/** Of anything by anything but 0. */
int64_t weft_report_unit__divide(int64_t value, int64_t divisor);
/** Towards zero; what does not fit is INT64_MIN. */
int64_t weft_report_unit__to_int(double value);
/** `value` times `ratio`, towards zero. */
int64_t weft_report_unit__multiply(int64_t value, double ratio);

#endif
