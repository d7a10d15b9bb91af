// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Selection of a part of the timeline: hooks in, fewer hooks out.
 *
 * Stands between the timeline and a consumer. What it lets through is again a legal timeline: a
 * thread is announced to the consumer when it first matters, in the state it has then.
 *
 *   time     hooks outside [from, until] are held back; threads running at `from` are announced then
 *   process  threads of other processes never matter
 *   tasks    only chosen tasks, their descendants, and their regions and logs; a thread matters
 *            from its first event for one of them
 *
 * Which tasks are chosen is learnt in a first pass over the input (weft_filter_learn_ops): task ids
 * are the same in both.
 *
 * Threads: one thread at a time per filter.
 */
#ifndef WEFT_CONVERTER_FILTER_H
#define WEFT_CONVERTER_FILTER_H

#include <stdbool.h>

#include <weft/convert.h>

#include "timeline.h"

struct weft_filter;

/** NULL: out of memory. The selection's texts are borrowed. */
struct weft_filter *weft_filter_create(const struct weft_selection *selection);
void weft_filter_destroy(struct weft_filter *filter);

/** Whether the selection leaves out anything. */
bool weft_selection_is_partial(const struct weft_selection *selection);
/** Whether the selection needs the first pass. */
bool weft_filter_needs_learning(const struct weft_filter *filter);

/** Hooks of the first pass; pass the filter as ctx. */
extern const struct weft_timeline_ops weft_filter_learn_ops;
/** Ends the first pass, at the time of its last event. 0; -ENOMEM: it ran out of memory. */
WEFT_MUST_CHECK int weft_filter_learned(struct weft_filter *filter, uint64_t last_ns);

/** Hooks of the pass that counts. */
extern const struct weft_timeline_ops weft_filter_ops;
/** Where that pass comes from and goes to. Weak. */
void weft_filter_connect(struct weft_filter *filter, const struct weft_timeline *timeline,
			 const struct weft_timeline_ops *ops, void *ctx);
/** True after the end of the selected time: reading on is useless. */
bool weft_filter_is_done(const struct weft_filter *filter);

#endif
