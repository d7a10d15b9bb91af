// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * One stream file of a CTF 1.8 trace, laid out as LTTng lays out its own: packets of
 *
 *     packet header    magic u32, uuid u8[16], stream_id u32, stream_instance_id u64
 *     packet context   timestamp_begin, timestamp_end, content_size, packet_size, packet_seq_num,
 *                      events_discarded (u64 each; sizes in bits), cpu_id u32
 *     events           id u16, time u32 (the clock's low half), payload; after more than 2^32 ns
 *                      without one: 65535 u16, id u32, time u64, payload
 *
 * in the byte order of the machine, nothing aligned to more than a byte. kernel-layout.h says the same
 * in TSDL. A packet is one page of the file: the kernel ends a longer write between two pages when the
 * recorder is killed, and readers refuse a file that ends inside a packet. One that the disk has no
 * room for is taken back and its events are counted as discarded.
 *
 * Threads: one at a time per stream.
 */
#ifndef WEFT_RECORD_CTF_STREAM_H
#define WEFT_RECORD_CTF_STREAM_H

#include <stddef.h>
#include <stdint.h>

#include <weft/error.h>

#include "ctf-index.h"

enum {
	WEFT_CTF_UUID_SIZE = 16,
	WEFT_CTF_PACKET_SIZE = 4096,
	WEFT_CTF_PAYLOAD_MAX = 3968, /* Of one event: what a packet holds besides headers. */
};

struct weft_ctf_stream {
	int fd; /* -1: not open. */
	uint8_t uuid[WEFT_CTF_UUID_SIZE];
	uint32_t cpu;
	uint64_t instance;
	uint8_t *bytes; /* The packet being filled; WEFT_CTF_PACKET_SIZE. Owned. */
	size_t used;
	uint32_t event_count; /* In this packet. */
	uint64_t begin_ns, last_ns;
	uint64_t sequence;        /* Of this packet. */
	uint64_t discarded, told; /* Since the start; and what the file tells of them. */
	uint64_t file_bytes;      /* Of whole packets. */
	uint64_t late_count;      /* Events whose time was set to that of the one before. */
	struct weft_ctf_index index;
	struct weft_error problem; /* The first that a write met; code 0: none. */
};

/** Creates the file and its index; it must not exist. On failure nothing is left to release. */
WEFT_MUST_CHECK int weft_ctf_stream_init(struct weft_ctf_stream *stream, const char *path,
					 const uint8_t uuid[WEFT_CTF_UUID_SIZE], uint32_t cpu,
					 uint64_t instance, struct weft_error *err);

/** Writes what is left and closes. Harmless on a stream that is all zero but for fd = -1. */
void weft_ctf_stream_fini(struct weft_ctf_stream *stream);

/**
 * Room for one event, its header written. Writes a full packet first.
 *
 * @param time_ns  CLOCK_MONOTONIC; an event older than the one before gets that one's time.
 * @param room     Bytes that the payload may take, at most WEFT_CTF_PAYLOAD_MAX.
 * @return Where the payload goes; to be followed by weft_ctf_stream_end().
 */
uint8_t *weft_ctf_stream_begin(struct weft_ctf_stream *stream, uint16_t id, uint64_t time_ns,
			       size_t room);

/** @param end  Behind the last byte of the payload. */
void weft_ctf_stream_end(struct weft_ctf_stream *stream, const uint8_t *end);

/** Adds to the events that the source dropped; the packet being filled will tell. */
void weft_ctf_stream_discard(struct weft_ctf_stream *stream, uint64_t count);

/** Writes the packet being filled if it holds events or tells of new losses. */
void weft_ctf_stream_flush(struct weft_ctf_stream *stream);

#endif
