// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Values with units as reports show them. See report-unit.h.
 */
#include "report-unit.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#define ALIAS_MAX     3
#define UNIT_NAME_MAX 16

struct unit {
	const char *name;
	const char *aliases[ALIAS_MAX]; /* Lower case, without a plural's s. */
	double factor;
};

struct family {
	const struct unit *units; /* The smallest first. */
	unsigned unit_count;
	struct unit fallback; /* When none of the family is asked for, or the value is below all. */
};

static const struct unit byte_units[] = {
	{"B", {"b", "byte"}, 1},
	{"kB", {"kb", "kbyte", "kilobyte"}, 1024.0},
	{"MB", {"mb", "mbyte", "megabyte"}, 1048576.0},
	{"GB", {"gb", "gbyte", "gigabyte"}, 1073741824.0},
	{"TB", {"tb", "tbyte", "terabyte"}, 1099511627776.0},
	{"PB", {"pb", "pbyte", "petabyte"}, 1125899906842624.0},
};

static const struct unit time_units[] = {
	{"ns", {"ns", "nanosecond"}, 1},       {"us", {"\u03bcs", "us", "microsecond"}, 1e3},
	{"ms", {"ms", "millisecond"}, 1e6},    {"s", {"s", "sec", "second"}, 1e9},
	{"hrs", {"hour", "hr"}, 3600.0 * 1e9},
};

static const struct unit gcu_units[] = {
	{"n*GCU", {"nanogcu"}, 1e-9}, {"u*GCU", {"microgcu"}, 1e-6}, {"m*GCU", {"milligcu"}, 1e-3},
	{"GCU", {"gcu"}, 1},          {"k*GCU", {"kilogcu"}, 1e3},   {"M*GCU", {"megagcu"}, 1e6},
	{"G*GCU", {"gigagcu"}, 1e9},  {"T*GCU", {"teragcu"}, 1e12},  {"P*GCU", {"petagcu"}, 1e15},
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const struct family families[] = {
	{byte_units, COUNT(byte_units), {"B", {NULL}, 1}},
	{time_units, COUNT(time_units), {"s", {NULL}, 1e9}},
	{gcu_units, COUNT(gcu_units), {"GCU", {NULL}, 1}},
};

static const struct unit *find_alias(const struct family *family, const char *alias)
{
	unsigned i, j;

	for (i = 0; i < family->unit_count; i++) {
		for (j = 0; j < ALIAS_MAX && family->units[i].aliases[j]; j++) {
			if (strcmp(family->units[i].aliases[j], alias) == 0) {
				return &family->units[i];
			}
		}
	}
	return NULL;
}

static const struct unit *find_unit(const struct family *family, const char *name)
{
	char alias[UNIT_NAME_MAX];
	size_t len = strlen(name), i;

	if (len >= sizeof(alias)) {
		return NULL;
	}
	for (i = 0; i <= len; i++) {
		alias[i] = (char)(name[i] >= 'A' && name[i] <= 'Z' ? name[i] + 'a' - 'A' : name[i]);
	}
	if (len > 2 && alias[len - 1] == 's') {
		alias[len - 1] = '\0';
	}
	return find_alias(family, alias);
}

static bool is_automatic(const char *unit)
{
	return strcmp(unit, "minimum") == 0 || strcmp(unit, "auto") == 0;
}

static const struct unit *choose(const struct family *family, double value, const char *to)
{
	const struct unit *chosen = NULL;
	unsigned i;

	if (!is_automatic(to)) {
		chosen = find_unit(family, to);
		return chosen ? chosen : &family->fallback;
	}
	for (i = 0; i < family->unit_count; i++) {
		if (value / family->units[i].factor >= 1.0) {
			chosen = &family->units[i];
		}
	}
	return chosen ? chosen : &family->fallback;
}

double weft_report_unit__scale(int64_t value, const char *from, const char *to,
			       const char **ret_unit)
{
	static const char *const plain[] = {"count", "sample", "unit", "minimum", "auto"};
	unsigned i;

	if (value < 0 && value != INT64_MIN) {
		return -weft_report_unit__scale(-value, from, to, ret_unit);
	}
	for (i = 0; i < COUNT(families); i++) {
		const struct unit *unit = find_unit(&families[i], from);

		if (unit) {
			double base = (double)value * unit->factor;
			const struct unit *target = choose(&families[i], base, to);

			*ret_unit = target->name;
			return base / target->factor;
		}
	}
	*ret_unit = to;
	for (i = 0; i < COUNT(plain); i++) {
		if (strcmp(to, plain[i]) == 0) {
			*ret_unit = "";
		}
	}
	return (double)value;
}

const char *weft_report_unit__label(char text[WEFT_REPORT_TEXT_SIZE], int64_t value,
				    const char *from, const char *to)
{
	const char *unit;
	double scaled = weft_report_unit__scale(value, from, to, &unit);
	int len = snprintf(text, WEFT_REPORT_TEXT_SIZE, "%.2f", scaled);

	if (len > 3 && strcmp(text + len - 3, ".00") == 0) {
		len -= 3;
		text[len] = '\0';
	}
	if (strcmp(text, "0") == 0 || strcmp(text, "-0") == 0) {
		text[0] = '0';
		text[1] = '\0';
		return text;
	}
	(void)snprintf(text + len, WEFT_REPORT_TEXT_SIZE - (size_t)len, "%s", unit);
	return text;
}

const char *weft_report_unit__percent(char text[WEFT_REPORT_TEXT_SIZE], int64_t value,
				      int64_t total)
{
	double ratio = total == 0 ? 0 : fabs((double)value / (double)total) * 100;

	if (ratio >= 99.95 && ratio <= 100.05) {
		(void)snprintf(text, WEFT_REPORT_TEXT_SIZE, "  100%%");
	} else if (ratio >= 1.0) {
		(void)snprintf(text, WEFT_REPORT_TEXT_SIZE, "%5.2f%%", ratio);
	} else {
		(void)snprintf(text, WEFT_REPORT_TEXT_SIZE, "%5.2g%%", ratio);
	}
	return text;
}

const char *weft_report_unit__percent_trimmed(char text[WEFT_REPORT_TEXT_SIZE], int64_t value,
					      int64_t total)
{
	const char *start = weft_report_unit__percent(text, value, total);

	return start + strspn(start, " ");
}

int64_t weft_report_unit__add(int64_t a, int64_t b)
{
	return (int64_t)((uint64_t)a + (uint64_t)b);
}

int64_t weft_report_unit__magnitude(int64_t value)
{
	return value < 0 ? (int64_t)(0 - (uint64_t)value) : value;
}

int64_t weft_report_unit__divide(int64_t value, int64_t divisor)
{
	return divisor == -1 ? (int64_t)(0 - (uint64_t)value) : value / divisor;
}

int64_t weft_report_unit__to_int(double value)
{
	return value >= -0x1p63 && value < 0x1p63 ? (int64_t)value : INT64_MIN;
}

int64_t weft_report_unit__multiply(int64_t value, double ratio)
{
	return weft_report_unit__to_int((double)value * ratio);
}
