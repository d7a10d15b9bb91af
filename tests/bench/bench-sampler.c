// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * What a CPU sample costs, and what profiling costs a busy thread. Prints JSON.
 *
 * "sample": CPU nanoseconds of our handler's work on a stack of at least the depth given (default 20),
 * beyond a signal whose handler finds that it is not meant. "off", "weft", "gperftools": CPU
 * nanoseconds of the same work without a profile, and under each profiler at 100 Hz, interleaved.
 */
#include <dlfcn.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <weft/profile.h>

#include "bench-clock.h"

#define ROUNDS       11
#define SIGNALS      20000
#define WORK         800000000UL
#define SESSION_OURS 1U /* The first profile of a process. */
#define SESSION_NONE 999U

static double sample_ns[ROUNDS], bare_ns[ROUNDS];
static double work_ns[3][ROUNDS];

/* As the engine "wall" asks a thread for one sample. */
static void send_self(unsigned int session)
{
	siginfo_t info;

	memset(&info, 0, sizeof(info));
	info.si_code = SI_QUEUE;
	info.si_pid = getpid();
	info.si_value.sival_ptr = (void *)(uintptr_t)(UINT64_C(1) << 32 | session);
	(void)syscall(SYS_rt_tgsigqueueinfo, getpid(), gettid(), SIGPROF, &info);
}

static double signals_ns(unsigned int session)
{
	uint64_t begin = bench_cpu_ns();
	int i;

	for (i = 0; i < SIGNALS; i++) {
		send_self(session);
	}
	return (double)(bench_cpu_ns() - begin) / SIGNALS;
}

static void measure_signals(void)
{
	int i;

	for (i = 0; i < ROUNDS; i++) {
		bare_ns[i] = signals_ns(SESSION_NONE);
		sample_ns[i] = signals_ns(SESSION_OURS) - bare_ns[i];
	}
}

__attribute__((noinline)) static int deeper(int depth)
{
	if (depth == 0) {
		measure_signals();
		return 0;
	}
	depth = deeper(depth - 1);
	__asm__ volatile("" : "+r"(depth)); /* Work left to do: no tail call, no loop. */
	return depth + 1;
}

static int discard(void *ctx, const void *bytes, size_t size)
{
	(void)ctx;
	(void)bytes;
	(void)size;
	return 0;
}

static double work(void)
{
	uint64_t begin = bench_cpu_ns();
	volatile unsigned long i;

	for (i = 0; i < WORK; i++) {
	}
	return (double)(bench_cpu_ns() - begin);
}

static int start(void)
{
	int ret = weft_profile_start_cpu_to(discard, NULL);

	if (ret < 0) {
		(void)fprintf(stderr, "bench-sampler: %s\n", weft_profile_error());
	}
	return ret;
}

/* One profiler at a time owns SIGPROF, so a peer is measured by a process of its own. */
static int measure_work(int kind)
{
	void *library = kind == 2 ? dlopen("libprofiler.so.0", RTLD_NOW) : NULL;
	int (*peer_start)(const char *) = NULL;
	void (*peer_stop)(void) = NULL;
	int i;

	if (kind == 2) {
		if (!library) {
			return 77;
		}
		*(void **)&peer_start = dlsym(library, "ProfilerStart");
		*(void **)&peer_stop = dlsym(library, "ProfilerStop");
	}
	for (i = 0; i < ROUNDS; i++) {
		work_ns[0][i] = work();
		if (kind == 2) {
			(void)peer_start("/dev/null");
		} else if (start() < 0) {
			return 1;
		}
		work_ns[kind][i] = work() / work_ns[0][i];
		if (kind == 2) {
			peer_stop();
		} else {
			(void)weft_profile_stop_cpu();
		}
	}
	printf("{\"ratio\": %.5f, \"off_ns\": %.0f}\n", bench_median(work_ns[kind], ROUNDS),
	       bench_median(work_ns[0], ROUNDS));
	return 0;
}

/* bench-sampler sample [DEPTH] | weft | gperftools */
int main(int argc, char **argv)
{
	int depth = argc > 2 ? (int)strtol(argv[2], NULL, 10) : 20;

	/* The profiles themselves are not what is measured. */
	(void)setenv("WEFT_BIN", "/nonexistent", 1);
	if (argc > 1 && strcmp(argv[1], "weft") == 0) {
		return measure_work(1);
	}
	if (argc > 1 && strcmp(argv[1], "gperftools") == 0) {
		return measure_work(2);
	}
	(void)setenv("WEFT_CPU_ENGINE", "wall", 1);
	if (start() < 0) {
		return 1;
	}
	(void)deeper(depth);
	(void)weft_profile_stop_cpu();
	printf("{\"sample_ns\": %.1f, \"signal_ns\": %.1f}\n", bench_median(sample_ns, ROUNDS),
	       bench_median(bare_ns, ROUNDS));
	return 0;
}
