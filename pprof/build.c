// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Building profiles: everything is found by its contents, and added when new. See <weft/pprof.h>.
 */
#include "model.h"

#include <errno.h>
#include <string.h>

/* Tables with an index are searched by contents. */
typedef uint64_t (*hash_fn)(const struct weft_pprof *profile, const void *item);

static int copy_to_arena(struct weft_pprof *profile, const void *items, size_t size,
			 const void **ret_copy)
{
	void *copy = NULL;
	int ret;

	ret = weft_arena_take(&profile->arena, size, &copy);
	if (ret != 0) {
		return ret;
	}
	if (size > 0) {
		memcpy(copy, items, size);
	}
	*ret_copy = copy;
	return 0;
}

/* Brings an index up to date with items that were added without it, and makes room for one more. */
static int prepare_index(struct weft_pprof *profile, struct weft_hash_index *index,
			 const struct weft_items *items, size_t item_size, hash_fn hash)
{
	size_t i;
	int ret;

	ret = weft_hash_index_reserve(index, &profile->arena, items->count + 1);
	if (ret != 0) {
		return ret;
	}
	for (i = index->count; i < items->count; i++) {
		weft_hash_index_add(index,
				    hash(profile, (const char *)items->items + i * item_size),
				    (uint32_t)i);
	}
	return 0;
}

static uint64_t hash_pointer(uint64_t hash, const void *pointer)
{
	return weft_hash_word(hash, (uint64_t)(uintptr_t)pointer);
}

/* ---- Head ---- */

int weft_pprof_add_sample_type(struct weft_pprof *profile, const char *type, const char *unit)
{
	struct weft_pprof_value_type value_type;
	void *item = NULL;
	int ret;

	if (profile->samples.count > 0) {
		return -EINVAL;
	}
	ret = weft_pprof_add_string(profile, type, &value_type.type);
	if (ret == 0) {
		ret = weft_pprof_add_string(profile, unit, &value_type.unit);
	}
	if (ret == 0) {
		ret = weft_pprof__reserve(profile, &profile->sample_types, sizeof(value_type),
					  &item);
	}
	if (ret != 0) {
		return ret;
	}
	memcpy(item, &value_type, sizeof(value_type));
	profile->sample_types.count++;
	return 0;
}

int weft_pprof_add_comment(struct weft_pprof *profile, const char *comment)
{
	const char *text, **comments;
	void *item = NULL;
	size_t i;
	int ret;

	ret = weft_pprof_add_string(profile, comment, &text);
	if (ret != 0) {
		return ret;
	}
	comments = (const char **)profile->comments.items;
	for (i = 0; i < profile->comments.count; i++) {
		if (comments[i] == text) {
			return 0;
		}
	}
	ret = weft_pprof__reserve(profile, &profile->comments, sizeof(text), &item);
	if (ret != 0) {
		return ret;
	}
	*(const char **)item = text;
	profile->comments.count++;
	return 0;
}

int weft_pprof_set_period(struct weft_pprof *profile, const char *type, const char *unit,
			  int64_t period)
{
	struct weft_pprof_value_type period_type;
	int ret;

	ret = weft_pprof_add_string(profile, type, &period_type.type);
	if (ret == 0) {
		ret = weft_pprof_add_string(profile, unit, &period_type.unit);
	}
	if (ret != 0) {
		return ret;
	}
	profile->header.period_type = period_type;
	profile->header.period = period;
	return 0;
}

int weft_pprof_set_default_sample_type(struct weft_pprof *profile, const char *type)
{
	return weft_pprof_add_string(profile, type, &profile->header.default_sample_type);
}

int weft_pprof_set_doc_url(struct weft_pprof *profile, const char *url)
{
	return weft_pprof_add_string(profile, url, &profile->header.doc_url);
}

int weft_pprof_set_frame_filters(struct weft_pprof *profile, const char *drop, const char *keep)
{
	const char *dropped;
	int ret;

	ret = weft_pprof_add_string(profile, drop, &dropped);
	if (ret == 0) {
		ret = weft_pprof_add_string(profile, keep, &profile->header.keep_frames);
	}
	if (ret == 0) {
		profile->header.drop_frames = dropped;
	}
	return ret;
}

void weft_pprof_set_time(struct weft_pprof *profile, int64_t time_ns, int64_t duration_ns)
{
	profile->header.time_ns = time_ns;
	profile->header.duration_ns = duration_ns;
}

/* ---- Mappings ---- */

