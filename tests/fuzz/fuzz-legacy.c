// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Any bytes as a profile of any kind. What is accepted must survive being written and read.
 */
#include <stdint.h>
#include <stdlib.h>

#include <weft/pprof-legacy.h>

#include "write-and-read.h"

#define MEMORY_LIMIT (UINT64_C(64) << 20)

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct weft_error err = WEFT_ERROR_INIT;
	struct weft_pprof *profile;

	if (weft_pprof_decode_any(bytes, size, MEMORY_LIMIT, &profile, &err) < 0) {
		if (err.code == 0 || err.text[0] == '\0') {
			abort(); /* A refusal says why. */
		}
		return 0;
	}
	write_and_read(profile);
	weft_pprof_destroy(profile);
	return 0;
}
