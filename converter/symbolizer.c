// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Call sites of processes. See symbolizer.h; <weft/symbol-file.h> has the work inside one file.
 *
 * The functions of <weft/trace.h> are always inlined, so an address inside one of them stands for a
 * call that the user wrote further out: the chain of inlined functions is climbed until it leaves that
 * header, and the position is where the last of them was called.
 */
#include "symbolizer.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <weft/symbol-file.h>

#include "id-map.h"

/* Files held open at a time, and answers remembered; both start over when full. */
#define FILE_COUNT_MAX  256U
#define CACHE_COUNT_MAX 65536U
/* Distinct frames; later ones share one frame that says so. */
#define FRAME_COUNT_MAX         200000U
#define OBJECTS_PER_PROCESS_MAX 8192U
#define TEXT_SIZE               4096U
#define NAME_SIZE               1024U

struct file_node {
	char *path, *build_id;
	struct weft_symbol_file *file; /* NULL: cannot be read. */
	struct file_node *next;
};

struct object_node {
	struct weft_object shown; /* Texts are owned. */
};

struct process_node {
	uint64_t start_ns;
	bool start_known;
	struct object_node *objects;
	size_t object_count, object_capacity;
};

struct frame_node {
	struct weft_frame shown; /* First. Texts are owned. */
};

struct cache_entry {
	int32_t pid;
	uint64_t ip;
	struct weft_frames shown; /* Of `storage`. */
	const struct weft_frame *storage[];
};

/* What a frame is made of. */
struct frame_texts {
	char function[NAME_SIZE];
	char file[NAME_SIZE]; /* "" unknown. */
	uint32_t line;        /* 0 unknown. */
};

struct weft_symbolizer {
	struct weft_id_map processes; /* pid → process_node, owned. */
	struct weft_id_map frames;    /* Hash of texts → frame_node, owned. */
	struct weft_id_map cache;     /* Hash of (pid, ip) → cache_entry, owned. */
	struct file_node *files;
	size_t file_count;
	uint64_t last_frame_id, last_object_id;
	int status; /* -ENOMEM: an answer was worse than it could have been. */
};

static const struct weft_frame memory_frame = {1, "[out of memory]", "", 0};
static const struct weft_frame overflow_frame = {2, "[too many call sites]", "", 0};
#define FIRST_FRAME_ID 3U
static const struct weft_frame *const memory_chain[] = {&memory_frame};
static const struct weft_frames memory_frames = {memory_chain, 1, 0};

struct weft_symbolizer *weft_symbolizer_create(void)
{
	struct weft_symbolizer *symbolizer =
		(struct weft_symbolizer *)calloc(1, sizeof(*symbolizer));

	if (symbolizer) {
		symbolizer->last_frame_id = FIRST_FRAME_ID - 1;
	}
	return symbolizer;
}

/* ---- Objects ---- */

static void free_object(struct object_node *object)
{
	/* NOLINTBEGIN(clang-analyzer-unix.Malloc): see remove_object(). */
	free((char *)object->shown.path);
	free((char *)object->shown.build_id);
	/* NOLINTEND(clang-analyzer-unix.Malloc) */
}

static void free_objects(struct process_node *process)
{
	size_t i;

	for (i = 0; i < process->object_count; i++) {
		free_object(&process->objects[i]);
	}
	process->object_count = 0;
}

static void clear_cache(struct weft_symbolizer *symbolizer)
{
	size_t i;

	for (i = 0; i < symbolizer->cache.slot_count; i++) {
		free(symbolizer->cache.slots[i].value);
	}
	weft_id_map_clear(&symbolizer->cache);
}

static struct process_node *get_process(struct weft_symbolizer *symbolizer, int32_t pid)
{
	struct process_node *process =
		(struct process_node *)weft_id_map_find(&symbolizer->processes, (uint32_t)pid);

	if (!process) {
		process = (struct process_node *)calloc(1, sizeof(*process));
		if (!process ||
		    weft_id_map_put(&symbolizer->processes, (uint32_t)pid, process) < 0) {
			free(process);
			symbolizer->status = -ENOMEM;
			return NULL;
		}
	}
	return process;
}

