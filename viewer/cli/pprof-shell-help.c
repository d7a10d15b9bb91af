// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * What the shell of `weft pprof` tells about itself. See pprof-shell.h.
 */
#include "pprof-shell.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pprof-viewer.h"

#define NAMES_MAX 128

/* Names in the order of the alphabet. */
struct names {
	const char *names[NAMES_MAX];
	size_t count;
};

static int compare_names(const void *left, const void *right)
{
	return strcmp(*(const char *const *)left, *(const char *const *)right);
}

static void sort_names(struct names *names)
{
	qsort((void *)names->names, names->count, sizeof(names->names[0]), compare_names);
}

/* What the name of a format or a viewer says. */
static const char *get_help(const char *name)
{
	const struct pprof_viewer *viewer = pprof_viewer_find(name);

	return viewer ? viewer->help : weft_report_format_find(name)->help;
}

static void list_formats(struct names *ret_names)
{
	const struct weft_report_format *format;
	const struct pprof_viewer *viewer;
	size_t i;

	ret_names->count = 0;
	for (i = 0; (format = weft_report_format_get(i)) && i < NAMES_MAX; i++) {
		ret_names->names[ret_names->count++] = format->name;
	}
	for (i = 0; (viewer = pprof_viewer_get(i)) && ret_names->count < NAMES_MAX; i++) {
		if (!weft_report_format_find(viewer->name)) {
			ret_names->names[ret_names->count++] = viewer->name;
		}
	}
	sort_names(ret_names);
}

static void list_variables(bool with_choices, struct names *ret_names)
{
	const struct weft_report_variable *variable;
	size_t i;

	ret_names->count = 0;
	for (i = 0; (variable = weft_report_variable_get(i)) && i < NAMES_MAX; i++) {
		if (with_choices || variable->kind != WEFT_REPORT_KIND_CHOICE) {
			ret_names->names[ret_names->count++] = variable->name;
		}
	}
	sort_names(ret_names);
}

static void print_row(const char *indent, const char *name, const char *help)
{
	(void)fprintf(stderr, "%s%-16s %.*s\n", indent, name, (int)strcspn(help, "\n"), help);
}

static void print_overview(void)
{
	const struct weft_report_variable *variable;
	struct names names;
	size_t i, j;

	list_formats(&names);
	(void)fprintf(stderr, "  Commands:\n");
	for (i = 0; i < names.count; i++) {
		print_row("    ", names.names[i], get_help(names.names[i]));
	}
	print_row("    ", "o/options", "Show all options with their values");
	print_row("    ", "q/quit/exit/^D", "Leave");
	(void)fprintf(stderr, "\n  Options:\n");
	list_variables(false, &names);
	for (i = 0; i < names.count; i++) {
		print_row("    ", names.names[i], weft_report_variable_find(names.names[i])->help);
	}
	(void)fprintf(stderr, "\n  Options with a choice of values:\n");
	for (i = 0; (variable = weft_report_variable_get(i)); i++) {
		if (variable->kind != WEFT_REPORT_KIND_CHOICE) {
			continue;
		}
		print_row("    ", variable->name, variable->help);
		for (j = 0; variable->choices[j]; j++) {
			print_row("      ", variable->choices[j],
				  weft_report_choice_help(variable->choices[j]));
		}
	}
	(void)fprintf(
		stderr,
		"  :   Clears focus, ignore, hide, tagfocus, tagignore\n\n"
		"  \"help NAME\" tells more about a command or an option. \"NAME=VALUE\" sets "
		"an option.\n");
}

