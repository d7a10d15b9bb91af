// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * The frames that a symbolizer has given out, each of them once: equal texts are one struct weft_frame,
 * which stays where it is until the table's end. Memory is bounded.
 *
 * Threads: one at a time per table.
 */
#ifndef WEFT_CONVERTER_FRAME_TABLE_H
#define WEFT_CONVERTER_FRAME_TABLE_H

#include <stdint.h>

#include "id-map.h"
#include "symbolizer.h"

/** Zero-initialised is empty. */
struct weft_frame_table {
	struct weft_id_map frames; /* Hash of texts → frame, owned. */
	uint64_t count;
	int status; /* -ENOMEM: a frame was not made. */
};

/** Stands for what memory was not enough for. */
extern const struct weft_frame weft_frame_of_no_memory;

void weft_frame_table_fini(struct weft_frame_table *table);

/**
 * The frame of these texts, made when new.
 *
 * @param function, file  Copied; not NULL; file "": unknown.
 * @param line            0 unknown.
 * @return Borrowed until fini. Never NULL: one that says so when there are too many, or no memory.
 */
const struct weft_frame *weft_frame_table_get(struct weft_frame_table *table, const char *function,
					      const char *file, uint32_t line);

#endif
