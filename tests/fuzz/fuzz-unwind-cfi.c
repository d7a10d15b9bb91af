// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Any bytes as an object with .eh_frame_hdr at its start. The first two bytes choose the address
 * that is looked for.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "unwind-cfi.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct weft_unwind_object object;
	struct weft_unwind_rule rule;
	uint8_t *copy;

	if (size < 3) {
		return 0;
	}
	size -= 2;
	copy = (uint8_t *)malloc(size); /* Exactly as long, so that a read past it is seen. */
	if (!copy) {
		return 0;
	}
	memcpy(copy, bytes + 2, size);
	object.low = (uintptr_t)copy;
	object.high = object.low + size;
	object.header = object.low;
	rule = weft_unwind_cfi_find(&object, object.low + bytes[0] + 256U * bytes[1]);
	if (rule.kind > WEFT_UNWIND_KIND_SIGNAL || rule.fp_saved > WEFT_UNWIND_SAVED_LOST ||
	    rule.base_saved > WEFT_UNWIND_SAVED_LOST || rule.cfa_offset % 8 != 0 ||
	    abs(rule.cfa_offset) >= WEFT_UNWIND_CFA_OFFSET_MAX) {
		abort();
	}
	free(copy);
	return 0;
}
