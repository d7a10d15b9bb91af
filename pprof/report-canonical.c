// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Profiles as pprof's readers keep them, and scaled to one another. See weft/report.h.
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "report-memory.h"
#include "report-regex.h"
#include "report-view.h"

/* From indices of the source to those of the copy; WEFT_PPROF_NONE: not copied yet. */
struct copier {
	const struct weft_pprof *from;
	struct weft_pprof *to;
	struct weft_arena arena;
	uint32_t *mappings, *functions, *locations;
	const char *label_key, *label_value; /* NULL: none. */
};

static uint32_t *make_map(struct copier *copier, uint32_t count)
{
	uint32_t *map = weft_report__zeroed(&copier->arena, count, sizeof(*map));

	if (map) {
		memset(map, 0xff, count * sizeof(*map));
	}
	return map;
}

static int copy_mapping(struct copier *copier, uint32_t from, uint32_t *ret_to)
{
	if (from == WEFT_PPROF_NONE) {
		*ret_to = from;
		return 0;
	}
	if (copier->mappings[from] == WEFT_PPROF_NONE) {
		int ret = weft_pprof_add_mapping(copier->to,
						 weft_pprof_get_mapping(copier->from, from),
						 &copier->mappings[from]);

		if (ret < 0) {
			return ret;
		}
	}
	*ret_to = copier->mappings[from];
	return 0;
}

static int copy_function(struct copier *copier, uint32_t from, uint32_t *ret_to)
{
	if (copier->functions[from] == WEFT_PPROF_NONE) {
		int ret = weft_pprof_add_function(copier->to,
						  weft_pprof_get_function(copier->from, from),
						  &copier->functions[from]);

		if (ret < 0) {
			return ret;
		}
	}
	*ret_to = copier->functions[from];
	return 0;
}

static int copy_location(struct copier *copier, uint32_t from, uint32_t *ret_to)
{
	struct weft_pprof_location location;
	struct weft_pprof_line *lines;
	uint32_t i;
	int ret;

	if (copier->locations[from] != WEFT_PPROF_NONE) {
		*ret_to = copier->locations[from];
		return 0;
	}
	location = *weft_pprof_get_location(copier->from, from);
	lines = weft_report__zeroed(&copier->arena, location.line_count, sizeof(*lines));
	if (!lines) {
		return -ENOMEM;
	}
	ret = copy_mapping(copier, location.mapping, &location.mapping);
	for (i = 0; ret == 0 && i < location.line_count; i++) {
		lines[i] = location.lines[i];
		ret = copy_function(copier, lines[i].function, &lines[i].function);
	}
	if (ret < 0) {
		return ret;
	}
	location.lines = lines;
	ret = weft_pprof_add_location(copier->to, &location, &copier->locations[from]);
	*ret_to = copier->locations[from];
	return ret;
}

static bool is_zero(const struct copier *copier, const struct weft_pprof_sample *sample)
{
	uint32_t i;

	for (i = 0; i < weft_pprof_sample_type_count(copier->from); i++) {
		if (sample->values[i] != 0) {
			return false;
		}
	}
	return true;
}

/* Room for one sample, used again and again. */
struct room {
	uint32_t *locations;
	struct weft_pprof_label *labels;
	uint32_t location_capacity, label_capacity;
};

static int make_room(struct room *room, const struct weft_pprof_sample *sample)
{
	if (sample->location_count > room->location_capacity || !room->locations) {
		room->location_capacity = 2 * sample->location_count + 16;
		free(room->locations);
		room->locations = malloc(room->location_capacity * sizeof(*room->locations));
	}
	if (sample->label_count + 1 > room->label_capacity) {
		room->label_capacity = 2 * sample->label_count + 16;
		free(room->labels);
		room->labels = malloc(room->label_capacity * sizeof(*room->labels));
	}
	return room->locations && room->labels ? 0 : -ENOMEM;
}

static int copy_sample(struct copier *copier, const struct weft_pprof_sample *sample,
		       struct room *room)
{
	struct weft_pprof_sample copy = *sample;
	uint32_t i;
	int ret = make_room(room, sample);

	for (i = 0; ret == 0 && i < sample->location_count; i++) {
		ret = copy_location(copier, sample->locations[i], &room->locations[i]);
	}
	if (ret < 0) {
		return ret;
	}
	copy.locations = room->locations;
	copy.labels = room->labels;
	copy.label_count = 0;
	for (i = 0; i < sample->label_count; i++) {
		if (!copier->label_key || strcmp(sample->labels[i].key, copier->label_key) != 0) {
			room->labels[copy.label_count++] = sample->labels[i];
		}
	}
	if (copier->label_key) {
		room->labels[copy.label_count++] = (struct weft_pprof_label){
			.key = copier->label_key, .str = copier->label_value};
	}
	return weft_pprof_add_sample(copier->to, &copy);
}

