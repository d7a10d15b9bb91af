// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Reports as tables for people: top, tree and peek, traces.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "report-header.h"

/* ---- top ---- */

static void print_top(const struct report_graph *graph, FILE *out)
{
	const struct report *report = graph->report;
	char flat_text[WEFT_REPORT_TEXT_SIZE], flat_percent[WEFT_REPORT_TEXT_SIZE];
	char sum_percent[WEFT_REPORT_TEXT_SIZE];
	char cum_text[WEFT_REPORT_TEXT_SIZE], cum_percent[WEFT_REPORT_TEXT_SIZE];
	int64_t sum = 0;
	uint32_t i;

	for (i = 0; i < graph->count; i++) {
		const struct report_node *node = graph->nodes[i];
		int64_t flat = weft_report_graph__flat(node), cum = weft_report_graph__cum(node);
		const char *mark = weft_report_graph__inline_mark(node);

		sum = weft_report_unit__add(sum, flat);
		(void)fprintf(out, "%10s %s %s %10s %s  %s%s%s%s\n",
			      weft_report_view__format(report, flat_text, flat),
			      weft_report_unit__percent(flat_percent, flat, report->total),
			      weft_report_unit__percent(sum_percent, sum, report->total),
			      weft_report_view__format(report, cum_text, cum),
			      weft_report_unit__percent(cum_percent, cum, report->total),
			      node->label, *mark ? " (" : "", mark, *mark ? ")" : "");
	}
}

int weft_report_write_top(struct report *report, FILE *out, struct weft_error *err)
{
	struct report_lines lines = weft_report_header__to_stream(out);
	struct report_graph graph;
	int ret = weft_report_graph__init_trimmed(&graph, report);

	if (ret < 0) {
		ret = weft_report_view__no_memory(err);
	} else {
		weft_report_header__graph(&graph, &lines, false);
		(void)fprintf(out, "%10s %5s%% %5s%% %10s %5s%%\n", "flat", "flat", "sum", "cum",
			      "cum");
		print_top(&graph, out);
	}
	weft_report_graph__fini(&graph);
	return ret;
}

/* ---- tree, peek ---- */

static const char tree_separator[] =
	"----------------------------------------------------------+-------------";
static const char tree_legend[] =
	"      flat  flat%   sum%        cum   cum%   calls calls% + context \t \t ";

static int print_edges(const struct report_graph *graph, const struct report_node *node, bool is_in,
		       FILE *out)
{
	char value[WEFT_REPORT_TEXT_SIZE], percent[WEFT_REPORT_TEXT_SIZE];
	int64_t cum = weft_report_graph__cum(node);
	struct report_edge **edges;
	uint32_t count, i;

	if (weft_report_graph__sort_edges(graph, is_in ? node->in : node->out, is_in, &edges,
					  &count) < 0) {
		return -ENOMEM;
	}
	for (i = 0; i < count; i++) {
		int64_t weight = edges[i]->weight;

		(void)fprintf(out, "%50s %s |   %s%s\n",
			      weft_report_view__format(graph->report, value, weight),
			      weft_report_unit__percent(percent, weight, cum),
			      is_in ? edges[i]->from->label : edges[i]->to->label,
			      edges[i]->is_inline ? " (inline)" : "");
	}
	return 0;
}

static int print_block(const struct report_graph *graph, const struct report_node *node,
		       int64_t sum, FILE *out)
{
	const struct report *report = graph->report;
	int64_t flat = weft_report_graph__flat(node), cum = weft_report_graph__cum(node);
	char flat_text[WEFT_REPORT_TEXT_SIZE], flat_percent[WEFT_REPORT_TEXT_SIZE];
	char sum_percent[WEFT_REPORT_TEXT_SIZE];
	char cum_text[WEFT_REPORT_TEXT_SIZE], cum_percent[WEFT_REPORT_TEXT_SIZE];

	(void)fprintf(out, "%s\n", tree_separator);
	if (print_edges(graph, node, true, out) < 0) {
		return -ENOMEM;
	}
	(void)fprintf(out, "%10s %s %s %10s %s                | %s\n",
		      weft_report_view__format(report, flat_text, flat),
		      weft_report_unit__percent(flat_percent, flat, report->total),
		      weft_report_unit__percent(sum_percent, sum, report->total),
		      weft_report_view__format(report, cum_text, cum),
		      weft_report_unit__percent(cum_percent, cum, report->total), node->label);
	return print_edges(graph, node, false, out);
}

static bool is_wanted(const struct report *report, const struct report_node *node)
{
	return !report->symbol || weft_report_regex__matches(report->symbol, node->label);
}

static bool any_wanted(const struct report_graph *graph)
{
	uint32_t i;

	for (i = 0; i < graph->count; i++) {
		if (is_wanted(graph->report, graph->nodes[i])) {
			return true;
		}
	}
	return !graph->report->symbol;
}

static int print_tree(const struct report_graph *graph, FILE *out)
{
	int64_t sum = 0;
	uint32_t i;

	(void)fprintf(out, "%s\n%s\n", tree_separator, tree_legend);
	for (i = 0; i < graph->count; i++) {
		const struct report_node *node = graph->nodes[i];

		if (!is_wanted(graph->report, node)) {
			continue;
		}
		sum = weft_report_unit__add(sum, weft_report_graph__flat(node));
		if (print_block(graph, node, sum, out) < 0) {
			return -ENOMEM;
		}
	}
	if (graph->count > 0) {
		(void)fprintf(out, "%s\n", tree_separator);
	}
	return 0;
}

