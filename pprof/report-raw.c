// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * A profile as text, field by field: the report "raw".
 */
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "report-view.h"

/* Characters of a duration that are shown. */
#define DURATION_WIDTH 4

static void print_time(const struct report *report, FILE *out)
{
	int64_t ns = report->header->time_ns % 1000000000;
	time_t seconds = (time_t)(report->header->time_ns / 1000000000) - (ns < 0);
	char date[80], zone[80], fraction[16] = "";
	struct tm parts;
	size_t len;

	if (report->header->time_ns == 0 || !localtime_r(&seconds, &parts)) {
		return;
	}
	ns += ns < 0 ? 1000000000 : 0;
	if (ns) {
		len = (size_t)snprintf(fraction, sizeof(fraction), ".%09" PRId64, ns);
		while (len > 0 && fraction[len - 1] == '0') {
			fraction[--len] = '\0';
		}
	}
	(void)strftime(date, sizeof(date), "%Y-%m-%d %H:%M:%S", &parts);
	(void)strftime(zone, sizeof(zone), "%z %Z", &parts);
	(void)fprintf(out, "Time: %s%s %s\n", date, fraction, zone);
}

/* The start of "1h2m3.5s", "450ms", "12.5us". */
static void print_duration(int64_t ns, FILE *out)
{
	uint64_t amount = (uint64_t)weft_report_unit__magnitude(ns);
	uint64_t hours = amount / 3600000000000U, minutes = amount / 60000000000U % 60;
	double seconds = (double)(amount % 60000000000U) / 1e9;
	char text[80];
	int used = 0;

	if (ns < 0) {
		text[used++] = '-';
	}
	if (amount < 1000) {
		(void)snprintf(text + used, sizeof(text) - 1, "%" PRIu64 "ns", amount);
	} else if (amount < 1000000) {
		(void)snprintf(text + used, sizeof(text) - 1, "%.15g\u00b5s", (double)amount / 1e3);
	} else if (amount < 1000000000) {
		(void)snprintf(text + used, sizeof(text) - 1, "%.15gms", (double)amount / 1e6);
	} else if (hours) {
		(void)snprintf(text + used, sizeof(text) - 1, "%" PRIu64 "h%" PRIu64 "m%.15gs",
			       hours, minutes, seconds);
	} else if (minutes) {
		(void)snprintf(text + used, sizeof(text) - 1, "%" PRIu64 "m%.15gs", minutes,
			       seconds);
	} else {
		(void)snprintf(text + used, sizeof(text) - 1, "%.15gs", seconds);
	}
	(void)fprintf(out, "Duration: ");
	for (used = 0; text[used] && used <= DURATION_WIDTH; used++) {
	}
	(void)fprintf(out, "%.*s\n",
		      used > DURATION_WIDTH && ((unsigned char)text[DURATION_WIDTH] & 0xc0) == 0x80
			      ? DURATION_WIDTH + 1
			      : DURATION_WIDTH,
		      text);
}

static void print_types(const struct report *report, FILE *out)
{
	const char *chosen = report->header->default_sample_type;
	uint32_t i;

	(void)fprintf(out, "Samples:\n");
	for (i = 0; i < weft_pprof_sample_type_count(report->profile); i++) {
		const struct weft_pprof_value_type *type =
			weft_pprof_get_sample_type(report->profile, i);

		(void)fprintf(out, "%s%s/%s%s", i ? " " : "", type->type, type->unit,
			      strcmp(type->type, chosen) == 0 ? "[dflt]" : "");
	}
	(void)fprintf(out, "\n");
}

static int compare_texts(const void *left, const void *right)
{
	return strcmp(*(const char *const *)left, *(const char *const *)right);
}

static bool is_wanted(const struct weft_pprof_label *label, bool is_text)
{
	return is_text ? weft_report_tag__is_text(label) : weft_report_tag__is_number(label);
}

/* "key:[a b]", of all labels with the key; NULL: out of memory. */
static char *format_label(struct report *report, const struct report_sample *sample,
			  const char *key, bool is_text)
{
	char *text = weft_report__format(&report->arena, "%s:[", key);
	const char *separator = "";
	bool has_units = false;
	uint32_t i;

	for (i = 0; i < sample->label_count; i++) {
		const struct weft_pprof_label *label = &sample->labels[i];

		has_units = has_units || (!is_text && is_wanted(label, false) && label->unit &&
					  *label->unit && strcmp(label->key, key) == 0);
	}
	for (i = 0; text && i < sample->label_count; i++) {
		const struct weft_pprof_label *label = &sample->labels[i];

		if (!is_wanted(label, is_text) || strcmp(label->key, key) != 0) {
			continue;
		}
		if (is_text) {
			text = weft_report__format(&report->arena, "%s%s%s", text, separator,
						   label->str);
		} else {
			text = weft_report__format(&report->arena, "%s%s%" PRId64 "%s%s", text,
						   separator, label->num, has_units ? " " : "",
						   has_units && label->unit ? label->unit : "");
		}
		separator = " ";
	}
	return text ? weft_report__format(&report->arena, "%s]", text) : NULL;
}

