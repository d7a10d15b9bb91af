// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * A recording of one process by `weft trace-process` (viewer/cli/cmd-trace-process.c), which has its
 * private session and converts. LTTng's library and the converter stay out of the server.
 *
 *     start ──▶ "ready" ──▶ ... ──▶ stop ──▶ the trace through the pipe ──▶ "done"
 *                            └──▶ cancel, or our end: session and files are removed
 */
#ifndef WEFT_HTTP_RECORDER_H
#define WEFT_HTTP_RECORDER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include <weft/error.h>

struct weft_recorder {
	int socket_fd; /* -1: none. */
	int trace_fd;  /* The trace can be read here. */
};

/**
 * Starts a recording; it runs when this returns.
 *
 * @param bytes_max  Of the recording on disk: it ends there.
 * @param is_gone    Asked a few times a second; true gives up.
 * @return 0; -ECANCELED: given up; another negative errno, told in `err`.
 */
WEFT_MUST_CHECK int weft_recorder_start(struct weft_recorder *recorder, pid_t pid,
					uint64_t bytes_max, bool (*is_gone)(void *ctx), void *ctx,
					struct weft_error *err);

/** Ends the recording; the rest of the trace follows. */
void weft_recorder_stop(struct weft_recorder *recorder);

/** After the trace was read to its end: whether that was all. @return 0; an error told in `err`. */
WEFT_MUST_CHECK int weft_recorder_finish(struct weft_recorder *recorder, struct weft_error *err);

/** Cancels what still runs, and releases. */
void weft_recorder_fini(struct weft_recorder *recorder);

#endif
