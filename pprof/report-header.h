// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * What stands above a report, line by line: to a stream, or into a picture's legend.
 */
#ifndef WEFT_PPROF_REPORT_HEADER_H
#define WEFT_PPROF_REPORT_HEADER_H

#include <stdarg.h>
#include <stdio.h>

#include "report-graph.h"

/* Where lines go. */
struct report_lines {
	void (*add)(void *ctx, const char *text);
	void *ctx;
};

struct report_lines weft_report_header__to_stream(FILE *out);
void weft_report_header__line(const struct report_lines *lines, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/** File, type, time, duration. */
void weft_report_header__profile(const struct report *report, const struct report_lines *lines);
/** The filters that are set. */
void weft_report_header__filters(const struct report *report, const struct report_lines *lines);
/** As weft_report_header__profile() unless labels are compact, then filters, and
 * how much is shown. @param is_full All. */
void weft_report_header__graph(const struct report_graph *graph, const struct report_lines *lines,
			       bool is_full);

#endif
