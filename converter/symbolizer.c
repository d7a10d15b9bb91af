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

#include "frame-table.h"
#include "hash.h"
#include "id-map.h"

/* Files held open at a time, and answers remembered; both start over when full. */
#define FILE_COUNT_MAX          256U
#define CACHE_COUNT_MAX         65536U
#define OBJECTS_PER_PROCESS_MAX 8192U
/* Processes that have ended and of which the objects are still known. */
#define ENDED_COUNT_MAX 1024U
#define TEXT_SIZE       4096U
#define NAME_SIZE       1024U

struct file_node {
	char *path, *build_id;
	struct weft_symbol_file *file; /* NULL: cannot be read. */
	struct file_node *next;
};

struct object_node {
	struct weft_object shown; /* Texts are owned. */
	uint64_t code;   /* What answers are kept under: of path, build id and is_mapping. */
	bool is_mapping; /* See struct weft_object. */
	bool is_own;     /* Told by its program; else by the kernel, or a parent's. */
};

struct process_node {
	uint64_t start_ns;
	bool start_known;
	struct object_node *objects;
	size_t object_count, object_capacity;
	uint64_t version; /* Another one whenever objects change; never reused. */
	uint64_t ended;   /* Number of its end; 0: lives. */
};

/*
 * Where an answer holds: in a file that is mapped (many processes have the same), or, where nothing is,
 * in one process as it is now.
 */
struct place {
	uint64_t code;
	uint64_t address; /* Less the object's base. */
};

struct cache_entry {
	struct place place;
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
	struct weft_id_map cache;     /* Hash of a place → cache_entry, owned. */
	struct file_node *files;
	size_t file_count;
	struct weft_frame_table frames;
	uint64_t last_object_id, last_version, end_count;
	int32_t ended[ENDED_COUNT_MAX]; /* Pids, by number of end. */
	int status;                     /* -ENOMEM: an answer was worse than it could have been. */
};

static const struct weft_frame *const memory_chain[] = {&weft_frame_of_no_memory};
static const struct weft_frames memory_frames = {memory_chain, 1, 0};

struct weft_symbolizer *weft_symbolizer_create(void)
{
	return (struct weft_symbolizer *)calloc(1, sizeof(struct weft_symbolizer));
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

/* NOLINTBEGIN(clang-analyzer-unix.Malloc): does not see that the last object takes the place. */
static void remove_object(struct process_node *process, size_t at)
{
	free_object(&process->objects[at]);
	process->objects[at] = process->objects[--process->object_count];
}
/* NOLINTEND(clang-analyzer-unix.Malloc) */

/* Answers about addresses that nothing was mapped at hold no longer. */
static void note_change(struct weft_symbolizer *symbolizer, struct process_node *process)
{
	process->version = ++symbolizer->last_version;
}

/* What programs tell of themselves is kept: they are few, and looked up at the end as well. */
static void forget_mappings(struct weft_symbolizer *symbolizer, int32_t pid,
			    struct process_node *process)
{
	size_t i = 0;

	while (i < process->object_count) {
		if (process->objects[i].is_own) {
			i++;
		} else {
			remove_object(process, i);
		}
	}
	note_change(symbolizer, process);
	if (process->object_count == 0 && !process->start_known) {
		weft_id_map_remove(&symbolizer->processes, (uint32_t)pid);
		free(process->objects);
		free(process);
	}
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
			note_change(symbolizer, process);
		}
		process->start_ns = start_ns;
		process->start_known = true;
	}
}

static char *copy_text(struct weft_text text)
{
	return strndup(text.text, text.len < TEXT_SIZE ? text.len : TEXT_SIZE);
}

/* NOLINTBEGIN(clang-analyzer-unix.Malloc): as in remove_object(). */
static bool is_same(const struct weft_object *object, const struct weft_object *other)
{
	return object->base == other->base && object->start == other->start &&
	       object->end == other->end && strcmp(object->path, other->path) == 0 &&
	       strcmp(object->build_id, other->build_id) == 0;
}

/* A program says of its objects more than the kernel does of their parts. */
static bool is_told_by_program(const struct object_node *object, const struct object_node *added)
{
	return added->is_mapping && !object->is_mapping &&
	       object->shown.start <= added->shown.start && added->shown.end <= object->shown.end &&
	       strcmp(object->shown.path, added->shown.path) == 0;
}
/* NOLINTEND(clang-analyzer-unix.Malloc) */

