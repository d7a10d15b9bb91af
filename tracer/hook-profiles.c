// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * See hook-profiles.h.
 */
#include "hook-profiles.h"

#include <errno.h>
#include <inttypes.h>
#include <malloc.h>
#include <string.h>
#include <sys/resource.h>

#include <weft/export.h>

#include "heap-profile.h"
#include "lock-profile.h"
#include "profile-output.h"
#include "sample-tags.h"
#include "sampling.h"
#include "span-names.h"
#include "thread-profile.h"

/* Of each of both: sets of labels, types of tasks and regions together. */
#define LOCK_TAGS_MAX 1024U

/* Types, and values of an entry in their units. */
struct kind {
	void (*describe)(struct weft_raw_profile *profile, const char *default_type, bool for_text);
	/* False: nothing to tell. ret_labels: empty. */
	bool (*read)(const struct weft_stack_entry *entry, int64_t *ret_values,
		     struct weft_sample_labels *ret_labels);
	struct weft_stack_table *(*table)(void);
	uint64_t (*lost)(void);
	uint64_t (*untagged)(void); /* NULL: there are no tags. */
};

static int64_t value_of(const struct weft_stack_entry *entry, unsigned int value)
{
	return atomic_load_explicit(&entry->values[value], memory_order_relaxed);
}

/* Fixed point to the nearest whole number. */
static int64_t whole(int64_t fixed)
{
	return (fixed + WEFT_WEIGHT_ONE / 2) >> WEFT_WEIGHT_BITS;
}

/* ---- heap, allocs ---- */

static struct mallinfo2 noted_allocator;
static bool has_noted_allocator, is_allocator_avoided;

void weft_hook_profiles__note_allocator(void)
{
	noted_allocator = mallinfo2();
	has_noted_allocator = true;
}

void weft_hook_profiles__avoid_allocator(void)
{
	is_allocator_avoided = true;
}

/* The trailer of the text form: what the allocator itself says. Nothing under another than glibc's. */
static void describe_allocator(struct weft_raw_profile *profile)
{
	struct mallinfo2 info;
	struct rusage usage;

	if (is_allocator_avoided && !has_noted_allocator) {
		return;
	}
	info = is_allocator_avoided ? noted_allocator : mallinfo2();
	weft_raw_profile_add_comment(profile, "# runtime.MemStats");
	weft_raw_profile_add_comment(profile, "# Alloc = %zu", info.uordblks + info.hblkhd);
	weft_raw_profile_add_comment(profile, "# Sys = %zu", info.arena + info.hblkhd);
	weft_raw_profile_add_comment(profile, "# HeapAlloc = %zu", info.uordblks + info.hblkhd);
	weft_raw_profile_add_comment(profile, "# HeapSys = %zu", info.arena + info.hblkhd);
	weft_raw_profile_add_comment(profile, "# HeapIdle = %zu", info.fordblks);
	if (getrusage(RUSAGE_SELF, &usage) == 0) {
		weft_raw_profile_add_comment(profile, "# MaxRSS = %" PRId64,
					     (int64_t)usage.ru_maxrss * 1024);
	}
}

static void describe_heap(struct weft_raw_profile *profile, const char *default_type, bool for_text)
{
	(void)for_text;
	weft_raw_profile_add_sample_type(profile, "alloc_objects", "count");
	weft_raw_profile_add_sample_type(profile, "alloc_space", "bytes");
	weft_raw_profile_add_sample_type(profile, "inuse_objects", "count");
	weft_raw_profile_add_sample_type(profile, "inuse_space", "bytes");
	weft_raw_profile_set_period(profile, "space", "bytes", weft_heap_rate());
	if (default_type) {
		weft_raw_profile_set_default_type(profile, default_type);
	}
	describe_allocator(profile);
}

static bool read_heap(const struct weft_stack_entry *entry, int64_t *ret_values,
		      struct weft_sample_labels *ret_labels)
{
	/* What is in use first: meanwhile it may only be allocated more. */
	ret_values[2] = whole(value_of(entry, WEFT_HEAP_INUSE_OBJECTS));
	ret_values[3] = value_of(entry, WEFT_HEAP_INUSE_BYTES);
	ret_values[0] = whole(value_of(entry, WEFT_HEAP_ALLOC_OBJECTS));
	ret_values[1] = value_of(entry, WEFT_HEAP_ALLOC_BYTES);
	/* As Go: the mean size of a class. */
	if (ret_values[0] > 0 && ret_values[1] >= ret_values[0]) {
		ret_labels->items[ret_labels->count++] = (struct weft_raw_label){
			.key = "bytes", .num = ret_values[1] / ret_values[0]};
	}
	return ret_values[0] != 0;
}

