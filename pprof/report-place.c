// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * What makes a line of a location one entry of a report, and how people read it. See report-graph.h.
 */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "report-graph.h"

/* What a granularity tells apart. */
struct granularity {
	const char *name;
	bool function, file, line, address;
};

static const struct granularity granularities[] = {
	{"functions", true, false, false, false}, {"filefunctions", true, true, false, false},
	{"files", false, true, false, false},     {"lines", true, true, true, false},
	{"addresses", true, true, true, true},
};

static const struct granularity *find_granularity(const char *name)
{
	size_t i;

	for (i = 1; i < sizeof(granularities) / sizeof(granularities[0]); i++) {
		if (strcmp(granularities[i].name, name) == 0) {
			return &granularities[i];
		}
	}
	return &granularities[0];
}

bool weft_report_graph__is_by_function(const struct report *report)
{
	const struct granularity *parts = find_granularity(report->values.granularity);

	return parts->function && !parts->line && !parts->address;
}

int weft_report_graph__describe(struct report *report, const struct report_location *location,
				const struct weft_pprof_line *line, bool keeps_objects,
				struct report_place *ret_place)
{
	const struct granularity *parts = find_granularity(report->values.granularity);
	const struct weft_pprof_function *function;
	const char *objfile = location->mapping == WEFT_PPROF_NONE
				      ? ""
				      : report->mappings[location->mapping].file;

	*ret_place = (struct report_place){.name = "",
					   .file = "",
					   .objfile = "",
					   .address = parts->address ? location->address : 0};
	if (!line) {
		ret_place->objfile = objfile;
		return 0;
	}
	function = &report->functions[line->function];
	if (parts->function) {
		ret_place->name = function->name;
	}
	if (parts->file) {
		ret_place->file = weft_report_path__clean(&report->arena, function->file);
		if (!ret_place->file) {
			return -ENOMEM;
		}
	}
	if (parts->line) {
		bool shows_columns =
			report->values.showcolumns || (parts->address && !report->values.noinlines);

		ret_place->line = line->line;
		ret_place->column = shows_columns ? line->column : 0;
	}
	if (keeps_objects || *ret_place->name == '\0') {
		ret_place->objfile = objfile;
		ret_place->start_line = function->start_line;
	}
	return 0;
}

/* The last part: file and line as far as they are asked for, or what there is instead. */
static char *describe_origin(struct weft_arena *arena, const struct report_place *place)
{
	if (place->line != 0 && place->column != 0) {
		return weft_report__format(arena, "%s:%" PRId64 ":%" PRId64, place->file,
					   place->line, place->column);
	}
	if (place->line != 0) {
		return weft_report__format(arena, "%s:%" PRId64, place->file, place->line);
	}
	if (*place->file || *place->name) {
		return weft_report__string(arena, place->file, strlen(place->file));
	}
	if (*place->objfile) {
		return weft_report__format(arena, "[%s]",
					   weft_report_view__base_name(place->objfile));
	}
	return weft_report__format(arena, "<unknown>");
}

char *weft_report_graph__label(struct weft_arena *arena, const struct report_place *place,
			       const char *separator)
{
	char address[24] = "";
	char *origin = describe_origin(arena, place);

	if (!origin) {
		return NULL;
	}
	if (place->address != 0) {
		(void)snprintf(address, sizeof(address), "%016" PRIx64, place->address);
	}
	return weft_report__format(arena, "%s%s%s%s%s", address,
				   *address && (*place->name || *origin) ? separator : "",
				   place->name, *place->name && *origin ? separator : "", origin);
}
