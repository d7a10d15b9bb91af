// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Reports of `weft pprof` that other programs show: "web", "evince", ... They are made in one of the
 * formats, in a file of their own that the program is given.
 */
#ifndef WEFT_CLI_PPROF_VIEWER_H
#define WEFT_CLI_PPROF_VIEWER_H

#include <weft/report.h>

#include "pprof-browser.h"

struct pprof_viewer {
	const char *name;        /* As a command of the shell and an option. */
	const char *format;      /* Of the report. */
	const char *extension;   /* Of the file. */
	const char *programs[3]; /* The first that is there; none: the browser. */
	const char *option;      /* That the program gets before the file; NULL: none. */
	const char *help;
};

/** Viewer `index`, 0 and up; NULL: no more. Static. */
const struct pprof_viewer *pprof_viewer_get(size_t index);
/** By name; NULL: there is none. Static. */
const struct pprof_viewer *pprof_viewer_find(const char *name);

/** One report to show. Borrowed. */
struct pprof_viewing {
	const struct pprof_viewer *viewer;
	struct weft_report_config *config; /* Its variable `output` is set to the file. */
	const char *argument;              /* Of formats that have one. */
	const char *hint; /* How to keep a report without showing it: for when that fails. */
};

/**
 * Writes the report and has it shown. The program outlives this call.
 *
 * @param files  Where files of the session are.
 * @param ret_program  Process that shows it; of a browser one that may end at once.
 * @return 0; -ENOENT: no such program here; another negative errno.
 */
WEFT_MUST_CHECK int pprof_viewer_show(const struct weft_pprof *profile,
				      const struct pprof_viewing *viewing,
				      struct pprof_browser *files, pid_t *ret_program,
				      struct weft_error *err);

/**
 * As above for a command that ends with it: waits for the program's end and removes the file. A browser
 * takes the file at a time of its own: it stays, and standard error says where.
 */
WEFT_MUST_CHECK int pprof_viewer_run(const struct weft_pprof *profile,
				     const struct pprof_viewing *viewing, struct weft_error *err);

#endif
