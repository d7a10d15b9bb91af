// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Any text as a mangled name, as it is and behind the beginnings of Rust's manglings.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <weft/symbol-file.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void demangle(const char *beginning, const uint8_t *bytes, size_t size, const char *end)
{
	size_t len = strlen(beginning);
	char *name = (char *)malloc(len + size + strlen(end) + 1);
	char *readable;

	if (!name) {
		return;
	}
	memcpy(name, beginning, len);
	memcpy(name + len, bytes, size);
	memcpy(name + len + size, end, strlen(end) + 1);
	readable = weft_symbol_demangle(name);
	if (readable && !readable[0]) {
		abort();
	}
	free(readable);
	free(name);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	demangle("", bytes, size, "");
	demangle("_R", bytes, size, "");
	demangle("_ZN", bytes, size, "17h0123456789abcdefE");
	return 0;
}
