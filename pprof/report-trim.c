// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * What a graph leaves out, and its order. See report-graph.h.
 */
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "report-graph.h"

/* Labels beside one node of a picture. */
#define NODELET_MAX 4

static int64_t magnitude(int64_t value)
{
	return weft_report_unit__magnitude(value);
}

/* ---- Order ---- */

static int compare_magnitudes(int64_t left, int64_t right)
{
	int64_t a = magnitude(left), b = magnitude(right);

	return a == b ? 0 : a > b ? -1 : 1;
}

/* The last resort: places as one text, so that an order never depends on chance. */
static int compare_places(const struct report_place *left, const struct report_place *right)
{
	const struct report_place *places[] = {left, right};
	char texts[2][1024];
	int i;

	for (i = 0; i < 2; i++) {
		(void)snprintf(texts[i], sizeof(texts[i]),
			       "{%s  %" PRIu64 " %s %" PRId64 " %" PRId64 " %" PRId64 " %s}",
			       places[i]->name, places[i]->address, places[i]->file,
			       places[i]->start_line, places[i]->line, places[i]->column,
			       places[i]->objfile);
	}
	return strcmp(texts[0], texts[1]);
}

static int compare_flat(const void *left, const void *right)
{
	const struct report_node *a = *(struct report_node *const *)left;
	const struct report_node *b = *(struct report_node *const *)right;
	int order = compare_magnitudes(a->flat, b->flat);

	order = order ? order : strcmp(a->label, b->label);
	order = order ? order : compare_magnitudes(a->cum, b->cum);
	return order ? order : compare_places(&a->place, &b->place);
}

static int compare_score(const void *left, const void *right)
{
	const struct report_node *a = *(struct report_node *const *)left;
	const struct report_node *b = *(struct report_node *const *)right;
	int order = compare_magnitudes(a->score, b->score);

	order = order ? order : strcmp(a->label, b->label);
	order = order ? order : compare_magnitudes(a->flat, b->flat);
	return order ? order : compare_places(&a->place, &b->place);
}

/* Entropy of the edges on one side of a node: more when samples come by many ways. */
static double score_edges(const struct report_edge *first, bool is_in, int64_t self)
{
	const struct report_edge *edge;
	double score = 0;
	int64_t total = self;

	for (edge = first; edge; edge = is_in ? edge->next_in : edge->next_out) {
		if (!edge->is_gone && edge->weight > 0) {
			total = weft_report_unit__add(total, edge->weight);
		}
	}
	if (total == 0) {
		return 0;
	}
	for (edge = first; edge; edge = is_in ? edge->next_in : edge->next_out) {
		if (!edge->is_gone) {
			double share = (double)magnitude(edge->weight) / (double)total;

			score += -share * log2(share);
		}
	}
	if (self > 0) {
		double share = (double)self / (double)total;

		score += -share * log2(share);
	}
	return score;
}

static bool has_edges(const struct report_edge *edge, bool is_in)
{
	while (edge && edge->is_gone) {
		edge = is_in ? edge->next_in : edge->next_out;
	}
	return edge != NULL;
}

/* How much a picture would lose without the node: roots, leaves and branchings first. */
static int64_t score_node(const struct report_node *node)
{
	double score = 0;

	score += has_edges(node->in, true) ? score_edges(node->in, true, 0) : 1;
	score += has_edges(node->out, false) ? score_edges(node->out, false, node->flat) : 1;
	return weft_report_unit__add(weft_report_unit__to_int(score * (double)node->cum),
				     node->flat);
}

static void sort_nodes(struct report_graph *graph)
{
	bool by_cum = strcmp(graph->report->values.sort, "cum") == 0;
	uint32_t i;

	for (i = 0; i < graph->count; i++) {
		struct report_node *node = graph->nodes[i];

		node->score = graph->is_visual ? score_node(node) : node->cum;
	}
	qsort(graph->nodes, graph->count, sizeof(struct report_node *),
	      graph->is_visual || by_cum ? compare_score : compare_flat);
}

int weft_report_graph__compare_edges(const void *left, const void *right)
{
	const struct report_edge *a = *(struct report_edge *const *)left;
	const struct report_edge *b = *(struct report_edge *const *)right;
	int order = compare_magnitudes(a->weight, b->weight);

	order = order ? order : strcmp(a->from->label, b->from->label);
	return order ? order : strcmp(a->to->label, b->to->label);
}

