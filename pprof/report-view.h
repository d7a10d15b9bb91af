// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * One report in the making: the profile as filters leave it, and what the config says about it.
 *
 * Filters take lines out of locations, locations out of stacks, labels and samples away. They work on
 * a view: small arrays that point into the profile until something must differ. Functions and
 * locations are copied (there are few), stacks only when a location is taken out of their middle.
 *
 *     report-write.c    init ─▶ tag frames ─▶ filters, total (or the reverse) ─▶ writer ─▶ fini
 *     report-filter.c   what the filters do
 *     report-tag.c      labels: units, ranges, frames made of them
 *     report-graph.c    sums by place
 *     report-*.c        writers, one family of formats each
 */
#ifndef WEFT_PPROF_REPORT_VIEW_H
#define WEFT_PPROF_REPORT_VIEW_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include <weft/report.h>

#include "arena.h"
#include "report-config.h"
#include "report-memory.h"
#include "report-regex.h"
#include "report-unit.h"

struct report_location {
	uint64_t address;
	const struct weft_pprof_line *lines; /* Innermost first. */
	uint32_t line_count;
	uint32_t mapping; /* WEFT_PPROF_NONE: none. */
	bool is_folded;
	bool is_hidden; /* Taken out of all stacks. */
};

/* Points into the profile or the report's arena. */
struct report_sample {
	const uint32_t *locations;
	const int64_t *values;
	const struct weft_pprof_label *labels;
	uint32_t location_count, label_count;
};

/* The unit of a numeric label, one for all samples. */
struct report_key {
	const char *key, *unit;
};

struct report {
	struct weft_arena arena;
	const struct weft_pprof *profile;
	const struct weft_pprof_header *header;
	const struct weft_report_request *request;
	struct report_values values;       /* With what the format insists on. */
	struct report_values values_given; /* As the config has them. */
	struct weft_pprof_function *functions;
	struct report_location *locations;
	struct report_sample *samples;
	const struct weft_pprof_mapping *mappings;
	struct report_key *keys;
	uint32_t function_count, location_count, sample_count, mapping_count, key_count;
	uint32_t value_index;
	bool is_visual;          /* A graph to look at, with labels beside its nodes. */
	bool keeps_objects;      /* Nodes of different binaries stay apart. */
	const char *sample_type; /* With "mean_" in front when it is a mean. */
	const char *sample_unit;
	const char *output_unit; /* "minimum" until a graph says what that is. */
	const char *title;
	double ratio; /* Each value is multiplied by it. */
	int64_t total;
	struct report_regex *symbol; /* The format's argument; or NULL. */
};

/** Fills in functions, locations, samples, units of labels. 0; -ENOMEM. */
WEFT_MUST_CHECK int weft_report_view__init(struct report *report, const struct weft_pprof *profile,
					   const struct weft_report_config *config,
					   const struct weft_report_request *request);
void weft_report_view__fini(struct report *report);

