// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Go traces from text. See trace-text.h.
 */
#include "trace-text.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <weft/convert.h>

#define STATEMENT_SIZE_MAX 4096U

struct bytes {
	uint8_t *items;
	size_t count, capacity;
};

struct assembler {
	struct bytes out;    /* Everything before the batch at hand. */
	struct bytes header; /* Of that batch, without its size. */
	struct bytes payload;
	uint64_t claimed_size;
	bool has_batch, has_claim, is_padded;
};

static void fail(const char *what, const char *statement)
{
	(void)fprintf(stderr, "trace text: %s: '%s'\n", what, statement);
	exit(2);
}

static void put_byte(struct bytes *bytes, uint8_t byte)
{
	if (bytes->count == bytes->capacity) {
		bytes->capacity = bytes->capacity ? bytes->capacity * 2 : 256;
		bytes->items = (uint8_t *)realloc(bytes->items, bytes->capacity);
		if (!bytes->items) {
			fail("out of memory", "");
		}
	}
	bytes->items[bytes->count++] = byte;
}

static void put_bytes(struct bytes *bytes, const struct bytes *more)
{
	size_t i;

	for (i = 0; i < more->count; i++) {
		put_byte(bytes, more->items[i]);
	}
}

static void put_number(struct bytes *bytes, uint64_t value)
{
	for (; value >= 0x80; value >>= 7) {
		put_byte(bytes, (uint8_t)(value | 0x80));
	}
	put_byte(bytes, (uint8_t)value);
}

static void put_padded(struct bytes *bytes, uint64_t value)
{
	int i;

	for (i = 0; i < 9; i++, value >>= 7) {
		put_byte(bytes, (uint8_t)(value | 0x80));
	}
	put_byte(bytes, (uint8_t)value);
}

static bool take_number(const char **at, int base, uint64_t *ret_value)
{
	const char *start = *at + strspn(*at, " \n\t");
	char *end;

	*ret_value =
		*start == '-' ? (uint64_t)strtoll(start, &end, base) : strtoull(start, &end, base);
	if (end == start) {
		return false;
	}
	*at = end;
	return true;
}

static uint64_t need_number(const char **at, const char *statement)
{
	uint64_t value;

	if (!take_number(at, 10, &value)) {
		fail("a number is missing", statement);
	}
	return value;
}

static void end_batch(struct assembler *assembler)
{
	uint64_t size = assembler->has_claim ? assembler->claimed_size : assembler->payload.count;

	if (!assembler->has_batch) {
		return;
	}
	put_bytes(&assembler->out, &assembler->header);
	if (assembler->is_padded) {
		put_padded(&assembler->out, size);
	} else {
		put_number(&assembler->out, size);
	}
	put_bytes(&assembler->out, &assembler->payload);
	assembler->header.count = 0;
	assembler->payload.count = 0;
	assembler->has_batch = false;
	assembler->has_claim = false;
}

static void begin_batch(struct assembler *assembler, const char *at, bool is_experiment)
{
	const char *statement = at;
	int i;

	end_batch(assembler);
	assembler->has_batch = true;
	put_byte(&assembler->header, is_experiment ? 49 : 1);
	if (is_experiment) {
		put_byte(&assembler->header, (uint8_t)need_number(&at, statement));
	}
	for (i = 0; i < 3; i++) {
		put_number(&assembler->header, need_number(&at, statement));
	}
}

static void put_format(struct assembler *assembler, const char *at)
{
	char header[17];
	int i;

	(void)snprintf(header, sizeof(header), "go 1.%02u trace", (unsigned)need_number(&at, at));
	for (i = 0; i < 16; i++) {
		put_byte(&assembler->out, i < 13 ? (uint8_t)header[i] : 0);
	}
}

