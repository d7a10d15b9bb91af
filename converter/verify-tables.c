// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Verifier of Go traces: the tables of a generation. See verify.h.
 *
 * Rows are kept in order of their ids, found by place when ids are dense and by halving otherwise.
 * No hashing: ids are the file's choice.
 */
#include "verify.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define STRING_SIZE_MAX 1024U
#define FRAME_COUNT_MAX 128U

/* What follows the first byte of a table batch. */
struct reader {
	struct weft_verify *verify;
	const uint8_t *at, *end;
	const uint8_t *entry; /* Where the entry at hand begins, for messages. */
	const char *name;     /* "String", ... */
};

static struct reader open_reader(struct weft_verify *verify, const struct weft_verify_batch *batch,
				 const char *name)
{
	return (struct reader){verify, batch->begin + 1, batch->end, batch->begin, name};
}

static int take(struct reader *reader, const char *what, uint64_t *ret_value)
{
	if (weft_verify_take_uvarint(&reader->at, reader->end, ret_value)) {
		return 0;
	}
	(void)weft_verify_broken_bytes(reader->verify, reader->entry,
				       "%s: its %s is cut short or not a 64-bit number",
				       reader->name, what);
	return -EBADMSG;
}

/* The type byte of the next entry. */
static int take_type(struct reader *reader, uint8_t type)
{
	reader->entry = reader->at;
	if (*reader->at != type) {
		return weft_verify_broken_bytes(
			reader->verify, reader->at,
			"a %s should begin here, but the byte is %u, not %u", reader->name,
			*reader->at, type);
	}
	reader->at++;
	return 0;
}

static int add_entry(struct reader *reader, struct weft_verify_table *table,
		     const struct weft_verify_entry *entry)
{
	struct weft_verify_entry *entries = table->entries;
	size_t capacity = table->capacity ? table->capacity * 2 : 256;

	if (entry->id == 0) {
		return weft_verify_broken_bytes(reader->verify, reader->entry,
						"%s 0 is defined; 0 is reserved", reader->name);
	}
	if (table->count == table->capacity) {
		entries = (struct weft_verify_entry *)realloc(entries, capacity * sizeof(*entries));
		if (!entries) {
			return weft_error_set_errno(reader->verify->err, -ENOMEM, "index tables");
		}
		table->entries = entries;
		table->capacity = capacity;
	}
	entries[table->count++] = *entry;
	return 0;
}

int weft_verify_table_strings(struct weft_verify *verify, const struct weft_verify_batch *batch)
{
	struct reader reader = open_reader(verify, batch, "String");

	while (reader.at < reader.end) {
		struct weft_verify_entry entry;
		uint64_t len;
		int ret = take_type(&reader, WEFT_VERIFY_STRING);

		if (ret < 0 || (ret = take(&reader, "id", &entry.id)) < 0 ||
		    (ret = take(&reader, "length", &len)) < 0) {
			return ret;
		}
		if (len > STRING_SIZE_MAX) {
			return weft_verify_broken_bytes(verify, reader.entry,
							"String %" PRIu64 ": length %" PRIu64
							" is above %u",
							entry.id, len, STRING_SIZE_MAX);
		}
		if (len > (uint64_t)(reader.end - reader.at)) {
			return weft_verify_broken_bytes(
				verify, reader.entry,
				"String %" PRIu64 ": the batch ends within its text", entry.id);
		}
		entry.bytes = reader.at;
		entry.count = (uint32_t)len;
		reader.at += len;
		ret = add_entry(&reader, &verify->generation.strings, &entry);
		if (ret < 0) {
			return ret;
		}
	}
	return 0;
}

