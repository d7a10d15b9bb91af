// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * From a raw profile to what users get: complete and gzipped, or text, by way of `weft symbolize`.
 *
 * Threads: any. Signals: not safe.
 */
#ifndef WEFT_TRACER_PROFILE_OUTPUT_H
#define WEFT_TRACER_PROFILE_OUTPUT_H

#include "raw-profile.h"

/* Writes a raw profile. Called once, whatever becomes of it. 0; a negative errno. */
typedef int (*weft_profile_produce_fn)(void *ctx, weft_raw_profile_write_fn write, void *write_ctx);

/*
 * Passes what `produce` makes on to `write`. Nothing is written before all of it is known.
 *
 * name: of the profile, as in /debug/pprof/NAME.
 * debug 0: complete, or raw where the helper does not work. 1, 2: as text.
 *
 * @return 0; what `produce` or `write` returned; -ENOENT: a text, and the helper does not work.
 */
int weft_profile_output(const char *name, weft_profile_produce_fn produce, void *produce_ctx,
			int debug, weft_raw_profile_write_fn write, void *ctx);

/* Writes to a descriptor, whose address ctx is. EPIPE is an error and no signal. */
int weft_profile_output_to_fd(void *ctx, const void *bytes, size_t size);

#endif