int weft_report_graph__sort_edges(const struct report_graph *graph, struct report_edge *first,
				  bool is_in, struct report_edge ***ret_edges, uint32_t *ret_count)
{
	struct report_edge *edge, **edges;
	uint32_t count = 0;

	for (edge = first; edge; edge = is_in ? edge->next_in : edge->next_out) {
		count += !edge->is_gone;
	}
	edges = weft_report__zeroed(&graph->report->arena, count, sizeof(struct report_edge *));
	if (!edges) {
		return -ENOMEM;
	}
	count = 0;
	for (edge = first; edge; edge = is_in ? edge->next_in : edge->next_out) {
		if (!edge->is_gone) {
			edges[count++] = edge;
		}
	}
	qsort(edges, count, sizeof(struct report_edge *), weft_report_graph__compare_edges);
	*ret_edges = edges;
	*ret_count = count;
	return 0;
}

/* ---- Leaving out ---- */

static uint32_t trim_edges(struct report_graph *graph, int64_t cutoff)
{
	struct report_edge *edge;
	uint32_t dropped = 0, i;

	for (i = 0; i < graph->count; i++) {
		for (edge = graph->nodes[i]->in; edge; edge = edge->next_in) {
			if (!edge->is_gone && magnitude(edge->weight) < cutoff) {
				edge->is_gone = true;
				dropped++;
			}
		}
	}
	return dropped;
}

/* Whether a search against the direction of calls from the edge's end finds its start another way. */
static bool is_redundant(struct report_graph *graph, const struct report_edge *edge,
			 struct report_node **queue)
{
	uint32_t head = 0, tail = 0, visit = ++graph->visit_count;
	const struct report_edge *in;

	queue[tail++] = edge->to;
	edge->to->visit = visit;
	while (head < tail) {
		for (in = queue[head++]->in; in; in = in->next_in) {
			if (in->is_gone || in == edge || in->from->visit == visit) {
				continue;
			}
			if (in->from == edge->from) {
				return true;
			}
			in->from->visit = visit;
			queue[tail++] = in->from;
		}
	}
	return false;
}

/* Light residual edges go that only repeat what other edges show. */
static int remove_redundant(struct report_graph *graph)
{
	struct report_node **queue = weft_report__zeroed(&graph->report->arena, graph->all_count,
							 sizeof(struct report_node *));
	uint32_t i, j, count;

	if (!queue) {
		return -ENOMEM;
	}
	for (i = graph->count; i > 0; i--) {
		struct report_edge **in;

		if (weft_report_graph__sort_edges(graph, graph->nodes[i - 1]->in, true, &in,
						  &count) < 0) {
			return -ENOMEM;
		}
		/* None that is heavier than a true call: that would confuse. */
		for (j = count; j > 0 && in[j - 1]->is_residual; j--) {
			in[j - 1]->is_gone = is_redundant(graph, in[j - 1], queue);
		}
	}
	return 0;
}

/* Leaves out a node of a tree: what it called is its caller's. */
static void bypass(struct report_node *node)
{
	struct report_edge *in = node->in, *out, *next;

	while (in && in->is_gone) {
		in = in->next_in;
	}
	for (out = node->out; out; out = next) {
		next = out->next_out;
		if (out->is_gone) {
			continue;
		}
		if (!in) {
			out->is_gone = true;
			continue;
		}
		out->from = in->from;
		out->is_residual = true;
		out->is_inline = out->is_inline && in->is_inline;
		out->next_out = in->from->out;
		in->from->out = out;
	}
	node->out = NULL;
	if (in) {
		in->is_gone = true;
	}
}

static int trim_tree(struct report_graph *graph)
{
	uint32_t kept = 0, i;

	for (i = 0; i < graph->count; i++) {
		if (graph->nodes[i]->is_kept) {
			graph->nodes[kept++] = graph->nodes[i];
		} else {
			bypass(graph->nodes[i]);
		}
	}
	graph->count = kept;
	return remove_redundant(graph);
}

/* Leaves out the nodes that are not marked as kept. */
static int keep_marked(struct report_graph *graph)
{
	if (graph->is_tree) {
		return trim_tree(graph);
	}
	graph->has_kept = true;
	return weft_report_graph__build(graph);
}

static void mark_none(struct report_graph *graph)
{
	uint32_t i;

	for (i = 0; i < graph->all_count; i++) {
		graph->all[i]->is_kept = false;
	}
}

static int drop_light_nodes(struct report_graph *graph, int64_t cutoff)
{
	uint32_t kept = 0, i;

	mark_none(graph);
	for (i = 0; i < graph->count; i++) {
		if (magnitude(graph->nodes[i]->cum) >= cutoff) {
			graph->nodes[i]->is_kept = true;
			kept++;
		}
	}
	graph->dropped_node_count = graph->count - kept;
	return graph->dropped_node_count ? keep_marked(graph) : 0;
}

