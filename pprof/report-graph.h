// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Sums by place: nodes (what the granularity makes one entry of) and edges (who called whom).
 *
 * A node counts flat what samples have it as leaf, cum what samples have it anywhere, once each. An
 * edge counts the samples with that call, once each. Where nodes are left out, an edge that goes over
 * them is "residual". With call_tree a node is a place together with its chain of callers.
 *
 * Everything belongs to the graph and lives as long as it.
 * Source: the sums and selections of google/pprof's graphs, which these are equal to.
 */
#ifndef WEFT_PPROF_REPORT_GRAPH_H
#define WEFT_PPROF_REPORT_GRAPH_H

#include "hash-index.h"
#include "report-view.h"

/* What makes one node different from another. Equal texts are equal bytes, not equal pointers. */
struct report_place {
	const char *name, *file, *objfile; /* Never NULL. */
	uint64_t address;
	int64_t start_line, line, column;
};

struct report_edge;

/* Sums of the samples of a node that have the same labels. */
struct report_tag {
	const char *name, *unit;
	int64_t value; /* Of a number. */
	int64_t flat, flat_divisor, cum, cum_divisor;
	struct report_tag *next;
	struct report_tag *numbers; /* Of a text: the numbers beside it. */
	const struct report_node *node;
	const char *text; /* Of a number: the text that it stands beside; NULL: none. */
};

struct report_node {
	struct report_place place;
	const char *label; /* What people read: name, file, line. */
	uint32_t mark;     /* The last sample that was counted, plus one. */
	uint32_t visit;    /* The last search that came here. */
	uint32_t index;    /* Among all; in a tree, of the place alone. */
	int64_t flat, flat_divisor, cum, cum_divisor;
	struct report_edge *in, *out;
	struct report_edge *last_in; /* The edge that was counted last: mostly the next one, too. */
	struct report_tag *texts;    /* Labels with texts, all of a sample joined to one. */
	struct report_tag *numbers;  /* Numbers of samples without such labels. */
	bool is_kept;
	int64_t score;   /* While sorting. */
	uint32_t number; /* In a listing, from 1. */
};

struct report_edge {
	struct report_node *from, *to;
	int64_t weight, divisor;
	uint32_t mark;
	bool is_residual, is_inline;
	bool is_gone;
	struct report_edge *next_in, *next_out;
};

struct report_graph {
	struct report *report;
	struct report_node **nodes; /* In order of the report. */
	uint32_t count;
	uint32_t original_count; /* Before nodecount. */
	uint32_t dropped_node_count, dropped_edge_count;
	/* From here: while building. */
	struct report_node **all; /* One a place; in a tree, behind these one a chain of callers. */
	uint32_t all_count, place_count;
	size_t all_capacity;
	struct report_tag **tags;
	uint32_t tag_count;
	size_t tag_capacity;
	const char **texts; /* Joined labels, each once. */
	uint32_t text_count;
	size_t text_capacity;
	struct weft_hash_index node_index, edge_index, tree_index, tag_index, text_index;
	struct report_edge **edges;
	uint32_t edge_count;
	size_t edge_capacity;
	/* One a function with a name, where all its lines are one place; NULL: lines differ. */
	struct report_node **function_nodes;
	struct report_node **frames; /* Nodes of locations' lines, one location after the other. */
	uint32_t *first_frames;      /* One a location, and one more. */
	const char **joined_labels;  /* One a sample: its labels with texts; NULL: not made. */
	uint32_t visit_count;
	uint64_t seed;
	bool wants_tags, is_tree, is_visual, has_kept;
};

/** Sums up everything. 0; -ENOMEM. To be released in any case. */
WEFT_MUST_CHECK int weft_report_graph__init(struct report_graph *graph, struct report *report);
/** As above, and leaves out and sorts as the config says; then chooses the report's unit. */
WEFT_MUST_CHECK int weft_report_graph__init_trimmed(struct report_graph *graph,
						    struct report *report);
/** The nodes of all locations, without sums and with paths as they are. 0; -ENOMEM. */
WEFT_MUST_CHECK int weft_report_graph__init_places(struct report_graph *graph,
						   struct report *report);
void weft_report_graph__fini(struct report_graph *graph);

/** Counts all samples anew; with has_kept only the nodes that are kept. 0; -ENOMEM. */
WEFT_MUST_CHECK int weft_report_graph__build(struct report_graph *graph);

/** Mean, when the report is of means. */
int64_t weft_report_graph__flat(const struct report_node *node);
int64_t weft_report_graph__cum(const struct report_node *node);
int64_t weft_report_graph__weight(const struct report_edge *edge);

/** Whether calls of a node are inlined: "inline" all, "partial-inline" some, "" none. Static. */
const char *weft_report_graph__inline_mark(const struct report_node *node);

/** The node of each line of a location, innermost first; some NULL when nodes were left out. */
struct report_node **weft_report_graph__frames(const struct report_graph *graph, uint32_t location,
					       uint32_t *ret_count);

/**
 * Edges of a node, heaviest first.
 *
 * @param ret_edges  From the report's arena.
 */
WEFT_MUST_CHECK int weft_report_graph__sort_edges(const struct report_graph *graph,
						  struct report_edge *first, bool is_in,
						  struct report_edge ***ret_edges,
						  uint32_t *ret_count);
/** Heaviest first, then by names. For qsort() of pointers to edges. */
int weft_report_graph__compare_edges(const void *left, const void *right);

/** Sets what a place is for one line of a location (NULL: a location without lines). */
WEFT_MUST_CHECK int weft_report_graph__describe(struct report *report,
						const struct report_location *location,
						const struct weft_pprof_line *line,
						bool keeps_objects, struct report_place *ret_place);
/** Whether places of named functions are told apart by function and file alone. */
bool weft_report_graph__is_by_function(const struct report *report);
/** What people read of a place, with `separator` between its parts. NULL: out of memory. */
char *weft_report_graph__label(struct weft_arena *arena, const struct report_place *place,
			       const char *separator);

/* ---- report-tag-sum.c: sums by labels, for graphs that show them ---- */

/** Adds a sample to a node's tags. 0; -ENOMEM. */
WEFT_MUST_CHECK int weft_report_tag__count(struct report_graph *graph, struct report_node *node,
					   uint32_t sample_index, bool is_flat);
/** Removes tags below the cut-off. */
void weft_report_tag__trim(struct report_graph *graph, int64_t cutoff);
/** Number of tags with a flat value. */
uint32_t weft_report_tag__count_flat(const struct report_node *node);
/** Heaviest first. `is_flat`: by flat alone. */
void weft_report_tag__sort(struct report_tag **tags, size_t count, bool is_flat);

#endif
