// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * The files of pprof/page/, in the program: made by embed.cmake at build time.
 */
#ifndef WEFT_PPROF_REPORT_PAGE_H
#define WEFT_PPROF_REPORT_PAGE_H

#include <stddef.h>

extern const unsigned char weft_report_page_style[], weft_report_page_body[],
	weft_report_page_script[], weft_report_page_list[];
extern const size_t weft_report_page_style_size, weft_report_page_body_size,
	weft_report_page_script_size, weft_report_page_list_size;

#endif
