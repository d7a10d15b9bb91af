// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * What is remembered of answers that were given: their sizes and how long they took, for the index; and
 * the profile that the next delta_NAME begins at. Both by process and name.
 *
 * Bounded: the least recently used are forgotten. A process is known by its id and when it started, so
 * none is taken for another that had its id before.
 *
 * Threads: any.
 */
#ifndef WEFT_HTTP_PAST_ANSWERS_H
#define WEFT_HTTP_PAST_ANSWERS_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "query.h"

#define WEFT_PAST_ANSWERS_MAX 512U
/* Of all profiles that deltas begin at. */
#define WEFT_PAST_BYTES_MAX (32U << 20)

struct weft_past_answer {
	pid_t pid;
	uint64_t start; /* When the process did, in the kernel's ticks. */
	char name[WEFT_HTTP_NAME_SIZE];
	uint64_t used; /* Larger: later. */
	uint64_t byte_count, duration_ns;
	char *base; /* Owned; NULL: none. */
	size_t base_size;
};

struct weft_past_answers {
	pthread_mutex_t lock;
	/* Guarded by lock. */
	struct weft_past_answer *items; /* Owned; made when first needed. */
	size_t count;
	uint64_t used;
	size_t base_bytes;
};

void weft_past_answers_init(struct weft_past_answers *past);
void weft_past_answers_fini(struct weft_past_answers *past);

/** Notes that `name` of a process was answered; out of memory it is not. */
void weft_past_answers_note(struct weft_past_answers *past, pid_t pid, const char *name,
			    uint64_t byte_count, uint64_t duration_ns);

/** @return Whether there was an answer that is remembered. */
bool weft_past_answers_find(struct weft_past_answers *past, pid_t pid, const char *name,
			    uint64_t *ret_byte_count, uint64_t *ret_duration_ns);

/**
 * Changes the profile that the next delta begins at for this one.
 *
 * @param base      Taken, also on failure.
 * @param ret_base  The one before, to be released with free(); NULL: there was none.
 * @return 0; -E2BIG: larger than all of them may be; -ENOMEM.
 */
WEFT_MUST_CHECK int weft_past_answers_swap(struct weft_past_answers *past, pid_t pid,
					   const char *name, char *base, size_t base_size,
					   char **ret_base, size_t *ret_base_size);

#endif
