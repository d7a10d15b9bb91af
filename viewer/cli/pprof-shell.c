// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * The shell of `weft pprof`. See pprof-shell.h.
 */
#include "pprof-shell.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pprof-browser.h"
#include "pprof-command.h"
#include "pprof-line.h"
#include "pprof-output.h"
#include "pprof-viewer.h"

#define BLANKS " \t\r\n\v\f"
/* Starts a comment behind a value. */
#define COMMENT "//:"

struct shell {
	const struct weft_pprof *profile;
	struct weft_report_config *config;
	struct pprof_browser files; /* That viewers show. */
	bool is_done;
};

static char *trim(char *text)
{
	size_t len;

	text += strspn(text, BLANKS);
	len = strlen(text);
	while (len > 0 && strchr(BLANKS, text[len - 1])) {
		text[--len] = '\0';
	}
	return text;
}

static int set(struct shell *shell, const char *name, const char *value, struct weft_error *err)
{
	return weft_report_config_set(shell->config, name, value, err);
}

static int clear_filters(struct shell *shell, struct weft_error *err)
{
	static const char *const filters[] = {"focus", "ignore", "hide", "tagfocus", "tagignore"};
	int ret = 0;
	size_t i;

	for (i = 0; ret == 0 && i < sizeof(filters) / sizeof(filters[0]); i++) {
		ret = set(shell, filters[i], "", err);
	}
	return ret;
}

/* The name of a sample type, alone or as total_TYPE or mean_TYPE. 1: it was one. */
static int take_sample_type(struct shell *shell, const char *line, struct weft_error *err)
{
	static const struct {
		const char *prefix, *mean; /* NULL: stays as it is. */
	} forms[] = {{"", NULL}, {"total_", "false"}, {"mean_", "true"}};
	uint32_t i;
	size_t j;
	int ret;

	for (i = 0; i < weft_pprof_sample_type_count(shell->profile); i++) {
		const char *type = weft_pprof_get_sample_type(shell->profile, i)->type;

		for (j = 0; j < sizeof(forms) / sizeof(forms[0]); j++) {
			size_t len = strlen(forms[j].prefix);

			if (strncmp(line, forms[j].prefix, len) != 0 ||
			    strcmp(line + len, type) != 0) {
				continue;
			}
			ret = set(shell, "sample_index", type, err);
			if (ret == 0 && forms[j].mean) {
				ret = set(shell, "mean", forms[j].mean, err);
			}
			return ret < 0 ? ret : 1;
		}
	}
	return 0;
}

/* Sets a variable, when the profile has what the value names. */
static int assign(struct shell *shell, const struct weft_report_variable *variable,
		  const char *name, const char *value, struct weft_error *err)
{
	struct weft_report_config *tried;
	int ret;

	if (strcmp(variable->name, "sample_index") != 0) {
		ret = set(shell, name, value, err);
		if (ret == -EINVAL && variable->kind == WEFT_REPORT_KIND_BOOL) {
			return weft_error_set(err, ret, "illegal value \"%s\" for bool variable",
					      value);
		}
		return ret;
	}
	tried = weft_report_config_copy(shell->config);
	if (!tried) {
		return weft_error_set(err, -ENOMEM, "set '%s': out of memory", name);
	}
	ret = weft_report_config_set(tried, name, value, err);
	ret = ret < 0 ? ret : weft_report_sample_index(shell->profile, tried, err);
	ret = ret < 0 ? ret : set(shell, name, value, err);
	weft_report_config_destroy(tried);
	return ret;
}

/* The "=" behind the first word; NULL: something else is there. */
static char *find_equals(char *line)
{
	char *end = line + strspn(line, BLANKS);

	end += strcspn(end, BLANKS "=");
	end += strspn(end, BLANKS);
	return *end == '=' ? end : NULL;
}

/* "NAME=VALUE", "NAME", "NAME VALUE" of a variable. 1: the line was such a one. */
static int take_variable(struct shell *shell, char *line, struct weft_error *err)
{
	char *equals = find_equals(line);
	char nothing[] = "";
	const struct weft_report_variable *variable;
	char *name, *value, *rest, *comment;
	int ret;

	if (equals) {
		*equals = '\0';
	}
	name = trim(line);
	rest = equals ? NULL : strpbrk(name, BLANKS);
	if (rest) {
		*rest++ = '\0';
		rest += strspn(rest, BLANKS);
		rest[strcspn(rest, BLANKS)] = '\0';
	}
	variable = weft_report_variable_find(name);
	if (!variable) {
		return 0;
	}
	if (rest) {
		return weft_error_set(err, -EINVAL, "did you mean: %s=%s", name, rest);
	}
	if (!equals && strcmp(variable->name, name) == 0 &&
	    variable->kind != WEFT_REPORT_KIND_BOOL) {
		return weft_error_set(err, -EINVAL, "please specify a value, e.g. %s=<val>", name);
	}
	value = equals ? equals + 1 : nothing;
	comment = NULL;
	for (rest = strstr(value, COMMENT); rest; rest = strstr(rest + 1, COMMENT)) {
		comment = rest;
	}
	if (comment) {
		*comment = '\0';
	}
	ret = assign(shell, variable, name, trim(value), err);
	return ret < 0 ? ret : 1;
}