static int intern_mapping(struct weft_pprof *profile, struct weft_pprof_mapping *mapping)
{
	int ret;

	if (mapping->limit < mapping->start) {
		return -EINVAL;
	}
	ret = weft_pprof_add_string(profile, mapping->file, &mapping->file);
	if (ret != 0) {
		return ret;
	}
	return weft_pprof_add_string(profile, mapping->build_id, &mapping->build_id);
}

int weft_pprof_add_mapping(struct weft_pprof *profile, const struct weft_pprof_mapping *mapping,
			   uint32_t *ret_index)
{
	struct weft_pprof_mapping own = *mapping;
	void *item = NULL;
	int ret;

	ret = intern_mapping(profile, &own);
	if (ret == 0) {
		ret = weft_pprof__reserve(profile, &profile->mappings, sizeof(own), &item);
	}
	if (ret != 0) {
		return ret;
	}
	memcpy(item, &own, sizeof(own));
	*ret_index = (uint32_t)profile->mappings.count++;
	return 0;
}

int weft_pprof_set_mapping(struct weft_pprof *profile, uint32_t index,
			   const struct weft_pprof_mapping *mapping)
{
	struct weft_pprof_mapping own = *mapping;
	int ret;

	if (index >= profile->mappings.count) {
		return -EINVAL;
	}
	ret = intern_mapping(profile, &own);
	if (ret == 0) {
		((struct weft_pprof_mapping *)profile->mappings.items)[index] = own;
	}
	return ret;
}

/* ---- Functions ---- */

static uint64_t hash_function(const struct weft_pprof *profile, const void *item)
{
	const struct weft_pprof_function *function = (const struct weft_pprof_function *)item;
	uint64_t hash = weft_hash_seed();

	(void)profile; /* Functions are complete in themselves. */
	hash = hash_pointer(hash, function->name);
	hash = hash_pointer(hash, function->system_name);
	hash = hash_pointer(hash, function->file);
	return weft_hash_word(hash, (uint64_t)function->start_line);
}

static int intern_function(struct weft_pprof *profile, struct weft_pprof_function *function)
{
	int ret;

	if (!function->system_name) {
		function->system_name = function->name;
	}
	ret = weft_pprof_add_string(profile, function->name, &function->name);
	if (ret == 0) {
		ret = weft_pprof_add_string(profile, function->system_name, &function->system_name);
	}
	if (ret == 0) {
		ret = weft_pprof_add_string(profile, function->file, &function->file);
	}
	return ret;
}

static bool functions_equal(const struct weft_pprof_function *a,
			    const struct weft_pprof_function *b)
{
	/* Strings of one profile are equal when their pointers are. */
	return a->name == b->name && a->system_name == b->system_name && a->file == b->file &&
	       a->start_line == b->start_line;
}

int weft_pprof_add_function(struct weft_pprof *profile, const struct weft_pprof_function *function,
			    uint32_t *ret_index)
{
	struct weft_pprof_function own = *function;
	struct weft_hash_probe probe;
	uint64_t hash;
	void *item = NULL;
	uint32_t i;
	int ret;

	ret = intern_function(profile, &own);
	if (ret == 0) {
		ret = prepare_index(profile, &profile->function_index, &profile->functions,
				    sizeof(own), hash_function);
	}
	if (ret != 0) {
		return ret;
	}
	hash = hash_function(profile, &own);
	for (weft_hash_index_start(&profile->function_index, hash, &probe);
	     weft_hash_index_next(&profile->function_index, &probe, &i);) {
		if (functions_equal(weft_pprof_get_function(profile, i), &own)) {
			*ret_index = i;
			return 0;
		}
	}
	ret = weft_pprof__reserve(profile, &profile->functions, sizeof(own), &item);
	if (ret != 0) {
		return ret;
	}
	memcpy(item, &own, sizeof(own));
	*ret_index = (uint32_t)profile->functions.count++;
	weft_hash_index_add(&profile->function_index, hash, *ret_index);
	return 0;
}

/* ---- Locations ---- */

static uint64_t hash_location(const struct weft_pprof *profile, const void *item)
{
	const struct weft_pprof_location *location = (const struct weft_pprof_location *)item;
	uint64_t hash = weft_hash_seed();
	uint32_t i;

	(void)profile; /* Indices stand for what they refer to. */
	hash = weft_hash_word(hash, (uint64_t)location->mapping << 1 | location->is_folded);
	hash = weft_hash_word(hash, location->address);
	for (i = 0; i < location->line_count; i++) {
		hash = weft_hash_word(hash, location->lines[i].function);
		hash = weft_hash_word(hash, (uint64_t)location->lines[i].line);
		hash = weft_hash_word(hash, (uint64_t)location->lines[i].column);
	}
	return hash;
}

