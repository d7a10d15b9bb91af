// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Reports that are pictures: the report "dot", drawn by the program of that name (graphviz).
 */
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "report-child.h"
#include "report-graph.h"
#include "report-view.h"

#define LIMIT_DEFAULT_MS 20000U

/*
 * Edges for each node that are drawn when all of them took too long, as straight lines then. What dot does
 * grows much faster than their number: with 80 nodes that all call each other it takes minutes, and nearly
 * all of it goes into curves around nodes.
 */
static const uint32_t edges_by_node[] = {4, 1};
/* Of the search for the fraction that leaves so many. */
#define STEPS_MAX 12

static int draw(struct report *report, FILE *graph, bool is_straight, FILE *out,
		struct weft_error *err)
{
	unsigned int limit_ms = report->request->picture_limit_ms;
	char type[16];
	const char *const argv[] = {"dot", type, is_straight ? "-Gsplines=line" : NULL, NULL};
	int ret;

	(void)snprintf(type, sizeof(type), "-T%s", report->request->format);
	ret = weft_report_child__run(argv, graph, out, limit_ms ? limit_ms : LIMIT_DEFAULT_MS, err);
	if (ret == -ENOENT) {
		return weft_error_set(
			err, ret,
			"draw the graph: there is no program 'dot': install graphviz, "
			"or use -dot, -html");
	}
	if (ret == -ETIME) {
		weft_error_prepend(err, "draw the graph: less of it may be faster: nodecount, "
					"edgefraction, focus");
	} else if (ret < 0) {
		weft_error_prepend(err, "draw the graph");
	}
	return ret;
}

static int draw_once(struct report *report, bool is_straight, FILE *out, struct weft_error *err)
{
	FILE *graph = tmpfile();
	int ret;

	if (!graph) {
		return weft_error_set_errno(err, -errno, "draw the graph: make a temporary file");
	}
	ret = weft_report_write_dot(report, graph, err);
	if (ret == 0 && fflush(graph) != 0) {
		ret = weft_error_set_errno(err, -errno, "draw the graph: write a temporary file");
	}
	rewind(graph);
	ret = ret < 0 ? ret : draw(report, graph, is_straight, out, err);
	(void)fclose(graph); /* Nobody needs it any more. */
	return ret;
}

/* What a graph would have with a value of edgefraction. */
struct graph_size {
	uint32_t node_count, edge_count;
};

static int measure(struct report *report, double fraction, struct graph_size *ret_size)
{
	struct report_graph graph;
	const struct report_edge *edge;
	uint32_t i;
	int ret;

	report->values.edgefraction = fraction;
	ret = weft_report_graph__init_trimmed(&graph, report);
	if (ret == 0) {
		*ret_size = (struct graph_size){.node_count = graph.count};
		for (i = 0; i < graph.count; i++) {
			for (edge = graph.nodes[i]->out; edge; edge = edge->next_out) {
				ret_size->edge_count += !edge->is_gone;
			}
		}
	}
	weft_report_graph__fini(&graph);
	return ret;
}

/*
 * Raises edgefraction so far that about so many of the heaviest edges are left for each node. How many that
 * are follows from no formula, since edges past nodes that are left out are joined: between a fraction that
 * leaves too many and one that leaves too few the middle is tried.
 *
 * @return 1: done; 0: there are no more than that anyhow; -ENOMEM.
 */
static int coarsen(struct report *report, uint32_t by_node)
{
	double low = report->values.edgefraction, high = 1, middle;
	struct graph_size whole = {0}, size = {0};
	int ret = measure(report, low, &whole), step;

	if (ret < 0 || whole.edge_count <= by_node * whole.node_count) {
		return ret;
	}
	for (step = 0; ret == 0 && step < STEPS_MAX; step++) {
		middle = low > 0 ? sqrt(low * high) : high / 1000;
		ret = measure(report, middle, &size);
		if (size.edge_count > by_node * whole.node_count) {
			low = middle;
		} else {
			high = middle;
			if (2 * size.edge_count >= by_node * whole.node_count) {
				break;
			}
		}
	}
	report->values.edgefraction = high;
	weft_report_view__warn(report,
			       "Drawing all %" PRIu32 " edges of %" PRIu32
			       " nodes took too long: those below %.2g%% of the total are left out "
			       "(edgefraction=%.4g), and lines are straight",
			       whole.edge_count, whole.node_count, 100 * high, high);
	return ret < 0 ? ret : 1;
}

int weft_report_write_picture(struct report *report, FILE *out, struct weft_error *err)
{
	int ret = draw_once(report, false, out, err), coarsened;
	size_t i;

	for (i = 0; ret == -ETIME && i < sizeof(edges_by_node) / sizeof(edges_by_node[0]); i++) {
		coarsened = coarsen(report, edges_by_node[i]);
		if (coarsened < 0) {
			ret = weft_report_view__no_memory(err);
		} else if (coarsened > 0) {
			ret = draw_once(report, true, out, err);
		}
	}
	return ret;
}
