// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Profiles and names of functions by HTTP, through libcurl.
 *
 * Threads: any. The proxy is the environment's.
 */
#ifndef WEFT_CLI_PPROF_URL_H
#define WEFT_CLI_PPROF_URL_H

#include <stdbool.h>
#include <stddef.h>

#include <weft/error.h>

/* How to ask. Texts are borrowed. */
struct pprof_url_options {
	long seconds;   /* What the profile is to cover; 0: as the URL or the server says. */
	long timeout_s; /* 0: one and a half times the seconds, or 60. */
	const char *tls_cert, *tls_key, *tls_ca; /* PEM files; NULL: none, none, the system's. */
};

/* What came. */
struct pprof_url_answer {
	char *bytes; /* Owned; a NUL stands behind them. */
	size_t size;
};

/** Whether libcurl is there. Before all others, but for pprof_url_looks_like(). */
bool pprof_url_can_be_used(void);

/** Whether a source can only be a URL; it need not be a right one. */
bool pprof_url_looks_like(const char *source);

/**
 * The URL that a source means: with a scheme, a path and the seconds asked for.
 *
 * "HOST:PORT" and "HOST:PORT/PATH" mean HTTP; without a path /debug/pprof/profile.
 *
 * @return To be freed; NULL: it is none (a file's name, say), or out of memory.
 */
char *pprof_url_parse(const char *source, const struct pprof_url_options *options);

/** Gets a profile; says on standard error that it does. 0; a negative errno, err says why. */
WEFT_MUST_CHECK int pprof_url_get(const char *url, const struct pprof_url_options *options,
				  struct pprof_url_answer *ret_answer, struct weft_error *err);

/** The page beside a profile's that knows names of functions. @return To be freed; NULL: as above. */
char *pprof_url_find_symbols(const char *url);
/** Posts a text to it. 0; a negative errno, err says why. */
WEFT_MUST_CHECK int pprof_url_post(const char *url, const char *text,
				   const struct pprof_url_options *options,
				   struct pprof_url_answer *ret_answer, struct weft_error *err);

#endif
