// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Any bytes at all as what people and strangers ask `weft pprof` for: lines of its shell, parameters of
 * its pages, names in reports. The input is cut at newlines; a line with "=" is a parameter as well.
 */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pprof-command.h"
#include "web-query.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void check(bool right)
{
	if (!right) {
		abort();
	}
}

static void try_command(const char *line)
{
	struct weft_report_config *session = weft_report_config_create();
	struct weft_error err = WEFT_ERROR_INIT;
	struct pprof_command command;
	int ret;

	check(session != NULL);
	ret = pprof_command_init(&command, line, session, &err);
	check((ret < 0) == (*err.text != '\0'));
	check(ret < 0 || (command.format && command.config));
	check(ret < 0 || !command.format->has_argument || command.argument);
	pprof_command_fini(&command);
	weft_report_config_destroy(session);
}

static void try_label(const char *label)
{
	char regex[64];
	size_t len;

	memset(regex, 'x', sizeof(regex));
	if (web_query_find_function(label, regex, sizeof(regex)) == 0) {
		check(memchr(regex, '\0', sizeof(regex)) != NULL);
		len = strlen(regex);
		check(len >= 6 && regex[0] == '^' && strcmp(regex + len - 5, "( |$)") == 0);
	}
}

static void try_parameter(struct web_query *query, char *line)
{
	char *equals = strchr(line, '=');

	if (equals) {
		*equals = '\0';
		/* Too long: as if it were not there. */
		check(web_query_add(query, line, equals + 1, NULL) != -ENOMEM);
	}
}

/* What a link says must be no HTML. */
static void try_link(const struct web_query *query)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	check(out != NULL);
	web_query_print_link(query, "top", "f", web_query_get(query, "i"), out);
	web_query_print_url(query, "top", out);
	check(fclose(out) == 0);
	check(text[strcspn(text, "<>\"' \t\r\n")] == '\0');
	free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct weft_report_config *config = weft_report_config_create();
	struct web_query query = {.count = 0};
	struct weft_error err = WEFT_ERROR_INIT;
	char *text = strndup((const char *)bytes, size), *rest = text, *line;

	check(config && text);
	while ((line = strsep(&rest, "\n"))) {
		try_command(line);
		try_label(line);
		try_parameter(&query, line);
	}
	check(query.count <= WEB_QUERY_COUNT_MAX);
	check(web_query_configure(&query, config, &err) == 0 || *err.text != '\0');
	try_link(&query);
	web_query_fini(&query);
	weft_report_config_destroy(config);
	free(text);
	return 0;
}
