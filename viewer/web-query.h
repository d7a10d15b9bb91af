// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Parameters of the pages of `weft pprof -http`: the state of a view, all of it in its address.
 *
 * Names are those of the real tool's pages (url_name of struct weft_report_variable), so that its
 * addresses work here; what is unknown is left out. Names and values come from strangers. No I/O but to
 * the stream that links are written to.
 */
#ifndef WEFT_VIEWER_WEB_QUERY_H
#define WEFT_VIEWER_WEB_QUERY_H

#include <stdio.h>

#include <weft/report.h>

#define WEB_QUERY_COUNT_MAX 64
/* Of one value, with NUL: expressions are no longer than that. */
#define WEB_QUERY_VALUE_SIZE 4096

struct web_query {
	struct {
		const char *name; /* Static. */
		char *value;      /* Owned. */
	} parameters[WEB_QUERY_COUNT_MAX];
	size_t count;
};

/**
 * Adds a parameter, decoded. What is unknown, empty, or there already, changes nothing.
 *
 * @param value  Copied; NULL: none.
 * @return 0; -E2BIG: the value is too long; -ENOMEM.
 */
WEFT_MUST_CHECK int web_query_add(struct web_query *query, const char *name, const char *value,
				  struct weft_error *err);
void web_query_fini(struct web_query *query);

/** The value of a parameter; "": it is not there. Borrowed. */
const char *web_query_get(const struct web_query *query, const char *name);

/** Sets the variables that the parameters are of. 0; -EINVAL: no such value; -ENOMEM. */
WEFT_MUST_CHECK int web_query_configure(const struct web_query *query,
					struct weft_report_config *config, struct weft_error *err);

/**
 * Writes "PATH?PARAMETERS", fit for a quoted attribute of HTML.
 *
 * @param name, value  Takes the place of the parameter of that name, "" takes it out; NULL: none.
 */
void web_query_print_link(const struct web_query *query, const char *path, const char *name,
			  const char *value, FILE *out);

/** Writes "PATH?PARAMETERS" as it is, for headers. */
void web_query_print_url(const struct web_query *query, const char *path, FILE *out);

/**
 * Writes an expression, as RE2 has them, for a name that a report shows: "f", "f a.c:3", "0000000000401000 f".
 * It matches the function alone, and whatever reports show of its lines. 0; -E2BIG: no room.
 */
WEFT_MUST_CHECK int web_query_find_function(const char *label, char *ret_regex, size_t size);

#endif
