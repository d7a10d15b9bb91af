// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Profiles of any kind: which one, and what the older kinds share. See legacy.h.
 */
#include "legacy.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <weft/pprof-legacy.h>

#include "inflate.h"

/* ---- Lines ---- */

char *weft_legacy__next_line(struct legacy_lines *lines)
{
	char *line = lines->at, *end;

	if (lines->at >= lines->end) {
		return NULL;
	}
	end = memchr(line, '\n', (size_t)(lines->end - line));
	end = end ? end : lines->end;
	lines->at = end + (end < lines->end);
	*end = '\0';
	lines->number++;
	while (isspace((unsigned char)*line)) {
		line++;
	}
	/* A NUL inside ends the line there. */
	end = line + strlen(line);
	while (end > line && isspace((unsigned char)end[-1])) {
		*--end = '\0';
	}
	return line;
}

bool weft_legacy__skip(const char **at, const char *text)
{
	const char *start = *at + strspn(*at, " \t");

	if (strncmp(start, text, strlen(text)) != 0) {
		return false;
	}
	*at = start + strlen(text);
	return true;
}

bool weft_legacy__parse_number(const char **at, int64_t *ret_number)
{
	char *end;

	errno = 0;
	*ret_number = strtoll(*at, &end, 10);
	if (errno != 0 || end == *at) {
		return false;
	}
	*at = end;
	return true;
}

bool weft_legacy__parse_count(const char **at, int64_t *ret_number)
{
	*at += strspn(*at, " \t");
	return isdigit((unsigned char)**at) && weft_legacy__parse_number(at, ret_number);
}

int weft_legacy__parse_addresses(struct legacy *legacy, const char *text, bool first_is_exact)
{
	for (text += strspn(text, " \t"); *text; text += strspn(text, " \t")) {
		char *end;
		uint64_t address;

		errno = 0;
		address = strtoull(text, &end, 16);
		if (errno != 0 || end == text || !isxdigit((unsigned char)*text)) {
			return -EBADMSG;
		}
		if (legacy->depth == LEGACY_DEPTH_MAX) {
			return -E2BIG;
		}
		if (address && !(first_is_exact && legacy->depth == 0)) {
			address--;
		}
		legacy->addresses[legacy->depth++] = address;
		text = end;
	}
	return 0;
}

int weft_legacy__malformed(const struct legacy *legacy, const char *what, struct weft_error *err)
{
	return weft_error_set(err, -EBADMSG, "malformed profile: line %" PRIu64 ": %s",
			      legacy->line_number, what);
}

/* ---- Kinds ---- */

typedef int (*decode_fn)(struct legacy *legacy, struct legacy_lines lines, struct weft_error *err);

/* Each kind gets a text of its own: looking at lines cuts it. */
static int decode_text(struct legacy *legacy, decode_fn decode, const char *bytes, size_t size,
		       struct weft_error *err)
{
	struct legacy_lines lines;
	void *copy;
	int ret = weft_arena_take(legacy->arena, size + 1, &copy);

	if (ret < 0) {
		return weft_error_set_errno(err, ret, "cannot hold %zu bytes", size);
	}
	lines = (struct legacy_lines){.at = copy, .end = (char *)copy + size};
	memcpy(copy, bytes, size);
	*lines.end = '\0';
	return decode(legacy, lines, err);
}

static int decode_kinds(struct legacy *legacy, const char *bytes, size_t size,
			struct weft_error *err)
{
	static const decode_fn kinds[] = {weft_legacy__decode_heap, weft_legacy__decode_count,
					  weft_legacy__decode_threads,
					  weft_legacy__decode_contention};
	int ret = weft_legacy__decode_cpu(legacy, (const unsigned char *)bytes, size, err);
	size_t i;

	if (ret != -ENOMSG) {
		return ret;
	}
	ret = weft_legacy__read_maps(legacy, bytes, size);
	if (ret < 0) {
		return weft_error_set_errno(err, ret, "read a memory map");
	}
	ret = -ENOMSG;
	for (i = 0; ret == -ENOMSG && i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		ret = decode_text(legacy, kinds[i], bytes, size, err);
	}
	return ret;
}

static int decode_legacy(const char *bytes, size_t size, uint64_t limit_bytes,
			 struct weft_pprof **ret_profile, struct weft_error *err)
{
	struct weft_arena arena = {.limit_bytes = limit_bytes};
	struct legacy legacy = {.arena = &arena, .profile = weft_pprof_create()};
	void *addresses;
	int ret;

	if (!legacy.profile) {
		return weft_error_set_errno(err, -ENOMEM, "make a profile");
	}
	weft_pprof_set_memory_limit(legacy.profile, limit_bytes);
	ret = weft_arena_take(&arena, LEGACY_DEPTH_MAX * sizeof(uint64_t), &addresses);
	if (ret == 0) {
		legacy.addresses = addresses;
		ret = decode_kinds(&legacy, bytes, size, err);
	} else {
		(void)weft_error_set_errno(err, ret, "make a profile");
	}
	weft_arena_free_array(&arena, legacy.maps, legacy.map_capacity, sizeof(*legacy.maps));
	weft_arena_fini(&arena);
	if (ret < 0) {
		weft_pprof_destroy(legacy.profile);
		return ret;
	}
	*ret_profile = legacy.profile;
	return 0;
}

int weft_pprof_decode_any(const void *bytes, size_t size, uint64_t memory_limit_bytes,
			  struct weft_pprof **ret_profile, struct weft_error *err)
{
	uint64_t limit_bytes =
		memory_limit_bytes ? memory_limit_bytes : WEFT_PPROF_MEMORY_LIMIT_DEFAULT;
	struct weft_arena arena = {.limit_bytes = limit_bytes};
	struct weft_bytes plain = {0};
	struct weft_error why = WEFT_ERROR_INIT;
	int ret = weft_pprof_decode(bytes, size, memory_limit_bytes, ret_profile, &why);

	if (ret == -EBADMSG && weft_is_gzip(bytes, size)) {
		ret = weft_inflate(&arena, bytes, size, &plain, err);
		if (ret < 0) {
			goto out;
		}
		bytes = plain.items;
		size = plain.size;
		ret = -EBADMSG;
	}
	if (ret == -EBADMSG) {
		ret = decode_legacy(bytes, size, limit_bytes - arena.used_bytes, ret_profile, err);
		if (ret == -ENOMSG) {
			ret = weft_error_set(err, -EBADMSG,
					     "unrecognized profile format (as one of pprof: %s)",
					     why.text);
		}
	} else if (ret < 0) {
		(void)weft_error_set(err, ret, "%s", why.text);
	}
out:
	weft_arena_free_array(&arena, plain.items, plain.capacity, 1);
	weft_arena_fini(&arena);
	return ret;
}
