// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Reads .eh_frame_hdr and .eh_frame as found in memory and gives the rule for one address.
 * Accepts any bytes. Pure: no state, no calls, async-signal-safe.
 */
#ifndef WEFT_UNWIND_CFI_H
#define WEFT_UNWIND_CFI_H

#include "unwinder.h"

/* A loaded object: readable bytes [low, high), and its .eh_frame_hdr inside them. */
struct weft_unwind_object {
	uintptr_t low;
	uintptr_t high;
	uintptr_t header;
};

/* The rule for pc; kind NONE if the object has none that can be expressed. */
struct weft_unwind_rule weft_unwind_cfi_find(const struct weft_unwind_object *object, uintptr_t pc);

#endif
