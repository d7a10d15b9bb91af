// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * A ring that perf_event_open(2) fills, one a CPU, shared by all events of that CPU. Every record says
 * who, when and where: all events are opened by weft_perf_open(), with the same sample layout.
 */
#ifndef WEFT_RECORD_PERF_RING_H
#define WEFT_RECORD_PERF_RING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <linux/perf_event.h>

#include <weft/error.h>

struct weft_perf_ring {
	struct perf_event_mmap_page *page; /* NULL: not mapped. */
	size_t bytes;                      /* Of data, behind the page. */
	uint64_t at;                       /* Read up to here. */
	uint8_t *copy;                     /* Of a record that wraps; 64 KiB. Owned. */
	bool has_chains;                   /* Samples tell call chains: PERF_SAMPLE_CALLCHAIN. */
};

/** A record without its header, and what every record tells. */
struct weft_perf_record {
	uint32_t type; /* PERF_RECORD_* */
	uint16_t misc;
	const uint8_t
		*body; /* Valid until the next call. Behind the header; a sample's raw data. */
	size_t size;
	const uint8_t *chain; /* Of a sample: chain_count addresses of 8 bytes; as body. */
	uint64_t chain_count;
	int32_t pid, tid; /* Current thread; -1: it is being destroyed. Samples tell tid alone. */
	uint64_t time_ns; /* CLOCK_MONOTONIC; 0 in records of losses, which tell nothing else. */
};

/**
 * perf_event_open() with what all our events have in common set in `attr`: clock, sample layout.
 *
 * @return A descriptor, or a negative errno.
 */
int weft_perf_open(struct perf_event_attr *attr, pid_t pid, int cpu);

/**
 * Maps the ring of `fd`, as large as is permitted, at most `bytes` (a power of two).
 *
 * @return 0; -EPERM: not even the smallest, for want of locked memory.
 */
WEFT_MUST_CHECK int weft_perf_ring_init(struct weft_perf_ring *ring, int fd, size_t bytes,
					struct weft_error *err);
void weft_perf_ring_fini(struct weft_perf_ring *ring);

/** Begins a round: what is there now is read, what comes meanwhile is not. @return Bytes. */
uint64_t weft_perf_ring_begin(struct weft_perf_ring *ring);
/** @param end  What weft_perf_ring_begin() said, added to the place. @return Whether there is one. */
int weft_perf_ring_next(struct weft_perf_ring *ring, uint64_t end,
			struct weft_perf_record *ret_record);
/** Ends the round: the kernel may write over what was read. */
void weft_perf_ring_end(struct weft_perf_ring *ring);

#endif
