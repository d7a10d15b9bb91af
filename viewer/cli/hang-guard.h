// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * A thread that notices when LTTng's daemon does not answer any more: its library then waits for ever.
 *
 *     weft_hang_guard_expect(&guard, 15)    the next call of it comes within 15 s, or
 *                                           a daemon of ours is killed with what it started: the
 *                                           library's call fails, and the caller goes on
 *                                           a daemon of the user's own is not ours to kill, so after
 *                                           10 s more this process ends, saying so as a helper does
 */
#ifndef WEFT_CLI_HANG_GUARD_H
#define WEFT_CLI_HANG_GUARD_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include <weft/error.h>

struct weft_hang_guard {
	bool is_running;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	/* Guarded by lock. */
	uint64_t until_ns; /* By then there is news. */
	bool is_over;
	bool has_killed; /* Whatever failed since then failed for that. */
};

/** Starts watching; the first news must come within that time. One guard a process. */
WEFT_MUST_CHECK int weft_hang_guard_start(struct weft_hang_guard *guard, unsigned int seconds,
					  struct weft_error *err);

/** All is well; the next news within that time. Nothing where the guard was not started. */
void weft_hang_guard_expect(struct weft_hang_guard *guard, unsigned int seconds);

/** Ends the thread. @return Whether it had to kill. Nothing, false where it was not started. */
bool weft_hang_guard_end(struct weft_hang_guard *guard);

#endif
