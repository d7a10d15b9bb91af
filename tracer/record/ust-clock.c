// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * See ust-clock.h.
 */
#include "ust-clock.h"

#include <ctype.h>
#include <fts.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The clock stands before the first event. */
#define LOOK_BYTES 16384

bool weft_ust_clock_parse(const uint8_t *text, size_t size, int64_t *ret_offset_ns)
{
	static const char key[] = "\toffset = ";
	const uint8_t *at = (const uint8_t *)memmem(text, size, "\nclock {", 8);
	char digits[24] = "";
	size_t len = 0;

	if (!at) {
		return false;
	}
	size -= (size_t)(at - text);
	text = at;
	at = (const uint8_t *)memmem(text, size, key, sizeof(key) - 1);
	if (!at) {
		return false;
	}
	at += sizeof(key) - 1;
	while (at < text + size && len < sizeof(digits) - 1 && (isdigit(*at) || *at == '-')) {
		digits[len++] = (char)*at++;
	}
	/* A number that ends elsewhere is cut by the end of a packet. */
	if (len == 0 || at == text + size || *at != ';') {
		return false;
	}
	*ret_offset_ns = strtoll(digits, NULL, 10);
	return true;
}

static bool look_into(const char *path, int64_t *ret_offset_ns)
{
	uint8_t text[LOOK_BYTES];
	FILE *file = fopen(path, "re");
	size_t len = file ? fread(text, 1, sizeof(text), file) : 0;

	if (file) {
		(void)fclose(file); /* Read only; nothing to lose. */
	}
	return weft_ust_clock_parse(text, len, ret_offset_ns);
}

bool weft_ust_clock_find(const char *dir, int64_t *ret_offset_ns)
{
	char *top = strdup(dir);
	char *const tops[] = {top, NULL};
	FTS *listing = top ? fts_open(tops, FTS_PHYSICAL | FTS_NOCHDIR, NULL) : NULL;
	const FTSENT *entry;
	bool found = false;

	while (!found && listing && (entry = fts_read(listing)) != NULL) {
		found = entry->fts_info == FTS_F && strcmp(entry->fts_name, "metadata") == 0 &&
			look_into(entry->fts_path, ret_offset_ns);
	}
	if (listing) {
		(void)fts_close(listing); /* Read only; nothing to lose. */
	}
	free(top);
	return found;
}