static int copy_samples(struct copier *copier)
{
	struct room room = {.locations = NULL};
	uint32_t i;
	int ret = 0;

	/* The main program stays in front, whether it has samples or not. */
	if (weft_pprof_mapping_count(copier->from) > 0) {
		uint32_t first;

		ret = copy_mapping(copier, 0, &first);
	}
	for (i = 0; ret == 0 && i < weft_pprof_sample_count(copier->from); i++) {
		const struct weft_pprof_sample *sample = weft_pprof_get_sample(copier->from, i);

		if (!is_zero(copier, sample)) {
			ret = copy_sample(copier, sample, &room);
		}
	}
	free(room.locations);
	free(room.labels);
	return ret;
}

static int copy_header(struct copier *copier)
{
	const struct weft_pprof_header *header = weft_pprof_get_header(copier->from);
	uint32_t i;
	int ret = weft_pprof_set_period(copier->to, header->period_type.type,
					header->period_type.unit, header->period);

	ret = ret < 0 ? ret
		      : weft_pprof_set_default_sample_type(copier->to, header->default_sample_type);
	ret = ret < 0 ? ret : weft_pprof_set_doc_url(copier->to, header->doc_url);
	ret = ret < 0 ? ret
		      : weft_pprof_set_frame_filters(copier->to, header->drop_frames,
						     header->keep_frames);
	weft_pprof_set_time(copier->to, header->time_ns, header->duration_ns);
	for (i = 0; ret == 0 && i < weft_pprof_comment_count(copier->from); i++) {
		ret = weft_pprof_add_comment(copier->to, weft_pprof_get_comment(copier->from, i));
	}
	for (i = 0; ret == 0 && i < weft_pprof_sample_type_count(copier->from); i++) {
		const struct weft_pprof_value_type *type =
			weft_pprof_get_sample_type(copier->from, i);

		ret = weft_pprof_add_sample_type(copier->to, type->type, type->unit);
	}
	return ret;
}

/* ---- Frames that the profile itself says to drop ---- */

enum prune { PRUNE_NOT, PRUNE_BENEATH, PRUNE_ALL };

struct pruner {
	struct weft_pprof *profile; /* Changed in place, but for its stacks. */
	struct weft_arena arena;
	struct report_regex *drop, *keep;
	unsigned char *prunes;  /* enum prune, one a location. */
	unsigned char *matches; /* One a function: 1 no, 2 yes. */
};

static int function_matches(struct pruner *pruner, uint32_t function)
{
	const char *name = weft_pprof_get_function(pruner->profile, function)->name;
	char *simple;

	if (pruner->matches[function] == 0) {
		simple = weft_report_filter__simplify(&pruner->arena, name);
		if (!simple) {
			return -ENOMEM;
		}
		pruner->matches[function] =
			*name && weft_report_regex__matches(pruner->drop, simple) &&
					!(pruner->keep &&
					  weft_report_regex__matches(pruner->keep, simple))
				? 2
				: 1;
	}
	return pruner->matches[function] == 2;
}

/* The outermost line that matches goes, with all that it called. */
static int prune_location(struct pruner *pruner, uint32_t index)
{
	struct weft_pprof *profile = pruner->profile;
	const struct weft_pprof_location *location = weft_pprof_get_location(profile, index);
	uint32_t i;

	for (i = location->line_count; i > 0; i--) {
		int ret = function_matches(pruner, location->lines[i - 1].function);

		if (ret < 0) {
			return ret;
		}
		if (ret == 0) {
			continue;
		}
		if (i == location->line_count) {
			pruner->prunes[index] = PRUNE_ALL;
			return 0;
		}
		pruner->prunes[index] = PRUNE_BENEATH;
		return weft_pprof_set_location_lines(profile, index, location->lines + i,
						     location->line_count - i);
	}
	return 0;
}

/* How much of a stack goes, from the leaf; nothing before there was a frame that stays. */
static uint32_t pruned_count(const struct pruner *pruner, const struct weft_pprof_sample *sample)
{
	bool found_user = false;
	uint32_t i;

	for (i = sample->location_count; i > 0; i--) {
		switch (pruner->prunes[sample->locations[i - 1]]) {
		case PRUNE_NOT:
			found_user = true;
			break;
		case PRUNE_ALL:
			if (found_user) {
				return i;
			}
			break;
		default:
			if (found_user) {
				return i - 1;
			}
			break;
		}
	}
	return 0;
}

