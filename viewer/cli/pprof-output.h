// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Where the reports of `weft pprof` go: standard output, a file, or a program that reads them.
 */
#ifndef WEFT_CLI_PPROF_OUTPUT_H
#define WEFT_CLI_PPROF_OUTPUT_H

#include <weft/report.h>

/** One report to write. Borrowed. */
struct pprof_output {
	/** Its variable `output` names a file, which appears complete or not at all. */
	const struct weft_report_config *config;
	const struct weft_report_format *format;
	const char *argument; /**< Of formats that have one. */
	const char *reader;   /**< A command of sh that reads what goes to no file; NULL: none. */
	/** What people cannot read goes to profileNNN.EXTENSION where no file is named. */
	bool is_for_people;
};

/**
 * Writes the report. What the user should know besides goes to standard error.
 *
 * @return 0; a negative errno, err says why.
 */
WEFT_MUST_CHECK int pprof_output_write(const struct weft_pprof *profile,
				       const struct pprof_output *output, struct weft_error *err);

#endif
