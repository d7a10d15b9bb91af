// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * What a sink does with the messages of babeltrace2: event messages → batches, losses → events.
 *
 * Shared by the source (a graph of our own) and the babeltrace2 plugin (a graph of the user's).
 * Times are made relative to the first event of interest. The only files that know babeltrace2 are
 * this one's, source.c, decode.c, bt-error.c and plugin.c.
 *
 * Threads: one thread at a time per reader.
 */
#ifndef WEFT_CONVERTER_MESSAGE_READER_H
#define WEFT_CONVERTER_MESSAGE_READER_H

#include <stdbool.h>
#include <stdint.h>

#include <babeltrace2/babeltrace.h>

#include <weft/error.h>

#include "batch.h"
#include "decode.h"
#include "source.h"

struct weft_message_reader {
	const struct weft_source_ops *ops;
	void *ctx;              /**< For ops. */
	struct weft_error *err; /**< May be NULL. */
	struct weft_decoder *decoder;
	struct weft_batch *batch; /**< Being filled; the consumer's. */
	bool has_sched; /**< A trace seen so far declares sched_switch. Streams begin before events. */
	const bt_trace_class *known_class; /**< Last one looked at; weak, compared only. */
	bool origin_known;
	bool stopped; /**< The consumer wants no more. */
	int64_t origin_ns;
	uint64_t last_ns;
	int status; /**< First failure. */
};

/** 0; -ENOMEM. */
WEFT_MUST_CHECK int weft_message_reader_init(struct weft_message_reader *reader,
					     const struct weft_source_ops *ops, void *ctx,
					     struct weft_error *err);
void weft_message_reader_fini(struct weft_message_reader *reader);

/**
 * Takes what the iterator has next; its messages are released.
 *
 * @return What the iterator said; END as well once the consumer wants no more or after a failure,
 *         which `status` then tells.
 */
bt_message_iterator_next_status weft_message_reader_next(struct weft_message_reader *reader,
							 bt_message_iterator *iterator);
/** Hands over what is left in the last batch. */
void weft_message_reader_flush(struct weft_message_reader *reader);

#endif
