// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * What the subcommands of `weft` share. See cli.h.
 */
#include "cli.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

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

bool weft_cli_parse_number(const char *text, uint64_t least, uint64_t most, uint64_t *ret_number)
{
	uint64_t number;
	char *end;

	errno = 0;
	number = strtoull(text, &end, 10);
	if (text[0] < '0' || text[0] > '9' || errno || *end || number < least || number > most) {
		return false;
	}
	*ret_number = number;
	return true;
}
