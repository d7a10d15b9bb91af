// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * The profile model: life, strings, looking, changing in place. See <weft/pprof.h>, model.h.
 */
#include "model.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

struct weft_pprof *weft_pprof_create(void)
{
	struct weft_pprof *profile = (struct weft_pprof *)calloc(1, sizeof(*profile));
	const char *empty;

	if (!profile) {
		return NULL;
	}
	profile->arena.limit_bytes = WEFT_PPROF_MEMORY_LIMIT_DEFAULT;
	if (weft_pprof__intern(profile, "", 0, &empty) < 0) {
		weft_pprof_destroy(profile);
		return NULL;
	}
	profile->header = (struct weft_pprof_header){
		.period_type = {empty, empty},
		.default_sample_type = empty,
		.doc_url = empty,
		.drop_frames = empty,
		.keep_frames = empty,
	};
	return profile;
}

void weft_pprof_destroy(struct weft_pprof *profile)
{
	if (!profile) {
		return;
	}
	free(profile->strings.items);
	free(profile->sample_types.items);
	free(profile->mappings.items);
	free(profile->functions.items);
	free(profile->locations.items);
	free(profile->samples.items);
	free(profile->comments.items);
	free(profile->labels.items);
	weft_hash_index_fini(&profile->string_index, &profile->arena);
	weft_hash_index_fini(&profile->function_index, &profile->arena);
	weft_hash_index_fini(&profile->location_index, &profile->arena);
	weft_hash_index_fini(&profile->sample_index, &profile->arena);
	weft_arena_fini(&profile->arena);
	free(profile);
}

void weft_pprof_set_memory_limit(struct weft_pprof *profile, uint64_t limit_bytes)
{
	profile->arena.limit_bytes = limit_bytes;
}

uint64_t weft_pprof_memory_bytes(const struct weft_pprof *profile)
{
	return sizeof(*profile) + profile->arena.used_bytes;
}

/* ---- Strings ---- */

const struct weft_string *weft_pprof__string_of(const char *text)
{
	return (const struct weft_string *)(const void *)(text -
							  offsetof(struct weft_string, text));
}

int weft_pprof__reserve(struct weft_pprof *profile, struct weft_items *items, size_t item_size,
			void **ret_item)
{
	char *item;
	int ret;

	if (items->count >= WEFT_PPROF_NONE) {
		return -E2BIG;
	}
	ret = weft_arena_grow_array(&profile->arena, &items->items, &items->capacity,
				    items->count + 1, item_size);
	if (ret != 0) {
		return ret;
	}
	item = (char *)items->items + items->count * item_size;
	memset(item, 0, item_size);
	*ret_item = item;
	return 0;
}

static int add_string(struct weft_pprof *profile, const char *text, size_t len,
		      struct weft_string **ret_string)
{
	struct weft_string *string;
	void *memory = NULL, *slot = NULL;
	int ret;

	ret = weft_pprof__reserve(profile, &profile->strings, sizeof(profile->strings.items),
				  &slot);
	if (ret == 0) {
		ret = weft_hash_index_reserve(&profile->string_index, &profile->arena,
					      profile->strings.count + 1);
	}
	if (ret == 0) {
		ret = weft_arena_take(&profile->arena, sizeof(*string) + len + 1, &memory);
	}
	if (ret != 0) {
		return ret;
	}
	string = (struct weft_string *)memory;
	string->number = (uint32_t)profile->strings.count++;
	string->len = (uint32_t)len;
	memcpy(string->text, text, len);
	string->text[len] = '\0';
	*(struct weft_string **)slot = string;
	*ret_string = string;
	return 0;
}

int weft_pprof__intern(struct weft_pprof *profile, const char *text, size_t len,
		       const char **ret_text)
{
	uint64_t hash = weft_hash_bytes(weft_hash_seed(), text, len);
	struct weft_string **strings = (struct weft_string **)profile->strings.items;
	struct weft_string *string;
	struct weft_hash_probe probe;
	uint32_t i;
	int ret;

	if (len >= UINT32_MAX) {
		return -E2BIG;
	}
	for (weft_hash_index_start(&profile->string_index, hash, &probe);
	     weft_hash_index_next(&profile->string_index, &probe, &i);) {
		if (strings[i]->len == len && memcmp(strings[i]->text, text, len) == 0) {
			*ret_text = strings[i]->text;
			return 0;
		}
	}
	ret = add_string(profile, text, len, &string);
	if (ret != 0) {
		return ret;
	}
	weft_hash_index_add(&profile->string_index, hash, string->number);
	*ret_text = string->text;
	return 0;
}

int weft_pprof_add_string(struct weft_pprof *profile, const char *text, const char **ret_text)
{
	return weft_pprof__intern(profile, text ? text : "", text ? strlen(text) : 0, ret_text);
}

/* ---- Looking ---- */

#define WEFT_PPROF_TABLE(name, plural, type)                                                       \
	uint32_t weft_pprof_##name##_count(const struct weft_pprof *profile)                       \
	{                                                                                          \
		return (uint32_t)profile->plural.count;                                            \
	}                                                                                          \
	const type *weft_pprof_get_##name(const struct weft_pprof *profile, uint32_t index)        \
	{                                                                                          \
		return (const type *)profile->plural.items + index;                                \
	}

WEFT_PPROF_TABLE(sample_type, sample_types, struct weft_pprof_value_type)
WEFT_PPROF_TABLE(mapping, mappings, struct weft_pprof_mapping)
WEFT_PPROF_TABLE(function, functions, struct weft_pprof_function)
WEFT_PPROF_TABLE(location, locations, struct weft_pprof_location)
WEFT_PPROF_TABLE(sample, samples, struct weft_pprof_sample)

