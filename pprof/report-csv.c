// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * The report "csv": top as a table for spreadsheets, values as numbers in the profile's own unit.
 *
 * Source: RFC 4180, but that lines end as everywhere here.
 */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "report-header.h"

static void print_cell(FILE *out, const char *text)
{
	if (!strpbrk(text, ",\"\r\n")) {
		(void)fputs(text, out);
		return;
	}
	(void)fputc('"', out);
	for (; *text; text++) {
		(void)fputs(*text == '"' ? "\"" : "", out);
		(void)fputc(*text, out);
	}
	(void)fputc('"', out);
}

static void print_header(const char *unit, FILE *out)
{
	char name[WEFT_REPORT_TEXT_SIZE];

	(void)snprintf(name, sizeof(name), "flat_%s", unit);
	print_cell(out, name);
	(void)fputs(",flat_pct,sum_pct,", out);
	(void)snprintf(name, sizeof(name), "cum_%s", unit);
	print_cell(out, name);
	(void)fputs(",cum_pct,name,function,file,line,inline\n", out);
}

static double percent(const struct report *report, int64_t value)
{
	return report->total ? 100 * (double)value / (double)report->total : 0;
}

static void print_row(const struct report *report, const struct report_node *node, int64_t sum,
		      FILE *out)
{
	int64_t flat = weft_report_graph__flat(node), cum = weft_report_graph__cum(node);

	(void)fprintf(out, "%" PRId64 ",%.4f,%.4f,%" PRId64 ",%.4f,",
		      weft_report_view__ratio(report, flat), percent(report, flat),
		      percent(report, sum), weft_report_view__ratio(report, cum),
		      percent(report, cum));
	print_cell(out, node->label);
	(void)fputc(',', out);
	print_cell(out, node->place.name);
	(void)fputc(',', out);
	print_cell(out, node->place.file);
	(void)fprintf(out, ",%" PRId64 ",%s\n", node->place.line,
		      weft_report_graph__inline_mark(node));
}

int weft_report_write_csv(struct report *report, FILE *out, struct weft_error *err)
{
	struct report_graph graph;
	int64_t sum = 0;
	uint32_t i;
	int ret = weft_report_graph__init_trimmed(&graph, report);

	if (ret == 0) {
		print_header(report->sample_unit, out);
	}
	for (i = 0; ret == 0 && i < graph.count; i++) {
		sum = weft_report_unit__add(sum, weft_report_graph__flat(graph.nodes[i]));
		print_row(report, graph.nodes[i], sum, out);
	}
	weft_report_graph__fini(&graph);
	return ret < 0 ? weft_report_view__no_memory(err) : 0;
}
