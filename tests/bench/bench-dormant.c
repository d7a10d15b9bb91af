// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * What instrumentation costs while nobody records: each call beside an empty loop, interleaved, median
 * of the rounds. Prints one JSON object: ns an operation, of which the loop is to be subtracted.
 */
#include <stdio.h>

#include <weft/trace.h>

#include "bench-clock.h"

#define ROUND_COUNT     15
#define ITERATION_COUNT 20000000U

/* Keeps the loop a loop: the compiler must assume that `i` is used. */
#define KEEP(i) __asm__ volatile("" : "+r"(i))

static double per_iteration(uint64_t start_ns)
{
	return (double)(bench_cpu_ns() - start_ns) / ITERATION_COUNT;
}

__attribute__((noinline)) static double run_empty(void)
{
	uint64_t start_ns = bench_cpu_ns();
	unsigned int i;

	for (i = 0; i < ITERATION_COUNT; i++) {
		KEEP(i);
	}
	return per_iteration(start_ns);
}

__attribute__((noinline)) static double run_region(void)
{
	uint64_t start_ns = bench_cpu_ns();
	unsigned int i;

	for (i = 0; i < ITERATION_COUNT; i++) {
		struct weft_region region = weft_region_begin("dormant");

		KEEP(i);
		weft_region_end(&region);
	}
	return per_iteration(start_ns);
}

__attribute__((noinline)) static double run_scope(void)
{
	uint64_t start_ns = bench_cpu_ns();
	unsigned int i;

	for (i = 0; i < ITERATION_COUNT; i++) {
		WEFT_REGION("dormant") {
			KEEP(i);
		}
	}
	return per_iteration(start_ns);
}

__attribute__((noinline)) static double run_task(void)
{
	uint64_t start_ns = bench_cpu_ns();
	unsigned int i;

	for (i = 0; i < ITERATION_COUNT; i++) {
		struct weft_task task = weft_task_begin("dormant");

		KEEP(i);
		weft_task_end(&task);
	}
	return per_iteration(start_ns);
}

__attribute__((noinline)) static double run_logf(void)
{
	uint64_t start_ns = bench_cpu_ns();
	unsigned int i;

	for (i = 0; i < ITERATION_COUNT; i++) {
		KEEP(i);
		weft_logf("dormant", "%u", i);
	}
	return per_iteration(start_ns);
}

static const struct {
	const char *name;
	double (*run)(void);
	unsigned int call_count; /* Calls of the interface in one iteration. */
} cases[] = {
	{"empty loop", run_empty, 0},
	{"region begin + end", run_region, 2},
	{"WEFT_REGION block", run_scope, 2},
	{"task begin + end", run_task, 2},
	{"logf", run_logf, 1},
};

#define CASE_COUNT (sizeof(cases) / sizeof(cases[0]))

int main(void)
{
	double ns[CASE_COUNT][ROUND_COUNT];
	size_t round;
	size_t i;

	if (weft_trace_is_enabled()) {
		(void)fprintf(stderr, "bench-dormant: somebody records this process\n");
		return 1;
	}
	for (round = 0; round < ROUND_COUNT; round++) {
		for (i = 0; i < CASE_COUNT; i++) {
			ns[i][round] = cases[i].run();
		}
	}
	(void)printf("{");
	for (i = 0; i < CASE_COUNT; i++) {
		(void)printf("%s\"%s\": {\"ns\": %.3f, \"calls\": %u}", i ? ", " : "",
			     cases[i].name, bench_median(ns[i], ROUND_COUNT), cases[i].call_count);
	}
	(void)printf("}\n");
	return 0;
}
