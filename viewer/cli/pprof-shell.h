// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * The shell of `weft pprof`: reports about one profile, asked for line by line.
 *
 *     pprof-shell.c       what a line means: a variable, a short cut, help, or a report
 *     pprof-command.c     lines that ask for reports
 *     pprof-shell-help.c  help, and the list of variables
 *     pprof-line.c        where lines come from: a person, with history and completion, or a pipe
 *
 * Grammar and texts are those of `go tool pprof`; explanations are our own. Reports and prompts go to
 * standard output, everything else to standard error.
 */
#ifndef WEFT_CLI_PPROF_SHELL_H
#define WEFT_CLI_PPROF_SHELL_H

#include <weft/report.h>

/**
 * Runs until the user leaves, or input ends. Mistakes are told and leave the shell as it was.
 *
 * @param config  Changed by what the user sets.
 * @return 0; -EINVAL: there is nothing to report about; -EIO, -ENOMEM; err says why.
 */
WEFT_MUST_CHECK int pprof_shell_run(const struct weft_pprof *profile,
				    struct weft_report_config *config, struct weft_error *err);

/** Prints an overview, or about one command or variable. */
void pprof_shell_print_help(const struct weft_pprof *profile, const char *topic);
/** Prints all variables with their values. */
void pprof_shell_print_options(const struct weft_pprof *profile,
			       const struct weft_report_config *config);

#endif
