// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Any bytes at all through what the recorder reads: metadata, packet headers, torn sub-buffers,
 * names of sessions. The first byte says how much of the input is metadata.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "event-layout.h"
#include "packets.h"
#include "session-name.h"
#include "torn.h"

#define HEADER_SIZE 84U

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void heal(const struct weft_layouts *layouts, const uint8_t *bytes, size_t size)
{
	uint8_t *copy = (uint8_t *)malloc(size);
	struct weft_torn torn = {.bytes = copy, .size = size, .header_size = HEADER_SIZE};

	if (!copy) {
		return;
	}
	memcpy(copy, bytes, size);
	torn.missing = bytes[0];
	torn.hint = HEADER_SIZE + bytes[1];
	if (weft_torn_heal(layouts, &torn) > size || torn.size > size || torn.size < HEADER_SIZE) {
		abort();
	}
	free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct weft_packets packets = {0};
	struct weft_session_name name;
	struct weft_layouts layouts;
	char text[WEFT_SESSION_NAME_SIZE];
	size_t metadata_size;

	if (size == 0) {
		return 0;
	}
	metadata_size = (size - 1) * bytes[0] / 255;
	(void)weft_layouts_parse(&layouts, bytes + 1, metadata_size);
	weft_packets_scan(&packets, bytes + 1, size - 1, bytes[0] % 2 ? 4 : 8);
	size -= 1 + metadata_size;
	bytes += 1 + metadata_size;
	if (size >= HEADER_SIZE) {
		heal(&layouts, bytes, size);
	}
	if (size < sizeof(text)) {
		memcpy(text, bytes, size);
		text[size] = '\0';
		(void)weft_session_name_parse(text, &name); /* Must only not crash. */
	}
	return 0;
}
