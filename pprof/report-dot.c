// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * The report "dot": a graph for graphviz.
 * Source: graphviz.org/docs/attr-types/escString for what must be escaped.
 */
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "report-header.h"

#define NODELET_MAX    4
#define FONT_SIZE_BASE 8
#define FONT_SIZE_GROW 16.0
#define GUIDE          "\nSee https://git.io/JfYMW for how to read the graph"

/* Ways to cut a long name, tried in order; what the group matched stays. */
static const char *const shorteners[] = {
	/* Go: the folders of a package. */
	"^(?:[\\w\\-\\.]+\\/)+([^.]+\\..+)",
	/* Java: the package, and the parameters. */
	"^(?:[a-z]\\w*\\.)*([A-Z][\\w\\$]*\\.(?:<init>|[a-z][\\w\\$]*(?:\\$\\d+)?))(?:(?:\\()|$)",
	/* C++: namespaces of a class. */
	"^(?:[_a-zA-Z]\\w*::)+(_*[A-Z]\\w*::~?[_a-zA-Z]\\w*(?:<.*>)?)",
};
/* Go: the version in a module's path. */
static const char version_pattern[] = "^(.*?)/v(?:[2-9]|[1-9][0-9]+)([./].*)$";
static const char anonymous_prefix[] = "(anonymous namespace)::";

#define SHORTENER_COUNT (sizeof(shorteners) / sizeof(shorteners[0]))

struct dot {
	struct report *report;
	struct report_graph *graph;
	struct weft_arena *arena;
	FILE *out;
	struct report_regex *shorteners[SHORTENER_COUNT];
	struct report_regex *version;
	char *legend;
	bool is_out_of_memory;
};

/* ---- Texts ---- */

/* Replaces each of `from` by `to`. NULL: out of memory (also for a NULL text). */
static char *replace(struct weft_arena *arena, const char *text, const char *from, const char *to)
{
	size_t from_len = strlen(from), to_len = strlen(to), count = 0;
	const char *at, *found;
	char *result, *end;

	for (at = text; at && (at = strstr(at, from)); at += from_len) {
		count++;
	}
	result = text ? weft_report__zeroed(arena, strlen(text) + count * to_len + 1, 1) : NULL;
	if (!result) {
		return NULL;
	}
	for (at = text, end = result; (found = strstr(at, from)); at = found + from_len) {
		end = mempcpy(end, at, (size_t)(found - at));
		end = mempcpy(end, to, to_len);
	}
	(void)stpcpy(end, at); /* The end is of no use any more. */
	return result;
}

static char *escape(struct weft_arena *arena, const char *text)
{
	char *escaped = replace(arena, text, "\\", "\\\\");

	escaped = replace(arena, escaped, "\"", "\\\"");
	return replace(arena, escaped, "\n", "\\l");
}

static char *shorten(struct dot *dot, const char *name)
{
	struct report_match groups[3];
	size_t i;

	if (strncmp(name, anonymous_prefix, strlen(anonymous_prefix)) == 0) {
		name += strlen(anonymous_prefix);
	}
	if (weft_report_regex__find(dot->version, name, strlen(name), groups, 3)) {
		name = weft_report__format(
			dot->arena, "%.*s%.*s", (int)(groups[1].end - groups[1].start),
			name + groups[1].start, (int)(groups[2].end - groups[2].start),
			name + groups[2].start);
	}
	for (i = 0; name && i < SHORTENER_COUNT; i++) {
		if (weft_report_regex__find(dot->shorteners[i], name, strlen(name), groups, 2)) {
			return weft_report__string(dot->arena, name + groups[1].start,
						   groups[1].end - groups[1].start);
		}
	}
	return name ? weft_report__string(dot->arena, name, strlen(name)) : NULL;
}

/* The name as several lines. */
static char *format_place(struct dot *dot, const struct report_place *place)
{
	struct report_place shown = *place;
	char *name = shorten(dot, place->name);
	char *label;

	name = name ? escape(dot->arena, name) : NULL;
	name = replace(dot->arena, name, "::", "\\n");
	/* Go's mark of type parameters has dots that are no separators. */
	name = replace(dot->arena, name, "[...]", "[\u2026]");
	name = replace(dot->arena, name, ".", "\\n");
	if (!name) {
		return NULL;
	}
	shown.name = name;
	if (*shown.file) {
		shown.file = weft_report_view__base_name(shown.file);
	}
	label = weft_report_graph__label(dot->arena, &shown, "\\n");
	return label ? weft_report__format(dot->arena, "%s\\n", label) : NULL;
}

