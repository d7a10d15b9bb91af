// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Saved views. See web-settings.h.
 *
 * Source: google/pprof internal/driver/settings.go and config.go, which members there are and what it
 * means when one is missing.
 */
#include "web-settings.h"

#include <errno.h>
#include <jansson.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include <weft/output-file.h>

#include "user-file.h"

/* Far above what a hundred views take. */
#define FILE_SIZE_MAX ((size_t)1 << 20)

/* Guards changes: from reading the file to its replacement. No other lock is taken under it. */
static pthread_mutex_t change = PTHREAD_MUTEX_INITIALIZER;

static int no_memory(struct weft_error *err)
{
	return weft_error_set(err, -ENOMEM, "saved views: out of memory");
}

/* ---- The file ---- */

static int find_path(char path[PATH_MAX], struct weft_error *err)
{
	return user_file_find("XDG_CONFIG_HOME", ".config", "pprof/settings.json", path, err);
}

static int parse(const char *path, const char *text, size_t len, json_t **ret_root,
		 struct weft_error *err)
{
	json_error_t where;
	json_t *root = json_loadb(text, len, JSON_ALLOW_NUL, &where);

	if (!root && json_error_code(&where) == json_error_out_of_memory) {
		return no_memory(err);
	}
	if (!root) {
		return weft_error_set(err, -EINVAL,
				      "read saved views: %s is damaged: line %d: %.80s: mend it, "
				      "or move it away",
				      path, where.line, where.text);
	}
	if (!json_is_object(root) ||
	    (json_object_get(root, "configs") && !json_is_array(json_object_get(root, "configs")) &&
	     !json_is_null(json_object_get(root, "configs")))) {
		json_decref(root);
		return weft_error_set(err, -EINVAL,
				      "read saved views: %s is not of pprof: mend it, or move it "
				      "away",
				      path);
	}
	*ret_root = root;
	return 0;
}

/* The whole file; a new object when there is none. @param ret_root  Owned by the caller. */
static int load(const char *path, json_t **ret_root, struct weft_error *err)
{
	FILE *file = fopen(path, "re");
	char *text = NULL;
	size_t len;
	int ret;

	if (!file && errno == ENOENT) {
		*ret_root = json_object();
		return *ret_root ? 0 : no_memory(err);
	}
	if (!file) {
		return weft_error_set_errno(err, -errno, "read saved views: %s", path);
	}
	text = malloc(FILE_SIZE_MAX + 1);
	if (!text) {
		ret = no_memory(err);
		goto out;
	}
	len = fread(text, 1, FILE_SIZE_MAX + 1, file);
	if (ferror(file)) {
		ret = weft_error_set_errno(err, -errno, "read saved views: %s", path);
	} else if (len > FILE_SIZE_MAX) {
		ret = weft_error_set(err, -E2BIG, "read saved views: %s: more than %zu bytes", path,
				     FILE_SIZE_MAX);
	} else {
		ret = parse(path, text, len, ret_root, err);
	}
out:
	free(text);
	(void)fclose(file); /* Only read from. */
	return ret;
}

static int write_bytes(const char *bytes, size_t size, void *file)
{
	return weft_output_file_write(file, bytes, size) < 0 ? -1 : 0;
}

static int store(const char *path, const json_t *root, struct weft_error *err)
{
	struct weft_output_file *file;
	int ret = user_file_make_folders(path, err);

	ret = ret < 0 ? ret : weft_output_file_open(path, &file, err);
	if (ret < 0) {
		return ret;
	}
	if (json_dump_callback(root, write_bytes, file, JSON_INDENT(2)) < 0) {
		weft_output_file_discard(file);
		return weft_error_set(err, -EIO, "save a view: cannot write %s", path);
	}
	return weft_output_file_commit(file, err);
}

/* ---- Values ---- */

/* Variables that are saved; what they are set to here is no matter of one profile. */
static bool is_saved(const struct weft_report_variable *variable)
{
	return variable->url_name && strcmp(variable->name, "sample_index") != 0;
}

/* The reader's default granularity is to have none, and what it then takes depends on the page. */
static bool is_granularity(const struct weft_report_variable *variable)
{
	return strcmp(variable->name, "granularity") == 0;
}

/* The member for a value; NULL with `ret_is_left_out`: it is what a missing one means. */
static json_t *encode_value(const struct weft_report_variable *variable, const char *value,
			    bool *ret_is_left_out)
{
	double number;

	*ret_is_left_out = false;
	switch (variable->kind) {
	case WEFT_REPORT_KIND_BOOL:
		*ret_is_left_out = strcmp(value, "true") != 0;
		return *ret_is_left_out ? NULL : json_true();
	case WEFT_REPORT_KIND_INT:
	case WEFT_REPORT_KIND_FLOAT:
		number = strtod(value, NULL); /* The config takes numbers only. */
		*ret_is_left_out = number == 0;
		if (*ret_is_left_out) {
			return NULL;
		}
		return variable->kind == WEFT_REPORT_KIND_INT ? json_integer((json_int_t)number)
							      : json_real(number);
	default:
		*ret_is_left_out = *value == '\0' || (is_granularity(variable) &&
						      strcmp(value, variable->initial) == 0);
		return *ret_is_left_out ? NULL : json_string(value);
	}
}

