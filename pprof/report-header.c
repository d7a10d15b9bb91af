// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * What stands above a report: whose profile, of what, when, how much of it is shown.
 */
#include "report-header.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Of a filter's text; what is longer is cut. */
#define FILTER_LEN_MAX 80

static void write_time(const struct report *report, const struct report_lines *lines)
{
	time_t seconds = (time_t)(report->header->time_ns / 1000000000);
	struct tm parts;
	char text[80];

	if (report->header->time_ns % 1000000000 < 0) {
		seconds--;
	}
	if (report->header->time_ns != 0 && localtime_r(&seconds, &parts) &&
	    strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S %Z", &parts) > 0) {
		weft_report_header__line(lines, "Time: %s", text);
	}
}

static void write_duration(const struct report *report, const struct report_lines *lines)
{
	char duration[WEFT_REPORT_TEXT_SIZE], total[WEFT_REPORT_TEXT_SIZE];
	char percent[WEFT_REPORT_TEXT_SIZE];
	const char *unit;
	double total_ns;

	if (report->header->duration_ns == 0) {
		return;
	}
	total_ns =
		weft_report_unit__scale(report->total, report->sample_unit, "nanoseconds", &unit);
	if (strcmp(unit, "ns") != 0 || total_ns == 0) {
		percent[0] = '\0';
	} else {
		(void)weft_report_unit__percent(percent, weft_report_unit__to_int(total_ns),
						report->header->duration_ns);
	}
	weft_report_header__line(lines, "Duration: %s, Total samples = %s %s%s%s",
				 weft_report_unit__label(duration, report->header->duration_ns,
							 "nanoseconds", "auto"),
				 weft_report_view__format(report, total, report->total),
				 *percent ? "(" : "", percent, *percent ? ")" : "");
}

void weft_report_header__profile(const struct report *report, const struct report_lines *lines)
{
	uint32_t i;

	if (report->mapping_count && *report->mappings[0].file) {
		weft_report_header__line(lines, "File: %s", report->title);
	}
	if (report->mapping_count && *report->mappings[0].build_id) {
		weft_report_header__line(lines, "Build ID: %s", report->mappings[0].build_id);
	}
	for (i = 0; i < weft_pprof_comment_count(report->profile); i++) {
		const char *comment = weft_pprof_get_comment(report->profile, i);

		if (*comment != '#') {
			weft_report_header__line(lines, "%s", comment);
		}
	}
	if (*report->sample_type) {
		weft_report_header__line(lines, "Type: %s", report->sample_type);
	}
	if (*report->header->doc_url) {
		weft_report_header__line(lines, "Doc: %s", report->header->doc_url);
	}
	write_time(report, lines);
	write_duration(report, lines);
}

void weft_report_header__filters(const struct report *report, const struct report_lines *lines)
{
	const struct report_values *values = &report->values;
	const struct {
		const char *name, *text;
	} filters[] = {
		{"focus", values->focus},         {"ignore", values->ignore},
		{"hide", values->hide},           {"show", values->show},
		{"show_from", values->show_from}, {"tagfocus", values->tagfocus},
		{"tagignore", values->tagignore}, {"tagshow", values->tagshow},
		{"taghide", values->taghide},
	};
	bool is_first = true;
	size_t i;

	for (i = 0; i < sizeof(filters) / sizeof(filters[0]); i++) {
		int room = FILTER_LEN_MAX - (int)strlen(filters[i].name) - 1;
		bool is_long = strlen(filters[i].text) > (size_t)room;

		if (*filters[i].text == '\0') {
			continue;
		}
		if (is_first) {
			weft_report_header__line(lines, "Active filters:");
			is_first = false;
		}
		weft_report_header__line(lines, "   %s=%.*s%s", filters[i].name,
					 is_long ? room : (int)strlen(filters[i].text),
					 filters[i].text, is_long ? "\u2026" : "");
	}
}

static void write_dropped(const struct report *report, const struct report_lines *lines,
			  uint32_t count, const char *what, double fraction)
{
	char text[WEFT_REPORT_TEXT_SIZE];
	bool is_node = *what == 'n';
	int64_t cutoff =
		weft_report_unit__magnitude(weft_report_unit__multiply(report->total, fraction));

	if (count > 0) {
		weft_report_header__line(lines, "Dropped %" PRIu32 " %s%s (%s <= %s)", count, what,
					 count > 1 ? "s" : "", is_node ? "cum" : "freq",
					 weft_report_view__format(report, text, cutoff));
	}
}

void weft_report_header__graph(const struct report_graph *graph, const struct report_lines *lines,
			       bool is_full)
{
	const struct report *report = graph->report;
	char flat[WEFT_REPORT_TEXT_SIZE], total[WEFT_REPORT_TEXT_SIZE];
	char percent[WEFT_REPORT_TEXT_SIZE];
	int64_t sum = 0;
	uint32_t i;

	if (is_full || !report->values.compact_labels) {
		weft_report_header__profile(report, lines);
	}
	for (i = 0; i < graph->count; i++) {
		sum = weft_report_unit__add(sum, weft_report_graph__flat(graph->nodes[i]));
	}
	weft_report_header__filters(report, lines);
	weft_report_header__line(lines, "Showing nodes accounting for %s, %s of %s total",
				 weft_report_view__format(report, flat, sum),
				 weft_report_unit__percent_trimmed(percent, sum, report->total),
				 weft_report_view__format(report, total, report->total));
	if (report->total != 0) {
		write_dropped(report, lines, graph->dropped_node_count, "node",
			      report->values.nodefraction);
		write_dropped(report, lines, is_full ? graph->dropped_edge_count : 0, "edge",
			      report->values.edgefraction);
		if (graph->count > 0 && graph->count < graph->original_count) {
			weft_report_header__line(lines,
						 "Showing top %" PRIu32 " nodes out of %" PRIu32,
						 graph->count, graph->original_count);
		}
	}
}

void weft_report_header__line(const struct report_lines *lines, const char *format, ...)
{
	char *text = NULL;
	va_list args;
	int len;

	va_start(args, format);
	len = vasprintf(&text, format, args);
	va_end(args);
	/* Without memory even for a line, what follows fails as well, and says so. */
	if (len >= 0) {
		lines->add(lines->ctx, text);
		free(text);
	}
}

static void print_line(void *ctx, const char *text)
{
	(void)fprintf((FILE *)ctx, "%s\n", text);
}

struct report_lines weft_report_header__to_stream(FILE *out)
{
	return (struct report_lines){.add = print_line, .ctx = out};
}
