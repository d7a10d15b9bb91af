// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * weft pprof: reports about profiles, without Go.
 */
#include "commands.h"

#include <unistd.h>

#include <weft/report.h>

#include "cli.h"
#include "pprof-fetch.h"
#include "pprof-options.h"
#include "pprof-output.h"
#include "pprof-shell.h"

static int show(const struct pprof_options *options, const struct weft_pprof *profile,
		struct weft_error *err)
{
	const struct pprof_output output = {
		.config = options->config,
		.format = options->format ? weft_report_format_find(options->format) : NULL,
		.argument = options->argument,
		.is_for_people = isatty(STDOUT_FILENO) == 1,
	};

	if (!output.format) {
		return pprof_shell_run(profile, options->config, err);
	}
	return pprof_output_write(profile, &output, err);
}

int weft_cmd_pprof(int argc, char **argv)
{
	struct weft_error err = WEFT_ERROR_INIT;
	struct weft_pprof *profile = NULL;
	struct pprof_options options;
	int status = pprof_options_init(&options, argc, argv);
	int ret;

	if (status == WEFT_CLI_OK && options.help) {
		pprof_options_print_help();
	} else if (status == WEFT_CLI_OK) {
		ret = pprof_fetch(&options, &profile, &err);
		ret = ret < 0 ? ret : show(&options, profile, &err);
		status = ret < 0 ? weft_cli_fail("pprof", &err) : WEFT_CLI_OK;
	}
	weft_pprof_destroy(profile);
	pprof_options_fini(&options);
	return status;
}
