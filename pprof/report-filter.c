// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Filters by function, file, binary and label. See report-view.h.
 *
 * Expressions look at places, not at stacks: each is tried once a function and mapping, never once a
 * sample.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "report-view.h"

enum name_filter { FOCUS, IGNORE, HIDE, SHOW, SHOW_FROM, PRUNE_FROM, TAG_SHOW, TAG_HIDE, COUNT_ };

/* What a location means to focus and ignore. */
enum verdict { VERDICT_NONE, VERDICT_FOCUSED, VERDICT_IGNORED };

struct filters {
	struct report_regex *regexes[COUNT_];
	struct report_tag_filter *tag_focus, *tag_ignore;
	unsigned char *verdicts; /* enum verdict, one a location. */
	unsigned char *marks;    /* A location that show_from or prune_from stops at. */
	bool has_hidden;
};

static bool line_matches(const struct report *report, const struct weft_pprof_line *line,
			 struct report_regex *regex)
{
	const struct weft_pprof_function *function = &report->functions[line->function];

	return weft_report_regex__matches(regex, function->name) ||
	       weft_report_regex__matches(regex, function->file);
}

static bool mapping_matches(const struct report *report, const struct report_location *location,
			    struct report_regex *regex)
{
	return location->mapping != WEFT_PPROF_NONE &&
	       weft_report_regex__matches(regex, report->mappings[location->mapping].file);
}

bool weft_report_filter__matches(const struct report *report,
				 const struct report_location *location, struct report_regex *regex)
{
	uint32_t i;

	for (i = 0; i < location->line_count; i++) {
		if (line_matches(report, &location->lines[i], regex)) {
			return true;
		}
	}
	return mapping_matches(report, location, regex);
}

/* Leaves the lines whose matching is `wanted`. 0; -ENOMEM. */
static int keep_lines(struct report *report, struct report_location *location,
		      struct report_regex *regex, bool wanted)
{
	struct weft_pprof_line *kept;
	uint32_t count = 0, i;

	if (mapping_matches(report, location, regex)) {
		location->line_count = wanted ? location->line_count : 0;
		return 0;
	}
	kept = weft_report__zeroed(&report->arena, location->line_count, sizeof(*kept));
	if (!kept) {
		return -ENOMEM;
	}
	for (i = 0; i < location->line_count; i++) {
		if (line_matches(report, &location->lines[i], regex) == wanted) {
			kept[count++] = location->lines[i];
		}
	}
	location->lines = kept;
	location->line_count = count;
	return 0;
}

/* What focus, ignore, hide and show matched. */
struct name_matches {
	bool focus, ignore, hide, show;
};

static int judge_location(struct report *report, struct filters *filters, uint32_t index,
			  struct name_matches *matches)
{
	struct report_location *location = &report->locations[index];
	struct report_regex *const *regexes = filters->regexes;
	bool is_hidden = false;

	if (regexes[IGNORE] && weft_report_filter__matches(report, location, regexes[IGNORE])) {
		matches->ignore = true;
		filters->verdicts[index] = VERDICT_IGNORED;
	} else if (!regexes[FOCUS] ||
		   weft_report_filter__matches(report, location, regexes[FOCUS])) {
		matches->focus = true;
		filters->verdicts[index] = VERDICT_FOCUSED;
	}
	if (regexes[HIDE] && weft_report_filter__matches(report, location, regexes[HIDE])) {
		matches->hide = true;
		if (keep_lines(report, location, regexes[HIDE], false) < 0) {
			return -ENOMEM;
		}
		is_hidden = location->line_count == 0;
	}
	if (regexes[SHOW]) {
		if (keep_lines(report, location, regexes[SHOW], true) < 0) {
			return -ENOMEM;
		}
		is_hidden = is_hidden || location->line_count == 0;
		matches->show = matches->show || location->line_count > 0;
	}
	location->is_hidden = is_hidden;
	filters->has_hidden = filters->has_hidden || is_hidden;
	return 0;
}

static bool is_focused(const struct filters *filters, const struct report_sample *sample)
{
	bool focused = false;
	uint32_t i;

	for (i = 0; i < sample->location_count; i++) {
		switch (filters->verdicts[sample->locations[i]]) {
		case VERDICT_IGNORED:
			return false;
		case VERDICT_FOCUSED:
			focused = true;
			break;
		default:
			break;
		}
	}
	return focused;
}

/* Takes hidden locations out of the stack. 0; -ENOMEM. */
static int drop_hidden(struct report *report, struct report_sample *sample)
{
	uint32_t *kept;
	uint32_t count = 0, i;

	for (i = 0; i < sample->location_count; i++) {
		count += !report->locations[sample->locations[i]].is_hidden;
	}
	if (count == sample->location_count) {
		return 0;
	}
	kept = weft_report__zeroed(&report->arena, count, sizeof(*kept));
	if (!kept) {
		return -ENOMEM;
	}
	count = 0;
	for (i = 0; i < sample->location_count; i++) {
		if (!report->locations[sample->locations[i]].is_hidden) {
			kept[count++] = sample->locations[i];
		}
	}
	sample->locations = kept;
	sample->location_count = count;
	return 0;
}

