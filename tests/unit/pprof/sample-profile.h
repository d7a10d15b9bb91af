// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Profiles for tests, built by the library.
 */
#ifndef WEFT_TEST_SAMPLE_PROFILE_H
#define WEFT_TEST_SAMPLE_PROFILE_H

#include <weft/pprof.h>

/*
 * main → work → (inlined into work) sum, and main → idle: 3 samples, labels of both kinds, a mapping
 * loaded at `base`, every field of the head. To be destroyed by the caller.
 */
struct weft_pprof *sample_profile(uint64_t base);

/* Bytes of a profile, in memory. */
struct encoded {
	unsigned char *bytes;
	size_t size;
	size_t fail_at; /* Writes fail from this many bytes on; 0: never. */
};

int encoded_write(void *ctx, const void *bytes, size_t size);
void encode(const struct weft_pprof *profile, struct encoded *encoded);
/* Unzipped, by zlib; to be freed by the caller. */
unsigned char *unzip(const struct encoded *encoded, size_t *ret_size);

#endif
