// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Loaded objects: what turns an ip into a function name later.
 *
 * The state dump describes all of them. One that is loaded afterwards is described when the first
 * event comes from inside it: the event path compares the ip with the range of the last object
 * it saw, which costs two comparisons.
 *
 * dl_iterate_phdr() takes the loader's write lock, which dlopen() holds only while it links an object
 * into its list, never while constructors run. So neither a constructor that waits for LTTng's
 * listener thread nor the listener thread that runs the dump can wait for each other here.
 *
 * Signal handlers may not wait for that lock, whose holder may wait for what they interrupted. They find
 * the object by _dl_find_object(), which takes none, and remember by name and place what was described.
 */
#include <dlfcn.h>
#include <errno.h>
#include <link.h>
#include <string.h>
#include <unistd.h>

#include "control.h"
#include "provider.h"

#define PATH_SIZE   4096
#define KNOWN_SLOTS 1024U /* A power of two. */

/*
 * The loader's count of objects ever added, at the last dump: while it stands, everything has been
 * described and describe() only has to find the range.
 */
static _Atomic uint64_t dumped_adds;

/*
 * Of what has been described since the last dump, for handlers: hashes, 0 for a free slot. When all are
 * taken the rest of the objects stay without a description.
 */
static _Atomic uint64_t known[KNOWN_SLOTS];

/* What the visitor of one pass over the objects looks for. */
struct object_search {
	bool all;
	uint64_t ip; /* Only the object around it, unless all. */
	struct weft_object_range found;
	uint64_t adds;
};

/* FNV-1a of where it lies and of its name, which the loader has in one place; never 0. */
static uint64_t hash_object(uint64_t base, const char *name)
{
	uint64_t hash = UINT64_C(14695981039346656037) ^ base;

	for (; *name; name++) {
		hash = (hash ^ (unsigned char)*name) * UINT64_C(1099511628211);
	}
	return hash ? hash : 1;
}

/* Whether it was not there, and is now. */
static bool remember(uint64_t hash)
{
	unsigned int i;

	for (i = 0; i < KNOWN_SLOTS; i++) {
		_Atomic uint64_t *slot = &known[(hash + i) % KNOWN_SLOTS];
		uint64_t found = 0;

		if (atomic_compare_exchange_strong_explicit(
			    slot, &found, hash, memory_order_relaxed, memory_order_relaxed)) {
			return true;
		}
		if (found == hash) {
			return false;
		}
	}
	return false;
}

/* The main program has no name in the loader's list. */
static const char *object_path(const struct dl_phdr_info *object, bool is_first, char *storage)
{
	ssize_t len;

	if (object->dlpi_name && strchr(object->dlpi_name, '/')) {
		return object->dlpi_name;
	}
	if (!is_first) {
		return "[vdso]";
	}
	len = readlink("/proc/self/exe", storage, PATH_SIZE - 1);
	if (len < 0) {
		return "";
	}
	storage[len] = '\0';
	return storage;
}

static int visit_object(struct dl_phdr_info *object, size_t size, void *ctx)
{
	struct object_search *search = (struct object_search *)ctx;
	struct weft_object_range range;
	char build_id[WEFT_BUILD_ID_SIZE];
	char path[PATH_SIZE];
	bool is_first = !object->dlpi_name || !object->dlpi_name[0];

	(void)size;
	weft_object_scan(object, &range, build_id);
	if (range.start >= range.end) {
		return 0;
	}
	if (!search->all && (search->ip < range.start || search->ip >= range.end)) {
		return 0;
	}
	search->found = range;
	search->adds = object->dlpi_adds;
	if (search->all) {
		(void)remember(hash_object(object->dlpi_addr, is_first ? "" : object->dlpi_name));
	}
	if (search->all ||
	    object->dlpi_adds != atomic_load_explicit(&dumped_adds, memory_order_relaxed)) {
		lttng_ust_tracepoint(weft, object, weft_control.pid, weft_self.tid,
				     object->dlpi_addr, range.start, range.end,
				     object_path(object, is_first, path), build_id);
	}
	return search->all ? 0 : 1;
}

void weft_objects__describe(uint64_t ip)
{
	struct object_search search = {.all = false, .ip = ip, .found = {ip, ip + 1}, .adds = 0};
	int saved_errno = errno;

	(void)dl_iterate_phdr(visit_object, &search); /* Not found: an address of generated code. */
	weft_self.last_object = search.found;
	weft_self.last_object_epoch =
		atomic_load_explicit(&weft_control.epoch, memory_order_relaxed);
	errno = saved_errno;
}

void weft_objects__describe_in_handler(uint64_t ip)
{
	struct dl_find_object found;
	const struct link_map *map;
	struct dl_phdr_info object = {0};
	struct weft_object_range range;
	char build_id[WEFT_BUILD_ID_SIZE];
	const ElfW(Ehdr) * header;

	if (_dl_find_object((void *)(uintptr_t)ip, &found) != 0) {
		return;
	}
	map = found.dlfo_link_map;
	header = (const ElfW(Ehdr) *)found.dlfo_map_start;
	/* The main program, without a name, is in the dump. An odd layout may not begin so. */
	if (!map->l_name || !map->l_name[0] || !remember(hash_object(map->l_addr, map->l_name)) ||
	    memcmp(header->e_ident, ELFMAG, SELFMAG) != 0) {
		return;
	}
	object.dlpi_addr = map->l_addr;
	object.dlpi_phdr = (const ElfW(Phdr) *)((const char *)header + header->e_phoff);
	object.dlpi_phnum = header->e_phnum;
	weft_object_scan(&object, &range, build_id);
	lttng_ust_tracepoint(weft, object, weft_control.pid, weft_self.tid, map->l_addr,
			     range.start, range.end,
			     strchr(map->l_name, '/') ? map->l_name : "[vdso]", build_id);
}

void weft_objects__dump(void)
{
	struct object_search search = {.all = true, .ip = 0, .found = {0, 0}, .adds = 0};
	unsigned int i;

	for (i = 0; i < KNOWN_SLOTS; i++) {
		atomic_store_explicit(&known[i], 0, memory_order_relaxed);
	}
	(void)dl_iterate_phdr(visit_object, &search);
	atomic_store_explicit(&dumped_adds, search.adds, memory_order_relaxed);
}
