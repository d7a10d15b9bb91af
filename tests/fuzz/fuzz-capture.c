// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Any bytes at all through what the capture of scheduling reads: files of /proc, formats of
 * tracepoints, their records, the clock in metadata, and perf's ring with call chains and mappings. The
 * first byte chooses a field, the size of the ring and whether there are chains.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "code-maps.h"
#include "perf-ring.h"
#include "statedump.h"
#include "tracepoint-format.h"
#include "ust-clock.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void read_texts(const char *text, const uint8_t *bytes, size_t size)
{
	static const char *const names[] = {"prev_pid", "filename", "comm", ""};
	struct weft_kernel_thread thread = {0};
	struct weft_tracepoint_field field;
	char out[32];
	int64_t offset_ns;

	(void)weft_statedump_parse_stat(text, &thread); /* Must only not crash, as all below. */
	weft_statedump_parse_status(text, &thread);
	weft_statedump_parse_syscall(text, &thread);
	(void)weft_statedump_parse_link(text);
	(void)weft_tracepoint_parse_id(text);
	field = weft_tracepoint_parse_field(text, names[bytes[0] % 4]);
	(void)weft_tracepoint_get(&field, bytes, size);
	if (weft_tracepoint_get_text(&field, bytes, size, out, sizeof(out)) >= sizeof(out)) {
		abort();
	}
	(void)weft_ust_clock_parse(bytes, size, &offset_ns);
}

static void read_line(char *text)
{
	struct weft_kernel_map map;

	if (weft_code_maps_parse_line(text, &map) &&
	    (map.path[0] != '/' || map.path + strlen(map.path) != text + strlen(text))) {
		abort();
	}
}

static void read_record(const struct weft_perf_record *record)
{
	char build_id[WEFT_BUILD_ID_TEXT_SIZE];
	struct weft_kernel_map map;
	uint8_t sum = 0;
	size_t i;

	for (i = 0; i < record->size; i++) {
		sum = (uint8_t)(sum + record->body[i]);
	}
	for (i = 0; i < record->chain_count * sizeof(uint64_t); i++) {
		sum = (uint8_t)(sum + record->chain[i]);
	}
	(void)sum;
	if (weft_code_maps_parse_record(record, &map, build_id) &&
	    (map.start >= map.end || strlen(map.path) >= record->size ||
	     strlen(map.build_id) >= sizeof(build_id))) {
		abort();
	}
}

/* A ring that holds the input, read from a place near its end so that records wrap. */
static void read_ring(const uint8_t *bytes, size_t size)
{
	const size_t page = (size_t)sysconf(_SC_PAGESIZE);
	struct weft_perf_ring ring = {.bytes = 4096, .at = 4096 - 8 * (uint64_t)(bytes[0] % 16)};
	struct weft_perf_record record;
	uint8_t *map = (uint8_t *)calloc(1, page + ring.bytes);
	uint64_t end = ring.at + (size < ring.bytes ? size : ring.bytes) / 8 * 8;
	size_t i;

	ring.copy = (uint8_t *)malloc(64 << 10);
	if (map && ring.copy) {
		ring.has_chains = bytes[0] & 16;
		ring.page = (struct perf_event_mmap_page *)(void *)map;
		for (i = 0; i < end - ring.at; i++) {
			map[page + ((ring.at + i) & (ring.bytes - 1))] = bytes[i];
		}
		while (weft_perf_ring_next(&ring, end, &record)) {
			read_record(&record);
		}
		if (ring.at > end) {
			abort();
		}
	}
	free(ring.copy);
	free(map);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	char *text;

	if (size == 0) {
		return 0;
	}
	text = (char *)malloc(size + 1);
	if (text) {
		memcpy(text, bytes, size);
		text[size] = '\0';
		read_texts(text, bytes, size);
		read_line(text);
		free(text);
	}
	read_ring(bytes, size);
	return 0;
}
