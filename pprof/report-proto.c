// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Reports that are profiles again: "proto", what filters leave, and "topproto", the table of top.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "report-graph.h"

/* The profile in the making. Maps go from indices of the view; WEFT_PPROF_NONE: not copied yet. */
struct copier {
	const struct report *report;
	struct weft_pprof *to;
	uint32_t *functions, *locations;
	int64_t *values;
};

static int copy_header(struct weft_pprof *to, const struct report *report)
{
	const struct weft_pprof_header *header = report->header;
	int ret = weft_pprof_set_period(to, header->period_type.type, header->period_type.unit,
					header->period);
	uint32_t i;

	weft_pprof_set_time(to, header->time_ns, header->duration_ns);
	ret = ret < 0 ? ret : weft_pprof_set_doc_url(to, header->doc_url);
	ret = ret < 0 ? ret
		      : weft_pprof_set_frame_filters(to, header->drop_frames, header->keep_frames);
	for (i = 0; ret == 0 && i < weft_pprof_comment_count(report->profile); i++) {
		ret = weft_pprof_add_comment(to, weft_pprof_get_comment(report->profile, i));
	}
	return ret;
}

static int copy_types(struct copier *copier)
{
	const struct report *report = copier->report;
	uint32_t i, index;
	int ret =
		weft_pprof_set_default_sample_type(copier->to, report->header->default_sample_type);

	for (i = 0; ret == 0 && i < weft_pprof_sample_type_count(report->profile); i++) {
		const struct weft_pprof_value_type *type =
			weft_pprof_get_sample_type(report->profile, i);

		ret = weft_pprof_add_sample_type(copier->to, type->type, type->unit);
	}
	for (i = 0; ret == 0 && i < weft_pprof_mapping_count(report->profile); i++) {
		struct weft_pprof_mapping mapping = report->mappings[i];

		mapping.has_inline_frames = mapping.has_inline_frames && !report->values.noinlines;
		ret = weft_pprof_add_mapping(copier->to, &mapping, &index);
	}
	return ret;
}

static int copy_lines(struct copier *copier, const struct report_location *location,
		      struct weft_pprof_line *lines)
{
	uint32_t i;
	int ret = 0;

	for (i = 0; ret == 0 && i < location->line_count; i++) {
		uint32_t from = location->lines[i].function;

		lines[i] = location->lines[i];
		if (copier->functions[from] == WEFT_PPROF_NONE) {
			ret = weft_pprof_add_function(copier->to, &copier->report->functions[from],
						      &copier->functions[from]);
		}
		lines[i].function = copier->functions[from];
		if (copier->report->values.noinlines && !copier->report->values.showcolumns) {
			lines[i].column = 0; /* As the reader sums lines up without them. */
		}
	}
	return ret;
}

static int copy_location(struct copier *copier, uint32_t from)
{
	const struct report_location *location = &copier->report->locations[from];
	bool is_outermost = copier->report->values.noinlines && location->line_count > 1;
	struct weft_pprof_location copy = {.mapping = location->mapping,
					   .line_count = is_outermost ? 1 : location->line_count,
					   .address = location->address,
					   .is_folded = location->is_folded};
	struct weft_pprof_line *lines = calloc(location->line_count + 1U, sizeof(*lines));
	int ret = lines ? copy_lines(copier, location, lines) : -ENOMEM;

	if (weft_pprof_mapping_count(copier->report->profile) == 0) {
		copy.mapping = WEFT_PPROF_NONE;
	}
	/* Without inlined functions, the last: it has the machine code. */
	copy.lines = lines && is_outermost ? &lines[location->line_count - 1] : lines;
	ret = ret < 0 ? ret : weft_pprof_add_location(copier->to, &copy, &copier->locations[from]);
	free(lines);
	return ret;
}

static int copy_sample(struct copier *copier, const struct report_sample *sample)
{
	uint32_t count = weft_pprof_sample_type_count(copier->report->profile), i;
	uint32_t *stack = calloc(sample->location_count + 1U, sizeof(*stack));
	const struct weft_pprof_sample copy = {.locations = stack,
					       .location_count = sample->location_count,
					       .label_count = sample->label_count,
					       .values = copier->values,
					       .labels = sample->labels};
	int ret = stack ? 0 : -ENOMEM;

	for (i = 0; ret == 0 && i < sample->location_count; i++) {
		uint32_t from = sample->locations[i];

		if (copier->locations[from] == WEFT_PPROF_NONE) {
			ret = copy_location(copier, from);
		}
		stack[i] = copier->locations[from];
	}
	for (i = 0; i < count; i++) {
		copier->values[i] = weft_report_view__ratio(copier->report, sample->values[i]);
	}
	ret = ret < 0 ? ret : weft_pprof_append_sample(copier->to, &copy);
	free(stack);
	return ret;
}

