// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * The CPU profile out of a trace: its `cpu_sample` events, which programs emit while they profile
 * themselves.
 *
 * Samples have the stacks of the program, and labels process, thread, task and region: those that the
 * thread had at that moment. Addresses are kept until the end and then looked up all at once.
 *
 * Threads: one thread at a time per profile.
 */
#ifndef WEFT_CONVERTER_SAMPLE_PROFILE_H
#define WEFT_CONVERTER_SAMPLE_PROFILE_H

#include <stdint.h>

#include <weft/error.h>
#include <weft/pprof.h>

#include "id-map.h"
#include "symbolizer.h"
#include "timeline.h"

struct weft_sample_profile {
	struct weft_symbolizer *symbolizer; /* Weak. */
	struct weft_pprof *profile;         /* Owned. */
	int status;                         /* First failure. */
	uint64_t period_ns;                 /* Least time of a sample. */
	struct weft_id_map mappings;        /* Object's id → index of its mapping + 1. */
};

/* 0; -ENOMEM, -E2BIG: to be finished all the same. */
WEFT_MUST_CHECK int weft_sample_profile_init(struct weft_sample_profile *samples,
					     struct weft_symbolizer *symbolizer);
void weft_sample_profile_fini(struct weft_sample_profile *samples);

/*
 * Adds one sample; remembers the first failure.
 *
 * task: NULL for none. event: a WEFT_EVENT_CPU_SAMPLE.
 */
void weft_sample_profile_add(struct weft_sample_profile *samples, const struct weft_thread *thread,
			     const struct weft_task_state *task, const struct weft_event *event);

/* Puts names to addresses. 0; what failed first. */
WEFT_MUST_CHECK int weft_sample_profile_complete(struct weft_sample_profile *samples,
						 struct weft_error *err);

#endif
