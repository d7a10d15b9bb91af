// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * What is dangerous to do under hooks: forks of threads, plugins, crowds, sudden ends. See hooked.c.
 */
#include "hooked.h"

#include <dlfcn.h>
#include <limits.h>
#include <signal.h>
#include <spawn.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static _Atomic int stop;

static void *busy(void *arg)
{
	while (!atomic_load(&stop)) {
		free(malloc(1000));
		(void)pthread_mutex_lock(&mutex);
		free(malloc(100));
		(void)pthread_mutex_unlock(&mutex);
	}
	return arg;
}

/* Forks while others allocate and lock; each child allocates, locks and ends both ways. */
void fork_often(long count)
{
	pthread_t threads[2];
	long i;

	for (i = 0; i < 2; i++) {
		(void)pthread_create(&threads[i], NULL, busy, NULL);
	}
	for (i = 0; i < count; i++) {
		int status = -1;
		pid_t child;

		(void)pthread_mutex_lock(&mutex);
		child = fork();
		(void)pthread_mutex_unlock(&mutex);
		if (child == 0) {
			pthread_t thread;

			(void)pthread_create(&thread, NULL, leaves_memory, NULL);
			(void)pthread_join(thread, NULL);
			free(malloc(5000000));
			if (i % 2) {
				exit(0);
			}
			_exit(0);
		}
		expect(waitpid(child, &status, 0) == child && status == 0, "child");
	}
	atomic_store(&stop, 1);
	for (i = 0; i < 2; i++) {
		(void)pthread_join(threads[i], NULL);
	}
	tell("children", count);
}

void plug(const char *library, long count)
{
	long i;

	for (i = 0; i < count; i++) {
		void *plugin = dlopen(library, RTLD_NOW);
		void (*work)(void);

		expect(plugin != NULL, "dlopen");
		*(void **)&work = dlsym(plugin, "plugin_work");
		expect(work != NULL, "dlsym");
		work();
		expect(dlclose(plugin) == 0, "dlclose");
	}
}

static long crowd_rounds;
static int64_t crowd_count;

static void *one_of_many(void *arg)
{
	long i;

	for (i = 0; i < crowd_rounds; i++) {
		(void)pthread_mutex_lock(&mutex);
		crowd_count++;
		(void)pthread_mutex_unlock(&mutex);
	}
	return arg;
}

int64_t crowd(long count, long rounds)
{
	pthread_t threads[64];
	long i;

	crowd_rounds = rounds;
	for (i = 0; i < count && i < 64; i++) {
		expect(pthread_create(&threads[i], NULL, one_of_many, NULL) == 0, "create");
	}
	for (i = 0; i < count && i < 64; i++) {
		(void)pthread_join(threads[i], NULL);
	}
	return crowd_count;
}

/* ---- Sudden ends ---- */

static NOINLINE void allocate_before_the_end(void)
{
	int i;

	for (i = 0; i < 1000; i++) {
		void *volatile lost = malloc(1000);

		memset(lost, 1, 1000);
	}
}

static NOINLINE int overflow(int depth)
{
	volatile char frame[4096];

	frame[0] = (char)depth;
	return depth < INT_MAX ? overflow(depth + 1) + frame[0] : 0;
}

/* Others allocate and lock all the time, so that locks are held when the end comes. */
void die(const char *how)
{
	static char other_stack[16384];
	const stack_t other = {.ss_sp = other_stack, .ss_size = sizeof(other_stack)};
	pthread_t thread;
	volatile int *volatile nowhere = NULL;
	int i;

	for (i = 0; i < 2; i++) {
		(void)pthread_create(&thread, NULL, busy, NULL);
	}
	pause_ms(20);
	allocate_before_the_end();
	if (strcmp(how, "abort") == 0) {
		abort();
	} else if (strcmp(how, "fault") == 0) {
		*nowhere = 1;
	} else if (strcmp(how, "overflow") == 0) {
		(void)sigaltstack(&other, NULL);
		i = overflow(0);
	} else if (strcmp(how, "term") == 0) {
		(void)kill(getpid(), SIGTERM);
	} else if (strcmp(how, "default") == 0) {
		(void)signal(SIGINT, SIG_IGN);
		(void)signal(SIGINT, SIG_DFL);
		(void)kill(getpid(), SIGINT);
	}
	pause_ms(20000);
}

/* ---- Everything at once ---- */

static const char *storm_plugin;
static _Atomic long storm_counts[4];

static void *storm_of_threads(void *arg)
{
	while (!atomic_load(&stop)) {
		pthread_t threads[8];
		int i;

		for (i = 0; i < 8; i++) {
			expect(pthread_create(&threads[i], NULL, leaves_memory, NULL) == 0,
			       "create");
		}
		for (i = 0; i < 8; i++) {
			(void)pthread_join(threads[i], NULL);
		}
		atomic_fetch_add(&storm_counts[0], 8);
	}
	return arg;
}

static void *storm_of_processes(void *arg)
{
	char name[] = "true";
	char *const words[] = {name, NULL};

	while (!atomic_load(&stop)) {
		int status = -1;
		pid_t child = fork();

		if (child == 0) {
			free(malloc(600000));
			_exit(0);
		}
		expect(waitpid(child, &status, 0) == child && status == 0, "child");
		expect(posix_spawnp(&child, name, NULL, NULL, words, environ) == 0, "spawn");
		expect(waitpid(child, &status, 0) == child && status == 0, "spawned");
		atomic_fetch_add(&storm_counts[1], 1);
	}
	return arg;
}

static void *storm_of_plugins(void *arg)
{
	while (!atomic_load(&stop)) {
		plug(storm_plugin, 1);
		atomic_fetch_add(&storm_counts[2], 1);
	}
	return arg;
}

static void *storm_of_waiters(void *arg)
{
	while (!atomic_load(&stop)) {
		(void)crowd(64, 20);
		atomic_fetch_add(&storm_counts[3], 1);
	}
	return arg;
}

/* Threads, children, plugins, a crowd on one lock, allocations: for so many seconds. */
void storm(const char *plugin, long seconds)
{
	static void *(*const kinds[])(void *) = {storm_of_threads,
						 storm_of_processes,
						 storm_of_plugins,
						 storm_of_waiters,
						 busy,
						 busy};
	pthread_t threads[6];
	int i;

	storm_plugin = plugin;
	for (i = 0; i < 6; i++) {
		(void)pthread_create(&threads[i], NULL, kinds[i], NULL);
	}
	pause_ms(seconds * 1000);
	atomic_store(&stop, 1);
	for (i = 0; i < 6; i++) {
		(void)pthread_join(threads[i], NULL);
	}
	for (i = 0; i < 4; i++) {
		expect(atomic_load(&storm_counts[i]) > 0, "storm");
	}
	tell("survived", 1);
}

static void leave(int signo)
{
	(void)signo;
	_exit(7);
}

/* Ends from a handler that may have interrupted anything. */
void end_in_handler(void)
{
	allocate_before_the_end();
	(void)signal(SIGUSR1, leave);
	(void)raise(SIGUSR1);
}
