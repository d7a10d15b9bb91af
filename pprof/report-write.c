// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Formats of reports: one table, and the steps that all share. See weft/report.h.
 */
#include <errno.h>
#include <string.h>

#include "report-header.h"

/* Nodes of a picture unless told otherwise. */
#define NODE_COUNT_DEFAULT 80

/* What a format insists on, whatever the config says. */
struct format {
	struct weft_report_format public;
	int (*write)(struct report *report, FILE *out, struct weft_error *err);
	const char *granularity; /* NULL: as the config has it. */
	bool is_untrimmed;
	bool is_flat_list; /* All nodes unless told otherwise. */
	bool keeps_objects;
	bool is_without_inlines;
};

static const struct format formats[] = {
	{.public = {.name = "callgrind", .help = "Graph for KCachegrind"},
	 .write = weft_report_write_callgrind,
	 .granularity = "addresses",
	 .is_untrimmed = true,
	 .keeps_objects = true},
	{.public = {.name = "comments", .help = "Comments of the profile"},
	 .write = weft_report_write_comments},
	{.public = {.name = "csv", .help = "Like top, as a table of comma-separated values"},
	 .write = weft_report_write_csv,
	 .is_flat_list = true},
	{.public = {.name = "disasm",
		    .help = "Instructions of functions that match, or at an address",
		    .has_argument = true},
	 .write = weft_report_write_disasm,
	 .granularity = "addresses",
	 .is_untrimmed = true,
	 .keeps_objects = true,
	 .is_without_inlines = true},
	{.public = {.name = "dot", .help = "Graph for graphviz"}, .write = weft_report_write_dot},
	{.public = {.name = "flame", .help = "Data of the page of -html"},
	 .write = weft_report_write_flame,
	 .is_untrimmed = true},
	{.public = {.name = "folded", .help = "Stacks, one a line, for flame graph programs"},
	 .write = weft_report_write_folded,
	 .is_untrimmed = true},
	{.public = {.name = "gif", .help = "Picture of the graph", .extension = "gif"},
	 .write = weft_report_write_picture},
	{.public = {.name = "html",
		    .help = "Flame graph: one page with all that it needs",
		    .extension = "html"},
	 .write = weft_report_write_html,
	 .is_untrimmed = true},
	{.public = {.name = "json", .help = "Like top and tree, for programs"},
	 .write = weft_report_write_json,
	 .is_flat_list = true},
	{.public = {.name = "list",
		    .help = "Source of functions that match, line by line",
		    .has_argument = true},
	 .write = weft_report_write_list,
	 .granularity = "lines",
	 .is_untrimmed = true,
	 .keeps_objects = true},
	{.public = {.name = "pdf", .help = "Picture of the graph, to print", .extension = "pdf"},
	 .write = weft_report_write_picture},
	{.public = {.name = "peek",
		    .help = "Callers and callees of functions that match",
		    .has_argument = true},
	 .write = weft_report_write_tree,
	 .is_untrimmed = true},
	{.public = {.name = "png", .help = "Picture of the graph", .extension = "png"},
	 .write = weft_report_write_picture},
	{.public = {.name = "proto",
		    .help = "The profile as filters leave it, gzipped",
		    .extension = "pb.gz"},
	 .write = weft_report_write_proto,
	 .granularity = "addresses",
	 .is_untrimmed = true},
	{.public = {.name = "ps", .help = "Picture of the graph, to print", .extension = "ps"},
	 .write = weft_report_write_picture},
	{.public = {.name = "raw", .help = "The profile as text, field by field"},
	 .write = weft_report_write_raw,
	 .granularity = "addresses",
	 .is_untrimmed = true},
	{.public = {.name = "svg",
		    .help = "Picture of the graph, for browsers",
		    .extension = "svg"},
	 .write = weft_report_write_picture},
	{.public = {.name = "tags", .help = "Labels and their values"},
	 .write = weft_report_write_tags},
	{.public = {.name = "text", .help = "Like top"},
	 .write = weft_report_write_top,
	 .is_flat_list = true},
	{.public = {.name = "top", .help = "Functions, the most expensive first"},
	 .write = weft_report_write_top,
	 .is_flat_list = true},
	{.public = {.name = "topproto", .help = "Top as a profile, gzipped", .extension = "pb.gz"},
	 .write = weft_report_write_topproto,
	 .is_flat_list = true},
	{.public = {.name = "traces", .help = "All samples with their stacks"},
	 .write = weft_report_write_traces},
	{.public = {.name = "tree", .help = "Functions with their callers and callees"},
	 .write = weft_report_write_tree},
	{.public = {.name = "weblist",
		    .help = "Page with source and instructions of functions that match",
		    .has_argument = true,
		    .extension = "html"},
	 .write = weft_report_write_weblist,
	 .granularity = "addresses",
	 .is_untrimmed = true,
	 .keeps_objects = true,
	 .is_without_inlines = true},
};

