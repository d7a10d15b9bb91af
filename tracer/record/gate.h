// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * The recorder's side of admission: a socket at which processes started for this recording ask to
 * be recorded. The asking side, and why it exists, is tracer/admission.c.
 *
 * The socket is abstract: it needs no folder that both sides can reach, and is gone with the
 * recorder. Its name is no secret, so the peer's user is checked.
 */
#ifndef WEFT_RECORD_GATE_H
#define WEFT_RECORD_GATE_H

#include <stdint.h>
#include <sys/types.h>

#include <weft/error.h>

struct weft_gate {
	int fd;           /* Listening; -1: closed. */
	char setting[96]; /* NAME=VALUE for the environment of the command. */
};

/** @param name  Unique; becomes part of the address. */
WEFT_MUST_CHECK int weft_gate_init(struct weft_gate *gate, const char *name,
				   struct weft_error *err);
/** Turns everybody away from now on; whoever waits goes on unrecorded. */
void weft_gate_fini(struct weft_gate *gate);

/**
 * Answers everybody who waits.
 *
 * @param admit  Told the process id as the process sees it; a negative errno ends the round.
 */
WEFT_MUST_CHECK int weft_gate_serve(struct weft_gate *gate,
				    int (*admit)(void *ctx, pid_t pid, struct weft_error *err),
				    void *ctx, struct weft_error *err);

#endif
