// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * What reports that are pages share.
 */
#ifndef WEFT_PPROF_REPORT_HTML_H
#define WEFT_PPROF_REPORT_HTML_H

#include <stdio.h>

/** Writes a text so that a browser shows it and nothing else. */
void weft_report_html__text(FILE *out, const char *text);
/** Writes a page up to what its style begins with: a title, and that it may load nothing. */
void weft_report_html__head(FILE *out, const char *title, const char *more_title);

#endif
