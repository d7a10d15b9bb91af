// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * One profile out of two. See weft_pprof_merge() in <weft/pprof.h>.
 *
 * Source: the rules of google/pprof's merge, as it behaves: which mappings, functions and samples
 * are the same, what becomes of units and of the head.
 */
#include "model.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "array.h"
#include "unit.h"

/* Mappings grow by pages: sizes are compared rounded up to one. */
#define PAGE_MASK UINT64_C(4095)

struct merge {
	struct weft_pprof *profile;
	const struct weft_pprof *source;
	uint32_t type_count;    /* Of the result. */
	uint32_t *source_types; /* Column of the result → column of the source. */
	double *ratios;         /* Column of the result: source's unit → result's. */
	uint32_t *mappings, *functions, *locations; /* Source's index → result's. */
	int64_t *values;
	uint32_t *stack;
	size_t stack_capacity;
};

static bool is_empty(const struct weft_pprof *profile)
{
	return profile->sample_types.count == 0 && profile->samples.count == 0;
}

static int copy_head(struct weft_pprof *profile, const struct weft_pprof *source)
{
	const struct weft_pprof_header *header = &source->header;
	uint32_t i;
	int ret = 0;

	for (i = 0; ret == 0 && i < source->sample_types.count; i++) {
		const struct weft_pprof_value_type *type = weft_pprof_get_sample_type(source, i);

		ret = weft_pprof_add_sample_type(profile, type->type, type->unit);
	}
	if (ret == 0) {
		ret = weft_pprof_set_period(profile, header->period_type.type,
					    header->period_type.unit, header->period);
	}
	if (ret == 0) {
		ret = weft_pprof_set_frame_filters(profile, header->drop_frames,
						   header->keep_frames);
	}
	return ret;
}

/* ---- Sample types ---- */

/* Multiplies one column of the profile. */
struct column {
	uint32_t index;
	double ratio;
};

static bool scale_column(void *ctx, const struct weft_pprof_sample *sample, int64_t *values)
{
	const struct column *column = (const struct column *)ctx;

	(void)sample; /* Its values are all that matters. */
	values[column->index] = weft_pprof__multiply(values[column->index], column->ratio);
	return true;
}

/* Keeps some columns, in their order. */
struct columns {
	const uint32_t *kept;
	uint32_t count;
};

static bool keep_columns(void *ctx, const struct weft_pprof_sample *sample, int64_t *values)
{
	const struct columns *columns = (const struct columns *)ctx;
	uint32_t i;

	(void)sample; /* Its values are all that matters. */
	for (i = 0; i < columns->count; i++) {
		values[i] = values[columns->kept[i]];
	}
	return true;
}

/* The column of the source for a type of the profile. */
static int64_t find_type(const struct weft_pprof *source, const char *type)
{
	uint32_t i;

	for (i = 0; i < source->sample_types.count; i++) {
		if (strcmp(weft_pprof_get_sample_type(source, i)->type, type) == 0) {
			return i;
		}
	}
	return -1;
}

/* Makes the units of one column the same: the finer of both. */
static int join_units(struct merge *merge, uint32_t column, struct weft_error *err)
{
	struct weft_pprof_value_type *ours =
		(struct weft_pprof_value_type *)merge->profile->sample_types.items + column;
	const struct weft_pprof_value_type *theirs =
		weft_pprof_get_sample_type(merge->source, merge->source_types[column]);
	struct column scaled = {.index = column};

	if (!weft_unit_ratio(theirs->unit, ours->unit, &merge->ratios[column])) {
		return weft_error_set(err, -EINVAL,
				      "profiles have different sample types: %s/%s and %s/%s",
				      ours->type, ours->unit, theirs->type, theirs->unit);
	}
	if (merge->ratios[column] >= 1) {
		return 0;
	}
	scaled.ratio = 1 / merge->ratios[column];
	weft_pprof_filter_samples(merge->profile, scale_column, &scaled);
	merge->ratios[column] = 1;
	return weft_pprof_add_string(merge->profile, theirs->unit, &ours->unit);
}

/* Reduces the profile to the types that both have. */
static int join_types(struct merge *merge, struct weft_error *err)
{
	struct weft_pprof_value_type *types =
		(struct weft_pprof_value_type *)merge->profile->sample_types.items;
	struct columns columns = {.kept = NULL};
	uint32_t *kept;
	uint32_t i;
	int ret = 0;

	kept = (uint32_t *)calloc(merge->profile->sample_types.count + 1, sizeof(*kept));
	if (!kept) {
		return weft_error_set(err, -ENOMEM, "cannot merge profiles: out of memory");
	}
	for (i = 0; i < merge->profile->sample_types.count; i++) {
		int64_t column = find_type(merge->source, types[i].type);

		if (column >= 0) {
			kept[columns.count] = i;
			/* NOLINTNEXTLINE(clang-analyzer-core.NullDereference): merge_init() made it. */
			merge->source_types[columns.count] = (uint32_t)column;
			types[columns.count++] = types[i];
		}
	}
	if (columns.count == 0) {
		ret = weft_error_set(err, -EINVAL, "profiles have no sample type in common");
		goto out;
	}
	if (columns.count < merge->profile->sample_types.count) {
		columns.kept = kept;
		weft_pprof_filter_samples(merge->profile, keep_columns, &columns);
		merge->profile->sample_types.count = columns.count;
	}
	merge->type_count = columns.count;
	for (i = 0; ret == 0 && i < columns.count; i++) {
		ret = join_units(merge, i, err);
	}
out:
	free(kept);
	return ret;
}

