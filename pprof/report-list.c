// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * The report "list": source files of functions, with the values of each line.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "report-graph.h"
#include "report-source.h"

/* Lines shown before the first and after the last that has samples. */
#define MARGIN 5

/* Nodes of one function in one file. */
struct listing {
	struct report *report;
	struct report_node **nodes;
	uint32_t count;
	FILE *out;
};

static int compare_nodes(const void *left, const void *right)
{
	const struct report_node *a = *(struct report_node *const *)left;
	const struct report_node *b = *(struct report_node *const *)right;
	int order = strcmp(a->place.name, b->place.name);

	order = order ? order : strcmp(a->place.file, b->place.file);
	if (order == 0) {
		order = a->place.line < b->place.line ? -1 : a->place.line > b->place.line;
	}
	return order;
}

static void sum_lines(const struct listing *listing, int64_t line, bool is_all, int64_t *ret_flat,
		      int64_t *ret_cum)
{
	uint32_t i;

	*ret_flat = *ret_cum = 0;
	for (i = 0; i < listing->count; i++) {
		if (is_all || listing->nodes[i]->place.line == line) {
			*ret_flat = weft_report_unit__add(*ret_flat, listing->nodes[i]->flat);
			*ret_cum = weft_report_unit__add(*ret_cum, listing->nodes[i]->cum);
		}
	}
}

static void find_range(const struct listing *listing, int64_t *ret_first, int64_t *ret_last)
{
	int64_t first = INT64_MAX, last = 0;
	uint32_t i;

	for (i = 0; i < listing->count; i++) {
		const struct report_place *place = &listing->nodes[i]->place;
		int64_t start = place->start_line ? place->start_line : place->line - MARGIN;

		first = start < first ? start : first;
		last = place->line > last ? place->line : last;
	}
	*ret_first = first < 1 ? 1 : first;
	*ret_last = last + MARGIN;
}

static void print_lines(const struct listing *listing, const struct report_source *source)
{
	char flat_text[WEFT_REPORT_TEXT_SIZE], cum_text[WEFT_REPORT_TEXT_SIZE];
	int64_t line, last, flat, cum;

	for (find_range(listing, &line, &last); line <= last && line <= source->line_count;
	     line++) {
		sum_lines(listing, line, false, &flat, &cum);
		(void)fprintf(listing->out, "%10s %10s %6" PRId64 ":%s\n",
			      weft_report_view__format_or_dot(listing->report, flat_text, flat),
			      weft_report_view__format_or_dot(listing->report, cum_text, cum), line,
			      source->lines[line - 1]);
	}
}

static void print_file(const struct listing *listing)
{
	const struct report *report = listing->report;
	const struct report_place *place = &listing->nodes[0]->place;
	char flat_text[WEFT_REPORT_TEXT_SIZE], cum_text[WEFT_REPORT_TEXT_SIZE];
	char percent[WEFT_REPORT_TEXT_SIZE];
	struct weft_error err = WEFT_ERROR_INIT;
	struct report_source source;
	int64_t flat, cum;

	sum_lines(listing, 0, true, &flat, &cum);
	(void)fprintf(
		listing->out,
		"ROUTINE ======================== %s in %s\n%10s %10s (flat, cum) %s of Total\n",
		place->name, place->file, weft_report_view__format(report, flat_text, flat),
		weft_report_view__format(report, cum_text, cum),
		weft_report_unit__percent(percent, cum, report->total));
	if (weft_report_source__open(place->file, report->values.trim_path,
				     report->values.source_path, &source, &err) < 0) {
		(void)fprintf(listing->out, " Error: %s\n", err.text);
	} else {
		print_lines(listing, &source);
	}
	weft_report_source__close(&source);
}

/* Nodes of one function, those of one file together. */
static void print_function(struct report *report, struct report_node **nodes, uint32_t count,
			   FILE *out)
{
	uint32_t first = 0, last;

	while (first < count && *nodes[first]->place.file == '\0') {
		first++;
	}
	if (first == count) {
		(void)fprintf(out, "No source information for %s\n", nodes[0]->place.name);
	}
	for (; first < count; first = last) {
		struct listing listing = {.report = report, .nodes = &nodes[first], .out = out};

		for (last = first + 1; last < count; last++) {
			if (strcmp(nodes[first]->place.file, nodes[last]->place.file) != 0) {
				break;
			}
		}
		listing.count = last - first;
		print_file(&listing);
	}
}

/* The nodes whose function matches, in order. */
static uint32_t select_nodes(const struct report_graph *graph)
{
	uint32_t count = 0, i;

	for (i = 0; i < graph->count; i++) {
		if (weft_report_regex__matches(graph->report->symbol,
					       graph->nodes[i]->place.name)) {
			graph->nodes[count++] = graph->nodes[i];
		}
	}
	qsort(graph->nodes, count, sizeof(struct report_node *), compare_nodes);
	return count;
}

int weft_report_write_list(struct report *report, FILE *out, struct weft_error *err)
{
	char total[WEFT_REPORT_TEXT_SIZE];
	struct report_graph graph;
	uint32_t count = 0, first, last;
	int ret = weft_report_graph__init(&graph, report);

	if (ret < 0) {
		ret = weft_report_view__no_memory(err);
		goto out;
	}
	count = select_nodes(&graph);
	if (count == 0) {
		ret = weft_error_set(err, -ENOENT, "no matches found for regexp: %s",
				     report->request->argument);
		goto out;
	}
	(void)fprintf(out, "Total: %s\n", weft_report_view__format(report, total, report->total));
	for (first = 0; first < count; first = last) {
		for (last = first + 1; last < count; last++) {
			if (strcmp(graph.nodes[first]->place.name, graph.nodes[last]->place.name) !=
			    0) {
				break;
			}
		}
		print_function(report, &graph.nodes[first], last - first, out);
	}
out:
	weft_report_graph__fini(&graph);
	return ret;
}
