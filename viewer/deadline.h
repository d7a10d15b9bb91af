// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Connections that take too long to ask, or to take their answer, are shut.
 *
 * libmicrohttpd's own time-out begins anew with each byte, so that a byte now and then would hold a
 * connection for ever. Here each state of a connection has a limit as a whole.
 */
#ifndef WEFT_HTTP_DEADLINE_H
#define WEFT_HTTP_DEADLINE_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include <weft/error.h>

struct weft_deadline; /* One connection. */

struct weft_deadlines {
	pthread_t thread;
	bool has_thread;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	/* Guarded by lock. */
	struct weft_deadline *first; /* Owned. */
	bool stopping;
};

/** Starts the thread that watches. All signals are blocked on it. */
WEFT_MUST_CHECK int weft_deadlines_init(struct weft_deadlines *deadlines, struct weft_error *err);
void weft_deadlines_fini(struct weft_deadlines *deadlines);

/** @return The new connection's entry with this limit; NULL: out of memory. */
struct weft_deadline *weft_deadlines_add(struct weft_deadlines *deadlines, int fd,
					 uint64_t limit_ns);
/** From now on the connection has this long. NULL does nothing. */
void weft_deadlines_set(struct weft_deadlines *deadlines, struct weft_deadline *deadline,
			uint64_t limit_ns);
/** To be called before the descriptor is closed. NULL does nothing. */
void weft_deadlines_remove(struct weft_deadlines *deadlines, struct weft_deadline *deadline);

#endif
