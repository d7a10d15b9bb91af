// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * One walk over events: timeline and symbolizer fed in the order that both need.
 *
 * Threads: one thread at a time per walk.
 */
#ifndef WEFT_CONVERTER_WALK_H
#define WEFT_CONVERTER_WALK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <weft/error.h>

#include "event.h"
#include "namespaces.h"
#include "symbolizer.h"
#include "timeline.h"

/** Who gets the timeline. Pointers may be NULL where not said otherwise. */
struct weft_consumer {
	const struct weft_timeline_ops *ops; /**< Not NULL. */
	void *ctx;                           /**< For the hooks. */
	void *poll_ctx;                      /**< For the two below. */
	/** The wall clock time of the timeline's time 0, before the first hook. */
	void (*origin)(void *poll_ctx, int64_t origin_ns);
	/** Called every thousand events or so; a negative value ends the run with it. */
	int (*poll)(void *poll_ctx, uint64_t event_count);
	/** Called once after the last event, while the timeline's threads are still there. */
	void (*end)(void *poll_ctx);
};

/** Zero-initialise, then fill in; fini. All pointers are weak. */
struct weft_walk {
	struct weft_timeline *timeline;
	struct weft_symbolizer *symbolizer; /**< NULL: call sites do not matter. */
	const struct weft_consumer *consumer;
	bool origin_told;
	struct weft_namespaces namespaces;
	size_t unpolled_count; /**< Events since the consumer's last poll(). */
};

/**
 * @param origin_ns  Wall clock time of the events' time 0; only the first call's counts.
 * @return 0; the consumer's poll() value; -ENOMEM.
 */
WEFT_MUST_CHECK int weft_walk_events(struct weft_walk *walk, const struct weft_event *events,
				     size_t count, int64_t origin_ns);

/** Releases what the walk learnt. */
void weft_walk_fini(struct weft_walk *walk);

#endif
