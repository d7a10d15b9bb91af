// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * The report "callgrind": a graph in the format of KCachegrind.
 * Source: valgrind's manual, "Callgrind Format Specification" (name and position compression).
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "report-graph.h"

/* Names that are written once, then as numbers. */
struct names {
	const char **names;
	size_t capacity;
	uint32_t count;
	struct weft_hash_index index;
};

/* One function among several of the same name and file. */
struct variant {
	const struct report_node *node;
	struct variant *next;
	uint32_t number;
};

/* What callgrind takes for one function. */
struct group {
	const char *name, *file;
	struct variant *variants;
	uint32_t count;
};

struct callgrind {
	const struct report_graph *graph;
	struct weft_arena *arena;
	struct names objects, files, functions;
	struct group *groups;
	size_t group_capacity;
	uint32_t group_count;
	struct weft_hash_index group_index;
	FILE *out;
};

/* "(1) name" at first, "(1)" after; nothing for "". */
static int print_name(struct callgrind *writer, const char *prefix, struct names *names,
		      const char *name)
{
	uint64_t hash = weft_hash_bytes(writer->graph->seed, name, strlen(name));
	struct weft_hash_probe probe;
	void *grown = names->names;
	uint32_t found;

	if (*name == '\0') {
		(void)fprintf(writer->out, "%s\n", prefix);
		return 0;
	}
	for (weft_hash_index_start(&names->index, hash, &probe);
	     weft_hash_index_next(&names->index, &probe, &found);) {
		if (strcmp(names->names[found], name) == 0) {
			(void)fprintf(writer->out, "%s(%" PRIu32 ")\n", prefix, found + 1);
			return 0;
		}
	}
	if (weft_hash_index_reserve(&names->index, writer->arena, (size_t)names->count + 1) < 0 ||
	    weft_arena_grow_array(writer->arena, &grown, &names->capacity, (size_t)names->count + 1,
				  sizeof(char *)) < 0) {
		return -ENOMEM;
	}
	names->names = grown;
	weft_hash_index_add(&names->index, hash, names->count);
	names->names[names->count++] = name;
	(void)fprintf(writer->out, "%s(%" PRIu32 ") %s\n", prefix, names->count, name);
	return 0;
}

static void fini_names(struct callgrind *writer, struct names *names)
{
	weft_hash_index_fini(&names->index, writer->arena);
	weft_arena_free_array(writer->arena, names->names, names->capacity, sizeof(char *));
}

static bool is_same_function(const struct report_node *a, const struct report_node *b)
{
	const struct report_node *caller_a = a->in ? a->in->from : NULL;
	const struct report_node *caller_b = b->in ? b->in->from : NULL;

	return a->place.start_line == b->place.start_line &&
	       strcmp(a->place.objfile, b->place.objfile) == 0 && caller_a == caller_b;
}

static bool is_same_place(const struct report_node *a, const struct report_node *b)
{
	return a->place.start_line == b->place.start_line &&
	       strcmp(a->place.objfile, b->place.objfile) == 0;
}

/* The group of a node; NULL: there is none. */
static struct group *find_group(const struct callgrind *writer, const struct report_node *node,
				uint64_t *ret_hash)
{
	struct weft_hash_probe probe;
	uint32_t found;

	*ret_hash = weft_hash_bytes(writer->graph->seed, node->place.name,
				    strlen(node->place.name) + 1);
	*ret_hash = weft_hash_bytes(*ret_hash, node->place.file, strlen(node->place.file));
	for (weft_hash_index_start(&writer->group_index, *ret_hash, &probe);
	     writer->groups && weft_hash_index_next(&writer->group_index, &probe, &found);) {
		struct group *group = &writer->groups[found];

		if (strcmp(group->name, node->place.name) == 0 &&
		    strcmp(group->file, node->place.file) == 0) {
			return group;
		}
	}
	return NULL;
}

static struct variant *find_variant(const struct callgrind *writer, const struct group *group,
				    const struct report_node *node)
{
	struct variant *variant = group->variants;

	while (variant && !(writer->graph->is_tree ? is_same_function(variant->node, node)
						   : is_same_place(variant->node, node))) {
		variant = variant->next;
	}
	return variant;
}

static int add_to_group(struct callgrind *writer, const struct report_node *node)
{
	uint64_t hash;
	struct group *group = find_group(writer, node, &hash);
	struct variant *variant;
	void *groups = writer->groups;

	if (!group) {
		if (weft_hash_index_reserve(&writer->group_index, writer->arena,
					    (size_t)writer->group_count + 1) < 0 ||
		    weft_arena_grow_array(writer->arena, &groups, &writer->group_capacity,
					  (size_t)writer->group_count + 1,
					  sizeof(struct group)) < 0) {
			return -ENOMEM;
		}
		writer->groups = groups;
		group = &writer->groups[writer->group_count];
		*group = (struct group){.name = node->place.name, .file = node->place.file};
		weft_hash_index_add(&writer->group_index, hash, writer->group_count++);
	}
	if (find_variant(writer, group, node)) {
		return 0;
	}
	variant = weft_report__zeroed(writer->arena, 1, sizeof(*variant));
	if (!variant) {
		return -ENOMEM;
	}
	variant->node = node;
	variant->number = ++group->count;
	variant->next = group->variants;
	group->variants = variant;
	return 0;
}

