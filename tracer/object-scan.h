// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * What the program headers in memory say of a loaded object.
 *
 * Threads and signals: whoever may call dl_iterate_phdr() may call this from its callback.
 */
#ifndef WEFT_TRACER_OBJECT_SCAN_H
#define WEFT_TRACER_OBJECT_SCAN_H

#include <link.h>
#include <stdint.h>

/* Longest build id in hexadecimal, with NUL; longer ones count as none. */
#define WEFT_BUILD_ID_SIZE 65

/* Addresses [start, end). */
struct weft_object_range {
	uint64_t start, end;
};

/* The span of its segments (empty when it has none), and its build id or "". */
void weft_object_scan(const struct dl_phdr_info *object, struct weft_object_range *ret_range,
		      char ret_build_id[WEFT_BUILD_ID_SIZE]);

#endif
