// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Clocks in nanoseconds.
 */
#ifndef WEFT_CONVERTER_CLOCK_H
#define WEFT_CONVERTER_CLOCK_H

#include <stdint.h>
#include <time.h>

static inline uint64_t weft_clock_read_ns(clockid_t clock)
{
	struct timespec now = {0, 0};

	(void)clock_gettime(clock, &now); /* Cannot fail for the clocks of this project. */
	return (uint64_t)now.tv_sec * UINT64_C(1000000000) + (uint64_t)now.tv_nsec;
}

#endif
