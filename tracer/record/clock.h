// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * The clock of the kernel's half: CLOCK_MONOTONIC in nanoseconds.
 */
#ifndef WEFT_RECORD_CLOCK_H
#define WEFT_RECORD_CLOCK_H

#include <stdint.h>
#include <time.h>

static inline uint64_t weft_clock_now_ns(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now); /* Cannot fail for this clock. */
	return (uint64_t)now.tv_sec * UINT64_C(1000000000) + (uint64_t)now.tv_nsec;
}

#endif
