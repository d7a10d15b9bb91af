// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Words of strangers inside HTML and JSON, and the frame that all pages share.
 */
#ifndef WEFT_HTTP_PAGE_H
#define WEFT_HTTP_PAGE_H

#include <stdio.h>

/*
 * Of the script that pages hold, for Content-Security-Policy: no other may run in them. A test compares
 * the two and tells the new one after a change.
 */
#define WEFT_PAGE_SCRIPT_HASH "sha256-szGyFeS5+9UVaxsk0Bbbedtx0NQGXL/TS398krf66Hg="

/** Writes text that means nothing in HTML, within elements and quoted attributes. */
void weft_page_print_html(FILE *out, const char *text);

/** Writes text as a part of a URL's path, also fit for a quoted attribute: "a b" → "a%20b". */
void weft_page_print_url(FILE *out, const char *text);

/** Writes a JSON string with its quotes. Bytes that are no UTF-8 become U+FFFD. */
void weft_page_print_json(FILE *out, const char *text);

/** Writes all up to the body's first element. @param title  Escaped here. */
void weft_page_print_head(FILE *out, const char *title);

/** Writes the script and the end. Works without: everything is a link or a form as well. */
void weft_page_print_tail(FILE *out);

#endif