static void print_format(const struct weft_report_format *format, const char *name)
{
	bool is_list = strcmp(format->name, "top") == 0 || strcmp(format->name, "text") == 0 ||
		       strcmp(format->name, "tree") == 0;
	bool is_tags = strcmp(format->name, "tags") == 0;

	(void)fprintf(stderr, "%.*s\n  Usage:\n", (int)strcspn(get_help(name), "\n"),
		      get_help(name));
	(void)fprintf(stderr, "    %s%s [n] [%s]* [-%s]* %s[>file] [| command]\n", name,
		      format->has_argument ? " regex" : "", is_tags ? "tag_regex" : "focus_regex",
		      is_tags ? "tag_regex" : "ignore_regex", is_list ? "[-cum|-flat] " : "");
	if (format->has_argument) {
		(void)fprintf(stderr, "    regex says which functions to show.\n");
	}
	(void)fprintf(stderr,
		      "    n is the most entries to show.\n"
		      "    Only samples with a %s that matches, and none that matches behind a "
		      "dash.\n",
		      is_tags ? "label" : "frame");
	if (is_list) {
		(void)fprintf(stderr, "    -cum sorts by what entries and all they call take, "
				      "-flat by what they take.\n");
	}
	(void)fprintf(stderr, "    The report can go to a file, or be read by a command.\n\n");
}

/* "[a b c]", with another text between two. */
static void print_types(const struct weft_pprof *profile, const char *separator)
{
	uint32_t i;

	for (i = 0; i < weft_pprof_sample_type_count(profile); i++) {
		(void)fprintf(stderr, "%s%s", i ? separator : "[",
			      weft_pprof_get_sample_type(profile, i)->type);
	}
	(void)fprintf(stderr, "]");
}

static void print_variable(const struct weft_pprof *profile,
			   const struct weft_report_variable *variable, const char *name)
{
	if (strcmp(variable->name, name) != 0) {
		(void)fprintf(stderr, "%s\n  %s=true chooses it.\n\n",
			      weft_report_choice_help(name), name);
		return;
	}
	(void)fprintf(stderr, "%s", variable->help);
	if (strcmp(name, "sample_index") == 0) {
		(void)fprintf(stderr, "One of ");
		print_types(profile, " ");
		(void)fprintf(stderr, ", or 0 to %u.\n", weft_pprof_sample_type_count(profile) - 1);
	}
	(void)fprintf(stderr, "\n");
}

void pprof_shell_print_help(const struct weft_pprof *profile, const char *topic)
{
	const struct pprof_viewer *viewer = pprof_viewer_find(topic);
	const struct weft_report_format *format =
		weft_report_format_find(viewer ? viewer->format : topic);
	const struct weft_report_variable *variable = weft_report_variable_find(topic);

	if (*topic == '\0') {
		print_overview();
	} else if (format) {
		print_format(format, topic);
	} else if (variable) {
		print_variable(profile, variable, topic);
	} else {
		(void)fprintf(stderr, "Unknown command: %s\n", topic);
	}
}

/* What the value may be. */
static void print_comment(const struct weft_pprof *profile,
			  const struct weft_report_variable *variable, const char *value)
{
	struct names choices = {.count = 0};
	size_t i;

	if (strcmp(variable->name, "sample_index") == 0) {
		(void)fprintf(stderr, "//: ");
		print_types(profile, " | ");
	} else if (strcmp(variable->name, "nodecount") == 0 && strcmp(value, "-1") == 0) {
		(void)fprintf(stderr, "//: default");
	} else if (variable->kind == WEFT_REPORT_KIND_CHOICE) {
		while (variable->choices[choices.count]) {
			choices.names[choices.count] = variable->choices[choices.count];
			choices.count++;
		}
		sort_names(&choices);
		for (i = 0; i < choices.count; i++) {
			(void)fprintf(stderr, "%s%s", i ? " | " : "//: [", choices.names[i]);
		}
		(void)fprintf(stderr, "]");
	}
}

void pprof_shell_print_options(const struct weft_pprof *profile,
			       const struct weft_report_config *config)
{
	struct weft_error err = WEFT_ERROR_INIT;
	int index = weft_report_sample_index(profile, config, &err);
	struct names names;
	size_t i;

	list_variables(true, &names);
	for (i = 0; i < names.count; i++) {
		const struct weft_report_variable *variable =
			weft_report_variable_find(names.names[i]);
		const char *value = weft_report_config_get(config, variable->name);

		if (strcmp(variable->name, "sample_index") == 0 && index >= 0) {
			value = weft_pprof_get_sample_type(profile, (uint32_t)index)->type;
		}
		(void)fprintf(stderr, "  %-25s = %-20s ", variable->name, *value ? value : "\"\"");
		print_comment(profile, variable, value);
		(void)fprintf(stderr, "\n");
	}
}
