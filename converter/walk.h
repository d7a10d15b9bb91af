// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * One walk over batches: timeline and symbolizer fed in the order that both need.
 *
 * Threads: one thread at a time per walk.
 */
#ifndef WEFT_CONVERTER_WALK_H
#define WEFT_CONVERTER_WALK_H

#include <stdbool.h>

#include <weft/error.h>

#include "batch.h"
#include "symbolizer.h"
#include "timeline.h"

/** Who gets the timeline. Pointers may be NULL where not said otherwise. */
struct weft_consumer {
	const struct weft_timeline_ops *ops; /**< Not NULL. */
	void *ctx;			     /**< For the hooks. */
	void *poll_ctx;			     /**< For the two below. */
	/** The wall clock time of the timeline's time 0, before the first hook. */
	void (*origin)(void *poll_ctx, int64_t origin_ns);
	/** Called between batches; a negative value ends the run with it. */
	int (*poll)(void *poll_ctx, uint64_t event_count);
};

/** Zero-initialise, then fill in; all pointers are weak. */
struct weft_walk {
	struct weft_timeline *timeline;
	struct weft_symbolizer *symbolizer; /**< NULL: call sites do not matter. */
	const struct weft_consumer *consumer;
	bool origin_told;
};

/** 0; the consumer's poll() value; -ENOMEM. */
WEFT_MUST_CHECK int weft_walk_batch(struct weft_walk *walk, const struct weft_batch *batch);

#endif
