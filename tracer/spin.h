// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * A lock for hooks: a flag, held for a few instructions, never while anything is called that might
 * wait or come back. libc's locks are what the hooks stand in front of.
 *
 * Threads: any. Signals: not in a handler that may have interrupted its holder. fork(): the child has to
 * clear what other threads held.
 */
#ifndef WEFT_TRACER_SPIN_H
#define WEFT_TRACER_SPIN_H

#include <errno.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define WEFT_SPIN_YIELDS   100
#define WEFT_SPIN_SLEEP_NS 50000

/* errno stays. */
static inline void weft_spin_lock(_Atomic bool *lock)
{
	const struct timespec pause = {0, WEFT_SPIN_SLEEP_NS};
	unsigned int tries = 0;
	int saved_errno = errno;

	/* S1: pairs with S2: what the last holder wrote. */
	while (atomic_exchange_explicit(lock, true, memory_order_acquire)) {
		if (tries++ < WEFT_SPIN_YIELDS) {
			(void)sched_yield(); /* Cannot fail on Linux. */
		} else {
			/*
			 * The holder may have a lower real-time priority and wait for this CPU. By
			 * number, as the function is a cancellation point. Woken early: tries again.
			 */
			(void)syscall(SYS_nanosleep, &pause, NULL);
		}
	}
	errno = saved_errno;
}

static inline void weft_spin_unlock(_Atomic bool *lock)
{
	atomic_store_explicit(lock, false, memory_order_release); /* S2 */
}

#endif
