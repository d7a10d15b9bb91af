// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * The session daemon: the user's if one runs, else one of our own.
 *
 * Our own is recognised by a mark in its environment, not by who its parent is: several recordings
 * may share it, and the last one to finish ends it, whoever started it. All that looks at or
 * changes the set of daemons and sessions happens under one lock file beside the daemon's sockets.
 */
#ifndef WEFT_RECORD_DAEMON_H
#define WEFT_RECORD_DAEMON_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include <weft/error.h>

#include "lttng-api.h"

struct weft_daemon {
	const struct weft_lttng *lttng;
	int lock_fd;     /* -1: not locked. */
	pid_t child_pid; /* Started by us; 0: no. */
};

/** Folder of this user's daemon: sockets, pid file. */
WEFT_MUST_CHECK int weft_daemon_find_folder(char *ret_path, size_t size, struct weft_error *err);

/** Path of lttng-sessiond. @return 0; -ENOENT: not installed. */
WEFT_MUST_CHECK int weft_daemon_find_program(char *ret_path, size_t size, struct weft_error *err);

WEFT_MUST_CHECK int weft_daemon_lock(struct weft_daemon *daemon, struct weft_error *err);
void weft_daemon_unlock(struct weft_daemon *daemon);

/** Sees to it that a daemon answers. Under the lock. */
WEFT_MUST_CHECK int weft_daemon_acquire(struct weft_daemon *daemon, struct weft_error *err);

/** @return Process id of the daemon of this user (or of root for root) when it is one of ours; 0. */
pid_t weft_daemon_find_own(void);

/** weft_record_kill_daemon() of <weft/record.h>; no lock, for who holds it may wait for the daemon. */
bool weft_daemon_kill_own(void);

/** Ends our daemon if no session is left on it. Under the lock. @return Whether it was ended. */
bool weft_daemon_end_unused(struct weft_daemon *daemon);

#endif
