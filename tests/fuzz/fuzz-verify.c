// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Any bytes at all through the verifier of Go traces. The first byte chooses strict mode.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <weft/convert.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct weft_error err = WEFT_ERROR_INIT;
	struct weft_verify_options options = {.strict = size && bytes[0] == 's'};
	struct weft_verify_result result;
	int ret = weft_verify_bytes(size ? bytes + 1 : NULL, size ? size - 1 : 0, &options, &result,
				    &err);

	if (ret != err.code || (ret < 0 && !err.text[0])) {
		abort();
	}
	return 0;
}