static bool locations_equal(const struct weft_pprof_location *a,
			    const struct weft_pprof_location *b)
{
	uint32_t i;

	if (a->mapping != b->mapping || a->address != b->address ||
	    a->line_count != b->line_count || a->is_folded != b->is_folded) {
		return false;
	}
	for (i = 0; i < a->line_count; i++) {
		if (a->lines[i].function != b->lines[i].function ||
		    a->lines[i].line != b->lines[i].line ||
		    a->lines[i].column != b->lines[i].column) {
			return false;
		}
	}
	return true;
}

static bool lines_are_valid(const struct weft_pprof *profile, const struct weft_pprof_line *lines,
			    uint32_t count)
{
	uint32_t i;

	for (i = 0; i < count; i++) {
		if (lines[i].function >= profile->functions.count) {
			return false;
		}
	}
	return true;
}

int weft_pprof_add_location(struct weft_pprof *profile, const struct weft_pprof_location *location,
			    uint32_t *ret_index)
{
	struct weft_pprof_location own = *location;
	struct weft_hash_probe probe;
	const void *lines = NULL;
	uint64_t hash;
	void *item = NULL;
	uint32_t i;
	int ret;

	if ((own.mapping != WEFT_PPROF_NONE && own.mapping >= profile->mappings.count) ||
	    !lines_are_valid(profile, own.lines, own.line_count)) {
		return -EINVAL;
	}
	if (profile->locations_changed) {
		weft_hash_index_clear(&profile->location_index);
		profile->locations_changed = false;
	}
	ret = prepare_index(profile, &profile->location_index, &profile->locations, sizeof(own),
			    hash_location);
	if (ret != 0) {
		return ret;
	}
	hash = hash_location(profile, &own);
	for (weft_hash_index_start(&profile->location_index, hash, &probe);
	     weft_hash_index_next(&profile->location_index, &probe, &i);) {
		if (locations_equal(weft_pprof_get_location(profile, i), &own)) {
			*ret_index = i;
			return 0;
		}
	}
	ret = weft_pprof__reserve(profile, &profile->locations, sizeof(own), &item);
	if (ret == 0) {
		ret = copy_to_arena(profile, own.lines, own.line_count * sizeof(*own.lines),
				    &lines);
	}
	if (ret != 0) {
		return ret;
	}
	own.lines = (const struct weft_pprof_line *)lines;
	memcpy(item, &own, sizeof(own));
	*ret_index = (uint32_t)profile->locations.count++;
	weft_hash_index_add(&profile->location_index, hash, *ret_index);
	return 0;
}

int weft_pprof_set_location_lines(struct weft_pprof *profile, uint32_t index,
				  const struct weft_pprof_line *lines, uint32_t line_count)
{
	struct weft_pprof_location *location;
	const void *copy;
	int ret;

	if (index >= profile->locations.count || !lines_are_valid(profile, lines, line_count)) {
		return -EINVAL;
	}
	ret = copy_to_arena(profile, lines, line_count * sizeof(*lines), &copy);
	if (ret != 0) {
		return ret;
	}
	location = (struct weft_pprof_location *)profile->locations.items + index;
	location->lines = (const struct weft_pprof_line *)copy;
	location->line_count = line_count;
	profile->locations_changed = true;
	return 0;
}

/* ---- Samples ---- */

static uint64_t hash_sample(const struct weft_pprof *profile, const void *item)
{
	const struct weft_pprof_sample *sample = (const struct weft_pprof_sample *)item;
	uint64_t hash = weft_hash_seed();
	uint32_t i;

	(void)profile; /* Indices stand for what they refer to. */
	hash = weft_hash_bytes(hash, sample->locations,
			       sample->location_count * sizeof(*sample->locations));
	for (i = 0; i < sample->label_count; i++) {
		hash = hash_pointer(hash, sample->labels[i].key);
		hash = hash_pointer(hash, sample->labels[i].str);
		hash = hash_pointer(hash, sample->labels[i].unit);
		hash = weft_hash_word(hash, (uint64_t)sample->labels[i].num);
	}
	return hash;
}

static bool samples_equal(const struct weft_pprof_sample *a, const struct weft_pprof_sample *b)
{
	uint32_t i;

	if (a->location_count != b->location_count || a->label_count != b->label_count ||
	    (a->location_count > 0 &&
	     memcmp(a->locations, b->locations, a->location_count * sizeof(*a->locations)) != 0)) {
		return false;
	}
	for (i = 0; i < a->label_count; i++) {
		if (a->labels[i].key != b->labels[i].key || a->labels[i].str != b->labels[i].str ||
		    a->labels[i].num != b->labels[i].num ||
		    a->labels[i].unit != b->labels[i].unit) {
			return false;
		}
	}
	return true;
}