/* ---- block, mutex ---- */

static void describe_lock(struct weft_raw_profile *profile, const char *default_type, bool for_text)
{
	(void)for_text;
	(void)default_type;
	weft_raw_profile_add_sample_type(profile, "contentions", "count");
	weft_raw_profile_add_sample_type(profile, "delay", "nanoseconds");
	weft_raw_profile_set_period(profile, "contentions", "count", 1);
}

static struct weft_sample_tags *lock_tags[WEFT_LOCK_PROFILE_COUNT_];

static uint64_t tag_of_thread(enum weft_lock_profile profile)
{
	return weft_sample_tags_get(lock_tags[profile]);
}

int weft_hook_profiles__start_locks(void)
{
	int i;

	for (i = 0; i < WEFT_LOCK_PROFILE_COUNT_; i++) {
		if (!lock_tags[i]) {
			lock_tags[i] = weft_sample_tags_create(LOCK_TAGS_MAX, false);
		}
		if (!lock_tags[i]) {
			return -ENOMEM;
		}
	}
	weft_span_names__want(WEFT_SPAN_NAMES_LOCKS);
	return weft_lock_start(tag_of_thread);
}

static bool read_lock(const struct weft_stack_entry *entry, int64_t *ret_values,
		      enum weft_lock_profile profile, struct weft_sample_labels *ret_labels)
{
	weft_sample_tags_describe(lock_tags[profile], entry->tag, ret_labels);
	ret_values[0] = whole(value_of(entry, WEFT_LOCK_CONTENTIONS));
	ret_values[1] = value_of(entry, WEFT_LOCK_DELAY_NS);
	return ret_values[1] != 0;
}

static bool read_block(const struct weft_stack_entry *entry, int64_t *ret_values,
		       struct weft_sample_labels *ret_labels)
{
	return read_lock(entry, ret_values, WEFT_LOCK_PROFILE_BLOCK, ret_labels);
}

static bool read_mutex(const struct weft_stack_entry *entry, int64_t *ret_values,
		       struct weft_sample_labels *ret_labels)
{
	return read_lock(entry, ret_values, WEFT_LOCK_PROFILE_MUTEX, ret_labels);
}

static struct weft_stack_table *block_table(void)
{
	return weft_lock_table(WEFT_LOCK_PROFILE_BLOCK);
}

static struct weft_stack_table *mutex_table(void)
{
	return weft_lock_table(WEFT_LOCK_PROFILE_MUTEX);
}

static uint64_t lost_blocks(void)
{
	return weft_stack_table_lost(block_table());
}

static uint64_t lost_contentions(void)
{
	return weft_stack_table_lost(mutex_table()) + weft_lock_lost();
}

static uint64_t untagged_blocks(void)
{
	return weft_stack_table_untagged(block_table()) +
	       weft_sample_tags_lost(lock_tags[WEFT_LOCK_PROFILE_BLOCK]);
}

static uint64_t untagged_contentions(void)
{
	return weft_stack_table_untagged(mutex_table()) +
	       weft_sample_tags_lost(lock_tags[WEFT_LOCK_PROFILE_MUTEX]);
}

/* ---- threadcreate ---- */

static void describe_threads(struct weft_raw_profile *profile, const char *default_type,
			     bool for_text)
{
	weft_raw_profile_add_sample_type(profile, "threadcreate", "count");
	if (!for_text) {
		weft_raw_profile_add_sample_type(profile, "live", "count");
	}
	weft_raw_profile_set_period(profile, "threadcreate", "count", 1);
	weft_raw_profile_set_default_type(profile, default_type);
}

static bool read_threads(const struct weft_stack_entry *entry, int64_t *ret_values,
			 struct weft_sample_labels *ret_labels)
{
	(void)ret_labels;
	ret_values[1] = value_of(entry, WEFT_THREAD_LIVE);
	ret_values[0] = value_of(entry, WEFT_THREAD_CREATED);
	return ret_values[0] != 0;
}

static uint64_t lost_threads(void)
{
	return weft_stack_table_lost(weft_thread_profile_table());
}

/* ---- All of them ---- */

static const struct kind heap_kind = {describe_heap, read_heap, weft_heap_table, weft_heap_lost,
				      NULL};
static const struct kind block_kind = {describe_lock, read_block, block_table, lost_blocks,
				       untagged_blocks};
static const struct kind mutex_kind = {describe_lock, read_mutex, mutex_table, lost_contentions,
				       untagged_contentions};
static const struct kind threads_kind = {describe_threads, read_threads, weft_thread_profile_table,
					 lost_threads, NULL};

