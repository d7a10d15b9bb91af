// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Sleeps where it says: in each round in a pipe's read, called through wait_for_byte, f and g, then at a
 * mutex, called through take and h. Built with frame pointers; with WEFT_TEST_TASKS it is instrumented,
 * else it has never heard of Weft.
 *
 * Usage: chains COUNT [fork|ready]
 *
 *   fork   the rounds are a child's, which runs no other program.
 *   ready  prints a line, and begins when it gets one.
 *
 * In a round, helper takes the mutex, writes the byte when the reader is asleep, and keeps the mutex for 3 ms,
 * in which the other wants it.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#ifdef WEFT_TEST_TASKS
#include <weft/trace.h>
#endif

/* Frames stay: no call is inlined, or the last thing that its function does. */
#define FRAME     __attribute__((noinline))
#define STAY      __asm__ volatile("" ::: "memory")
#define PAUSE_NS  3000000
#define COUNT_MAX 100000

static int to_reader[2], to_helper[2];
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static long round_count;

static void check(int is_good, const char *what)
{
	if (!is_good) {
		perror(what);
		exit(1);
	}
}

static void pause_a_little(void)
{
	const struct timespec pause = {0, PAUSE_NS};

	(void)nanosleep(&pause, NULL); /* No signal comes. */
}

static FRAME void wait_for_byte(void)
{
	char byte;

	check(read(to_reader[0], &byte, 1) == 1, "read");
	STAY;
}

static FRAME void f(void)
{
	wait_for_byte();
	STAY;
}

static FRAME void g(void)
{
	f();
	STAY;
}

static FRAME void take(void)
{
	check(pthread_mutex_lock(&mutex) == 0, "lock");
	STAY;
}

static FRAME void h(void)
{
	take();
	STAY;
	check(pthread_mutex_unlock(&mutex) == 0, "unlock");
}

static void *help(void *arg)
{
	char byte = 0;
	long i;

	for (i = 0; i < round_count; i++) {
		check(pthread_mutex_lock(&mutex) == 0, "lock");
		pause_a_little();
		check(write(to_reader[1], &byte, 1) == 1, "write");
		pause_a_little();
		check(pthread_mutex_unlock(&mutex) == 0, "unlock");
		check(read(to_helper[0], &byte, 1) == 1, "read");
	}
	return arg;
}

static FRAME void play_round(void)
{
	const char byte = 0;
#ifdef WEFT_TEST_TASKS
	struct weft_task task = weft_task_begin("round");
	struct weft_region region = weft_region_begin("reading");
#endif

	g();
#ifdef WEFT_TEST_TASKS
	weft_region_end(&region);
#endif
	h();
#ifdef WEFT_TEST_TASKS
	weft_task_end(&task);
#endif
	check(write(to_helper[1], &byte, 1) == 1, "write");
}

static FRAME void play(void)
{
	pthread_t helper;
	long i;

	check(pipe(to_reader) == 0 && pipe(to_helper) == 0, "pipe");
	check(pthread_create(&helper, NULL, help, NULL) == 0, "thread");
	for (i = 0; i < round_count; i++) {
		play_round();
	}
	check(pthread_join(helper, NULL) == 0, "join");
}

int main(int argc, char **argv)
{
	round_count = argc > 1 ? strtol(argv[1], NULL, 10) : 0;
	if (round_count <= 0 || round_count > COUNT_MAX) {
		(void)fprintf(stderr, "usage: chains COUNT [fork|ready]\n");
		return 2;
	}
	if (argc > 2 && strcmp(argv[2], "ready") == 0) {
		(void)printf("ready\n");
		(void)fflush(stdout);
		(void)getchar(); /* Its end will do as well. */
	} else if (argc > 2) {
		pid_t child = fork();
		int status = 0;

		check(child >= 0, "fork");
		if (child > 0) {
			return waitpid(child, &status, 0) == child && status == 0 ? 0 : 1;
		}
	}
	play();
	return 0;
}
