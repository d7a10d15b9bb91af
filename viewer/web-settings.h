// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Views of the web interface that the user saved under names, in the file that `go tool pprof` keeps its own
 * in: pprof/settings.json below $XDG_CONFIG_HOME or ~/.config.
 *
 *     {"configs": [{"name": "busy", "unit": "minimum", "trim": true, "nodecount": -1, "focus": "work"}]}
 *
 * Members are named after variables of reports; one that is not there is false, zero or empty, not the
 * initial value. File, sample type, divisor and paths of sources are not saved. Nothing that is in the
 * file and not understood here is lost when a view is saved or deleted; a file that is no JSON is never
 * written over.
 *
 * Threads: any; changes that one process makes come one after another. The file is replaced whole, so that
 * readers see it before or after a change.
 */
#ifndef WEFT_VIEWER_WEB_SETTINGS_H
#define WEFT_VIEWER_WEB_SETTINGS_H

#include "web-query.h"

/* Views that are listed, and bytes of a name without NUL. */
#define WEB_SETTINGS_COUNT_MAX    100
#define WEB_SETTINGS_NAME_LEN_MAX 100

struct web_settings_view {
	char *name;             /* Owned. */
	struct web_query query; /* Owned: variables that are not as they are initially. */
};

struct web_settings_list {
	struct web_settings_view *views; /* Owned; NULL: none. In the order of the file. */
	size_t count;
};

/**
 * Reads all views. Entries and values that make no sense are left out; no file is no views.
 *
 * @return 0; -EINVAL: the file is no JSON, or there is no place for it; -E2BIG: it is too large; -ENOMEM;
 *         another negative errno. The list is empty then.
 */
WEFT_MUST_CHECK int web_settings_read(struct web_settings_list *ret_list, struct weft_error *err);
void web_settings_fini(struct web_settings_list *list);

/**
 * Saves a view, in place of one of that name if there is one.
 *
 * @param config  Values of all variables.
 * @return 0; -EINVAL: no name, a name too long, or as above; another negative errno. The file is as it was then.
 */
WEFT_MUST_CHECK int web_settings_save(const char *name, const struct weft_report_config *config,
				      struct weft_error *err);
/** Deletes a view. As above; -ENOENT: there is none of that name. */
WEFT_MUST_CHECK int web_settings_remove(const char *name, struct weft_error *err);

/**
 * Writes a link to a view: "PATH?PARAMETERS", fit for a quoted attribute of HTML.
 *
 * @param current  The page's: what views do not save is kept from it.
 * @param view     NULL: the one where nothing is set.
 */
void web_settings_print_link(const struct web_query *current, const char *path,
			     const struct web_settings_view *view, FILE *out);
/** Whether the page shows the view: all that is saved is as in its address. NULL: as above. */
bool web_settings_is_current(const struct web_query *current, const struct web_settings_view *view);

#endif
