// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Frames, each once. See frame-table.h.
 */
#include "frame-table.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "hash.h"

/* Distinct frames; later ones share one frame that says so. */
#define FRAME_COUNT_MAX 200000U

const struct weft_frame weft_frame_of_no_memory = {1, "[out of memory]", "", 0};
static const struct weft_frame frame_of_too_many = {2, "[too many call sites]", "", 0};
#define FIRST_ID 3U

static void destroy_frame(struct weft_frame *frame)
{
	if (frame) {
		free((char *)frame->function);
		free((char *)frame->file);
		free(frame);
	}
}

void weft_frame_table_fini(struct weft_frame_table *table)
{
	size_t i;

	for (i = 0; i < table->frames.slot_count; i++) {
		destroy_frame((struct weft_frame *)table->frames.slots[i].value);
	}
	weft_id_map_fini(&table->frames);
}

static struct weft_frame *create_frame(uint64_t id, const char *function, const char *file,
				       uint32_t line)
{
	struct weft_frame *frame = (struct weft_frame *)calloc(1, sizeof(*frame));

	if (!frame) {
		return NULL;
	}
	frame->id = id;
	frame->function = strdup(function);
	frame->file = strdup(file);
	frame->line = line;
	if (!frame->function || !frame->file) {
		destroy_frame(frame);
		return NULL;
	}
	return frame;
}

/* Different texts with equal hashes take the next free key. */
const struct weft_frame *weft_frame_table_get(struct weft_frame_table *table, const char *function,
					      const char *file, uint32_t line)
{
	uint64_t key = weft_hash_bytes(WEFT_HASH_BEGIN, function, strlen(function) + 1);
	struct weft_frame *frame;

	key = weft_hash_bytes(key, file, strlen(file) + 1);
	key = weft_hash_bytes(key, &line, sizeof(line));
	while ((frame = (struct weft_frame *)weft_id_map_find(&table->frames, key)) != NULL) {
		if (frame->line == line && strcmp(frame->function, function) == 0 &&
		    strcmp(frame->file, file) == 0) {
			return frame;
		}
		key++;
	}
	if (table->count >= FRAME_COUNT_MAX) {
		return &frame_of_too_many;
	}
	frame = create_frame(FIRST_ID + table->count, function, file, line);
	if (!frame || weft_id_map_put(&table->frames, key, frame) < 0) {
		destroy_frame(frame);
		table->status = -ENOMEM;
		return &weft_frame_of_no_memory;
	}
	table->count++;
	return frame;
}
