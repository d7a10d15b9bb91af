// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Files that are kept for the user from one run to the next, where the XDG base directory specification
 * wants them: settings below $XDG_CONFIG_HOME, what happened before below $XDG_STATE_HOME.
 */
#ifndef WEFT_VIEWER_USER_FILE_H
#define WEFT_VIEWER_USER_FILE_H

#include <limits.h>

#include <weft/error.h>

/**
 * Where a file is.
 *
 * @param variable  Of the environment, with the folder: "XDG_CONFIG_HOME".
 * @param in_home   Where that is in HOME when it is not set: ".config".
 * @param name      Of the file in it, folders included.
 * @return 0; -EINVAL: neither variable is set, or what they say is no absolute path.
 */
WEFT_MUST_CHECK int user_file_find(const char *variable, const char *in_home, const char *name,
				   char ret_path[PATH_MAX], struct weft_error *err);
/** Makes the folders that the file is in, for this user alone. Those that are there stay as they are. */
WEFT_MUST_CHECK int user_file_make_folders(const char *path, struct weft_error *err);

#endif
