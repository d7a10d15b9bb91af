// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Reading threads, their queues of batches, and the merge. See reading.h.
 */
#include "reading.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdbool.h>
#include <stdlib.h>

/* Enough that neither side waits for the other at each batch; 3 MiB a reader. */
#define BATCH_COUNT 8U
/* Beyond, the one thread that walks the timeline is what everybody waits for. */
#define READER_COUNT_MAX 4U

/* Ring of batches: the reader fills at `head`, the merge takes at `tail`. Guarded by `lock`. */
struct queue {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	struct weft_batch *batches[BATCH_COUNT];
	size_t head, tail; /* Counted up for ever; head - tail batches are full. */
	bool ended;        /* The reader is done. */
	bool stopped;      /* Nobody wants more. */
};

struct reader {
	struct queue queue;
	struct weft_source *source;
	size_t part, part_count;
	pthread_t thread;
	bool started;
	/* The reading thread's until it is joined. */
	int status;
	struct weft_error err;
	/* The merge's. */
	struct weft_batch *batch; /* At the queue's tail; NULL: must be asked for, or ended. */
	size_t at;                /* Next event in it. */
	bool exhausted;
};

struct weft_reading {
	struct reader readers[READER_COUNT_MAX];
	size_t reader_count;
	bool origin_known;
	int64_t origin_ns;
};

/* ---- Queue ---- */

static struct weft_batch *queue_get_free(void *ctx)
{
	struct queue *queue = (struct queue *)ctx;
	struct weft_batch *batch = NULL;

	(void)pthread_mutex_lock(&queue->lock);
	while (!queue->stopped && queue->head - queue->tail == BATCH_COUNT) {
		(void)pthread_cond_wait(&queue->changed, &queue->lock);
	}
	if (!queue->stopped) {
		batch = queue->batches[queue->head % BATCH_COUNT];
		batch->event_count = 0;
		batch->arena_size = 0;
	}
	(void)pthread_mutex_unlock(&queue->lock);
	return batch;
}

static void queue_put_full(void *ctx, struct weft_batch *batch)
{
	struct queue *queue = (struct queue *)ctx;

	(void)batch; /* The one at head. */
	(void)pthread_mutex_lock(&queue->lock);
	queue->head++;
	(void)pthread_cond_signal(&queue->changed);
	(void)pthread_mutex_unlock(&queue->lock);
}

static void queue_end(struct queue *queue, bool *flag)
{
	(void)pthread_mutex_lock(&queue->lock);
	*flag = true;
	(void)pthread_cond_signal(&queue->changed);
	(void)pthread_mutex_unlock(&queue->lock);
}

/* NULL at the end. */
static struct weft_batch *queue_get_full(struct queue *queue)
{
	struct weft_batch *batch = NULL;

	(void)pthread_mutex_lock(&queue->lock);
	while (!queue->ended && queue->head == queue->tail) {
		(void)pthread_cond_wait(&queue->changed, &queue->lock);
	}
	if (queue->head != queue->tail) {
		batch = queue->batches[queue->tail % BATCH_COUNT];
	}
	(void)pthread_mutex_unlock(&queue->lock);
	return batch;
}

static void queue_put_free(struct queue *queue)
{
	(void)pthread_mutex_lock(&queue->lock);
	queue->tail++;
	(void)pthread_cond_signal(&queue->changed);
	(void)pthread_mutex_unlock(&queue->lock);
}

/* ---- Life cycle ---- */

static void *read_part(void *ctx)
{
	static const struct weft_source_ops ops = {queue_get_free, queue_put_full};
	struct reader *reader = (struct reader *)ctx;

	reader->status = weft_source_run(reader->source, reader->part, reader->part_count, &ops,
					 &reader->queue, &reader->err);
	queue_end(&reader->queue, &reader->queue.ended);
	return NULL;
}

static size_t choose_reader_count(struct weft_source *source)
{
	size_t count = weft_source_get_facts(source)->stream_count;
	cpu_set_t allowed;

	if (count > READER_COUNT_MAX) {
		count = READER_COUNT_MAX;
	}
	if (sched_getaffinity(0, sizeof(allowed), &allowed) == 0 &&
	    count > (size_t)CPU_COUNT(&allowed)) {
		count = (size_t)CPU_COUNT(&allowed);
	}
	return count ? count : 1;
}

static int start_reader(struct reader *reader, struct weft_error *err)
{
	size_t i;
	int ret;

	for (i = 0; i < BATCH_COUNT; i++) {
		reader->queue.batches[i] = (struct weft_batch *)malloc(sizeof(struct weft_batch));
		if (!reader->queue.batches[i]) {
			return weft_error_set(err, -ENOMEM, "out of memory");
		}
	}
	ret = -pthread_create(&reader->thread, NULL, read_part, reader);
	if (ret < 0) {
		return weft_error_set_errno(err, ret, "cannot start a reading thread");
	}
	reader->started = true;
	return 0;
}

int weft_reading_start(struct weft_source *source, struct weft_reading **ret_reading,
		       struct weft_error *err)
{
	struct weft_reading *reading = (struct weft_reading *)calloc(1, sizeof(*reading));
	size_t i;
	int ret = 0;

