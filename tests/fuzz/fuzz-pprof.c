// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Any bytes as a profile. What is accepted must survive being merged with itself, written and read.
 */
#include <stdint.h>
#include <stdlib.h>

#include <weft/pprof.h>

#include "write-and-read.h"

#define MEMORY_LIMIT (UINT64_C(64) << 20)

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct weft_pprof *profile, *merged;
	struct weft_error err = WEFT_ERROR_INIT;

	if (weft_pprof_decode(bytes, size, MEMORY_LIMIT, &profile, &err) < 0) {
		if (err.code == 0 || err.text[0] == '\0') {
			abort(); /* A refusal says why. */
		}
		return 0;
	}
	write_and_read(profile);
	merged = weft_pprof_create();
	if (merged && weft_pprof_merge(merged, profile, &err) == 0 &&
	    weft_pprof_merge(merged, profile, &err) == 0) {
		write_and_read(merged);
	}
	weft_pprof_destroy(merged);
	weft_pprof_destroy(profile);
	return 0;
}
