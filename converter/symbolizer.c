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
	uint64_t base, start, end;
	char *path, *build_id;
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
	const struct weft_frame *frame;
};

/* What a frame is made of. */
struct call_site {
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
	uint64_t last_frame_id;
	int status; /* -ENOMEM: an answer was worse than it could have been. */
};

static const struct weft_frame memory_frame = {1, "[out of memory]", "", 0};
static const struct weft_frame overflow_frame = {2, "[too many call sites]", "", 0};
#define FIRST_FRAME_ID 3U

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

static void free_objects(struct process_node *process)
{
	size_t i;

	for (i = 0; i < process->object_count; i++) {
		free(process->objects[i].path);
		free(process->objects[i].build_id);
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
	free(process->objects[at].path);
	free(process->objects[at].build_id);
	process->objects[at] = process->objects[--process->object_count];
}

static bool is_same(const struct object_node *object, const struct object_node *other)
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
		const struct object_node *object = &process->objects[i];

		if (is_same(object, added)) {
			return false;
		}
		if (object->start < added->end && added->start < object->end) {
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
	struct object_node added = {object->object.base, object->object.start, object->object.end,
				    copy_text(object->object.path),
				    copy_text(object->object.build_id)};
	int ret = 0;

	if (!process || !added.path || !added.build_id) {
		ret = -ENOMEM;
		goto out;
	}
	if (added.start >= added.end || !make_room(symbolizer, process, &added) ||
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
	process->objects[process->object_count++] = added;
	if (symbolizer->cache.count) {
		clear_cache(symbolizer); /* Answers "no object" may have become wrong. */
	}
	return 0;
out:
	free(added.path);
	free(added.build_id);
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
		if (strcmp(node->path, object->path) == 0 &&
		    strcmp(node->build_id, object->build_id) == 0) {
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
	node->path = strdup(object->path);
	node->build_id = strdup(object->build_id);
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
				       const struct call_site *symbol)
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
					     const struct call_site *symbol)
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

static const struct object_node *find_object(const struct process_node *process, uint64_t address)
{
	size_t i;

	for (i = 0; process && i < process->object_count; i++) {
		if (address >= process->objects[i].start && address < process->objects[i].end) {
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

/* Keeps the innermost frame that is not of our own header. */
static int take_call_site(void *ctx, const struct weft_symbol *symbol)
{
	struct call_site *site = (struct call_site *)ctx;
	const struct weft_symbol_frame *frame = symbol->frames;
	const struct weft_symbol_frame *last = frame + symbol->frame_count - 1;

	while (frame < last && is_own_header(frame->home)) {
		frame++;
	}
	(void)snprintf(site->function, sizeof(site->function), "%s", frame->function);
	(void)snprintf(site->file, sizeof(site->file), "%s", frame->file);
	site->line = frame->line;
	return 1; /* There is but one. */
}

static bool find_call_site(struct weft_symbolizer *symbolizer, struct weft_symbol_file *file,
			   uint64_t address, struct call_site *ret_site)
{
	int ret = weft_symbol_file_find_all(file, &address, 1, take_call_site, ret_site);

	if (ret == -ENOMEM) {
		symbolizer->status = -ENOMEM;
	}
	return ret == 1;
}

static const struct weft_frame *look_up(struct weft_symbolizer *symbolizer, int32_t pid,
					uint64_t ip)
{
	const struct process_node *process = (const struct process_node *)weft_id_map_find(
		&symbolizer->processes, (uint32_t)pid);
	uint64_t address = ip - 1; /* The call, not what follows it. */
	const struct object_node *object = find_object(process, address);
	struct call_site symbol = {"[unknown]", "", 0};
	struct weft_symbol_file *file;
	const char *name;

	if (ip == 0) {
		return intern_frame(symbolizer, &symbol);
	}
	if (!object) {
		(void)snprintf(symbol.function, sizeof(symbol.function), "0x%llx",
			       (unsigned long long)ip);
		return intern_frame(symbolizer, &symbol);
	}
	file = get_file(symbolizer, object);
	if (!file || !find_call_site(symbolizer, file, address - object->base, &symbol)) {
		name = strrchr(object->path, '/');
		(void)snprintf(symbol.function, sizeof(symbol.function), "%.900s+0x%llx",
			       name ? name + 1 : object->path,
			       (unsigned long long)(ip - object->base));
	}
	return intern_frame(symbolizer, &symbol);
}

static void remember(struct weft_symbolizer *symbolizer, uint64_t key, int32_t pid, uint64_t ip,
		     const struct weft_frame *frame)
{
	struct cache_entry *entry;

	if (symbolizer->cache.count >= CACHE_COUNT_MAX) {
		clear_cache(symbolizer);
	}
	entry = (struct cache_entry *)malloc(sizeof(*entry));
	if (!entry) {
		return; /* A cache may forget. */
	}
	*entry = (struct cache_entry){pid, ip, frame};
	free(weft_id_map_find(&symbolizer->cache, key));
	if (weft_id_map_put(&symbolizer->cache, key, entry) < 0) {
		weft_id_map_remove(&symbolizer->cache, key);
		free(entry);
	}
}

const struct weft_frame *weft_symbolizer_resolve(struct weft_symbolizer *symbolizer, int32_t pid,
						 uint64_t ip)
{
	uint64_t key = ip ^ ((uint64_t)(uint32_t)pid << 47 | (uint32_t)pid >> 17);
	const struct cache_entry *entry =
		(const struct cache_entry *)weft_id_map_find(&symbolizer->cache, key);
	const struct weft_frame *frame;

	if (entry && entry->pid == pid && entry->ip == ip) {
		return entry->frame;
	}
	frame = look_up(symbolizer, pid, ip);
	remember(symbolizer, key, pid, ip, frame);
	return frame;
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