/* From green (-1) by grey (0) to red (1); pale for backgrounds. */
static void format_color(double score, bool is_background, char text[WEFT_REPORT_TEXT_SIZE])
{
	const double shift = 0.7; /* Away from grey, to tell gains from losses. */
	double saturation = is_background ? 0.1 : 1.0;
	double value = is_background ? 0.93 : 0.7;
	double red, green, blue;

	score = isnan(score) ? 0 : fmax(-1.0, fmin(1.0, score));
	if (fabs(score) < 0.2) {
		saturation *= fabs(score) / 0.2;
	}
	score = score > 0 ? pow(score, 1.0 - shift) : score < 0 ? -pow(-score, 1.0 - shift) : 0;
	red = score < 0 ? value * (1 + saturation * score) : value;
	green = score < 0 ? value : value * (1 - saturation * score);
	blue = value * (1 - saturation);
	(void)snprintf(text, WEFT_REPORT_TEXT_SIZE, "#%02x%02x%02x", (unsigned)(red * 255.0) & 0xff,
		       (unsigned)(green * 255.0) & 0xff, (unsigned)(blue * 255.0) & 0xff);
}

static double share_of_total(const struct dot *dot, int64_t value)
{
	return (double)value / (double)weft_report_unit__magnitude(dot->report->total);
}

/* ---- Legend ---- */

static void add_legend_line(void *ctx, const char *text)
{
	struct dot *dot = ctx;
	char *escaped = escape(dot->arena, text);

	if (!dot->legend && escaped) {
		(void)fprintf(dot->out, "subgraph cluster_L { \"%s\" [shape=box fontsize=16",
			      escaped);
	}
	dot->legend = escaped ? weft_report__format(dot->arena, "%s%s\\l",
						    dot->legend ? dot->legend : "", escaped)
			      : NULL;
	dot->is_out_of_memory = dot->is_out_of_memory || !dot->legend;
}

static void print_legend(struct dot *dot)
{
	struct report_lines lines = {.add = add_legend_line, .ctx = dot};

	weft_report_header__graph(dot->graph, &lines, true);
	add_legend_line(dot, GUIDE);
	(void)fprintf(dot->out, " label=\"%s\"", dot->legend ? dot->legend : "");
	if (*dot->report->title) {
		(void)fprintf(dot->out, " tooltip=\"%s\"", dot->report->title);
	}
	(void)fprintf(dot->out, "] }\n");
}

/* ---- Nodes ---- */

static int font_size(int64_t flat, int64_t largest)
{
	double share;

	if (largest == 0 || flat == 0) {
		return FONT_SIZE_BASE;
	}
	share = (double)weft_report_unit__magnitude(flat) / (double)largest;
	return FONT_SIZE_BASE + (share <= 1 ? (int)ceil(FONT_SIZE_GROW * sqrt(share)) : 0);
}

static void print_node(struct dot *dot, const struct report_node *node, int64_t largest)
{
	const struct report *report = dot->report;
	int64_t flat = weft_report_graph__flat(node), cum = weft_report_graph__cum(node);
	char flat_text[WEFT_REPORT_TEXT_SIZE], cum_text[WEFT_REPORT_TEXT_SIZE];
	char percent[WEFT_REPORT_TEXT_SIZE];
	char color[WEFT_REPORT_TEXT_SIZE], fill[WEFT_REPORT_TEXT_SIZE];
	const char *name = format_place(dot, &node->place);
	const char *tip = escape(dot->arena, node->label);

	if (!name || !tip) {
		dot->is_out_of_memory = true;
		return;
	}
	(void)weft_report_view__format(report, flat_text, flat);
	(void)weft_report_view__format(report, cum_text, cum);
	(void)fprintf(dot->out, "N%" PRIu32 " [label=\"%s", node->number, name);
	if (flat != 0) {
		(void)fprintf(dot->out, "%s (%s)", flat_text,
			      weft_report_unit__percent_trimmed(percent, flat, report->total));
	} else {
		(void)fprintf(dot->out, "0");
	}
	if (cum != flat) {
		(void)fprintf(dot->out, "%sof %s (%s)", flat != 0 ? "\\n" : " ", cum_text,
			      weft_report_unit__percent_trimmed(percent, cum, report->total));
	}
	format_color(share_of_total(dot, cum), false, color);
	format_color(share_of_total(dot, cum), true, fill);
	(void)fprintf(dot->out,
		      "\" id=\"node%" PRIu32 "\" fontsize=%d shape=box tooltip=\"%s (%s)\" "
		      "color=\"%s\" fillcolor=\"%s\"]\n",
		      node->number, font_size(flat, largest), tip, cum_text, color, fill);
}

