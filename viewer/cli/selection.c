// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Options that choose a part of the input. See selection.h.
 */
#include "selection.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"

struct unit {
	const char *name;
	double ns;
};

static const struct unit units[] = {
	{"", 1e9}, {"ns", 1}, {"us", 1e3}, {"µs", 1e3}, {"ms", 1e6},
	{"s", 1e9}, {"m", 60e9}, {"h", 3600e9},
};

bool weft_cli_parse_duration(const char *text, int64_t *ret_ns)
{
	char *end;
	double value;
	size_t i;

	if (!isdigit((unsigned char)text[0]) && text[0] != '.') {
		return false; /* Neither signs nor "inf" nor white space. */
	}
	errno = 0;
	value = strtod(text, &end);
	if (errno || end == text) {
		return false;
	}
	for (i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (strcmp(end, units[i].name) == 0) {
			value *= units[i].ns;
			if (!(value < 9e18)) {
				return false;
			}
			*ret_ns = (int64_t)llround(value);
			return true;
		}
	}
	return false;
}

static int take_time(const char *command, const char *name, const char *value, int64_t *ret_ns)
{
	if (!weft_cli_parse_duration(value, ret_ns)) {
		(void)weft_cli_usage(command, "--%s: '%s' is not a time such as 1.5s or 250ms",
				     name, value);
		return -EINVAL;
	}
	return 1;
}

static int take_pid(const char *command, const char *value, int32_t *ret_pid)
{
	char *end;
	long pid;

	errno = 0;
	pid = strtol(value, &end, 10);
	if (errno || *end || end == value || pid <= 0 || pid > INT32_MAX) {
		(void)weft_cli_usage(command, "--pid: '%s' is not a process id", value);
		return -EINVAL;
	}
	*ret_pid = (int32_t)pid;
	return 1;
}

int weft_cli_selection_take(const char *command, int code, const char *value,
			    struct weft_selection *selection)
{
	int64_t ns = 0;
	int ret;

	switch (code) {
	case WEFT_CLI_SELECT_FROM:
		return take_time(command, "from", value, &selection->from_ns);
	case WEFT_CLI_SELECT_UNTIL:
		return take_time(command, "until", value, &selection->until_ns);
	case WEFT_CLI_SELECT_PID:
		return take_pid(command, value, &selection->pid);
	case WEFT_CLI_SELECT_TASK:
		selection->task_type = value;
		return 1;
	case WEFT_CLI_SELECT_SLOWER_THAN:
		ret = take_time(command, "slower-than", value, &ns);
		if (ret > 0) {
			selection->slower_than_ns = (uint64_t)ns;
		}
		return ret;
	default:
		return 0;
	}
}
