// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Any bytes as a profile, and what becomes of it as text: lines, of printable characters but for tabs,
 * or an error with a text.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <weft/pprof-text.h>
#include <weft/pprof.h>

#define MEMORY_MAX (UINT64_C(64) << 20)

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static int check(void *ctx, const void *bytes, size_t size)
{
	const unsigned char *at = (const unsigned char *)bytes;
	size_t i;

	for (i = 0; i < size; i++) {
		if ((at[i] < ' ' && at[i] != '\n' && at[i] != '\t') || at[i] == 0x7f) {
			abort();
		}
		*(unsigned char *)ctx = at[i];
	}
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	static const char *const names[] = {NULL, "mutex", "goroutine"};
	struct weft_pprof *profile = NULL;
	size_t i;

	if (weft_pprof_decode(bytes, size, MEMORY_MAX, &profile, NULL) < 0) {
		return 0;
	}
	for (i = 0; i < 6; i++) {
		const struct weft_pprof_text_options options = {names[i / 2], (int)(i % 2) + 1,
								NULL};
		struct weft_error err = WEFT_ERROR_INIT;
		unsigned char last = '\n';
		int ret = weft_pprof_write_text(profile, &options, check, &last, &err);

		if (ret == 0 ? last != '\n' : !err.text[0]) {
			abort();
		}
	}
	weft_pprof_destroy(profile);
	return 0;
}
