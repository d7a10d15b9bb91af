// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Names for profiles that have addresses only, as -symbolize says.
 */
#ifndef WEFT_CLI_PPROF_SYMBOLS_H
#define WEFT_CLI_PPROF_SYMBOLS_H

#include <stdbool.h>

#include <weft/pprof.h>

#include "pprof-url.h"

/* What names of C++ functions keep. */
enum pprof_demangle {
	PPROF_DEMANGLE_USUAL, /* What the symbolizer makes: template arguments, no parameters. */
	PPROF_DEMANGLE_NONE,  /* Names as the linker has them. */
	PPROF_DEMANGLE_SHORT, /* Without template arguments. */
	PPROF_DEMANGLE_FULL,  /* With parameters. */
};

struct pprof_symbols_mode {
	bool local, remote;
	bool names_only; /* Of functions, without lines. */
	bool force;      /* Anew where there are names. */
	enum pprof_demangle demangle;
};

/**
 * Parses words with colons between: none, local, fastlocal, remote, force, demangle=none|default|
 * templates|full. What is none of these is told on standard error. @return What they mean together.
 */
struct pprof_symbols_mode pprof_symbols_parse(const char *words);

/**
 * Looks up names in the files of the mappings, which are first searched for below PPROF_BINARY_PATH.
 * What cannot be used is told on standard error.
 *
 * @return 0, also when nothing was found; -ENOMEM, -E2BIG.
 */
WEFT_MUST_CHECK int pprof_symbols_find_local(struct weft_pprof *profile,
					     const struct pprof_symbols_mode *mode,
					     struct weft_error *err);

/**
 * Asks the server that a profile came from. @param url  Of the profile.
 *
 * @return 0, also when there was nothing to ask; -EPROTO and others: err says what it answered.
 */
WEFT_MUST_CHECK int pprof_symbols_find_remote(struct weft_pprof *profile, const char *url,
					      const struct pprof_url_options *options,
					      struct weft_error *err);

#endif
