// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * See ring.h. One condition for all changes: blocks are large, so wake-ups are few.
 */
#include "ring.h"

#include <errno.h>
#include <stdlib.h>

int ring_init(struct ring *ring, size_t slot_count, size_t block_size, size_t out_capacity)
{
	size_t i;

	*ring = (struct ring){.slot_count = slot_count};
	pthread_mutex_init(&ring->lock, NULL);
	pthread_cond_init(&ring->change, NULL);
	ring->slots = calloc(slot_count, sizeof(*ring->slots));
	for (i = 0; ring->slots && i < slot_count; i++) {
		ring->slots[i].out_capacity = out_capacity;
		ring->slots[i].in = malloc(block_size);
		ring->slots[i].out = malloc(out_capacity);
		if (!ring->slots[i].in || !ring->slots[i].out) {
			break;
		}
	}
	if (i < slot_count) {
		ring_fini(ring);
		return -ENOMEM;
	}
	return 0;
}

void ring_fini(struct ring *ring)
{
	size_t i;

	for (i = 0; ring->slots && i < ring->slot_count; i++) {
		free(ring->slots[i].in);
		free(ring->slots[i].out);
	}
	free(ring->slots);
	pthread_cond_destroy(&ring->change);
	pthread_mutex_destroy(&ring->lock);
}

/* Adds one to a count, or sets a flag, and lets everybody look again. */
static void advance(struct ring *ring, uint64_t *count)
{
	pthread_mutex_lock(&ring->lock);
	++*count;
	pthread_cond_broadcast(&ring->change);
	pthread_mutex_unlock(&ring->lock);
}

static void set(struct ring *ring, bool *flag)
{
	pthread_mutex_lock(&ring->lock);
	*flag = true;
	pthread_cond_broadcast(&ring->change);
	pthread_mutex_unlock(&ring->lock);
}

struct block *ring_borrow_free(struct ring *ring)
{
	struct block *block;

	pthread_mutex_lock(&ring->lock);
	while (ring->read_count - ring->written_count == ring->slot_count) {
		pthread_cond_wait(&ring->change, &ring->lock);
	}
	block = &ring->slots[ring->read_count % ring->slot_count];
	block->is_deflated = false;
	pthread_mutex_unlock(&ring->lock);
	return block;
}

void ring_put_read(struct ring *ring)
{
	advance(ring, &ring->read_count);
}

void ring_close(struct ring *ring)
{
	set(ring, &ring->closed);
}

struct block *ring_take_read(struct ring *ring)
{
	struct block *block = NULL;

	pthread_mutex_lock(&ring->lock);
	while (ring->taken_count == ring->read_count && !ring->closed) {
		pthread_cond_wait(&ring->change, &ring->lock);
	}
	if (ring->taken_count < ring->read_count) {
		block = &ring->slots[ring->taken_count++ % ring->slot_count];
	}
	pthread_mutex_unlock(&ring->lock);
	return block;
}

void ring_put_deflated(struct ring *ring, struct block *block)
{
	set(ring, &block->is_deflated);
}

/* Whether the writer has something to do: a block, or to end. */
static bool writer_may_go_on(const struct ring *ring)
{
	if (ring->written_count == ring->read_count) {
		return ring->closed;
	}
	return ring->slots[ring->written_count % ring->slot_count].is_deflated;
}

struct block *ring_borrow_deflated(struct ring *ring)
{
	struct block *block = NULL;

	pthread_mutex_lock(&ring->lock);
	while (!writer_may_go_on(ring)) {
		pthread_cond_wait(&ring->change, &ring->lock);
	}
	if (ring->written_count < ring->read_count) {
		block = &ring->slots[ring->written_count % ring->slot_count];
	}
	pthread_mutex_unlock(&ring->lock);
	return block;
}

void ring_put_written(struct ring *ring)
{
	advance(ring, &ring->written_count);
}
