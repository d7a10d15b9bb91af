// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * The tree of stacks, and the report "folded". See report-stacks.h.
 */
#include "report-stacks.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static int add_item(struct report_stacks *stacks, const struct report_stack *item)
{
	void *items = stacks->items;

	if (weft_arena_grow_array(&stacks->graph.report->arena, &items, &stacks->capacity,
				  (size_t)stacks->count + 1, sizeof(*stacks->items)) < 0) {
		return -ENOMEM;
	}
	stacks->items = items;
	stacks->items[stacks->count++] = *item;
	return 0;
}

static int find_or_add(struct report_stacks *stacks, uint32_t parent, struct report_node *place,
		       bool is_inline, uint32_t *ret_index)
{
	uint64_t hash = weft_hash_word(stacks->graph.seed, (uint64_t)parent << 32 | place->index);
	struct report_stack item = {.place = place, .parent = parent, .is_inline = is_inline};
	struct weft_hash_probe probe;
	uint32_t found;

	for (weft_hash_index_start(&stacks->index, hash, &probe);
	     weft_hash_index_next(&stacks->index, &probe, &found);) {
		if (stacks->items[found].parent == parent && stacks->items[found].place == place) {
			stacks->items[found].is_inline =
				stacks->items[found].is_inline && is_inline;
			*ret_index = found;
			return 0;
		}
	}
	item.depth = stacks->items[parent].depth + 1;
	if (weft_hash_index_reserve(&stacks->index, &stacks->graph.report->arena,
				    (size_t)stacks->count + 1) < 0 ||
	    add_item(stacks, &item) < 0) {
		return -ENOMEM;
	}
	*ret_index = stacks->count - 1;
	weft_hash_index_add(&stacks->index, hash, *ret_index);
	return 0;
}

static int add_sample(struct report_stacks *stacks, const struct report_sample *sample)
{
	int64_t value = weft_report_view__value(stacks->graph.report, sample);
	uint32_t at = 0, i, j, count;

	if (value == 0 || (value < 0 && stacks->graph.report->values.drop_negative)) {
		return 0;
	}
	for (i = sample->location_count; i > 0; i--) {
		struct report_node **frames =
			weft_report_graph__frames(&stacks->graph, sample->locations[i - 1], &count);

		for (j = count; j > 0; j--) {
			if (find_or_add(stacks, at, frames[j - 1], j != count, &at) < 0) {
				return -ENOMEM;
			}
		}
	}
	if (value > 0) {
		stacks->items[at].plus = weft_report_unit__add(stacks->items[at].plus, value);
	} else {
		stacks->items[at].minus = weft_report_unit__add(stacks->items[at].minus,
								weft_report_unit__magnitude(value));
	}
	return 0;
}

static void weigh(struct report_stacks *stacks)
{
	uint32_t i;

	for (i = stacks->count; i > 0; i--) {
		struct report_stack *item = &stacks->items[i - 1];

		item->weight = weft_report_unit__add(
			item->weight, weft_report_unit__add(item->plus, item->minus));
		if (i > 1) {
			struct report_stack *parent = &stacks->items[item->parent];

			parent->weight = weft_report_unit__add(parent->weight, item->weight);
		}
	}
}

/* ---- Order ---- */

/* Children of one parent together, the heaviest last: they are taken from the end of a pile. */
static int compare_siblings(const void *left, const void *right, void *ctx)
{
	const struct report_stacks *stacks = ctx;
	uint32_t i = *(const uint32_t *)left, j = *(const uint32_t *)right;
	const struct report_stack *a = &stacks->items[i], *b = &stacks->items[j];
	int order = 0;

	if (a->parent != b->parent) {
		return a->parent < b->parent ? -1 : 1;
	}
	if (a->weight != b->weight) {
		return a->weight < b->weight ? -1 : 1;
	}
	if (a->place && b->place) {
		order = strcmp(b->place->label, a->place->label);
	}
	return order ? order : (i < j) - (i > j);
}

/* The first of each item's children among `sorted`; one more at the end. */
static void find_children(const struct report_stacks *stacks, const uint32_t *sorted,
			  uint32_t *first)
{
	uint32_t i = 1, parent;

	for (parent = 0; parent < stacks->count; parent++) {
		first[parent] = i;
		while (i < stacks->count && stacks->items[sorted[i]].parent == parent) {
			i++;
		}
	}
	first[parent] = i;
}

