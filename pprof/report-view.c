// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * The profile as a report sees it. See report-view.h.
 */
#include "report-view.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

int weft_report_view__no_memory(struct weft_error *err)
{
	return weft_error_set(err, -ENOMEM, "make a report: out of memory");
}

void weft_report_view__warn(const struct report *report, const char *format, ...)
{
	char text[1024];
	va_list args;

	if (report->request->warn) {
		va_start(args, format);
		(void)vsnprintf(text, sizeof(text), format, args);
		va_end(args);
		report->request->warn(report->request->ctx, text);
	}
}

static int copy_functions(struct report *report)
{
	uint32_t i;

	report->function_count = weft_pprof_function_count(report->profile);
	report->functions = weft_report__zeroed(&report->arena, report->function_count,
						sizeof(*report->functions));
	if (!report->functions) {
		return -ENOMEM;
	}
	for (i = 0; i < report->function_count; i++) {
		report->functions[i] = *weft_pprof_get_function(report->profile, i);
	}
	return 0;
}

static int copy_locations(struct report *report)
{
	uint32_t i;

	report->location_count = weft_pprof_location_count(report->profile);
	report->locations = weft_report__zeroed(&report->arena, report->location_count,
						sizeof(*report->locations));
	if (!report->locations) {
		return -ENOMEM;
	}
	for (i = 0; i < report->location_count; i++) {
		const struct weft_pprof_location *from =
			weft_pprof_get_location(report->profile, i);

		report->locations[i] = (struct report_location){
			.address = from->address,
			.lines = from->lines,
			.line_count = from->line_count,
			.mapping = weft_pprof_mapping_count(report->profile) ? from->mapping : 0,
			.is_folded = from->is_folded,
		};
	}
	return 0;
}

static int copy_samples(struct report *report)
{
	uint32_t i;

	report->sample_count = weft_pprof_sample_count(report->profile);
	/* Not in the arena: the largest of all, and never zeroed first. */
	report->samples = malloc(((size_t)report->sample_count + 1) * sizeof(*report->samples));
	if (!report->samples) {
		return -ENOMEM;
	}
	for (i = 0; i < report->sample_count; i++) {
		const struct weft_pprof_sample *from = weft_pprof_get_sample(report->profile, i);

		report->samples[i] = (struct report_sample){
			.locations = from->locations,
			.values = from->values,
			.labels = from->labels,
			.location_count = from->location_count,
			.label_count = from->label_count,
		};
	}
	return 0;
}

int weft_report_view__init(struct report *report, const struct weft_pprof *profile,
			   const struct weft_report_config *config,
			   const struct weft_report_request *request)
{
	static const struct weft_pprof_mapping unknown = {.file = "", .build_id = ""};

	memset(report, 0, sizeof(*report));
	report->arena.limit_bytes = WEFT_PPROF_MEMORY_LIMIT_DEFAULT;
	report->profile = profile;
	report->header = weft_pprof_get_header(profile);
	report->request = request;
	weft_report_config__read(config, &report->values);
	report->values_given = report->values;
	report->mapping_count = weft_pprof_mapping_count(profile);
	report->mappings = report->mapping_count ? weft_pprof_get_mapping(profile, 0) : &unknown;
	report->title = "";
	if (report->mapping_count && *report->mappings[0].file) {
		report->title = weft_report_view__base_name(report->mappings[0].file);
	}
	/* Places of a profile without any mapping are all in one that nothing is known of. */
	report->mapping_count += report->mapping_count == 0;
	if (copy_functions(report) < 0 || copy_locations(report) < 0 || copy_samples(report) < 0) {
		return -ENOMEM;
	}
	return weft_report_tag__find_units(report);
}

void weft_report_view__fini(struct report *report)
{
	weft_report_regex__destroy(report->symbol);
	free(report->samples);
	weft_arena_fini(&report->arena);
}

int64_t weft_report_view__value(const struct report *report, const struct report_sample *sample)
{
	return sample->values[report->value_index];
}

int64_t weft_report_view__divisor(const struct report *report, const struct report_sample *sample)
{
	return report->values.mean ? sample->values[0] : 0;
}

static const char *sample_type_at(const struct weft_pprof *profile, uint32_t index)
{
	return weft_pprof_get_sample_type(profile, index)->type;
}

