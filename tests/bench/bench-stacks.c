// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * What the stacks of many threads cost the process that is asked for them: CPU milliseconds of all its
 * threads, raw profile included, names not. Prints JSON. Usage: bench-stacks [THREADS]
 *
 * Half of the threads wait for a lock and are asked by a signal; half sleep and are looked at from outside.
 */
#include <pthread.h>
#include <semaphore.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include <weft/profile.h>

#include "bench-clock.h"

#define ROUNDS      11
#define THREADS_MAX 10000L
#define STACK_SIZE  65536U

static sem_t never;

static void *wait_for_lock(void *unused)
{
	while (sem_wait(&never) < 0) {
	}
	return unused;
}

static void *wait_asleep(void *unused)
{
	for (;;) {
		(void)sleep(1000);
	}
	return unused;
}

static int discard(void *ctx, const void *bytes, size_t size)
{
	(void)bytes;
	*(size_t *)ctx += size;
	return 0;
}

static double process_cpu_ms(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now); /* Cannot fail for this clock. */
	return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static int start_threads(long count)
{
	pthread_attr_t attributes;
	pthread_t thread;
	long i;

	if (sem_init(&never, 0, 0) < 0 || pthread_attr_init(&attributes) ||
	    pthread_attr_setstacksize(&attributes, STACK_SIZE)) {
		return -1;
	}
	for (i = 0; i < count; i++) {
		if (pthread_create(&thread, &attributes, i % 2 ? wait_asleep : wait_for_lock,
				   NULL)) {
			return -1;
		}
	}
	(void)sleep(1); /* Until all of them wait. */
	return 0;
}

int main(int argc, char **argv)
{
	struct weft_profile *stacks = weft_profile_lookup("goroutine");
	long count = argc > 1 ? strtol(argv[1], NULL, 10) : 1000;
	double ms[ROUNDS];
	size_t size = 0;
	int i;

	/* Without the process that finds names: it would be what takes the time. */
	if (count < 1 || count > THREADS_MAX || setenv("WEFT_BIN", "/nonexistent", 1) < 0 ||
	    start_threads(count) < 0) {
		(void)fprintf(stderr, "bench-stacks: cannot start %ld threads\n", count);
		return 1;
	}
	for (i = 0; i < ROUNDS; i++) {
		double begin = process_cpu_ms();

		if (weft_profile_write_to(stacks, 0, discard, &size) < 0) {
			(void)fprintf(stderr, "bench-stacks: %s\n", weft_profile_error());
			return 1;
		}
		ms[i] = process_cpu_ms() - begin;
	}
	(void)printf("{\"threads\": %ld, \"cpu_ms\": %.2f}\n", count, bench_median(ms, ROUNDS));
	return 0;
}
