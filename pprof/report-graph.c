// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Sums by place. See report-graph.h. Leaving out and sorting is in report-trim.c.
 */
#include "report-graph.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* ---- Nodes ---- */

static uint64_t hash_place(uint64_t seed, const struct report_place *place)
{
	uint64_t hash = weft_hash_bytes(seed, place->name, strlen(place->name) + 1);

	hash = weft_hash_bytes(hash, place->file, strlen(place->file) + 1);
	hash = weft_hash_bytes(hash, place->objfile, strlen(place->objfile) + 1);
	hash = weft_hash_word(hash, place->address);
	hash = weft_hash_word(hash, (uint64_t)place->start_line);
	hash = weft_hash_word(hash, (uint64_t)place->line);
	return weft_hash_word(hash, (uint64_t)place->column);
}

static bool equal_texts(const char *a, const char *b)
{
	return a == b || strcmp(a, b) == 0;
}

static bool equal_places(const struct report_place *a, const struct report_place *b)
{
	return a->address == b->address && a->line == b->line && a->column == b->column &&
	       a->start_line == b->start_line && equal_texts(a->name, b->name) &&
	       equal_texts(a->file, b->file) && equal_texts(a->objfile, b->objfile);
}

static struct report_node *add_node(struct report_graph *graph, const struct report_place *place)
{
	struct weft_arena *arena = &graph->report->arena;
	struct report_node *node = weft_report__zeroed(arena, 1, sizeof(*node));
	void *all = graph->all;

	if (!node ||
	    weft_arena_grow_array(arena, &all, &graph->all_capacity, (size_t)graph->all_count + 1,
				  sizeof(struct report_node *)) < 0) {
		return NULL;
	}
	graph->all = all;
	node->place = *place;
	node->index = graph->all_count;
	graph->all[graph->all_count++] = node;
	return node;
}

static struct report_node *find_or_add_node(struct report_graph *graph,
					    const struct report_place *place)
{
	struct weft_arena *arena = &graph->report->arena;
	uint64_t hash = hash_place(graph->seed, place);
	struct weft_hash_probe probe;
	struct report_node *node;
	uint32_t found;

	if (weft_hash_index_reserve(&graph->node_index, arena, (size_t)graph->all_count + 1) < 0) {
		return NULL;
	}
	for (weft_hash_index_start(&graph->node_index, hash, &probe);
	     weft_hash_index_next(&graph->node_index, &probe, &found);) {
		if (equal_places(&graph->all[found]->place, place)) {
			return graph->all[found];
		}
	}
	node = add_node(graph, place);
	if (node) {
		bool is_plain = *place->name && !*place->file && !place->address && !place->line;

		weft_hash_index_add(&graph->node_index, hash, node->index);

		/* A name alone is its own label. */
		node->label = is_plain ? place->name : weft_report_graph__label(arena, place, " ");
	}
	return node && node->label ? node : NULL;
}

/* Lines of a location that become nodes; the outermost alone without inlined functions. */
static uint32_t frame_count(const struct report *report, const struct report_location *location)
{
	return location->line_count < 2 || report->values.noinlines ? 1 : location->line_count;
}

/* The node of a line; known at once where an earlier line of the same function had the same. */
static struct report_node *place_line(struct report_graph *graph,
				      const struct report_location *location,
				      const struct weft_pprof_line *line)
{
	struct report_node **known = NULL, *node;
	struct report_place place;

	if (line && graph->function_nodes &&
	    *graph->report->functions[line->function].name != '\0') {
		known = &graph->function_nodes[line->function];
		if (*known) {
			return *known;
		}
	}
	if (weft_report_graph__describe(graph->report, location, line, graph->report->keeps_objects,
					&place) < 0) {
		return NULL;
	}
	node = find_or_add_node(graph, &place);
	if (known) {
		*known = node;
	}
	return node;
}

static int place_location(struct report_graph *graph, const struct report_location *location,
			  struct report_node **frames)
{
	struct report *report = graph->report;
	uint32_t count = frame_count(report, location), i;

	for (i = 0; i < count; i++) {
		const struct weft_pprof_line *line =
			location->line_count ? &location->lines[location->line_count - count + i]
					     : NULL;

		frames[i] = place_line(graph, location, line);
		if (!frames[i]) {
			return -ENOMEM;
		}
	}
	return 0;
}

