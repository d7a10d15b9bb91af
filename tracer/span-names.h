// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Names of regions and types of tasks as numbers, for samplers: the program's own text is only borrowed
 * while a region is open, and a task travels between threads as its id alone. Names are kept for the
 * life of the process, up to a bound; what comes then has no number.
 *
 * Everything here is lock-free and async-signal-safe.
 */
#ifndef WEFT_TRACER_SPAN_NAMES_H
#define WEFT_TRACER_SPAN_NAMES_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/* Longer names are cut. */
#define WEFT_SPAN_NAME_SIZE 64

/* Who samples: bits. */
enum weft_span_names_user {
	WEFT_SPAN_NAMES_CPU = 1,   /* The CPU profile. */
	WEFT_SPAN_NAMES_LOCKS = 2, /* Block and mutex profile. */
};

extern _Atomic uint32_t weft_span_names__users;

void weft_span_names__want(enum weft_span_names_user user);
void weft_span_names__leave(enum weft_span_names_user user);

/* Only while somebody samples do regions and tasks look up their numbers. */
static inline bool weft_span_names__are_wanted(void)
{
	return __builtin_expect(
		atomic_load_explicit(&weft_span_names__users, memory_order_relaxed) != 0, 0);
}

/* The number of a name, never 0 but when there is no room. */
uint32_t weft_span_names__number(const char *name);
/* The name of a number; "" for 0. For ever. */
const char *weft_span_names__get(uint32_t number);

/* Notes the type of a task, in the place of one with the same low bits of its id. */
void weft_span_names__note_task(uint64_t task, const char *type);
/* The number of a task's type; 0: begun while nobody wanted it, or some thousand tasks ago. */
uint32_t weft_span_names__type_of(uint64_t task);

#endif
