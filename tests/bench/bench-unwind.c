// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * What one frame of a walk in a signal handler costs: ours beside the peers that this binary is
 * linked with, interleaved, at the depth given as the argument (default 40). Prints JSON, each
 * with the median of CPU nanoseconds a frame: ours warm, and what a rule costs that is not cached.
 */
#include "bench-unwind.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "bench-clock.h"
#include "unwinder.h"

#define ROUNDS     31
#define WALKS      2000
#define PEER_WALKS 100
#define PEERS_MAX  4
#define DEPTH_MAX  200
#define FRAMES_MAX (DEPTH_MAX + 56)

static struct weft_unwind_bounds bounds;
static uintptr_t pcs[FRAMES_MAX];
static void *addresses[FRAMES_MAX];
static double warm_ns[ROUNDS]; /* A frame. */
static double miss_ns[ROUNDS]; /* A rule that is looked up. */
static double peer_ns[PEERS_MAX][ROUNDS];
static size_t peer_frames[PEERS_MAX];
static size_t our_frames;

static size_t count_distinct(void)
{
	size_t count = 0;

	for (size_t i = 0; i < our_frames; i++) {
		size_t j = 0;

		while (j < i && pcs[j] != pcs[i]) {
			j++;
		}
		count += j == i;
	}
	return count;
}

static void measure_ours(const struct weft_unwind_registers *at, int round)
{
	uint64_t begin = bench_cpu_ns();
	uint64_t middle;
	double warm;
	double cold;

	for (int i = 0; i < WALKS; i++) {
		our_frames = weft_unwind(at, &bounds, pcs, FRAMES_MAX);
	}
	middle = bench_cpu_ns();
	for (int i = 0; i < WALKS; i++) {
		weft_unwind_forget();
		our_frames = weft_unwind(at, &bounds, pcs, FRAMES_MAX);
	}
	warm = (double)(middle - begin) / WALKS;
	cold = (double)(bench_cpu_ns() - middle) / WALKS;
	warm_ns[round] = warm / (double)our_frames;
	miss_ns[round] = (cold - warm) / (double)count_distinct();
}

static void measure(int number, siginfo_t *info, void *context)
{
	struct weft_unwind_registers at;

	(void)number;
	(void)info;
	weft_unwind_registers_get(context, &at);
	for (int round = 0; round < ROUNDS; round++) {
		measure_ours(&at, round);
		for (size_t peer = 0; bench_peers[peer].name; peer++) {
			uint64_t begin = bench_cpu_ns();

			for (int i = 0; i < PEER_WALKS; i++) {
				peer_frames[peer] =
					bench_peers[peer].walk(context, addresses, FRAMES_MAX);
			}
			peer_ns[peer][round] = (double)(bench_cpu_ns() - begin) / PEER_WALKS /
					       (double)(peer_frames[peer] | !peer_frames[peer]);
		}
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
	(void)printf("{\"weft\": {\"ns\": %.2f, \"frames\": %zu},\n \"miss\": {\"ns\": %.1f, "
		     "\"frames\": %zu}",
		     bench_median(warm_ns, ROUNDS), our_frames, bench_median(miss_ns, ROUNDS),
		     count_distinct());
	for (size_t peer = 0; bench_peers[peer].name; peer++) {
		(void)printf(",\n \"%s\": {\"ns\": %.2f, \"frames\": %zu}", bench_peers[peer].name,
			     bench_median(peer_ns[peer], ROUNDS), peer_frames[peer]);
	}
	(void)printf("}\n");
	return 0;
}
