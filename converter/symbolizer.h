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
 * Programs that have never heard of Weft announce nothing: the kernel's half of a trace may tell what
 * they have mapped (`mapping` events), when they fork, and when they end.
 *
 * Threads: one thread at a time per symbolizer.
 */
#ifndef WEFT_CONVERTER_SYMBOLIZER_H
#define WEFT_CONVERTER_SYMBOLIZER_H

#include <stddef.h>
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

/** What is at an address: inlined functions too. */
struct weft_frames {
	const struct weft_frame *const *frames; /**< Innermost first. */
	size_t count;                           /**< At least 1. */
	size_t site; /**< The innermost that is not of <weft/trace.h>: the call site. */
};

/** A return address in a process. */
struct weft_call_site {
	int32_t pid;
	uint64_t ip;
};

/** An announced object: see <weft/events.h>. */
struct weft_object {
	uint64_t id; /**< Of this announcement; never reused. */
	/** An address less `base` is as in the file's program headers; of a mapping that the kernel
	 * told: an offset in the file. */
	uint64_t base, start, end;
	uint64_t offset; /**< Of `start` in the file, in bytes. */
	const char *path, *build_id;
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
 * Tells a mapping of a process (a `mapping` event); replaces overlapping ones, but not the program's own
 * announcement of the same file. Without a path, or damaged, it is ignored.
 */
WEFT_MUST_CHECK int weft_symbolizer_add_mapping(struct weft_symbolizer *symbolizer,
						const struct weft_event *mapping);

/** A new process has what its parent has (a `fork` event of one); what its pid had before is forgotten. */
WEFT_MUST_CHECK int weft_symbolizer_fork(struct weft_symbolizer *symbolizer, int32_t parent_pid,
					 int32_t pid);

/**
 * A process ends: what the kernel told of it is kept for a while, because addresses may be looked up
 * later than they were met, until a thousand others have ended.
 */
void weft_symbolizer_exit(struct weft_symbolizer *symbolizer, int32_t pid);

/**
 * Resolves a return address.
 *
 * @param ip  Return address; 0 gives a frame called "[unknown]".
 * @return Never NULL (a fixed frame when out of memory).
 */
const struct weft_frame *weft_symbolizer_resolve(struct weft_symbolizer *symbolizer, int32_t pid,
						 uint64_t ip);

/**
 * As above, with the functions that were inlined there.
 *
 * @param ip  Return address; of an instruction that is no call: its address plus one.
 * @return Never NULL. Borrowed until the next call.
 */
const struct weft_frames *weft_symbolizer_resolve_all(struct weft_symbolizer *symbolizer,
						      int32_t pid, uint64_t ip);

/**
 * Looks up what is not known yet, at once, which costs much less than one by one.
 *
 * @param sites  In any order, may repeat; left in disorder.
 */
void weft_symbolizer_prepare(struct weft_symbolizer *symbolizer, struct weft_call_site *sites,
			     size_t count);

/**
 * How much of a call chain is worth showing. Code without frame pointers leaves any number in their
 * place, so that where chains go wrong they end in addresses of nothing.
 *
 * @param chain  As in a `sched_switch` event.
 * @return Frames up to and with the last that lies in an object; at least 1 of a chain that is not
 *         empty; all where no object of the process is known.
 */
size_t weft_symbolizer_trim_chain(const struct weft_symbolizer *symbolizer, int32_t pid,
				  struct weft_text chain);

/** The object that an address lies in, or NULL. Borrowed until the next object is announced. */
const struct weft_object *weft_symbolizer_find_object(const struct weft_symbolizer *symbolizer,
						      int32_t pid, uint64_t address);
/** The same by the object's path. */
const struct weft_object *weft_symbolizer_find_file(const struct weft_symbolizer *symbolizer,
						    int32_t pid, const char *path);

/** 0; -ENOMEM: some answers are worse than they could have been, because memory was short. */
int weft_symbolizer_status(const struct weft_symbolizer *symbolizer);

#endif
