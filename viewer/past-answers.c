// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Answers that were given. See past-answers.h.
 */
#include "past-answers.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Fields of /proc/PID/stat between the name, which may hold anything, and the start time. */
#define FIELDS_BEFORE_START 20

/* 0: it has ended. Source: proc(5), starttime. */
static uint64_t start_of(pid_t pid)
{
	char path[64];
	char line[1024] = "";
	const char *at;
	FILE *file;
	int i;

	(void)snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	file = fopen(path, "re");
	if (!file) {
		return 0;
	}
	(void)!fread(line, 1, sizeof(line) - 1, file); /* Empty: no field is found. */
	(void)fclose(file);                            /* Read only; nothing to lose. */
	at = strrchr(line, ')');
	for (i = 0; at && i < FIELDS_BEFORE_START; i++) {
		at = strchr(at + 1, ' ');
	}
	return at ? strtoull(at, NULL, 10) : 0;
}

void weft_past_answers_init(struct weft_past_answers *past)
{
	memset(past, 0, sizeof(*past));
	(void)pthread_mutex_init(&past->lock, NULL); /* Default attributes: cannot fail. */
}

void weft_past_answers_fini(struct weft_past_answers *past)
{
	size_t i;

	for (i = 0; i < past->count; i++) {
		free(past->items[i].base);
	}
	free(past->items);
	(void)pthread_mutex_destroy(&past->lock);
}

/* ---- Under the lock ---- */

static struct weft_past_answer *find(struct weft_past_answers *past, pid_t pid, uint64_t start,
				     const char *name)
{
	size_t i;

	for (i = 0; i < past->count; i++) {
		struct weft_past_answer *item = &past->items[i];

		if (item->pid == pid && item->start == start && strcmp(item->name, name) == 0) {
			item->used = ++past->used;
			return item;
		}
	}
	return NULL;
}

static void drop_base(struct weft_past_answers *past, struct weft_past_answer *item)
{
	past->base_bytes -= item->base_size;
	free(item->base);
	item->base = NULL;
	item->base_size = 0;
}

/* The one that was not used for longest; `with_base`: of those that have one. */
static struct weft_past_answer *oldest(struct weft_past_answers *past, bool with_base)
{
	struct weft_past_answer *found = NULL;
	size_t i;

	for (i = 0; i < past->count; i++) {
		struct weft_past_answer *item = &past->items[i];

		if ((!with_base || item->base) && (!found || item->used < found->used)) {
			found = item;
		}
	}
	return found;
}

static struct weft_past_answer *find_or_add(struct weft_past_answers *past, pid_t pid,
					    uint64_t start, const char *name)
{
	struct weft_past_answer *item = find(past, pid, start, name);

	if (item) {
		return item;
	}
	if (!past->items) {
		past->items = (struct weft_past_answer *)calloc(WEFT_PAST_ANSWERS_MAX,
								sizeof(*past->items));
		if (!past->items) {
			return NULL;
		}
	}
	if (past->count < WEFT_PAST_ANSWERS_MAX) {
		item = &past->items[past->count++];
	} else {
		item = oldest(past, false);
		drop_base(past, item);
	}
	memset(item, 0, sizeof(*item));
	item->pid = pid;
	item->start = start;
	item->used = ++past->used;
	(void)snprintf(item->name, sizeof(item->name), "%s", name);
	return item;
}

/* ---- */

void weft_past_answers_note(struct weft_past_answers *past, pid_t pid, const char *name,
			    uint64_t byte_count, uint64_t duration_ns)
{
	uint64_t start = start_of(pid);
	struct weft_past_answer *item;

	(void)pthread_mutex_lock(&past->lock);
	item = find_or_add(past, pid, start, name);
	if (item) {
		item->byte_count = byte_count;
		item->duration_ns = duration_ns;
	}
	(void)pthread_mutex_unlock(&past->lock);
}

bool weft_past_answers_find(struct weft_past_answers *past, pid_t pid, const char *name,
			    uint64_t *ret_byte_count, uint64_t *ret_duration_ns)
{
	uint64_t start = start_of(pid);
	const struct weft_past_answer *item;
	bool found;

	(void)pthread_mutex_lock(&past->lock);
	item = find(past, pid, start, name);
	found = item && item->byte_count > 0;
	if (found) {
		*ret_byte_count = item->byte_count;
		*ret_duration_ns = item->duration_ns;
	}
	(void)pthread_mutex_unlock(&past->lock);
	return found;
}

int weft_past_answers_swap(struct weft_past_answers *past, pid_t pid, const char *name, char *base,
			   size_t base_size, char **ret_base, size_t *ret_base_size)
{
	uint64_t start = start_of(pid);
	struct weft_past_answer *item;

	if (base_size > WEFT_PAST_BYTES_MAX) {
		free(base);
		return -E2BIG;
	}
	(void)pthread_mutex_lock(&past->lock);
	item = find_or_add(past, pid, start, name);
	if (item) {
		*ret_base = item->base;
		*ret_base_size = item->base_size;
		past->base_bytes -= item->base_size;
		item->base = NULL;
		item->base_size = 0;
		while (past->base_bytes + base_size > WEFT_PAST_BYTES_MAX) {
			drop_base(past, oldest(past, true)); /* Some have one, as the sum tells. */
		}
		item->base = base;
		item->base_size = base_size;
		past->base_bytes += base_size;
	}
	(void)pthread_mutex_unlock(&past->lock);
	if (!item) {
		free(base);
	}
	return item ? 0 : -ENOMEM;
}