void weft_symbolizer_set_process(struct weft_symbolizer *symbolizer, int32_t pid, uint64_t start_ns)
{
	struct process_node *process = get_process(symbolizer, pid);

	if (process) {
		if (process->start_known && process->start_ns != start_ns) {
			free_objects(process);
			clear_cache(symbolizer);
		}
		process->start_ns = start_ns;
		process->start_known = true;
	}
}

static char *copy_text(struct weft_text text)
{
	return strndup(text.text, text.len < TEXT_SIZE ? text.len : TEXT_SIZE);
}

/* NOLINTBEGIN(clang-analyzer-unix.Malloc): does not see that the last object takes the place. */
static void remove_object(struct process_node *process, size_t at)
{
	free_object(&process->objects[at]);
	process->objects[at] = process->objects[--process->object_count];
}

static bool is_same(const struct weft_object *object, const struct weft_object *other)
{
	return object->base == other->base && object->start == other->start &&
	       object->end == other->end && strcmp(object->path, other->path) == 0 &&
	       strcmp(object->build_id, other->build_id) == 0;
}
/* NOLINTEND(clang-analyzer-unix.Malloc) */

/* Drops what lies in the range of `added`. Returns false when exactly it was there already. */
static bool make_room(struct weft_symbolizer *symbolizer, struct process_node *process,
		      const struct object_node *added)
{
	size_t i = 0;

	while (i < process->object_count) {
		const struct weft_object *object = &process->objects[i].shown;

		if (is_same(object, &added->shown)) {
			return false;
		}
		if (object->start < added->shown.end && added->shown.start < object->end) {
			remove_object(process, i);
			clear_cache(symbolizer);
		} else {
			i++;
		}
	}
	return true;
}

int weft_symbolizer_add_object(struct weft_symbolizer *symbolizer, int32_t pid,
			       const struct weft_event *object)
{
	struct process_node *process = get_process(symbolizer, pid);
	struct object_node added = {{0, object->object.base, object->object.start,
				     object->object.end, copy_text(object->object.path),
				     copy_text(object->object.build_id)}};
	int ret = 0;

	if (!process || !added.shown.path || !added.shown.build_id) {
		ret = -ENOMEM;
		goto out;
	}
	if (added.shown.start >= added.shown.end || !make_room(symbolizer, process, &added) ||
	    process->object_count >= OBJECTS_PER_PROCESS_MAX) {
		goto out;
	}
	if (process->object_count == process->object_capacity) {
		size_t capacity = process->object_capacity ? process->object_capacity * 2 : 16;
		struct object_node *objects = (struct object_node *)realloc(
			process->objects, capacity * sizeof(*objects));

		if (!objects) {
			ret = -ENOMEM;
			goto out;
		}
		process->objects = objects;
		process->object_capacity = capacity;
	}
	added.shown.id = ++symbolizer->last_object_id;
	process->objects[process->object_count++] = added;
	if (symbolizer->cache.count) {
		clear_cache(symbolizer); /* Answers "no object" may have become wrong. */
	}
	return 0;
out:
	free_object(&added);
	return ret;
}

/* ---- Files ---- */

static void free_files(struct weft_symbolizer *symbolizer)
{
	while (symbolizer->files) {
		struct file_node *node = symbolizer->files;

		symbolizer->files = node->next;
		weft_symbol_file_close(node->file);
		free(node->path);
		free(node->build_id);
		free(node);
	}
	symbolizer->file_count = 0;
}

static struct weft_symbol_file *get_file(struct weft_symbolizer *symbolizer,
					 const struct object_node *object)
{
	struct weft_symbol_file_options options = {.fd = -1};
	struct file_node *node;

	for (node = symbolizer->files; node; node = node->next) {
		if (strcmp(node->path, object->shown.path) == 0 &&
		    strcmp(node->build_id, object->shown.build_id) == 0) {
			return node->file;
		}
	}
	if (symbolizer->file_count >= FILE_COUNT_MAX) {
		free_files(symbolizer);
	}
	node = (struct file_node *)calloc(1, sizeof(*node));
	if (!node) {
		symbolizer->status = -ENOMEM;
		return NULL;
	}
	node->path = strdup(object->shown.path);
	node->build_id = strdup(object->shown.build_id);
	if (!node->path || !node->build_id) {
		free(node->path);
		free(node->build_id);
		free(node);
		symbolizer->status = -ENOMEM;
		return NULL;
	}
	options.path = node->path;
	options.build_id = node->build_id;
	if (weft_symbol_file_open(&options, &node->file, NULL) == -ENOMEM) {
		symbolizer->status = -ENOMEM;
	}
	node->next = symbolizer->files;
	symbolizer->files = node;
	symbolizer->file_count++;
	return node->file;
}

