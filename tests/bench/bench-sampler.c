// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * What a CPU sample costs, and what profiling costs a busy thread. Prints JSON.
 *
 * "sample": CPU nanoseconds of our handler's work on a stack of at least the depth given (default 20),
 * beyond a signal whose handler finds that it is not meant. "off", "weft", "gperftools", "perf"
 * (record -g): CPU nanoseconds of the same work without a profile, and under each profiler at 100 Hz,
 * interleaved.
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <weft/profile.h>

#include "bench-clock.h"

#define ROUNDS       11
#define SIGNALS      20000
#define WORK         800000000UL
#define SESSION_OURS 1U /* The first profile of a process. */
#define SESSION_NONE 999U

static double sample_ns[ROUNDS], bare_ns[ROUNDS];
static double work_ns[2][ROUNDS]; /* Without; the ratio with. */

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

static void stop(void)
{
	(void)weft_profile_stop_cpu();
}

/* ---- gperftools ---- */

static void *gperftools; /* Loaded. */

static int start_gperftools(void)
{
	int (*peer_start)(const char *) = NULL;

	gperftools = dlopen("libprofiler.so.0", RTLD_NOW);
	if (!gperftools) {
		return 77;
	}
	*(void **)&peer_start = dlsym(gperftools, "ProfilerStart");
	return peer_start("/dev/null") ? 0 : 1;
}

static void stop_gperftools(void)
{
	void (*peer_stop)(void) = NULL;

	*(void **)&peer_stop = dlsym(gperftools, "ProfilerStop");
	peer_stop();
}

/* ---- perf record -g, of this process ---- */

static pid_t perf_pid;

/* Takes samples only when it is told to, and says that it does: 0; 77: it is not there or may not. */
static int start_perf(void)
{
	int commands[2];
	int answers[2];
	char answer[8];
	char control[64];
	char pid[16];
	ssize_t size;

	if (pipe(commands) < 0 || pipe(answers) < 0) {
		return 1;
	}
	(void)snprintf(control, sizeof(control), "--control=fd:%d,%d", commands[0], answers[1]);
	(void)snprintf(pid, sizeof(pid), "%d", (int)getpid());
	perf_pid = fork();
	if (perf_pid == 0) {
		int null = open("/dev/null", O_RDWR);

		(void)dup2(null, STDOUT_FILENO);
		(void)dup2(null, STDERR_FILENO);
		(void)execlp("perf", "perf", "record", "-q", "-F", "100", "-g", "-D", "-1", control,
			     "-p", pid, "-o", "-", (char *)NULL);
		_exit(127);
	}
	(void)close(commands[0]);
	(void)close(answers[1]);
	size = write(commands[1], "enable\n", 7) == 7 ? read(answers[0], answer, sizeof(answer))
						      : -1;
	(void)close(commands[1]);
	(void)close(answers[0]);
	if (perf_pid < 0 || size <= 0) {
		return 77;
	}
	return 0;
}

static void stop_perf(void)
{
	(void)kill(perf_pid, SIGINT);
	(void)waitpid(perf_pid, NULL, 0);
}

/* ---- A busy thread under each ---- */

static const struct profiler {
	const char *name;
	int (*start)(void); /* 0; 77: not installed; else it failed. */
	void (*stop)(void);
} profilers[] = {
	{"weft", start, stop},
	{"gperftools", start_gperftools, stop_gperftools},
	{"perf", start_perf, stop_perf},
};

/* One profiler at a time owns SIGPROF, so a peer is measured by a process of its own. */
static int measure_work(const struct profiler *profiler)
{
	int i;

	for (i = 0; i < ROUNDS; i++) {
		int ret;

		work_ns[0][i] = work();
		ret = profiler->start();
		if (ret != 0) {
			return ret == 77 ? 77 : 1;
		}
		work_ns[1][i] = work() / work_ns[0][i];
		profiler->stop();
	}
	printf("{\"ratio\": %.5f, \"off_ns\": %.0f}\n", bench_median(work_ns[1], ROUNDS),
	       bench_median(work_ns[0], ROUNDS));
	return 0;
}

/* bench-sampler sample [DEPTH] | weft | gperftools | perf */
int main(int argc, char **argv)
{
	int depth = argc > 2 ? (int)strtol(argv[2], NULL, 10) : 20;
	size_t i;

	/* The profiles themselves are not what is measured. */
	(void)setenv("WEFT_BIN", "/nonexistent", 1);
	for (i = 0; argc > 1 && i < sizeof(profilers) / sizeof(profilers[0]); i++) {
		if (strcmp(argv[1], profilers[i].name) == 0) {
			return measure_work(&profilers[i]);
		}
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
