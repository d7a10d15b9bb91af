// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * The kernel's half of a recording: chooses the best engine that this machine permits, has a thread
 * that moves its rings into DIR/kernel, and sums up what came of it.
 *
 * Memory is constant: rings, a packet a CPU, and names of threads (16 bytes for each id in use).
 *
 * Threads: one at a time per capture; its own thread is inside.
 */
#ifndef WEFT_RECORD_CAPTURE_H
#define WEFT_RECORD_CAPTURE_H

#include <weft/record.h>

#include "engine.h"

struct weft_capture_options {
	const char *dir;                    /* To be made: DIR/kernel. */
	enum weft_record_tier tier;         /* At most this one. */
	const char *engine;                 /* NULL: any. */
	bool forced;                        /* Nothing but `tier`. */
	struct weft_engine_request request; /* cpu_count and ring_bytes are chosen here. */
	int64_t clock_offset_ns;
};

struct weft_capture;

/**
 * Starts the best engine.
 *
 * @param ret_capture  NULL when none is permitted and none was forced.
 * @param ret_refusal  Why better engines were not taken, one clause each; "" when the best was.
 * @return 0; a negative errno: the forced one is refused, or the trace cannot be written.
 */
WEFT_MUST_CHECK int weft_capture_open(const struct weft_capture_options *options,
				      struct weft_capture **ret_capture,
				      struct weft_error *ret_refusal, struct weft_error *err);

enum weft_record_tier weft_capture_get_tier(const struct weft_capture *capture);

/** Gives the trace the clock of the other half. */
void weft_capture_set_offset(struct weft_capture *capture, int64_t clock_offset_ns);

/** What was counted so far. */
void weft_capture_get_stats(struct weft_capture *capture, struct weft_record_kernel *ret_stats);

/**
 * Stops the engine and writes what is left. The capture is gone afterwards, also on failure.
 *
 * @return 0, or what writing met first.
 */
WEFT_MUST_CHECK int weft_capture_close(struct weft_capture *capture,
				       struct weft_record_kernel *ret_stats,
				       struct weft_error *err);

/** Whether an engine could start here, without writing anything; for weft_doctor(). */
WEFT_MUST_CHECK int weft_capture_try(const struct weft_engine *engine, struct weft_error *err);

/** All engines, best first; NULL at the end. */
extern const struct weft_engine *const weft_capture_engines[];

#endif
