// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * What says which file an address belongs to, and call chains in perf's ring: whole, cut short, and
 * hostile.
 */
#include "code-maps.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static void code_of_files_is_found_in_maps(void **state)
{
	static const struct {
		const char *line;
		const char *path; /* NULL: is none. */
		uint64_t start, end, offset_bytes, inode, flags;
	} cases[] = {
		{"55d0a000-55d0b000 r-xp 00001000 08:01 1234                       /usr/bin/cat",
		 "/usr/bin/cat", 0x55d0a000, 0x55d0b000, 0x1000, 1234, 5},
		{"7f00-7f10 rwxs 0 103:02 18446744073709551615 /a b (deleted)", "/a b (deleted)",
		 0x7f00, 0x7f10, 0, UINT64_MAX, 7},
		{"55d0a000-55d0b000 r--p 00001000 08:01 1234 /usr/bin/cat", NULL, 0, 0, 0, 0, 0},
		{"7ffd000-7ffe000 r-xp 00000000 00:00 0        [vdso]", NULL, 0, 0, 0, 0, 0},
		{"7ffd000-7ffe000 r-xp 00000000 00:00 0 ", NULL, 0, 0, 0, 0, 0},
		{"2000-1000 r-xp 00000000 08:01 1 /x", NULL, 0, 0, 0, 0, 0},
		{"1000-2000 r-xp 00000000 08:01", NULL, 0, 0, 0, 0, 0},
		{"", NULL, 0, 0, 0, 0, 0},
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct weft_kernel_map map = {.path = "untouched"};
		char line[128];

		(void)snprintf(line, sizeof(line), "%s", cases[i].line);
		assert_int_equal(weft_code_maps_parse_line(line, &map), cases[i].path != NULL);
		assert_string_equal(map.path, cases[i].path ? cases[i].path : "untouched");
		assert_int_equal(map.start, cases[i].start);
		assert_int_equal(map.end, cases[i].end);
		assert_int_equal(map.offset_bytes, cases[i].offset_bytes);
		assert_int_equal(map.inode, cases[i].inode);
		assert_int_equal(map.flags, cases[i].flags);
	}
}

/* A PERF_RECORD_MMAP2 behind its header; size without the path. */
enum { MMAP2_SIZE = 64 };

static size_t write_mmap2(uint8_t *body, const char *path, uint32_t protection)
{
	const uint32_t pid = 77;
	const uint64_t numbers[] = {0x400000, 0x2000, 0x1000};
	const uint64_t inode = 99;

	memset(body, 0, MMAP2_SIZE);
	memcpy(body, &pid, sizeof(pid));
	memcpy(body + 8, numbers, sizeof(numbers));
	memcpy(body + 40, &inode, sizeof(inode));
	memcpy(body + 56, &protection, sizeof(protection));
	memcpy(body + MMAP2_SIZE, path, strlen(path) + 1);
	return MMAP2_SIZE + (strlen(path) + 8) / 8 * 8;
}

static void records_tell_what_is_mapped(void **state)
{
	uint8_t body[256] = {0};
	char build_id[WEFT_BUILD_ID_TEXT_SIZE];
	struct weft_kernel_map map;
	struct weft_perf_record record = {.type = PERF_RECORD_MMAP2, .body = body};

	(void)state;
	record.size = write_mmap2(body, "/usr/lib/libm.so.6", 5);
	assert_true(weft_code_maps_parse_record(&record, &map, build_id));
	assert_int_equal(map.pid, 77);
	assert_int_equal(map.start, 0x400000);
	assert_int_equal(map.end, 0x402000);
	assert_int_equal(map.offset_bytes, 0x1000);
	assert_int_equal(map.inode, 99);
	assert_string_equal(map.path, "/usr/lib/libm.so.6");
	assert_string_equal(map.build_id, "");

	record.misc = PERF_RECORD_MISC_MMAP_BUILD_ID;
	body[32] = 3;
	memcpy(body + 36, "\xab\x01\xff", 3);
	assert_true(weft_code_maps_parse_record(&record, &map, build_id));
	assert_string_equal(map.build_id, "ab01ff");
	body[32] = 255; /* No build id is that long. */
	assert_true(weft_code_maps_parse_record(&record, &map, build_id));
	assert_int_equal(strlen(map.build_id), 40);
}

