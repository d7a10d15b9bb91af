// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * A table for a terminal. See report-table.h.
 */
#include "report-table.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "utf8.h"

#define GAP         2U
#define INDENT      2U
#define WIDTH_LEAST 12U
#define ELLIPSIS    "\xe2\x80\xa6"
#define NS_PER_S    UINT64_C(1000000000)
/* Longest form of one character: "\u{10ffff}". */
#define FORM_SIZE 16U

/* ---- Characters ---- */

/* Characters that a terminal acts on or that reorder what is around them. */
static bool is_harmful(uint32_t character)
{
	return character < 0x20 || (character >= 0x7f && character < 0xa0) || character == 0xad ||
	       character == 0x61c || (character >= 0x200b && character <= 0x200f) ||
	       (character >= 0x2028 && character <= 0x202e) ||
	       (character >= 0x2060 && character <= 0x206f) || character == 0xfeff ||
	       (character >= 0xfff0 && character <= 0xfffb) ||
	       (character >= 0xe0000 && character <= 0xe0fff);
}

/* Columns a terminal gives to a character: wide scripts take two, combining marks none. */
static unsigned int width_of(uint32_t character)
{
	static const struct {
		uint32_t first, last;
	} wide[] = {{0x1100, 0x115f}, {0x2e80, 0xa4cf},   {0xac00, 0xd7a3},
		    {0xf900, 0xfaff}, {0xfe30, 0xfe6f},   {0xff00, 0xff60},
		    {0xffe0, 0xffe6}, {0x1f300, 0x1faff}, {0x20000, 0x3fffd}};
	size_t i;

	if ((character >= 0x300 && character <= 0x36f) ||
	    (character >= 0xfe00 && character <= 0xfe0f)) {
		return 0;
	}
	for (i = 0; i < sizeof(wide) / sizeof(wide[0]); i++) {
		if (character >= wide[i].first && character <= wide[i].last) {
			return 2;
		}
	}
	return 1;
}

/* The harmless form of the character at text. Returns the bytes it takes there. */
static size_t form(struct weft_text text, char *ret_form, unsigned int *ret_width)
{
	size_t len = weft_utf8_len(text.text, text.len);
	uint32_t character;

	if (len == 0) {
		*ret_width = (unsigned int)snprintf(ret_form, FORM_SIZE, "\\x%02x",
						    (unsigned char)text.text[0]);
		return 1;
	}
	character = weft_utf8_character(text.text, len);
	if (is_harmful(character)) {
		*ret_width = (unsigned int)snprintf(
			ret_form, FORM_SIZE, character < 0x80 ? "\\x%02x" : "\\u{%x}", character);
	} else {
		memcpy(ret_form, text.text, len);
		ret_form[len] = '\0';
		*ret_width = width_of(character);
	}
	return len;
}

void weft_report_put_text(FILE *out, struct weft_text text)
{
	char piece[FORM_SIZE];
	unsigned int width;

	while (text.len) {
		size_t len = form(text, piece, &width);

		(void)fputs(piece, out);
		text.text += len;
		text.len -= (uint32_t)len;
	}
}

/* Width of a cell; cells are harmless already. */
static unsigned int measure(const char *cell)
{
	struct weft_text text = {cell, (uint32_t)strlen(cell)};
	unsigned int sum = 0;

	while (text.len) {
		size_t len = weft_utf8_len(text.text, text.len);

		sum += width_of(weft_utf8_character(text.text, len));
		text.text += len;
		text.len -= (uint32_t)len;
	}
	return sum;
}

/* ---- Durations ---- */

void weft_report_format_duration(uint64_t duration_ns, char *ret_text)
{
	static const struct {
		double ns;
		const char *name;
	} units[] = {{1e3, "\xc2\xb5s"}, {1e6, "ms"}, {1e9, "s"}};
	uint64_t seconds = duration_ns / NS_PER_S + (duration_ns % NS_PER_S >= NS_PER_S / 2);
	double value;
	size_t i = 0;
	int digits;

	if (duration_ns < 1000) {
		(void)snprintf(ret_text, WEFT_REPORT_DURATION_SIZE, "%" PRIu64 " ns", duration_ns);
		return;
	}
	if (seconds >= 3600) {
		(void)snprintf(ret_text, WEFT_REPORT_DURATION_SIZE, "%" PRIu64 "h%02um",
			       seconds / 3600, (unsigned int)(seconds / 60 % 60));
		return;
	}
	if (seconds >= 100) {
		(void)snprintf(ret_text, WEFT_REPORT_DURATION_SIZE, "%um%02us",
			       (unsigned int)(seconds / 60), (unsigned int)(seconds % 60));
		return;
	}
	/* 999.5 would be rounded to four digits: it belongs to the next unit. */
	while (i < 2 && (double)duration_ns / units[i].ns >= 999.5) {
		i++;
	}
	value = (double)duration_ns / units[i].ns;
	digits = value < 9.995 ? 2 : value < 99.95 ? 1 : 0;
	(void)snprintf(ret_text, WEFT_REPORT_DURATION_SIZE, "%.*f %s", digits, value,
		       units[i].name);
}