uint32_t weft_pprof_comment_count(const struct weft_pprof *profile)
{
	return (uint32_t)profile->comments.count;
}

const char *weft_pprof_get_comment(const struct weft_pprof *profile, uint32_t index)
{
	return ((const char **)profile->comments.items)[index];
}

const struct weft_pprof_header *weft_pprof_get_header(const struct weft_pprof *profile)
{
	return &profile->header;
}

/* ---- Changing ---- */

void weft_pprof_filter_samples(struct weft_pprof *profile,
			       bool (*keep)(void *ctx, const struct weft_pprof_sample *sample,
					    int64_t *values),
			       void *ctx)
{
	struct weft_pprof_sample *samples = (struct weft_pprof_sample *)profile->samples.items;
	size_t kept = 0, i;

	for (i = 0; i < profile->samples.count; i++) {
		/* Values are in the arena of this profile, which may write there. */
		if (keep(ctx, &samples[i], (int64_t *)samples[i].values)) {
			samples[kept++] = samples[i];
		}
	}
	if (kept != profile->samples.count) {
		profile->samples.count = kept;
		weft_hash_index_clear(&profile->sample_index);
	}
}

void weft_pprof_remove_labels(struct weft_pprof *profile, const char *key)
{
	size_t i;

	for (i = 0; i < profile->samples.count; i++) {
		struct weft_pprof_sample *sample =
			(struct weft_pprof_sample *)profile->samples.items + i;
		/* Labels are in the arena of this profile, which may write there. */
		struct weft_pprof_label *labels = (struct weft_pprof_label *)sample->labels;
		uint32_t kept = 0, k;

		for (k = 0; k < sample->label_count; k++) {
			if (strcmp(labels[k].key, key) != 0) {
				labels[kept++] = labels[k];
			}
		}
		sample->label_count = kept;
	}
	weft_hash_index_clear(&profile->sample_index);
}

static int add_label(struct weft_pprof *profile, struct weft_pprof_sample *sample,
		     const struct weft_pprof_label *label)
{
	size_t size = sample->label_count * sizeof(*label);
	struct weft_pprof_label *labels;
	void *memory;
	int ret = weft_arena_take(&profile->arena, size + sizeof(*label), &memory);

	if (ret != 0) {
		return ret;
	}
	labels = (struct weft_pprof_label *)memory;
	if (size > 0) {
		memcpy(labels, sample->labels, size);
	}
	labels[sample->label_count++] = *label;
	sample->labels = labels;
	return 0;
}

int weft_pprof_number_samples(struct weft_pprof *profile, const char *key,
			      int64_t (*number)(void *ctx, const struct weft_pprof_sample *sample),
			      void *ctx)
{
	struct weft_pprof_sample *samples = (struct weft_pprof_sample *)profile->samples.items;
	struct weft_pprof_label label = {0};
	int ret = weft_pprof_add_string(profile, key, &label.key);
	size_t i;

	if (ret == 0) {
		ret = weft_pprof_add_string(profile, "", &label.unit);
	}
	for (i = 0; i < profile->samples.count && ret == 0; i++) {
		label.num = number(ctx, &samples[i]);
		if (label.num != 0) {
			ret = add_label(profile, &samples[i], &label);
		}
	}
	weft_hash_index_clear(&profile->sample_index);
	return ret;
}

int64_t weft_pprof__add(int64_t a, int64_t b)
{
	int64_t sum;

	if (__builtin_add_overflow(a, b, &sum)) {
		return a < 0 ? INT64_MIN : INT64_MAX;
	}
	return sum;
}

int64_t weft_pprof__multiply(int64_t value, double ratio)
{
	double product;

	if (ratio == 1 || ratio == -1) {
		/* Exact also beyond 2^53; the least number has no opposite. */
		return ratio > 0 ? value : value == INT64_MIN ? INT64_MAX : -value;
	}
	product = round((double)value * ratio);
	if (product >= 0x1p63) {
		return INT64_MAX;
	}
	/* Also what is not a number. */
	return product > -0x1p63 ? (int64_t)product : INT64_MIN;
}

struct scaling {
	double ratio;
	size_t count;
};

static bool scale_sample(void *ctx, const struct weft_pprof_sample *sample, int64_t *values)
{
	const struct scaling *scaling = (const struct scaling *)ctx;
	size_t i;

	(void)sample; /* Its values are all that matters. */
	for (i = 0; i < scaling->count; i++) {
		values[i] = weft_pprof__multiply(values[i], scaling->ratio);
	}
	return true;
}

void weft_pprof_scale(struct weft_pprof *profile, double ratio)
{
	struct scaling scaling = {.ratio = ratio, .count = profile->sample_types.count};

	weft_pprof_filter_samples(profile, scale_sample, &scaling);
}

/* NOLINTNEXTLINE(readability-non-const-parameter): the form of weft_pprof_filter_samples(). */
static bool is_not_zero(void *ctx, const struct weft_pprof_sample *sample, int64_t *values)
{
	const size_t *count = (const size_t *)ctx;
	size_t i;

	(void)sample; /* Its values are all that matters. */
	for (i = 0; i < *count; i++) {
		if (values[i] != 0) {
			return true;
		}
	}
	return false;
}

void weft_pprof_drop_zero_samples(struct weft_pprof *profile)
{
	size_t count = profile->sample_types.count;

	weft_pprof_filter_samples(profile, is_not_zero, &count);
}
