// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Reading traces: directories → batches of normalised events in time order.
 *
 * Builds a babeltrace2 graph (source.ctf.fs for each trace found, filter.utils.muxer, a sink of our
 * own, message-reader.h).
 *
 * Threads: one opens and closes a source; in between any number may run it.
 */
#ifndef WEFT_CONVERTER_SOURCE_H
#define WEFT_CONVERTER_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <weft/error.h>

#include "batch.h"
#include "trace-files.h"

/** What a look at the metadata tells before anything is read. */
struct weft_source_facts {
	bool has_weft;  /**< Declares events of <weft/events.h>. */
	bool has_sched; /**< Declares sched_switch. */
	char tier
		[WEFT_TIER_SIZE]; /**< Scheduling tier that a kernel trace of Weft names; "" else. */
	size_t trace_count;
	size_t stream_count;       /**< Stream files. */
	uint64_t cut_packet_count; /**< Packets whose end is missing from the files: left out. */
};

/** Where batches come from and go to: an empty one is asked for, a full one handed over. */
struct weft_source_ops {
	/** @return A batch with counts 0, NULL to stop reading. */
	struct weft_batch *(*get_batch)(void *ctx);
	void (*put_batch)(void *ctx, struct weft_batch *batch);
};

struct weft_source;

/**
 * Finds the traces below the inputs and looks at their metadata.
 *
 * @return 0; -ENOENT, -EACCES, ...: an input cannot be read; -ENODATA: no trace in it; -EPROTO: of a
 *         format babeltrace2 does not read.
 */
WEFT_MUST_CHECK int weft_source_open(const char *const *inputs, size_t input_count,
				     struct weft_source **ret_source, struct weft_error *err);
void weft_source_close(struct weft_source *source);
const struct weft_source_facts *weft_source_get_facts(const struct weft_source *source);

/**
 * Reads the streams of one part, of which each has about as many. Times are nanoseconds since the
 * part's first event. May be called again, and by several threads at once.
 *
 * @param part  0 ... part_count - 1.
 * @return 0; negative errno: what was read before has been handed over.
 */
WEFT_MUST_CHECK int weft_source_run(const struct weft_source *source, size_t part,
				    size_t part_count, const struct weft_source_ops *ops, void *ctx,
				    struct weft_error *err);

#endif
