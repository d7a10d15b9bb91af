// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * What the text forms share. See text-output.h.
 */
#include "text-output.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- Output ---- */

int weft_text_flush(struct weft_text_output *output)
{
	if (output->status == 0 && output->len > 0) {
		output->status = output->write(output->ctx, output->text, output->len);
	}
	output->len = 0;
	return output->status;
}

void weft_text_add(struct weft_text_output *output, const char *text, size_t len)
{
	while (len > 0 && output->status == 0) {
		size_t room = sizeof(output->text) - output->len;
		size_t piece = len < room ? len : room;

		memcpy(output->text + output->len, text, piece);
		output->len += piece;
		text += piece;
		len -= piece;
		if (output->len == sizeof(output->text)) {
			(void)weft_text_flush(output); /* The output keeps the status. */
		}
	}
}

void weft_text_format(struct weft_text_output *output, const char *format, ...)
{
	char text[256];
	va_list args;
	int len;

	va_start(args, format);
	len = vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	weft_text_add(output, text, (size_t)len < sizeof(text) ? (size_t)len : sizeof(text) - 1);
}

void weft_text_add_name(struct weft_text_output *output, const char *name)
{
	for (; *name; name++) {
		bool is_control = (unsigned char)*name < ' ' || *name == '\x7f';

		weft_text_add(output, is_control ? "?" : name, 1);
	}
}

/* ---- Quoting ---- */

/*
 * Length of the UTF-8 sequence at `text` and the character that it stands for; 0: there is none. Neither
 * longer forms than needed nor halves of surrogate pairs count as UTF-8.
 */
static size_t utf8_character(const unsigned char *text, uint32_t *ret_character)
{
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
	size_t len = text[0] < 0x80                       ? 1
		     : text[0] >= 0xc2 && text[0] <= 0xdf ? 2
		     : (text[0] & 0xf0) == 0xe0           ? 3
		     : text[0] >= 0xf0 && text[0] <= 0xf4 ? 4
							  : 0;
	uint32_t character = len <= 1 ? text[0] : text[0] & (0xffU >> (len + 1));
	size_t i;

	for (i = 1; i < len; i++) {
		if ((text[i] & 0xc0) != 0x80) {
			return 0;
		}
		character = character << 6 | (text[i] & 0x3f);
	}
	if (len == 0 || character < least[len] || character > 0x10ffff ||
	    (character >= 0xd800 && character <= 0xdfff)) {
		return 0;
	}
	*ret_character = character;
	return len;
}

static void add_character(struct weft_text_output *output, const char *bytes, size_t len,
			  uint32_t character)
{
	static const char special[] = "\a\b\f\n\r\t\v\\\"";
	static const char letters[] = "abfnrtv\\\"";
	const char *found = character && character < 0x80 ? strchr(special, (int)character) : NULL;

	if (found) {
		weft_text_format(output, "\\%c", letters[found - special]);
	} else if (character < ' ' || character == 0x7f) {
		weft_text_format(output, "\\x%02" PRIx32, character);
	} else if (character >= 0x80 && character < 0xa0) {
		weft_text_format(output, "\\u%04" PRIx32, character);
	} else {
		weft_text_add(output, bytes, len);
	}
}

void weft_text_add_quoted(struct weft_text_output *output, const char *text, const char *also)
{
	weft_text_add(output, "\"", 1);
	while (*text) {
		uint32_t character = 0;
		size_t len = utf8_character((const unsigned char *)text, &character);

		if (len == 0 || strchr(also, *text)) {
			weft_text_format(output, "\\x%02x", (unsigned char)*text);
			len = 1;
		} else {
			add_character(output, text, len, character);
		}
		text += len;
	}
	weft_text_add(output, "\"", 1);
}

/* ---- Stacks ---- */

static struct weft_text_frame make_frame(const struct weft_text_output *output, uint32_t index,
					 uint32_t line)
{
	const struct weft_pprof_location *location =
		weft_pprof_get_location(output->profile, index);
	uint64_t entry = output->options->entries ? output->options->entries[index] : 0;
	struct weft_text_frame frame = {.address = location->address};

	if (entry && entry <= location->address) {
		frame.offset = location->address - entry;
	}
	if (line < location->line_count) {
		frame.function =
			weft_pprof_get_function(output->profile, location->lines[line].function);
		frame.line = location->lines[line].line;
		frame.is_inlined = line + 1 < location->line_count;
	}
	return frame;
}

