// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Any bytes as a profile of any kind. What is accepted must survive being written and read.
 */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <weft/pprof-legacy.h>

#define MEMORY_LIMIT (UINT64_C(64) << 20)

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

struct output {
	char *bytes;
	size_t size;
};

static int append(void *ctx, const void *bytes, size_t size)
{
	struct output *output = (struct output *)ctx;
	char *larger = (char *)realloc(output->bytes, output->size + size);

	if (!larger) {
		return -ENOMEM;
	}
	memcpy(larger + output->size, bytes, size);
	output->bytes = larger;
	output->size += size;
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct weft_error err = WEFT_ERROR_INIT;
	struct weft_pprof *profile, *again;
	struct output output = {0};

	if (weft_pprof_decode_any(bytes, size, MEMORY_LIMIT, &profile, &err) < 0) {
		if (err.code == 0 || err.text[0] == '\0') {
			abort(); /* A refusal says why. */
		}
		return 0;
	}
	if (weft_pprof_write(profile, append, &output, NULL) == 0) {
		if (weft_pprof_decode(output.bytes, output.size, 0, &again, NULL) < 0 ||
		    weft_pprof_sample_count(again) != weft_pprof_sample_count(profile) ||
		    weft_pprof_location_count(again) != weft_pprof_location_count(profile)) {
			abort();
		}
		weft_pprof_destroy(again);
	}
	free(output.bytes);
	weft_pprof_destroy(profile);
	return 0;
}