static int place_locations(struct report_graph *graph)
{
	struct report *report = graph->report;
	struct weft_arena *arena = &report->arena;
	uint32_t count = 0, i;

	graph->first_frames = weft_report__zeroed(arena, (size_t)report->location_count + 1,
						  sizeof(*graph->first_frames));
	if (!graph->first_frames) {
		return -ENOMEM;
	}
	for (i = 0; i < report->location_count; i++) {
		graph->first_frames[i] = count;
		count += frame_count(report, &report->locations[i]);
	}
	graph->first_frames[i] = count;
	graph->frames = weft_report__zeroed(arena, count, sizeof(struct report_node *));
	if (!graph->frames) {
		return -ENOMEM;
	}
	if (!report->keeps_objects && weft_report_graph__is_by_function(report)) {
		graph->function_nodes = weft_report__zeroed(arena, report->function_count,
							    sizeof(struct report_node *));
		if (!graph->function_nodes) {
			return -ENOMEM;
		}
	}
	for (i = 0; i < report->location_count; i++) {
		if (place_location(graph, &report->locations[i],
				   graph->frames + graph->first_frames[i]) < 0) {
			return -ENOMEM;
		}
	}
	graph->place_count = graph->all_count;
	return 0;
}

struct report_node **weft_report_graph__frames(const struct report_graph *graph, uint32_t location,
					       uint32_t *ret_count)
{
	*ret_count = graph->first_frames[location + 1] - graph->first_frames[location];
	return graph->frames + graph->first_frames[location];
}

/* ---- Edges ---- */

static uint64_t hash_pair(const struct report_graph *graph, uint32_t from, uint32_t to)
{
	return weft_hash_word(graph->seed, (uint64_t)from << 32 | to);
}

static struct report_edge *add_edge(struct report_graph *graph, struct report_node *from,
				    struct report_node *to, uint64_t hash)
{
	struct weft_arena *arena = &graph->report->arena;
	struct report_edge *edge = weft_report__zeroed(arena, 1, sizeof(*edge));
	void *edges = graph->edges;

	/* The array comes last: once it has moved, nothing may fail before graph->edges is told. */
	if (!edge ||
	    weft_hash_index_reserve(&graph->edge_index, arena, (size_t)graph->edge_count + 1) < 0 ||
	    weft_arena_grow_array(arena, &edges, &graph->edge_capacity,
				  (size_t)graph->edge_count + 1,
				  sizeof(struct report_edge *)) < 0) {
		return NULL;
	}
	graph->edges = edges;
	weft_hash_index_add(&graph->edge_index, hash, graph->edge_count);
	graph->edges[graph->edge_count++] = edge;
	edge->from = from;
	edge->to = to;
	edge->is_inline = true;
	edge->next_in = to->in;
	to->in = edge;
	edge->next_out = from->out;
	from->out = edge;
	return edge;
}

static struct report_edge *find_or_add_edge(struct report_graph *graph, struct report_node *from,
					    struct report_node *to)
{
	struct weft_hash_probe probe;
	uint64_t hash;
	uint32_t found;

	if (to->last_in && to->last_in->from == from) {
		return to->last_in;
	}
	hash = hash_pair(graph, from->index, to->index);
	for (weft_hash_index_start(&graph->edge_index, hash, &probe);
	     weft_hash_index_next(&graph->edge_index, &probe, &found);) {
		if (graph->edges[found]->from == from && graph->edges[found]->to == to) {
			return to->last_in = graph->edges[found];
		}
	}
	return to->last_in = add_edge(graph, from, to, hash);
}

/* ---- Sums ---- */

/* One sample on its way through the nodes of its stack, from the root. */
struct walk {
	struct report_graph *graph;
	uint32_t sample_index;
	int64_t value, divisor;
	struct report_node *parent;
	bool is_residual;
};

static int count_edge(struct walk *walk, struct report_node *node, bool is_inline)
{
	struct report_edge *edge = find_or_add_edge(walk->graph, walk->parent, node);

	if (!edge) {
		return -ENOMEM;
	}
	if (edge->mark != walk->sample_index + 1) {
		edge->mark = walk->sample_index + 1;
		edge->weight = weft_report_unit__add(edge->weight, walk->value);
		edge->divisor = weft_report_unit__add(edge->divisor, walk->divisor);
		edge->is_residual = edge->is_residual || walk->is_residual;
		edge->is_inline = edge->is_inline && is_inline;
	}
	return 0;
}

