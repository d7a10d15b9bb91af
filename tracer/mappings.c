// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * See mappings.h.
 */
#include "mappings.h"

#include <errno.h>
#include <link.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "object-scan.h"
#include "proc-file.h"
#include "unwinder.h"

/* Guards all below; no other lock of ours is taken while it is held. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct weft_mappings known; /* By address; a file string is owned by its item. */
static unsigned long long seen_adds, seen_subs;
static bool has_seen;
static struct weft_object_range main_program; /* Once known, for ever. */
static bool is_loader_avoided;

/* An object of the loader's: where its segments lie, and what it is. */
struct object {
	uint64_t start, end;
	char build_id[WEFT_BUILD_ID_SIZE];
};

struct object_list {
	struct object *items;
	size_t count, size;
	unsigned long long adds, subs;
};

void weft_mappings_fini(struct weft_mappings *mappings)
{
	size_t i;

	for (i = 0; i < mappings->count; i++) {
		free(mappings->items[i].file);
	}
	free(mappings->items);
	mappings->items = NULL;
	mappings->count = 0;
}

/* ---- Objects ---- */

static int collect_object(struct dl_phdr_info *info, size_t size, void *ctx)
{
	struct object_list *list = (struct object_list *)ctx;
	struct weft_object_range range;
	struct object *object;

	(void)size;
	list->adds = info->dlpi_adds;
	list->subs = info->dlpi_subs;
	if (list->count == list->size) {
		return 0; /* More were loaded since they were counted: next time. */
	}
	object = &list->items[list->count];
	weft_object_scan(info, &range, object->build_id);
	if (range.start < range.end) {
		object->start = range.start;
		object->end = range.end;
		list->count++;
	}
	return 0;
}

static int count_object(struct dl_phdr_info *info, size_t size, void *ctx)
{
	struct object_list *list = (struct object_list *)ctx;

	(void)size;
	list->adds = info->dlpi_adds;
	list->subs = info->dlpi_subs;
	list->size++;
	return 0;
}

static const struct object *find_object(const struct object_list *list, uint64_t address)
{
	size_t i;

	for (i = 0; i < list->count; i++) {
		if (address >= list->items[i].start && address < list->items[i].end) {
			return &list->items[i];
		}
	}
	return NULL;
}

/* ---- /proc/self/maps ---- */

/* Cuts what the kernel adds to the name of a file that was removed. */
static size_t name_len(const char *name)
{
	static const char deleted[] = " (deleted)";
	size_t len = strcspn(name, "\n");

	if (len >= sizeof(deleted) - 1 &&
	    memcmp(name + len - (sizeof(deleted) - 1), deleted, sizeof(deleted) - 1) == 0) {
		len -= sizeof(deleted) - 1;
	}
	return len;
}

/* Behind so many words and the spaces around them. */
static const char *skip_fields(const char *at, int count)
{
	for (; count > 0; count--) {
		at += strspn(at, " ");
		at += strcspn(at, " \n");
	}
	return at + strspn(at, " ");
}

/* One line; whether it is code. The name is not copied yet; code that was generated has none. */
static bool parse_line(const char *line, struct weft_mapping *ret_mapping, const char **ret_name)
{
	char *at;

	/* Not by sscanf(), which looks for the end of the whole text each time. */
	ret_mapping->start = strtoull(line, &at, 16);
	if (*at != '-') {
		return false;
	}
	ret_mapping->limit = strtoull(at + 1, &at, 16);
	if (at[0] != ' ' || strcspn(at, "\n") < 6 || at[3] != 'x') { /* " rwxp ". */
		return false;
	}
	ret_mapping->offset = strtoull(at + 6, &at, 16);
	*ret_name = skip_fields(at, 2); /* Device, inode. */
	return true;
}

static int append(struct weft_mappings *list, const struct weft_mapping *mapping, const char *name,
		  size_t len)
{
	struct weft_mapping *item;

	if (list->count == WEFT_MAPPINGS_MAX) {
		return 0; /* What lies there goes without. */
	}
	/* Room is made in powers of two. */
	if ((list->count & (list->count - 1)) == 0) {
		size_t size = list->count ? 2 * list->count : 1;

		item = (struct weft_mapping *)realloc(list->items, size * sizeof(*item));
		if (!item) {
			return -ENOMEM;
		}
		list->items = item;
	}
	item = &list->items[list->count];
	*item = *mapping;
	item->file = strndup(name, len);
	if (!item->file) {
		return -ENOMEM;
	}
	list->count++;
	return 0;
}

static int parse_maps(const char *text, const struct object_list *objects,
		      struct weft_mappings *ret_mappings)
{
	const char *line = text;
	int ret = 0;

	while (*line && ret == 0) {
		struct weft_mapping mapping;
		const struct object *object;
		const char *name;

		if (parse_line(line, &mapping, &name)) {
			object = find_object(objects, mapping.start);
			memcpy(mapping.build_id, object ? object->build_id : "",
			       object ? sizeof(mapping.build_id) : 1);
			ret = append(ret_mappings, &mapping, name, name_len(name));
		}
		line += strcspn(line, "\n");
		line += *line == '\n';
	}
	return ret;
}

/* ---- The list ---- */

static bool overlaps(const struct weft_mappings *list, const struct weft_mapping *mapping)
{
	size_t i;

	for (i = 0; i < list->count; i++) {
		if (mapping->start < list->items[i].limit &&
		    list->items[i].start < mapping->limit) {
			return true;
		}
	}
	return false;
}

static int compare(const void *a, const void *b)
{
	uint64_t left = ((const struct weft_mapping *)a)->start;
	uint64_t right = ((const struct weft_mapping *)b)->start;

	return left < right ? -1 : left > right;
}

