// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Where events end. See event-layout.h.
 */
#include "event-layout.h"

#include <stdlib.h>
#include <string.h>

#define METADATA_MAGIC 0x75D11D57U
#define EXTENDED_ID    0xFFFFU
#define NUMBER_MAX     100000U

/* Header of a metadata packet: magic, uuid, checksum, sizes in bits, five bytes of schemes. */
enum { METADATA_AT_CONTENT = 24, METADATA_AT_PACKET = 28, METADATA_HEADER_SIZE = 37 };

static uint16_t read_u16(const uint8_t *at)
{
	uint16_t value;

	memcpy(&value, at, sizeof(value));
	return value;
}

static uint32_t read_u32(const uint8_t *at)
{
	uint32_t value;

	memcpy(&value, at, sizeof(value));
	return value;
}

static uint64_t read_u64(const uint8_t *at)
{
	uint64_t value;

	memcpy(&value, at, sizeof(value));
	return value;
}

/* ---- Metadata ---- */

/* The text without its packets, ended by NUL; the caller frees. */
static char *unpack(const uint8_t *bytes, size_t size)
{
	char *text = (char *)malloc(size + 1);
	size_t len = 0;
	size_t at = 0;

	if (!text) {
		return NULL;
	}
	while (size - at >= METADATA_HEADER_SIZE && read_u32(bytes + at) == METADATA_MAGIC) {
		size_t content = read_u32(bytes + at + METADATA_AT_CONTENT) / 8;
		size_t whole = read_u32(bytes + at + METADATA_AT_PACKET) / 8;

		if (content < METADATA_HEADER_SIZE || whole < content || whole > size - at) {
			break;
		}
		memcpy(text + len, bytes + at + METADATA_HEADER_SIZE,
		       content - METADATA_HEADER_SIZE);
		len += content - METADATA_HEADER_SIZE;
		at += whole;
	}
	text[len] = '\0';
	return text;
}

/* The number after `key`, when it stands before `end`; NUMBER_MAX otherwise. */
static unsigned long find_number(const char *text, const char *end, const char *key)
{
	const char *found = strstr(text, key);
	unsigned long value;

	if (!found || found >= end) {
		return NUMBER_MAX;
	}
	value = strtoul(found + strlen(key), NULL, 10);
	return value < NUMBER_MAX ? value : NUMBER_MAX;
}

/* One field a line: `integer { size = 32; ...} _pid;` or `string _name;`. */
static bool parse_field(const char *line, const char *end, uint8_t *ret_size)
{
	unsigned long bits;

	line += strspn(line, " \t");
	if (strncmp(line, "integer {", 9) == 0) {
		bits = find_number(line, end, "size = ");
		*ret_size = (uint8_t)(bits / 8);
		return (bits == 8 || bits == 16 || bits == 32 || bits == 64) &&
		       find_number(line, end, "align = ") == 8;
	}
	*ret_size = 0;
	return strncmp(line, "string ", 7) == 0;
}

static bool parse_fields(const char *at, const char *end, struct weft_event_layout *layout)
{
	memset(layout, 0, sizeof(*layout));
	while (at < end) {
		const char *line_end = strchr(at, '\n');

		if (!line_end || line_end > end || layout->field_count == WEFT_LAYOUT_FIELDS_MAX ||
		    !parse_field(at, line_end, &layout->fields[layout->field_count])) {
			return false;
		}
		layout->field_count++;
		at = line_end + 1;
	}
	/* Every event of the contract begins with the process id. */
	return layout->field_count && layout->fields[0] == sizeof(int32_t);
}

size_t weft_layouts_parse(struct weft_layouts *layouts, const uint8_t *bytes, size_t size)
{
	static const char begin[] = "\nevent {\n";
	static const char fields[] = "fields := struct {\n";
	char *text = unpack(bytes, size);
	const char *at = text;
	size_t count = 0;

	memset(layouts, 0, sizeof(*layouts));
	while (at && (at = strstr(at, begin)) != NULL) {
		const char *list = strstr(at, fields);
		const char *end = list ? strstr(list, "\n\t};\n") : NULL;
		struct weft_event_layout layout;
		unsigned long id;

		if (!end) {
			break;
		}
		id = find_number(at, list, "\tid = ");
		if (id < WEFT_LAYOUT_EVENTS_MAX &&
		    parse_fields(list + sizeof(fields) - 1, end, &layout)) {
			layouts->events[id] = layout;
			count++;
		}
		at = end;
	}
	free(text);
	return count;
}

/* ---- Events ---- */

static bool step_over_fields(const struct weft_event_layout *layout, const uint8_t *bytes,
			     size_t end, size_t *at)
{
	uint8_t i;

	for (i = 0; i < layout->field_count; i++) {
		size_t size = layout->fields[i];

		if (size == 0) {
			const uint8_t *nul = (const uint8_t *)memchr(bytes + *at, 0, end - *at);

			if (!nul) {
				return false;
			}
			size = (size_t)(nul - (bytes + *at)) + 1;
		}
		if (size > end - *at) {
			return false;
		}
		*at += size;
	}
	return true;
}

/* Compact time is the low half; worked example: before 0x1fffffff0, low half 0x10: 0x200000010. */
static uint64_t extend_time(uint64_t before, uint32_t low)
{
	uint64_t time_ns = (before & ~(uint64_t)UINT32_MAX) | low;

	return time_ns < before ? time_ns + (UINT64_C(1) << 32) : time_ns;
}

bool weft_layouts_step(const struct weft_layouts *layouts, const uint8_t *bytes, size_t end,
		       uint64_t limit_ns, struct weft_event_cursor *cursor)
{
	size_t at = cursor->at;
	uint64_t time_ns;
	uint32_t id;

	if (end - at < 6) {
		return false;
	}
	id = read_u16(bytes + at);
	if (id == EXTENDED_ID) {
		if (end - at < 14) {
			return false;
		}
		id = read_u32(bytes + at + 2);
		time_ns = read_u64(bytes + at + 6);
		at += 14;
	} else {
		time_ns = extend_time(cursor->time_ns, read_u32(bytes + at + 2));
		at += 6;
	}
	if (id >= WEFT_LAYOUT_EVENTS_MAX || !layouts->events[id].field_count ||
	    time_ns < cursor->time_ns || (limit_ns && time_ns > limit_ns) || end - at < 4 ||
	    (int32_t)read_u32(bytes + at) <= 0 ||
	    !step_over_fields(&layouts->events[id], bytes, end, &at)) {
		return false;
	}
	cursor->at = at;
	cursor->time_ns = time_ns;
	return true;
}