static int count_cum(struct walk *walk, struct report_node *node)
{
	node->cum = weft_report_unit__add(node->cum, walk->value);
	node->cum_divisor = weft_report_unit__add(node->cum_divisor, walk->divisor);
	return walk->graph->wants_tags
		       ? weft_report_tag__count(walk->graph, node, walk->sample_index, false)
		       : 0;
}

static int count_flat(struct walk *walk, struct report_node *node)
{
	node->flat = weft_report_unit__add(node->flat, walk->value);
	node->flat_divisor = weft_report_unit__add(node->flat_divisor, walk->divisor);
	return walk->graph->wants_tags
		       ? weft_report_tag__count(walk->graph, node, walk->sample_index, true)
		       : 0;
}

static int visit_graph(struct walk *walk, struct report_node *node, bool is_inline)
{
	if (walk->graph->has_kept && !node->is_kept) {
		walk->is_residual = true;
		return 0;
	}
	if (node->mark != walk->sample_index + 1) {
		node->mark = walk->sample_index + 1;
		if (count_cum(walk, node) < 0) {
			return -ENOMEM;
		}
	}
	if (walk->parent && walk->parent != node && count_edge(walk, node, is_inline) < 0) {
		return -ENOMEM;
	}
	walk->parent = node;
	walk->is_residual = false;
	return 0;
}

/* The node of a place below one chain of callers. */
static struct report_node *find_or_add_child(struct report_graph *graph,
					     const struct report_node *parent,
					     const struct report_node *place)
{
	uint64_t hash = hash_pair(graph, parent ? parent->number : 0, place->index);
	struct weft_hash_probe probe;
	struct report_node *node;
	uint32_t found;

	for (weft_hash_index_start(&graph->tree_index, hash, &probe);
	     weft_hash_index_next(&graph->tree_index, &probe, &found);) {
		node = graph->all[found];
		if (node->index == place->index && (node->in ? node->in->from : NULL) == parent) {
			return node;
		}
	}
	if (weft_hash_index_reserve(&graph->tree_index, &graph->report->arena,
				    (size_t)graph->all_count + 1) < 0) {
		return NULL;
	}
	node = add_node(graph, &place->place);
	if (node) {
		node->number = graph->all_count;
		node->label = place->label;
		weft_hash_index_add(&graph->tree_index, hash, node->index);
		node->index = place->index;
	}
	return node;
}

static int visit_tree(struct walk *walk, struct report_node *place, bool is_inline)
{
	struct report_node *node = find_or_add_child(walk->graph, walk->parent, place);
	struct report_edge *edge;

	if (!node || count_cum(walk, node) < 0) {
		return -ENOMEM;
	}
	if (walk->parent) {
		edge = node->in ? node->in : add_edge(walk->graph, walk->parent, node, 0);
		if (!edge) {
			return -ENOMEM;
		}
		edge->weight = weft_report_unit__add(edge->weight, walk->value);
		edge->divisor = weft_report_unit__add(edge->divisor, walk->divisor);
		edge->is_inline = edge->is_inline && is_inline;
	}
	walk->parent = node;
	return 0;
}

static int count_sample(struct report_graph *graph, uint32_t sample_index)
{
	const struct report_sample *sample = &graph->report->samples[sample_index];
	struct walk walk = {.graph = graph,
			    .sample_index = sample_index,
			    .value = weft_report_view__value(graph->report, sample),
			    .divisor = weft_report_view__divisor(graph->report, sample)};
	uint32_t i;

	if (walk.value == 0 && walk.divisor == 0) {
		return 0;
	}
	for (i = sample->location_count; i > 0; i--) {
		uint32_t count, j;
		struct report_node **frames =
			weft_report_graph__frames(graph, sample->locations[i - 1], &count);

		for (j = count; j > 0; j--) {
			bool is_inline = j != count;
			int ret = graph->is_tree ? visit_tree(&walk, frames[j - 1], is_inline)
						 : visit_graph(&walk, frames[j - 1], is_inline);

			if (ret < 0) {
				return ret;
			}
		}
	}
	return walk.parent && !walk.is_residual ? count_flat(&walk, walk.parent) : 0;
}

