// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * A set of pointers, each with the stack of where it was added: behind weft_profile_create().
 *
 * Threads: any (a lock of its own, under which nothing but malloc's is taken). Signals: not safe.
 */
#ifndef WEFT_TRACER_CUSTOM_PROFILE_H
#define WEFT_TRACER_CUSTOM_PROFILE_H

#include <stddef.h>
#include <stdint.h>

#include "raw-profile.h"

struct weft_custom_profile;

/* NULL: out of memory. */
struct weft_custom_profile *weft_custom_profile_create(void);
void weft_custom_profile_destroy(struct weft_custom_profile *profile);

/* pcs: return addresses, innermost first, copied. 0; -EEXIST; -ENOMEM. */
int weft_custom_profile_add(struct weft_custom_profile *profile, const void *value,
			    const uintptr_t *pcs, size_t depth);
void weft_custom_profile_remove(struct weft_custom_profile *profile, const void *value);
uint64_t weft_custom_profile_count(struct weft_custom_profile *profile);

/* Writes samples "NAME/count", equal stacks as one. 0; -ENOMEM; what `write` returned. */
int weft_custom_profile_write(struct weft_custom_profile *profile, const char *name,
			      weft_raw_profile_write_fn write, void *ctx);

/* Around fork(). */
void weft_custom_profile_lock(struct weft_custom_profile *profile);
void weft_custom_profile_unlock(struct weft_custom_profile *profile);

#endif
