// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * What the decoders of <weft/pprof-legacy.h> share: lines of a text, and the profile in the making.
 *
 *     legacy.c       which kind it is
 *     legacy-maps.c  memory maps, and which mapping an address is in
 *     legacy-cpu.c, legacy-heap.c, legacy-text.c   the kinds
 */
#ifndef WEFT_PPROF_LEGACY_INTERNAL_H
#define WEFT_PPROF_LEGACY_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <weft/pprof.h>

#include "arena.h"

/* Deepest stack: what is longer is damage. */
#define LEGACY_DEPTH_MAX 16384U

/* A text that is cut into lines, in place. */
struct legacy_lines {
	char *at, *end; /* *end is NUL. */
	uint64_t number;
};

/* A file in memory. */
struct legacy_map {
	uint64_t start, limit, offset;
	const char *file, *build_id; /* In the arena. */
};

struct legacy {
	struct weft_arena *arena; /* With the ceiling of all. */
	struct weft_pprof *profile;
	struct legacy_map *maps;
	uint32_t map_count;
	size_t map_capacity;
	bool has_whole_space; /* The last mapping takes what no file has. */
	/* The stack being read. */
	uint64_t *addresses;
	uint32_t depth;
	uint64_t line_number; /* For messages. */
};

/* The next line without its end and blanks around it; NULL: no more. Valid as long as the text. */
char *weft_legacy__next_line(struct legacy_lines *lines);
/* Decimal digits with or without a sign, blanks before them. Moves *at behind it. */
bool weft_legacy__parse_number(const char **at, int64_t *ret_number);
/* As above, without a sign. */
bool weft_legacy__parse_count(const char **at, int64_t *ret_number);
/* Moves *at behind a text, and blanks before it. */
bool weft_legacy__skip(const char **at, const char *text);
/* Adds "0x12 0x34" to the stack, from the leaf. Those that are `called` (all but the first with
 * first_is_exact) lose one. 0; -EBADMSG; -E2BIG. */
int weft_legacy__parse_addresses(struct legacy *legacy, const char *text, bool first_is_exact);
/* -EBADMSG with the number of the line. */
int weft_legacy__malformed(const struct legacy *legacy, const char *what, struct weft_error *err);

/* Whether what follows is a memory map. */
bool weft_legacy__is_map_start(const char *line);
/* Reads the map behind such a line, wherever it is in the text, and makes the mappings. 0; -ENOMEM. */
int weft_legacy__read_maps(struct legacy *legacy, const char *text, size_t size);
/* Adds a sample with the stack of `legacy`. @param bytes_label  Of a label "bytes"; NULL: none. 0; -ENOMEM;
 * -E2BIG; -EINVAL. */
int weft_legacy__add_sample(struct legacy *legacy, const int64_t *values,
			    const int64_t *bytes_label);

/* ---- Kinds: 0; -ENOMSG: of another kind; -EBADMSG: damaged; others ---- */

int weft_legacy__decode_cpu(struct legacy *legacy, const unsigned char *bytes, size_t size,
			    struct weft_error *err);
int weft_legacy__decode_heap(struct legacy *legacy, struct legacy_lines lines,
			     struct weft_error *err);
int weft_legacy__decode_count(struct legacy *legacy, struct legacy_lines lines,
			      struct weft_error *err);
int weft_legacy__decode_contention(struct legacy *legacy, struct legacy_lines lines,
				   struct weft_error *err);
int weft_legacy__decode_threads(struct legacy *legacy, struct legacy_lines lines,
				struct weft_error *err);

#endif
