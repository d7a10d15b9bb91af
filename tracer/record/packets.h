// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * What the packet headers of an LTTng-UST trace tell: bytes of events, losses, damage. Reads one
 * header a packet, never events.
 *
 * Layout of a packet of LTTng-UST 2.13 (CTF 1.8, native byte order, packed; sizes in bits):
 *
 *     u32 magic, u8 uuid[16], u32 stream_id, u64 stream_instance_id,
 *     u64 timestamp_begin, u64 timestamp_end, u64 content_size, u64 packet_size,
 *     u64 packet_seq_num, unsigned long events_discarded, u32 cpu_id
 */
#ifndef WEFT_RECORD_PACKETS_H
#define WEFT_RECORD_PACKETS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <weft/error.h>

struct weft_packets {
	uint64_t file_bytes;    /* Of all files, metadata and indexes included. */
	uint64_t payload_bytes; /* Of events. */
	uint64_t lost_count;    /* Events dropped, as the last packet of each stream says. */
	uint64_t packet_count;
	uint64_t missing_packets; /* Holes in the numbering. */
	uint32_t damaged_files;   /* That do not end with a whole packet. */
};

/**
 * Adds what the bytes of one stream file tell.
 *
 * @param long_bytes  Size of `unsigned long` of the traced programs: 4 or 8.
 */
void weft_packets_scan(struct weft_packets *packets, const uint8_t *bytes, size_t size,
		       size_t long_bytes);

/** Adds everything below `dir`; links are not followed. */
WEFT_MUST_CHECK int weft_packets_scan_dir(struct weft_packets *packets, const char *dir,
					  struct weft_error *err);

/** Bytes of all files below `dir`; what cannot be read counts nothing. */
uint64_t weft_packets_measure(const char *dir);

#endif
