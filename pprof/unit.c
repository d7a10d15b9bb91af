// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Units of values. See unit.h.
 */
#include "unit.h"

#include <stddef.h>
#include <string.h>
#include <strings.h>

enum unit_kind { KIND_BYTES, KIND_TIME };

struct unit {
	const char *name;
	enum unit_kind kind;
	double factor; /* Bytes, or nanoseconds. */
};

/* Source: the names that google/pprof knows; bytes go by steps of 1024. */
static const struct unit units[] = {
	{"b", KIND_BYTES, 1},
	{"byte", KIND_BYTES, 1},
	{"kb", KIND_BYTES, 0x1p10},
	{"kbyte", KIND_BYTES, 0x1p10},
	{"kilobyte", KIND_BYTES, 0x1p10},
	{"mb", KIND_BYTES, 0x1p20},
	{"mbyte", KIND_BYTES, 0x1p20},
	{"megabyte", KIND_BYTES, 0x1p20},
	{"gb", KIND_BYTES, 0x1p30},
	{"gbyte", KIND_BYTES, 0x1p30},
	{"gigabyte", KIND_BYTES, 0x1p30},
	{"tb", KIND_BYTES, 0x1p40},
	{"tbyte", KIND_BYTES, 0x1p40},
	{"terabyte", KIND_BYTES, 0x1p40},
	{"pb", KIND_BYTES, 0x1p50},
	{"pbyte", KIND_BYTES, 0x1p50},
	{"petabyte", KIND_BYTES, 0x1p50},
	{"ns", KIND_TIME, 1},
	{"nanosecond", KIND_TIME, 1},
	{"us", KIND_TIME, 1e3},
	{"\u03bcs", KIND_TIME, 1e3},
	{"microsecond", KIND_TIME, 1e3},
	{"ms", KIND_TIME, 1e6},
	{"millisecond", KIND_TIME, 1e6},
	{"s", KIND_TIME, 1e9},
	{"sec", KIND_TIME, 1e9},
	{"second", KIND_TIME, 1e9},
	{"hr", KIND_TIME, 3600e9},
	{"hour", KIND_TIME, 3600e9},
};

static const struct unit *find_unit(const char *name)
{
	size_t len = strlen(name), i;

	/* A plural; "s", "ms" and the like are none. */
	if (len > 2 && (name[len - 1] == 's' || name[len - 1] == 'S')) {
		len--;
	}
	for (i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (strlen(units[i].name) == len && strncasecmp(units[i].name, name, len) == 0) {
			return &units[i];
		}
	}
	return NULL;
}

bool weft_unit_ratio(const char *unit, const char *other, double *ret_ratio)
{
	const struct unit *from = find_unit(unit), *to = find_unit(other);

	if (strcmp(unit, other) == 0) {
		*ret_ratio = 1;
		return true;
	}
	if (!from || !to || from->kind != to->kind) {
		return false;
	}
	*ret_ratio = from->factor / to->factor;
	return true;
}
