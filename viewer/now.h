// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * The clock of time limits: CLOCK_MONOTONIC in nanoseconds.
 */
#ifndef WEFT_HTTP_NOW_H
#define WEFT_HTTP_NOW_H

#include <stdint.h>
#include <time.h>

#define WEFT_NS_PER_S  UINT64_C(1000000000)
#define WEFT_NS_PER_MS UINT64_C(1000000)

static inline uint64_t weft_now_ns(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now); /* Cannot fail for this clock. */
	return (uint64_t)now.tv_sec * WEFT_NS_PER_S + (uint64_t)now.tv_nsec;
}

/** The time `after_ns` from now, for pthread_cond_timedwait() on this clock. */
static inline void weft_now_add(uint64_t after_ns, struct timespec *ret_time)
{
	uint64_t at_ns = weft_now_ns() + after_ns;

	ret_time->tv_sec = (time_t)(at_ns / WEFT_NS_PER_S);
	ret_time->tv_nsec = (long)(at_ns % WEFT_NS_PER_S);
}

#endif
