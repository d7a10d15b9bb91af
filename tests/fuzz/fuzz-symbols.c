// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Any bytes as an ELF file, asked about addresses all over it, as often as it says that it has code.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include <weft/symbol-file.h>

#define ADDRESS_COUNT 256U
/* Only what does not end at all is a fault. */
#define PATIENCE_NS UINT64_C(5000000000)

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static int take(void *ctx, const struct weft_symbol *symbol)
{
	bool *told = (bool *)ctx;
	size_t i;

	if (symbol->index >= ADDRESS_COUNT || told[symbol->index] || symbol->frame_count == 0 ||
	    symbol->frame_count > WEFT_SYMBOL_DEPTH_MAX) {
		abort();
	}
	told[symbol->index] = true;
	for (i = 0; i < symbol->frame_count; i++) {
		const struct weft_symbol_frame *frame = &symbol->frames[i];

		if (!frame->function[0] || !frame->system_name[0] ||
		    strlen(frame->file) > SIZE_MAX / 2 || strlen(frame->home) > SIZE_MAX / 2) {
			abort();
		}
	}
	return 0;
}

static void look_up(struct weft_symbol_file *file, size_t size)
{
	uint64_t addresses[ADDRESS_COUNT];
	bool told[ADDRESS_COUNT] = {false};
	uint64_t address = 0, begin, end;
	size_t i;

	for (i = 0; i < ADDRESS_COUNT; i++) {
		uint64_t found;

		/* Wherever the segments put the bytes of the file; else the number itself. */
		address = i * (size / ADDRESS_COUNT + 1);
		if (weft_symbol_file_find_address(file, address, &found) &&
		    (i == 0 || found >= addresses[i - 1])) {
			address = found;
		} else if (i > 0 && address < addresses[i - 1]) {
			address = addresses[i - 1];
		}
		addresses[i] = address;
		if (weft_symbol_file_find_bounds(file, address, &begin, &end) &&
		    (address < begin || address >= end)) {
			abort();
		}
	}
	if (weft_symbol_file_find_all(file, addresses, ADDRESS_COUNT, take, told) > 0) {
		abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct weft_symbol_file_options options = {.path = "/nonexistent/fuzzed", .build_id = ""};
	struct weft_symbol_file *file;
	struct timespec now;

	options.fd = memfd_create("fuzzed", MFD_CLOEXEC);
	if (options.fd < 0) {
		return 0;
	}
	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	options.deadline_ns =
		(uint64_t)now.tv_sec * 1000000000U + (uint64_t)now.tv_nsec + PATIENCE_NS;
	if (write(options.fd, bytes, size) == (ssize_t)size &&
	    weft_symbol_file_open(&options, &file, NULL) == 0) {
		look_up(file, size);
		weft_symbol_file_close(file);
	}
	(void)close(options.fd); /* In memory only. */
	return 0;
}
