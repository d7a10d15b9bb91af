// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * The variables of reports: one table, and their values as texts. See weft/report.h.
 */
#include "report-config.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const char *const sort_choices[] = {"cum", "flat", NULL};
static const char *const granularity_choices[] = {"functions", "filefunctions", "files",
						  "lines",     "addresses",     NULL};

#define TAG_FILTER_HELP                                                                            \
	"KEY=EXPRESSION looks at one label only. For numbers: 1kb, 1kb:10kb, memory=32mb:.\n"      \
	"For texts: foo, foo.*bar, tenant=acme|globex; a comma parts several expressions.\n"

#define TEXT(name, url, initial, help)                                                             \
	{                                                                                          \
#name, url, WEFT_REPORT_KIND_TEXT, initial, NULL, help                             \
	}
#define BOOL(name, url, initial, help)                                                             \
	{                                                                                          \
#name, url, WEFT_REPORT_KIND_BOOL, initial, NULL, help                             \
	}

static const struct weft_report_variable variables[] = {
	TEXT(output, NULL, "", "File for the report; empty: standard output\n"),
	BOOL(call_tree, "calltree", "false",
	     "Keep callers apart\nA function has a node for each chain of callers (dot and "
	     "callgrind).\n"),
	BOOL(relative_percentages, "rel", "false",
	     "Percentages of what filters leave, not of the whole profile\n"),
	TEXT(unit, "unit", "minimum",
	     "Unit of values\nminimum: one that suits the smallest value shown; auto: one for "
	     "each value;\nor a unit: ms, MB, ...\n"),
	BOOL(compact_labels, "compact", "false", "Leave out what stands above a report\n"),
	TEXT(source_path, NULL, "",
	     "Folders to look for source files in, with a colon between two\n"),
	TEXT(trim_path, NULL, "",
	     "Starts to cut from paths of source files, with a colon between two\n"),
	BOOL(intel_syntax, "intel", "false", "Disassemble in the syntax of Intel's manuals\n"),
	BOOL(mean, "mean", "false",
	     "Average: the value divided by the first one, which counts events\n"),
	TEXT(sample_index, "si", "", "Which value of samples to show: its type, or its number\n"),
	{"divide_by", NULL, WEFT_REPORT_KIND_FLOAT, "1", NULL, "Divides every value\n"},
	BOOL(normalize, "norm", "false",
	     "Scale the profile to the sum of its base before comparing\n"),
	{"sort", "sort", WEFT_REPORT_KIND_CHOICE, "flat", sort_choices, "Order of entries\n"},
	TEXT(tagroot, "tagroot", "",
	     "Labels to put at the roots of stacks as frames\nKeys with commas between; the first "
	     "becomes the outermost.\n"),
	TEXT(tagleaf, "tagleaf", "",
	     "Labels to put at the leaves of stacks as frames\nKeys with commas between; the last "
	     "becomes the innermost.\n"),
	BOOL(drop_negative, "dropneg", "false", "Leave out what is negative\n"),
	{"nodecount", "n", WEFT_REPORT_KIND_INT, "-1", NULL,
	 "Most entries to show; 0: all; -1: as suits the report\n"},
	{"nodefraction", "nf", WEFT_REPORT_KIND_FLOAT, "0.005", NULL,
	 "Leave out entries below this fraction of the total\n"},
	{"edgefraction", "ef", WEFT_REPORT_KIND_FLOAT, "0.001", NULL,
	 "Leave out calls below this fraction of the total\n"},
	BOOL(trim, "trim", "true", "Honour nodecount, nodefraction and edgefraction\n"),
	TEXT(focus, "f", "",
	     "Only samples with a frame that matches\nLike all these expressions: by function, "
	     "source file or binary.\n"),
	TEXT(ignore, "i", "", "Only samples without a frame that matches\n"),
	TEXT(prune_from, "prunefrom", "", "Drop what the innermost match calls\n"),
	TEXT(hide, "h", "", "Take matching frames out; their values go to their callers\n"),
	TEXT(show, "s", "", "Take all other frames out\n"),
	TEXT(show_from, "sf", "", "Drop what calls the outermost match\n"),
	TEXT(tagfocus, "tf", "", "Only samples with a label that matches\n" TAG_FILTER_HELP),
	TEXT(tagignore, "ti", "", "Only samples without a label that matches\n" TAG_FILTER_HELP),
	TEXT(tagshow, "ts", "", "Only labels whose key matches\n"),
	TEXT(taghide, "th", "", "No labels whose key matches\n"),
	BOOL(noinlines, "noinlines", "false",
	     "Count inlined functions to the function that has their code\n"),
	BOOL(showcolumns, "showcolumns", "false", "Tell columns of lines apart\n"),
	{"granularity", "g", WEFT_REPORT_KIND_CHOICE, "functions", granularity_choices,
	 "What makes an entry\n"},
};

