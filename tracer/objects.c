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
 */
#include <errno.h>
#include <link.h>
#include <string.h>
#include <unistd.h>

#include "control.h"
#include "provider.h"

#define PATH_SIZE 4096

/*
 * The loader's count of objects ever added, at the last dump: while it stands, everything has been
 * described and describe() only has to find the range.
 */
static _Atomic uint64_t dumped_adds;

/* What the visitor of one pass over the objects looks for. */
struct object_search {
	bool all;
	uint64_t ip; /* Only the object around it, unless all. */
	struct weft_object_range found;
	uint64_t adds;
};

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

void weft_objects__dump(void)
{
	struct object_search search = {.all = true, .ip = 0, .found = {0, 0}, .adds = 0};

	(void)dl_iterate_phdr(visit_object, &search);
	atomic_store_explicit(&dumped_adds, search.adds, memory_order_relaxed);
}