/* The name, with "[1/2]" behind it where callgrind would take several functions for one. */
static const char *unique_name(const struct callgrind *writer, const struct report_node *node)
{
	uint64_t hash;
	const struct group *group = find_group(writer, node, &hash);
	const struct variant *variant = group ? find_variant(writer, group, node) : NULL;

	if (node->number == 0) {
		return ""; /* Not listed, as what is negative may be. */
	}
	if (!group || group->count < 2 || !variant) {
		return node->place.name;
	}
	return weft_report__format(writer->arena, "%s [%" PRIu32 "/%" PRIu32 "]", node->place.name,
				   variant->number, group->count);
}

/* "*" for the same again, a difference where that is shorter. */
static void format_address(const struct report_node *previous, uint64_t address,
			   char text[WEFT_REPORT_TEXT_SIZE])
{
	char relative[WEFT_REPORT_TEXT_SIZE];

	(void)snprintf(text, WEFT_REPORT_TEXT_SIZE, "0x%" PRIx64, address);
	if (!previous) {
		return;
	}
	if (previous->place.address == address) {
		(void)snprintf(text, WEFT_REPORT_TEXT_SIZE, "*");
		return;
	}
	(void)snprintf(relative, sizeof(relative), "%+" PRId64,
		       (int64_t)(address - previous->place.address));
	if (strlen(relative) < strlen(text)) {
		memcpy(text, relative, strlen(relative) + 1);
	}
}

static int64_t in_unit(const struct report *report, int64_t value)
{
	const char *unit;

	return weft_report_unit__to_int(
		weft_report_unit__scale(value, report->sample_unit, report->output_unit, &unit));
}

static int print_calls(struct callgrind *writer, const struct report_node *node,
		       const struct report_node *previous)
{
	const struct report *report = writer->graph->report;
	char address[WEFT_REPORT_TEXT_SIZE];
	struct report_edge **edges;
	uint32_t count, i;

	if (weft_report_graph__sort_edges(writer->graph, node->out, false, &edges, &count) < 0) {
		return -ENOMEM;
	}
	for (i = 0; i < count; i++) {
		const struct report_node *callee = edges[i]->to;
		const char *name = unique_name(writer, callee);

		if (!name || print_name(writer, "cfl=", &writer->files, callee->place.file) < 0 ||
		    print_name(writer, "cfn=", &writer->functions, name) < 0) {
			return -ENOMEM;
		}
		format_address(previous, callee->place.address, address);
		(void)fprintf(writer->out, "calls=0 %s %" PRId64 "\n* * %" PRId64 "\n", address,
			      callee->place.line, in_unit(report, edges[i]->weight));
	}
	return 0;
}

static int print_node(struct callgrind *writer, const struct report_node *node,
		      const struct report_node *previous)
{
	const struct report *report = writer->graph->report;
	char address[WEFT_REPORT_TEXT_SIZE];

	if (!previous || strcmp(node->place.objfile, previous->place.objfile) != 0 ||
	    strcmp(node->place.file, previous->place.file) != 0 ||
	    strcmp(node->place.name, previous->place.name) != 0) {
		(void)fprintf(writer->out, "\n");
		if (print_name(writer, "ob=", &writer->objects, node->place.objfile) < 0 ||
		    print_name(writer, "fl=", &writer->files, node->place.file) < 0 ||
		    print_name(writer, "fn=", &writer->functions, node->place.name) < 0) {
			return -ENOMEM;
		}
	}
	format_address(previous, node->place.address, address);
	(void)fprintf(writer->out, "%s %" PRId64 " %" PRId64 "\n", address, node->place.line,
		      in_unit(report, weft_report_graph__flat(node)));
	return print_calls(writer, node, previous);
}

int weft_report_write_callgrind(struct report *report, FILE *out, struct weft_error *err)
{
	struct report_graph graph;
	struct callgrind writer = {.graph = &graph, .arena = &report->arena, .out = out};
	uint32_t i;
	int ret = weft_report_graph__init_trimmed(&graph, report);

	for (i = 0; ret == 0 && i < graph.all_count; i++) {
		graph.all[i]->number = 0;
	}
	for (i = 0; ret == 0 && i < graph.count; i++) {
		graph.nodes[i]->number = i + 1;
		ret = add_to_group(&writer, graph.nodes[i]);
	}
	if (ret == 0) {
		(void)fprintf(out, "positions: instr line\nevents: %s(%s)\n", report->sample_type,
			      report->output_unit);
	}
	for (i = 0; ret == 0 && i < graph.count; i++) {
		ret = print_node(&writer, graph.nodes[i], i ? graph.nodes[i - 1] : NULL);
	}
	fini_names(&writer, &writer.objects);
	fini_names(&writer, &writer.files);
	fini_names(&writer, &writer.functions);
	weft_hash_index_fini(&writer.group_index, writer.arena);
	weft_arena_free_array(writer.arena, writer.groups, writer.group_capacity,
			      sizeof(struct group));
	weft_report_graph__fini(&graph);
	return ret < 0 ? weft_report_view__no_memory(err) : 0;
}
