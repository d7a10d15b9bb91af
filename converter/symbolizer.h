// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Call sites: (process, instruction pointer) → function, file, line.
 *
 * Objects are announced by `object` events, per process. Lookups open the object's file (or its
 * separate debug file, found by build id or debug link) with elfutils, check the build id, and
 * answer from DWARF: innermost inlined function that is not part of <weft/trace.h>, the file and
 * line of the call, C++ names demangled. Without DWARF the symbol table gives the function; without
 * that the answer is `object+0xoffset`. Answers are cached; memory is bounded.
 *
 * Threads: one thread at a time per symbolizer.
 */
#ifndef WEFT_CONVERTER_SYMBOLIZER_H
#define WEFT_CONVERTER_SYMBOLIZER_H

#include <stdint.h>

#include <weft/error.h>

#include "event.h"

/** Borrowed until the symbolizer is destroyed. Equal frames have the same `id`. */
struct weft_frame {
	uint64_t id;          /**< Dense, from 1: identity of (function, file, line). */
	const char *function; /**< Never NULL, never "". */
	const char *file;     /**< "" unknown. */
	uint32_t line;        /**< 0 unknown. */
};

struct weft_symbolizer;

struct weft_symbolizer *weft_symbolizer_create(void);
void weft_symbolizer_destroy(struct weft_symbolizer *symbolizer);

/**
 * A process tells who it is (a `process` event). When start_ns differs from before, it is a new life
 * of the pid and the objects of the former one are forgotten.
 */
void weft_symbolizer_set_process(struct weft_symbolizer *symbolizer, int32_t pid,
				 uint64_t start_ns);

/** Announces an object of a process (an `object` event); replaces overlapping ones. */
WEFT_MUST_CHECK int weft_symbolizer_add_object(struct weft_symbolizer *symbolizer, int32_t pid,
					       const struct weft_event *object);

/**
 * Resolves a return address.
 *
 * @param ip  Return address; 0 gives a frame called "[unknown]".
 * @return Never NULL (a fixed frame when out of memory).
 */
const struct weft_frame *weft_symbolizer_resolve(struct weft_symbolizer *symbolizer, int32_t pid,
						 uint64_t ip);

/** 0; -ENOMEM: some answers are worse than they could have been, because memory was short. */
int weft_symbolizer_status(const struct weft_symbolizer *symbolizer);

#endif