struct named {
	const struct kind *kind;
	const char *default_type; /* NULL: readers take the last. */
	struct weft_export export;
};

static uint64_t count_entries(void *ctx);
static int write_export(void *ctx, const struct weft_export_request *request,
			struct weft_export_output *output);

#define NAMED(index, kind, type, name, description)                                                \
	{                                                                                          \
		&(kind), type,                                                                     \
		{                                                                                  \
			name, description, count_entries, write_export, (void *)&profiles[index]   \
		}                                                                                  \
	}

static const struct named profiles[WEFT_HOOK_PROFILES] = {
	NAMED(0, heap_kind, NULL, "heap",
	      "A sampling of memory allocations of live objects. You can specify the gc GET "
	      "parameter to give free memory back before taking the heap sample."),
	NAMED(1, heap_kind, "alloc_space", "allocs", "A sampling of all past memory allocations"),
	NAMED(2, block_kind, NULL, "block",
	      "Stack traces that led to blocking on synchronization primitives"),
	NAMED(3, mutex_kind, NULL, "mutex", "Stack traces of holders of contended mutexes"),
	NAMED(4, threads_kind, "threadcreate", "threadcreate",
	      "Stack traces that led to the creation of new threads"),
};

static uint64_t count_entries(void *ctx)
{
	struct weft_stack_table *table = ((const struct named *)ctx)->kind->table();
	uint64_t count = 0;
	uint32_t cursor = 0;

	while (table && weft_stack_table_next(table, &cursor)) {
		count++;
	}
	return count;
}

static void add_samples(struct weft_raw_profile *profile, const struct kind *kind)
{
	struct weft_stack_entry *entry;
	struct weft_sample_labels labels;
	uint32_t cursor = 0;

	while ((entry = weft_stack_table_next(kind->table(), &cursor))) {
		int64_t values[WEFT_STACK_VALUES];
		struct weft_raw_sample sample = {
			.pcs = entry->pcs,
			.depth = entry->depth,
			.values = values,
			.labels = labels.items,
			.leaf_is_call = true,
		};

		labels.count = 0;
		if (kind->read(entry, values, &labels)) {
			sample.label_count = labels.count;
			weft_raw_profile_add_sample(profile, &sample);
		}
	}
}

const char *weft_hook_profile_name(unsigned int index)
{
	return profiles[index].export.name;
}

int weft_hook_profile_write(unsigned int index, bool for_text, weft_raw_profile_write_fn write,
			    void *ctx)
{
	const struct named *named = &profiles[index];
	struct weft_raw_profile *profile;
	uint64_t lost, untagged;
	int ret;

	if (!named->kind->table()) {
		return -ENODATA;
	}
	profile = weft_raw_profile_create(write, ctx);
	if (!profile) {
		return -ENOMEM;
	}
	named->kind->describe(profile, named->default_type, for_text);
	weft_raw_profile_set_time(profile, weft_raw_profile_now_ns(), 0);
	lost = named->kind->lost();
	if (lost > 0) {
		weft_raw_profile_add_comment(
			profile, "%" PRIu64 " samples are missing: no room for them", lost);
	}
	untagged = named->kind->untagged ? named->kind->untagged() : 0;
	if (untagged > 0) {
		weft_raw_profile_add_comment(
			profile, "lost: the labels of %" PRIu64 " samples, too many different ones",
			untagged);
	}
	add_samples(profile, named->kind);
	ret = weft_raw_profile_finish(profile);
	weft_raw_profile_destroy(profile);
	return ret;
}

static int write_to_client(void *ctx, const void *bytes, size_t size)
{
	return weft_export_write((struct weft_export_output *)ctx, bytes, size);
}

struct production {
	unsigned int index;
	bool for_text;
};

static int produce(void *ctx, weft_raw_profile_write_fn write, void *write_ctx)
{
	const struct production *production = (const struct production *)ctx;

	return weft_hook_profile_write(production->index, production->for_text, write, write_ctx);
}

static int write_export(void *ctx, const struct weft_export_request *request,
			struct weft_export_output *output)
{
	const struct named *named = (const struct named *)ctx;
	struct production production = {(unsigned int)(named - profiles), request->debug > 0};

	if (request->gc && named->kind == &heap_kind) {
		(void)malloc_trim(
			0); /* Whether there was something to give back does not matter. */
	}
	return weft_profile_output(named->export.name, produce, &production,
				   request->debug > 0 ? 1 : 0, write_to_client, output);
}

int weft_hook_profiles_export(void)
{
	unsigned int i;
	int ret = 0;

	for (i = 0; i < WEFT_HOOK_PROFILES && ret == 0; i++) {
		ret = weft_export_add(&profiles[i].export);
	}
	return ret;
}
