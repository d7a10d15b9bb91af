// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * The environment variable WEFT: knobs of libweft and of the preload library, in one syntax.
 *
 * The syntax and the knobs are in <weft/runtime.h>, for users.
 */
#ifndef WEFT_TRACER_SETTINGS_H
#define WEFT_TRACER_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WEFT_SETTINGS_PATH_SIZE    4096
#define WEFT_SETTINGS_PROBLEM_SIZE 128

struct weft_settings {
	bool is_off;
	int64_t mem_profile_rate;         /* Bytes. */
	int64_t block_profile_rate;       /* ns. */
	int64_t mutex_profile_fraction;   /* One in so many. */
	int64_t cpu_profile_rate;         /* Hz. */
	int64_t sched_trace, alloc_trace; /* ms. */
	int64_t sched_detail;             /* 0 or 1, as the next. */
	int64_t block_io;                 /* 0 or 1, as the next. */
	int64_t trace, serve, children;
	char out[WEFT_SETTINGS_PATH_SIZE]; /* "": none. */
};

/*
 * Takes a text apart; NULL is like "". Knobs that are wrong are left out. Pure.
 *
 * @param ret_problem  What is wrong with the first one that is, a line without an end; "" nothing.
 */
void weft_settings_parse(const char *text, struct weft_settings *ret_settings,
			 char ret_problem[WEFT_SETTINGS_PROBLEM_SIZE]);

/* WEFT's value of the process's start. From the first constructor on; any thread. Borrowed. */
const struct weft_settings *weft_settings_get(void);
/* What was wrong with it; "": nothing. */
const char *weft_settings_problem(void);

#endif