static const struct {
	const char *name, *help;
} choice_helps[] = {
	{"cum", "By what an entry and all that it calls take"},
	{"flat", "By what an entry itself takes"},
	{"functions", "Functions, wherever they are defined"},
	{"filefunctions", "Functions, those of different files apart"},
	{"files", "Source files"},
	{"lines", "Lines of source files"},
	{"addresses", "Instructions"},
};

#define VARIABLE_COUNT (sizeof(variables) / sizeof(variables[0]))

struct weft_report_config {
	char *values[VARIABLE_COUNT]; /* NULL: the initial one. */
};

const struct weft_report_variable *weft_report_variable_get(size_t index)
{
	return index < VARIABLE_COUNT ? &variables[index] : NULL;
}

static bool has_choice(const struct weft_report_variable *variable, const char *name)
{
	size_t i;

	for (i = 0; variable->choices && variable->choices[i]; i++) {
		if (strcmp(variable->choices[i], name) == 0) {
			return true;
		}
	}
	return false;
}

const struct weft_report_variable *weft_report_variable_find(const char *name)
{
	size_t i;

	for (i = 0; i < VARIABLE_COUNT; i++) {
		if (strcmp(variables[i].name, name) == 0 || has_choice(&variables[i], name)) {
			return &variables[i];
		}
	}
	return NULL;
}

const char *weft_report_choice_help(const char *choice)
{
	size_t i;

	for (i = 0; i < sizeof(choice_helps) / sizeof(choice_helps[0]); i++) {
		if (strcmp(choice_helps[i].name, choice) == 0) {
			return choice_helps[i].help;
		}
	}
	return NULL;
}

struct weft_report_config *weft_report_config_create(void)
{
	return calloc(1, sizeof(struct weft_report_config));
}

struct weft_report_config *weft_report_config_copy(const struct weft_report_config *config)
{
	struct weft_report_config *copy = weft_report_config_create();
	size_t i;

	for (i = 0; copy && i < VARIABLE_COUNT; i++) {
		if (config->values[i] && !(copy->values[i] = strdup(config->values[i]))) {
			weft_report_config_destroy(copy);
			return NULL;
		}
	}
	return copy;
}

void weft_report_config_destroy(struct weft_report_config *config)
{
	size_t i;

	for (i = 0; config && i < VARIABLE_COUNT; i++) {
		free(config->values[i]);
	}
	free(config);
}

/* "true" or "false"; NULL: neither. */
static const char *normalize_bool(const char *value)
{
	static const char *const yes[] = {"true", "t", "yes", "y", "1", ""};
	static const char *const no[] = {"false", "f", "no", "n", "0"};
	size_t i;

	for (i = 0; i < sizeof(yes) / sizeof(yes[0]); i++) {
		if (strcasecmp(yes[i], value) == 0) {
			return "true";
		}
	}
	for (i = 0; i < sizeof(no) / sizeof(no[0]); i++) {
		if (strcasecmp(no[i], value) == 0) {
			return "false";
		}
	}
	return NULL;
}

