// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Four threads do at once what unwinders are known to hang or crash in: the loader, exceptions, the
 * list of objects, the allocator; each is interrupted some thousand times a second and its stack
 * walked in the handler. Passes if all of them keep making progress and no walk was absurd.
 *
 * WEFT_STRESS_SECONDS: how long, default 4; 60 for a thorough run.
 */
#include "subjects.h"

#include <dlfcn.h>
#include <link.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "walk.h"

#define INTERVAL_US  100
#define STALL_CHECKS 300 /* Checks without progress, each after 100 ms, that are a hang. */
#define FRAMES_MAX   100 /* More than any of the threads has. */

static _Atomic bool stopping;
static _Atomic int sink;

/* A library whose code throws; unloaded with the caches of its rules. */
static void load(void)
{
	void *library = dlopen(WEFT_TEST_PLUGIN, RTLD_NOW | RTLD_LOCAL);
	int (*run)(int depth);

	if (!library) {
		fprintf(stderr, "%s\n", dlerror());
		exit(2);
	}
	*(void **)&run = dlsym(library, "subject_throw");
	sink += run(3);
	dlclose(library);
	weft_unwind_forget();
}

static void throw_deep(void)
{
	sink += subject_throw(20);
}

static int count_object(struct dl_phdr_info *object, size_t size, void *argument)
{
	(void)size;
	*(int *)argument += object->dlpi_phnum;
	return 0;
}

static void list_objects(void)
{
	int count = 0;

	(void)dl_iterate_phdr(count_object, &count);
	sink += count;
}

static void allocate_and_throw(void)
{
	void *blocks[16];

	for (size_t i = 0; i < 16; i++) {
		blocks[i] = malloc(16U << (i & 15U)); /* Up to 512 KiB: by mmap(). */
	}
	sink += subject_throw(2) + subject_containers(2);
	for (size_t i = 0; i < 16; i++) {
		free(blocks[i]);
	}
}

static struct worker {
	const char *name;
	void (*turn)(void);
	_Atomic unsigned long turns;
	unsigned long seen;
	unsigned int stalled;
} workers[] = {
	{.name = "dlopen, dlclose", .turn = load},
	{.name = "throw through 20 frames", .turn = throw_deep},
	{.name = "dl_iterate_phdr", .turn = list_objects},
	{.name = "malloc, throw", .turn = allocate_and_throw},
};

#define WORKER_COUNT (sizeof(workers) / sizeof(workers[0]))

static void *work(void *argument)
{
	struct worker *worker = (struct worker *)argument;

	walk_begin(INTERVAL_US);
	while (!atomic_load(&stopping)) {
		worker->turn();
		atomic_fetch_add(&worker->turns, 1);
	}
	walk_end();
	return NULL;
}

/* False if a worker hangs. */
static bool check_progress(void)
{
	for (size_t i = 0; i < WORKER_COUNT; i++) {
		unsigned long turns = atomic_load(&workers[i].turns);

		workers[i].stalled = turns == workers[i].seen ? workers[i].stalled + 1 : 0;
		workers[i].seen = turns;
		if (workers[i].stalled > STALL_CHECKS) {
			printf("%s: no progress after %lu turns\n", workers[i].name, turns);
			return false;
		}
	}
	return true;
}

int main(void)
{
	const char *text = getenv("WEFT_STRESS_SECONDS");
	long seconds = text ? strtol(text, NULL, 10) : 4;
	pthread_t threads[WORKER_COUNT];
	size_t walks;
	size_t frames;

	load();
	if (dlopen(WEFT_TEST_PLUGIN, RTLD_NOW | RTLD_NOLOAD)) {
		printf("the plugin stays loaded\n");
		return 2;
	}
	for (size_t i = 0; i < WORKER_COUNT; i++) {
		if (pthread_create(&threads[i], NULL, work, &workers[i]) != 0) {
			return 2;
		}
	}
	for (long i = 0; i < seconds * 10; i++) {
		(void)usleep(100000);
		if (!check_progress()) {
			return 1; /* Without waiting for the one that hangs. */
		}
	}
	atomic_store(&stopping, true);
	for (size_t i = 0; i < WORKER_COUNT; i++) {
		(void)pthread_join(threads[i], NULL);
		printf("%-28s %8lu turns\n", workers[i].name, atomic_load(&workers[i].turns));
	}
	walk_report("all threads");
	walks = atomic_load(&walk_counts.walks);
	frames = atomic_load(&walk_counts.frames);
#ifdef __SANITIZE_THREAD__
	return 0; /* It calls handlers later, with registers that are not those of the stack. */
#endif
	if (walks < 100 || frames < 3 * walks || atomic_load(&walk_counts.deepest) > FRAMES_MAX ||
	    atomic_load(&walk_counts.complete) * 10 < walks * 8) {
		printf("stacks are not plausible\n");
		return 1;
	}
	return 0;
}
