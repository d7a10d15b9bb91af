// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * The words of `weft pprof`: what `go tool pprof` takes, taken the same way. An option starts with one
 * dash or two, has its value behind "=" or in the next word, and ends the options when it is none;
 * those without a value are true or false by "=".
 */
#ifndef WEFT_CLI_PPROF_OPTIONS_H
#define WEFT_CLI_PPROF_OPTIONS_H

#include <stdbool.h>

#include <weft/convert.h>
#include <weft/report.h>

#include "pprof-symbols.h"
#include "pprof-url.h"
#include "pprof-viewer.h"

/* Texts are borrowed from argv. */
struct pprof_options {
	struct weft_report_config *config; /* Owned. */
	const char *format;                /* NULL: none. */
	const struct pprof_viewer *viewer; /* That shows it; NULL: none. */
	const char *argument;
	const char **bases; /* Owned array of borrowed texts. */
	int base_count;
	bool is_diff;         /* Bases were given by -diff_base. */
	const char *binary;   /* Name for the main program; NULL: as the profile says. */
	const char *build_id; /* For the main program, where the profile has none; or NULL. */
	const char *comment;  /* Added to the profile; or NULL. */
	const char *
		tools; /* Where to look for programs first: "DIR" or "TOOL:DIR", commas; or NULL. */
	bool all_frames, help;
	const char *http; /* Where to serve pages; NULL: nowhere. */
	bool no_browser;
	struct pprof_url_options url;
	struct pprof_symbols_mode symbols;
	enum weft_convert_format recording; /* What to make of a recording. */
	char **sources;                     /* What is left of argv. */
	int source_count;
};

/** Prints why not on standard error. @return An enum weft_cli_status. Fini in any case. */
int pprof_options_init(struct pprof_options *options, int argc, char **argv);
void pprof_options_fini(struct pprof_options *options);
void pprof_options_print_help(void);

#endif
