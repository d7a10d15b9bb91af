// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Reading on threads of its own: a source's streams are dealt out to several readers, whose batches
 * are merged in time order here.
 *
 *     source, part 0 (thread) ──batches──┐
 *     source, part 1 (thread) ──batches──┴─▶ weft_reading_next() ──▶ runs of events
 *
 * babeltrace2 is by far the slowest part of a conversion, and one graph of it uses one CPU.
 * The order of the result does not depend on the number of readers: events of equal time come by CPU.
 *
 * Threads: a reading belongs to one thread; what runs beside it is its own affair.
 */
#ifndef WEFT_CONVERTER_READING_H
#define WEFT_CONVERTER_READING_H

#include <stddef.h>
#include <stdint.h>

#include <weft/error.h>

#include "event.h"
#include "source.h"

struct weft_reading;

/**
 * Starts to read.
 *
 * @param source  Borrowed until the stop.
 * @return 0; -ENOMEM; -EAGAIN: no thread can be started.
 */
WEFT_MUST_CHECK int weft_reading_start(struct weft_source *source,
				       struct weft_reading **ret_reading, struct weft_error *err);

/**
 * The next events in time order; waits for them.
 *
 * @param ret_events  Borrowed until the next call. Times are since the first event of all.
 * @return How many; 0 at the end of all streams.
 */
size_t weft_reading_next(struct weft_reading *reading, const struct weft_event **ret_events);

/** Wall clock time of the events' time 0. Valid after the first weft_reading_next(). */
int64_t weft_reading_origin(const struct weft_reading *reading);

/**
 * Stops, at the end or before, and releases everything.
 *
 * @return 0; the first failure of a reader: what it read before was handed over.
 */
int weft_reading_stop(struct weft_reading *reading, struct weft_error *err);

#endif
