// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * A recording that is still being written: which of its packets are there, and a view of those that
 * hold a span of time.
 *
 *     stream file   [ packet ][ packet ][ packet ][ pac...
 *     horizon                      |                          all before it is on disk
 *     view          span: .....[===]        whole packets that reach into it
 *
 * Both halves of a recording write what they have several times a second, so when the last packet of
 * one ends at a time T, all of it until a little before T is there. Packets end at nanoseconds of
 * CLOCK_MONOTONIC; only headers are read here.
 *
 * Threads: one at a time.
 */
#ifndef WEFT_CONVERTER_GROWING_TRACE_H
#define WEFT_CONVERTER_GROWING_TRACE_H

#include <stddef.h>
#include <stdint.h>

#include <weft/error.h>

struct weft_growing_packet {
	uint64_t at, size; /* In the file. */
	uint64_t begin_ns, end_ns;
};

struct weft_growing_stream {
	char *path;   /* Owned. */
	size_t trace; /* Number of its trace. */
	uint64_t scanned_bytes;
	uint64_t discarded_count;            /* As the last packet says. */
	struct weft_growing_packet *packets; /* Not yet given back; owned. */
	size_t packet_count, packet_capacity;
};

struct weft_growing_metadata {
	uint64_t bytes;
	uint64_t changed_ns; /* When that was seen to be another; CLOCK_MONOTONIC. */
};

struct weft_growing_trace {
	const char *dir; /* Weak. */
	struct weft_growing_stream *streams;
	size_t stream_count, stream_capacity;
	char **traces;                          /* Folders of traces; owned. */
	struct weft_growing_metadata *metadata; /* Of each; owned. */
	size_t trace_count;
	uint64_t new_lost_count; /* Events that packets say were dropped; taken by the user. */
};

void weft_growing_trace_init(struct weft_growing_trace *growing, const char *dir);
void weft_growing_trace_fini(struct weft_growing_trace *growing);

/** Looks for new packets. 0, also when there is nothing yet; a negative errno. */
WEFT_MUST_CHECK int weft_growing_trace_scan(struct weft_growing_trace *growing,
					    struct weft_error *err);

/**
 * Until when everything is there, as known from the last scan; 0: nothing is, or metadata have just
 * changed: LTTng writes them in pieces, and events that they do not describe yet cannot be read.
 */
uint64_t weft_growing_trace_horizon(const struct weft_growing_trace *growing);

/**
 * Makes a folder with a trace for each, of the packets that reach into a span of time.
 *
 * @param view  Path of the folder, which does not exist.
 * @return Number of packets; 0: there is none and no folder; a negative errno: what was made is left.
 */
WEFT_MUST_CHECK int weft_growing_trace_view(const struct weft_growing_trace *growing,
					    uint64_t from_ns, uint64_t until_ns, const char *view,
					    struct weft_error *err);
/** Removes the folder, as far as it was made. */
void weft_growing_trace_unview(const struct weft_growing_trace *growing, const char *view);

/** Forgets the packets that end before a time. */
void weft_growing_trace_forget(struct weft_growing_trace *growing, uint64_t until_ns);

#endif
