// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Lines of source files, found as a profile names them: absolute paths as they are, others below each
 * source folder and the folders above it.
 */
#ifndef WEFT_PPROF_REPORT_SOURCE_H
#define WEFT_PPROF_REPORT_SOURCE_H

#include <stdint.h>

#include <weft/error.h>

/* Bytes of a source file that are read at most. */
#define REPORT_SOURCE_SIZE_MAX ((size_t)64 << 20)

struct report_source {
	char *text;
	const char **lines; /* From index 0; line 1 of the file. */
	uint32_t line_count;
};

/**
 * Reads a file whole.
 *
 * @param source_path  Folders with colons between; "": the working directory.
 * @param ret_source   To be released by weft_report_source__close(), also after an error.
 * @return 0; -ENOENT and other errors of opening: err has the text that reports show; -ENOMEM.
 */
WEFT_MUST_CHECK int weft_report_source__open(const char *path, const char *trim_path,
					     const char *source_path,
					     struct report_source *ret_source,
					     struct weft_error *err);
void weft_report_source__close(struct report_source *source);

#endif
