// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * What packet headers tell.
 */
#include "packets.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define HEADER_SIZE 84U
#define PACKET_SIZE 4096U

/* A packet of `payload` bytes of events, as LTTng-UST 2.13 writes it. */
static void write_packet(uint8_t *at, uint64_t payload, uint64_t sequence, uint64_t lost)
{
	const uint32_t magic = 0xC1FC1FC1;
	const uint64_t content_bits = (HEADER_SIZE + payload) * 8;
	const uint64_t packet_bits = PACKET_SIZE * 8;

	memset(at, 0, PACKET_SIZE);
	memcpy(at, &magic, sizeof(magic));
	memcpy(at + 48, &content_bits, sizeof(content_bits));
	memcpy(at + 56, &packet_bits, sizeof(packet_bits));
	memcpy(at + 64, &sequence, sizeof(sequence));
	memcpy(at + 72, &lost, sizeof(lost));
}

static void whole_streams_are_counted(void **state)
{
	uint8_t bytes[3 * PACKET_SIZE];
	struct weft_packets packets = {0};

	(void)state;
	write_packet(bytes, 100, 0, 0);
	write_packet(bytes + PACKET_SIZE, 0, 1, 7);
	write_packet(bytes + 2 * PACKET_SIZE, 50, 2, 9);
	weft_packets_scan(&packets, bytes, sizeof(bytes), 8);
	assert_int_equal(packets.packet_count, 3);
	assert_int_equal(packets.payload_bytes, 150);
	/* The counter of a stream only rises: its last value is the sum. */
	assert_int_equal(packets.lost_count, 9);
	assert_int_equal(packets.missing_packets, 0);
	assert_int_equal(packets.damaged_files, 0);
	/* A second stream adds. */
	weft_packets_scan(&packets, bytes, 2 * PACKET_SIZE, 8);
	assert_int_equal(packets.lost_count, 16);
}

static void missing_packets_are_seen(void **state)
{
	uint8_t bytes[2 * PACKET_SIZE];
	struct weft_packets packets = {0};

	(void)state;
	write_packet(bytes, 10, 2, 0);
	write_packet(bytes + PACKET_SIZE, 10, 6, 0);
	weft_packets_scan(&packets, bytes, sizeof(bytes), 8);
	assert_int_equal(packets.missing_packets, 5);
	assert_int_equal(packets.payload_bytes, 20);
}

static void files_cut_anywhere_are_damaged_and_the_rest_counts(void **state)
{
	uint8_t bytes[2 * PACKET_SIZE];
	size_t size;

	(void)state;
	write_packet(bytes, 10, 0, 0);
	write_packet(bytes + PACKET_SIZE, 10, 1, 0);
	for (size = 1; size < sizeof(bytes); size++) {
		struct weft_packets packets = {0};

		weft_packets_scan(&packets, bytes, size, 8);
		assert_int_equal(packets.damaged_files, size != PACKET_SIZE);
		assert_int_equal(packets.packet_count, size / PACKET_SIZE);
	}
}

static void impossible_sizes_end_the_scan(void **state)
{
	static const uint64_t sizes[][2] = {{0, PACKET_SIZE * 8},
					    {PACKET_SIZE * 8 + 8, PACKET_SIZE * 8},
					    {HEADER_SIZE * 8, UINT64_MAX},
					    {HEADER_SIZE * 8, 0}};
	uint8_t bytes[PACKET_SIZE];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		struct weft_packets packets = {0};

		write_packet(bytes, 0, 0, 0);
		memcpy(bytes + 48, &sizes[i][0], 8);
		memcpy(bytes + 56, &sizes[i][1], 8);
		weft_packets_scan(&packets, bytes, sizeof(bytes), 8);
		assert_int_equal(packets.packet_count, 0);
		assert_int_equal(packets.damaged_files, 1);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whole_streams_are_counted),
		cmocka_unit_test(missing_packets_are_seen),
		cmocka_unit_test(files_cut_anywhere_are_damaged_and_the_rest_counts),
		cmocka_unit_test(impossible_sizes_end_the_scan),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
