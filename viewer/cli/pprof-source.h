// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * One source of `weft pprof`: a file, a recording (a folder), or a URL.
 */
#ifndef WEFT_CLI_PPROF_SOURCE_H
#define WEFT_CLI_PPROF_SOURCE_H

#include <weft/pprof.h>

#include "pprof-options.h"

struct pprof_source {
	const char *name;           /* Borrowed. */
	struct weft_pprof *profile; /* Owned; NULL: it could not be read, err says why. */
	bool is_remote;
	struct weft_error err;
};

/**
 * Reads sources, all at the same time, those of one server included.
 *
 * Threads: starts some, which have ended when it returns.
 *
 * @param sources  With names; the rest is filled in, to be released by the caller.
 */
void pprof_source_read_all(const struct pprof_options *options, struct pprof_source *sources,
			   int count);

#endif