static void warn_unmatched(const struct report *report, bool is_unmatched, const char *option)
{
	if (is_unmatched) {
		weft_report_view__warn(report, "%s expression matched no samples", option);
	}
}

static int filter_by_name(struct report *report, struct filters *filters)
{
	struct name_matches matches = {false, false, false, false};
	uint32_t kept = 0, i;

	for (i = 0; i < report->location_count; i++) {
		if (judge_location(report, filters, i, &matches) < 0) {
			return -ENOMEM;
		}
	}
	for (i = 0; i < report->sample_count; i++) {
		struct report_sample *sample = &report->samples[i];

		if (!is_focused(filters, sample)) {
			continue;
		}
		if (filters->has_hidden && drop_hidden(report, sample) < 0) {
			return -ENOMEM;
		}
		if (sample->location_count > 0) {
			report->samples[kept++] = *sample;
		}
	}
	report->sample_count = kept;
	warn_unmatched(report, filters->regexes[FOCUS] && !matches.focus, "Focus");
	warn_unmatched(report, filters->regexes[IGNORE] && !matches.ignore, "Ignore");
	warn_unmatched(report, filters->regexes[HIDE] && !matches.hide, "Hide");
	warn_unmatched(report, filters->regexes[SHOW] && !matches.show, "Show");
	return 0;
}

/* Cuts what calls the outermost matching line; whether there is one. */
static bool cut_callers(const struct report *report, struct report_location *location,
			struct report_regex *regex)
{
	uint32_t i;

	if (mapping_matches(report, location, regex)) {
		return true;
	}
	for (i = location->line_count; i > 0; i--) {
		if (line_matches(report, &location->lines[i - 1], regex)) {
			location->line_count = i;
			return true;
		}
	}
	return false;
}

static void show_from(struct report *report, struct filters *filters)
{
	uint32_t kept = 0, i;
	bool matched = false;

	for (i = 0; i < report->location_count; i++) {
		filters->marks[i] =
			cut_callers(report, &report->locations[i], filters->regexes[SHOW_FROM]);
		matched = matched || filters->marks[i];
	}
	for (i = 0; i < report->sample_count; i++) {
		struct report_sample sample = report->samples[i];

		while (sample.location_count > 0 &&
		       !filters->marks[sample.locations[sample.location_count - 1]]) {
			sample.location_count--;
		}
		if (sample.location_count > 0) {
			report->samples[kept++] = sample;
		}
	}
	report->sample_count = kept;
	warn_unmatched(report, !matched, "ShowFrom");
}

static void filter_by_tag(struct report *report, const struct filters *filters)
{
	bool focused = false, ignored = false;
	uint32_t kept = 0, i;

	for (i = 0; i < report->sample_count; i++) {
		const struct report_sample *sample = &report->samples[i];
		bool focus = !filters->tag_focus ||
			     weft_report_tag__matches(report, filters->tag_focus, sample);
		bool ignore = filters->tag_ignore &&
			      weft_report_tag__matches(report, filters->tag_ignore, sample);

		focused = focused || focus;
		ignored = ignored || ignore;
		if (focus && !ignore) {
			report->samples[kept++] = *sample;
		}
	}
	report->sample_count = kept;
	warn_unmatched(report, filters->tag_focus && !focused, "TagFocus");
	warn_unmatched(report, filters->tag_ignore && !ignored, "TagIgnore");
}

/* Takes labels away by their keys. 0; -ENOMEM. */
static int filter_labels(struct report *report, const struct filters *filters)
{
	bool shown = false, hidden = false;
	uint32_t i, j;

	for (i = 0; i < report->sample_count; i++) {
		struct report_sample *sample = &report->samples[i];
		struct weft_pprof_label *kept;
		uint32_t count = 0;

		kept = weft_report__zeroed(&report->arena, sample->label_count, sizeof(*kept));
		if (!kept) {
			return -ENOMEM;
		}
		for (j = 0; j < sample->label_count; j++) {
			const char *key = sample->labels[j].key;
			bool show = !filters->regexes[TAG_SHOW] ||
				    weft_report_regex__matches(filters->regexes[TAG_SHOW], key);
			bool hide = filters->regexes[TAG_HIDE] &&
				    weft_report_regex__matches(filters->regexes[TAG_HIDE], key);

			shown = shown || show;
			hidden = hidden || hide;
			if (show && !hide) {
				kept[count++] = sample->labels[j];
			}
		}
		sample->labels = kept;
		sample->label_count = count;
	}
	warn_unmatched(report, filters->regexes[TAG_SHOW] && !shown, "TagShow");
	warn_unmatched(report, filters->regexes[TAG_HIDE] && !hidden, "TagHide");
	return 0;
}