	if (!reading) {
		return weft_error_set(err, -ENOMEM, "out of memory");
	}
	reading->reader_count = choose_reader_count(source);
	for (i = 0; i < reading->reader_count; i++) {
		struct reader *reader = &reading->readers[i];

		/* Default attributes: neither can fail. */
		(void)pthread_mutex_init(&reader->queue.lock, NULL);
		(void)pthread_cond_init(&reader->queue.changed, NULL);
		reader->source = source;
		reader->part = i;
		reader->part_count = reading->reader_count;
	}
	for (i = 0; ret == 0 && i < reading->reader_count; i++) {
		ret = start_reader(&reading->readers[i], err);
	}
	if (ret < 0) {
		(void)weft_reading_stop(reading, NULL);
	} else {
		*ret_reading = reading;
	}
	return ret;
}

int weft_reading_stop(struct weft_reading *reading, struct weft_error *err)
{
	size_t i;
	size_t batch;
	int ret = 0;

	for (i = 0; i < reading->reader_count; i++) {
		queue_end(&reading->readers[i].queue, &reading->readers[i].queue.stopped);
	}
	for (i = 0; i < reading->reader_count; i++) {
		struct reader *reader = &reading->readers[i];

		if (reader->started) {
			(void)pthread_join(reader->thread, NULL); /* Ours, joinable: cannot fail. */
		}
		if (ret == 0 && reader->status < 0) {
			ret = reader->status;
			if (err) {
				*err = reader->err;
			}
		}
		for (batch = 0; batch < BATCH_COUNT; batch++) {
			free(reader->queue.batches[batch]);
		}
		(void)pthread_cond_destroy(&reader->queue.changed);
		(void)pthread_mutex_destroy(&reader->queue.lock);
	}
	free(reading);
	return ret;
}

/* ---- Merge ---- */

static void shift_times(struct weft_batch *batch, int64_t origin_ns)
{
	uint64_t shift_ns;
	size_t i;

	if (batch->origin_ns == WEFT_BATCH_ORIGIN_UNKNOWN || batch->origin_ns <= origin_ns) {
		return;
	}
	shift_ns = (uint64_t)batch->origin_ns - (uint64_t)origin_ns;
	for (i = 0; i < batch->event_count; i++) {
		batch->events[i].ts_ns += shift_ns;
	}
}

/* Sees to it that the reader has a next event, unless its streams have ended. */
static void need_event(struct weft_reading *reading, struct reader *reader)
{
	while (!reader->exhausted && (!reader->batch || reader->at == reader->batch->event_count)) {
		if (reader->batch) {
			queue_put_free(&reader->queue);
		}
		reader->at = 0;
		reader->batch = queue_get_full(&reader->queue);
		reader->exhausted = !reader->batch;
		if (reader->batch && reading->origin_known) {
			shift_times(reader->batch, reading->origin_ns);
		}
	}
}

/* The earliest first event is time 0 of all. Readers have only their first batches by now. */
static void agree_on_origin(struct weft_reading *reading)
{
	int64_t origin_ns = WEFT_BATCH_ORIGIN_UNKNOWN;
	size_t i;

	for (i = 0; i < reading->reader_count; i++) {
		const struct weft_batch *batch = reading->readers[i].batch;

		if (batch && batch->origin_ns < origin_ns) {
			origin_ns = batch->origin_ns;
		}
	}
	if (origin_ns == WEFT_BATCH_ORIGIN_UNKNOWN) {
		origin_ns = 0; /* Nothing but losses. */
	}
	for (i = 0; i < reading->reader_count; i++) {
		if (reading->readers[i].batch) {
			shift_times(reading->readers[i].batch, origin_ns);
		}
	}
	reading->origin_ns = origin_ns;
	reading->origin_known = true;
}

int64_t weft_reading_origin(const struct weft_reading *reading)
{
	return reading->origin_ns;
}

static bool is_before(const struct weft_event *event, const struct weft_event *other)
{
	return event->ts_ns != other->ts_ns ? event->ts_ns < other->ts_ns : event->cpu < other->cpu;
}

static const struct weft_event *next_event(const struct reader *reader)
{
	return reader->exhausted ? NULL : &reader->batch->events[reader->at];
}

/* The reader with the earliest event, and the earliest event of the others (NULL: none). */
static struct reader *choose(struct weft_reading *reading, const struct weft_event **ret_other)
{
	struct reader *chosen = NULL;
	const struct weft_event *best = NULL;
	const struct weft_event *second = NULL;
	size_t i;

	for (i = 0; i < reading->reader_count; i++) {
		const struct weft_event *event;

		need_event(reading, &reading->readers[i]);
		event = next_event(&reading->readers[i]);
		if (!event) {
			continue;
		}
		if (!best || is_before(event, best)) {
			second = best;
			best = event;
			chosen = &reading->readers[i];
		} else if (!second || is_before(event, second)) {
			second = event;
		}
	}
	*ret_other = second;
	return chosen;
}

size_t weft_reading_next(struct weft_reading *reading, const struct weft_event **ret_events)
{
	const struct weft_event *other;
	struct reader *reader;
	size_t first;
	size_t i;

	if (!reading->origin_known) {
		for (i = 0; i < reading->reader_count; i++) {
			need_event(reading, &reading->readers[i]);
		}
		agree_on_origin(reading);
	}
	reader = choose(reading, &other);
	if (!reader) {
		return 0;
	}
	first = reader->at++;
	while (reader->at < reader->batch->event_count &&
	       (!other || !is_before(other, &reader->batch->events[reader->at]))) {
		reader->at++;
	}
	*ret_events = &reader->batch->events[first];
	return reader->at - first;
}
