// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * How the subcommands of `weft` say that something went wrong. See cli.h.
 */
#include "cli.h"

#include <stdarg.h>
#include <stdio.h>

int weft_cli_fail(const char *command, const struct weft_error *err)
{
	(void)fprintf(stderr, "weft %s: %s\n", command, err->text);
	return WEFT_CLI_FAILED;
}

int weft_cli_usage(const char *command, const char *format, ...)
{
	va_list args;

	(void)fprintf(stderr, "weft %s: ", command);
	va_start(args, format);
	(void)vfprintf(stderr, format, args);
	va_end(args);
	(void)fprintf(stderr, "\nTry 'weft %s --help'.\n", command);
	return WEFT_CLI_USAGE;
}
