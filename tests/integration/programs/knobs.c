// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Turns the knobs of <weft/runtime.h> while it allocates and waits, so that its profiles say which of
 * its functions ran under which setting. Ends with status 1 when a knob does not read back.
 */
#include <pthread.h>
#include <semaphore.h>
#include <stdlib.h>
#include <time.h>

#include <weft/runtime.h>

#define NOINLINE __attribute__((noinline))

static void *volatile kept;
static volatile int done;

static NOINLINE void allocate_unseen(void)
{
	kept = malloc(3000000);
	done++;
}

static NOINLINE void allocate_seen(void)
{
	kept = malloc(24);
	done++;
}

/* A timed wait for what never comes. */
static void wait_ms(long ms)
{
	struct timespec deadline;
	sem_t semaphore;

	(void)sem_init(&semaphore, 0, 0);
	(void)clock_gettime(CLOCK_REALTIME, &deadline);
	deadline.tv_nsec += ms * 1000000;
	deadline.tv_sec += deadline.tv_nsec / 1000000000;
	deadline.tv_nsec %= 1000000000;
	(void)sem_timedwait(&semaphore, &deadline);
	done++;
}

static NOINLINE void wait_unseen(void)
{
	wait_ms(20);
	done++;
}

static NOINLINE void wait_seen(void)
{
	wait_ms(20);
	done += 2; /* Not like the other, or the compiler makes one function of both. */
}

static int check_reading(void)
{
	weft_runtime_set_mem_rate(-3);
	if (weft_runtime_mem_rate() != 1) {
		return 1;
	}
	weft_runtime_set_block_rate(-3);
	if (weft_runtime_block_rate() != 0) {
		return 1;
	}
	(void)weft_runtime_set_mutex_fraction(7);
	if (weft_runtime_set_thread_limit(3) != 0 || weft_runtime_set_thread_limit(-5) != 3 ||
	    weft_runtime_set_thread_limit(0) != 0) {
		return 1;
	}
	return weft_runtime_set_mutex_fraction(-1) != 7 || weft_runtime_set_mutex_fraction(0) != 7;
}

int main(void)
{
	if (check_reading()) {
		return 1;
	}
	weft_runtime_set_mem_rate(0);
	allocate_unseen();
	weft_runtime_set_mem_rate(1);
	allocate_seen();
	weft_runtime_set_block_rate(0);
	wait_unseen();
	weft_runtime_set_block_rate(1);
	wait_seen();
	return 0;
}
