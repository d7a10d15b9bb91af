// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Pages of the web interface, and what they share. See web.h.
 */
#ifndef WEFT_VIEWER_WEB_VIEWS_H
#define WEFT_VIEWER_WEB_VIEWS_H

#include <stdio.h>

#include "web-query.h"

/* Warnings that one report gives; the rest is left out. */
#define WEB_NOTICE_COUNT_MAX 8
#define WEB_NOTICE_SIZE      512

/* One page in the making. */
struct web_view {
	const struct weft_pprof *profile;  /* Borrowed. */
	const struct web_query *query;     /* Borrowed. */
	struct weft_report_config *config; /* Owned by who asks: with the query's values. */
	const struct web_page *page;
	char notices[WEB_NOTICE_COUNT_MAX][WEB_NOTICE_SIZE];
	size_t notice_count;
};

struct web_page {
	const char *name;  /* In the address: /ui/NAME. */
	const char *title; /* In the list of views. */
	/** Writes what stands below the frame. 0; -EINVAL, -ENOENT, -ENOMEM, ...: nothing to show. */
	int (*write)(struct web_view *view, FILE *out, struct weft_error *err);
	const char *script; /* Of the page besides the frame's; NULL: none. */
	/** It shows functions that the parameter f matches, and nothing without. */
	bool needs_function;
};

/** Page `index`, 0 and up; NULL: no more. Static. The first is the default. */
const struct web_page *web_page_get(size_t index);
/** By name; NULL: there is none. Static. */
const struct web_page *web_page_find(const char *name);

/** Writes a report; warnings become notices. As weft_report_write(). */
WEFT_MUST_CHECK int web_view_report(struct web_view *view, const char *format, FILE *out,
				    struct weft_error *err);
/** As above, into memory, with NUL behind it. @param ret_text  To be freed; NULL after an error. */
WEFT_MUST_CHECK int web_view_report_text(struct web_view *view, const char *format, char **ret_text,
					 struct weft_error *err);

/** Writes all that stands above the page itself. */
void web_frame_print_head(const struct web_view *view, FILE *out);
/** Writes the end. `is_shown`: the page itself was written, so that its script has something to do. */
void web_frame_print_tail(const struct web_view *view, bool is_shown, FILE *out);
/** Writes one line for people, in place of the page. */
void web_frame_print_message(const char *text, FILE *out);

#endif
