// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Where a stream's packets are and which times they hold, so that readers can seek without looking at
 * each. LTTng's layout: beside the streams a folder `index`, in it STREAM.idx, all big-endian:
 *
 *     header    magic u32, major u32 = 1, minor u32 = 1, bytes of an entry u32 = 72
 *     entries   offset in bytes, packet_size and content_size in bits, timestamp_begin, timestamp_end,
 *               events_discarded, stream_id, stream_instance_id, packet_seq_num (u64 each)
 *
 * Each entry is written after its packet: when the recorder is killed the index is one short at most.
 * Readers scan the stream where an index does not cover it. One that cannot be written is removed, for
 * the stream is whole without.
 *
 * Threads: one at a time per index.
 */
#ifndef WEFT_RECORD_CTF_INDEX_H
#define WEFT_RECORD_CTF_INDEX_H

#include <stdint.h>

struct weft_ctf_index {
	char *path; /* NULL: there is none (any more). Owned. */
	int fd;
};

/** Of one packet; fields as above, in the machine's byte order. */
struct weft_ctf_index_entry {
	uint64_t offset_bytes;
	uint64_t packet_bits, content_bits;
	uint64_t begin_ns, end_ns;
	uint64_t discarded_count; /* Since the start of the stream. */
	uint64_t stream_id, instance;
	uint64_t sequence;
};

/** Creates the index of the stream at `stream_path`; without room for one there is none. */
void weft_ctf_index_init(struct weft_ctf_index *index, const char *stream_path);

void weft_ctf_index_add(struct weft_ctf_index *index, const struct weft_ctf_index_entry *entry);

/** Closes. Harmless on an index that is all zero. */
void weft_ctf_index_fini(struct weft_ctf_index *index);

#endif