/** Tells the user, if anybody listens. */
void weft_report_view__warn(const struct report *report, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/** -ENOMEM, with its text. */
int weft_report_view__no_memory(struct weft_error *err);

/** The value of a sample, and what to divide sums of it by (0: nothing). */
int64_t weft_report_view__value(const struct report *report, const struct report_sample *sample);
int64_t weft_report_view__divisor(const struct report *report, const struct report_sample *sample);
/** Chooses the value, and what follows from it. 0; -EINVAL. */
WEFT_MUST_CHECK int weft_report_view__choose_value(struct report *report, struct weft_error *err);
/** Sums up all that there is, for percentages. */
void weft_report_view__sum(struct report *report);
/** A value with what the config divides by, in the profile's unit; after choose_value(). */
int64_t weft_report_view__ratio(const struct report *report, int64_t value);
/** A value as reports show it, after choose_value(). @return `text`. */
const char *weft_report_view__format(const struct report *report, char text[WEFT_REPORT_TEXT_SIZE],
				     int64_t value);
/** As above, "." for 0. */
const char *weft_report_view__format_or_dot(const struct report *report,
					    char text[WEFT_REPORT_TEXT_SIZE], int64_t value);
/** What comes behind the last slash; "." for "". Borrowed. */
const char *weft_report_view__base_name(const char *path);

/* ---- report-filter.c ---- */

/** Applies all filters of the config. 0; -EINVAL: not an expression; -ENOMEM. */
WEFT_MUST_CHECK int weft_report_filter__apply(struct report *report, struct weft_error *err);
/** Whether any line of the location, or its binary, matches. */
bool weft_report_filter__matches(const struct report *report,
				 const struct report_location *location,
				 struct report_regex *regex);
/** A function's name without what is behind the first parenthesis, for drop and keep. */
char *weft_report_filter__simplify(struct weft_arena *arena, const char *name);

/* ---- report-tag.c ---- */

/** What a label is: one with a text, a number, or (0 without unit) as good as none. */
bool weft_report_tag__is_text(const struct weft_pprof_label *label);
bool weft_report_tag__is_number(const struct weft_pprof_label *label);
/** Finds the units of numeric labels, and warns of keys with several. 0; -ENOMEM. */
WEFT_MUST_CHECK int weft_report_tag__find_units(struct report *report);
/** The unit of a numeric label. */
const char *weft_report_tag__unit(const struct report *report, const char *key);
/** Adds the frames that tagroot and tagleaf ask for. 0; -ENOMEM. */
WEFT_MUST_CHECK int weft_report_tag__add_frames(struct report *report);

struct report_tag_filter;
/** Compiles tagfocus or tagignore; `*ret_filter` is NULL for "". 0; -EINVAL; -ENOMEM. */
WEFT_MUST_CHECK int weft_report_tag__create_filter(struct report *report, const char *name,
						   const char *text,
						   struct report_tag_filter **ret_filter,
						   struct weft_error *err);
void weft_report_tag__destroy_filter(struct report_tag_filter *filter);
bool weft_report_tag__matches(const struct report *report, struct report_tag_filter *filter,
			      const struct report_sample *sample);

/* ---- report-path.c ---- */

/** A source file's path without what trim_path says, or what source_path lets guess. Borrowed. */
const char *weft_report_path__trim(const char *path, const char *trim_path,
				   const char *source_path);
/** The shortest path for the same file, by its text alone; "" stays. NULL: out of memory. */
const char *weft_report_path__clean(struct weft_arena *arena, const char *path);

/* ---- Writers. 0; -ENOENT: nothing matches the argument; -ENOMEM ---- */

WEFT_MUST_CHECK int weft_report_write_top(struct report *report, FILE *out, struct weft_error *err);
WEFT_MUST_CHECK int weft_report_write_tree(struct report *report, FILE *out,
					   struct weft_error *err);
WEFT_MUST_CHECK int weft_report_write_traces(struct report *report, FILE *out,
					     struct weft_error *err);
WEFT_MUST_CHECK int weft_report_write_tags(struct report *report, FILE *out,
					   struct weft_error *err);
WEFT_MUST_CHECK int weft_report_write_raw(struct report *report, FILE *out, struct weft_error *err);
WEFT_MUST_CHECK int weft_report_write_comments(struct report *report, FILE *out,
					       struct weft_error *err);
WEFT_MUST_CHECK int weft_report_write_callgrind(struct report *report, FILE *out,
						struct weft_error *err);
WEFT_MUST_CHECK int weft_report_write_dot(struct report *report, FILE *out, struct weft_error *err);
WEFT_MUST_CHECK int weft_report_write_list(struct report *report, FILE *out,
					   struct weft_error *err);
WEFT_MUST_CHECK int weft_report_write_json(struct report *report, FILE *out,
					   struct weft_error *err);
WEFT_MUST_CHECK int weft_report_write_csv(struct report *report, FILE *out, struct weft_error *err);
WEFT_MUST_CHECK int weft_report_write_folded(struct report *report, FILE *out,
					     struct weft_error *err);
WEFT_MUST_CHECK int weft_report_write_flame(struct report *report, FILE *out,
					    struct weft_error *err);
WEFT_MUST_CHECK int weft_report_write_html(struct report *report, FILE *out,
					   struct weft_error *err);
WEFT_MUST_CHECK int weft_report_write_proto(struct report *report, FILE *out,
					    struct weft_error *err);
WEFT_MUST_CHECK int weft_report_write_topproto(struct report *report, FILE *out,
					       struct weft_error *err);
WEFT_MUST_CHECK int weft_report_write_disasm(struct report *report, FILE *out,
					     struct weft_error *err);
WEFT_MUST_CHECK int weft_report_write_weblist(struct report *report, FILE *out,
					      struct weft_error *err);
/** By the request's format: what dot -T calls it. */
WEFT_MUST_CHECK int weft_report_write_picture(struct report *report, FILE *out,
					      struct weft_error *err);

#endif
