// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * See whole-file.h.
 */
#include "whole-file.h"

#include <errno.h>
#include <unistd.h>

static int fail(const struct weft_whole_file *file, struct weft_error *err)
{
	return weft_error_set_errno(err, errno ? -errno : -EIO, "cannot write '%s'", file->path);
}

int weft_whole_file_open(struct weft_whole_file *file, const char *dir, const char *name,
			 struct weft_error *err)
{
	(void)snprintf(file->path, sizeof(file->path), "%s/%s", dir, name);
	(void)snprintf(file->part, sizeof(file->part), "%s/.%s.part", dir, name);
	file->stream = fopen(file->part, "we");
	return file->stream ? 0 : fail(file, err);
}

int weft_whole_file_close(struct weft_whole_file *file, struct weft_error *err)
{
	int ret = 0;

	if (fflush(file->stream) == EOF || ferror(file->stream)) {
		ret = fail(file, err);
	}
	if (fclose(file->stream) == EOF && ret == 0) {
		ret = fail(file, err);
	}
	if (ret == 0 && rename(file->part, file->path) < 0) {
		ret = fail(file, err);
	}
	if (ret < 0) {
		(void)unlink(file->part); /* An error is on its way already. */
	}
	return ret;
}
