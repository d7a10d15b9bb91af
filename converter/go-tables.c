// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Tables of the Go trace encoder. See go-tables.h.
 */
#include "go-tables.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "utf8.h"

#define SLOT_COUNT_MIN 256U
#define MIX            UINT64_C(0x9e3779b97f4a7c15)

/* ---- Slots: ids by hash, shared shape of both tables ---- */

static uint64_t mix(uint64_t hash)
{
	hash *= MIX;
	return hash ^ hash >> 32;
}

/* Makes room for one more of `count` ids. `hash_of` tells the hash of an id for re-hashing. */
static int reserve_slots(uint32_t **slots, size_t *slot_count, size_t count,
			 uint64_t (*hash_of)(const void *table, uint32_t id), const void *table)
{
	size_t larger_count = *slot_count ? *slot_count * 2 : SLOT_COUNT_MIN;
	uint32_t *larger;
	uint32_t id;

	if ((count + 1) * 2 <= *slot_count) {
		return 0;
	}
	larger = (uint32_t *)calloc(larger_count, sizeof(*larger));
	if (!larger) {
		return -ENOMEM;
	}
	for (id = 1; id <= count; id++) {
		size_t at = hash_of(table, id) & (larger_count - 1);

		while (larger[at]) {
			at = (at + 1) & (larger_count - 1);
		}
		larger[at] = id;
	}
	free(*slots);
	*slots = larger;
	*slot_count = larger_count;
	return 0;
}

static int grow_array(void **array, size_t *capacity, size_t count, size_t item_size)
{
	size_t larger_capacity = *capacity ? *capacity * 2 : 64;
	void *larger;

	if (count < *capacity) {
		return 0;
	}
	larger = realloc(*array, larger_capacity * item_size);
	if (!larger) {
		return -ENOMEM;
	}
	*array = larger;
	*capacity = larger_capacity;
	return 0;
}

/* ---- UTF-8 ---- */

static bool is_plain_ascii(const char *text, size_t len)
{
	uint64_t word;
	size_t i;

	for (i = 0; i + 8 <= len; i += 8) {
		memcpy(&word, text + i, sizeof(word));
		if (word & UINT64_C(0x8080808080808080)) {
			return false;
		}
	}
	for (; i < len; i++) {
		if ((unsigned char)text[i] >= 0x80) {
			return false;
		}
	}
	return true;
}

/*
 * Copies with every invalid byte replaced by U+FFFD, at most WEFT_GO_STRING_SIZE_MAX bytes, whole
 * characters only. Returns the size.
 */
static size_t copy_valid(char *ret_text, struct weft_text text)
{
	static const char replacement[] = "\xef\xbf\xbd";
	size_t size = 0;
	size_t at = 0;

	while (at < text.len) {
		size_t len = weft_utf8_len(text.text + at, text.len - at);
		size_t add = len ? len : sizeof(replacement) - 1;

		if (size + add > WEFT_GO_STRING_SIZE_MAX) {
			break;
		}
		memcpy(ret_text + size, len ? text.text + at : replacement, add);
		size += add;
		at += len ? len : 1;
	}
	return size;
}

/* ---- Texts ---- */

void weft_text_table_fini(struct weft_text_table *table)
{
	free(table->arena);
	free(table->entries);
	free(table->slots);
	memset(table, 0, sizeof(*table));
}

void weft_text_table_clear(struct weft_text_table *table)
{
	if (table->slots) {
		memset(table->slots, 0, table->slot_count * sizeof(*table->slots));
	}
	table->count = 0;
	table->arena_size = 0;
}

static uint64_t hash_text(const char *text, size_t len)
{
	uint64_t hash = len;
	uint64_t word;
	size_t i;

	for (i = 0; i + 8 <= len; i += 8) {
		memcpy(&word, text + i, sizeof(word));
		hash = mix(hash ^ word);
	}
	word = 0;
	memcpy(&word, text + i, len - i);
	return mix(hash ^ word);
}

static uint64_t text_hash_of(const void *table, uint32_t id)
{
	return ((const struct weft_text_table *)table)->entries[id - 1].hash;
}

static int append_text(struct weft_text_table *table, const char *text, uint32_t len, uint64_t hash)
{
	struct weft_text_entry *entry;

	while (table->arena_size + len > table->arena_capacity) {
		size_t capacity = table->arena_capacity ? table->arena_capacity * 2 : 16384;
		char *arena = (char *)realloc(table->arena, capacity);

		if (!arena) {
			return -ENOMEM;
		}
		table->arena = arena;
		table->arena_capacity = capacity;
	}
	if (grow_array((void **)&table->entries, &table->entry_capacity, table->count,
		       sizeof(*table->entries)) < 0) {
		return -ENOMEM;
	}
	memcpy(table->arena + table->arena_size, text, len);
	entry = &table->entries[table->count++];
	entry->hash = hash;
	entry->offset = (uint32_t)table->arena_size;
	entry->len = len;
	table->arena_size += len;
	return 0;
}

