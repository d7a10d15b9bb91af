// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Profiles of time, out of the timeline: where threads ran, waited for a CPU, or were blocked.
 *
 * One interval of one thread becomes one event of its stack:
 *
 *     network            why it waited (or "run queue: preempted" and the like)
 *     recvfrom           the system call it was in, where known
 *     read_all, serve    the functions of the program that it was in, where call chains were recorded
 *     read-reply         its open regions, innermost first, at their call sites
 *     task request       the type of the task it worked for
 *     worker             the thread's name
 *     server             the process
 *
 * and labels process, thread, task, region, woken_by. Which task an interval belonged to is told by
 * the `account` event that ends it; without such events by the innermost region. Intervals that are
 * not over at the end count until then. Idle threads of the kernel do not count as waiting.
 *
 * pprof:cpu is made of `cpu_sample` events instead, when there is any: see sample-profile.h.
 *
 * Threads: one thread at a time per sink.
 */
#ifndef WEFT_CONVERTER_PROFILE_SINK_H
#define WEFT_CONVERTER_PROFILE_SINK_H

#include <stdbool.h>
#include <stdint.h>

#include <weft/convert.h>
#include <weft/pprof.h>

#include "id-map.h"
#include "sample-profile.h"
#include "symbolizer.h"
#include "timeline.h"

struct weft_profile_thread;

struct weft_profile_sink {
	enum weft_convert_format format;
	/* Intervals are counted; else cpu and sched come from `account` events. */
	bool has_intervals;
	struct weft_symbolizer *symbolizer; /* Weak. */
	struct weft_pprof *profile;         /* Owned. */
	bool has_samples;                   /* The CPU profile is `samples`, and not `profile`. */
	struct weft_sample_profile samples;
	int status; /* First failure. */
	bool started;
	uint64_t first_ns; /* Of the first hook about a thread. */
	uint64_t thread_count;
	struct weft_profile_thread *threads; /* Live ones; owned. */
	struct weft_id_map tasks;            /* Id → its type, a string of the profile. */
	struct weft_id_map
		chains; /* Hash of frames → chain, owned: threads sleep at the same places. */
};

/* The hooks; pass the sink as ctx. */
extern const struct weft_timeline_ops weft_profile_sink_ops;

/*
 * name: Stands where the main program's file name stands in other profiles.
 *
 * 0; -ENOMEM: to be finished all the same.
 */
WEFT_MUST_CHECK int weft_profile_sink_init(struct weft_profile_sink *sink,
					   enum weft_convert_format format, bool has_sched,
					   const char *name, struct weft_symbolizer *symbolizer);
/* Ends open intervals at `last_ns`, while the timeline's threads are still there. */
void weft_profile_sink_end(struct weft_profile_sink *sink, uint64_t last_ns);
void weft_profile_sink_fini(struct weft_profile_sink *sink);

/*
 * Whether the format needs scheduling data, so that a trace without any gives nothing; waits for locks,
 * which programs tell themselves, are enough for some.
 */
bool weft_profile_format_needs_sched(enum weft_convert_format format);

#endif