#define FORMAT_COUNT (sizeof(formats) / sizeof(formats[0]))

const struct weft_report_format *weft_report_format_get(size_t index)
{
	return index < FORMAT_COUNT ? &formats[index].public : NULL;
}

static const struct format *find_format(const char *name)
{
	size_t i;

	for (i = 0; i < FORMAT_COUNT; i++) {
		if (strcmp(formats[i].public.name, name) == 0) {
			return &formats[i];
		}
	}
	return NULL;
}

const struct weft_report_format *weft_report_format_find(const char *name)
{
	const struct format *format = find_format(name);

	return format ? &format->public : NULL;
}

static void insist(struct report *report, const struct format *format)
{
	struct report_values *values = &report->values;

	if (values->nodecount == -1) {
		values->nodecount = format->is_flat_list ? 0 : NODE_COUNT_DEFAULT;
	}
	if (format->granularity) {
		values->granularity = format->granularity;
	}
	if (format->is_untrimmed || !values->trim) {
		values->nodecount = 0;
		values->nodefraction = 0;
		values->edgefraction = 0;
	}
	values->noinlines = values->noinlines || format->is_without_inlines;
	report->keeps_objects = format->keeps_objects;
	report->is_visual = format->write == weft_report_write_dot ||
			    format->write == weft_report_write_picture;
}

/* Filters, and the total of what was there before them (or after, for relative percentages). */
static int prepare(struct report *report, const struct format *format, struct weft_error *err)
{
	int ret;

	insist(report, format);
	if (weft_report_tag__add_frames(report) < 0) {
		return weft_report_view__no_memory(err);
	}
	if (report->values.relative_percentages) {
		ret = weft_report_filter__apply(report, err);
		if (ret < 0) {
			return ret;
		}
	}
	ret = weft_report_view__choose_value(report, err);
	if (ret < 0) {
		return ret;
	}
	if (format->public.has_argument) {
		ret = weft_report_regex__create(
			report->request->argument ? report->request->argument : "", &report->symbol,
			err);
		if (ret < 0) {
			weft_error_prepend(err, "parsing argument regexp");
			return ret;
		}
	}
	weft_report_view__sum(report);
	return report->values.relative_percentages ? 0 : weft_report_filter__apply(report, err);
}

int weft_report_write(const struct weft_pprof *profile, const struct weft_report_config *config,
		      const struct weft_report_request *request, FILE *out, struct weft_error *err)
{
	const struct format *format = find_format(request->format);
	struct report report;
	int ret;

	if (!format) {
		return weft_error_set(err, -EINVAL, "no report is called '%s'", request->format);
	}
	ret = weft_report_sample_index(profile, config, err);
	if (ret < 0) {
		return ret;
	}
	if (weft_report_view__init(&report, profile, config, request) < 0) {
		weft_report_view__fini(&report);
		return weft_report_view__no_memory(err);
	}
	report.value_index = (uint32_t)ret;
	ret = prepare(&report, format, err);
	if (ret == 0) {
		ret = format->write(&report, out, err);
	}
	weft_report_view__fini(&report);
	return ret;
}

int weft_report_write_header(const struct weft_pprof *profile,
			     const struct weft_report_config *config, FILE *out,
			     struct weft_error *err)
{
	const struct weft_report_request request = {.format = "top"};
	struct report_lines lines = weft_report_header__to_stream(out);
	struct report report;
	int ret = weft_report_sample_index(profile, config, err);

	if (ret < 0) {
		return ret;
	}
	if (weft_report_view__init(&report, profile, config, &request) < 0) {
		weft_report_view__fini(&report);
		return weft_report_view__no_memory(err);
	}
	report.value_index = (uint32_t)ret;
	ret = weft_report_view__choose_value(&report, err);
	if (ret == 0) {
		weft_report_view__sum(&report);
		weft_report_header__profile(&report, &lines);
	}
	weft_report_view__fini(&report);
	return ret;
}
