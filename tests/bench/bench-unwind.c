// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * What one frame of a warm walk costs: ours beside glibc's backtrace(), interleaved, at the depth
 * given as the argument (default 40). Prints medians in CPU nanoseconds and their ratio.
 */
#include <execinfo.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "bench-clock.h"
#include "unwinder.h"

#define ROUNDS    31
#define WALKS     2000
#define DEPTH_MAX 200

static struct weft_unwind_bounds bounds;
static uintptr_t pcs[DEPTH_MAX + 56];
static void *addresses[DEPTH_MAX + 56];
static double ours[ROUNDS];
static double theirs[ROUNDS];
static size_t our_frames;

static void measure(int number, siginfo_t *info, void *context)
{
	struct weft_unwind_registers at;

	(void)number;
	(void)info;
	weft_unwind_registers_get(context, &at);
	for (int round = 0; round < ROUNDS; round++) {
		uint64_t begin = bench_cpu_ns();
		uint64_t middle;
		int their_frames = 1;

		for (int i = 0; i < WALKS; i++) {
			our_frames = weft_unwind(&at, &bounds, pcs, DEPTH_MAX + 56);
		}
		middle = bench_cpu_ns();
		for (int i = 0; i < WALKS / 10; i++) {
			their_frames = backtrace(addresses, DEPTH_MAX + 56);
		}
		ours[round] = (double)(middle - begin) / WALKS / (double)our_frames;
		theirs[round] = (double)(bench_cpu_ns() - middle) / (WALKS / 10.0) / their_frames;
	}
}

/* Only gcc chooses per function; the sum keeps the call from being a jump elsewhere. */
#ifdef __clang__
#define OPTIMIZE(...)
#else
#define OPTIMIZE(...) __attribute__((optimize(__VA_ARGS__)))
#endif

__attribute__((noinline)) OPTIMIZE("no-optimize-sibling-calls") static int descend(long depth)
{
	volatile int keep = (int)depth;

	if (depth <= 0) {
		return raise(SIGUSR1);
	}
	return descend(depth - 1) + keep;
}

int main(int argc, char **argv)
{
	struct sigaction action = {.sa_sigaction = measure, .sa_flags = SA_SIGINFO};
	long depth = argc > 1 ? strtol(argv[1], NULL, 10) : 40;
	pthread_attr_t attributes;
	void *low;
	size_t size;

	if (depth < 0 || depth > DEPTH_MAX || sigaction(SIGUSR1, &action, NULL) != 0 ||
	    pthread_getattr_np(pthread_self(), &attributes) != 0) {
		(void)fprintf(stderr, "usage: bench-unwind [DEPTH up to %d]\n", DEPTH_MAX);
		return 2;
	}
	(void)pthread_attr_getstack(&attributes, &low, &size); /* Cannot fail. */
	pthread_attr_destroy(&attributes);
	bounds.stacks[0].low = (uintptr_t)low;
	bounds.stacks[0].high = (uintptr_t)low + size;
	(void)descend(depth);
	double our_median = bench_median(ours, ROUNDS);
	double their_median = bench_median(theirs, ROUNDS);
	(void)printf("frames %zu  weft %.1f ns/frame  backtrace() %.1f ns/frame  ratio %.3f\n",
		     our_frames, our_median, their_median, our_median / their_median);
	return 0;
}