/* ---- Filling ---- */

void weft_report_table_fini(struct weft_report_table *table)
{
	size_t i;

	for (i = 0; i < table->cell_count; i++) {
		free(table->cells[i]);
	}
	free(table->cells);
	memset(table, 0, sizeof(*table));
}

void weft_report_table_add_column(struct weft_report_table *table, const char *title,
				  unsigned int flags)
{
	struct weft_report_column *column;

	if (table->column_count == WEFT_REPORT_COLUMN_COUNT_MAX) {
		table->status = -E2BIG;
		return;
	}
	column = &table->columns[table->column_count++];
	column->title = title;
	column->flags = flags;
}

void weft_report_table_text(struct weft_report_table *table, struct weft_text text)
{
	char cell[WEFT_REPORT_CELL_WIDTH_MAX * 4 + FORM_SIZE + sizeof(ELLIPSIS)];
	unsigned int width = 0;
	size_t size = 0;

	cell[0] = '\0';
	while (text.len) {
		char piece[FORM_SIZE];
		unsigned int piece_width;
		size_t len = form(text, piece, &piece_width);

		if (width + piece_width > WEFT_REPORT_CELL_WIDTH_MAX ||
		    size > sizeof(cell) - FORM_SIZE - sizeof(ELLIPSIS)) {
			memcpy(cell + size, ELLIPSIS, sizeof(ELLIPSIS));
			break;
		}
		memcpy(cell + size, piece, strlen(piece) + 1);
		size += strlen(piece);
		width += piece_width;
		text.text += len;
		text.len -= (uint32_t)len;
	}
	if (table->cell_count == table->cell_capacity) {
		size_t capacity = table->cell_capacity ? table->cell_capacity * 2 : 256;
		char **cells = (char **)realloc(table->cells, capacity * sizeof(char *));

		if (!cells) {
			table->status = -ENOMEM;
			return;
		}
		table->cells = cells;
		table->cell_capacity = capacity;
	}
	table->cells[table->cell_count] = strdup(cell);
	if (!table->cells[table->cell_count]) {
		table->status = -ENOMEM;
		return;
	}
	table->cell_count++;
}

void weft_report_table_format(struct weft_report_table *table, const char *format, ...)
{
	char text[WEFT_REPORT_CELL_WIDTH_MAX];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	weft_report_table_text(table, (struct weft_text){text, (uint32_t)strlen(text)});
}

void weft_report_table_count(struct weft_report_table *table, uint64_t count)
{
	weft_report_table_format(table, "%" PRIu64, count);
}

void weft_report_table_duration(struct weft_report_table *table, uint64_t duration_ns)
{
	char text[WEFT_REPORT_DURATION_SIZE];

	weft_report_format_duration(duration_ns, text);
	weft_report_table_format(table, "%s", text);
}

void weft_report_table_none(struct weft_report_table *table)
{
	weft_report_table_format(table, "-");
}

/* ---- Fitting ---- */

static void measure_columns(struct weft_report_table *table, size_t row_count)
{
	size_t at;
	size_t i;

	for (i = 0; i < table->column_count; i++) {
		table->columns[i].width = measure(table->columns[i].title);
		table->columns[i].dropped = false;
	}
	for (at = 0; at < row_count * table->column_count; at++) {
		struct weft_report_column *column = &table->columns[at % table->column_count];
		unsigned int width = measure(table->cells[at]);

		if (width > column->width) {
			column->width = width;
		}
	}
}

static unsigned int total_width(const struct weft_report_table *table)
{
	unsigned int sum = INDENT;
	size_t i;

	for (i = 0; i < table->column_count; i++) {
		if (!table->columns[i].dropped) {
			sum += table->columns[i].width + (sum > INDENT ? GAP : 0);
		}
	}
	return sum;
}

