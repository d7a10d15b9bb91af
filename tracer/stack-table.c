// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * See stack-table.h. Open addressing with linear probing over slots that are only ever filled:
 *
 *     one mapping:  table │ slots: (hash, offset) … │ arena: entry entry entry … → used
 *
 * An entry is written into the arena where nobody sees it and then published by one
 * compare-and-swap of an empty slot. Who loses that race looks at the winner's entry, and goes on
 * if it is another stack. There are twice as many slots as entries, so that probes stay short.
 */
#include "stack-table.h"

#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>

#define ENTRY_COUNT_LIMIT (UINT32_C(1) << 24)
#define ENTRY_COUNT_LEAST UINT32_C(64) /* Slots to spare for every thread that adds at once. */
#define MEAN_DEPTH        32
#define PAGE_SIZE         4096
#define WORD              sizeof(uint64_t)
#define OFFSET_BITS       32
#define HASH_MULTIPLIER   UINT64_C(0x9e3779b97f4a7c15) /* 2^64 divided by the golden ratio. */

/*
 * A filled slot: the entry's hash in the upper half, its place in the arena in words + 1 in the
 * lower one; 0 is an empty slot. E.g. hash 0xabcd at the arena's second word: 0x0000abcd00000002.
 */
typedef _Atomic uint64_t slot_word;

struct weft_stack_table {
	size_t mapping_size;
	uint64_t arena_word_count;
	uint32_t entry_count_max;
	uint32_t slot_mask;
	_Atomic uint64_t used_word_count;
	_Atomic uint32_t entry_count;
	_Atomic uint64_t lost_count, untagged_count;
	uint64_t *arena;
	slot_word slots[];
};

static size_t whole_pages(size_t size)
{
	return (size + PAGE_SIZE - 1) / PAGE_SIZE * PAGE_SIZE;
}

static size_t words_of_entry(size_t depth)
{
	_Static_assert(sizeof(uintptr_t) == WORD, "a pc is a word");
	_Static_assert(sizeof(struct weft_stack_entry) % WORD == 0, "entries are whole words");
	return sizeof(struct weft_stack_entry) / WORD + depth;
}

static uint32_t round_up_to_power(uint32_t count)
{
	uint32_t power = ENTRY_COUNT_LEAST;

	while (power < count) {
		power *= 2;
	}
	return power;
}

/*
 * A quarter more than promised, for entries that lost a race and could not be taken back; and one
 * longest stack always fits, however small the table.
 */
static size_t arena_word_count(uint32_t entries)
{
	return (size_t)entries * words_of_entry(MEAN_DEPTH) / 4 * 5 +
	       words_of_entry(WEFT_STACK_DEPTH_MAX);
}

struct weft_stack_table *weft_stack_table_create(uint32_t entry_count_max)
{
	struct weft_stack_table *table;
	uint32_t entries;
	size_t head_size;
	size_t arena_size;

