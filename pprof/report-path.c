// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Paths of source files, as texts. See report-view.h.
 */
#include <string.h>

#include "report-view.h"

#define DOUBLE_DOT_LEN 2

/* The next part of a list with colons between; false: no more. */
static bool next_part(const char **at, const char **ret_part, size_t *ret_len)
{
	if (!*at) {
		return false;
	}
	*ret_part = *at;
	*ret_len = strcspn(*at, ":");
	*at = (*at)[*ret_len] ? *at + *ret_len + 1 : NULL;
	return true;
}

/* What is behind "/last part of a source folder/", if that is in the path. */
static const char *guess(const char *path, const char *source_path)
{
	const char *folder;
	size_t len;

	while (next_part(&source_path, &folder, &len)) {
		const char *found = path;
		size_t start;

		while (len > 0 && folder[len - 1] == '/') {
			len--;
		}
		for (start = len; start > 0 && folder[start - 1] != '/'; start--) {
		}
		while (len > start && (found = strchr(found, '/'))) {
			found++;
			if (strncmp(found, folder + start, len - start) == 0 &&
			    found[len - start] == '/') {
				return found + (len - start) + 1;
			}
		}
	}
	return NULL;
}

static const char *without(const char *path, const char *start, size_t len)
{
	if (strncmp(path, start, len) != 0) {
		return NULL;
	}
	if (len > 0 && start[len - 1] == '/') {
		return path + len;
	}
	return path[len] == '/' ? path + len + 1 : NULL;
}

const char *weft_report_path__trim(const char *path, const char *trim_path, const char *source_path)
{
	static const char built_in[] = "/proc/self/cwd/./:/proc/self/cwd/";
	const char *lists[] = {*trim_path ? trim_path : NULL, built_in};
	const char *found, *start;
	size_t len, i;

	if (*trim_path == '\0' && *source_path) {
		found = guess(path, source_path);
		if (found) {
			return found;
		}
	}
	for (i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
		while (next_part(&lists[i], &start, &len)) {
			found = without(path, start, len);
			if (found) {
				return found;
			}
		}
	}
	return path;
}

/* Whether the path is as short as it can be. */
static bool is_clean(const char *path)
{
	size_t len = strlen(path);

	return !strstr(path, "//") && !strstr(path, "/./") && !strstr(path, "..") &&
	       strncmp(path, "./", 2) != 0 && (len < 2 || strcmp(path + len - 2, "/.") != 0) &&
	       (len < 2 || path[len - 1] != '/');
}

/* Whether the result so far ends with a part that a further ".." takes away. */
static bool can_go_up(const char *clean, size_t len, bool is_absolute)
{
	if (len == (size_t)is_absolute) {
		return false;
	}
	return len < DOUBLE_DOT_LEN || strncmp(clean + len - DOUBLE_DOT_LEN, "..", 2) != 0 ||
	       (len > DOUBLE_DOT_LEN && clean[len - DOUBLE_DOT_LEN - 1] != '/');
}

static size_t append_part(char *clean, size_t len, const char *part, size_t part_len,
			  bool is_absolute)
{
	if (part_len == 0 || (part_len == 1 && part[0] == '.')) {
		return len;
	}
	if (part_len == DOUBLE_DOT_LEN && strncmp(part, "..", DOUBLE_DOT_LEN) == 0) {
		if (can_go_up(clean, len, is_absolute)) {
			while (len > (size_t)is_absolute && clean[len - 1] != '/') {
				len--;
			}
			return len > (size_t)is_absolute ? len - 1 : len;
		}
		if (is_absolute) {
			return len;
		}
	}
	if (len > (size_t)is_absolute) {
		clean[len++] = '/';
	}
	memcpy(clean + len, part, part_len);
	return len + part_len;
}

const char *weft_report_path__clean(struct weft_arena *arena, const char *path)
{
	bool is_absolute = path[0] == '/';
	size_t len = is_absolute;
	char *clean;

	if (*path == '\0' || is_clean(path)) {
		return path;
	}
	clean = weft_report__string(arena, path, strlen(path) + 1);
	if (!clean) {
		return NULL;
	}
	while (*path) {
		size_t part_len = strcspn(path, "/");

		len = append_part(clean, len, path, part_len, is_absolute);
		path += part_len + (path[part_len] == '/');
	}
	if (len == 0) {
		clean[len++] = '.';
	}
	clean[len] = '\0';
	return clean;
}
