// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * weft pprof: reports about profiles, without Go.
 */
#include "commands.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <weft/report.h>

#include "cli.h"
#include "pprof-fetch.h"
#include "pprof-options.h"

static void print_warning(void *ctx, const char *text)
{
	(void)ctx;
	(void)fprintf(stderr, "%s\n", text);
}

static int write_report(const struct pprof_options *options, const struct weft_pprof *profile,
			struct weft_error *err)
{
	const struct weft_report_request request = {
		.format = options->format, .argument = options->argument, .warn = print_warning};
	const char *output = weft_report_config_get(options->config, "output");
	FILE *out = stdout;
	int ret;

	if (*output) {
		(void)fprintf(stderr, "Generating report in %s\n", output);
		out = fopen(output, "we");
		if (!out) {
			return weft_error_set_errno(err, -errno, "open %s", output);
		}
	}
	ret = weft_report_write(profile, options->config, &request, out, err);
	if ((*output ? fclose(out) : fflush(out)) != 0 && ret == 0) {
		ret = weft_error_set_errno(err, -errno, "write %s",
					   *output ? output : "standard output");
	}
	return ret;
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
	} else if (status == WEFT_CLI_OK && !options.format) {
		status = weft_cli_usage("pprof", "no format given");
	} else if (status == WEFT_CLI_OK) {
		ret = pprof_fetch(&options, &profile, &err);
		ret = ret < 0 ? ret : write_report(&options, profile, &err);
		status = ret < 0 ? weft_cli_fail("pprof", &err) : WEFT_CLI_OK;
	}
	weft_pprof_destroy(profile);
	pprof_options_fini(&options);
	return status;
}
