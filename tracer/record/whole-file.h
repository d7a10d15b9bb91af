// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * A small text file that is there whole or not at all: written beside its place under a hidden name,
 * which readers of traces pass over, and moved there when it is complete.
 *
 *     weft_whole_file_open()
 *     fprintf(file.stream, ...)     errors stay with the stream until they are asked for
 *     weft_whole_file_close()
 *
 * Threads: one at a time per file, and one file of a place at a time.
 */
#ifndef WEFT_RECORD_WHOLE_FILE_H
#define WEFT_RECORD_WHOLE_FILE_H

#include <limits.h>
#include <stdio.h>

#include <weft/error.h>

struct weft_whole_file {
	FILE *stream;
	char path[PATH_MAX], part[PATH_MAX];
};

/** Begins DIR/NAME. On failure nothing is left to release. */
WEFT_MUST_CHECK int weft_whole_file_open(struct weft_whole_file *file, const char *dir,
					 const char *name, struct weft_error *err);

/**
 * Moves the file to its place, over one that is there. On failure that one stays.
 *
 * @return 0, or what writing met first.
 */
WEFT_MUST_CHECK int weft_whole_file_close(struct weft_whole_file *file, struct weft_error *err);

#endif
