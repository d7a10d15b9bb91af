// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/**
 * A bounded queue of pointers between threads.
 *
 * Anybody may push and pop. push waits while the queue is full, pop while it is empty. After
 * queue_close() what is inside is still handed out; then pop answers NULL, which ends a worker.
 */
#ifndef EXAMPLE_SERVER_QUEUE_H
#define EXAMPLE_SERVER_QUEUE_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

#define QUEUE_CAPACITY 64U

struct queue {
	pthread_mutex_t lock; /* Guards all that follows. */
	pthread_cond_t not_empty;
	pthread_cond_t not_full;
	void *items[QUEUE_CAPACITY];
	size_t first, count;
	bool closed;
};

void queue_init(struct queue *queue);
void queue_fini(struct queue *queue);

/** @param item  Not NULL. */
void queue_push(struct queue *queue, void *item);

/** @return The oldest item; NULL: closed and empty. */
void *queue_pop(struct queue *queue);

void queue_close(struct queue *queue);

#endif
