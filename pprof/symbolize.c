// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Names for a whole profile. See <weft/symbolize.h>.
 */
#include <weft/symbolize.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <weft/symbol-file.h>

#include "mapping-file.h"

/* More would say nothing new. */
#define COMMENT_COUNT_MAX 16U

/* A location without lines. */
struct place {
	uint32_t mapping, location;
	uint64_t address; /* Of the process; in the file, once that is known. */
	uint64_t bias;    /* What was taken off it. */
};

/*
 * Profiles of many processes have many mappings of few files. A build id and a path are one file, as
 * long as there is a build id.
 */
#define FILE_COUNT_MAX 32U

struct open_file {
	const char *path, *build_id; /* The profile's. */
	struct weft_symbol_file *file;
};

struct work {
	struct weft_pprof *profile;
	const struct weft_symbolize_options *options;
	struct place *places; /* By mapping, then by address. */
	size_t place_count;
	uint64_t *addresses; /* Of the places in one file, for the search. */
	struct open_file files[FILE_COUNT_MAX];
	size_t file_count; /* Opened so far; the oldest give way. */
	unsigned int comment_count;
	bool is_late;
};

/* What the search in one file is for. */
struct mapping_work {
	struct work *work;
	const struct place *places;
	struct weft_pprof_mapping mapping; /* With what it turns out to have. */
};

static int compare_places(const void *left, const void *right)
{
	const struct place *a = (const struct place *)left;
	const struct place *b = (const struct place *)right;

	if (a->mapping != b->mapping) {
		return a->mapping > b->mapping ? 1 : -1;
	}
	if (a->address != b->address) {
		return a->address > b->address ? 1 : -1;
	}
	return (a->location > b->location) - (a->location < b->location);
}

static int collect_places(struct work *work)
{
	uint32_t count = weft_pprof_location_count(work->profile);
	uint32_t i;

	work->places = (struct place *)calloc(count ? count : 1, sizeof(*work->places));
	work->addresses = (uint64_t *)calloc(count ? count : 1, sizeof(*work->addresses));
	if (!work->places || !work->addresses) {
		return -ENOMEM;
	}
	for (i = 0; i < count; i++) {
		const struct weft_pprof_location *location =
			weft_pprof_get_location(work->profile, i);

		if (location->line_count == 0 && location->mapping != WEFT_PPROF_NONE &&
		    !weft_pprof_get_mapping(work->profile, location->mapping)->has_functions) {
			work->places[work->place_count++] =
				(struct place){location->mapping, i, location->address, 0};
		}
	}
	qsort(work->places, work->place_count, sizeof(*work->places), compare_places);
	return 0;
}

static int add_comment(struct work *work, const struct weft_error *why)
{
	char comment[WEFT_ERROR_TEXT_SIZE + 16];

	if (work->comment_count++ >= COMMENT_COUNT_MAX) {
		return 0;
	}
	if (work->options->tell) {
		work->options->tell(work->options->ctx, why->text);
		return 0;
	}
	(void)snprintf(comment, sizeof(comment), "symbols: %s", why->text);
	return weft_pprof_add_comment(work->profile, comment);
}

/* ---- One location ---- */

static int add_line(struct mapping_work *mapping_work, const struct weft_symbol_frame *frame,
		    struct weft_pprof_line *ret_line)
{
	const struct weft_pprof_function function = {.name = frame->function,
						     .system_name = frame->system_name,
						     .file = frame->file,
						     .start_line = frame->start_line};

	ret_line->line = frame->line;
	ret_line->column = frame->column;
	mapping_work->mapping.has_functions = true;
	mapping_work->mapping.has_filenames |= frame->file[0] != '\0';
	mapping_work->mapping.has_line_numbers |= frame->line != 0;
	return weft_pprof_add_function(mapping_work->work->profile, &function, &ret_line->function);
}

static int take(void *ctx, const struct weft_symbol *symbol)
{
	struct mapping_work *mapping_work = (struct mapping_work *)ctx;
	const struct place *place = &mapping_work->places[symbol->index];
	struct weft_pprof_line lines[WEFT_SYMBOL_DEPTH_MAX];
	uint64_t *entries = mapping_work->work->options->entries;
	uint32_t count = (uint32_t)symbol->frame_count;
	uint32_t i;
	int ret = 0;

	for (i = 0; ret == 0 && i < count; i++) {
		ret = add_line(mapping_work, &symbol->frames[i], &lines[i]);
	}
	if (ret < 0) {
		return ret;
	}
	mapping_work->mapping.has_inline_frames |= symbol->has_inlines;
	if (entries && symbol->entry) {
		entries[place->location] = symbol->entry + place->bias;
	}
	return weft_pprof_set_location_lines(mapping_work->work->profile, place->location, lines,
					     count);
}

/* ---- One mapping ---- */