int weft_verify_table_stacks(struct weft_verify *verify, const struct weft_verify_batch *batch)
{
	struct reader reader = open_reader(verify, batch, "Stack");

	while (reader.at < reader.end) {
		struct weft_verify_entry entry;
		uint64_t count;
		uint64_t ignored;
		int ret = take_type(&reader, WEFT_VERIFY_STACK);
		uint64_t i;

		if (ret < 0 || (ret = take(&reader, "id", &entry.id)) < 0 ||
		    (ret = take(&reader, "number of frames", &count)) < 0) {
			return ret;
		}
		if (count > FRAME_COUNT_MAX) {
			return weft_verify_broken_bytes(verify, reader.entry,
							"Stack %" PRIu64 ": %" PRIu64
							" frames are more than %u",
							entry.id, count, FRAME_COUNT_MAX);
		}
		entry.bytes = reader.at;
		entry.count = (uint32_t)count;
		for (i = 0; i < count * 4; i++) {
			ret = take(&reader, "frame", &ignored);
			if (ret < 0) {
				return ret;
			}
		}
		ret = add_entry(&reader, &verify->generation.stacks, &entry);
		if (ret < 0) {
			return ret;
		}
	}
	return 0;
}

static int take_frequency(struct reader *reader)
{
	struct weft_verify_generation *generation = &reader->verify->generation;
	uint64_t hz;
	int ret = take(reader, "ticks per second", &hz);

	if (ret < 0) {
		return ret;
	}
	if (generation->has_frequency) {
		return weft_verify_broken_bytes(reader->verify, reader->entry,
						"a second Frequency in one generation");
	}
	if (reader->verify->strict && (hz == 0 || UINT64_C(1000000000) % hz != 0)) {
		return weft_verify_broken_bytes(reader->verify, reader->entry,
						"strict: Frequency %" PRIu64
						" does not divide 1000000000, so times drift",
						hz);
	}
	generation->has_frequency = true;
	generation->ns_per_tick = hz ? 1e9 / (double)hz : 0;
	return 0;
}

int weft_verify_table_frequency(struct weft_verify *verify, const struct weft_verify_batch *batch)
{
	struct reader reader = open_reader(verify, batch, "Frequency");
	int ret = take_frequency(&reader);

	if (ret == 0 && reader.at < reader.end) {
		return weft_verify_broken_bytes(verify, reader.at,
						"more bytes after Frequency in its batch");
	}
	return ret;
}

static int take_snapshot(struct reader *reader)
{
	struct weft_verify *verify = reader->verify;
	struct weft_verify_clock clock = {.is_known = true};
	const struct weft_verify_clock *last = &verify->clock;
	uint64_t dt_ticks;
	int ret = take(reader, "time", &dt_ticks);

	if (ret < 0 || (ret = take(reader, "monotonic clock", &clock.mono_ns)) < 0 ||
	    (ret = take(reader, "wall clock's seconds", &clock.wall_s)) < 0 ||
	    (ret = take(reader, "wall clock's nanoseconds", &clock.wall_ns)) < 0) {
		return ret;
	}
	if (verify->strict && (clock.mono_ns == 0 || clock.wall_s == 0)) {
		return weft_verify_broken_bytes(verify, reader->entry,
						"strict: ClockSnapshot with a clock at zero");
	}
	if (verify->strict && last->is_known &&
	    (clock.mono_ns <= last->mono_ns || clock.wall_s < last->wall_s ||
	     (clock.wall_s == last->wall_s && clock.wall_ns <= last->wall_ns))) {
		return weft_verify_broken_bytes(verify, reader->entry,
						"strict: ClockSnapshot is not later than that of "
						"the generation before");
	}
	verify->clock = clock;
	return 0;
}

int weft_verify_table_sync(struct weft_verify *verify, const struct weft_verify_batch *batch)
{
	struct reader reader = open_reader(verify, batch, "Frequency");
	bool has_snapshot = false;
	bool has_frequency = false;

	while (reader.at < reader.end) {
		int ret;

		reader.entry = reader.at++;
		if (*reader.entry == WEFT_VERIFY_FREQUENCY) {
			reader.name = "Frequency";
			ret = take_frequency(&reader);
			has_frequency = true;
		} else if (*reader.entry == WEFT_VERIFY_CLOCK_SNAPSHOT && !has_snapshot) {
			reader.name = "ClockSnapshot";
			ret = take_snapshot(&reader);
			has_snapshot = true;
		} else {
			return weft_verify_broken_bytes(
				verify, reader.entry,
				"byte %u in a Sync batch, which holds one Frequency and one "
				"ClockSnapshot",
				*reader.entry);
		}
		if (ret < 0) {
			return ret;
		}
	}
	if (!has_frequency || !has_snapshot) {
		return weft_verify_broken_bytes(verify, batch->begin, "Sync batch without %s",
						has_frequency ? "ClockSnapshot" : "Frequency");
	}
	return 0;
}

