// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * What the subcommands of `weft` share: exit statuses and how they speak.
 *
 * A command is a function in its own file (cmd-NAME.c) and a row in the table of main.c. It gets
 * its own name as argv[0], prints results on standard output and everything else on standard error.
 */
#ifndef WEFT_CLI_H
#define WEFT_CLI_H

#include <stdbool.h>
#include <stdint.h>

#include <weft/error.h>

enum weft_cli_status {
	WEFT_CLI_OK = 0,
	WEFT_CLI_FAILED = 1, /**< One line on standard error says what was attempted and why not. */
	WEFT_CLI_USAGE = 2,  /**< Wrong options or arguments. */
};

/** Prints `weft COMMAND: TEXT` for a failure. @return WEFT_CLI_FAILED. */
int weft_cli_fail(const char *command, const struct weft_error *err);

/** Prints `weft COMMAND: MESSAGE` and where to find help. @return WEFT_CLI_USAGE. */
int weft_cli_usage(const char *command, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/** Parses decimal digits, and nothing else, of a number from least to most. */
bool weft_cli_parse_number(const char *text, uint64_t least, uint64_t most, uint64_t *ret_number);

#endif
