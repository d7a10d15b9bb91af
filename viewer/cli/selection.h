// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * The options that choose a part of the input, shared by `convert` and `summary`.
 */
#ifndef WEFT_CLI_SELECTION_H
#define WEFT_CLI_SELECTION_H

#include <stdbool.h>
#include <stdint.h>

#include <weft/convert.h>

/* Values of struct option.val; above all characters. */
enum weft_cli_selection_code {
	WEFT_CLI_SELECT_FROM = 256,
	WEFT_CLI_SELECT_UNTIL,
	WEFT_CLI_SELECT_PID,
	WEFT_CLI_SELECT_TASK,
	WEFT_CLI_SELECT_SLOWER_THAN,
	WEFT_CLI_SELECT_END_,
};

/* Rows of a getopt_long() table. */
/* a table */
/* clang-format off */
#define WEFT_CLI_SELECTION_OPTIONS \
	{"from", required_argument, NULL, WEFT_CLI_SELECT_FROM}, \
	{"until", required_argument, NULL, WEFT_CLI_SELECT_UNTIL}, \
	{"pid", required_argument, NULL, WEFT_CLI_SELECT_PID}, \
	{"task", required_argument, NULL, WEFT_CLI_SELECT_TASK}, \
	{"slower-than", required_argument, NULL, WEFT_CLI_SELECT_SLOWER_THAN}

#define WEFT_CLI_SELECTION_HELP \
	"  --from T           leave out what was before T (1.5s, 250ms; since the first event)\n" \
	"  --until T          leave out what was after T\n" \
	"  --pid PID          only threads of this process\n" \
	"  --task TYPE        only tasks of this type, with their children, regions and logs\n" \
	"  --slower-than D    only tasks that took at least D (80ms, 10us)\n"
/* clang-format on */

/**
 * Takes one option.
 *
 * @return 1: taken; 0: not one of these; -EINVAL: not a possible value, told on standard error.
 */
WEFT_MUST_CHECK int weft_cli_selection_take(const char *command, int code, const char *value,
					    struct weft_selection *selection);

/** Parses a duration: a number and one of ns, us, ms, s, m, h; a bare number is seconds. */
WEFT_MUST_CHECK bool weft_cli_parse_duration(const char *text, int64_t *ret_ns);

#endif