/* A number, or a name; "inuse_x" is also good for a type called "x". */
static int find_sample_type(const struct weft_pprof *profile, const char *name)
{
	uint32_t count = weft_pprof_sample_type_count(profile), i;
	const char *plain = strncmp(name, "inuse_", 6) == 0 ? name + 6 : name;
	char *end;
	long number;

	errno = 0;
	number = strtol(name, &end, 10);
	if (errno == 0 && end != name && *end == '\0') {
		return number >= 0 && number < (long)count ? (int)number : -EINVAL;
	}
	for (i = 0; i < count; i++) {
		if (strcmp(sample_type_at(profile, i), name) == 0 ||
		    strcmp(sample_type_at(profile, i), plain) == 0) {
			return (int)i;
		}
	}
	return -EINVAL;
}

static void list_types(const struct weft_pprof *profile, char *text, size_t size)
{
	uint32_t i;
	size_t used = 0;

	text[0] = '\0';
	for (i = 0; i < weft_pprof_sample_type_count(profile) && used < size; i++) {
		used += (size_t)snprintf(text + used, size - used, "%s%s", i ? " " : "",
					 sample_type_at(profile, i));
	}
}

int weft_report_sample_index(const struct weft_pprof *profile,
			     const struct weft_report_config *config, struct weft_error *err)
{
	const char *name = weft_report_config_get(config, "sample_index");
	uint32_t count = weft_pprof_sample_type_count(profile);
	char types[512];
	int index;

	if (count == 0) {
		return weft_error_set(err, -EINVAL, "profile has no samples");
	}
	if (*name == '\0') {
		uint32_t i;

		name = weft_pprof_get_header(profile)->default_sample_type;
		for (i = 0; i < count && *name; i++) {
			if (strcmp(name, sample_type_at(profile, i)) == 0) {
				return (int)i;
			}
		}
		return (int)count - 1;
	}
	index = find_sample_type(profile, name);
	if (index < 0) {
		list_types(profile, types, sizeof(types));
		return weft_error_set(err, -EINVAL,
				      "sample_index \"%s\" must be one of: [%s] or 0..%u", name,
				      types, count - 1);
	}
	return index;
}

int weft_report_view__choose_value(struct report *report, struct weft_error *err)
{
	const struct weft_pprof_value_type *type;

	type = weft_pprof_get_sample_type(report->profile, report->value_index);
	report->sample_type = type->type;
	if (report->values.mean) {
		report->sample_type = weft_report__format(&report->arena, "mean_%s", type->type);
		if (!report->sample_type) {
			return weft_report_view__no_memory(err);
		}
	}
	report->sample_unit = type->unit;
	report->output_unit = report->values.unit;
	if (report->values.divide_by == 0) {
		return weft_error_set(err, -EINVAL, "zero divisor specified");
	}
	report->ratio = 1 / report->values.divide_by;
	return 0;
}

static bool is_of_base(const struct report_sample *sample)
{
	uint32_t i;

	for (i = 0; i < sample->label_count; i++) {
		const struct weft_pprof_label *label = &sample->labels[i];

		if (weft_report_tag__is_text(label) && strcmp(label->key, "pprof::base") == 0 &&
		    strcmp(label->str, "true") == 0) {
			return true;
		}
	}
	return false;
}

void weft_report_view__sum(struct report *report)
{
	int64_t total = 0, divisor = 0, base_total = 0, base_divisor = 0;
	uint32_t i;

	for (i = 0; i < report->sample_count; i++) {
		const struct report_sample *sample = &report->samples[i];
		int64_t value =
			weft_report_unit__magnitude(weft_report_view__value(report, sample));
		int64_t count = weft_report_view__divisor(report, sample);

		total = weft_report_unit__add(total, value);
		divisor = weft_report_unit__add(divisor, count);
		if (is_of_base(sample)) {
			base_total = weft_report_unit__add(base_total, value);
			base_divisor = weft_report_unit__add(base_divisor, count);
		}
	}
	if (base_total > 0) {
		total = base_total;
		divisor = base_divisor;
	}
	report->total = divisor ? weft_report_unit__divide(total, divisor) : total;
}

int64_t weft_report_view__ratio(const struct report *report, int64_t value)
{
	return report->ratio > 0 && report->ratio != 1
		       ? weft_report_unit__multiply(value, report->ratio)
		       : value;
}

const char *weft_report_view__format(const struct report *report, char text[WEFT_REPORT_TEXT_SIZE],
				     int64_t value)
{
	return weft_report_unit__label(text, weft_report_view__ratio(report, value),
				       report->sample_unit, report->output_unit);
}

const char *weft_report_view__format_or_dot(const struct report *report,
					    char text[WEFT_REPORT_TEXT_SIZE], int64_t value)
{
	return value == 0 ? "." : weft_report_view__format(report, text, value);
}

const char *weft_report_view__base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	if (*path == '\0') {
		return ".";
	}
	return slash ? slash + 1 : path;
}