/* ---- Frames ---- */

static uint64_t hash_bytes(uint64_t hash, const void *bytes, size_t size)
{
	const unsigned char *at = (const unsigned char *)bytes;

	while (size--) {
		hash = (hash ^ *at++) * UINT64_C(0x100000001b3); /* FNV-1a. */
	}
	return hash;
}

static struct frame_node *create_frame(struct weft_symbolizer *symbolizer,
				       const struct frame_texts *symbol)
{
	struct frame_node *node = (struct frame_node *)calloc(1, sizeof(*node));

	if (!node) {
		return NULL;
	}
	node->shown.function = strdup(symbol->function);
	node->shown.file = strdup(symbol->file);
	node->shown.line = symbol->line;
	node->shown.id = ++symbolizer->last_frame_id;
	if (!node->shown.function || !node->shown.file) {
		free((char *)node->shown.function);
		free((char *)node->shown.file);
		free(node);
		return NULL;
	}
	return node;
}

/* The one frame with these texts. Different texts with equal hashes take the next free key. */
static const struct weft_frame *intern_frame(struct weft_symbolizer *symbolizer,
					     const struct frame_texts *symbol)
{
	uint64_t key = UINT64_C(0xcbf29ce484222325);
	struct frame_node *node;

	key = hash_bytes(key, symbol->function, strlen(symbol->function) + 1);
	key = hash_bytes(key, symbol->file, strlen(symbol->file) + 1);
	key = hash_bytes(key, &symbol->line, sizeof(symbol->line));
	while ((node = (struct frame_node *)weft_id_map_find(&symbolizer->frames, key)) != NULL) {
		if (node->shown.line == symbol->line &&
		    strcmp(node->shown.function, symbol->function) == 0 &&
		    strcmp(node->shown.file, symbol->file) == 0) {
			return &node->shown;
		}
		key++;
	}
	if (symbolizer->frames.count >= FRAME_COUNT_MAX) {
		return &overflow_frame;
	}
	node = create_frame(symbolizer, symbol);
	if (!node) {
		symbolizer->status = -ENOMEM;
		return &memory_frame;
	}
	if (weft_id_map_put(&symbolizer->frames, key, node) < 0) {
		free((char *)node->shown.function);
		free((char *)node->shown.file);
		free(node);
		symbolizer->status = -ENOMEM;
		return &memory_frame;
	}
	return &node->shown;
}

/* ---- Lookup ---- */

static uint64_t key_of(int32_t pid, uint64_t ip)
{
	return ip ^ ((uint64_t)(uint32_t)pid << 47 | (uint32_t)pid >> 17);
}

static const struct process_node *find_process(const struct weft_symbolizer *symbolizer,
					       int32_t pid)
{
	return (const struct process_node *)weft_id_map_find(&symbolizer->processes, (uint32_t)pid);
}

static const struct object_node *find_object(const struct process_node *process, uint64_t address)
{
	size_t i;

	for (i = 0; process && i < process->object_count; i++) {
		if (address >= process->objects[i].shown.start &&
		    address < process->objects[i].shown.end) {
			return &process->objects[i];
		}
	}
	return NULL;
}

static bool is_own_header(const char *file)
{
	static const char own[] = "weft/trace.h";
	size_t len = strlen(file);

	return len >= sizeof(own) - 1 && strcmp(file + len - (sizeof(own) - 1), own) == 0;
}

/* The one cache entry of an address; NULL: not looked up yet, or forgotten since. */
static const struct cache_entry *find_entry(const struct weft_symbolizer *symbolizer, int32_t pid,
					    uint64_t ip)
{
	const struct cache_entry *entry =
		(const struct cache_entry *)weft_id_map_find(&symbolizer->cache, key_of(pid, ip));

	return entry && entry->pid == pid && entry->ip == ip ? entry : NULL;
}

