// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Files of the user. See user-file.h.
 */
#include "user-file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

int user_file_find(const char *variable, const char *in_home, const char *name,
		   char ret_path[PATH_MAX], struct weft_error *err)
{
	const char *folder = getenv(variable), *home = getenv("HOME");
	char path[PATH_MAX];
	int len;

	if (folder && *folder) {
		len = snprintf(path, sizeof(path), "%s/%s", folder, name);
	} else if (home && *home) {
		len = snprintf(path, sizeof(path), "%s/%s/%s", home, in_home, name);
	} else {
		return weft_error_set(err, -EINVAL,
				      "there is no place for %s: set HOME or %s to a folder", name,
				      variable);
	}
	if (*path != '/' || len >= PATH_MAX) {
		return weft_error_set(err, -EINVAL,
				      "there is no place for %s: '%.200s' is no absolute path",
				      name, folder && *folder ? folder : home);
	}
	memcpy(ret_path, path, (size_t)len + 1);
	return 0;
}

int user_file_make_folders(const char *path, struct weft_error *err)
{
	char folder[PATH_MAX];
	char *slash = folder;

	if (strlen(path) >= sizeof(folder)) {
		return weft_error_set(err, -ENAMETOOLONG, "make folders: the path is too long");
	}
	memcpy(folder, path, strlen(path) + 1);
	while ((slash = strchr(slash + 1, '/'))) {
		*slash = '\0';
		if (mkdir(folder, 0700) < 0 && errno != EEXIST && errno != EISDIR) {
			return weft_error_set_errno(err, -errno, "make the folder %s", folder);
		}
		*slash = '/';
	}
	return 0;
}
