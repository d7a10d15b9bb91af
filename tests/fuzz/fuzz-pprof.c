// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Any bytes as a profile. What is accepted must survive being merged with itself, written and read.
 */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <weft/pprof.h>

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

static void write_and_read(const struct weft_pprof *profile)
{
	struct output output = {0};
	struct weft_pprof *again;

	if (weft_pprof_write(profile, append, &output, NULL) == 0) {
		if (weft_pprof_decode(output.bytes, output.size, 0, &again, NULL) < 0) {
			abort();
		}
		if (weft_pprof_sample_count(again) != weft_pprof_sample_count(profile) ||
		    weft_pprof_location_count(again) != weft_pprof_location_count(profile)) {
			abort();
		}
		weft_pprof_destroy(again);
	}
	free(output.bytes);
}

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