/* The value of a member as text; NULL: it is of another kind. */
static const char *decode_value(const struct weft_report_variable *variable, const json_t *member,
				char text[64])
{
	switch (variable->kind) {
	case WEFT_REPORT_KIND_BOOL:
		return !member || json_is_false(member) ? "false"
		       : json_is_true(member)           ? "true"
							: NULL;
	case WEFT_REPORT_KIND_INT:
	case WEFT_REPORT_KIND_FLOAT:
		if (member && !json_is_number(member)) {
			return NULL;
		}
		(void)snprintf(text, 64, "%.15g", json_number_value(member));
		return text;
	default:
		return !member ? "" : json_string_value(member);
	}
}

/* Whether it is one of a choice, or one of what else may be. */
static bool is_value(const struct weft_report_variable *variable, const char *value,
		     struct weft_report_config *scratch)
{
	return weft_report_config_set(scratch, variable->name, value, NULL) == 0;
}

static int decode_view(const json_t *entry, struct weft_report_config *scratch,
		       struct web_settings_view *view, struct weft_error *err)
{
	const struct weft_report_variable *variable;
	char text[64];
	size_t i;
	int ret = 0;

	view->name = strdup(json_string_value(json_object_get(entry, "name")));
	if (!view->name) {
		return no_memory(err);
	}
	for (i = 0; ret == 0 && (variable = weft_report_variable_get(i)); i++) {
		const char *value =
			is_saved(variable)
				? decode_value(variable, json_object_get(entry, variable->name),
					       text)
				: NULL;

		/* The address says false and true by one letter; what is empty there, is initial. */
		if (value && is_value(variable, value, scratch) &&
		    strcmp(weft_report_config_get(scratch, variable->name), variable->initial) !=
			    0) {
			if (variable->kind == WEFT_REPORT_KIND_BOOL) {
				value = *value == 't' ? "t" : "f";
			}
			ret = web_query_add(&view->query, variable->url_name, value, NULL);
			ret = ret == -E2BIG ? 0 : ret; /* No page would take it. */
		}
	}
	return ret < 0 ? no_memory(err) : 0;
}

static bool is_view(const json_t *entry)
{
	const json_t *name = json_object_get(entry, "name");

	return name && json_string_length(name) > 0 &&
	       strlen(json_string_value(name)) == json_string_length(name);
}

static int decode_views(const json_t *root, struct web_settings_list *list, struct weft_error *err)
{
	const json_t *entries = json_object_get(root, "configs");
	struct weft_report_config *scratch = weft_report_config_create();
	size_t i;
	int ret = 0;

	list->views = calloc(WEB_SETTINGS_COUNT_MAX, sizeof(list->views[0]));
	if (!scratch || !list->views) {
		weft_report_config_destroy(scratch);
		return no_memory(err);
	}
	for (i = 0;
	     ret == 0 && i < json_array_size(entries) && list->count < WEB_SETTINGS_COUNT_MAX;
	     i++) {
		const json_t *entry = json_array_get(entries, i);

		if (is_view(entry)) {
			ret = decode_view(entry, scratch, &list->views[list->count++], err);
		}
	}
	weft_report_config_destroy(scratch);
	return ret;
}

int web_settings_read(struct web_settings_list *ret_list, struct weft_error *err)
{
	char path[PATH_MAX];
	json_t *root = NULL;
	int ret = find_path(path, err);

	*ret_list = (struct web_settings_list){.views = NULL};
	ret = ret < 0 ? ret : load(path, &root, err);
	ret = ret < 0 ? ret : decode_views(root, ret_list, err);
	if (ret < 0) {
		web_settings_fini(ret_list);
	}
	json_decref(root);
	return ret;
}

void web_settings_fini(struct web_settings_list *list)
{
	size_t i;

	for (i = 0; i < list->count; i++) {
		free(list->views[i].name);
		web_query_fini(&list->views[i].query);
	}
	free(list->views);
	*list = (struct web_settings_list){.views = NULL};
}

/* ---- Changes ---- */

/* The place of a view; the number of entries: there is none of that name. */
static size_t find_entry(const json_t *entries, const char *name)
{
	size_t i;

	for (i = 0; i < json_array_size(entries); i++) {
		const json_t *entry = json_array_get(entries, i);

		if (is_view(entry) &&
		    strcmp(json_string_value(json_object_get(entry, "name")), name) == 0) {
			break;
		}
	}
	return i;
}