static void reset(struct report_graph *graph)
{
	uint32_t i;

	for (i = 0; i < graph->all_count; i++) {
		struct report_node *node = graph->all[i];

		node->flat = node->flat_divisor = node->cum = node->cum_divisor = 0;
		node->in = node->out = node->last_in = NULL;
		node->texts = node->numbers = NULL;
		node->mark = 0;
	}
	graph->edge_count = 0;
	weft_hash_index_clear(&graph->edge_index);
	graph->tag_count = 0;
	weft_hash_index_clear(&graph->tag_index);
}

static bool is_listed(const struct report_graph *graph, const struct report_node *node)
{
	bool is_negative = node->flat < 0 || (node->flat == 0 && node->cum < 0);

	return (node->cum != 0 || node->flat != 0) &&
	       !(graph->report->values.drop_negative && is_negative);
}

int weft_report_graph__build(struct report_graph *graph)
{
	uint32_t i;

	reset(graph);
	for (i = 0; i < graph->report->sample_count; i++) {
		if (count_sample(graph, i) < 0) {
			return -ENOMEM;
		}
	}
	graph->nodes = weft_report__zeroed(&graph->report->arena, graph->all_count,
					   sizeof(struct report_node *));
	if (!graph->nodes) {
		return -ENOMEM;
	}
	graph->count = 0;
	for (i = 0; i < graph->all_count; i++) {
		if (is_listed(graph, graph->all[i])) {
			graph->nodes[graph->count++] = graph->all[i];
		}
	}
	return 0;
}

int weft_report_graph__init_places(struct report_graph *graph, struct report *report)
{
	bool is_graph = strcmp(report->request->format, "callgrind") == 0;

	memset(graph, 0, sizeof(*graph));
	graph->report = report;
	graph->seed = weft_hash_seed();
	graph->is_visual = report->is_visual;
	graph->wants_tags = graph->is_visual;
	graph->is_tree = report->values.call_tree && (graph->is_visual || is_graph);
	return place_locations(graph);
}

int weft_report_graph__init(struct report_graph *graph, struct report *report)
{
	uint32_t i;

	for (i = 0; i < report->function_count; i++) {
		report->functions[i].file =
			weft_report_path__trim(report->functions[i].file, report->values.trim_path,
					       report->values.source_path);
	}
	if (weft_report_graph__init_places(graph, report) < 0) {
		return -ENOMEM;
	}
	if (graph->wants_tags) {
		graph->joined_labels = weft_report__zeroed(&report->arena, report->sample_count,
							   sizeof(*graph->joined_labels));
		if (!graph->joined_labels) {
			return -ENOMEM;
		}
	}
	return weft_report_graph__build(graph);
}

void weft_report_graph__fini(struct report_graph *graph)
{
	struct weft_arena *arena;

	if (!graph->report) {
		return;
	}
	arena = &graph->report->arena;
	weft_arena_free_array(arena, graph->all, graph->all_capacity, sizeof(struct report_node *));
	weft_arena_free_array(arena, graph->edges, graph->edge_capacity,
			      sizeof(struct report_edge *));
	weft_arena_free_array(arena, graph->tags, graph->tag_capacity, sizeof(struct report_tag *));
	weft_arena_free_array(arena, graph->texts, graph->text_capacity, sizeof(graph->texts[0]));
	weft_hash_index_fini(&graph->tag_index, arena);
	weft_hash_index_fini(&graph->text_index, arena);
	weft_hash_index_fini(&graph->node_index, arena);
	weft_hash_index_fini(&graph->edge_index, arena);
	weft_hash_index_fini(&graph->tree_index, arena);
}

static int64_t mean(int64_t sum, int64_t divisor)
{
	return divisor ? weft_report_unit__divide(sum, divisor) : sum;
}

int64_t weft_report_graph__flat(const struct report_node *node)
{
	return mean(node->flat, node->flat_divisor);
}

int64_t weft_report_graph__cum(const struct report_node *node)
{
	return mean(node->cum, node->cum_divisor);
}

int64_t weft_report_graph__weight(const struct report_edge *edge)
{
	return mean(edge->weight, edge->divisor);
}

const char *weft_report_graph__inline_mark(const struct report_node *node)
{
	const struct report_edge *edge;
	bool is_inline = false, is_called = false;

	for (edge = node->in; edge; edge = edge->next_in) {
		if (!edge->is_gone) {
			is_inline = is_inline || edge->is_inline;
			is_called = is_called || !edge->is_inline;
		}
	}
	if (!is_inline) {
		return "";
	}
	return is_called ? "partial-inline" : "inline";
}