/* How many nodes are shown: in a picture labels take the room of nodes. */
static uint32_t select_count(const struct report_graph *graph, uint32_t limit)
{
	uint32_t count = 0, i;

	for (i = 0; graph->is_visual && i < graph->count; i++) {
		uint32_t tags = weft_report_tag__count_flat(graph->nodes[i]);

		count += (tags > NODELET_MAX ? NODELET_MAX : tags) + 1;
		if (count >= limit) {
			return i + 1;
		}
	}
	return limit < graph->count ? limit : graph->count;
}

static int limit_nodes(struct report_graph *graph, int64_t node_cutoff, int64_t edge_cutoff)
{
	uint32_t count, i;
	int ret;

	if (graph->report->values.nodecount <= 0) {
		return 0;
	}
	weft_report_tag__trim(graph, node_cutoff);
	(void)trim_edges(graph, edge_cutoff); /* Counted when the graph is final. */
	count = select_count(graph, graph->report->values.nodecount > UINT32_MAX
					    ? UINT32_MAX
					    : (uint32_t)graph->report->values.nodecount);
	if (count == graph->count) {
		return 0;
	}
	mark_none(graph);
	for (i = 0; i < count; i++) {
		graph->nodes[i]->is_kept = true;
	}
	ret = keep_marked(graph);
	if (ret == 0) {
		sort_nodes(graph);
	}
	return ret;
}

/* ---- The unit of a report ---- */

static int64_t smallest_value(const struct report_graph *graph)
{
	int64_t smallest = 0;
	uint32_t i;

	for (i = 0; i < graph->count; i++) {
		int64_t value = magnitude(weft_report_graph__flat(graph->nodes[i]));

		if (value == 0) {
			value = magnitude(weft_report_graph__cum(graph->nodes[i]));
		}
		if (value > 0 && (smallest == 0 || value < smallest)) {
			smallest = value;
		}
	}
	return smallest;
}

/* "minimum" becomes what suits the smallest value; a larger one when the total is far from it. */
static void choose_unit(struct report_graph *graph)
{
	struct report *report = graph->report;
	int64_t smallest = smallest_value(graph), largest = report->total;
	const char *small_unit, *large_unit, *unit;

	if (strcmp(report->output_unit, "minimum") != 0 || graph->count == 0) {
		return;
	}
	smallest = smallest ? smallest : largest;
	if (report->ratio > 0 && report->ratio != 1) {
		smallest = weft_report_unit__multiply(smallest, report->ratio);
		largest = weft_report_unit__multiply(largest, report->ratio);
	}
	(void)weft_report_unit__scale(smallest, report->sample_unit, "minimum", &small_unit);
	(void)weft_report_unit__scale(largest, report->sample_unit, "minimum", &large_unit);
	unit = small_unit;
	/* Callgrind has whole numbers only: it must not round away the smallest. */
	if (strcmp(small_unit, large_unit) != 0 && smallest < largest / 100 + (largest % 100 > 0) &&
	    strcmp(report->request->format, "callgrind") != 0) {
		(void)weft_report_unit__scale(100 * smallest, report->sample_unit, "minimum",
					      &unit);
	}
	report->output_unit = *unit ? unit : report->sample_unit;
}

int weft_report_graph__init_trimmed(struct report_graph *graph, struct report *report)
{
	int64_t sum = 0, node_cutoff, edge_cutoff;
	uint32_t i;
	int ret = weft_report_graph__init(graph, report);

	if (ret < 0) {
		return ret;
	}
	for (i = 0; i < graph->count; i++) {
		sum = weft_report_unit__add(sum, graph->nodes[i]->flat);
	}
	node_cutoff = magnitude(weft_report_unit__multiply(sum, report->values.nodefraction));
	edge_cutoff = magnitude(weft_report_unit__multiply(sum, report->values.edgefraction));
	ret = node_cutoff > 0 ? drop_light_nodes(graph, node_cutoff) : 0;
	if (ret < 0) {
		return ret;
	}
	graph->original_count = graph->count;
	sort_nodes(graph);
	ret = limit_nodes(graph, node_cutoff, edge_cutoff);
	if (ret < 0) {
		return ret;
	}
	weft_report_tag__trim(graph, node_cutoff);
	graph->dropped_edge_count = trim_edges(graph, edge_cutoff);
	ret = graph->is_visual ? remove_redundant(graph) : 0;
	choose_unit(graph);
	return ret;
}