/* Makes a place in the cache for an answer of `count` frames, to be filled in; NULL: no memory. */
static struct cache_entry *remember(struct weft_symbolizer *symbolizer, int32_t pid, uint64_t ip,
				    size_t count)
{
	uint64_t key = key_of(pid, ip);
	struct cache_entry *entry;

	if (symbolizer->cache.count >= CACHE_COUNT_MAX) {
		clear_cache(symbolizer);
	}
	entry = (struct cache_entry *)malloc(sizeof(*entry) + count * sizeof(void *));
	if (!entry) {
		symbolizer->status = -ENOMEM;
		return NULL;
	}
	entry->pid = pid;
	entry->ip = ip;
	entry->shown = (struct weft_frames){entry->storage, count, 0};
	free(weft_id_map_find(&symbolizer->cache, key));
	if (weft_id_map_put(&symbolizer->cache, key, entry) < 0) {
		weft_id_map_remove(&symbolizer->cache, key);
		free(entry);
		symbolizer->status = -ENOMEM;
		return NULL;
	}
	return entry;
}

/* Addresses of one object, on their way through weft_symbol_file_find_all(). */
struct search {
	struct weft_symbolizer *symbolizer;
	const struct weft_call_site *sites;
};

static int take_symbol(void *ctx, const struct weft_symbol *symbol)
{
	const struct search *search = (const struct search *)ctx;
	const struct weft_call_site *site = &search->sites[symbol->index];
	const struct weft_symbol_frame *frame = symbol->frames;
	struct frame_texts texts;
	struct cache_entry *entry =
		remember(search->symbolizer, site->pid, site->ip, symbol->frame_count);
	size_t i;

	if (!entry) {
		return -ENOMEM;
	}
	for (i = 0; i < symbol->frame_count; i++) {
		(void)snprintf(texts.function, sizeof(texts.function), "%s", frame[i].function);
		(void)snprintf(texts.file, sizeof(texts.file), "%s", frame[i].file);
		texts.line = frame[i].line;
		entry->storage[i] = intern_frame(search->symbolizer, &texts);
	}
	while (entry->shown.site + 1 < symbol->frame_count &&
	       is_own_header(frame[entry->shown.site].home)) {
		entry->shown.site++;
	}
	return 0;
}

/* Looks up addresses of one object, of which there is at least one, in order. */
static void search_object(struct weft_symbolizer *symbolizer, const struct object_node *object,
			  const struct weft_call_site *sites, size_t count)
{
	struct search search = {symbolizer, sites};
	struct weft_symbol_file *file = get_file(symbolizer, object);
	uint64_t one;
	uint64_t *addresses = count == 1 ? &one : (uint64_t *)calloc(count, sizeof(*addresses));
	size_t i;

	if (!addresses) {
		symbolizer->status = -ENOMEM;
		return;
	}
	for (i = 0; i < count; i++) {
		addresses[i] = sites[i].ip - 1 - object->shown.base;
	}
	if (file &&
	    weft_symbol_file_find_all(file, addresses, count, take_symbol, &search) == -ENOMEM) {
		symbolizer->status = -ENOMEM;
	}
	if (addresses != &one) {
		free(addresses);
	}
}

/* The answer that consists of one text. */
static const struct weft_frames *remember_name(struct weft_symbolizer *symbolizer, int32_t pid,
					       uint64_t ip, const struct frame_texts *texts)
{
	struct cache_entry *entry = remember(symbolizer, pid, ip, 1);

	if (!entry) {
		return &memory_frames;
	}
	entry->storage[0] = intern_frame(symbolizer, texts);
	return &entry->shown;
}

static const struct weft_frames *look_up(struct weft_symbolizer *symbolizer, int32_t pid,
					 uint64_t ip)
{
	const struct process_node *process = find_process(symbolizer, pid);
	/* The call, not what follows it. */
	const struct object_node *object = find_object(process, ip - 1);
	const struct weft_call_site site = {pid, ip};
	const struct cache_entry *entry;
	struct frame_texts texts = {"[unknown]", "", 0};
	const char *name;

	if (ip == 0) {
		return remember_name(symbolizer, pid, ip, &texts);
	}
	if (!object) {
		(void)snprintf(texts.function, sizeof(texts.function), "0x%llx",
			       (unsigned long long)ip);
		return remember_name(symbolizer, pid, ip, &texts);
	}
	search_object(symbolizer, object, &site, 1);
	entry = find_entry(symbolizer, pid, ip);
	if (entry) {
		return &entry->shown;
	}
	name = strrchr(object->shown.path, '/');
	(void)snprintf(texts.function, sizeof(texts.function), "%.900s+0x%llx",
		       name ? name + 1 : object->shown.path,
		       (unsigned long long)(ip - object->shown.base));
	return remember_name(symbolizer, pid, ip, &texts);
}