static void what_is_no_code_of_a_file_is_left_out(void **state)
{
	uint8_t body[256] = {0};
	char build_id[WEFT_BUILD_ID_TEXT_SIZE];
	struct weft_kernel_map map;
	struct weft_perf_record record = {.type = PERF_RECORD_MMAP2, .body = body};
	const uint64_t much = UINT64_MAX;
	size_t size;

	(void)state;
	record.size = write_mmap2(body, "//anon", 5);
	assert_false(weft_code_maps_parse_record(&record, &map, build_id));
	record.size = write_mmap2(body, "[vdso]", 5);
	assert_false(weft_code_maps_parse_record(&record, &map, build_id));
	record.size = write_mmap2(body, "/lib/data", 1);
	assert_false(weft_code_maps_parse_record(&record, &map, build_id));
	size = write_mmap2(body, "/lib/x", 5);
	for (record.size = 0; record.size < MMAP2_SIZE + 7; record.size++) {
		assert_false(weft_code_maps_parse_record(&record, &map, build_id));
	}
	record.size = size;
	assert_true(weft_code_maps_parse_record(&record, &map, build_id));
	memcpy(body + 16, &much, sizeof(much));
	assert_false(weft_code_maps_parse_record(&record, &map, build_id));
	record.type = PERF_RECORD_MMAP;
	assert_false(weft_code_maps_parse_record(&record, &map, build_id));
}

/* A ring with one sample of `count` addresses, of which two are there, and one word of raw data. */
static int read_sample(uint64_t count, uint64_t ret_chain[2], struct weft_perf_record *ret_record)
{
	const size_t page = (size_t)sysconf(_SC_PAGESIZE);
	const struct {
		struct perf_event_header header;
		uint64_t time_ns, count, chain[2];
		uint32_t raw_size, raw;
	} sample = {{PERF_RECORD_SAMPLE, 0, sizeof(sample)}, 5, count, {0x10, 0x20}, 4, 0};
	struct weft_perf_ring ring = {.bytes = page, .has_chains = true};
	uint8_t *map = (uint8_t *)calloc(2, page);
	int found;

	assert_non_null(map);
	ring.copy = (uint8_t *)malloc(64 << 10);
	assert_non_null(ring.copy);
	ring.page = (struct perf_event_mmap_page *)(void *)map;
	memcpy(map + page, &sample, sizeof(sample));
	found = weft_perf_ring_next(&ring, sizeof(sample), ret_record);
	assert_int_equal(ring.at, sizeof(sample)); /* Damaged or not, it is behind us. */
	if (found && ret_record->chain_count <= 2) {
		memcpy(ret_chain, ret_record->chain, ret_record->chain_count * sizeof(uint64_t));
	}
	free(ring.copy);
	free(map);
	return found;
}

static void samples_tell_call_chains(void **state)
{
	struct weft_perf_record record;
	uint64_t chain[2] = {0};

	(void)state;
	assert_true(read_sample(2, chain, &record));
	assert_int_equal(record.chain_count, 2);
	assert_int_equal(chain[0], 0x10);
	assert_int_equal(chain[1], 0x20);
	assert_int_equal(record.size, 4);
	/* More than the sample has. */
	assert_false(read_sample(4, chain, &record));
	assert_false(read_sample(UINT64_MAX / 8 + 1, chain, &record));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(code_of_files_is_found_in_maps),
		cmocka_unit_test(records_tell_what_is_mapped),
		cmocka_unit_test(what_is_no_code_of_a_file_is_left_out),
		cmocka_unit_test(samples_tell_call_chains),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