/* Takes the values over into an entry, which may have others that are not known here. */
static int encode_view(json_t *entry, const struct weft_report_config *config)
{
	const struct weft_report_variable *variable;
	size_t i;
	int ret = 0;

	for (i = 0; ret == 0 && (variable = weft_report_variable_get(i)); i++) {
		bool is_left_out;
		json_t *member;

		if (!is_saved(variable)) {
			continue;
		}
		member = encode_value(variable, weft_report_config_get(config, variable->name),
				      &is_left_out);
		if (is_left_out) {
			(void)json_object_del(entry, variable->name); /* Or it was not there. */
		} else {
			ret = json_object_set_new(entry, variable->name, member);
		}
	}
	return ret;
}

static json_t *get_entries(json_t *root)
{
	json_t *entries = json_object_get(root, "configs");

	if (json_is_array(entries)) {
		return entries;
	}
	entries = json_array();
	return json_object_set_new(root, "configs", entries) == 0 ? entries : NULL;
}

static int add_view(json_t *root, const char *name, const struct weft_report_config *config,
		    struct weft_error *err)
{
	json_t *entries = get_entries(root);
	size_t at = find_entry(entries, name);
	json_t *entry = entries ? json_array_get(entries, at) : NULL;

	if (!entries) {
		return no_memory(err);
	}
	if (!entry) {
		if (at >= WEB_SETTINGS_COUNT_MAX) {
			return weft_error_set(err, -E2BIG,
					      "save a view: there are %d already: delete some",
					      WEB_SETTINGS_COUNT_MAX);
		}
		entry = json_pack("{s:s}", "name", name);
		if (!entry || json_array_append_new(entries, entry) < 0) {
			return no_memory(err);
		}
	}
	return encode_view(entry, config) < 0 ? no_memory(err) : 0;
}

static int remove_view(json_t *root, const char *name, struct weft_error *err)
{
	json_t *entries = json_object_get(root, "configs");

	if (json_array_remove(entries, find_entry(entries, name)) < 0) {
		return weft_error_set(err, -ENOENT, "delete a view: there is none called '%s'",
				      name);
	}
	return 0;
}

/* `config`: what to save under the name; NULL: it is to be deleted. */
static int edit(const char *name, const struct weft_report_config *config, struct weft_error *err)
{
	char path[PATH_MAX];
	json_t *root = NULL;
	int ret = find_path(path, err);

	if (ret < 0) {
		return ret;
	}
	(void)pthread_mutex_lock(&change); /* Cannot fail: not held by this thread. */
	ret = load(path, &root, err);
	if (ret == 0) {
		ret = config ? add_view(root, name, config, err) : remove_view(root, name, err);
	}
	ret = ret < 0 ? ret : store(path, root, err);
	(void)pthread_mutex_unlock(&change); /* Taken above. */
	json_decref(root);
	return ret;
}

int web_settings_save(const char *name, const struct weft_report_config *config,
		      struct weft_error *err)
{
	size_t len = strlen(name);
	json_t *text = json_string(name);
	bool is_utf8 = text;

	json_decref(text);
	if (len == 0 || len > WEB_SETTINGS_NAME_LEN_MAX || !is_utf8) {
		return weft_error_set(err, -EINVAL,
				      "save a view: a name of 1 to %d bytes of UTF-8 is wanted",
				      WEB_SETTINGS_NAME_LEN_MAX);
	}
	return edit(name, config, err);
}

int web_settings_remove(const char *name, struct weft_error *err)
{
	return edit(name, NULL, err);
}

/* ---- Links ---- */

static bool is_saved_parameter(const char *url_name)
{
	const struct weft_report_variable *variable;
	size_t i;

	for (i = 0; (variable = weft_report_variable_get(i)); i++) {
		if (variable->url_name && strcmp(variable->url_name, url_name) == 0) {
			return is_saved(variable);
		}
	}
	return false;
}

void web_settings_print_link(const struct web_query *current, const char *path,
			     const struct web_settings_view *view, FILE *out)
{
	/* Borrows the strings of both. */
	struct web_query query = {.count = 0};
	size_t i;

	for (i = 0; i < current->count; i++) {
		if (!is_saved_parameter(current->parameters[i].name)) {
			query.parameters[query.count++] = current->parameters[i];
		}
	}
	for (i = 0; view && i < view->query.count && query.count < WEB_QUERY_COUNT_MAX; i++) {
		query.parameters[query.count++] = view->query.parameters[i];
	}
	web_query_print_link(&query, path, NULL, NULL, out);
}

bool web_settings_is_current(const struct web_query *current, const struct web_settings_view *view)
{
	static const struct web_query nothing = {.count = 0};
	const struct web_query *saved = view ? &view->query : &nothing;
	size_t i, count = 0;

	for (i = 0; i < current->count; i++) {
		if (!is_saved_parameter(current->parameters[i].name)) {
			continue;
		}
		count++;
		if (strcmp(web_query_get(saved, current->parameters[i].name),
			   current->parameters[i].value) != 0) {
			return false;
		}
	}
	return count == saved->count;
}
