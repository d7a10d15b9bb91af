// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * The profiles that hooks fill, by their names: heap, allocs, block, mutex, threadcreate. Written raw;
 * exported through <weft/export.h>.
 *
 * Threads: any. Signals: not safe.
 */
#ifndef WEFT_TRACER_HOOK_PROFILES_H
#define WEFT_TRACER_HOOK_PROFILES_H

#include <stdbool.h>

#include "raw-profile.h"

#define WEFT_HOOK_PROFILES 5U

/* weft_lock_start(), with what each thread works for: labels, type of its task, region. */
int weft_hook_profiles__start_locks(void);
/* Name of profile `index`, below WEFT_HOOK_PROFILES. */
const char *weft_hook_profile_name(unsigned int index);
/*
 * Writes it; also without samples. for_text: with one sample type where texts know one only
 * (threadcreate: how many were created; how many live is left out). 0; -ENODATA: its hooks were not
 * started; -ENOMEM; what `write` returned.
 */
int weft_hook_profile_write(unsigned int index, bool for_text, weft_raw_profile_write_fn write,
			    void *ctx);
/* Offers all of them. 0; a negative errno of weft_export_add(): some may be offered. */
int weft_hook_profiles_export(void);

/*
 * For a copy of the process that writes profiles, where an allocator's lock may be held by a thread that is
 * not there: it is not asked then, and what it said when it was noted before stands in the profiles;
 * nothing if it was not.
 */
void weft_hook_profiles__note_allocator(void);
void weft_hook_profiles__avoid_allocator(void);

#endif