/* Makes a text what the table stores; `storage` is for the case that it must change. */
static struct weft_text clean(struct weft_text text, char *storage)
{
	if (text.len > WEFT_GO_STRING_SIZE_MAX || !is_plain_ascii(text.text, text.len)) {
		text.len = (uint32_t)copy_valid(storage, text);
		text.text = storage;
	}
	return text;
}

/* Slot of a clean text, or the free slot where it belongs. */
static size_t find_text_slot(const struct weft_text_table *table, struct weft_text text,
			     uint64_t hash)
{
	size_t at = hash & (table->slot_count - 1);

	while (table->slots[at]) {
		const struct weft_text_entry *entry = &table->entries[table->slots[at] - 1];

		if (entry->hash == hash && entry->len == text.len &&
		    memcmp(table->arena + entry->offset, text.text, text.len) == 0) {
			break;
		}
		at = (at + 1) & (table->slot_count - 1);
	}
	return at;
}

int weft_text_table_add(struct weft_text_table *table, struct weft_text text, uint64_t *ret_id)
{
	char storage[WEFT_GO_STRING_SIZE_MAX];
	uint64_t hash;
	size_t at;

	text = clean(text, storage);
	if (text.len == 0) {
		*ret_id = 0;
		return 0;
	}
	if (reserve_slots(&table->slots, &table->slot_count, table->count, text_hash_of, table) <
	    0) {
		return -ENOMEM;
	}
	hash = hash_text(text.text, text.len);
	at = find_text_slot(table, text, hash);
	if (!table->slots[at]) {
		if (append_text(table, text.text, text.len, hash) < 0) {
			return -ENOMEM;
		}
		table->slots[at] = (uint32_t)table->count;
	}
	*ret_id = table->slots[at];
	return 0;
}

uint64_t weft_text_table_find(const struct weft_text_table *table, struct weft_text text)
{
	char storage[WEFT_GO_STRING_SIZE_MAX];

	text = clean(text, storage);
	if (text.len == 0 || table->slot_count == 0) {
		return 0;
	}
	return table->slots[find_text_slot(table, text, hash_text(text.text, text.len))];
}

struct weft_text weft_text_table_get(const struct weft_text_table *table, uint64_t id)
{
	const struct weft_text_entry *entry = &table->entries[id - 1];

	return (struct weft_text){table->arena + entry->offset, entry->len};
}

/* ---- Sites ---- */

void weft_site_table_fini(struct weft_site_table *table)
{
	free(table->entries);
	free(table->slots);
	memset(table, 0, sizeof(*table));
}

void weft_site_table_clear(struct weft_site_table *table)
{
	if (table->slots) {
		memset(table->slots, 0, table->slot_count * sizeof(*table->slots));
	}
	table->count = 0;
}

static uint64_t hash_site(uint64_t caller, int32_t pid, uint64_t ip)
{
	return mix(mix((uint32_t)pid | caller << 32) ^ ip);
}

static uint64_t site_hash_of(const void *table, uint32_t id)
{
	const struct weft_site_entry *entry =
		&((const struct weft_site_table *)table)->entries[id - 1];

	return hash_site(entry->caller, entry->pid, entry->ip);
}

int weft_site_table_add(struct weft_site_table *table, uint64_t caller, int32_t pid, uint64_t ip,
			uint64_t *ret_id)
{
	size_t at;

	if (reserve_slots(&table->slots, &table->slot_count, table->count, site_hash_of, table) <
	    0) {
		return -ENOMEM;
	}
	for (at = hash_site(caller, pid, ip) & (table->slot_count - 1); table->slots[at];
	     at = (at + 1) & (table->slot_count - 1)) {
		const struct weft_site_entry *entry = &table->entries[table->slots[at] - 1];

		if (entry->pid == pid && entry->ip == ip && entry->caller == caller) {
			*ret_id = table->slots[at];
			return 0;
		}
	}
	if (grow_array((void **)&table->entries, &table->capacity, table->count,
		       sizeof(*table->entries)) < 0) {
		return -ENOMEM;
	}
	table->entries[table->count] = (struct weft_site_entry){ip, pid, (uint32_t)caller, false};
	table->slots[at] = (uint32_t)++table->count;
	*ret_id = table->count;
	return 0;
}
