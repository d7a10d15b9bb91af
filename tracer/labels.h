// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * What the samplers see of <weft/labels.h>.
 */
#ifndef WEFT_TRACER_LABELS_H
#define WEFT_TRACER_LABELS_H

#include <stdatomic.h>
#include <stdint.h>

#include <weft/labels.h>

struct weft_labels {
	_Atomic uint32_t ref_count;
	uint32_t count;
	uint64_t hash;             /* Of all pairs: equal sets have equal hashes. Never 0. */
	struct weft_label pairs[]; /* By key; the texts lie behind. */
};

/*
 * The interrupted thread's set, NULL: none. Async-signal-safe on that thread. The thread holds a
 * reference for as long as the handler runs, so weft_labels_get_ref() may be called there.
 */
struct weft_labels *weft_labels__peek(void);

/*
 * The set of another thread, which may be running: a reference; NULL: none. A thread that changes its
 * set just then waits for a moment. Any thread; not signal-safe.
 */
struct weft_labels *weft_labels__get_ref_of(int32_t tid);

/* Whether both have the same pairs. Async-signal-safe. */
bool weft_labels__equal(const struct weft_labels *a, const struct weft_labels *b);

/* At the end of the calling thread. */
void weft_labels__thread_end(void);

/* Around fork(); the child, under the lock, forgets the other threads. */
void weft_labels__lock(void);
void weft_labels__unlock(void);
void weft_labels__forget(void);

#endif
