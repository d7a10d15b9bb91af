// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * A long trace of ordinary shape: threads serve requests of four stages with a log each, until a
 * given number of events has been emitted. Pauses now and then, so that nothing is lost.
 *
 * Usage: bench-load EVENTS [THREADS]
 */
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <weft/trace.h>

/* Task, root region, four stages, and a log for each of the five. */
#define EVENTS_PER_REQUEST (2U + 2U + 4U * 2U + 5U)
#define REQUESTS_PER_PAUSE 2000U
#define THREAD_COUNT_MAX   64U

static const char *const stages[] = {"accept", "parse", "work", "reply"};

static unsigned long requests_per_thread;

static void serve(unsigned long number)
{
	struct weft_task task = weft_task_begin("request");
	size_t i;

	WEFT_REGION("serve") {
		weft_logf("client", "192.0.2.%lu", number % 250);
		for (i = 0; i < sizeof(stages) / sizeof(stages[0]); i++) {
			WEFT_REGION(stages[i]) {
				weft_logf(stages[i], "step %zu of item %lu", i, number % 1000);
			}
		}
	}
	weft_task_end(&task);
}

static void *work(void *unused)
{
	const struct timespec pause = {0, 10000000};
	unsigned long i;

	(void)unused;
	for (i = 0; i < requests_per_thread; i++) {
		serve(i);
		if (i % REQUESTS_PER_PAUSE == 0) {
			(void)nanosleep(&pause, NULL); /* Woken early: shorter pause. */
		}
	}
	return NULL;
}

static unsigned long parse_count(const char *text, unsigned long most)
{
	char *end;
	unsigned long value;

	errno = 0;
	value = strtoul(text, &end, 10);
	if (errno || end == text || *end || value == 0 || value > most) {
		(void)fprintf(stderr, "usage: bench-load EVENTS [THREADS]\n");
		exit(2);
	}
	return value;
}

int main(int argc, char **argv)
{
	pthread_t threads[THREAD_COUNT_MAX];
	unsigned long event_count = parse_count(argc > 1 ? argv[1] : "", 1000000000UL);
	unsigned long thread_count = argc > 2 ? parse_count(argv[2], THREAD_COUNT_MAX) : 4;
	unsigned long i;

	requests_per_thread = event_count / EVENTS_PER_REQUEST / thread_count + 1;
	for (i = 0; i < thread_count; i++) {
		if (pthread_create(&threads[i], NULL, work, NULL) != 0) {
			(void)fprintf(stderr, "bench-load: cannot create thread %lu\n", i);
			return 1;
		}
	}
	for (i = 0; i < thread_count; i++) {
		(void)pthread_join(threads[i], NULL); /* Ours, joinable: cannot fail. */
	}
	return 0;
}
