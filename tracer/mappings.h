// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * What of the address space is code, and of which file: for profiles.
 *
 * One list a process, brought up to date by weft_mappings_refresh(). An object that was unloaded stays
 * in the list until another takes its addresses, so that samples of it keep their place. Build
 * ids come from the program headers in memory; no file but /proc/self/maps is opened.
 *
 * Threads: any (a lock of this module's own, rank: innermost). Signals: not safe.
 */
#ifndef WEFT_TRACER_MAPPINGS_H
#define WEFT_TRACER_MAPPINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "object-scan.h"

/* More than any sensible process has; what is beyond goes without a mapping. */
#define WEFT_MAPPINGS_MAX 16384U

struct weft_mapping {
	uint64_t start;                    /* First address. */
	uint64_t limit;                    /* First address behind it. */
	uint64_t offset;                   /* Of `start` in the file, bytes. */
	char build_id[WEFT_BUILD_ID_SIZE]; /* Lower-case hexadecimal; "": none. */
	char *file;                        /* Path, or a name in brackets. */
};

/* A copy, the main program's mapping first, the others by address. */
struct weft_mappings {
	struct weft_mapping *items;
	size_t count;
};

/*
 * Has the unwinder forget its rules when something was unloaded. Reads the address space again if the loader has loaded or unloaded something since the last time,
 * or when `always`. 0; -ENOMEM or an errno of reading: the list is as before.
 */
int weft_mappings_refresh(bool always);
/* 0; -ENOMEM. To be released by weft_mappings_fini(). */
int weft_mappings_copy(struct weft_mappings *ret_mappings);
void weft_mappings_fini(struct weft_mappings *mappings);
/* The one around an address, NULL: none. */
const struct weft_mapping *weft_mappings_find(const struct weft_mappings *mappings,
					      uint64_t address);
/* Around fork(), so that the child finds the list whole. */
void weft_mappings__lock(void);
void weft_mappings__unlock(void);
/* For a copy that is made in a signal handler. Async-signal-safe. */
bool weft_mappings__try_lock(void);
/*
 * In such a copy: whoever held the loader's lock is not there, so that the loader is not asked any more.
 * Mappings are read as before; of objects that were not known yet the build ids are missing.
 */
void weft_mappings__avoid_loader(void);

#endif