int weft_verify_table_samples(struct weft_verify *verify, const struct weft_verify_batch *batch)
{
	static const char *const names[] = {"time", "m", "p", "g", "stack"};
	struct reader reader = open_reader(verify, batch, "CPUSample");

	while (reader.at < reader.end) {
		uint64_t fields[5] = {0, 0, 0, 0, 0};
		int ret = take_type(&reader, WEFT_VERIFY_CPU_SAMPLE);
		size_t i;

		for (i = 0; ret == 0 && i < 5; i++) {
			ret = take(&reader, names[i], &fields[i]);
		}
		if (ret < 0) {
			return ret;
		}
		if (!weft_verify_stack_is_known(verify, fields[4])) {
			return weft_verify_broken_bytes(verify, reader.entry,
							"CPUSample: stack %" PRIu64
							" is not in the table; readers do not "
							"check this and fail when they show it",
							fields[4]);
		}
		verify->result->sample_count++;
		verify->result->type_counts[WEFT_VERIFY_CPU_SAMPLE]++;
	}
	return 0;
}

static int compare_entries(const void *a, const void *b)
{
	const struct weft_verify_entry *x = (const struct weft_verify_entry *)a;
	const struct weft_verify_entry *y = (const struct weft_verify_entry *)b;

	if (x->id != y->id) {
		return x->id < y->id ? -1 : 1;
	}
	return (x->bytes > y->bytes) - (x->bytes < y->bytes);
}

static int sort(struct weft_verify *verify, struct weft_verify_table *table, const char *name)
{
	const struct weft_verify_entry *entries = table->entries;
	bool is_sorted = true;
	size_t i;

	for (i = 1; i < table->count && is_sorted; i++) {
		is_sorted = entries[i - 1].id < entries[i].id;
	}
	if (is_sorted) {
		return 0;
	}
	qsort(table->entries, table->count, sizeof(*table->entries), compare_entries);
	for (i = 1; i < table->count; i++) {
		if (entries[i - 1].id == entries[i].id) {
			return weft_verify_broken_bytes(verify, entries[i].bytes,
							"%s %" PRIu64 " is defined twice in one "
							"generation",
							name, entries[i].id);
		}
	}
	return 0;
}

static const struct weft_verify_entry *find(const struct weft_verify_table *table, uint64_t id)
{
	size_t low = 0;
	size_t high = table->count;

	if (id - 1 < table->count && table->entries[id - 1].id == id) {
		return &table->entries[id - 1];
	}
	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (table->entries[middle].id < id) {
			low = middle + 1;
		} else {
			high = middle;
		}
	}
	return low < table->count && table->entries[low].id == id ? &table->entries[low] : NULL;
}

bool weft_verify_string_find(const struct weft_verify *verify, uint64_t id,
			     struct weft_verify_string *ret_string)
{
	const struct weft_verify_entry *entry;

	if (id == 0) {
		*ret_string = (struct weft_verify_string){(const uint8_t *)"", 0};
		return true;
	}
	entry = find(&verify->generation.strings, id);
	if (entry) {
		*ret_string = (struct weft_verify_string){entry->bytes, entry->count};
	}
	return entry;
}

bool weft_verify_stack_is_known(const struct weft_verify *verify, uint64_t id)
{
	return id == 0 || find(&verify->generation.stacks, id);
}

bool weft_verify_string_equal(struct weft_verify_string a, struct weft_verify_string b)
{
	return a.len == b.len && memcmp(a.text, b.text, a.len) == 0;
}

struct frame {
	uint64_t pc, function, file, line;
};