/* The report goes to its viewer, unless the line says where. */
static int write(struct shell *shell, const struct pprof_command *command, struct weft_error *err)
{
	const struct pprof_output output = {.config = command->config,
					    .format = command->format,
					    .argument = command->argument,
					    .reader = command->reader,
					    .is_for_people = true};
	const struct pprof_viewing viewing = {.viewer = command->viewer,
					      .config = command->config,
					      .argument = command->argument,
					      .hint = "'>FILE'"};

	if (command->viewer && !command->reader &&
	    *weft_report_config_get(command->config, "output") == '\0') {
		return pprof_viewer_show(shell->profile, &viewing, &shell->files, NULL, err);
	}
	return pprof_output_write(shell->profile, &output, err);
}

static int report(struct shell *shell, const char *line, struct weft_error *err)
{
	struct pprof_command command;
	int ret = pprof_command_init(&command, line, shell->config, err);

	ret = ret < 0 ? ret : write(shell, &command, err);
	pprof_command_fini(&command);
	return ret;
}

/* The first word of the line, when it is one that is neither a variable nor a format. */
static bool take_word(struct shell *shell, const char *line)
{
	size_t len = strcspn(line, BLANKS);

#define IS(word) (len == sizeof(word) - 1 && strncmp(line, word, len) == 0)
	if (IS("q") || IS("quit") || IS("exit")) {
		shell->is_done = true;
	} else if (IS("o") || IS("options")) {
		pprof_shell_print_options(shell->profile, shell->config);
	} else if (IS("help")) {
		pprof_shell_print_help(shell->profile, line + len + strspn(line + len, BLANKS));
	} else {
		return false;
	}
#undef IS
	return true;
}

static int obey(struct shell *shell, const char *text, struct weft_error *err)
{
	char *copy = strdup(text), *line, *words = NULL;
	int ret;

	line = copy ? trim(copy) : NULL;
	words = line ? strdup(line) : NULL;
	if (!words) {
		ret = weft_error_set(err, -ENOMEM, "read a command: out of memory");
	} else if (*line == '\0') {
		ret = 0;
	} else if (strcmp(line, ":") == 0) {
		ret = clear_filters(shell, err);
	} else {
		ret = take_sample_type(shell, line, err);
		ret = ret ? ret : take_variable(shell, words, err);
		if (ret == 0 && !take_word(shell, line)) {
			ret = report(shell, line, err);
		}
	}
	free(words);
	free(copy);
	return ret < 0 ? ret : 0;
}

static bool has_value(const struct weft_pprof *profile, uint32_t index)
{
	uint32_t i;

	for (i = 0; i < weft_pprof_sample_count(profile); i++) {
		if (weft_pprof_get_sample(profile, i)->values[index] != 0) {
			return true;
		}
	}
	return false;
}

static int greet(const struct shell *shell, struct weft_error *err)
{
	int index = weft_report_sample_index(shell->profile, shell->config, err);
	int ret = index < 0 ? index
			    : weft_report_write_header(shell->profile, shell->config, stderr, err);

	if (ret < 0) {
		return ret;
	}
	if (weft_pprof_sample_type_count(shell->profile) > 1 &&
	    !has_value(shell->profile, (uint32_t)index)) {
		(void)fprintf(stderr,
			      "No samples were found with the default sample value type.\n"
			      "Try \"sample_index\" command to analyze different sample values.\n");
	}
	(void)fprintf(stderr, "Entering interactive mode (type \"help\" for commands, \"o\" for "
			      "options)\n");
	return 0;
}

int pprof_shell_run(const struct weft_pprof *profile, struct weft_report_config *config,
		    struct weft_error *err)
{
	struct shell shell = {.profile = profile, .config = config};
	struct pprof_line *line = NULL;
	const char *text;
	int ret = greet(&shell, err);

	ret = ret < 0 ? ret : weft_report_config_set(config, "compact_labels", "true", err);
	ret = ret < 0 ? ret : pprof_line_open(profile, &line, err);
	if (ret < 0) {
		return ret;
	}
	while (!shell.is_done && (text = pprof_line_read(line))) {
		struct weft_error mistake = WEFT_ERROR_INIT;

		if (obey(&shell, text, &mistake) < 0) {
			(void)fprintf(stderr, "%s\n", mistake.text);
		}
	}
	pprof_line_close(line);
	pprof_browser_fini(&shell.files);
	return 0;
}
