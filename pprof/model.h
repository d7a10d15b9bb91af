// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * A profile from the inside: what builder, codec and merge share.
 *
 * Strings lie in the arena, each behind a head that has its number in the string table, so that an
 * encoder need not look strings up. Samples, locations and labels point into the arena.
 *
 * The indices (functions, locations, samples by contents) are made when something is first added
 * by contents: a profile that is only read never pays for them.
 */
#ifndef WEFT_PPROF_MODEL_H
#define WEFT_PPROF_MODEL_H

#include <weft/pprof.h>

#include "arena.h"
#include "hash-index.h"

/* A string of the table; what users see points to `text`. */
struct weft_string {
	uint32_t number; /* Dense, from 0, which is "". */
	uint32_t len;
	char text[];
};

/* An array that grows. */
struct weft_items {
	void *items;
	size_t count, capacity;
};

struct weft_pprof {
	struct weft_arena arena;
	struct weft_items strings;      /* const struct weft_string * */
	struct weft_items sample_types; /* struct weft_pprof_value_type */
	struct weft_items mappings;     /* struct weft_pprof_mapping */
	struct weft_items functions;    /* struct weft_pprof_function */
	struct weft_items locations;    /* struct weft_pprof_location */
	struct weft_items samples;      /* struct weft_pprof_sample */
	struct weft_items comments;     /* const char * */
	struct weft_items labels;       /* struct weft_pprof_label: of a sample being added */
	struct weft_hash_index string_index, function_index, location_index, sample_index;
	bool locations_changed; /* location_index is out of date. */
	struct weft_pprof_header header;
};

/* The profile's own copy of a text; NULL counts as "". 0; -E2BIG; -ENOMEM. */
WEFT_MUST_CHECK int weft_pprof__intern(struct weft_pprof *profile, const char *text, size_t len,
				       const char **ret_text);
/* The head of a string of this profile. */
const struct weft_string *weft_pprof__string_of(const char *text);
/* Room for one more item, zeroed; counted by the caller when it is filled. */
WEFT_MUST_CHECK int weft_pprof__reserve(struct weft_pprof *profile, struct weft_items *items,
					size_t item_size, void **ret_item);

/* Sums and products of values end at the ends of their type. */
int64_t weft_pprof__add(int64_t a, int64_t b);
int64_t weft_pprof__multiply(int64_t value, double ratio);

#endif
