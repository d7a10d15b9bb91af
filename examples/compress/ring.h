// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/**
 * Blocks on their way from the reader through the workers to the writer, in order.
 *
 *     number   ... 17   18   19   20   21   22   23 ...
 *                  │    │         │              └ read_count: the reader fills this one next
 *                  │    │         └ taken_count: the next worker takes this one
 *                  │    └ some worker has it, or has finished it
 *                  └ written_count: the writer waits for this one
 *
 * Block N lies in slot N % slot_count; a slot is free again when the writer is done with it, so
 * memory is bounded whatever the size of the input. One thread reads and one writes.
 */
#ifndef EXAMPLE_COMPRESS_RING_H
#define EXAMPLE_COMPRESS_RING_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <weft/trace.h>

struct file; /* The writer's business. */

struct block {
	struct weft_task task; /* "block", child of its file's task. */
	struct file *file;
	bool is_last;      /* Of its file. */
	bool is_deflated;  /* Guarded by the ring's lock. */
	const char *error; /* Why it could not be compressed, or NULL. */
	size_t in_size, out_size, out_capacity;
	unsigned char *in, *out;
};

struct ring {
	pthread_mutex_t lock; /* Guards the counts and is_deflated. */
	pthread_cond_t change;
	struct block *slots;
	size_t slot_count;
	uint64_t read_count, taken_count, written_count;
	bool closed; /* The reader has no more. */
};

/** @return 0 or -ENOMEM. Every block has room for block_size bytes and their compressed form. */
int ring_init(struct ring *ring, size_t slot_count, size_t block_size, size_t out_capacity);
void ring_fini(struct ring *ring);

/* For the reader: a free block (waits for one), then the same block filled. */
struct block *ring_borrow_free(struct ring *ring);
void ring_put_read(struct ring *ring);
void ring_close(struct ring *ring);

/* For workers: the oldest block that nobody has taken, NULL at the end. */
struct block *ring_take_read(struct ring *ring);
void ring_put_deflated(struct ring *ring, struct block *block);

/* For the writer: the next block in order once it is compressed, NULL at the end. */
struct block *ring_borrow_deflated(struct ring *ring);
void ring_put_written(struct ring *ring);

#endif
