// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * DIR/weft.json: how a recording was made, what came of it. For people and programs; converting does
 * not need it.
 */
#ifndef WEFT_RECORD_DESCRIPTION_H
#define WEFT_RECORD_DESCRIPTION_H

#include <stdint.h>

#include <weft/record.h>

#include "buffer-size.h"

struct weft_description {
	const char *session;
	const char *command; /* NULL: none. */
	enum weft_record_scope scope;
	enum weft_record_tier tier;
	int32_t pid;
	struct weft_buffer_size size;
	uint32_t cpu_count;
	uint64_t begin_ns, end_ns; /* CLOCK_MONOTONIC. */
	int64_t clock_offset_ns;   /* Add to CLOCK_MONOTONIC for time since 1970. */
	const struct weft_record_stats *stats;
	const char *problem; /* "" when all went well. */
};

/** CLOCK_REALTIME − CLOCK_MONOTONIC now, from the closest of several readings. */
int64_t weft_description_clock_offset_ns(void);

/** Writes DIR/weft.json; it appears when complete. */
WEFT_MUST_CHECK int weft_description_write(const struct weft_description *description,
					   const char *dir, struct weft_error *err);

#endif