/* Where a name without its parameters ends. */
static size_t simple_length(const char *name)
{
	static const char *const reserved[] = {"(anonymous namespace)", "operator()"};
	size_t i = 0, j;

	while (name[i]) {
		size_t skip = 0;

		for (j = 0; j < sizeof(reserved) / sizeof(reserved[0]); j++) {
			if (strncmp(name + i, reserved[j], strlen(reserved[j])) == 0) {
				skip = strlen(reserved[j]);
			}
		}
		if (!skip && name[i] == '(') {
			break;
		}
		i += skip ? skip : 1;
	}
	return i;
}

char *weft_report_filter__simplify(struct weft_arena *arena, const char *name)
{
	name += *name == '.';
	return weft_report__string(arena, name, simple_length(name));
}

/* Cuts what the innermost matching line calls; whether there is one; -ENOMEM. */
static int cut_callees(struct report *report, struct report_location *location,
		       struct report_regex *regex)
{
	uint32_t i;

	for (i = 0; i < location->line_count; i++) {
		const char *name = report->functions[location->lines[i].function].name;
		char *simple = weft_report_filter__simplify(&report->arena, name);

		if (!simple) {
			return -ENOMEM;
		}
		if (*name && weft_report_regex__matches(regex, simple)) {
			location->lines += i;
			location->line_count -= i;
			return 1;
		}
	}
	return 0;
}

static int prune_from(struct report *report, struct filters *filters)
{
	uint32_t i, j;

	for (i = 0; i < report->location_count; i++) {
		int ret = cut_callees(report, &report->locations[i], filters->regexes[PRUNE_FROM]);

		if (ret < 0) {
			return ret;
		}
		filters->marks[i] = ret > 0;
	}
	for (i = 0; i < report->sample_count; i++) {
		struct report_sample *sample = &report->samples[i];

		for (j = 0; j < sample->location_count; j++) {
			if (filters->marks[sample->locations[j]]) {
				sample->locations += j;
				sample->location_count -= j;
				break;
			}
		}
	}
	return 0;
}

static int compile(struct report *report, struct filters *filters, struct weft_error *err)
{
	const struct report_values *values = &report->values;
	const struct {
		const char *name, *text;
	} sources[COUNT_] = {
		{"focus", values->focus},         {"ignore", values->ignore},
		{"hide", values->hide},           {"show", values->show},
		{"show_from", values->show_from}, {"prune_from", values->prune_from},
		{"tagshow", values->tagshow},     {"taghide", values->taghide},
	};
	unsigned i;
	int ret;

	for (i = 0; i < COUNT_; i++) {
		if (*sources[i].text == '\0') {
			continue;
		}
		ret = weft_report_regex__create(sources[i].text, &filters->regexes[i], err);
		if (ret < 0) {
			weft_error_prepend(err, "parsing %s regexp", sources[i].name);
			return ret;
		}
	}
	ret = weft_report_tag__create_filter(report, "tagfocus", values->tagfocus,
					     &filters->tag_focus, err);
	if (ret < 0) {
		return ret;
	}
	return weft_report_tag__create_filter(report, "tagignore", values->tagignore,
					      &filters->tag_ignore, err);
}

static int apply(struct report *report, struct filters *filters)
{
	bool has_names = filters->regexes[FOCUS] || filters->regexes[IGNORE] ||
			 filters->regexes[HIDE] || filters->regexes[SHOW];
	int ret = has_names ? filter_by_name(report, filters) : 0;

	if (ret == 0 && filters->regexes[SHOW_FROM]) {
		show_from(report, filters);
	}
	if (ret == 0 && (filters->tag_focus || filters->tag_ignore)) {
		filter_by_tag(report, filters);
	}
	if (ret == 0 && (filters->regexes[TAG_SHOW] || filters->regexes[TAG_HIDE])) {
		ret = filter_labels(report, filters);
	}
	if (ret == 0 && filters->regexes[PRUNE_FROM]) {
		ret = prune_from(report, filters);
	}
	return ret;
}

int weft_report_filter__apply(struct report *report, struct weft_error *err)
{
	struct filters filters = {.verdicts = NULL};
	unsigned i;
	int ret = compile(report, &filters, err);

	if (ret < 0) {
		goto out;
	}
	filters.verdicts = weft_report__zeroed(&report->arena, report->location_count, 1);
	filters.marks = weft_report__zeroed(&report->arena, report->location_count, 1);
	if (!filters.verdicts || !filters.marks || apply(report, &filters) < 0) {
		ret = weft_report_view__no_memory(err);
		goto out;
	}
	for (i = 0; i < COUNT_; i++) {
		if (filters.regexes[i] && weft_report_regex__failed(filters.regexes[i])) {
			ret = weft_error_set(err, -EINVAL,
					     "regular expression '%s' takes too long to match",
					     weft_report_regex__text(filters.regexes[i]));
		}
	}
out:
	for (i = 0; i < COUNT_; i++) {
		weft_report_regex__destroy(filters.regexes[i]);
	}
	weft_report_tag__destroy_filter(filters.tag_focus);
	weft_report_tag__destroy_filter(filters.tag_ignore);
	return ret;
}