/* Viewers keep one meaning of a pc and show it for every other. */
static int check_pc(struct weft_verify *verify, const struct weft_verify_entry *stack,
		    struct weft_id_map *pcs, const uint8_t *at, const struct frame *frame)
{
	uint64_t key = weft_verify_key(verify, frame->pc);
	const uint8_t *known = (const uint8_t *)weft_id_map_find(pcs, key);
	const uint64_t mine[] = {frame->function, frame->file, frame->line};
	size_t i;

	if (!known) {
		if (weft_id_map_put(pcs, key, (void *)(uintptr_t)at) < 0) {
			return weft_error_set_errno(verify->err, -ENOMEM, "index frames");
		}
		return 0;
	}
	for (i = 0; i < 4; i++) {
		struct weft_verify_string a = {NULL, 0};
		struct weft_verify_string b = {NULL, 0};
		uint64_t theirs = 0;

		(void)weft_verify_take_uvarint(&known, verify->end, &theirs); /* Read before. */
		if (i == 0 || theirs == mine[i - 1]) {
			continue;
		}
		/* Two ids may have one text. Unknown ones were refused when they were read. */
		if (i == 3 || !weft_verify_string_find(verify, theirs, &a) ||
		    !weft_verify_string_find(verify, mine[i - 1], &b) ||
		    !weft_verify_string_equal(a, b)) {
			return weft_verify_broken_bytes(
				verify, at,
				"strict: Stack %" PRIu64 ": pc 0x%" PRIx64
				" has another function, file or line elsewhere; viewers show one "
				"of them for both",
				stack->id, frame->pc);
		}
	}
	return 0;
}

static int check_frame(struct weft_verify *verify, const struct weft_verify_entry *stack,
		       const uint8_t *at, const struct frame *frame, bool is_leaf)
{
	struct weft_verify_string function;
	struct weft_verify_string file;

	if (!weft_verify_string_find(verify, frame->function, &function)) {
		return weft_verify_broken_bytes(verify, at,
						"Stack %" PRIu64 ": frame with function string "
						"%" PRIu64 ", which is not in the table",
						stack->id, frame->function);
	}
	if (!weft_verify_string_find(verify, frame->file, &file)) {
		return weft_verify_broken_bytes(verify, at,
						"Stack %" PRIu64 ": frame with file string "
						"%" PRIu64 ", which is not in the table",
						stack->id, frame->file);
	}
	if (verify->strict && !is_leaf &&
	    (function.len == 0 || file.len == 0 || frame->pc == 0 || frame->line == 0)) {
		return weft_verify_broken_bytes(verify, at,
						"strict: Stack %" PRIu64 ": a caller without "
						"function, file, line or pc",
						stack->id);
	}
	return 0;
}

static int check_stack(struct weft_verify *verify, const struct weft_verify_entry *stack,
		       struct weft_id_map *pcs)
{
	const uint8_t *next = stack->bytes;
	uint32_t i;
	int ret = 0;

	for (i = 0; i < stack->count && ret == 0; i++) {
		const uint8_t *at = next;
		struct frame frame = {0, 0, 0, 0};

		/* Their numbers were read once, with all checks, when the table was. */
		(void)weft_verify_take_uvarint(&next, verify->end, &frame.pc);
		(void)weft_verify_take_uvarint(&next, verify->end, &frame.function);
		(void)weft_verify_take_uvarint(&next, verify->end, &frame.file);
		(void)weft_verify_take_uvarint(&next, verify->end, &frame.line);
		ret = check_frame(verify, stack, at, &frame, i == 0);
		if (ret == 0 && verify->strict) {
			ret = check_pc(verify, stack, pcs, at, &frame);
		}
	}
	return ret;
}

int weft_verify_tables_finish(struct weft_verify *verify)
{
	struct weft_verify_table *stacks = &verify->generation.stacks;
	struct weft_id_map pcs = {0};
	size_t i;
	int ret = sort(verify, &verify->generation.strings, "String");

	if (ret == 0) {
		ret = sort(verify, stacks, "Stack");
	}
	for (i = 0; i < stacks->count && ret == 0; i++) {
		ret = check_stack(verify, &stacks->entries[i], &pcs);
	}
	weft_id_map_fini(&pcs);
	verify->result->string_count += verify->generation.strings.count;
	verify->result->stack_count += stacks->count;
	return ret;
}
