// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * What the parts of test-hooked share.
 */
#ifndef WEFT_TEST_HOOKED_H
#define WEFT_TEST_HOOKED_H

#include <errno.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define NOINLINE __attribute__((noinline))
#define NS_PER_S INT64_C(1000000000)

extern pthread_mutex_t mutex;

static inline int64_t now_ns(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * NS_PER_S + now.tv_nsec;
}

static inline void pause_ms(long ms)
{
	struct timespec pause = {ms / 1000, ms % 1000 * 1000000};

	while (nanosleep(&pause, &pause) < 0 && errno == EINTR) {
	}
}

static inline void tell(const char *key, int64_t value)
{
	(void)printf("%s %lld\n", key, (long long)value);
}

/* Ends the program when something is not as it is without hooks. */
static inline void expect(int condition, const char *what)
{
	if (!condition) {
		(void)printf("wrong %s\n", what);
		exit(1);
	}
}

/* For pthread_create(): allocates, frees, ends. */
void *leaves_memory(void *arg);

/* ---- hooked-hazards.c ---- */

void fork_often(long count);
void plug(const char *library, long count);
/* How often the lock was taken so far. */
int64_t crowd(long count, long rounds);
void storm(const char *plugin, long seconds);
void die(const char *how);
void end_in_handler(void);

#endif