/* ---- Labels beside nodes ---- */

static int64_t mean(int64_t sum, int64_t divisor)
{
	return divisor ? weft_report_unit__divide(sum, divisor) : sum;
}

/* A list as an array from the arena, heaviest first; NULL: out of memory. */
static struct report_tag **sort_tags(struct dot *dot, struct report_tag *first, bool is_flat,
				     size_t *ret_count)
{
	struct report_tag **tags, *tag;
	size_t count = 0;

	for (tag = first; tag; tag = tag->next) {
		count++;
	}
	tags = weft_report__zeroed(dot->arena, count, sizeof(struct report_tag *));
	if (!tags) {
		return NULL;
	}
	count = 0;
	for (tag = first; tag; tag = tag->next) {
		tags[count++] = tag;
	}
	weft_report_tag__sort(tags, count, is_flat);
	*ret_count = count;
	return tags;
}

static double distance(const struct report_tag *a, const struct report_tag *b)
{
	const char *unit;

	return fabs(weft_report_unit__scale(b->value, b->unit, a->unit, &unit) - (double)a->value);
}

/* Some numbers that are shown as one. */
struct collapsed {
	const struct report_tag *low, *high;
	struct report_tag sum;
	size_t count;
};

static void add_to_collapsed(struct collapsed *group, const struct report_tag *tag)
{
	const char *unit;

	if (group->count++ == 0) {
		group->low = group->high = tag;
	}
	if (weft_report_unit__to_int(weft_report_unit__scale(
		    tag->value, tag->unit, group->low->unit, &unit)) < group->low->value) {
		group->low = tag;
	}
	if (weft_report_unit__to_int(weft_report_unit__scale(
		    tag->value, tag->unit, group->high->unit, &unit)) > group->high->value) {
		group->high = tag;
	}
	group->sum.flat = weft_report_unit__add(group->sum.flat, tag->flat);
	group->sum.cum = weft_report_unit__add(group->sum.cum, tag->cum);
	group->sum.flat_divisor = weft_report_unit__add(group->sum.flat_divisor, tag->flat_divisor);
	group->sum.cum_divisor = weft_report_unit__add(group->sum.cum_divisor, tag->cum_divisor);
}

/* "1MB..2MB", with the sums, divided. */
static int finish_collapsed(struct dot *dot, struct collapsed *group)
{
	char low[WEFT_REPORT_TEXT_SIZE], high[WEFT_REPORT_TEXT_SIZE];

	(void)weft_report_unit__label(low, group->low->value, group->low->unit, "auto");
	(void)weft_report_unit__label(high, group->high->value, group->high->unit, "auto");
	group->sum.flat = mean(group->sum.flat, group->sum.flat_divisor);
	group->sum.cum = mean(group->sum.cum, group->sum.cum_divisor);
	group->sum.flat_divisor = group->sum.cum_divisor = 0;
	group->sum.name =
		weft_report__format(dot->arena, "%s%s%s", low, group->count > 1 ? ".." : "",
				    group->count > 1 ? high : "");
	return group->sum.name ? 0 : -ENOMEM;
}

/* At most NODELET_MAX of numbers: the others join the nearest. */
static struct report_tag **collapse(struct dot *dot, struct report_tag *first, bool is_flat,
				    size_t *ret_count)
{
	struct collapsed *groups = weft_report__zeroed(dot->arena, NODELET_MAX, sizeof(*groups));
	struct report_tag **tags = sort_tags(dot, first, is_flat, ret_count);
	size_t i, j;

	if (!tags || !groups || *ret_count <= NODELET_MAX) {
		return groups ? tags : NULL;
	}
	for (i = 0; i < NODELET_MAX; i++) {
		add_to_collapsed(&groups[i], tags[i]);
	}
	for (i = NODELET_MAX; i < *ret_count; i++) {
		size_t nearest = 0;

		for (j = 1; j < NODELET_MAX; j++) {
			if (distance(tags[i], tags[j]) < distance(tags[i], tags[nearest])) {
				nearest = j;
			}
		}
		add_to_collapsed(&groups[nearest], tags[i]);
	}
	for (i = 0; i < NODELET_MAX; i++) {
		if (finish_collapsed(dot, &groups[i]) < 0) {
			return NULL;
		}
		tags[i] = &groups[i].sum;
	}
	*ret_count = NODELET_MAX;
	weft_report_tag__sort(tags, NODELET_MAX, is_flat);
	return tags;
}

