// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Parameters of pages. See web-query.h.
 */
#include "web-query.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "page.h"

/* Of the pages alone: which function the flame graph is about. */
static const char pivot[] = "p";

static const struct weft_report_variable *find_variable(const char *name)
{
	const struct weft_report_variable *variable;
	size_t i;

	for (i = 0; (variable = weft_report_variable_get(i)); i++) {
		if (variable->url_name && strcmp(variable->url_name, name) == 0) {
			return variable;
		}
	}
	return NULL;
}

static size_t find(const struct web_query *query, const char *name)
{
	size_t i;

	for (i = 0; i < query->count; i++) {
		if (strcmp(query->parameters[i].name, name) == 0) {
			break;
		}
	}
	return i;
}

int web_query_add(struct web_query *query, const char *name, const char *value,
		  struct weft_error *err)
{
	const struct weft_report_variable *variable = find_variable(name);
	const char *known = variable ? variable->url_name : strcmp(name, pivot) == 0 ? pivot : NULL;

	if (!known || !value || *value == '\0' || find(query, name) < query->count ||
	    query->count == WEB_QUERY_COUNT_MAX) {
		return 0;
	}
	if (strlen(value) >= WEB_QUERY_VALUE_SIZE) {
		return weft_error_set(err, -E2BIG,
				      "the value of '%s' is too long: at most %d bytes", known,
				      WEB_QUERY_VALUE_SIZE - 1);
	}
	query->parameters[query->count].name = known;
	query->parameters[query->count].value = strdup(value);
	if (!query->parameters[query->count].value) {
		return weft_error_set(err, -ENOMEM, "read a request: out of memory");
	}
	query->count++;
	return 0;
}

void web_query_fini(struct web_query *query)
{
	size_t i;

	for (i = 0; i < query->count; i++) {
		free(query->parameters[i].value);
	}
	query->count = 0;
}

const char *web_query_get(const struct web_query *query, const char *name)
{
	size_t i = find(query, name);

	return i < query->count ? query->parameters[i].value : "";
}

int web_query_configure(const struct web_query *query, struct weft_report_config *config,
			struct weft_error *err)
{
	int ret = 0;
	size_t i;

	for (i = 0; ret == 0 && i < query->count; i++) {
		const struct weft_report_variable *variable =
			find_variable(query->parameters[i].name);

		if (variable) {
			ret = weft_report_config_set(config, variable->name,
						     query->parameters[i].value, err);
		}
	}
	return ret;
}

/* All parameters but one. `joint`: what stands between two. @return Whether there was any. */
static bool print_others(const struct web_query *query, const char *name, const char *joint,
			 FILE *out)
{
	bool is_first = true;
	size_t i;

	for (i = 0; i < query->count; i++) {
		if (name && strcmp(query->parameters[i].name, name) == 0) {
			continue;
		}
		(void)fprintf(out, "%s%s=", is_first ? "?" : joint, query->parameters[i].name);
		weft_page_print_url(out, query->parameters[i].value);
		is_first = false;
	}
	return !is_first;
}

void web_query_print_link(const struct web_query *query, const char *path, const char *name,
			  const char *value, FILE *out)
{
	bool has_others;

	(void)fputs(path, out);
	has_others = print_others(query, name, "&amp;", out);
	if (name && *value) {
		(void)fprintf(out, "%s%s=", has_others ? "&amp;" : "?", name);
		weft_page_print_url(out, value);
	}
}

void web_query_print_url(const struct web_query *query, const char *path, FILE *out)
{
	(void)fputs(path, out);
	(void)print_others(query, NULL, "&", out);
}

/* Bytes of an address and the blank behind it. */
#define ADDRESS_LEN 17

/* Length without " FILE:LINE" or " FILE:LINE:COLUMN". */
static size_t function_len(const char *label)
{
	const char *blank = strrchr(label, ' ');
	const char *colon = blank ? strchr(blank, ':') : NULL;

	if (!colon || colon == blank + 1 || colon[1] == '\0' ||
	    colon[1 + strspn(colon + 1, "0123456789:")] != '\0') {
		return strlen(label);
	}
	return (size_t)(blank - label);
}

int web_query_find_function(const char *label, char *ret_regex, size_t size)
{
	static const char end[] = "( |$)";
	size_t len = 0, label_len, i;

	if (strspn(label, "0123456789abcdef") == ADDRESS_LEN - 1 && label[ADDRESS_LEN - 1] == ' ') {
		label += ADDRESS_LEN;
	}
	label_len = function_len(label);
	if (size < sizeof(end) + 1 || label_len > (size - sizeof(end) - 1) / 2) {
		return -E2BIG;
	}
	ret_regex[len++] = '^';
	for (i = 0; i < label_len; i++) {
		if (strchr("\\.+*?()|[]{}^$", label[i])) {
			ret_regex[len++] = '\\';
		}
		ret_regex[len++] = label[i];
	}
	memcpy(ret_regex + len, end, sizeof(end));
	return 0;
}
