// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Lines of the shell that ask for reports. See pprof-command.h.
 */
#include "pprof-command.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BLANKS       " \t\r\n\v\f"
#define FORMAT_COUNT "10" /* Entries that top shows in the shell. */

/* A line on its way. */
struct reading {
	struct pprof_command *command;
	char *words; /* A copy of the line, cut by strtok_r(). */
	char *rest;  /* Of strtok_r(). */
	char *focus; /* Owned; NULL: none. */
	char *ignore;
	struct weft_error *err;
};

static int no_memory(struct weft_error *err)
{
	return weft_error_set(err, -ENOMEM, "read a command: out of memory");
}

static int set(const struct reading *reading, const char *name, const char *value)
{
	return weft_report_config_set(reading->command->config, name, value, reading->err);
}

/* Adds an expression to others. */
static int join(const struct reading *reading, char **expression, const char *more)
{
	char *joined = NULL;

	if (!*expression || **expression == '\0') {
		joined = strdup(more);
	} else if (*more == '\0') {
		return 0;
	} else if (asprintf(&joined, "%s|%s", *expression, more) < 0) {
		joined = NULL;
	}
	if (!joined) {
		return no_memory(reading->err);
	}
	free(*expression);
	*expression = joined;
	return 0;
}

static bool is_count(const char *word)
{
	size_t sign = *word == '+' || *word == '-';
	size_t digits = strspn(word + sign, "0123456789");

	return digits > 0 && digits < 10 && word[sign + digits] == '\0';
}

static int take_word(struct reading *reading, const char *word)
{
	if (*word == '>') {
		word = word[1] ? word + 1 : strtok_r(NULL, BLANKS, &reading->rest);
		if (!word) {
			return weft_error_set(reading->err, -EINVAL,
					      "unexpected end of line after >");
		}
		return set(reading, "output", word);
	}
	if (strcmp(word, "-cum") == 0 || strcmp(word, "--cum") == 0) {
		return set(reading, "sort", "cum");
	}
	if (strcmp(word, "-flat") == 0 || strcmp(word, "--flat") == 0) {
		return set(reading, "sort", "flat");
	}
	if (is_count(word)) {
		return set(reading, "nodecount", word + (*word == '+'));
	}
	if (*word == '-') {
		return join(reading, &reading->ignore, word + 1);
	}
	return join(reading, &reading->focus, word);
}

/* A format, or a viewer and its format. Whether there is one. */
static bool find_report(struct pprof_command *command, const char *word)
{
	command->viewer = pprof_viewer_find(word);
	command->format = weft_report_format_find(command->viewer ? command->viewer->format : word);
	return command->format;
}

/* "top10": as above, and a number. */
static bool find_format(struct pprof_command *command, char *word, int *ret_digits)
{
	size_t len = strlen(word);

	*ret_digits = 0;
	if (find_report(command, word)) {
		return true;
	}
	while (len > 0 && isdigit((unsigned char)word[len - 1])) {
		len--;
		(*ret_digits)++;
	}
	word[len] = '\0';
	return find_report(command, word);
}

/* What follows a "|" at the start of a word goes to a program. */
static int cut_reader(struct reading *reading)
{
	char *bar = reading->words;

	while ((bar = strchr(bar, '|')) && bar > reading->words &&
	       !isspace((unsigned char)bar[-1])) {
		bar++;
	}
	if (!bar || bar == reading->words) {
		return 0;
	}
	*bar++ = '\0';
	bar += strspn(bar, BLANKS);
	if (*bar == '\0') {
		return weft_error_set(reading->err, -EINVAL, "unexpected end of line after |");
	}
	reading->command->reader = strdup(bar);
	return reading->command->reader ? 0 : no_memory(reading->err);
}

static int set_argument(const struct reading *reading, const char *word)
{
	reading->command->argument = strdup(word);
	return reading->command->argument ? 0 : no_memory(reading->err);
}

/* What is glued to the name: the number of entries, or what looks like one. */
static int take_digits(const struct reading *reading, const char *word, int digits)
{
	char count[16];

	(void)snprintf(count, sizeof(count), "%.*s", digits, word);
	if (!is_count(count)) {
		return weft_error_set(reading->err, -EINVAL, "too many entries: %s", count);
	}
	return reading->command->format->has_argument ? set_argument(reading, count)
						      : set(reading, "nodecount", count);
}

static int take_format(struct reading *reading, const char *line)
{
	struct pprof_command *command = reading->command;
	char *name = strtok_r(reading->words, BLANKS, &reading->rest);
	const char *word;
	int digits = 0;

	if (!name || !find_format(command, name, &digits)) {
		return weft_error_set(reading->err, -ENOENT, "unrecognized command: \"%s\"",
				      name ? name : "");
	}
	if (digits > 0) {
		/* They were cut off, but are in the line as it was. */
		return take_digits(reading, line + strspn(line, BLANKS) + strlen(name), digits);
	}
	if (!command->format->has_argument) {
		return 0;
	}
	word = strtok_r(NULL, BLANKS, &reading->rest);
	if (!word) {
		return weft_error_set(reading->err, -EINVAL, "command %s requires an argument",
				      command->format->name);
	}
	return set_argument(reading, word);
}

/* What the expressions mean depends on the format. */
static int set_filters(const struct reading *reading)
{
	const char *format = reading->command->format->name;
	bool is_tags = strcmp(format, "tags") == 0;
	int ret = 0;

	if (reading->focus && *reading->focus) {
		ret = set(reading, is_tags ? "tagfocus" : "focus", reading->focus);
	}
	if (ret == 0 && reading->ignore && *reading->ignore) {
		ret = set(reading, is_tags ? "tagignore" : "ignore", reading->ignore);
	}
	if (ret == 0 && (strcmp(format, "top") == 0 || strcmp(format, "text") == 0) &&
	    strcmp(weft_report_config_get(reading->command->config, "nodecount"), "-1") == 0) {
		ret = set(reading, "nodecount", FORMAT_COUNT);
	}
	return ret;
}

int pprof_command_init(struct pprof_command *command, const char *line,
		       const struct weft_report_config *session, struct weft_error *err)
{
	char *words = strdup(line);
	struct reading reading = {.command = command, .words = words, .err = err};
	const char *word;
	int ret;

	*command = (struct pprof_command){.config = weft_report_config_copy(session)};
	if (!words || !command->config) {
		ret = no_memory(err);
		goto out;
	}
	ret = cut_reader(&reading);
	ret = ret < 0 ? ret : take_format(&reading, line);
	while (ret == 0 && (word = strtok_r(NULL, BLANKS, &reading.rest))) {
		ret = take_word(&reading, word);
	}
	ret = ret < 0 ? ret : set_filters(&reading);
out:
	free(words);
	free(reading.focus);
	free(reading.ignore);
	return ret;
}

void pprof_command_fini(struct pprof_command *command)
{
	weft_report_config_destroy(command->config);
	free(command->argument);
	free(command->reader);
}
