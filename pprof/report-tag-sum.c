// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Sums by labels, for graphs that show them. See report-graph.h.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "report-graph.h"

/* The key whose numbers graphs show; others would be too many. */
#define NUMBER_KEY "bytes"
#define BASE_KEY   "pprof::base"

static int compare_texts(const void *left, const void *right)
{
	return strcmp(*(const char *const *)left, *(const char *const *)right);
}

/* "key:value" of each label with a text, sorted, with "\n" (two characters) between. */
static char *join_labels(struct weft_arena *arena, const struct report_sample *sample)
{
	char **pairs = weft_report__zeroed(arena, sample->label_count, sizeof(char *));
	char *joined = NULL;
	uint32_t count = 0, i;

	for (i = 0; pairs && i < sample->label_count; i++) {
		const struct weft_pprof_label *label = &sample->labels[i];

		if (weft_report_tag__is_text(label) && strcmp(label->key, BASE_KEY) != 0) {
			pairs[count] = weft_report__format(arena, "%s:%s", label->key, label->str);
			if (!pairs[count++]) {
				return NULL;
			}
		}
	}
	if (!pairs) {
		return NULL;
	}
	qsort(pairs, count, sizeof(pairs[0]), compare_texts);
	joined = count ? pairs[0] : weft_report__string(arena, "", 0);
	for (i = 1; joined && i < count; i++) {
		joined = weft_report__format(arena, "%s\\n%s", joined, pairs[i]);
	}
	return joined;
}

/* The sample's joined labels, one pointer for equal ones; "" for none. NULL: out of memory. */
static const char *text_of_sample(struct report_graph *graph, uint32_t sample_index)
{
	struct weft_arena *arena = &graph->report->arena;
	struct weft_hash_probe probe;
	void *texts = graph->texts;
	const char *joined;
	uint32_t found;
	uint64_t hash;

	if (graph->joined_labels[sample_index]) {
		return graph->joined_labels[sample_index];
	}
	joined = join_labels(arena, &graph->report->samples[sample_index]);
	if (!joined ||
	    weft_hash_index_reserve(&graph->text_index, arena, (size_t)graph->text_count + 1) < 0 ||
	    weft_arena_grow_array(arena, &texts, &graph->text_capacity,
				  (size_t)graph->text_count + 1, sizeof(joined)) < 0) {
		return NULL;
	}
	graph->texts = texts;
	hash = weft_hash_bytes(graph->seed, joined, strlen(joined));
	for (weft_hash_index_start(&graph->text_index, hash, &probe);
	     weft_hash_index_next(&graph->text_index, &probe, &found);) {
		if (strcmp(graph->texts[found], joined) == 0) {
			return graph->joined_labels[sample_index] = graph->texts[found];
		}
	}
	weft_hash_index_add(&graph->text_index, hash, graph->text_count);
	graph->texts[graph->text_count++] = joined;
	return graph->joined_labels[sample_index] = joined;
}

/* What a tag is known by. */
struct tag_key {
	struct report_node *node;
	const char *text; /* NULL: a number without text; or what a number stands beside. */
	const char *name;
	struct report_tag **list;
};

static struct report_tag *find_or_add_tag(struct report_graph *graph, const struct tag_key *key)
{
	struct weft_arena *arena = &graph->report->arena;
	uint64_t hash = weft_hash_word(graph->seed, (uintptr_t)key->node);
	struct weft_hash_probe probe;
	struct report_tag *tag;
	void *tags = graph->tags;
	uint32_t found;

	hash = weft_hash_word(hash, (uintptr_t)key->text);
	hash = weft_hash_bytes(hash, key->name, strlen(key->name));
	for (weft_hash_index_start(&graph->tag_index, hash, &probe);
	     weft_hash_index_next(&graph->tag_index, &probe, &found);) {
		tag = graph->tags[found];
		if (tag->node == key->node && tag->text == key->text &&
		    strcmp(tag->name, key->name) == 0) {
			return tag;
		}
	}
	tag = weft_report__zeroed(arena, 1, sizeof(*tag));
	if (!tag ||
	    weft_hash_index_reserve(&graph->tag_index, arena, (size_t)graph->tag_count + 1) < 0 ||
	    weft_arena_grow_array(arena, &tags, &graph->tag_capacity, (size_t)graph->tag_count + 1,
				  sizeof(struct report_tag *)) < 0) {
		return NULL;
	}
	graph->tags = tags;
	weft_hash_index_add(&graph->tag_index, hash, graph->tag_count);
	graph->tags[graph->tag_count++] = tag;
	tag->node = key->node;
	tag->text = key->text;
	tag->name = key->name;
	tag->next = *key->list;
	*key->list = tag;
	return tag;
}

