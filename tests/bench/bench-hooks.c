// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * What an allocation and a lock cost, with whatever the loader has put in front of libc's: tests/bench/run
 * starts it plain, with libweft-preload on and off, and with peers. Prints medians in ns as JSON.
 */
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "bench-clock.h"

#define ROUND_COUNT 21
#define PAIRS       2000000U
#define CONTENDED   200000U
#define LIVE_COUNT  4096U /* A power of two. */
#define SMALL       64U

/* Volatile, so that no pair is left out. */
static void *volatile kept;
static void *objects[LIVE_COUNT];
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static uint64_t random_state = 1;

/* Of all threads. */
static uint64_t process_cpu_ns(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now); /* Cannot fail for this clock. */
	return (uint64_t)now.tv_sec * UINT64_C(1000000000) + (uint64_t)now.tv_nsec;
}

static uint32_t next_random(void)
{
	random_state = random_state * UINT64_C(6364136223846793005) + 1;
	return (uint32_t)(random_state >> 33);
}

static void run_small(void)
{
	unsigned int i;

	for (i = 0; i < PAIRS; i++) {
		kept = malloc(SMALL);
		free(kept);
	}
}

/* 16 to 271 bytes, each in place of one that lives. */
static void run_mixed(void)
{
	unsigned int i;

	for (i = 0; i < PAIRS; i++) {
		uint32_t random = next_random();
		void **object = &objects[random % LIVE_COUNT];

		free(*object);
		*object = malloc(16 + (random >> 16) % 256);
	}
}

static void run_lock(void)
{
	unsigned int i;

	for (i = 0; i < PAIRS; i++) {
		(void)pthread_mutex_lock(&mutex);
		(void)pthread_mutex_unlock(&mutex);
	}
}

/* Two threads for one lock, which each holds for some 100 ns. */
static void *contend(void *unused)
{
	unsigned int i;

	for (i = 0; i < CONTENDED / 2; i++) {
		volatile unsigned int held;

		(void)pthread_mutex_lock(&mutex);
		for (held = 0; held < 50; held++) {
		}
		(void)pthread_mutex_unlock(&mutex);
	}
	return unused;
}

static void run_contended(void)
{
	pthread_t other;

	if (pthread_create(&other, NULL, contend, NULL) == 0) {
		(void)contend(NULL);
		(void)pthread_join(other, NULL);
	}
}

static void *nothing(void *arg)
{
	return arg;
}

static const struct {
	const char *name;
	void (*run)(void);
	unsigned int pairs;
} cases[] = {
	{"malloc and free, 64 bytes", run_small, PAIRS},
	{"malloc and free, 16 to 271 bytes", run_mixed, PAIRS},
	{"mutex lock and unlock", run_lock, PAIRS},
	{"contended mutex lock and unlock", run_contended, CONTENDED},
};

#define CASE_COUNT (sizeof(cases) / sizeof(cases[0]))

int main(void)
{
	double ns[CASE_COUNT][ROUND_COUNT];
	pthread_t thread;
	size_t round;
	size_t i;

	/* From here on libc knows of threads and locks as in programs that have some. */
	if (pthread_create(&thread, NULL, nothing, NULL) || pthread_join(thread, NULL)) {
		return 1;
	}
	for (round = 0; round < ROUND_COUNT; round++) {
		for (i = 0; i < CASE_COUNT; i++) {
			uint64_t start_ns = process_cpu_ns();

			cases[i].run();
			ns[i][round] = (double)(process_cpu_ns() - start_ns) / cases[i].pairs;
		}
	}
	(void)printf("{");
	for (i = 0; i < CASE_COUNT; i++) {
		(void)printf("%s\"%s\": %.3f", i ? ", " : "", cases[i].name,
			     bench_median(ns[i], ROUND_COUNT));
	}
	(void)printf("}\n");
	return 0;
}