static void put_string(struct bytes *bytes, const char *at)
{
	const char *statement = at;
	const char *end;
	uint64_t count;

	put_byte(bytes, 5);
	put_number(bytes, need_number(&at, statement));
	at += strspn(at, " ");
	if (*at == '*') {
		at++;
		count = need_number(&at, statement);
		put_number(bytes, count);
		while (count--) {
			put_byte(bytes, 'x');
		}
		return;
	}
	end = *at == '"' ? strchr(at + 1, '"') : NULL;
	if (!end) {
		fail("a text is missing", statement);
	}
	put_number(bytes, (uint64_t)(end - at - 1));
	for (at++; at < end; at++) {
		put_byte(bytes, (uint8_t)*at);
	}
}

static void put_frames(struct bytes *bytes, uint64_t count)
{
	put_number(bytes, count);
	while (count--) {
		put_number(bytes, 1);
		put_number(bytes, 0);
		put_number(bytes, 0);
		put_number(bytes, 1);
	}
}

static void put_event(struct bytes *bytes, const char *name, const char *at)
{
	const char *statement = at;
	unsigned type = 0;
	uint64_t value;

	while (type < WEFT_VERIFY_EVENT_TYPE_COUNT &&
	       (!weft_verify_event_name(type) || strcmp(weft_verify_event_name(type), name) != 0)) {
		type++;
	}
	if (type == WEFT_VERIFY_EVENT_TYPE_COUNT) {
		fail("no such statement or event", name);
	}
	put_byte(bytes, (uint8_t)type);
	while (take_number(&at, 10, &value)) {
		put_number(bytes, value);
	}
	at += strspn(at, " \n\t");
	if (type == 3 && *at == '*') {
		at++;
		put_frames(bytes, need_number(&at, statement));
	}
	if (at[strspn(at, " \n\t")]) {
		fail("more than numbers", statement);
	}
}

static void put_hex(struct bytes *bytes, const char *at)
{
	uint64_t value;

	while (take_number(&at, 16, &value)) {
		put_byte(bytes, (uint8_t)value);
	}
}

static void take_statement(struct assembler *assembler, const char *name, const char *at)
{
	struct bytes *here = assembler->has_batch ? &assembler->payload : &assembler->out;

	if (strcmp(name, "format") == 0) {
		put_format(assembler, at);
	} else if (strcmp(name, "batch") == 0) {
		begin_batch(assembler, at, false);
	} else if (strcmp(name, "experiment") == 0) {
		begin_batch(assembler, at, true);
	} else if (strcmp(name, "padded") == 0) {
		assembler->is_padded = true;
	} else if (strcmp(name, "size") == 0) {
		assembler->claimed_size = need_number(&at, at);
		assembler->has_claim = true;
	} else if (strcmp(name, "end") == 0) {
		end_batch(assembler);
	} else if (strcmp(name, "EndOfGeneration") == 0) {
		end_batch(assembler);
		put_byte(&assembler->out, 52);
	} else if (strcmp(name, "hex") == 0) {
		put_hex(here, at);
	} else if (strcmp(name, "String") == 0) {
		put_string(here, at);
	} else {
		put_event(here, name, at);
	}
}

uint8_t *trace_text_assemble(const char *text, size_t *ret_size)
{
	struct assembler assembler = {.has_batch = false};
	char statement[STATEMENT_SIZE_MAX];
	size_t len;

	for (text += strspn(text, " \n\t"); *text; text += strspn(text, " ;\n\t")) {
		char *space;

		len = strcspn(text, ";");
		if (len >= sizeof(statement)) {
			fail("too long", text);
		}
		memcpy(statement, text, len);
		statement[len] = '\0';
		text += len;
		space = statement + strcspn(statement, " \n\t");
		if (*space) {
			*space++ = '\0';
		}
		take_statement(&assembler, statement, space);
	}
	end_batch(&assembler);
	free(assembler.header.items);
	free(assembler.payload.items);
	*ret_size = assembler.out.count;
	return assembler.out.items;
}