static void add_values(const struct report *report, struct report_tag *tag,
		       const struct report_sample *sample, bool is_flat)
{
	int64_t value = weft_report_view__value(report, sample);
	int64_t divisor = weft_report_view__divisor(report, sample);

	if (is_flat) {
		tag->flat = weft_report_unit__add(tag->flat, value);
		tag->flat_divisor = weft_report_unit__add(tag->flat_divisor, divisor);
	} else {
		tag->cum = weft_report_unit__add(tag->cum, value);
		tag->cum_divisor = weft_report_unit__add(tag->cum_divisor, divisor);
	}
}

static int count_number(struct report_graph *graph, const struct weft_pprof_label *label,
			struct tag_key *key, const struct report_sample *sample, bool is_flat)
{
	struct report *report = graph->report;
	const char *unit = weft_report_tag__unit(report, label->key);
	char text[WEFT_REPORT_TEXT_SIZE];
	struct report_tag *tag;

	/* Named before the report's unit is chosen: "minimum" is the best for each. */
	key->name = weft_report__format(
		&report->arena, "%s",
		weft_report_unit__label(text, label->num, unit, report->values.unit));
	tag = key->name ? find_or_add_tag(graph, key) : NULL;
	if (!tag) {
		return -ENOMEM;
	}
	if (!tag->unit) {
		tag->unit = unit;
		tag->value = label->num;
	}
	add_values(report, tag, sample, is_flat);
	return 0;
}

int weft_report_tag__count(struct report_graph *graph, struct report_node *node,
			   uint32_t sample_index, bool is_flat)
{
	const struct report_sample *sample = &graph->report->samples[sample_index];
	const char *text = text_of_sample(graph, sample_index);
	struct tag_key key = {.node = node, .name = text, .list = &node->texts};
	struct report_tag *tag;
	uint32_t i;

	if (!text) {
		return -ENOMEM;
	}
	if (*text) {
		tag = find_or_add_tag(graph, &key);
		if (!tag) {
			return -ENOMEM;
		}
		tag->unit = "";
		add_values(graph->report, tag, sample, is_flat);
		key.text = text;
		key.list = &tag->numbers;
	} else {
		key.text = text;
		key.list = &node->numbers;
	}
	for (i = 0; i < sample->label_count; i++) {
		const struct weft_pprof_label *label = &sample->labels[i];

		if (weft_report_tag__is_number(label) && strcmp(label->key, NUMBER_KEY) == 0 &&
		    count_number(graph, label, &key, sample, is_flat) < 0) {
			return -ENOMEM;
		}
	}
	return 0;
}

static void trim_list(struct report_tag **list, int64_t cutoff)
{
	while (*list) {
		struct report_tag *tag = *list;

		trim_list(&tag->numbers, cutoff);
		if (weft_report_unit__magnitude(tag->flat) >= cutoff ||
		    weft_report_unit__magnitude(tag->cum) >= cutoff) {
			list = &tag->next;
		} else {
			*list = tag->next;
		}
	}
}

void weft_report_tag__trim(struct report_graph *graph, int64_t cutoff)
{
	uint32_t i;

	for (i = 0; i < graph->count; i++) {
		trim_list(&graph->nodes[i]->texts, cutoff);
		trim_list(&graph->nodes[i]->numbers, cutoff);
	}
}

static uint32_t count_list(const struct report_tag *tag)
{
	uint32_t count = 0;

	for (; tag; tag = tag->next) {
		count += (tag->flat != 0) + count_list(tag->numbers);
	}
	return count;
}

uint32_t weft_report_tag__count_flat(const struct report_node *node)
{
	return count_list(node->texts) + count_list(node->numbers);
}

static int compare_values(int64_t left, int64_t right)
{
	int64_t a = weft_report_unit__magnitude(left), b = weft_report_unit__magnitude(right);

	return a == b ? 0 : a > b ? -1 : 1;
}

static int compare_by_flat(const void *left, const void *right)
{
	const struct report_tag *a = *(struct report_tag *const *)left;
	const struct report_tag *b = *(struct report_tag *const *)right;
	int order = compare_values(a->flat, b->flat);

	return order ? order : strcmp(a->name, b->name);
}

static int compare_by_cum(const void *left, const void *right)
{
	const struct report_tag *a = *(struct report_tag *const *)left;
	const struct report_tag *b = *(struct report_tag *const *)right;
	int order = compare_values(a->cum, b->cum);

	return order ? order : compare_by_flat(left, right);
}

void weft_report_tag__sort(struct report_tag **tags, size_t count, bool is_flat)
{
	qsort(tags, count, sizeof(struct report_tag *), is_flat ? compare_by_flat : compare_by_cum);
}
