// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * How large the ring buffers are: large enough to lose nothing, small enough for the machine.
 *
 * Memory is CPUs × count × size for each user whose programs are recorded, taken from /dev/shm when
 * the first one registers. Where /dev/shm is too small LTTng silently records nothing, so the
 * choice is made against what is free there. Pure but for weft_buffer_size_look().
 */
#ifndef WEFT_RECORD_BUFFER_SIZE_H
#define WEFT_RECORD_BUFFER_SIZE_H

#include <stdint.h>

#include <weft/error.h>

struct weft_machine {
	uint32_t cpu_count;    /* Possible CPUs: LTTng makes a buffer for each. */
	uint64_t memory_bytes; /* Available. */
	uint64_t shm_bytes;    /* Free in /dev/shm. */
	uint64_t disk_bytes;   /* Free where the trace goes. */
};

struct weft_buffer_size {
	uint64_t subbuffer_bytes;
	uint32_t subbuffer_count;
};

/** Bytes of one user's buffers. */
uint64_t weft_buffer_size_total(const struct weft_buffer_size *size, uint32_t cpu_count);

/** Looks at this machine; `dir` is where the trace goes. */
WEFT_MUST_CHECK int weft_buffer_size_look(const char *dir, struct weft_machine *ret_machine,
					  struct weft_error *err);

/**
 * Chooses what `size` leaves open (0), and checks the rest.
 *
 * @return 0; -EINVAL: not a power of two or out of range; -ENOSPC: the machine has no room, `err`
 *         says where.
 */
WEFT_MUST_CHECK int weft_buffer_size_choose(const struct weft_machine *machine,
					    struct weft_buffer_size *size, struct weft_error *err);

#endif
