// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Copies of binaries. See pprof-binaries.h.
 */
#include "pprof-binaries.h"

#include <errno.h>
#include <glob.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <weft/symbol-file.h>

/* Where one file may be, below one folder: "%d" the folder, "%b" the build id, "%2" and "%r" its first two
 * digits and the rest, "%n" the name, "%p" the path, "%f" the path's folder. */
static const char *const by_build_id[] = {"%d/%b/%n", "%d/%b/*", "%d%p/%b", "%d/%2/%r.debug"};
static const char *const by_name[] = {"%d/%n", "%d%p", "%d%p.debug", "%d%f/.debug/%n.debug",
				      "%d/usr/lib/debug%f/%n.debug"};

struct wanted {
	const struct weft_pprof_mapping *mapping;
	const char *folder;
	int folder_len;
	const char *name; /* Behind the path's last slash. */
};

/* What one letter of a pattern stands for; the length goes into ret_len. */
static const char *get_part(const struct wanted *wanted, char letter, int *ret_len)
{
	const char *path = wanted->mapping->file, *build_id = wanted->mapping->build_id;

	*ret_len = INT_MAX;
	switch (letter) {
	case 'd':
		*ret_len = wanted->folder_len;
		return wanted->folder;
	case 'b':
		return build_id;
	case '2':
		*ret_len = 2;
		return build_id;
	case 'r':
		return strlen(build_id) > 2 ? build_id + 2 : "";
	case 'n':
		return wanted->name;
	case 'f':
		*ret_len = wanted->name > path ? (int)(wanted->name - path) - 1 : 0;
		return path;
	default:
		return path;
	}
}

/* False: too long to be a path. */
static bool expand(const struct wanted *wanted, const char *pattern, char path[PATH_MAX])
{
	size_t used = 0;

	for (path[0] = '\0'; *pattern && used < PATH_MAX; pattern++) {
		int len = 1;
		const char *part = pattern;

		if (*pattern == '%') {
			part = get_part(wanted, *++pattern, &len);
		}
		used += (size_t)snprintf(path + used, PATH_MAX - used, "%.*s", len, part);
	}
	return used < PATH_MAX;
}

/* Whether it is the file that the mapping is of. */
static bool is_right(const struct wanted *wanted, const char *path)
{
	const struct weft_symbol_file_options options = {
		.path = path, .fd = -1, .build_id = wanted->mapping->build_id};
	struct weft_error why = WEFT_ERROR_INIT;
	struct weft_symbol_file *file;
	int ret = weft_symbol_file_open(&options, &file, &why);

	if (ret == -ESTALE) {
		(void)fprintf(stderr, "Ignoring local file %s: build-id mismatch: %s\n", path,
			      why.text);
	}
	if (ret < 0) {
		return false;
	}
	weft_symbol_file_close(file);
	return true;
}

/* A path with '*' at its end may be several files. */
static bool try_path(const struct wanted *wanted, char path[PATH_MAX])
{
	glob_t found;
	bool is_found = false;
	size_t i;

	if (path[strlen(path) - 1] != '*') {
		return access(path, R_OK) == 0 && is_right(wanted, path);
	}
	if (glob(path, GLOB_NOSORT, NULL, &found) == 0) {
		for (i = 0; !is_found && i < found.gl_pathc; i++) {
			is_found = strlen(found.gl_pathv[i]) < PATH_MAX &&
				   is_right(wanted, found.gl_pathv[i]);
			if (is_found) {
				(void)snprintf(path, PATH_MAX, "%s", found.gl_pathv[i]);
			}
		}
		globfree(&found);
	}
	return is_found;
}

static bool search_folder(const struct wanted *wanted, char path[PATH_MAX])
{
	size_t i;

	for (i = 0; *wanted->mapping->build_id && i < sizeof(by_build_id) / sizeof(by_build_id[0]);
	     i++) {
		if (expand(wanted, by_build_id[i], path) && try_path(wanted, path)) {
			return true;
		}
	}
	for (i = 0; *wanted->mapping->file && i < sizeof(by_name) / sizeof(by_name[0]); i++) {
		if (expand(wanted, by_name[i], path) && try_path(wanted, path)) {
			return true;
		}
	}
	return false;
}

/* Whether a mapping is of a file that could have a copy. */
static bool can_have_copy(const struct weft_pprof_mapping *mapping)
{
	return !mapping->has_functions && *mapping->file != '[' &&
	       strncmp(mapping->file, "//anon", 6) != 0 &&
	       strncmp(mapping->file, "/memfd:", 7) != 0 &&
	       (*mapping->file || *mapping->build_id) && !strchr(mapping->build_id, '/');
}

static int search(struct weft_pprof *profile, uint32_t index, const char *folders)
{
	struct weft_pprof_mapping mapping = *weft_pprof_get_mapping(profile, index);
	const char *slash = strrchr(mapping.file, '/');
	struct wanted wanted = {.mapping = &mapping, .name = slash ? slash + 1 : mapping.file};
	char path[PATH_MAX];

	if (!can_have_copy(&mapping)) {
		return 0;
	}
	while (*folders) {
		size_t len = strcspn(folders, ":");

		wanted.folder = folders;
		wanted.folder_len = (int)len;
		if (len && search_folder(&wanted, path)) {
			mapping.file = path;
			return weft_pprof_set_mapping(profile, index, &mapping);
		}
		folders += len + (folders[len] == ':');
	}
	return 0;
}

int pprof_binaries_find(struct weft_pprof *profile)
{
	const char *folders = getenv("PPROF_BINARY_PATH"), *home = getenv("HOME");
	char usual[PATH_MAX] = "";
	uint32_t i;
	int ret = 0;

	if ((!folders || !*folders) && home) {
		(void)snprintf(usual, sizeof(usual), "%s/pprof/binaries", home);
	}
	for (i = 0; ret == 0 && i < weft_pprof_mapping_count(profile); i++) {
		ret = search(profile, i, folders && *folders ? folders : usual);
	}
	return ret;
}