/* Drops what lies in the range of `added`. Returns false when that need not be added. */
static bool make_room(struct process_node *process, const struct object_node *added)
{
	size_t i = 0;

	while (i < process->object_count) {
		const struct weft_object *object = &process->objects[i].shown;

		if (is_same(object, &added->shown) ||
		    is_told_by_program(&process->objects[i], added)) {
			return false;
		}
		if (object->start < added->shown.end && added->shown.start < object->end) {
			remove_object(process, i);
		} else {
			i++;
		}
	}
	return true;
}

static int grow_objects(struct process_node *process)
{
	size_t capacity = process->object_capacity ? process->object_capacity * 2 : 16;
	struct object_node *objects;

	if (process->object_count < process->object_capacity) {
		return 0;
	}
	objects = (struct object_node *)realloc(process->objects, capacity * sizeof(*objects));
	if (!objects) {
		return -ENOMEM;
	}
	process->objects = objects;
	process->object_capacity = capacity;
	return 0;
}

static uint64_t code_of(const struct object_node *object)
{
	uint64_t code = weft_hash_bytes(WEFT_HASH_BEGIN, object->shown.path,
					strlen(object->shown.path) + 1);

	code = weft_hash_bytes(code, object->shown.build_id, strlen(object->shown.build_id) + 1);
	return weft_hash_bytes(code, &object->is_mapping, sizeof(object->is_mapping));
}

/* Takes the texts of `added`, also on failure. */
static int add(struct weft_symbolizer *symbolizer, int32_t pid, struct object_node *added)
{
	struct process_node *process = get_process(symbolizer, pid);
	int ret = 0;

	if (!process || !added->shown.path || !added->shown.build_id) {
		ret = -ENOMEM;
		goto out;
	}
	if (added->shown.start >= added->shown.end || !make_room(process, added) ||
	    process->object_count >= OBJECTS_PER_PROCESS_MAX) {
		goto out;
	}
	ret = grow_objects(process);
	if (ret < 0) {
		goto out;
	}
	added->shown.id = ++symbolizer->last_object_id;
	added->code = code_of(added);
	process->objects[process->object_count++] = *added;
	note_change(symbolizer, process);
	return 0;
out:
	free_object(added);
	return ret;
}

int weft_symbolizer_add_object(struct weft_symbolizer *symbolizer, int32_t pid,
			       const struct weft_event *object)
{
	struct object_node added = {
		.shown = {0, object->object.base, object->object.start, object->object.end, 0,
			  copy_text(object->object.path), copy_text(object->object.build_id)},
		.is_own = true,
	};

	return add(symbolizer, pid, &added);
}

int weft_symbolizer_add_mapping(struct weft_symbolizer *symbolizer,
				const struct weft_event *mapping)
{
	struct object_node added = {
		.shown = {0, mapping->mapping.start - mapping->mapping.offset,
			  mapping->mapping.start, mapping->mapping.end, mapping->mapping.offset,
			  NULL, NULL},
		.is_mapping = true,
	};

	if (mapping->mapping.path.len == 0 || mapping->mapping.subject_pid <= 0) {
		return 0;
	}
	added.shown.path = copy_text(mapping->mapping.path);
	added.shown.build_id = copy_text(mapping->mapping.build_id);
	return add(symbolizer, mapping->mapping.subject_pid, &added);
}

int weft_symbolizer_fork(struct weft_symbolizer *symbolizer, int32_t parent_pid, int32_t pid)
{
	struct process_node *process =
		(struct process_node *)weft_id_map_find(&symbolizer->processes, (uint32_t)pid);
	const struct process_node *parent;
	size_t i;
	int ret = 0;

	if (parent_pid == pid) {
		return 0; /* Damage. */
	}
	if (process) {
		free_objects(process);
		process->ended = 0;
		process->start_known = false;
		note_change(symbolizer, process);
	}
	parent = (const struct process_node *)weft_id_map_find(&symbolizer->processes,
							       (uint32_t)parent_pid);
	for (i = 0; ret == 0 && parent && i < parent->object_count; i++) {
		struct object_node copy = parent->objects[i];

		copy.is_own = false;
		copy.shown.path = strdup(copy.shown.path);
		copy.shown.build_id = strdup(copy.shown.build_id);
		ret = add(symbolizer, pid, &copy);
	}
	return ret;
}