/* A reader that knew nothing of the address space made one that covers everything. */
static bool is_whole_space(const struct weft_pprof_mapping *mapping)
{
	return mapping->start == 0 && mapping->offset == 0 &&
	       (mapping->limit == 0 || mapping->limit >= UINT64_C(1) << 47);
}

/* Puts the addresses of the file in place of the process's, and drops what is not of the file. */
static size_t turn_into_file_addresses(const struct weft_symbol_file *file,
				       const struct weft_pprof_mapping *mapping,
				       struct place *places, size_t count)
{
	size_t kept = 0;
	size_t i;

	for (i = 0; i < count; i++) {
		struct place place = places[i];
		uint64_t address = place.address;

		if (!is_whole_space(mapping) &&
		    (address < mapping->start || address >= mapping->limit ||
		     !weft_symbol_file_find_address(
			     file, address - mapping->start + mapping->offset, &address))) {
			continue;
		}
		place.bias = place.address - address;
		place.address = address;
		places[kept++] = place;
	}
	qsort(places, kept, sizeof(*places), compare_places); /* Segments may be in any order. */
	return kept;
}

/* The profile's own strings stay where they are, so the mapping may be kept while it changes. */
static int look_up(struct work *work, struct weft_symbol_file *file, struct place *places,
		   size_t count)
{
	uint32_t index = places[0].mapping;
	struct mapping_work mapping_work = {work, places,
					    *weft_pprof_get_mapping(work->profile, index)};
	size_t kept = turn_into_file_addresses(file, &mapping_work.mapping, places, count);
	int ret;
	int status;
	size_t i;

	for (i = 0; i < kept; i++) {
		work->addresses[i] = places[i].address;
	}
	ret = weft_symbol_file_find_all(file, work->addresses, kept, take, &mapping_work);
	if (ret == -ETIME) {
		work->is_late = true;
		ret = 0;
	}
	status = weft_pprof_set_mapping(work->profile, index, &mapping_work.mapping);
	return ret < 0 ? ret : status;
}

static struct weft_symbol_file *find_file(const struct work *work,
					  const struct weft_pprof_mapping *mapping)
{
	size_t i;

	for (i = 0; i < FILE_COUNT_MAX && mapping->build_id[0]; i++) {
		const struct open_file *open_file = &work->files[i];

		/* Equal strings of one profile are one pointer. */
		if (open_file->file && open_file->path == mapping->file &&
		    open_file->build_id == mapping->build_id) {
			return open_file->file;
		}
	}
	return NULL;
}

static int get_file(struct work *work, const struct weft_pprof_mapping *mapping,
		    struct weft_symbol_file **ret_file, struct weft_error *why)
{
	struct open_file *place = &work->files[work->file_count % FILE_COUNT_MAX];
	struct weft_symbol_file *file = find_file(work, mapping);
	int ret;

	if (!file) {
		ret = weft_mapping_file_open(mapping, work->options, &file, why);
		if (ret < 0) {
			return ret;
		}
		weft_symbol_file_close(place->file);
		*place = (struct open_file){mapping->file, mapping->build_id, file};
		work->file_count++;
	}
	*ret_file = file;
	return 0;
}

static int symbolize_mapping(struct work *work, struct place *places, size_t count)
{
	const struct weft_pprof_mapping mapping =
		*weft_pprof_get_mapping(work->profile, places[0].mapping);
	struct weft_error why = WEFT_ERROR_INIT;
	struct weft_symbol_file *file = NULL;
	int ret;

	if (!weft_mapping_file_is_named(&mapping)) {
		return 0;
	}
	ret = get_file(work, &mapping, &file, &why);
	if (ret == -ENOMEM) {
		return ret;
	}
	return ret < 0 ? add_comment(work, &why) : look_up(work, file, places, count);
}

static int symbolize_all(struct work *work)
{
	struct weft_error late = WEFT_ERROR_INIT;
	size_t begin;
	size_t end;
	int ret = collect_places(work);

	for (begin = 0; ret == 0 && begin < work->place_count; begin = end) {
		for (end = begin; end < work->place_count &&
				  work->places[end].mapping == work->places[begin].mapping;
		     end++) {
		}
		ret = symbolize_mapping(work, work->places + begin, end - begin);
	}
	if (ret == 0 && work->is_late) {
		(void)weft_error_set(&late, -ETIME, "there was no time to look up all lines");
		work->comment_count = 0;
		ret = add_comment(work, &late);
	}
	return ret;
}

int weft_pprof_symbolize(struct weft_pprof *profile, const struct weft_symbolize_options *options,
			 struct weft_error *err)
{
	struct work work = {.profile = profile, .options = options};
	int ret = symbolize_all(&work);
	size_t i;

	for (i = 0; i < FILE_COUNT_MAX; i++) {
		weft_symbol_file_close(work.files[i].file);
	}
	free(work.places);
	free(work.addresses);
	return ret < 0 ? weft_error_set_errno(err, ret, "cannot keep the names of a profile") : 0;
}
