// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Strings of JSON, and the report "json": top and its calls for programs. See report-json.h.
 */
#include "report-json.h"

#include <errno.h>
#include <inttypes.h>

#include "report-header.h"

#define REPLACEMENT 0xfffdU

/* One character of UTF-8; its bytes go into `ret_len`. What is none counts as one byte. */
static uint32_t decode(const unsigned char *text, size_t *ret_len)
{
	static const uint32_t least[] = {0, 0x80, 0x800, 0x10000};
	size_t more = (text[0] >= 0xc0) + (text[0] >= 0xe0) + (text[0] >= 0xf0), i;
	uint32_t code;

	*ret_len = 1;
	if (text[0] < 0x80) {
		return text[0];
	}
	if (more == 0 || text[0] >= 0xf8) {
		return REPLACEMENT;
	}
	code = text[0] & (0x3fU >> more);
	for (i = 1; i <= more; i++) {
		if ((text[i] & 0xc0) != 0x80) {
			return REPLACEMENT;
		}
		code = code << 6 | (text[i] & 0x3fU);
	}
	if (code < least[more] || code > 0x10ffff || (code >= 0xd800 && code < 0xe000)) {
		return REPLACEMENT;
	}
	*ret_len = more + 1;
	return code;
}

static void print_code(FILE *out, uint32_t code)
{
	if (code == '"' || code == '\\') {
		(void)fprintf(out, "\\%c", (int)code);
	} else if (code >= ' ' && code < 0x7f && code != '<') {
		(void)fputc((int)code, out);
	} else if (code < 0x10000) {
		(void)fprintf(out, "\\u%04" PRIx32, code);
	} else {
		(void)fprintf(out, "\\u%04" PRIx32 "\\u%04" PRIx32,
			      0xd800 + ((code - 0x10000) >> 10), 0xdc00 + (code & 0x3ff));
	}
}

void weft_report_json__string(FILE *out, const char *text)
{
	const unsigned char *at = (const unsigned char *)text;
	size_t len;

	(void)fputc('"', out);
	for (; *at; at += len) {
		print_code(out, decode(at, &len));
	}
	(void)fputc('"', out);
}

void weft_report_json__member(FILE *out, const char *name, const char *text)
{
	(void)fprintf(out, "\"%s\":", name);
	weft_report_json__string(out, text);
}

/* ---- The report ---- */

static void print_types(const struct report *report, FILE *out)
{
	uint32_t i;

	(void)fputs(",\n \"sample_types\":[", out);
	for (i = 0; i < weft_pprof_sample_type_count(report->profile); i++) {
		const struct weft_pprof_value_type *type =
			weft_pprof_get_sample_type(report->profile, i);

		(void)fputs(i ? ",{" : "{", out);
		weft_report_json__member(out, "type", type->type);
		(void)fputc(',', out);
		weft_report_json__member(out, "unit", type->unit);
		(void)fputc('}', out);
	}
	(void)fputs("],\n \"comments\":[", out);
	for (i = 0; i < weft_pprof_comment_count(report->profile); i++) {
		(void)fputs(i ? "," : "", out);
		weft_report_json__string(out, weft_pprof_get_comment(report->profile, i));
	}
	(void)fputc(']', out);
}

static void print_profile(const struct report_graph *graph, FILE *out)
{
	const struct report *report = graph->report;
	bool has_mapping = weft_pprof_mapping_count(report->profile) > 0;

	(void)fputs("{", out);
	weft_report_json__member(out, "file", has_mapping ? report->mappings[0].file : "");
	(void)fputc(',', out);
	weft_report_json__member(out, "build_id", has_mapping ? report->mappings[0].build_id : "");
	(void)fputs(",\n ", out);
	weft_report_json__member(out, "type", report->sample_type);
	(void)fputc(',', out);
	weft_report_json__member(out, "unit", report->sample_unit);
	(void)fprintf(out,
		      ",\"total\":%" PRId64 ",\n \"time_ns\":%" PRId64 ",\"duration_ns\":%" PRId64
		      ",\"period\":%" PRId64,
		      weft_report_view__ratio(report, report->total), report->header->time_ns,
		      report->header->duration_ns, report->header->period);
	print_types(report, out);
	(void)fprintf(out,
		      ",\n \"node_count\":%" PRIu32 ",\"dropped_nodes\":%" PRIu32
		      ",\"dropped_edges\":%" PRIu32,
		      graph->original_count, graph->dropped_node_count, graph->dropped_edge_count);
}

static void print_node(const struct report *report, const struct report_node *node, FILE *out)
{
	const struct report_place *place = &node->place;

	(void)fputs("{", out);
	weft_report_json__member(out, "name", node->label);
	(void)fputc(',', out);
	weft_report_json__member(out, "function", place->name);
	(void)fputc(',', out);
	weft_report_json__member(out, "file", place->file);
	(void)fprintf(out, ",\"line\":%" PRId64 ",\"address\":%" PRIu64, place->line,
		      place->address);
	(void)fprintf(out, ",\"flat\":%" PRId64 ",\"cum\":%" PRId64 ",\"inline\":\"%s\"}",
		      weft_report_view__ratio(report, weft_report_graph__flat(node)),
		      weft_report_view__ratio(report, weft_report_graph__cum(node)),
		      weft_report_graph__inline_mark(node));
}

static int print_edges(const struct report_graph *graph, FILE *out)
{
	const char *separator = "";
	struct report_edge **edges;
	uint32_t count, i, j;

	for (i = 0; i < graph->count; i++) {
		if (weft_report_graph__sort_edges(graph, graph->nodes[i]->out, false, &edges,
						  &count) < 0) {
			return -ENOMEM;
		}
		for (j = 0; j < count; j++) {
			int64_t weight = weft_report_graph__weight(edges[j]);

			if (edges[j]->to->number == 0) {
				continue; /* Left out: its samples come to nothing. */
			}
			(void)fprintf(out,
				      "%s\n  {\"from\":%" PRIu32 ",\"to\":%" PRIu32
				      ",\"weight\":%" PRId64 ",\"inline\":%s,\"residual\":%s}",
				      separator, i, edges[j]->to->number - 1,
				      weft_report_view__ratio(graph->report, weight),
				      edges[j]->is_inline ? "true" : "false",
				      edges[j]->is_residual ? "true" : "false");
			separator = ",";
		}
	}
	return 0;
}

int weft_report_write_json(struct report *report, FILE *out, struct weft_error *err)
{
	struct report_graph graph;
	uint32_t i;
	int ret = weft_report_graph__init_trimmed(&graph, report);

	if (ret == 0) {
		print_profile(&graph, out);
		(void)fputs(",\n \"nodes\":[", out);
		for (i = 0; i < graph.count; i++) {
			graph.nodes[i]->number = i + 1;
			(void)fputs(i ? ",\n  " : "\n  ", out);
			print_node(report, graph.nodes[i], out);
		}
		(void)fputs("],\n \"edges\":[", out);
		ret = print_edges(&graph, out);
		(void)fputs("]}\n", out);
	}
	weft_report_graph__fini(&graph);
	return ret < 0 ? weft_report_view__no_memory(err) : 0;
}
