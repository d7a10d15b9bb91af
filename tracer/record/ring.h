// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * LTTng-UST's ring buffers, seen from outside while the session exists.
 *
 * A session with a shared-memory path keeps each buffer in a file whose layout LTTng publishes in
 * the file's first bytes for its crash reader (layout 0.0). Here it serves to find sub-buffers that
 * wait for a commit that will never come, to heal them (torn.h), and to deliver them, as the writer
 * would have done. LTTng's consumer then writes them to the trace like any other.
 *
 * Two arrays are not among the published offsets (the counts of delivered bytes, the times at which
 * sub-buffers ended). They stand between two that are, and whether they fill that gap exactly is
 * checked. Where anything is not as expected nothing is touched.
 */
#ifndef WEFT_RECORD_RING_H
#define WEFT_RECORD_RING_H

#include <stdint.h>

struct weft_ring_look {
	uint64_t stuck_count; /* Sub-buffers left by their writers that wait for a commit. */
	uint64_t stuck_state; /* Changes when one of these makes progress. */
	uint64_t open_count;  /* Sub-buffers being written that wait for a commit just now. */
	uint64_t open_state;  /* Changes when one of these makes progress. */
};

struct weft_ring_healed {
	uint64_t torn_count;       /* Sub-buffers healed and delivered. */
	uint64_t unreadable_bytes; /* Of events that had to be cut off. */
};

/** Counts what waits in all buffers below `shm_dir`, changes nothing. */
void weft_ring_look(const char *shm_dir, struct weft_ring_look *ret_look);

/**
 * Heals and delivers the stuck sub-buffers, adding to `healed`. Only when weft_ring_look() has told
 * the same stuck_state for so long that no living writer can be in them. LTTng's consumer takes
 * them up when the next sub-buffer of that CPU is delivered, for which the end of recording sees.
 *
 * @param trace_dir  Where the session writes; has the metadata.
 */
void weft_ring_heal(const char *shm_dir, const char *trace_dir, struct weft_ring_healed *healed);

#endif
