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
	int64_t ns;
};

static const struct unit units[] = {
	{"", 1000000000},
	{"ns", 1},
	{"us", 1000},
	{"\xc2\xb5s", 1000}, /* MICRO SIGN, */
	{"\xce\xbcs", 1000}, /* GREEK SMALL LETTER MU: keyboards have either. */
	{"ms", 1000000},
	{"s", 1000000000},
	{"m", INT64_C(60000000000)},
	{"h", INT64_C(3600000000000)},
};

static const struct unit *find_unit(const char *name)
{
	size_t i;

	for (i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (strcmp(name, units[i].name) == 0) {
			return &units[i];
		}
	}
	return NULL;
}

bool weft_cli_parse_duration(const char *text, int64_t *ret_ns)
{
	const struct unit *unit;
	int64_t whole = 0;
	double fraction = 0;
	double digit_worth = 1;
	bool has_digit = false;

	/* Not strtod(): it takes signs, white space, "inf", exponents and hexadecimal numbers too. */
	for (; isdigit((unsigned char)*text); text++) {
		if (__builtin_mul_overflow(whole, 10, &whole) ||
		    __builtin_add_overflow(whole, *text - '0', &whole)) {
			return false;
		}
		has_digit = true;
	}
	if (*text == '.') {
		for (text++; isdigit((unsigned char)*text); text++) {
			digit_worth /= 10;
			fraction += (*text - '0') * digit_worth;
			has_digit = true;
		}
	}
	unit = find_unit(text);
	if (!has_digit || !unit || __builtin_mul_overflow(whole, unit->ns, &whole) ||
	    __builtin_add_overflow(whole, llround(fraction * (double)unit->ns), &whole)) {
		return false;
	}
	*ret_ns = whole;
	return true;
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
	uint64_t pid;

	if (!weft_cli_parse_number(value, 1, INT32_MAX, &pid)) {
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
