// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * JSON as it is written, piece by piece: a tree of it would take more memory than the profile.
 *
 * Threads: one at a time per stream. Errors are the stream's (ferror()).
 */
#ifndef WEFT_PPROF_REPORT_JSON_H
#define WEFT_PPROF_REPORT_JSON_H

#include <stdio.h>

/**
 * Writes a text as a string, quotes and all: ASCII, and without '<', so that it can stand in a page.
 *
 * @param text  What is not UTF-8 in it becomes U+FFFD, byte by byte.
 */
void weft_report_json__string(FILE *out, const char *text);
/** "name": and a string. */
void weft_report_json__member(FILE *out, const char *name, const char *text);

#endif
