// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Where samples add up: (stack, tag) → a few totals. Behind every profile of the running process.
 *
 * Entries are added and their totals grow without locks, from any thread and from signal handlers;
 * nothing is ever removed while the table is in use, so an entry's address is good until the table
 * is reset or released. The memory is one reservation made at creation and touched only as it fills.
 * What does not fit any more is counted.
 *
 *     entry = weft_stack_table_find_or_add(table, pcs, depth, tag);
 *     if (entry) {
 *             atomic_fetch_add_explicit(&entry->values[0], 1, memory_order_relaxed);
 *     }
 *
 * A reader sees each total at some moment during the read: totals of one entry that belong together
 * may differ by samples that were being added.
 */
#ifndef WEFT_TRACER_STACK_TABLE_H
#define WEFT_TRACER_STACK_TABLE_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

/* Most frames of a stack; innermost ones are kept. */
#define WEFT_STACK_DEPTH_MAX 128
#define WEFT_STACK_VALUES    4

struct weft_stack_entry {
	_Atomic int64_t values[WEFT_STACK_VALUES]; /* What they mean is the profile's business. */
	uint64_t tag;                              /* As given, e.g. a label set or a size. */
	uint32_t depth;
	uint32_t hash;
	uintptr_t pcs[]; /* depth of them, innermost first. */
};

struct weft_stack_table;

/*
 * Room for `entry_count_max` stacks (rounded up to a power of two) of 32 frames on average.
 * NULL: no address space. Not signal-safe.
 */
struct weft_stack_table *weft_stack_table_create(uint32_t entry_count_max);
/* When nobody uses it any more; NULL is fine. */
void weft_stack_table_destroy(struct weft_stack_table *table);

/*
 * The entry of a stack and a tag, added with totals of 0 when new. depth 0 is a stack like others;
 * more than WEFT_STACK_DEPTH_MAX frames are cut off at the outer end. NULL: full; counted as lost.
 * Async-signal-safe, any thread, lock-free: a thread that is stopped while adding never makes others
 * wait (two entries of one stack may come of that; readers add them up).
 */
struct weft_stack_entry *weft_stack_table_find_or_add(struct weft_stack_table *table,
						      const uintptr_t *pcs, size_t depth,
						      uint64_t tag);

/*
 * The same where a tag is worth less than the sample: once half of the room is taken, what would be a new
 * entry with a tag goes to the stack's entry without one (tag 0). Counted as untagged.
 */
struct weft_stack_entry *weft_stack_table_find_or_add_tagged(struct weft_stack_table *table,
							     const uintptr_t *pcs, size_t depth,
							     uint64_t tag);

/* Walks the entries: 0 to start with; NULL behind the last. Any thread, while others add. */
struct weft_stack_entry *weft_stack_table_next(struct weft_stack_table *table, uint32_t *cursor);
/* Times that find_or_add() had no room. */
uint64_t weft_stack_table_lost(const struct weft_stack_table *table);
/* Times that find_or_add_tagged() left a tag out. */
uint64_t weft_stack_table_untagged(const struct weft_stack_table *table);
/* Empties it, gives the memory back. Only while nobody adds or walks. */
void weft_stack_table_reset(struct weft_stack_table *table);

#endif
