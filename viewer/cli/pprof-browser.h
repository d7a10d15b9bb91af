// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * The user's browser and other programs that show pages and reports of `weft pprof`.
 */
#ifndef WEFT_CLI_PPROF_BROWSER_H
#define WEFT_CLI_PPROF_BROWSER_H

#include <stdbool.h>
#include <sys/types.h>

#include <weft/error.h>

/**
 * Starts $BROWSER or, where there is a display, the browser that is installed.
 *
 * @param url  An address, or a file.
 * @param ret_program  Its process; NULL: of no interest.
 * @return Whether one was started.
 */
bool pprof_browser_open(const char *url, pid_t *ret_program);

/**
 * Starts a program in the background: found by PATH, out of reach of the terminal's ^C. It outlives us; who
 * adopts it waits for it, unless the caller does.
 *
 * @param argv  NULL at the end.
 * @param ret_program  Its process; NULL: of no interest.
 * @return Whether it was started.
 */
bool pprof_browser_start(const char *const argv[], pid_t *ret_program);

enum { PPROF_BROWSER_PATH_SIZE = 4096 };

/** Reports to be shown, in a folder of their own in TMPDIR that goes when the session ends. */
struct pprof_browser {
	char folder[PPROF_BROWSER_PATH_SIZE - 32]; /* "": there is none yet. */
	int count;
};

/** Chooses a new file. @param ret_path  In the folder. 0; a negative errno. */
WEFT_MUST_CHECK int pprof_browser_add(struct pprof_browser *browser, const char *extension,
				      char ret_path[PPROF_BROWSER_PATH_SIZE],
				      struct weft_error *err);
/** Removes folder and files. */
void pprof_browser_fini(struct pprof_browser *browser);

#endif