static void drop_nameless(struct weft_mappings *list)
{
	size_t kept = 0;
	size_t i;

	for (i = 0; i < list->count; i++) {
		if (list->items[i].file[0]) {
			list->items[kept++] = list->items[i];
		} else {
			free(list->items[i].file);
		}
	}
	list->count = kept;
}

/*
 * Adds to the new list what has gone from the address space meanwhile, unless other code lies there, of
 * a file or not. Under the lock.
 */
static int keep_unloaded(struct weft_mappings *next)
{
	size_t present = next->count;
	struct weft_mappings now = {next->items, present};
	int ret = 0;
	size_t i;

	for (i = 0; i < known.count && ret == 0; i++) {
		const struct weft_mapping *old = &known.items[i];

		now.items = next->items; /* May have moved. */
		if (!overlaps(&now, old)) {
			ret = append(next, old, old->file, strlen(old->file));
		}
	}
	drop_nameless(next);
	if (next->count > 1) {
		qsort(next->items, next->count, sizeof(*next->items), compare);
	}
	return ret;
}

static int first_object(struct dl_phdr_info *info, size_t size, void *ctx)
{
	char build_id[WEFT_BUILD_ID_SIZE];

	(void)size;
	weft_object_scan(info, (struct weft_object_range *)ctx, build_id);
	return 1;
}

/* What is known of them already. Under the lock. */
static void collect_known(struct object_list *list)
{
	size_t i;

	for (i = 0; i < known.count; i++) {
		struct object *object = &list->items[list->count++];

		object->start = known.items[i].start;
		object->end = known.items[i].limit;
		memcpy(object->build_id, known.items[i].build_id, sizeof(object->build_id));
	}
	list->adds = seen_adds;
	list->subs = seen_subs;
}

/* Under the lock. */
static int refresh(struct object_list *objects)
{
	struct weft_mappings next = {NULL, 0};
	char *text = NULL;
	size_t len;
	int ret;

	objects->size = is_loader_avoided ? known.count : objects->size;
	objects->items = (struct object *)calloc(objects->size + 1, sizeof(*objects->items));
	if (!objects->items) {
		return -ENOMEM;
	}
	if (is_loader_avoided) {
		collect_known(objects);
	} else {
		(void)dl_iterate_phdr(collect_object, objects);
		if (main_program.end == 0) {
			(void)dl_iterate_phdr(first_object, &main_program);
		}
	}
	ret = weft_proc_file_read("/proc/self/maps", &text, &len);
	if (ret == 0) {
		ret = parse_maps(text, objects, &next);
		free(text);
	}
	if (ret == 0) {
		ret = keep_unloaded(&next);
	}
	if (ret == 0) {
		if (has_seen && objects->subs != seen_subs) {
			weft_unwind_forget(); /* Rules of what lay there before. */
		}
		weft_mappings_fini(&known);
		known = next;
		seen_adds = objects->adds;
		seen_subs = objects->subs;
		has_seen = true;
	} else {
		weft_mappings_fini(&next);
	}
	free(objects->items);
	return ret;
}

int weft_mappings_refresh(bool always)
{
	struct object_list objects = {NULL, 0, 0, 0, 0};
	int ret = 0;

	if (!is_loader_avoided) {
		(void)dl_iterate_phdr(count_object, &objects);
	}
	(void)pthread_mutex_lock(&lock);
	if (always || !has_seen || objects.adds != seen_adds || objects.subs != seen_subs) {
		ret = refresh(&objects);
	}
	(void)pthread_mutex_unlock(&lock);
	return ret;
}

/* The loader's first object is the main program, wherever it lies. */
static void put_main_first(struct weft_mappings *mappings, struct weft_object_range program)
{
	size_t i;

	for (i = 0; i < mappings->count; i++) {
		struct weft_mapping found = mappings->items[i];

		if (found.start >= program.start && found.start < program.end) {
			memmove(&mappings->items[1], &mappings->items[0], i * sizeof(found));
			mappings->items[0] = found;
			return;
		}
	}
}

int weft_mappings_copy(struct weft_mappings *ret_mappings)
{
	struct weft_mappings copy = {NULL, 0};
	struct weft_object_range program;
	int ret = 0;
	size_t i;

	(void)pthread_mutex_lock(&lock);
	program = main_program;
	for (i = 0; i < known.count && ret == 0; i++) {
		ret = append(&copy, &known.items[i], known.items[i].file,
			     strlen(known.items[i].file));
	}
	(void)pthread_mutex_unlock(&lock);
	if (ret < 0) {
		weft_mappings_fini(&copy);
		return ret;
	}
	put_main_first(&copy, program);
	*ret_mappings = copy;
	return 0;
}

static bool is_in(const struct weft_mapping *mapping, uint64_t address)
{
	return address >= mapping->start && address < mapping->limit;
}

const struct weft_mapping *weft_mappings_find(const struct weft_mappings *mappings,
					      uint64_t address)
{
	size_t low = 1; /* The main program stands before the order. */
	size_t high = mappings->count;

	if (mappings->count > 0 && is_in(&mappings->items[0], address)) {
		return &mappings->items[0];
	}
	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (is_in(&mappings->items[middle], address)) {
			return &mappings->items[middle];
		}
		if (mappings->items[middle].start > address) {
			high = middle;
		} else {
			low = middle + 1;
		}
	}
	return NULL;
}

void weft_mappings__lock(void)
{
	(void)pthread_mutex_lock(&lock);
}

void weft_mappings__avoid_loader(void)
{
	is_loader_avoided = true;
}

bool weft_mappings__try_lock(void)
{
	return pthread_mutex_trylock(&lock) == 0;
}

void weft_mappings__unlock(void)
{
	(void)pthread_mutex_unlock(&lock);
}
