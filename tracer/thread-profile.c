// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * See thread-profile.h.
 */
#include "thread-profile.h"

#include <errno.h>
#include <stdbool.h>

#include "hook-stack.h"

#define STACKS_MAX (UINT32_C(1) << 13)

static struct weft_stack_table *table;

static void add(struct weft_stack_entry *entry, enum weft_thread_value value, int64_t amount)
{
	atomic_fetch_add_explicit(&entry->values[value], amount, memory_order_relaxed);
}

int weft_thread_profile_start(void)
{
	table = table ? table : weft_stack_table_create(STACKS_MAX);
	return table ? 0 : -ENOMEM;
}

struct weft_stack_table *weft_thread_profile_table(void)
{
	return table;
}

WEFT_API bool weft_thread_profile_is_own(const void *caller)
{
	/* NOLINTBEGIN(readability-identifier-naming): the linker's, where we are loaded and end. */
	extern const char __ehdr_start[] __attribute__((visibility("hidden")));
	extern const char _end[] __attribute__((visibility("hidden")));
	/* NOLINTEND(readability-identifier-naming) */

	return (uintptr_t)caller >= (uintptr_t)__ehdr_start && (uintptr_t)caller < (uintptr_t)_end;
}

WEFT_API struct weft_stack_entry *weft_thread_profile_begin(const void *caller)
{
	uintptr_t pcs[WEFT_STACK_DEPTH_MAX];
	struct weft_stack_entry *entry;
	size_t depth;

	if (!table || weft_hook_guard_ != 0 || weft_thread_profile_is_own(caller)) {
		return NULL;
	}
	weft_hook_guard_++;
	depth = weft_hook_stack(pcs, WEFT_STACK_DEPTH_MAX, (uintptr_t)caller);
	entry = weft_stack_table_find_or_add(table, pcs, depth, 0);
	if (entry) { /* Else the table counts it as lost. */
		add(entry, WEFT_THREAD_CREATED, 1);
		add(entry, WEFT_THREAD_LIVE, 1);
	}
	weft_hook_guard_--;
	return entry;
}

WEFT_API void weft_thread_profile_end(struct weft_stack_entry *entry)
{
	if (entry) {
		add(entry, WEFT_THREAD_LIVE, -1);
	}
}

WEFT_API void weft_thread_profile_cancel(struct weft_stack_entry *entry)
{
	if (entry) {
		add(entry, WEFT_THREAD_LIVE, -1);
		add(entry, WEFT_THREAD_CREATED, -1);
	}
}

void weft_thread_profile__forget(void)
{
	struct weft_stack_entry *entry;
	uint32_t cursor = 0;

	while (table && (entry = weft_stack_table_next(table, &cursor))) {
		atomic_store_explicit(&entry->values[WEFT_THREAD_LIVE], 0, memory_order_relaxed);
	}
}
