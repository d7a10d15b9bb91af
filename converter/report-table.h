// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * A table for a terminal: columns as wide as their content, made to fit a width.
 *
 *     init ─▶ add_column ... ─▶ per row: one of the cell functions a column ─▶ print ─▶ fini
 *
 * When the natural widths do not fit, shrinkable columns shrink to their least width, then optional
 * columns go, the last one first. Cells are made harmless: control characters, escape sequences,
 * bytes that are not UTF-8 and characters that change the direction of text appear as \xNN or
 * \u{NNNN}. A cell never spans lines.
 *
 * Threads: one thread at a time per table. Failures (memory) are remembered and told by print.
 */
#ifndef WEFT_CONVERTER_REPORT_TABLE_H
#define WEFT_CONVERTER_REPORT_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <weft/error.h>

#include "event.h"

#define WEFT_REPORT_COLUMN_COUNT_MAX 32U
/** Longest cell kept, in characters; what no terminal shows is not worth keeping. */
#define WEFT_REPORT_CELL_WIDTH_MAX 200U

/* How a column behaves; flags. */
enum weft_report_column_flags {
	WEFT_REPORT_LEFT = 0,
	WEFT_REPORT_RIGHT = 1U << 0,     /**< Numbers. */
	WEFT_REPORT_SHRINK = 1U << 1,    /**< Long texts lose their end, down to 12 characters. */
	WEFT_REPORT_KEEP_TAIL = 1U << 2, /**< Shrinking cuts the start instead: paths. */
	WEFT_REPORT_OPTIONAL = 1U << 3,  /**< May be left out. */
};

struct weft_report_column {
	const char *title; /* Borrowed. */
	unsigned int flags;
	unsigned int width;
	bool dropped;
};

/** Zero-initialised is empty. */
struct weft_report_table {
	struct weft_report_column columns[WEFT_REPORT_COLUMN_COUNT_MAX];
	size_t column_count;
	char **cells; /* Row by row; owned. */
	size_t cell_count, cell_capacity;
	int status;
};

void weft_report_table_fini(struct weft_report_table *table);
/** All columns come before the first cell. */
void weft_report_table_add_column(struct weft_report_table *table, const char *title,
				  unsigned int flags);

/* Cells, in the order of the columns. */
void weft_report_table_text(struct weft_report_table *table, struct weft_text text);
void weft_report_table_format(struct weft_report_table *table, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
void weft_report_table_count(struct weft_report_table *table, uint64_t count);
/** Nanoseconds as a person writes them; three significant digits. */
void weft_report_table_duration(struct weft_report_table *table, uint64_t duration_ns);
/** A cell for what is not known or does not apply. */
void weft_report_table_none(struct weft_report_table *table);

/**
 * Prints title row and rows, each indented by two spaces.
 *
 * @param width          Columns of the terminal.
 * @param row_count_max  Most rows; beyond, a last line says how many there are more. 0: all.
 * @return 0; -ENOMEM. Failures of `out` are left to its owner (ferror()).
 */
WEFT_MUST_CHECK int weft_report_table_print(struct weft_report_table *table, FILE *out,
					    unsigned int width, size_t row_count_max);

/** Longest text of a duration, with NUL. */
#define WEFT_REPORT_DURATION_SIZE 32
/** "731 ns", "1.25 ms", "4m05s". */
void weft_report_format_duration(uint64_t duration_ns, char *ret_text);
/** Writes a text made harmless. */
void weft_report_put_text(FILE *out, struct weft_text text);

#endif