/* All but the samples, at the same indices. */
static int copy_places(struct copier *copier)
{
	uint32_t i, index;
	int ret = copy_header(copier);

	for (i = 0; ret == 0 && i < weft_pprof_mapping_count(copier->from); i++) {
		ret = weft_pprof_add_mapping(copier->to, weft_pprof_get_mapping(copier->from, i),
					     &index);
	}
	for (i = 0; ret == 0 && i < weft_pprof_function_count(copier->from); i++) {
		ret = weft_pprof_add_function(copier->to, weft_pprof_get_function(copier->from, i),
					      &copier->functions[i]);
	}
	for (i = 0; ret == 0 && i < weft_pprof_location_count(copier->from); i++) {
		struct weft_pprof_location location = *weft_pprof_get_location(copier->from, i);
		struct weft_pprof_line *lines =
			weft_report__zeroed(&copier->arena, location.line_count, sizeof(*lines));
		uint32_t j;

		for (j = 0; lines && j < location.line_count; j++) {
			lines[j] = location.lines[j];
			lines[j].function = copier->functions[lines[j].function];
		}
		location.lines = lines;
		ret = lines ? weft_pprof_add_location(copier->to, &location, &copier->locations[i])
			    : -ENOMEM;
	}
	return ret;
}

/* Samples with shorter stacks; those that became equal stay apart. */
static int copy_pruned(const struct pruner *pruner, struct copier *copier)
{
	struct room room = {.locations = NULL};
	uint32_t i, j;
	int ret = 0;

	for (i = 0; ret == 0 && i < weft_pprof_sample_count(copier->from); i++) {
		struct weft_pprof_sample sample = *weft_pprof_get_sample(copier->from, i);
		uint32_t count = pruned_count(pruner, &sample);

		ret = make_room(&room, &sample);
		for (j = count; ret == 0 && j < sample.location_count; j++) {
			room.locations[j - count] = copier->locations[sample.locations[j]];
		}
		sample.locations = room.locations;
		sample.location_count -= count;
		ret = ret < 0 ? ret : weft_pprof_append_sample(copier->to, &sample);
	}
	free(room.locations);
	free(room.labels);
	return ret;
}

/* A copy of the profile with shorter stacks. */
static int prune_samples(struct pruner *pruner, struct weft_pprof **ret_profile)
{
	struct copier copier = {.from = pruner->profile,
				.to = weft_pprof_create(),
				.arena = {.limit_bytes = WEFT_PPROF_MEMORY_LIMIT_DEFAULT}};
	int ret;

	copier.functions = make_map(&copier, weft_pprof_function_count(copier.from));
	copier.locations = make_map(&copier, weft_pprof_location_count(copier.from));
	ret = copier.to && copier.functions && copier.locations ? 0 : -ENOMEM;
	ret = ret < 0 ? ret : copy_places(&copier);
	ret = ret < 0 ? ret : copy_pruned(pruner, &copier);
	weft_arena_fini(&copier.arena);
	if (ret < 0) {
		weft_pprof_destroy(copier.to);
		return ret;
	}
	*ret_profile = copier.to;
	return 0;
}

static int compile_anchored(struct pruner *pruner, const char *text,
			    struct report_regex **ret_regex, struct weft_error *err)
{
	char *anchored = weft_report__format(&pruner->arena, "^(%s)$", text);
	int ret;

	if (!anchored) {
		return weft_report_view__no_memory(err);
	}
	ret = weft_report_regex__create(anchored, ret_regex, err);
	if (ret < 0) {
		weft_error_prepend(err, "frames that the profile says to drop or keep");
	}
	return ret;
}