struct weft_text_frame *weft_text_get_frames(const struct weft_text_output *output,
					     const struct weft_pprof_sample *sample,
					     size_t *ret_count)
{
	struct weft_text_frame *frames;
	size_t count = 0;
	size_t room = 1;
	uint32_t i;
	uint32_t line;

	for (i = 0; i < sample->location_count; i++) {
		room += weft_pprof_get_location(output->profile, sample->locations[i])->line_count +
			1;
	}
	frames = (struct weft_text_frame *)calloc(room, sizeof(*frames));
	if (!frames) {
		return NULL;
	}
	for (i = 0; i < sample->location_count; i++) {
		uint32_t index = sample->locations[i];

		line = 0;
		do {
			frames[count++] = make_frame(output, index, line);
		} while (++line < weft_pprof_get_location(output->profile, index)->line_count);
	}
	*ret_count = count;
	return frames;
}

void weft_text_add_addresses(struct weft_text_output *output,
			     const struct weft_pprof_sample *sample)
{
	uint32_t i;

	weft_text_add(output, " @", 2);
	for (i = 0; i < sample->location_count; i++) {
		weft_text_format(
			output, " %#" PRIx64,
			weft_pprof_get_location(output->profile, sample->locations[i])->address +
				1);
	}
	if (sample->location_count == 0) {
		weft_text_add(output, " 0x0", 4);
	}
}

/* ---- Alignment ---- */

/*
 * Cells that end in a tab line up with those above and below: each takes as many tabs as bring it to the
 * next stop behind the longest. A line with fewer cells ends the column.
 */
#define TAB_WIDTH 8U

/* Widths of the columns of addresses and of functions. */
struct widths {
	size_t address, function;
};

static size_t character_count(const char *text)
{
	size_t count = 0;

	for (; *text; text++) {
		count += ((unsigned char)*text & 0xc0) != 0x80;
	}
	return count;
}

static size_t hex_width(uint64_t number)
{
	return (size_t)snprintf(NULL, 0, "0x%" PRIx64, number);
}

static size_t function_width(const struct weft_text_frame *frame)
{
	return character_count(frame->function->name) + 1 + hex_width(frame->offset);
}

static void add_tabs(struct weft_text_output *output, size_t width, size_t column_width)
{
	size_t stop = (column_width + 1 + TAB_WIDTH - 1) / TAB_WIDTH * TAB_WIDTH;
	size_t tabs = (stop - width + TAB_WIDTH - 1) / TAB_WIDTH;

	while (tabs-- > 0) {
		weft_text_add(output, "\t", 1);
	}
}

static void add_frame(struct weft_text_output *output, const struct weft_text_frame *frame,
		      const struct widths *widths)
{
	weft_text_format(output, "#\t0x%" PRIx64, frame->address);
	if (frame->function) {
		add_tabs(output, hex_width(frame->address), widths->address);
		weft_text_add_name(output, frame->function->name);
		weft_text_format(output, "+0x%" PRIx64, frame->offset);
		add_tabs(output, function_width(frame), widths->function);
		weft_text_add_name(output, frame->function->file[0] ? frame->function->file : "?");
		weft_text_format(output, ":%" PRId64, frame->line);
	}
	weft_text_add(output, "\n", 1);
}

/* Widths of the lines from the first on that have all cells; returns how many these are. */
static size_t measure(const struct weft_text_frame *frames, size_t count, struct widths *ret_widths)
{
	struct widths widths = {0, 0};
	size_t i;

	for (i = 0; i < count && frames[i].function; i++) {
		size_t address = hex_width(frames[i].address);
		size_t function = function_width(&frames[i]);

		widths.address = address > widths.address ? address : widths.address;
		widths.function = function > widths.function ? function : widths.function;
	}
	*ret_widths = widths;
	return i;
}

int weft_text_add_stack(struct weft_text_output *output, const struct weft_pprof_sample *sample)
{
	struct widths widths = {0, 0};
	size_t count = 0;
	size_t measured = 0;
	struct weft_text_frame *frames = weft_text_get_frames(output, sample, &count);
	size_t i;

	if (!frames) {
		return -ENOMEM;
	}
	for (i = 0; i < count; i++) {
		if (i >= measured) {
			measured = i + measure(frames + i, count - i, &widths);
		}
		add_frame(output, &frames[i], &widths);
	}
	if (count == 0) {
		weft_text_format(output, "#\t0x0\n");
	}
	weft_text_add(output, "\n", 1);
	free(frames);
	return 0;
}