static int copy_all(struct copier *copier, struct report *report)
{
	struct weft_arena *arena = &report->arena;
	uint32_t i;
	int ret;

	copier->functions =
		weft_report__zeroed(arena, report->function_count, sizeof(*copier->functions));
	copier->locations =
		weft_report__zeroed(arena, report->location_count, sizeof(*copier->locations));
	copier->values = weft_report__zeroed(arena, weft_pprof_sample_type_count(report->profile),
					     sizeof(*copier->values));
	if (!copier->functions || !copier->locations || !copier->values) {
		return -ENOMEM;
	}
	memset(copier->functions, 0xff, report->function_count * sizeof(*copier->functions));
	memset(copier->locations, 0xff, report->location_count * sizeof(*copier->locations));
	ret = copy_types(copier);
	ret = ret < 0 ? ret : copy_header(copier->to, report);
	for (i = 0; ret == 0 && i < report->sample_count; i++) {
		ret = copy_sample(copier, &report->samples[i]);
	}
	return ret;
}

static int write_to_stream(void *ctx, const void *bytes, size_t size)
{
	FILE *out = ctx;

	errno = 0;
	return fwrite(bytes, 1, size, out) == size ? 0 : errno ? -errno : -EIO;
}

/* Writes what was made unless making it failed with `ret`; destroys it in any case. */
static int finish(struct weft_pprof *made, int ret, FILE *out, struct weft_error *err)
{
	if (ret == 0) {
		ret = weft_pprof_write(made, write_to_stream, out, err);
	} else {
		(void)weft_error_set_errno(err, ret, "make a profile");
	}
	weft_pprof_destroy(made);
	return ret;
}

int weft_report_write_proto(struct report *report, FILE *out, struct weft_error *err)
{
	struct copier copier = {.report = report, .to = weft_pprof_create()};

	return finish(copier.to, copier.to ? copy_all(&copier, report) : -ENOMEM, out, err);
}

/* ---- topproto ---- */

static int add_entry(struct weft_pprof *made, const struct report *report,
		     const struct report_node *node)
{
	const struct report_place *place = &node->place;
	const struct weft_pprof_function function = {.name = place->name,
						     .system_name = "",
						     .file = place->file,
						     .start_line = place->start_line};
	struct weft_pprof_line line = {.line = place->line, .column = place->column};
	const struct weft_pprof_location location = {.mapping = WEFT_PPROF_NONE,
						     .line_count = 1,
						     .address = place->address,
						     .lines = &line};
	const char *unit;
	const int64_t values[] = {
		weft_report_unit__to_int(weft_report_unit__scale(weft_report_graph__cum(node),
								 report->sample_unit,
								 report->output_unit, &unit)),
		weft_report_unit__to_int(weft_report_unit__scale(weft_report_graph__flat(node),
								 report->sample_unit,
								 report->output_unit, &unit)),
	};
	uint32_t index;
	const struct weft_pprof_sample sample = {
		.locations = &index, .location_count = 1, .values = values};
	int ret = weft_pprof_add_function(made, &function, &line.function);

	ret = ret < 0 ? ret : weft_pprof_add_location(made, &location, &index);
	return ret < 0 ? ret : weft_pprof_append_sample(made, &sample);
}

static int add_entries(struct weft_pprof *made, const struct report_graph *graph)
{
	const struct report *report = graph->report;
	const struct weft_pprof_header *header = report->header;
	int ret = weft_pprof_add_sample_type(made, "cum", report->output_unit);
	uint32_t i;

	ret = ret < 0 ? ret : weft_pprof_add_sample_type(made, "flat", report->output_unit);
	ret = ret < 0 ? ret
		      : weft_pprof_set_period(made, header->period_type.type,
					      header->period_type.unit, header->period);
	weft_pprof_set_time(made, header->time_ns, header->duration_ns);
	for (i = 0; ret == 0 && i < graph->count; i++) {
		ret = add_entry(made, report, graph->nodes[i]);
	}
	return ret;
}

int weft_report_write_topproto(struct report *report, FILE *out, struct weft_error *err)
{
	struct weft_pprof *made = weft_pprof_create();
	struct report_graph graph;
	int ret = weft_report_graph__init_trimmed(&graph, report);

	ret = made ? ret : -ENOMEM;
	ret = finish(made, ret < 0 ? ret : add_entries(made, &graph), out, err);
	weft_report_graph__fini(&graph);
	return ret;
}
