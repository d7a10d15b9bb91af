// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * The variables of a report from the inside: numbers as numbers.
 */
#ifndef WEFT_PPROF_REPORT_CONFIG_H
#define WEFT_PPROF_REPORT_CONFIG_H

#include <stdbool.h>

#include <weft/report.h>

/* Texts are never NULL. */
struct report_values {
	bool call_tree, relative_percentages, compact_labels, mean, normalize;
	bool drop_negative, trim, noinlines, showcolumns, intel_syntax;
	long nodecount; /* -1: the format's own; 0: all. */
	double divide_by, nodefraction, edgefraction;
	const char *output, *unit, *source_path, *trim_path, *sample_index, *sort, *granularity;
	const char *tagroot, *tagleaf, *focus, *ignore, *prune_from, *hide, *show, *show_from;
	const char *tagfocus, *tagignore, *tagshow, *taghide;
};

/** Fills in all values; texts are borrowed from the config until it changes. */
void weft_report_config__read(const struct weft_report_config *config,
			      struct report_values *ret_values);

#endif