static bool print_numbers(struct dot *dot, struct report_tag *first, bool is_flat,
			  const char *source)
{
	char weight[WEFT_REPORT_TEXT_SIZE];
	struct report_tag **tags;
	size_t count = 0, i;
	bool printed = false;

	tags = collapse(dot, first, is_flat, &count);
	dot->is_out_of_memory = dot->is_out_of_memory || !tags;
	for (i = 0; tags && i < count; i++) {
		int64_t flat = mean(tags[i]->flat, tags[i]->flat_divisor);
		int64_t cum = mean(tags[i]->cum, tags[i]->cum_divisor);
		bool is_solid = is_flat || flat == cum;
		int64_t value = is_solid ? flat : cum;

		if (value == 0) {
			continue;
		}
		printed = true;
		(void)weft_report_view__format(dot->report, weight, value);
		(void)fprintf(dot->out,
			      "N%s_%zu [label = \"%s\" id=\"N%s_%zu\" fontsize=8 shape=box3d "
			      "tooltip=\"%s\"]\n"
			      "%s -> N%s_%zu [label=\" %s\" weight=100 tooltip=\"%s\" "
			      "labeltooltip=\"%s\"%s]\n",
			      source, i, tags[i]->name, source, i, weight, source, source, i,
			      weight, weight, weight, is_solid ? "" : " style=\"dotted\"");
	}
	return printed;
}

static void print_text_tag(struct dot *dot, const struct report_node *node, size_t index,
			   const struct report_tag *tag, int64_t value)
{
	char weight[WEFT_REPORT_TEXT_SIZE];

	(void)weft_report_view__format(dot->report, weight, value);
	(void)fprintf(dot->out,
		      "N%" PRIu32 "_%zu [label = \"%s\" id=\"N%" PRIu32 "_%zu\" fontsize=8 "
		      "shape=box3d tooltip=\"%s\"]\n"
		      "N%" PRIu32 " -> N%" PRIu32 "_%zu [label=\" %s\" weight=100 tooltip=\"%s\" "
		      "labeltooltip=\"%s\"]\n",
		      node->number, index, tag->name, node->number, index, weight, node->number,
		      node->number, index, weight, weight, weight);
}

/* Labels of leaves with all that they stand for, of others with what is their own. */
static bool print_tags(struct dot *dot, const struct report_node *node)
{
	const struct report_edge *edge = node->out;
	bool is_flat, printed = false;
	char source[WEFT_REPORT_TEXT_SIZE];
	struct report_tag **tags;
	size_t count = 0, i;

	while (edge && edge->is_gone) {
		edge = edge->next_out;
	}
	is_flat = edge != NULL;
	tags = sort_tags(dot, node->texts, is_flat, &count);
	dot->is_out_of_memory = dot->is_out_of_memory || !tags;
	for (i = 0; tags && i < count && i < NODELET_MAX; i++) {
		int64_t value = is_flat ? mean(tags[i]->flat, tags[i]->flat_divisor)
					: mean(tags[i]->cum, tags[i]->cum_divisor);

		if (value == 0) {
			continue;
		}
		printed = true;
		print_text_tag(dot, node, i, tags[i], value);
		if (tags[i]->numbers) {
			(void)snprintf(source, sizeof(source), "N%" PRIu32 "_%zu", node->number, i);
			(void)print_numbers(dot, tags[i]->numbers, is_flat, source);
		}
	}
	if (node->numbers) {
		(void)snprintf(source, sizeof(source), "N%" PRIu32, node->number);
		printed = print_numbers(dot, node->numbers, is_flat, source) || printed;
	}
	return printed;
}

/* ---- Edges ---- */

static int64_t scaled_share(int64_t value, int64_t factor, int64_t total)
{
	int64_t share =
		weft_report_unit__divide((int64_t)((uint64_t)value * (uint64_t)factor), total);

	share = weft_report_unit__magnitude(share);
	return share < factor ? share : factor;
}