static bool is_first_of_key(const struct report_sample *sample, uint32_t index, bool is_text)
{
	uint32_t i;

	for (i = 0; i < index; i++) {
		if (is_wanted(&sample->labels[i], is_text) &&
		    strcmp(sample->labels[i].key, sample->labels[index].key) == 0) {
			return false;
		}
	}
	return true;
}

static int print_labels(struct report *report, const struct report_sample *sample, bool is_text,
			FILE *out)
{
	char **texts = weft_report__zeroed(&report->arena, sample->label_count, sizeof(char *));
	uint32_t count = 0, i;

	if (!texts) {
		return -ENOMEM;
	}
	for (i = 0; i < sample->label_count; i++) {
		if (is_wanted(&sample->labels[i], is_text) && is_first_of_key(sample, i, is_text)) {
			texts[count] = format_label(report, sample, sample->labels[i].key, is_text);
			if (!texts[count++]) {
				return -ENOMEM;
			}
		}
	}
	qsort(texts, count, sizeof(texts[0]), compare_texts);
	for (i = 0; i < count; i++) {
		(void)fprintf(out, "%s%s", i ? " " : "                ", texts[i]);
	}
	if (count) {
		(void)fprintf(out, "\n");
	}
	return 0;
}

static int print_sample(struct report *report, const struct report_sample *sample, FILE *out)
{
	uint32_t i;

	for (i = 0; i < weft_pprof_sample_type_count(report->profile); i++) {
		(void)fprintf(out, " %10" PRId64, sample->values[i]);
	}
	(void)fprintf(out, ": ");
	for (i = 0; i < sample->location_count; i++) {
		(void)fprintf(out, "%" PRIu32 " ", sample->locations[i] + 1);
	}
	(void)fprintf(out, "\n");
	return print_labels(report, sample, true, out) < 0 ||
			       print_labels(report, sample, false, out) < 0
		       ? -ENOMEM
		       : 0;
}

static void print_location(const struct report *report, uint32_t index, FILE *out)
{
	const struct report_location *location = &report->locations[index];
	bool is_reduced = report->values.noinlines;
	bool shows_columns = !is_reduced || report->values.showcolumns;
	uint32_t first = is_reduced && location->line_count ? location->line_count - 1 : 0, i;

	(void)fprintf(out, "%6" PRIu32 ": 0x%" PRIx64 " ", index + 1, location->address);
	if (location->mapping != WEFT_PPROF_NONE) {
		(void)fprintf(out, "M=%" PRIu32 " ", location->mapping + 1);
	}
	if (location->is_folded) {
		(void)fprintf(out, "[F] ");
	}
	for (i = first; i < location->line_count; i++) {
		const struct weft_pprof_line *line = &location->lines[i];
		const struct weft_pprof_function *function = &report->functions[line->function];

		(void)fprintf(out, "%s%s %s:%" PRId64 ":%" PRId64 " s=%" PRId64,
			      i > first ? "\n             " : "", function->name, function->file,
			      line->line, shows_columns ? line->column : 0, function->start_line);
		if (strcmp(function->name, function->system_name) != 0) {
			(void)fprintf(out, "(%s)", function->system_name);
		}
	}
	(void)fprintf(out, "\n");
}

static void print_mapping(const struct report *report, uint32_t index, FILE *out)
{
	const struct weft_pprof_mapping *mapping = &report->mappings[index];

	(void)fprintf(out,
		      "%" PRIu32 ": 0x%" PRIx64 "/0x%" PRIx64 "/0x%" PRIx64 " %s %s %s%s%s%s\n",
		      index + 1, mapping->start, mapping->limit, mapping->offset, mapping->file,
		      mapping->build_id, mapping->has_functions ? "[FN]" : "",
		      mapping->has_filenames ? "[FL]" : "", mapping->has_line_numbers ? "[LN]" : "",
		      mapping->has_inline_frames && !report->values.noinlines ? "[IN]" : "");
}

int weft_report_write_raw(struct report *report, FILE *out, struct weft_error *err)
{
	uint32_t i;
	int ret = 0;

	for (i = 0; i < weft_pprof_comment_count(report->profile); i++) {
		(void)fprintf(out, "Comment: %s\n", weft_pprof_get_comment(report->profile, i));
	}
	if (*report->header->doc_url) {
		(void)fprintf(out, "Doc: %s\n", report->header->doc_url);
	}
	(void)fprintf(out, "PeriodType: %s %s\nPeriod: %" PRId64 "\n",
		      report->header->period_type.type, report->header->period_type.unit,
		      report->header->period);
	print_time(report, out);
	if (report->header->duration_ns) {
		print_duration(report->header->duration_ns, out);
	}
	print_types(report, out);
	for (i = 0; ret == 0 && i < report->sample_count; i++) {
		ret = print_sample(report, &report->samples[i], out);
	}
	(void)fprintf(out, "Locations\n");
	for (i = 0; i < report->location_count; i++) {
		print_location(report, i, out);
	}
	(void)fprintf(out, "Mappings\n");
	for (i = 0; i < report->mapping_count; i++) {
		print_mapping(report, i, out);
	}
	return ret < 0 ? weft_report_view__no_memory(err) : 0;
}
