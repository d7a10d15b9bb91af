// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Tables of the Go trace encoder: texts and call sites that get small numbers on first use.
 *
 * Ids are dense from 1. Texts are stored as the reader wants them: valid UTF-8, at most 1024 bytes.
 * Tables never shrink but by clear; the encoder ends a generation before they grow large.
 *
 * Threads: one thread at a time per table.
 */
#ifndef WEFT_CONVERTER_GO_TABLES_H
#define WEFT_CONVERTER_GO_TABLES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <weft/error.h>

#include "event.h"

/** Longest string of the format, in bytes. */
#define WEFT_GO_STRING_SIZE_MAX 1024U

struct weft_text_entry {
	uint64_t hash;
	uint32_t offset, len; /* In the arena. */
};

/** Zero-initialised is empty. */
struct weft_text_table {
	char *arena;
	size_t arena_size, arena_capacity;
	struct weft_text_entry *entries; /* Entry i has id i + 1. */
	size_t count, entry_capacity;
	uint32_t *slots; /* Hash → id, 0 free. */
	size_t slot_count;
};

void weft_text_table_fini(struct weft_text_table *table);
void weft_text_table_clear(struct weft_text_table *table);
/**
 * The id of a text, which is added when new.
 *
 * @param ret_id  0 for the empty text.
 * @return 0; -ENOMEM.
 */
WEFT_MUST_CHECK int weft_text_table_add(struct weft_text_table *table, struct weft_text text,
					uint64_t *ret_id);
/** The id of a text, 0 when it was not added. */
uint64_t weft_text_table_find(const struct weft_text_table *table, struct weft_text text);
/** Text of an id of this table. Borrowed until the next add or clear. */
struct weft_text weft_text_table_get(const struct weft_text_table *table, uint64_t id);

/**
 * A call site of a process, or a synthetic frame, called from another: a stack, and the outer part of
 * those that go on from it.
 */
struct weft_site_entry {
	uint64_t ip;     /* Or the synthetic frame's number. */
	int32_t pid;     /* WEFT_SITE_SYNTHETIC for a synthetic frame. */
	uint32_t caller; /* Id of the entry that called it, 0: outermost. */
	bool is_stack;   /* Else only part of others. */
};

#define WEFT_SITE_SYNTHETIC (-2)

/** Zero-initialised is empty. */
struct weft_site_table {
	struct weft_site_entry *entries; /* Entry i has id i + 1. */
	size_t count, capacity;
	uint32_t *slots;
	size_t slot_count;
};

void weft_site_table_fini(struct weft_site_table *table);
void weft_site_table_clear(struct weft_site_table *table);
/**
 * The id of a call site under its callers; it is part of stacks, not one, until told so.
 *
 * @param caller  Id, 0: outermost.
 * @return 0; -ENOMEM.
 */
WEFT_MUST_CHECK int weft_site_table_add(struct weft_site_table *table, uint64_t caller, int32_t pid,
					uint64_t ip, uint64_t *ret_id);

#endif
