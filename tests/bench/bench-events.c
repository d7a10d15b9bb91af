// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * What an event costs while somebody records: Weft's calls beside raw LTTng-UST tracepoints with the
 * same payload, interleaved, median of the rounds. Needs a recording of 'weft:*' (without
 * weft:account) and 'weft_bench:*'; tests/bench/run makes it and checks that nothing was lost, for a
 * lost event is a cheap one. Prints one JSON object: ns of CPU time an event.
 */
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include <weft/trace.h>

#include "bench-clock.h"
#include "bench-provider.h"

#define ROUND_COUNT     15
#define ITERATION_COUNT 40000U

/* What the raw tracepoints tell: as real programs do, out of variables. */
static struct {
	int32_t pid, tid;
	uint64_t task, parent, ip;
} raw;

static double per_event(uint64_t start_ns, unsigned int event_count)
{
	double ns = (double)(bench_cpu_ns() - start_ns) / ((double)ITERATION_COUNT * event_count);
	const struct timespec drain = {0, 20000000};

	(void)nanosleep(&drain, NULL); /* Gives the consumer time; costs no CPU time of ours. */
	return ns;
}

static double weft_regions(void)
{
	uint64_t start_ns = bench_cpu_ns();
	unsigned int i;

	for (i = 0; i < ITERATION_COUNT; i++) {
		struct weft_region region = weft_region_begin("parse request");

		weft_region_end(&region);
	}
	return per_event(start_ns, 2);
}

static double raw_regions(void)
{
	uint64_t start_ns = bench_cpu_ns();
	unsigned int i;

	for (i = 0; i < ITERATION_COUNT; i++) {
		lttng_ust_tracepoint(weft_bench, begin, raw.pid, raw.tid, raw.task, i,
				     "parse request", raw.ip);
		lttng_ust_tracepoint(weft_bench, end, raw.pid, raw.tid, raw.task, i,
				     "parse request", "");
	}
	return per_event(start_ns, 2);
}

static double weft_tasks(void)
{
	uint64_t start_ns = bench_cpu_ns();
	unsigned int i;

	for (i = 0; i < ITERATION_COUNT; i++) {
		struct weft_task task = weft_task_begin("request");

		weft_task_end(&task);
	}
	return per_event(start_ns, 2);
}

static double raw_tasks(void)
{
	uint64_t start_ns = bench_cpu_ns();
	unsigned int i;

	for (i = 0; i < ITERATION_COUNT; i++) {
		lttng_ust_tracepoint(weft_bench, task_begin, raw.pid, raw.tid, raw.task + i,
				     raw.parent, "request", raw.ip);
		lttng_ust_tracepoint(weft_bench, task_end, raw.pid, raw.tid, raw.task + i,
				     "request", "");
	}
	return per_event(start_ns, 2);
}

static double weft_logs(void)
{
	uint64_t start_ns = bench_cpu_ns();
	unsigned int i;

	for (i = 0; i < ITERATION_COUNT; i++) {
		weft_log("client", "192.0.2.17:45678");
	}
	return per_event(start_ns, 1);
}

static double raw_logs(void)
{
	uint64_t start_ns = bench_cpu_ns();
	unsigned int i;

	for (i = 0; i < ITERATION_COUNT; i++) {
		lttng_ust_tracepoint(weft_bench, log, raw.pid, raw.tid, raw.task, "client",
				     "192.0.2.17:45678", raw.ip);
	}
	return per_event(start_ns, 1);
}

static const struct {
	const char *name;
	double (*weft)(void);
	double (*raw)(void);
} cases[] = {
	{"region begin or end", weft_regions, raw_regions},
	{"task begin or end", weft_tasks, raw_tasks},
	{"log", weft_logs, raw_logs},
};

#define CASE_COUNT (sizeof(cases) / sizeof(cases[0]))

int main(void)
{
	double weft_ns[CASE_COUNT][ROUND_COUNT];
	double raw_ns[CASE_COUNT][ROUND_COUNT];
	size_t round;
	size_t i;

	raw.pid = (int32_t)getpid();
	raw.tid = raw.pid;
	raw.task = UINT64_C(1) << 40;
	raw.ip = (uint64_t)(uintptr_t)main;
	if (!weft_trace_is_enabled() || !lttng_ust_tracepoint_enabled(weft_bench, begin)) {
		(void)fprintf(stderr,
			      "bench-events: nobody records this process: see tests/bench/run\n");
		return 1;
	}
	for (i = 0; i < CASE_COUNT; i++) {
		(void)cases[i].weft(); /* Warm: pages, caches, descriptions. */
		(void)cases[i].raw();
	}
	for (round = 0; round < ROUND_COUNT; round++) {
		for (i = 0; i < CASE_COUNT; i++) {
			weft_ns[i][round] = cases[i].weft();
			raw_ns[i][round] = cases[i].raw();
		}
	}
	(void)printf("{");
	for (i = 0; i < CASE_COUNT; i++) {
		(void)printf("%s\"%s\": {\"weft_ns\": %.1f, \"raw_ns\": %.1f}", i ? ", " : "",
			     cases[i].name, bench_median(weft_ns[i], ROUND_COUNT),
			     bench_median(raw_ns[i], ROUND_COUNT));
	}
	(void)printf("}\n");
	return 0;
}
