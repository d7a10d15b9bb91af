// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Functions of the files that a profile is of. See report-code.h.
 */
#include "report-code.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <weft/symbol-file.h>

#include "report-code-file.h"

/* What is being looked for, and what was found. */
struct search {
	struct report_graph *graph;
	struct report *report;
	uint64_t wanted_address; /* Of the process or the file; when is_address. */
	bool is_address;
	struct report_routine *routines;
	uint32_t count;
	size_t capacity;
	/* From here: of one mapping. */
	uint32_t mapping;
	struct report_hit *hits;
	uint32_t hit_count;
	uint64_t wanted_in_file;
};

static int compare_hits(const void *left, const void *right)
{
	const struct report_hit *a = left, *b = right;

	return (a->address > b->address) - (a->address < b->address);
}

/* The places of one mapping that have values, by address in the file. */
static int collect_hits(struct search *search, const struct weft_symbol_file *file)
{
	struct report *report = search->report;
	const struct weft_pprof_mapping *mapping = &report->mappings[search->mapping];
	uint32_t i, count;

	search->hit_count = 0;
	search->hits =
		weft_report__zeroed(&report->arena, report->location_count, sizeof(*search->hits));
	if (!search->hits) {
		return -ENOMEM;
	}
	for (i = 0; i < report->location_count; i++) {
		struct report_node *node = *weft_report_graph__frames(search->graph, i, &count);
		struct report_hit hit = {.address = report->locations[i].address, .node = node};

		if (report->locations[i].mapping == search->mapping && (node->flat || node->cum) &&
		    node->visit != search->mapping + 1 &&
		    weft_report_code_file__find_address(file, mapping, &hit.address)) {
			node->visit = search->mapping + 1; /* Once each. */
			search->hits[search->hit_count++] = hit;
		}
	}
	qsort(search->hits, search->hit_count, sizeof(*search->hits), compare_hits);
	return 0;
}

/* The first hit at the address or behind it. */
static uint32_t find_hit(const struct search *search, uint64_t address)
{
	uint32_t low = 0, high = search->hit_count;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (search->hits[middle].address < address) {
			low = middle + 1;
		} else {
			high = middle;
		}
	}
	return low;
}

/* A name for people, from the arena; NULL: out of memory. */
static const char *readable(struct search *search, const char *system_name)
{
	struct weft_arena *arena = &search->report->arena;
	char *name = weft_symbol_demangle(system_name);
	const char *copy = weft_report__string(arena, name ? name : system_name,
					       name ? strlen(name) : strcspn(system_name, "@"));

	free(name);
	return copy;
}

/* Puts a name before those that the routine has: the best comes last. */
static int add_name(struct search *search, struct report_routine *routine, const char *name)
{
	const char **names = weft_report__zeroed(&search->report->arena, routine->name_count + 1U,
						 sizeof(*names));

	if (!names) {
		return -ENOMEM;
	}
	names[0] = name;
	if (routine->name_count) {
		memcpy(names + 1, routine->names, routine->name_count * sizeof(*names));
	}
	routine->names = names;
	routine->name_count++;
	return 0;
}

static int add_routine(struct search *search, const char *name, uint64_t begin, uint64_t end)
{
	void *routines = search->routines;
	struct report_routine *routine;
	uint32_t first = find_hit(search, begin), last = find_hit(search, end);

	if (search->count) {
		routine = &search->routines[search->count - 1];
		if (routine->mapping == search->mapping && routine->begin == begin) {
			routine->end = end;
			routine->hit_count = last - first;
			return add_name(search, routine, name);
		}
	}
	if (weft_arena_grow_array(&search->report->arena, &routines, &search->capacity,
				  (size_t)search->count + 1, sizeof(*search->routines)) < 0) {
		return -ENOMEM;
	}
	search->routines = routines;
	routine = &search->routines[search->count];
	*routine = (struct report_routine){.mapping = search->mapping,
					   .begin = begin,
					   .end = end,
					   .hits = search->hits + first,
					   .hit_count = last - first};
	if (add_name(search, routine, name) < 0) {
		return -ENOMEM;
	}
	search->count++;
	return 0;
}

/* A weft_symbol_function_fn. */
static int take_function(void *ctx, const char *system_name, uint64_t begin, uint64_t end)
{
	struct search *search = ctx;
	uint32_t first = find_hit(search, begin), i;
	const char *name;

	if (first == search->hit_count || search->hits[first].address >= end) {
		return 0;
	}
	for (i = first; i < search->hit_count && search->hits[i].address < end; i++) {
		search->hits[i].has_symbol = true;
	}
	if (search->is_address) {
		if (search->wanted_in_file < begin || search->wanted_in_file >= end) {
			return 0;
		}
		name = readable(search, system_name);
		return name ? add_routine(search, name, begin, end) : -ENOMEM;
	}
	name = readable(search, system_name);
	if (!name) {
		return -ENOMEM;
	}
	if (!weft_report_regex__matches(search->report->symbol, name) &&
	    !weft_report_regex__matches(search->report->symbol, system_name)) {
		return 0;
	}
	return add_routine(search, name, begin, end);
}

