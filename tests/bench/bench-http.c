// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * A service with a steady load, for what it costs to look into it: requests at a fixed rate, each with
 * the same work and 20 events, so that a second has 20,000 of these. Prints a line of JSON each second:
 * requests, and the CPU time of the whole process in nanoseconds. Ends with standard input.
 */
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include <weft/profile.h>
#include <weft/trace.h>

#define REQUESTS_PER_TICK 10U
#define TICK_NS           10000000L /* 1,000 requests a second. */
#define REGIONS           8U        /* 16 events; with task and two logs 20. */
#define WORK              60000U    /* Steps a region; about half a CPU in all. */
#define NS_PER_S          1000000000L

static volatile uint64_t sink;

static void work(void)
{
	uint64_t state = sink | 1;
	unsigned int i;

	for (i = 0; i < WORK; i++) {
		state = state * 6364136223846793005U + 1442695040888963407U;
	}
	sink = state;
}

static void serve(unsigned int number)
{
	struct weft_task task = weft_task_begin("request");
	unsigned int i;

	weft_logf("number", "%u", number);
	for (i = 0; i < REGIONS; i++) {
		WEFT_REGION("step") {
			work();
		}
	}
	weft_logf("done", "%u", number);
	weft_task_end(&task);
}

static void report(unsigned int requests)
{
	struct timespec used;

	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used); /* Cannot fail for this clock. */
	(void)printf("{\"requests\": %u, \"cpu_ns\": %lld}\n", requests,
		     (long long)used.tv_sec * NS_PER_S + used.tv_nsec);
	(void)fflush(stdout);
}

int main(void)
{
	struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};
	struct timespec next;
	unsigned int requests = 0;
	unsigned int i;

	if (weft_profile_serve() < 0) {
		(void)fprintf(stderr, "bench-http: %s\n", weft_profile_error());
		return 1;
	}
	(void)clock_gettime(CLOCK_MONOTONIC, &next); /* Cannot fail for this clock. */
	while (poll(&input, 1, 0) == 0) {
		for (i = 0; i < REQUESTS_PER_TICK; i++) {
			serve(requests++);
		}
		if (requests % (REQUESTS_PER_TICK * (NS_PER_S / TICK_NS)) == 0) {
			report(requests);
		}
		next.tv_nsec += TICK_NS;
		next.tv_sec += next.tv_nsec / NS_PER_S;
		next.tv_nsec %= NS_PER_S;
		/* Interrupted: the next request comes a little early. */
		(void)clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &next, NULL);
	}
	return 0;
}