int weft_report_drop_frames(struct weft_pprof **profile, struct weft_error *err)
{
	const struct weft_pprof_header *header = weft_pprof_get_header(*profile);
	struct pruner pruner = {.profile = *profile,
				.arena = {.limit_bytes = WEFT_PPROF_MEMORY_LIMIT_DEFAULT}};
	struct weft_pprof *pruned = NULL;
	uint32_t i;
	int ret;

	if (*header->drop_frames == '\0') {
		return 0;
	}
	ret = compile_anchored(&pruner, header->drop_frames, &pruner.drop, err);
	if (ret == 0 && *header->keep_frames) {
		ret = compile_anchored(&pruner, header->keep_frames, &pruner.keep, err);
	}
	if (ret < 0) {
		goto out;
	}
	pruner.prunes = weft_report__zeroed(&pruner.arena, weft_pprof_location_count(*profile), 1);
	pruner.matches = weft_report__zeroed(&pruner.arena, weft_pprof_function_count(*profile), 1);
	ret = pruner.prunes && pruner.matches ? 0 : -ENOMEM;
	for (i = 0; ret == 0 && i < weft_pprof_location_count(*profile); i++) {
		ret = prune_location(&pruner, i);
	}
	ret = ret < 0 ? ret : prune_samples(&pruner, &pruned);
	if (ret < 0) {
		(void)weft_error_set_errno(err, ret, "drop frames");
		goto out;
	}
	weft_pprof_destroy(*profile);
	*profile = pruned;
out:
	weft_report_regex__destroy(pruner.drop);
	weft_report_regex__destroy(pruner.keep);
	weft_arena_fini(&pruner.arena);
	return ret;
}

static int set_label(struct copier *copier, const char *label)
{
	const char *equals = label ? strchr(label, '=') : NULL;

	if (equals) {
		copier->label_key =
			weft_report__string(&copier->arena, label, (size_t)(equals - label));
		copier->label_value = equals + 1;
		return copier->label_key ? 0 : -ENOMEM;
	}
	return label ? -EINVAL : 0;
}

int weft_report_canonicalize(const struct weft_pprof *profile, const char *label,
			     struct weft_pprof **ret_profile, struct weft_error *err)
{
	struct copier copier = {.from = profile,
				.to = weft_pprof_create(),
				.arena = {.limit_bytes = WEFT_PPROF_MEMORY_LIMIT_DEFAULT}};
	int ret = set_label(&copier, label);

	copier.mappings = make_map(&copier, weft_pprof_mapping_count(profile));
	copier.functions = make_map(&copier, weft_pprof_function_count(profile));
	copier.locations = make_map(&copier, weft_pprof_location_count(profile));
	if (ret == 0 &&
	    (!copier.to || !copier.mappings || !copier.functions || !copier.locations)) {
		ret = -ENOMEM;
	}
	ret = ret < 0 ? ret : copy_header(&copier);
	ret = ret < 0 ? ret : copy_samples(&copier);
	weft_arena_fini(&copier.arena);
	if (ret < 0) {
		weft_pprof_destroy(copier.to);
		return weft_error_set_errno(err, ret, "arrange a profile");
	}
	*ret_profile = copier.to;
	return 0;
}

/* ---- Scaling to a base ---- */

struct ratios {
	double *ratios;
	uint32_t count;
};

static bool scale_sample(void *ctx, const struct weft_pprof_sample *sample, int64_t *values)
{
	const struct ratios *ratios = ctx;
	bool is_kept = false;
	uint32_t i;

	(void)sample;
	for (i = 0; i < ratios->count; i++) {
		if (ratios->ratios[i] != 1) {
			values[i] = weft_report_unit__to_int(
				round((double)values[i] * ratios->ratios[i]));
			is_kept = is_kept || values[i] != 0;
		}
	}
	return is_kept;
}

static int64_t sum_column(const struct weft_pprof *profile, uint32_t column)
{
	int64_t sum = 0;
	uint32_t i;

	for (i = 0; i < weft_pprof_sample_count(profile); i++) {
		sum = weft_report_unit__add(sum, weft_pprof_get_sample(profile, i)->values[column]);
	}
	return sum;
}

int weft_report_normalize(struct weft_pprof *profile, const struct weft_pprof *base,
			  struct weft_error *err)
{
	struct ratios ratios = {.count = weft_pprof_sample_type_count(profile)};
	bool all_ones = true;
	uint32_t i;

	if (weft_pprof_sample_type_count(base) != ratios.count) {
		return weft_error_set(err, -EINVAL,
				      "normalize: profile and base have different sample types");
	}
	ratios.ratios = calloc((size_t)ratios.count + 1, sizeof(double));
	if (!ratios.ratios) {
		return weft_report_view__no_memory(err);
	}
	for (i = 0; i < ratios.count; i++) {
		int64_t sum = sum_column(profile, i);

		ratios.ratios[i] = sum ? (double)sum_column(base, i) / (double)sum : 0;
		all_ones = all_ones && ratios.ratios[i] == 1;
	}
	if (!all_ones) {
		weft_pprof_filter_samples(profile, scale_sample, &ratios);
	}
	free(ratios.ratios);
	return 0;
}