static int join_period(struct merge *merge, struct weft_error *err)
{
	struct weft_pprof_header *ours = &merge->profile->header;
	const struct weft_pprof_header *theirs = &merge->source->header;
	double ratio;
	int64_t period;

	if (strcmp(ours->period_type.type, theirs->period_type.type) != 0 ||
	    !weft_unit_ratio(theirs->period_type.unit, ours->period_type.unit, &ratio)) {
		return weft_error_set(err, -EINVAL,
				      "profiles have different period types: %s/%s and %s/%s",
				      ours->period_type.type, ours->period_type.unit,
				      theirs->period_type.type, theirs->period_type.unit);
	}
	period = weft_pprof__multiply(theirs->period, ratio);
	if (ratio < 1) {
		ours->period = weft_pprof__multiply(ours->period, 1 / ratio);
		period = theirs->period;
		if (weft_pprof_add_string(merge->profile, theirs->period_type.unit,
					  &ours->period_type.unit) < 0) {
			return weft_error_set(err, -ENOMEM, "cannot merge profiles: out of memory");
		}
	}
	ours->period = ours->period < period ? period : ours->period;
	return 0;
}

static int join_head(struct merge *merge)
{
	struct weft_pprof_header *ours = &merge->profile->header;
	const struct weft_pprof_header *theirs = &merge->source->header;
	uint32_t i;
	int ret = 0;

	if (theirs->time_ns != 0 && (ours->time_ns == 0 || theirs->time_ns < ours->time_ns)) {
		ours->time_ns = theirs->time_ns;
	}
	ours->duration_ns = weft_pprof__add(ours->duration_ns, theirs->duration_ns);
	if (ours->default_sample_type[0] == '\0') {
		ret = weft_pprof_set_default_sample_type(merge->profile,
							 theirs->default_sample_type);
	}
	if (ret == 0 && ours->doc_url[0] == '\0') {
		ret = weft_pprof_set_doc_url(merge->profile, theirs->doc_url);
	}
	for (i = 0; ret == 0 && i < merge->source->comments.count; i++) {
		ret = weft_pprof_add_comment(merge->profile,
					     weft_pprof_get_comment(merge->source, i));
	}
	return ret;
}

/* ---- Mappings, functions, locations ---- */

static bool mappings_equal(const struct weft_pprof_mapping *a, const struct weft_pprof_mapping *b)
{
	bool has_ids = a->build_id[0] != '\0' || b->build_id[0] != '\0';

	return ((a->limit - a->start + PAGE_MASK) & ~PAGE_MASK) ==
		       ((b->limit - b->start + PAGE_MASK) & ~PAGE_MASK) &&
	       a->offset == b->offset &&
	       (has_ids ? strcmp(a->build_id, b->build_id) : strcmp(a->file, b->file)) == 0;
}

static int join_mapping(struct merge *merge, const struct weft_pprof_mapping *mapping,
			uint32_t *ret_index)
{
	struct weft_pprof_mapping joined;
	uint32_t i;

	for (i = 0; i < merge->profile->mappings.count; i++) {
		joined = *weft_pprof_get_mapping(merge->profile, i);
		if (mappings_equal(&joined, mapping)) {
			/* What one of them lacks, the result lacks. */
			joined.has_functions &= mapping->has_functions;
			joined.has_filenames &= mapping->has_filenames;
			joined.has_line_numbers &= mapping->has_line_numbers;
			joined.has_inline_frames &= mapping->has_inline_frames;
			*ret_index = i;
			return weft_pprof_set_mapping(merge->profile, i, &joined);
		}
	}
	return weft_pprof_add_mapping(merge->profile, mapping, ret_index);
}