static int put_in_order(struct report_stacks *stacks)
{
	struct weft_arena *arena = &stacks->graph.report->arena;
	size_t count = stacks->count;
	uint32_t *sorted = weft_report__zeroed(arena, count, sizeof(*sorted));
	uint32_t *first = weft_report__zeroed(arena, count + 1, sizeof(*first));
	uint32_t *pile = weft_report__zeroed(arena, count, sizeof(*pile));
	uint32_t pile_count = 1, done = 0, i;

	stacks->order = weft_report__zeroed(arena, count, sizeof(*stacks->order));
	if (!sorted || !first || !pile || !stacks->order) {
		return -ENOMEM;
	}
	for (i = 0; i < stacks->count; i++) {
		sorted[i] = i;
	}
	/* The root stays first: it has nobody's children before it. */
	qsort_r(sorted + 1, count - 1, sizeof(*sorted), compare_siblings, stacks);
	find_children(stacks, sorted, first);
	while (pile_count > 0) {
		uint32_t at = pile[--pile_count];

		stacks->order[done++] = at;
		for (i = first[at]; i < first[at + 1]; i++) {
			pile[pile_count++] = sorted[i];
		}
	}
	return 0;
}

int weft_report_stacks__init(struct report_stacks *stacks, struct report *report)
{
	const struct report_stack root = {.place = NULL};
	uint32_t i;

	memset(stacks, 0, sizeof(*stacks));
	if (report->values.mean) {
		weft_report_view__warn(report, "Flame graphs show sums: mean is not used");
	}
	if (weft_report_graph__init_places(&stacks->graph, report) < 0 ||
	    add_item(stacks, &root) < 0) {
		return -ENOMEM;
	}
	for (i = 0; i < report->sample_count; i++) {
		if (add_sample(stacks, &report->samples[i]) < 0) {
			return -ENOMEM;
		}
	}
	weigh(stacks);
	return put_in_order(stacks);
}

void weft_report_stacks__fini(struct report_stacks *stacks)
{
	if (stacks->graph.report) {
		weft_hash_index_fini(&stacks->index, &stacks->graph.report->arena);
		weft_arena_free_array(&stacks->graph.report->arena, stacks->items, stacks->capacity,
				      sizeof(*stacks->items));
	}
	weft_report_graph__fini(&stacks->graph);
}

/* ---- The report "folded" ---- */

/* ';' parts frames, the last blank the value: neither may come in the wrong place. */
static void print_frame(FILE *out, const char *label)
{
	for (; *label; label++) {
		(void)fputc(*label == ';'                      ? ':'
			    : *label == '\n' || *label == '\r' ? ' '
							       : *label,
			    out);
	}
}

static void print_stack(const struct report_stacks *stacks, const struct report_stack *item,
			uint32_t *path, FILE *out)
{
	int64_t value = weft_report_unit__add(item->plus, -item->minus);
	const struct report_stack *at;
	uint32_t depth;

	for (at = item; at->place; at = &stacks->items[at->parent]) {
		path[at->depth - 1] = (uint32_t)(at - stacks->items);
	}
	for (depth = 0; depth < item->depth; depth++) {
		(void)fputs(depth ? ";" : "", out);
		print_frame(out, stacks->items[path[depth]].place->label);
	}
	(void)fprintf(out, " %" PRId64 "\n", weft_report_view__ratio(stacks->graph.report, value));
}

int weft_report_write_folded(struct report *report, FILE *out, struct weft_error *err)
{
	struct report_stacks stacks;
	uint32_t *path = NULL, i;
	int ret = weft_report_stacks__init(&stacks, report);

	if (ret == 0) {
		path = weft_report__zeroed(&report->arena, stacks.count, sizeof(*path));
		ret = path ? 0 : -ENOMEM;
	}
	for (i = 0; ret == 0 && i < stacks.count; i++) {
		const struct report_stack *item = &stacks.items[stacks.order[i]];

		/* A value without a place has no name to stand before it. */
		if (item->place && item->plus != item->minus) {
			print_stack(&stacks, item, path, out);
		}
	}
	weft_report_stacks__fini(&stacks);
	return ret < 0 ? weft_report_view__no_memory(err) : 0;
}