void weft_symbolizer_exit(struct weft_symbolizer *symbolizer, int32_t pid)
{
	struct process_node *process =
		(struct process_node *)weft_id_map_find(&symbolizer->processes, (uint32_t)pid);
	struct process_node *oldest;
	int32_t *place;

	if (!process || process->ended) {
		return;
	}
	place = &symbolizer->ended[symbolizer->end_count++ % ENDED_COUNT_MAX];
	oldest = (struct process_node *)weft_id_map_find(&symbolizer->processes, (uint32_t)*place);
	/* Its pid may live again, or have ended again since. */
	if (oldest && oldest->ended && oldest->ended + ENDED_COUNT_MAX == symbolizer->end_count) {
		forget_mappings(symbolizer, *place, oldest);
	}
	*place = pid;
	process->ended = symbolizer->end_count;
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

/* ---- Lookup ---- */

static uint64_t key_of(const struct place *place)
{
	return place->address ^ place->code * UINT64_C(0x9e3779b97f4a7c15);
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

/* Where the answer about an address is kept. object: NULL: none is there. */
static struct place place_of(const struct weft_symbolizer *symbolizer, int32_t pid, uint64_t ip,
			     const struct object_node *object)
{
	const struct process_node *process;

	if (object) {
		return (struct place){object->code, ip - object->shown.base};
	}
	process = find_process(symbolizer, pid);
	return (struct place){(uint64_t)(uint32_t)pid << 32 ^ (process ? process->version : 0), ip};
}

/* NULL: not looked up yet, or forgotten since. */
static const struct cache_entry *find_entry(const struct weft_symbolizer *symbolizer,
					    const struct place *place)
{
	const struct cache_entry *entry =
		(const struct cache_entry *)weft_id_map_find(&symbolizer->cache, key_of(place));

	return entry && entry->place.code == place->code && entry->place.address == place->address
		       ? entry
		       : NULL;
}

/* Makes a place in the cache for an answer of `count` frames, to be filled in; NULL: no memory. */
static struct cache_entry *remember(struct weft_symbolizer *symbolizer, const struct place *place,
				    size_t count)
{
	uint64_t key = key_of(place);
	struct cache_entry *entry;

	if (symbolizer->cache.count >= CACHE_COUNT_MAX) {
		clear_cache(symbolizer);
	}
	entry = (struct cache_entry *)malloc(sizeof(*entry) + count * sizeof(void *));
	if (!entry) {
		symbolizer->status = -ENOMEM;
		return NULL;
	}
	entry->place = *place;
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
	uint64_t code;
	const uint64_t *keys; /* Of the places of what is asked. */
};

static int take_symbol(void *ctx, const struct weft_symbol *symbol)
{
	const struct search *search = (const struct search *)ctx;
	const struct place place = {search->code, search->keys[symbol->index]};
	const struct weft_symbol_frame *frame = symbol->frames;
	struct frame_texts texts;
	struct cache_entry *entry = remember(search->symbolizer, &place, symbol->frame_count);
	size_t i;

	if (!entry) {
		return -ENOMEM;
	}
	for (i = 0; i < symbol->frame_count; i++) {
		(void)snprintf(texts.function, sizeof(texts.function), "%s", frame[i].function);
		(void)snprintf(texts.file, sizeof(texts.file), "%s", frame[i].file);
		texts.line = frame[i].line;
		entry->storage[i] = weft_frame_table_get(&search->symbolizer->frames,
							 texts.function, texts.file, texts.line);
	}
	while (entry->shown.site + 1 < symbol->frame_count &&
	       is_own_header(frame[entry->shown.site].home)) {
		entry->shown.site++;
	}
	return 0;
}

/* Where the call is in the file, not what follows it. */
static bool find_address(const struct weft_symbol_file *file, const struct object_node *object,
			 uint64_t ip, uint64_t *ret_address)
{
	*ret_address = ip - 1 - object->shown.base;
	return !object->is_mapping ||
	       weft_symbol_file_find_address(file, *ret_address, ret_address);
}

/* Looks up addresses of one object, of which there is at least one, in order. */
static void search_object(struct weft_symbolizer *symbolizer, const struct object_node *object,
			  const struct weft_call_site *sites, size_t count)
{
	uint64_t one[2];
	uint64_t *addresses = count == 1 ? one : (uint64_t *)calloc(count, sizeof(one));
	uint64_t *keys = addresses + count;
	struct search search = {symbolizer, object->code, keys};
	struct weft_symbol_file *file = get_file(symbolizer, object);
	size_t asked = 0;
	size_t i;

	if (!addresses) {
		symbolizer->status = -ENOMEM;
		return;
	}
	for (i = 0; file && i < count; i++) {
		if (find_address(file, object, sites[i].ip, &addresses[asked])) {
			keys[asked++] = sites[i].ip - object->shown.base;
		}
	}
	if (asked &&
	    weft_symbol_file_find_all(file, addresses, asked, take_symbol, &search) == -ENOMEM) {
		symbolizer->status = -ENOMEM;
	}
	if (addresses != one) {
		free(addresses);
	}
}

/* The answer that consists of one text. */
static const struct weft_frames *remember_name(struct weft_symbolizer *symbolizer,
					       const struct place *place,
					       const struct frame_texts *texts)
{
	struct cache_entry *entry = remember(symbolizer, place, 1);

	if (!entry) {
		return &memory_frames;
	}
	entry->storage[0] = weft_frame_table_get(&symbolizer->frames, texts->function, texts->file,
						 texts->line);
	return &entry->shown;
}

static const struct weft_frames *look_up(struct weft_symbolizer *symbolizer,
					 const struct weft_call_site *site,
					 const struct object_node *object,
					 const struct place *place)
{
	const struct cache_entry *entry;
	struct frame_texts texts = {"[unknown]", "", 0};
	const char *name;

	if (site->ip == 0) {
		return remember_name(symbolizer, place, &texts);
	}
	if (!object) {
		(void)snprintf(texts.function, sizeof(texts.function), "0x%llx",
			       (unsigned long long)site->ip);
		return remember_name(symbolizer, place, &texts);
	}
	search_object(symbolizer, object, site, 1);
	entry = find_entry(symbolizer, place);
	if (entry) {
		return &entry->shown;
	}
	name = strrchr(object->shown.path, '/');
	(void)snprintf(texts.function, sizeof(texts.function), "%.900s+0x%llx",
		       name ? name + 1 : object->shown.path,
		       (unsigned long long)(site->ip - object->shown.base));
	return remember_name(symbolizer, place, &texts);
}

const struct weft_frames *weft_symbolizer_resolve_all(struct weft_symbolizer *symbolizer,
						      int32_t pid, uint64_t ip)
{
	/* The call, not what follows it. */
	const struct object_node *object =
		ip ? find_object(find_process(symbolizer, pid), ip - 1) : NULL;
	const struct weft_call_site site = {pid, ip};
	const struct place place = place_of(symbolizer, pid, ip, object);
	const struct cache_entry *entry = find_entry(symbolizer, &place);

	return entry ? &entry->shown : look_up(symbolizer, &site, object, &place);
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

/* The object of a site that is not looked up yet; NULL: it is, or there is none. */
static const struct object_node *find_missing(const struct weft_symbolizer *symbolizer,
					      const struct weft_call_site *site)
{
	const struct object_node *object =
		site->ip ? find_object(find_process(symbolizer, site->pid), site->ip - 1) : NULL;
	const struct place place = place_of(symbolizer, site->pid, site->ip, object);

	return object && !find_entry(symbolizer, &place) ? object : NULL;
}

void weft_symbolizer_prepare(struct weft_symbolizer *symbolizer, struct weft_call_site *sites,
			     size_t count)
{
	size_t missing_count = 0;
	size_t i, end;

	for (i = 0; i < count; i++) {
		if (find_missing(symbolizer, &sites[i])) {
			sites[missing_count++] = sites[i];
		}
	}
	if (missing_count > CACHE_COUNT_MAX / 2) {
		return; /* They would push each other out. */
	}
	qsort(sites, missing_count, sizeof(*sites), compare_sites);
	for (i = 0; i < missing_count; i = end) {
		/* Another process may have had the same file. */
		const struct object_node *object = find_missing(symbolizer, &sites[i]);

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

size_t weft_symbolizer_trim_chain(const struct weft_symbolizer *symbolizer, int32_t pid,
				  struct weft_text chain)
{
	const struct process_node *process = find_process(symbolizer, pid);
	size_t count = chain.len / sizeof(uint64_t);
	uint64_t ip;

	for (; process && process->object_count && count > 1; count--) {
		memcpy(&ip, chain.text + (count - 1) * sizeof(ip), sizeof(ip));
		if (find_object(process, ip - 1)) {
			break;
		}
	}
	return count;
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
	return symbolizer->status ? symbolizer->status : symbolizer->frames.status;
}

void weft_symbolizer_destroy(struct weft_symbolizer *symbolizer)
{
	size_t i;

	if (!symbolizer) {
		return;
	}
	clear_cache(symbolizer);
	weft_frame_table_fini(&symbolizer->frames);
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
	weft_id_map_fini(&symbolizer->processes);
	free(symbolizer);
}