static bool is_number(const char *value, bool is_whole)
{
	char *end = NULL;

	errno = 0;
	if (is_whole) {
		(void)strtol(value, &end, 10);
	} else {
		(void)strtod(value, &end);
	}
	return errno == 0 && *value && !isspace((unsigned char)*value) && *end == '\0';
}

/* The value as it is kept; NULL: the variable has no such value. */
static const char *accept(const struct weft_report_variable *variable, const char *value)
{
	switch (variable->kind) {
	case WEFT_REPORT_KIND_BOOL:
		return normalize_bool(value);
	case WEFT_REPORT_KIND_INT:
	case WEFT_REPORT_KIND_FLOAT:
		return is_number(value, variable->kind == WEFT_REPORT_KIND_INT) ? value : NULL;
	case WEFT_REPORT_KIND_CHOICE:
		return has_choice(variable, value) ? value : NULL;
	case WEFT_REPORT_KIND_TEXT:
	default:
		return value;
	}
}

int weft_report_config_set(struct weft_report_config *config, const char *name, const char *value,
			   struct weft_error *err)
{
	const struct weft_report_variable *variable = weft_report_variable_find(name);
	const char *accepted;
	char *copy;

	if (variable && strcmp(variable->name, name) != 0) {
		const char *chosen = normalize_bool(value);

		if (!chosen || strcmp(chosen, "true") != 0 || *value == '\0') {
			variable = NULL;
		}
		value = name;
	}
	if (!variable) {
		return weft_error_set(err, -ENOENT, "unknown config field \"%s\"", name);
	}
	accepted = accept(variable, value);
	if (!accepted) {
		return weft_error_set(err, -EINVAL, "invalid \"%s\" value \"%s\"", variable->name,
				      value);
	}
	copy = strdup(accepted);
	if (!copy) {
		return weft_error_set(err, -ENOMEM, "set '%s': out of memory", name);
	}
	free(config->values[variable - variables]);
	config->values[variable - variables] = copy;
	return 0;
}

const char *weft_report_config_get(const struct weft_report_config *config, const char *name)
{
	size_t i;

	for (i = 0; i < VARIABLE_COUNT; i++) {
		if (strcmp(variables[i].name, name) == 0) {
			return config->values[i] ? config->values[i] : variables[i].initial;
		}
	}
	return "";
}

void weft_report_config__read(const struct weft_report_config *config,
			      struct report_values *ret_values)
{
#define READ_TEXT(field)  ret_values->field = weft_report_config_get(config, #field)
#define READ_BOOL(field)  ret_values->field = *weft_report_config_get(config, #field) == 't'
#define READ_FLOAT(field) ret_values->field = strtod(weft_report_config_get(config, #field), NULL)
	READ_BOOL(call_tree);
	READ_BOOL(relative_percentages);
	READ_BOOL(compact_labels);
	READ_BOOL(mean);
	READ_BOOL(normalize);
	READ_BOOL(drop_negative);
	READ_BOOL(trim);
	READ_BOOL(noinlines);
	READ_BOOL(showcolumns);
	READ_BOOL(intel_syntax);
	ret_values->nodecount = strtol(weft_report_config_get(config, "nodecount"), NULL, 10);
	READ_FLOAT(divide_by);
	READ_FLOAT(nodefraction);
	READ_FLOAT(edgefraction);
	READ_TEXT(output);
	READ_TEXT(unit);
	READ_TEXT(source_path);
	READ_TEXT(trim_path);
	READ_TEXT(sample_index);
	READ_TEXT(sort);
	READ_TEXT(granularity);
	READ_TEXT(tagroot);
	READ_TEXT(tagleaf);
	READ_TEXT(focus);
	READ_TEXT(ignore);
	READ_TEXT(prune_from);
	READ_TEXT(hide);
	READ_TEXT(show);
	READ_TEXT(show_from);
	READ_TEXT(tagfocus);
	READ_TEXT(tagignore);
	READ_TEXT(tagshow);
	READ_TEXT(taghide);
#undef READ_TEXT
#undef READ_BOOL
#undef READ_FLOAT
}