static int intern_label(struct weft_pprof *profile, const struct weft_pprof_label *label,
			struct weft_pprof_label *ret_label)
{
	struct weft_pprof_label own = {.num = label->str ? 0 : label->num};
	int ret;

	ret = weft_pprof_add_string(profile, label->key, &own.key);
	if (ret == 0) {
		ret = weft_pprof_add_string(profile, label->str ? NULL : label->unit, &own.unit);
	}
	if (ret == 0 && label->str) {
		ret = weft_pprof_add_string(profile, label->str, &own.str);
	}
	if (ret == 0) {
		*ret_label = own;
	}
	return ret;
}

/* Labels with the profile's own strings, in its scratch array. */
static int intern_labels(struct weft_pprof *profile, const struct weft_pprof_sample *sample,
			 struct weft_pprof_sample *ret_own)
{
	struct weft_pprof_label *labels;
	uint32_t i;
	int ret;

	ret = weft_arena_grow_array(&profile->arena, &profile->labels.items,
				    &profile->labels.capacity, sample->label_count,
				    sizeof(*labels));
	if (ret != 0) {
		return ret;
	}
	labels = (struct weft_pprof_label *)profile->labels.items;
	for (i = 0; i < sample->label_count; i++) {
		ret = intern_label(profile, &sample->labels[i], &labels[i]);
		if (ret != 0) {
			return ret;
		}
	}
	ret_own->labels = labels;
	return 0;
}

static bool sample_is_valid(const struct weft_pprof *profile,
			    const struct weft_pprof_sample *sample)
{
	uint32_t i;

	for (i = 0; i < sample->location_count; i++) {
		if (sample->locations[i] >= profile->locations.count) {
			return false;
		}
	}
	return profile->sample_types.count > 0;
}

/* `own` has the strings of this profile; stack, values and labels are copied. */
static int append(struct weft_pprof *profile, struct weft_pprof_sample *own)
{
	const void *locations = NULL, *values = NULL, *labels = NULL;
	void *item = NULL;
	int ret;

	ret = weft_pprof__reserve(profile, &profile->samples, sizeof(*own), &item);
	if (ret == 0) {
		ret = copy_to_arena(profile, own->locations,
				    own->location_count * sizeof(*own->locations), &locations);
	}
	if (ret == 0) {
		ret = copy_to_arena(profile, own->values,
				    profile->sample_types.count * sizeof(*own->values), &values);
	}
	if (ret == 0) {
		ret = copy_to_arena(profile, own->labels, own->label_count * sizeof(*own->labels),
				    &labels);
	}
	if (ret != 0) {
		return ret;
	}
	own->locations = (const uint32_t *)locations;
	own->values = (const int64_t *)values;
	own->labels = (const struct weft_pprof_label *)labels;
	memcpy(item, own, sizeof(*own));
	profile->samples.count++;
	return 0;
}

int weft_pprof_append_sample(struct weft_pprof *profile, const struct weft_pprof_sample *sample)
{
	struct weft_pprof_sample own = *sample;
	int ret;

	if (!sample_is_valid(profile, sample)) {
		return -EINVAL;
	}
	ret = intern_labels(profile, sample, &own);
	return ret < 0 ? ret : append(profile, &own);
}

int weft_pprof_add_sample(struct weft_pprof *profile, const struct weft_pprof_sample *sample)
{
	struct weft_pprof_sample own = *sample;
	struct weft_hash_probe probe;
	uint64_t hash;
	uint32_t i;
	size_t k;
	int ret;

	if (!sample_is_valid(profile, sample)) {
		return -EINVAL;
	}
	ret = prepare_index(profile, &profile->sample_index, &profile->samples, sizeof(own),
			    hash_sample);
	if (ret == 0) {
		ret = intern_labels(profile, sample, &own);
	}
	if (ret != 0) {
		return ret;
	}
	hash = hash_sample(profile, &own);
	for (weft_hash_index_start(&profile->sample_index, hash, &probe);
	     weft_hash_index_next(&profile->sample_index, &probe, &i);) {
		const struct weft_pprof_sample *old = weft_pprof_get_sample(profile, i);

		if (samples_equal(old, &own)) {
			int64_t *values = (int64_t *)old->values; /* In our own arena. */

			for (k = 0; k < profile->sample_types.count; k++) {
				values[k] = weft_pprof__add(values[k], own.values[k]);
			}
			return 0;
		}
	}
	ret = append(profile, &own);
	if (ret == 0) {
		weft_hash_index_add(&profile->sample_index, hash,
				    (uint32_t)profile->samples.count - 1);
	}
	return ret;
}