static void print_edge(struct dot *dot, const struct report_edge *edge, bool has_tags)
{
	const struct report *report = dot->report;
	int64_t weight = weft_report_graph__weight(edge);
	char text[WEFT_REPORT_TEXT_SIZE], color[WEFT_REPORT_TEXT_SIZE];
	const char *from = escape(dot->arena, edge->from->label);
	const char *to = escape(dot->arena, edge->to->label);
	const char *arrow = edge->is_residual ? "..." : "->";

	if (!from || !to) {
		dot->is_out_of_memory = true;
		return;
	}
	(void)weft_report_view__format(report, text, weight);
	(void)fprintf(dot->out, "N%" PRIu32 " -> N%" PRIu32 " [label=\" %s%s\"", edge->from->number,
		      edge->to->number, text, edge->is_inline ? "\\n (inline)" : "");
	if (report->total != 0) {
		int64_t heaviness = scaled_share(weight, 100, report->total);
		int64_t width = scaled_share(weight, 5, report->total);

		if (heaviness > 0) {
			(void)fprintf(dot->out, " weight=%" PRId64, heaviness + 1);
		}
		if (width > 0) {
			(void)fprintf(dot->out, " penwidth=%" PRId64, width + 1);
		}
		format_color(share_of_total(dot, weight), false, color);
		(void)fprintf(dot->out, " color=\"%s\"", color);
	}
	(void)fprintf(dot->out, " tooltip=\"%s %s %s (%s)\" labeltooltip=\"%s %s %s (%s)\"%s%s]\n",
		      from, arrow, to, text, from, arrow, to, text,
		      edge->is_residual ? " style=\"dotted\"" : "", has_tags ? " minlen=2" : "");
}

/* All edges, heaviest first: a hint to the layout. */
static int print_edges(struct dot *dot, const bool *has_tags)
{
	struct report_graph *graph = dot->graph;
	struct report_edge **edges, *edge;
	size_t count = 0, i;

	edges = weft_report__zeroed(dot->arena, graph->edge_count, sizeof(struct report_edge *));
	if (!edges) {
		return -ENOMEM;
	}
	for (i = 0; i < graph->count; i++) {
		for (edge = graph->nodes[i]->out; edge; edge = edge->next_out) {
			if (!edge->is_gone) {
				edges[count++] = edge;
			}
		}
	}
	qsort(edges, count, sizeof(struct report_edge *), weft_report_graph__compare_edges);
	for (i = 0; i < count; i++) {
		print_edge(dot, edges[i], has_tags[edges[i]->from->number]);
	}
	return 0;
}

static int print_graph(struct dot *dot)
{
	struct report_graph *graph = dot->graph;
	bool *has_tags = weft_report__zeroed(dot->arena, (size_t)graph->count + 1, sizeof(bool));
	int64_t largest = 0;
	uint32_t i;

	if (!has_tags) {
		return -ENOMEM;
	}
	for (i = 0; i < graph->all_count; i++) {
		graph->all[i]->number = 0;
	}
	for (i = 0; i < graph->count; i++) {
		int64_t flat =
			weft_report_unit__magnitude(weft_report_graph__flat(graph->nodes[i]));

		graph->nodes[i]->number = i + 1;
		largest = flat > largest ? flat : largest;
	}
	for (i = 0; i < graph->count; i++) {
		print_node(dot, graph->nodes[i], largest);
		has_tags[i + 1] = print_tags(dot, graph->nodes[i]);
	}
	return graph->count ? print_edges(dot, has_tags) : 0;
}

static int init_patterns(struct dot *dot, struct weft_error *err)
{
	size_t i;
	int ret = weft_report_regex__create(version_pattern, &dot->version, err);

	for (i = 0; ret == 0 && i < SHORTENER_COUNT; i++) {
		ret = weft_report_regex__create(shorteners[i], &dot->shorteners[i], err);
	}
	return ret;
}

int weft_report_write_dot(struct report *report, FILE *out, struct weft_error *err)
{
	struct report_graph graph;
	struct dot dot = {.report = report, .graph = &graph, .arena = &report->arena, .out = out};
	const char *title;
	size_t i;
	int ret = weft_report_graph__init_trimmed(&graph, report);

	if (ret < 0) {
		ret = weft_report_view__no_memory(err);
		goto out;
	}
	ret = init_patterns(&dot, err);
	if (ret < 0) {
		goto out;
	}
	title = escape(dot.arena, *report->title ? report->title : "unnamed");
	if (!title) {
		ret = weft_report_view__no_memory(err);
		goto out;
	}
	(void)fprintf(out, "digraph \"%s\" {\nnode [style=filled fillcolor=\"#f8f8f8\"]\n", title);
	print_legend(&dot);
	if (print_graph(&dot) < 0 || dot.is_out_of_memory) {
		ret = weft_report_view__no_memory(err);
	}
	(void)fprintf(out, "}\n");
out:
	for (i = 0; i < SHORTENER_COUNT; i++) {
		weft_report_regex__destroy(dot.shorteners[i]);
	}
	weft_report_regex__destroy(dot.version);
	weft_report_graph__fini(&graph);
	return ret;
}
