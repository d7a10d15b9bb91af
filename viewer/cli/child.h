// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * The command that is run under `weft record` or `weft run`: started, waited for, told to end.
 */
#ifndef WEFT_CLI_CHILD_H
#define WEFT_CLI_CHILD_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include <weft/error.h>

struct weft_child {
	pid_t pid;         /* 0: none, or ended and reaped. */
	pid_t started_pid; /* Its pid, also afterwards; 0: it was never started. */
	int status; /* As a shell reports it: exit status, or 128 + signal. Valid when reaped. */
	int signal; /* That killed it; 0: none. */
};

/**
 * Runs argv[0] found by PATH with our descriptors, in our process group (Ctrl-C at the terminal
 * reaches both), with default signal handling and the signal mask of our start.
 *
 * @param settings  NAME=VALUE strings for its environment, NULL at the end.
 * @return 0; a negative errno when it could not be run: -ENOENT not found, others found.
 */
WEFT_MUST_CHECK int weft_child_start(struct weft_child *child, char *const argv[],
				     const char *const settings[], struct weft_error *err);

/** Takes note if it has ended. @return Whether it has. */
bool weft_child_reap(struct weft_child *child);

/** Sends a signal if it still runs. */
void weft_child_signal(const struct weft_child *child, int signal_number);

#endif
