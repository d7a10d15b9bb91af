// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * A library that is loaded and unloaded while it is profiled: allocates, locks, makes a thread.
 */
#include <pthread.h>
#include <stdlib.h>

void plugin_work(void);

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;

static void *work(void *arg)
{
	(void)pthread_mutex_lock(&mutex);
	free(malloc(100000));
	(void)pthread_mutex_unlock(&mutex);
	return arg;
}

__attribute__((visibility("default"))) void plugin_work(void)
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, work, NULL) == 0) {
		(void)work(NULL);
		(void)pthread_join(thread, NULL);
	}
}