static int join_location(struct merge *merge, const struct weft_pprof_location *location,
			 uint32_t *ret_index)
{
	struct weft_pprof_location joined = *location;
	struct weft_pprof_line *lines;
	uint32_t i;
	int ret;

	lines = (struct weft_pprof_line *)calloc((size_t)location->line_count + 1, sizeof(*lines));
	if (!lines) {
		return -ENOMEM;
	}
	for (i = 0; i < location->line_count; i++) {
		lines[i] = location->lines[i];
		lines[i].function = merge->functions[lines[i].function];
	}
	joined.lines = lines;
	if (location->mapping != WEFT_PPROF_NONE) {
		joined.mapping = merge->mappings[location->mapping];
		/* Where it would be, had the file been loaded where ours is. */
		joined.address -= weft_pprof_get_mapping(merge->source, location->mapping)->start;
		joined.address += weft_pprof_get_mapping(merge->profile, joined.mapping)->start;
	}
	ret = weft_pprof_add_location(merge->profile, &joined, ret_index);
	free(lines);
	return ret;
}

static int join_tables(struct merge *merge)
{
	uint32_t i;
	int ret = 0;

	for (i = 0; ret == 0 && i < merge->source->mappings.count; i++) {
		ret = join_mapping(merge, weft_pprof_get_mapping(merge->source, i),
				   &merge->mappings[i]);
	}
	for (i = 0; ret == 0 && i < merge->source->functions.count; i++) {
		ret = weft_pprof_add_function(merge->profile,
					      weft_pprof_get_function(merge->source, i),
					      &merge->functions[i]);
	}
	for (i = 0; ret == 0 && i < merge->source->locations.count; i++) {
		ret = join_location(merge, weft_pprof_get_location(merge->source, i),
				    &merge->locations[i]);
	}
	return ret;
}

/* ---- Samples ---- */

static int join_samples(struct merge *merge)
{
	uint32_t i, k;
	int ret = 0;

	for (i = 0; ret == 0 && i < merge->source->samples.count; i++) {
		const struct weft_pprof_sample *sample = weft_pprof_get_sample(merge->source, i);
		struct weft_pprof_sample joined = *sample;

		ret = weft_array_reserve(&merge->stack, &merge->stack_capacity,
					 sample->location_count, UINT32_MAX, sizeof(*merge->stack));
		if (ret < 0) {
			return ret;
		}
		for (k = 0; k < sample->location_count; k++) {
			merge->stack[k] = merge->locations[sample->locations[k]];
		}
		for (k = 0; k < merge->type_count; k++) {
			int64_t value = sample->values[merge->source_types[k]];

			merge->values[k] = weft_pprof__multiply(value, merge->ratios[k]);
		}
		joined.locations = merge->stack;
		joined.values = merge->values;
		ret = weft_pprof_add_sample(merge->profile, &joined);
	}
	return ret;
}

/* ---- All of it ---- */

static void *array(size_t count, size_t item_size)
{
	return calloc(count + 1, item_size);
}

static int merge_init(struct merge *merge)
{
	const struct weft_pprof *source = merge->source;
	size_t type_count = source->sample_types.count + merge->profile->sample_types.count;

	merge->source_types = (uint32_t *)array(type_count, sizeof(uint32_t));
	merge->ratios = (double *)array(type_count, sizeof(double));
	merge->values = (int64_t *)array(type_count, sizeof(int64_t));
	merge->mappings = (uint32_t *)array(source->mappings.count, sizeof(uint32_t));
	merge->functions = (uint32_t *)array(source->functions.count, sizeof(uint32_t));
	merge->locations = (uint32_t *)array(source->locations.count, sizeof(uint32_t));
	return merge->source_types && merge->ratios && merge->values && merge->mappings &&
			       merge->functions && merge->locations
		       ? 0
		       : -ENOMEM;
}

static void merge_fini(struct merge *merge)
{
	free(merge->source_types);
	free(merge->ratios);
	free(merge->values);
	free(merge->mappings);
	free(merge->functions);
	free(merge->locations);
	free(merge->stack);
}

static int merge_tables(struct merge *merge)
{
	int ret = join_head(merge);

	if (ret == 0) {
		ret = join_tables(merge);
	}
	if (ret == 0) {
		ret = join_samples(merge);
	}
	if (ret == 0) {
		weft_pprof_drop_zero_samples(merge->profile);
	}
	return ret;
}

int weft_pprof_merge(struct weft_pprof *profile, const struct weft_pprof *source,
		     struct weft_error *err)
{
	struct merge merge = {.profile = profile, .source = source};
	int ret = 0;

	if (is_empty(profile)) {
		ret = copy_head(profile, source);
	}
	if (ret == 0) {
		ret = merge_init(&merge);
	}
	if (ret < 0) {
		(void)weft_error_set_errno(err, ret, "cannot merge profiles");
		goto out;
	}
	/* A profile without types has no samples: there is only its head to join. */
	if (source->sample_types.count > 0 || profile->sample_types.count > 0) {
		ret = join_types(&merge, err);
	}
	if (ret == 0) {
		ret = join_period(&merge, err);
	}
	if (ret == 0) {
		ret = merge_tables(&merge);
		if (ret < 0) {
			(void)weft_error_set_errno(err, ret, "cannot merge profiles");
		}
	}
out:
	merge_fini(&merge);
	return ret;
}