int weft_report_write_tree(struct report *report, FILE *out, struct weft_error *err)
{
	struct report_lines lines = weft_report_header__to_stream(out);
	struct report_graph graph;
	int ret = weft_report_graph__init_trimmed(&graph, report);

	if (ret == 0 && !any_wanted(&graph)) {
		ret = weft_error_set(err, -ENOENT, "no matches found for regexp: %s",
				     report->request->argument);
	} else if (ret == 0) {
		weft_report_header__graph(&graph, &lines, false);
		ret = print_tree(&graph, out);
	}
	if (ret == -ENOMEM) {
		ret = weft_report_view__no_memory(err);
	}
	weft_report_graph__fini(&graph);
	return ret;
}

/* ---- traces ---- */

static const char trace_separator[] =
	"-----------+-------------------------------------------------------";

static int compare_texts(const void *left, const void *right)
{
	return strcmp(*(const char *const *)left, *(const char *const *)right);
}

/* One line a key, sorted. NULL in `texts`: out of memory. */
static char *label_line(struct report *report, const struct report_sample *sample, const char *key,
			bool is_text)
{
	struct weft_arena *arena = &report->arena;
	char *line = weft_report__format(arena, "%10s: ", key);
	char number[WEFT_REPORT_TEXT_SIZE];
	uint32_t i;

	for (i = 0; line && i < sample->label_count; i++) {
		const struct weft_pprof_label *label = &sample->labels[i];

		if (strcmp(label->key, key) != 0 ||
		    !(is_text ? weft_report_tag__is_text(label)
			      : weft_report_tag__is_number(label))) {
			continue;
		}
		line = weft_report__format(
			arena, "%s %s", line,
			is_text ? label->str
				: weft_report_unit__label(number, label->num,
							  weft_report_tag__unit(report, key),
							  "auto"));
	}
	return line;
}

static bool is_first_of_key(const struct report_sample *sample, uint32_t index, bool is_text)
{
	uint32_t i;

	for (i = 0; i < index; i++) {
		bool is_same = is_text ? weft_report_tag__is_text(&sample->labels[i])
				       : weft_report_tag__is_number(&sample->labels[i]);

		if (is_same && strcmp(sample->labels[i].key, sample->labels[index].key) == 0) {
			return false;
		}
	}
	return true;
}

static int print_labels(struct report *report, const struct report_sample *sample, bool is_text,
			FILE *out)
{
	char **lines = weft_report__zeroed(&report->arena, sample->label_count, sizeof(char *));
	uint32_t count = 0, i;

	if (!lines) {
		return -ENOMEM;
	}
	for (i = 0; i < sample->label_count; i++) {
		const struct weft_pprof_label *label = &sample->labels[i];
		bool is_wanted = is_text ? weft_report_tag__is_text(label)
					 : weft_report_tag__is_number(label);

		if (!is_wanted || !is_first_of_key(sample, i, is_text)) {
			continue;
		}
		lines[count] = label_line(report, sample, label->key, is_text);
		if (!lines[count++]) {
			return -ENOMEM;
		}
	}
	qsort(lines, count, sizeof(lines[0]), compare_texts);
	for (i = 0; i < count; i++) {
		(void)fprintf(out, "%s\n", lines[i]);
	}
	return 0;
}

static int print_trace(const struct report_graph *graph, const struct report_sample *sample,
		       FILE *out)
{
	struct report *report = graph->report;
	int64_t value = weft_report_view__value(report, sample);
	int64_t divisor = weft_report_view__divisor(report, sample);
	char text[WEFT_REPORT_TEXT_SIZE];
	const char *first = weft_report_view__format(
		report, text, divisor ? weft_report_unit__divide(value, divisor) : value);
	uint32_t i, j, count;

	(void)fprintf(out, "%s\n", trace_separator);
	if (print_labels(report, sample, true, out) < 0 ||
	    print_labels(report, sample, false, out) < 0) {
		return -ENOMEM;
	}
	for (i = 0; i < sample->location_count; i++) {
		struct report_node **frames =
			weft_report_graph__frames(graph, sample->locations[i], &count);

		for (j = 0; j < count; j++) {
			(void)fprintf(out, "%10s   %s%s\n", first, frames[j]->label,
				      j + 1 < count ? " (inline)" : "");
			first = "";
		}
	}
	return 0;
}

int weft_report_write_traces(struct report *report, FILE *out, struct weft_error *err)
{
	struct report_lines lines = weft_report_header__to_stream(out);
	struct report_graph graph;
	uint32_t i;
	int ret = weft_report_graph__init_places(&graph, report);

	weft_report_header__profile(report, &lines);
	for (i = 0; ret == 0 && i < report->sample_count; i++) {
		if (report->samples[i].location_count > 0) {
			ret = print_trace(&graph, &report->samples[i], out);
		}
	}
	(void)fprintf(out, "%s\n", trace_separator);
	weft_report_graph__fini(&graph);
	return ret < 0 ? weft_report_view__no_memory(err) : 0;
}
