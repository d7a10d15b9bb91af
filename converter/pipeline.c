// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Reading thread, queue of batches, and the walk over them. See pipeline.h.
 */
#include "pipeline.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

#include "filter.h"

/* Enough that neither side waits for the other at each batch; 3 MiB in all. */
#define BATCH_COUNT 8U

/* Ring of batches: the reader fills at `head`, the walker takes at `tail`. Guarded by `lock`. */
struct queue {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	struct weft_batch *batches[BATCH_COUNT];
	size_t head, tail; /* Counted up for ever; head - tail batches are full. */
	bool ended;        /* The reader is done. */
	bool stopped;      /* The walker wants no more. */
};

struct weft_pipeline {
	const struct weft_selection *selection;
	struct weft_source *source;
	struct weft_symbolizer *symbolizer;
	struct weft_timeline_totals totals;
	struct queue queue;
};

/* What one pass over the input feeds. */
struct pass {
	struct weft_pipeline *pipeline;
	struct weft_walk walk;
	const struct weft_filter *filter; /* NULL: none. */
};

/* What the reading thread runs with and leaves behind. */
struct reader {
	struct weft_source *source;
	struct queue *queue;
	int status;
	struct weft_error err;
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

static void *read_input(void *ctx)
{
	static const struct weft_source_ops ops = {queue_get_free, queue_put_full};
	struct reader *reader = (struct reader *)ctx;

	reader->status = weft_source_run(reader->source, &ops, reader->queue, &reader->err);
	queue_end(reader->queue, &reader->queue->ended);
	return NULL;
}

/* ---- Life cycle ---- */

int weft_pipeline_open(const char *const *inputs, size_t input_count,
		       const struct weft_selection *selection, struct weft_pipeline **ret_pipeline,
		       struct weft_error *err)
{
	struct weft_pipeline *pipeline = (struct weft_pipeline *)calloc(1, sizeof(*pipeline));
	const struct weft_source_facts *facts;
	size_t i;
	int ret;

	if (!pipeline) {
		return weft_error_set(err, -ENOMEM, "out of memory");
	}
	pipeline->selection = selection;
	(void)pthread_mutex_init(&pipeline->queue.lock, NULL); /* Default attributes: cannot fail. */
	(void)pthread_cond_init(&pipeline->queue.changed, NULL);
	pipeline->symbolizer = weft_symbolizer_create();
	for (i = 0; i < BATCH_COUNT; i++) {
		pipeline->queue.batches[i] = (struct weft_batch *)malloc(sizeof(struct weft_batch));
	}
	if (!pipeline->symbolizer || !pipeline->queue.batches[BATCH_COUNT - 1]) {
		ret = weft_error_set(err, -ENOMEM, "out of memory");
		goto out;
	}
	ret = weft_source_open(inputs, input_count, &pipeline->source, err);
	if (ret < 0) {
		goto out;
	}
	facts = weft_source_get_facts(pipeline->source);
	if (!facts->has_weft && !facts->has_sched) {
		ret = weft_error_set(err, -ENODATA,
				     "'%s': neither weft:* nor sched_switch events were recorded; "
				     "was the program built with libweft, and did it run while "
				     "recording?",
				     inputs[0]);
	}
out:
	if (ret < 0) {
		weft_pipeline_close(pipeline);
	} else {
		*ret_pipeline = pipeline;
	}
	return ret;
}

void weft_pipeline_close(struct weft_pipeline *pipeline)
{
	size_t i;

	if (!pipeline) {
		return;
	}
	weft_source_close(pipeline->source);
	weft_symbolizer_destroy(pipeline->symbolizer);
	for (i = 0; i < BATCH_COUNT; i++) {
		free(pipeline->queue.batches[i]);
	}
	(void)pthread_cond_destroy(&pipeline->queue.changed);
	(void)pthread_mutex_destroy(&pipeline->queue.lock);
	free(pipeline);
}

const struct weft_source_facts *weft_pipeline_get_facts(const struct weft_pipeline *pipeline)
{
	return weft_source_get_facts(pipeline->source);
}

struct weft_symbolizer *weft_pipeline_get_symbolizer(struct weft_pipeline *pipeline)
{
	return pipeline->symbolizer;
}

const struct weft_timeline_totals *weft_pipeline_get_totals(const struct weft_pipeline *pipeline)
{
	return &pipeline->totals;
}

const char *weft_pipeline_get_tier(const struct weft_pipeline *pipeline)
{
	if (pipeline->totals.has_sched) {
		return "lttng-kernel";
	}
	return pipeline->totals.account_count ? "accounting" : "none";
}

int weft_pipeline_check_whole(const struct weft_pipeline *pipeline, struct weft_error *err)
{
	uint64_t count = weft_source_get_facts(pipeline->source)->cut_packet_count;

	if (count == 0) {
		return 0;
	}
	return weft_error_set(err, -EBADMSG, "the recording is cut short: %llu packet%s not whole",
			      (unsigned long long)count, count == 1 ? " is" : "s are");
}

int weft_pipeline_nothing(const struct weft_pipeline *pipeline, struct weft_error *err)
{
	uint64_t event_count = pipeline->totals.event_count;
	int ret;

	if (weft_selection_is_partial(pipeline->selection) && event_count) {
		return weft_error_set(err, -ENODATA, "nothing of the input is selected: events=%llu",
				      (unsigned long long)event_count);
	}
	ret = weft_pipeline_check_whole(pipeline, err);
	if (ret < 0) {
		(void)weft_error_prepend(err, "nothing can be read");
		return ret;
	}
	return weft_error_set(err, -ENODATA,
			      "no event was recorded; did an instrumented program run while "
			      "recording?");
}

/* ---- One pass ---- */

/* Feeds until the input, the selected time or the consumer ends. */
static int walk(struct pass *pass)
{
	struct queue *queue = &pass->pipeline->queue;
	struct weft_batch *batch;
	int ret = 0;

	while (ret == 0 && (batch = queue_get_full(queue)) != NULL) {
		ret = weft_walk_batch(&pass->walk, batch);
		queue_put_free(queue);
		if (pass->filter && weft_filter_is_done(pass->filter)) {
			break;
		}
	}
	queue_end(queue, &queue->stopped);
	return ret;
}

static int run_pass(struct pass *pass, struct weft_error *err)
{
	struct weft_pipeline *pipeline = pass->pipeline;
	struct queue *queue = &pipeline->queue;
	struct reader reader = {.source = pipeline->source, .queue = queue};
	pthread_t thread;
	int ret;

	queue->head = queue->tail = 0;
	queue->ended = queue->stopped = false;
	ret = -pthread_create(&thread, NULL, read_input, &reader);
	if (ret < 0) {
		return weft_error_set_errno(err, ret, "cannot start the reading thread");
	}
	ret = walk(pass);
	(void)pthread_join(thread, NULL); /* Ours, joinable: cannot fail. */
	pipeline->totals = *weft_timeline_totals(pass->walk.timeline);
	if (ret == -ENOMEM) {
		return weft_error_set(err, ret, "out of memory");
	}
	if (ret == 0 && reader.status < 0) {
		if (err) {
			*err = reader.err;
		}
		return reader.status;
	}
	return ret;
}

/* First pass of a selection by task: which ones. A damaged input is told by the second pass. */
static int learn(struct weft_pipeline *pipeline, enum weft_lanes lanes, struct weft_filter *filter,
		 struct weft_error *err)
{
	struct weft_timeline_options options = {lanes,
						weft_pipeline_get_facts(pipeline)->has_sched};
	struct weft_consumer nobody = {.ops = &weft_filter_learn_ops, .ctx = filter};
	struct pass pass = {.pipeline = pipeline, .walk = {.consumer = &nobody}};
	int ret;