	if (entry_count_max > ENTRY_COUNT_LIMIT) {
		return NULL;
	}
	entries = round_up_to_power(entry_count_max);
	head_size = whole_pages(sizeof(*table) + 2 * (size_t)entries * sizeof(slot_word));
	arena_size = whole_pages(arena_word_count(entries) * WORD);
	table = mmap(NULL, head_size + arena_size, PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (table == MAP_FAILED) {
		return NULL;
	}
	table->mapping_size = head_size + arena_size;
	table->arena_word_count = arena_size / WORD;
	table->entry_count_max = entries;
	table->slot_mask = 2 * entries - 1;
	table->arena = (uint64_t *)((char *)table + head_size);
	return table;
}

void weft_stack_table_destroy(struct weft_stack_table *table)
{
	if (table) {
		(void)munmap(table, table->mapping_size); /* Our own whole mapping: cannot fail. */
	}
}

static uint32_t hash_of(const uintptr_t *pcs, size_t depth, uint64_t tag)
{
	uint64_t hash = (tag + depth) * HASH_MULTIPLIER;
	size_t i;

	for (i = 0; i < depth; i++) {
		hash = ((hash ^ (hash >> 29)) ^ pcs[i]) * HASH_MULTIPLIER;
	}
	return (uint32_t)(hash >> 32);
}

static bool is_equal(const struct weft_stack_entry *entry, const uintptr_t *pcs, size_t depth,
		     uint64_t tag)
{
	return entry->tag == tag && entry->depth == depth &&
	       memcmp(entry->pcs, pcs, depth * sizeof(*pcs)) == 0;
}

static struct weft_stack_entry *entry_of(const struct weft_stack_table *table, uint64_t slot)
{
	return (struct weft_stack_entry *)(void *)&table->arena[(uint32_t)slot - 1];
}

/* An entry nobody sees yet; NULL: no room. */
static struct weft_stack_entry *allocate(struct weft_stack_table *table, const uintptr_t *pcs,
					 size_t depth, uint64_t tag, uint32_t hash)
{
	struct weft_stack_entry *entry;
	uint64_t at = atomic_load_explicit(&table->used_word_count, memory_order_relaxed);
	size_t i;

	do {
		if (at + words_of_entry(depth) > table->arena_word_count) {
			return NULL;
		}
		/* A1: pairs with G1 in give_back(): its writes before ours. */
	} while (!atomic_compare_exchange_weak_explicit(
		&table->used_word_count, &at, at + words_of_entry(depth), memory_order_acquire,
		memory_order_relaxed));
	entry = (struct weft_stack_entry *)(void *)&table->arena[at];
	for (i = 0; i < WEFT_STACK_VALUES; i++) {
		atomic_init(&entry->values[i], 0);
	}
	entry->tag = tag;
	entry->depth = (uint32_t)depth;
	entry->hash = hash;
	memcpy(entry->pcs, pcs, depth * sizeof(*pcs));
	return entry;
}

/* Takes back what allocate() gave, if nobody has allocated since; else it stays unused. */
static void give_back(struct weft_stack_table *table, const struct weft_stack_entry *entry)
{
	uint64_t at = (uint64_t)((const uint64_t *)(const void *)entry - table->arena);
	uint64_t end = at + words_of_entry(entry->depth);

	/* G1: pairs with A1 in allocate(). */
	(void)atomic_compare_exchange_strong_explicit(&table->used_word_count, &end, at,
						      memory_order_release, memory_order_relaxed);
}

/* Fills the empty slot. Else returns false and what another thread has filled it with. */
static bool publish(struct weft_stack_table *table, slot_word *slot,
		    const struct weft_stack_entry *entry, uint64_t *ret_found)
{
	uint64_t at = (uint64_t)((const uint64_t *)(const void *)entry - table->arena);
	uint64_t empty = 0;

	/* P1: pairs with F1 and W1: the entry's contents before its place. */
	if (atomic_compare_exchange_strong_explicit(slot, &empty,
						    (uint64_t)entry->hash << OFFSET_BITS | (at + 1),
						    memory_order_release, memory_order_acquire)) {
		(void)atomic_fetch_add_explicit(&table->entry_count, 1, memory_order_relaxed);
		return true;
	}
	*ret_found = empty;
	return false;
}

static struct weft_stack_entry *lose(struct weft_stack_table *table)
{
	(void)atomic_fetch_add_explicit(&table->lost_count, 1, memory_order_relaxed);
	return NULL;
}

/* Whether a new entry fits into a part of the table: all (1), half of it (2), ... */
static bool has_room(const struct weft_stack_table *table, size_t depth, unsigned int divisor)
{
	return atomic_load_explicit(&table->entry_count, memory_order_relaxed) <
		       table->entry_count_max / divisor &&
	       atomic_load_explicit(&table->used_word_count, memory_order_relaxed) +
			       words_of_entry(depth) <=
		       table->arena_word_count / divisor;
}

/* NULL: it is not there, and a new one would not fit into the part of the table. */
static struct weft_stack_entry *find_or_add(struct weft_stack_table *table, const uintptr_t *pcs,
					    size_t depth, uint64_t tag, unsigned int divisor)
{
	uint32_t hash = hash_of(pcs, depth, tag);
	struct weft_stack_entry *own = NULL;
	uint32_t probe;

	for (probe = 0; probe <= table->slot_mask; probe++) {
		slot_word *slot = &table->slots[(hash + probe) & table->slot_mask];
		/* F1: pairs with P1 in publish(). */
		uint64_t found = atomic_load_explicit(slot, memory_order_acquire);

		if (found == 0) {
			if (!own && has_room(table, depth, divisor)) {
				own = allocate(table, pcs, depth, tag, hash);
			}
			if (!own) {
				return NULL;
			}
			if (publish(table, slot, own, &found)) {
				return own;
			}
		}
		if (found >> OFFSET_BITS == hash &&
		    is_equal(entry_of(table, found), pcs, depth, tag)) {
			if (own) {
				give_back(table, own);
			}
			return entry_of(table, found);
		}
	}
	if (own) {
		give_back(table, own);
	}
	return NULL;
}

/* What is kept of a stack. */
static size_t limit_depth(size_t depth)
{
	return depth < WEFT_STACK_DEPTH_MAX ? depth : WEFT_STACK_DEPTH_MAX;
}

/* memcpy() wants a pointer even for nothing. */
static const uintptr_t *some_pcs(const uintptr_t *pcs)
{
	static const uintptr_t none[1];

	return pcs ? pcs : none;
}

struct weft_stack_entry *weft_stack_table_find_or_add(struct weft_stack_table *table,
						      const uintptr_t *pcs, size_t depth,
						      uint64_t tag)
{
	struct weft_stack_entry *entry =
		find_or_add(table, some_pcs(pcs), limit_depth(depth), tag, 1);

	return entry ? entry : lose(table);
}

struct weft_stack_entry *weft_stack_table_find_or_add_tagged(struct weft_stack_table *table,
							     const uintptr_t *pcs, size_t depth,
							     uint64_t tag)
{
	struct weft_stack_entry *entry;

	if (tag != 0) {
		entry = find_or_add(table, some_pcs(pcs), limit_depth(depth), tag, 2);
		if (entry) {
			return entry;
		}
		(void)atomic_fetch_add_explicit(&table->untagged_count, 1, memory_order_relaxed);
	}
	return weft_stack_table_find_or_add(table, pcs, depth, 0);
}

struct weft_stack_entry *weft_stack_table_next(struct weft_stack_table *table, uint32_t *cursor)
{
	while (*cursor <= table->slot_mask) {
		/* W1: pairs with P1 in publish(). */
		uint64_t found = atomic_load_explicit(&table->slots[*cursor], memory_order_acquire);

		(*cursor)++;
		if (found != 0) {
			return entry_of(table, found);
		}
	}
	return NULL;
}

uint64_t weft_stack_table_lost(const struct weft_stack_table *table)
{
	return atomic_load_explicit(&table->lost_count, memory_order_relaxed);
}

uint64_t weft_stack_table_untagged(const struct weft_stack_table *table)
{
	return atomic_load_explicit(&table->untagged_count, memory_order_relaxed);
}

void weft_stack_table_reset(struct weft_stack_table *table)
{
	char *slots = (char *)table->slots;

	/* The first page also holds the table itself: its slots are cleared by hand. */
	memset(slots, 0, (size_t)((char *)table + PAGE_SIZE - slots));
	(void)madvise((char *)table + PAGE_SIZE, /* A range of our own mapping: cannot fail. */
		      table->mapping_size - PAGE_SIZE, MADV_DONTNEED);
	atomic_store_explicit(&table->used_word_count, 0, memory_order_relaxed);
	atomic_store_explicit(&table->entry_count, 0, memory_order_relaxed);
	atomic_store_explicit(&table->lost_count, 0, memory_order_relaxed);
	atomic_store_explicit(&table->untagged_count, 0, memory_order_relaxed);
}
