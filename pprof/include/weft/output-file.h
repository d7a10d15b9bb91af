// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/**
 * A file that appears complete or not at all.
 *
 * It is written without a name (or under a temporary one where the file system has no nameless
 * files) and takes its name at commit, replacing an older file. Standard output ("-"), descriptors
 * ("/dev/fd/N") and existing files that are not regular (pipes, devices) are written directly.
 *
 * Threads: one thread at a time per file.
 */
#ifndef WEFT_OUTPUT_FILE_H
#define WEFT_OUTPUT_FILE_H

#include <stdbool.h>
#include <stddef.h>

#include <weft/error.h>

#ifdef __cplusplus
extern "C" {
#endif

struct weft_output_file;

/** 0; negative errno: nothing was created. */
WEFT_MUST_CHECK int weft_output_file_open(const char *path, struct weft_output_file **ret_file,
					  struct weft_error *err);
/** Writes all bytes; 0 or a negative errno. Has the form of a weft_pprof_write_fn: ctx is the file. */
int weft_output_file_write(void *ctx, const void *bytes, size_t size);
/** Gives the file its name and closes it. On failure nothing is left; the file is gone in any case. */
WEFT_MUST_CHECK int weft_output_file_commit(struct weft_output_file *file, struct weft_error *err);
/** Closes without a trace; NULL is fine. */
void weft_output_file_discard(struct weft_output_file *file);

#ifdef __cplusplus
}
#endif

#endif
