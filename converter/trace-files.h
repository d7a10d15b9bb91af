// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * CTF trace directories on disk: finding them, a first look, and a readable view of damaged ones.
 *
 * A recording that ended badly (disk full, power cut, a copy that broke off) has a stream file
 * whose last packet is not whole. babeltrace2 refuses such a trace as a whole; here it gets a
 * temporary folder of links in which the broken file ends with its last whole packet. The input
 * is never changed.
 */
#ifndef WEFT_CONVERTER_TRACE_FILES_H
#define WEFT_CONVERTER_TRACE_FILES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <weft/error.h>

/** Longest name of a scheduling tier in metadata, with its NUL. */
#define WEFT_TIER_SIZE 24

struct weft_trace_dir {
	char *path;      /* As found; owned. */
	char *view_path; /* Temporary readable view, NULL when none is needed; owned, removed at fini. */
	uint64_t cut_packet_count;
	size_t stream_count; /* Files of events. */
	bool has_weft, has_sched;
	char tier[WEFT_TIER_SIZE]; /* Of a kernel trace that Weft wrote; "" else. */
};

struct weft_trace_dirs {
	struct weft_trace_dir *dirs;
	size_t count, capacity;
};

/** Adds every trace directory at or below `input`. */
WEFT_MUST_CHECK int weft_trace_dirs_find(struct weft_trace_dirs *dirs, const char *input,
					 struct weft_error *err);
/** Makes views for the damaged ones. */
WEFT_MUST_CHECK int weft_trace_dirs_repair(struct weft_trace_dirs *dirs, struct weft_error *err);
void weft_trace_dirs_fini(struct weft_trace_dirs *dirs);

#endif
