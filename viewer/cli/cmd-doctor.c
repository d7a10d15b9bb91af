// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * weft doctor: what this machine allows.
 */
#include "commands.h"

#include <errno.h>
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>

#include <weft/record.h>

#include "cli.h"

static const char help[] =
	"Usage: weft doctor [--json]\n"
	"Tells what recording needs and what this machine has, and for each limit the command "
	"that\n"
	"lifts it. Changes nothing.\n\n"
	"  --json      one JSON object\n"
	"  -h, --help  this text\n\n"
	"Exit status: 0 recording is possible, 1 something it needs is missing.\n";

enum { OPTION_JSON = 256 };

static const struct option long_options[] = {
	{"json", no_argument, NULL, OPTION_JSON},
	{"help", no_argument, NULL, 'h'},
	{NULL, 0, NULL, 0},
};

int weft_cmd_doctor(int argc, char **argv)
{
	struct weft_error err = WEFT_ERROR_INIT;
	bool json = false;
	int code;

	while ((code = getopt_long(argc, argv, "h", long_options, NULL)) != -1) {
		switch (code) {
		case OPTION_JSON:
			json = true;
			break;
		case 'h':
			(void)fputs(help, stdout);
			return WEFT_CLI_OK;
		default:
			(void)fprintf(stderr, "Try 'weft doctor --help'.\n");
			return WEFT_CLI_USAGE;
		}
	}
	if (optind < argc) {
		return weft_cli_usage("doctor", "takes no argument, not '%s'", argv[optind]);
	}
	if (weft_doctor(stdout, json, &err) < 0) {
		return weft_cli_fail("doctor", &err);
	}
	if (fflush(stdout) == EOF) {
		(void)weft_error_set_errno(&err, -errno, "cannot write the report");
		return weft_cli_fail("doctor", &err);
	}
	return WEFT_CLI_OK;
}
