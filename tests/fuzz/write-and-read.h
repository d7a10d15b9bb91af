// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * What was accepted as a profile survives being written and read.
 */
#ifndef WEFT_FUZZ_WRITE_AND_READ_H
#define WEFT_FUZZ_WRITE_AND_READ_H

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <weft/pprof.h>

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

/* Aborts where as many samples and locations do not come back. */
static void write_and_read(const struct weft_pprof *profile)
{
	struct output output = {0};
	struct weft_pprof *again;

	if (weft_pprof_write(profile, append, &output, NULL) == 0) {
		if (weft_pprof_decode(output.bytes, output.size, 0, &again, NULL) < 0 ||
		    weft_pprof_sample_count(again) != weft_pprof_sample_count(profile) ||
		    weft_pprof_location_count(again) != weft_pprof_location_count(profile)) {
			abort();
		}
		weft_pprof_destroy(again);
	}
	free(output.bytes);
}

#endif