/* Whether the function that the profile says a hit is in is looked for. */
static bool is_wanted(const struct search *search, const struct report_hit *hit, uint64_t begin,
		      uint64_t end)
{
	const char *name = hit->node->place.name;

	return search->is_address
		       ? search->wanted_in_file >= begin && search->wanted_in_file < end
		       : *name && weft_report_regex__matches(search->report->symbol, name);
}

/* Functions that have no symbol, but a name in the profile. */
static int take_places(struct search *search, const struct weft_symbol_file *file)
{
	uint64_t begin = 0, end = 0, known_end = 0;
	uint32_t i;
	int ret = 0;

	for (i = 0; ret == 0 && i < search->hit_count; i++) {
		const struct report_hit *hit = &search->hits[i];

		if (hit->has_symbol || hit->address < known_end ||
		    !weft_symbol_file_find_bounds(file, hit->address, &begin, &end) ||
		    !is_wanted(search, hit, begin, end)) {
			continue;
		}
		known_end = end; /* Other hits there are of the same function. */
		ret = add_routine(search, hit->node->place.name, begin, end);
		if (ret == 0) {
			search->routines[search->count - 1].is_of_profile = true;
		}
	}
	return ret;
}

static int search_mapping(struct search *search)
{
	const struct weft_pprof_mapping *mapping = &search->report->mappings[search->mapping];
	struct weft_error why = WEFT_ERROR_INIT;
	struct weft_symbol_file *file;
	int ret = weft_report_code_file__open(mapping, &file, &why);

	if (ret < 0) {
		if (*mapping->file) {
			weft_report_view__warn(search->report, "No machine code of %s: %s",
					       mapping->file, why.text);
		}
		return ret == -ENOMEM ? ret : 0;
	}
	search->wanted_in_file = search->wanted_address;
	if (search->is_address) {
		/* What is no address of the process may be one of the file. */
		(void)weft_report_code_file__find_address(file, mapping, &search->wanted_in_file);
	}
	ret = collect_hits(search, file);
	if (ret == 0 && search->hit_count) {
		ret = weft_symbol_file_list_functions(file, take_function, search);
		ret = ret < 0 ? ret : take_places(search, file);
	}
	weft_symbol_file_close(file);
	return ret;
}

static int compare_routines(const void *left, const void *right)
{
	const struct report_routine *a = left, *b = right;
	int order = strcmp(a->names[0], b->names[0]);

	order = order ? order : (a->mapping > b->mapping) - (a->mapping < b->mapping);
	return order ? order : (a->begin > b->begin) - (a->begin < b->begin);
}

/* Marks the mappings that have places with values. */
static bool *find_used(struct search *search)
{
	struct report *report = search->report;
	bool *is_used = weft_report__zeroed(&report->arena, report->mapping_count, sizeof(bool));
	uint32_t i, count;

	for (i = 0; is_used && i < report->location_count; i++) {
		const struct report_node *node =
			*weft_report_graph__frames(search->graph, i, &count);

		if (report->locations[i].mapping != WEFT_PPROF_NONE && (node->flat || node->cum)) {
			is_used[report->locations[i].mapping] = true;
		}
	}
	return is_used;
}

static int search_all(struct search *search)
{
	bool *is_used = find_used(search);
	int ret = is_used ? 0 : -ENOMEM;

	for (search->mapping = 0; ret == 0 && search->mapping < search->report->mapping_count;
	     search->mapping++) {
		if (is_used[search->mapping]) {
			ret = search_mapping(search);
		}
	}
	return ret;
}

int weft_report_code__find(struct report_graph *graph, struct report_routine **ret_routines,
			   uint32_t *ret_count, struct weft_error *err)
{
	struct report *report = graph->report;
	struct search search = {.graph = graph, .report = report};
	const char *argument = report->request->argument ? report->request->argument : "";
	struct report_routine *copy;
	char *end = NULL;
	int ret;

	errno = 0;
	search.wanted_address = strtoull(argument, &end, 0);
	search.is_address = errno == 0 && end != argument && *end == '\0';
	ret = search_all(&search);
	copy = ret < 0 ? NULL : weft_report__zeroed(&report->arena, search.count, sizeof(*copy));
	if (!copy) {
		ret = weft_report_view__no_memory(err);
	} else if (search.count == 0) {
		ret = weft_error_set(err, -ENOENT, "no matches found for %s: %s",
				     search.is_address ? "address" : "regexp", argument);
	} else {
		memcpy(copy, search.routines, search.count * sizeof(*copy));
		qsort(copy, search.count, sizeof(*copy), compare_routines);
		*ret_routines = copy;
		*ret_count = search.count;
	}
	weft_arena_free_array(&report->arena, search.routines, search.capacity,
			      sizeof(*search.routines));
	return ret;
}