	pass.walk.timeline = weft_timeline_create(&options, nobody.ops, nobody.ctx);
	if (!pass.walk.timeline) {
		return weft_error_set(err, -ENOMEM, "out of memory");
	}
	ret = run_pass(&pass, err);
	if (ret == -EBADMSG) {
		ret = 0;
	}
	if (ret == 0 && weft_filter_learned(filter, pipeline->totals.last_ns) < 0) {
		ret = weft_error_set(err, -ENOMEM, "out of memory");
	}
	weft_timeline_destroy(pass.walk.timeline);
	return ret;
}

int weft_pipeline_run(struct weft_pipeline *pipeline, enum weft_lanes lanes,
		      const struct weft_consumer *consumer, struct weft_error *err)
{
	struct weft_timeline_options options = {lanes,
						weft_pipeline_get_facts(pipeline)->has_sched};
	struct pass pass = {
		.pipeline = pipeline,
		.walk = {.symbolizer = pipeline->symbolizer, .consumer = consumer},
	};
	struct weft_filter *filter = NULL;
	int ret = 0;

	if (weft_selection_is_partial(pipeline->selection)) {
		filter = weft_filter_create(pipeline->selection);
		if (!filter) {
			return weft_error_set(err, -ENOMEM, "out of memory");
		}
		if (weft_filter_needs_learning(filter)) {
			ret = learn(pipeline, lanes, filter, err);
		}
		pass.filter = filter;
		pass.walk.timeline = weft_timeline_create(&options, &weft_filter_ops, filter);
	} else {
		pass.walk.timeline = weft_timeline_create(&options, consumer->ops, consumer->ctx);
	}
	if (!pass.walk.timeline) {
		ret = weft_error_set(err, -ENOMEM, "out of memory");
	}
	if (ret == 0 && filter) {
		weft_filter_connect(filter, pass.walk.timeline, consumer->ops, consumer->ctx);
	}
	if (ret == 0) {
		ret = run_pass(&pass, err);
	}
	weft_timeline_destroy(pass.walk.timeline);
	weft_filter_destroy(filter);
	return ret;
}
