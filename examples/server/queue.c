// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * A ring under one mutex. It knows nothing of tasks: a context travels in what the pointers
 * point to.
 */
#include "queue.h"

void queue_init(struct queue *queue)
{
	pthread_mutex_init(&queue->lock, NULL);
	pthread_cond_init(&queue->not_empty, NULL);
	pthread_cond_init(&queue->not_full, NULL);
	queue->first = queue->count = 0;
	queue->closed = false;
}

void queue_fini(struct queue *queue)
{
	pthread_cond_destroy(&queue->not_full);
	pthread_cond_destroy(&queue->not_empty);
	pthread_mutex_destroy(&queue->lock);
}

void queue_push(struct queue *queue, void *item)
{
	pthread_mutex_lock(&queue->lock);
	while (queue->count == QUEUE_CAPACITY) {
		pthread_cond_wait(&queue->not_full, &queue->lock);
	}
	queue->items[(queue->first + queue->count) % QUEUE_CAPACITY] = item;
	queue->count++;
	pthread_cond_signal(&queue->not_empty);
	pthread_mutex_unlock(&queue->lock);
}

void *queue_pop(struct queue *queue)
{
	void *item = NULL;

	pthread_mutex_lock(&queue->lock);
	while (queue->count == 0 && !queue->closed) {
		pthread_cond_wait(&queue->not_empty, &queue->lock);
	}
	if (queue->count) {
		item = queue->items[queue->first];
		queue->first = (queue->first + 1) % QUEUE_CAPACITY;
		queue->count--;
		pthread_cond_signal(&queue->not_full);
	}
	pthread_mutex_unlock(&queue->lock);
	return item;
}

void queue_close(struct queue *queue)
{
	pthread_mutex_lock(&queue->lock);
	queue->closed = true;
	pthread_cond_broadcast(&queue->not_empty);
	pthread_mutex_unlock(&queue->lock);
}