/* Takes one character from the widest column that can spare it. */
static bool shrink_one(struct weft_report_table *table)
{
	struct weft_report_column *widest = NULL;
	size_t i;

	for (i = 0; i < table->column_count; i++) {
		struct weft_report_column *column = &table->columns[i];

		if (column->flags & WEFT_REPORT_SHRINK && !column->dropped &&
		    column->width > WIDTH_LEAST && (!widest || column->width > widest->width)) {
			widest = column;
		}
	}
	if (widest) {
		widest->width--;
	}
	return widest != NULL;
}

static bool drop_one(struct weft_report_table *table)
{
	size_t i;

	for (i = table->column_count; i > 0; i--) {
		struct weft_report_column *column = &table->columns[i - 1];

		if (column->flags & WEFT_REPORT_OPTIONAL && !column->dropped) {
			column->dropped = true;
			return true;
		}
	}
	return false;
}

static void fit(struct weft_report_table *table, size_t row_count, unsigned int width)
{
	bool dropped[WEFT_REPORT_COLUMN_COUNT_MAX] = {false};
	size_t i;

	measure_columns(table, row_count);
	while (total_width(table) > width) {
		if (shrink_one(table)) {
			continue;
		}
		if (!drop_one(table)) {
			return; /* The terminal will have to wrap. */
		}
		/* What goes leaves room for the others: start over without it. */
		for (i = 0; i < table->column_count; i++) {
			dropped[i] = table->columns[i].dropped;
		}
		measure_columns(table, row_count);
		for (i = 0; i < table->column_count; i++) {
			table->columns[i].dropped = dropped[i];
		}
	}
}

/* ---- Printing ---- */

static void put_spaces(FILE *out, unsigned int count)
{
	(void)fprintf(out, "%*s", (int)count, "");
}

/* Skips or keeps whole characters: the bytes that at most `width` columns take. */
static size_t prefix_size(const char *cell, unsigned int width)
{
	size_t total = strlen(cell);
	size_t size = 0;
	unsigned int sum = 0;

	while (size < total) {
		size_t len = weft_utf8_len(cell + size, total - size);

		sum += width_of(weft_utf8_character(cell + size, len));
		if (sum > width) {
			break;
		}
		size += len;
	}
	return size;
}

static void put_cut(FILE *out, const char *cell, const struct weft_report_column *column)
{
	unsigned int excess = measure(cell) - column->width + 1;
	size_t size;

	if (column->flags & WEFT_REPORT_KEEP_TAIL) {
		size = prefix_size(cell, excess);
		(void)fprintf(out, ELLIPSIS "%s", cell + size);
	} else {
		size = prefix_size(cell, column->width - 1);
		(void)fprintf(out, "%.*s" ELLIPSIS, (int)size, cell);
	}
}

static void put_cell(FILE *out, const char *cell, const struct weft_report_column *column,
		     bool is_last)
{
	unsigned int width = measure(cell);

	if (width > column->width) {
		put_cut(out, cell, column);
	} else if (column->flags & WEFT_REPORT_RIGHT) {
		put_spaces(out, column->width - width);
		(void)fputs(cell, out);
	} else {
		(void)fputs(cell, out);
		put_spaces(out, is_last ? 0 : column->width - width);
	}
}

/* cells: NULL for the titles. */
static void put_row(const struct weft_report_table *table, FILE *out, char *const *cells)
{
	size_t last = 0;
	bool first = true;
	size_t i;

	for (i = 0; i < table->column_count; i++) {
		if (!table->columns[i].dropped) {
			last = i;
		}
	}
	for (i = 0; i < table->column_count; i++) {
		const struct weft_report_column *column = &table->columns[i];

		if (!column->dropped) {
			/* NOLINTNEXTLINE(bugprone-branch-clone): equal today. */
			put_spaces(out, first ? INDENT : GAP);
			put_cell(out, cells ? cells[i] : column->title, column, i == last);
			first = false;
		}
	}
	(void)fputc('\n', out);
}

int weft_report_table_print(struct weft_report_table *table, FILE *out, unsigned int width,
			    size_t row_count_max)
{
	size_t row_count;
	size_t shown;
	size_t i;

	if (table->status < 0 || table->column_count == 0) {
		return table->status;
	}
	row_count = table->cell_count / table->column_count;
	shown = row_count_max && row_count_max < row_count ? row_count_max : row_count;
	fit(table, shown, width);
	put_row(table, out, NULL);
	for (i = 0; i < shown; i++) {
		put_row(table, out, table->cells + i * table->column_count);
	}
	if (shown < row_count) {
		put_spaces(out, INDENT);
		(void)fprintf(out, "... and %zu more\n", row_count - shown);
	}
	return 0;
}