const struct weft_frames *weft_symbolizer_resolve_all(struct weft_symbolizer *symbolizer,
						      int32_t pid, uint64_t ip)
{
	const struct cache_entry *entry = find_entry(symbolizer, pid, ip);

	return entry ? &entry->shown : look_up(symbolizer, pid, ip);
}

const struct weft_frame *weft_symbolizer_resolve(struct weft_symbolizer *symbolizer, int32_t pid,
						 uint64_t ip)
{
	const struct weft_frames *frames = weft_symbolizer_resolve_all(symbolizer, pid, ip);

	return frames->frames[frames->site];
}

static int compare_sites(const void *left, const void *right)
{
	const struct weft_call_site *a = (const struct weft_call_site *)left;
	const struct weft_call_site *b = (const struct weft_call_site *)right;

	return a->pid != b->pid ? (a->pid > b->pid) - (a->pid < b->pid)
				: (a->ip > b->ip) - (a->ip < b->ip);
}

void weft_symbolizer_prepare(struct weft_symbolizer *symbolizer, struct weft_call_site *sites,
			     size_t count)
{
	size_t missing_count = 0;
	size_t i, end;

	for (i = 0; i < count; i++) {
		if (sites[i].ip != 0 && !find_entry(symbolizer, sites[i].pid, sites[i].ip)) {
			sites[missing_count++] = sites[i];
		}
	}
	if (missing_count > CACHE_COUNT_MAX / 2) {
		return; /* They would push each other out. */
	}
	qsort(sites, missing_count, sizeof(*sites), compare_sites);
	for (i = 0; i < missing_count; i = end) {
		const struct object_node *object =
			find_object(find_process(symbolizer, sites[i].pid), sites[i].ip - 1);

		end = i + 1;
		while (object && end < missing_count && sites[end].pid == sites[i].pid &&
		       sites[end].ip - 1 < object->shown.end) {
			end++;
		}
		if (object) {
			search_object(symbolizer, object, &sites[i], end - i);
		}
	}
}

const struct weft_object *weft_symbolizer_find_object(const struct weft_symbolizer *symbolizer,
						      int32_t pid, uint64_t address)
{
	const struct object_node *object = find_object(find_process(symbolizer, pid), address);

	return object ? &object->shown : NULL;
}

const struct weft_object *weft_symbolizer_find_file(const struct weft_symbolizer *symbolizer,
						    int32_t pid, const char *path)
{
	const struct process_node *process = find_process(symbolizer, pid);
	size_t i;

	for (i = 0; process && i < process->object_count; i++) {
		if (strcmp(process->objects[i].shown.path, path) == 0) {
			return &process->objects[i].shown;
		}
	}
	return NULL;
}

int weft_symbolizer_status(const struct weft_symbolizer *symbolizer)
{
	return symbolizer->status;
}

void weft_symbolizer_destroy(struct weft_symbolizer *symbolizer)
{
	size_t i;

	if (!symbolizer) {
		return;
	}
	clear_cache(symbolizer);
	for (i = 0; i < symbolizer->frames.slot_count; i++) {
		struct frame_node *node = (struct frame_node *)symbolizer->frames.slots[i].value;

		if (node) {
			free((char *)node->shown.function);
			free((char *)node->shown.file);
			free(node);
		}
	}
	for (i = 0; i < symbolizer->processes.slot_count; i++) {
		struct process_node *process =
			(struct process_node *)symbolizer->processes.slots[i].value;

		if (process) {
			free_objects(process);
			free(process->objects);
			free(process);
		}
	}
	free_files(symbolizer);
	weft_id_map_fini(&symbolizer->cache);
	weft_id_map_fini(&symbolizer->frames);
	weft_id_map_fini(&symbolizer->processes);
	free(symbolizer);
}
