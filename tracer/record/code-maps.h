// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Which files the addresses of call chains belong to: the code that processes have mapped, of those
 * that are there from /proc, and of all that is mapped from then on from records of perf_event_open(2).
 * What a new process has of its parent is not told: the fork says it.
 *
 *     weft_code_maps_open()     before the processes that are there are looked at
 *     weft_code_maps_dump()     those
 *     weft_code_maps_drain()    now and then
 *     weft_code_maps_close()
 *
 * Threads: one at a time.
 */
#ifndef WEFT_RECORD_CODE_MAPS_H
#define WEFT_RECORD_CODE_MAPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <weft/error.h>

#include "kernel-trace.h"
#include "perf-ring.h"

enum { WEFT_BUILD_ID_TEXT_SIZE = 41 };

struct weft_code_maps;

/**
 * Watches what is mapped on CPUs 0 … cpu_count − 1.
 *
 * @return 0; -EACCES, -EPERM: all CPUs may not be watched; -ENOMEM; what perf_event_open() said.
 */
WEFT_MUST_CHECK int weft_code_maps_open(uint32_t cpu_count, struct weft_code_maps **ret_mappings,
					struct weft_error *err);
/** NULL is fine. */
void weft_code_maps_close(struct weft_code_maps *mappings);

/** Writes what was mapped since, in the order of time, and how much of it was lost. */
void weft_code_maps_drain(struct weft_code_maps *mappings, struct weft_kernel_trace *trace);

/**
 * Writes what processes have mapped that are there now and that may be looked at.
 *
 * @param time_ns  When the trace says they had: before the first call chain.
 * @return Number of processes that were told.
 */
size_t weft_code_maps_dump(struct weft_kernel_trace *trace, uint64_t time_ns);

/**
 * Understands a line of /proc/PID/maps.
 *
 * @param line     Without newline, changed; what is returned points into it.
 * @param ret_map  Its pid and build id are not set. Untouched unless true is returned.
 * @return Whether it is code of a file.
 */
bool weft_code_maps_parse_line(char *line, struct weft_kernel_map *ret_map);

/**
 * Understands a PERF_RECORD_MMAP2.
 *
 * @param ret_map       Points into the record and into `ret_build_id`. Untouched unless true is returned.
 * @param ret_build_id  Storage, "" if the record does not tell.
 * @return Whether it is one, and code of a file.
 */
bool weft_code_maps_parse_record(const struct weft_perf_record *record,
				 struct weft_kernel_map *ret_map,
				 char ret_build_id[WEFT_BUILD_ID_TEXT_SIZE]);

#endif
