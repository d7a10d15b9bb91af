// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * weft pprof: reports about profiles, without Go.
 */
#include "commands.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <weft/report.h>

#include "cli.h"
#include "pprof-fetch.h"
#include "pprof-options.h"
#include "pprof-output.h"
#include "pprof-shell.h"
#include "pprof-web.h"

static int show(const struct pprof_options *options, const struct weft_pprof *profile,
		struct weft_error *err)
{
	const struct pprof_output output = {
		.config = options->config,
		.format = options->format ? weft_report_format_find(options->format) : NULL,
		.argument = options->argument,
		.is_for_people = isatty(STDOUT_FILENO) == 1,
	};

	if (options->http) {
		return pprof_web_run(options->http, !options->no_browser, profile, options->config,
				     err);
	}
	if (!output.format) {
		return pprof_shell_run(profile, options->config, err);
	}
	return pprof_output_write(profile, &output, err);
}

/* Puts the folders of -tools in front of PATH: "DIR" or "TOOL:DIR", commas between. */
static int use_tools(const char *tools, struct weft_error *err)
{
	const char *path = getenv("PATH");
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);
	int ret;

	while (out && *tools) {
		size_t len = strcspn(tools, ",");
		const char *colon = memchr(tools, ':', len);
		const char *folder = colon ? colon + 1 : tools;

		(void)fprintf(out, "%.*s:", (int)(tools + len - folder), folder);
		tools += len + (tools[len] == ',');
	}
	if (out) {
		(void)fputs(path ? path : "/usr/bin:/bin", out);
	}
	ret = out && fclose(out) == 0 && setenv("PATH", text, 1) == 0 ? 0 : -ENOMEM;
	free(text);
	return ret < 0 ? weft_error_set_errno(err, ret, "use -tools") : 0;
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
		ret = options.tools ? use_tools(options.tools, &err) : 0;
		ret = ret < 0 ? ret : pprof_fetch(&options, &profile, &err);
		ret = ret < 0 ? ret : show(&options, profile, &err);
		status = ret < 0 ? weft_cli_fail("pprof", &err) : WEFT_CLI_OK;
	}
	weft_pprof_destroy(profile);
	pprof_options_fini(&options);
	return status;
}
