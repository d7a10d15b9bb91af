// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * See wall-clock.h.
 */
#include "wall-clock.h"

#include <errno.h>
#include <inttypes.h>
#include <stdatomic.h>
#include <time.h>

#include "control.h"
#include "raw-profile.h"
#include "stack-table.h"
#include "thread-stacks.h"

#define SECONDS_DEFAULT 30
#define NS_PER_S        UINT64_C(1000000000)
#define PERIOD_NS       (NS_PER_S / 99) /* As fgprof's; not in step with what runs at 100 Hz. */
#define PAUSE_NS_MAX    (NS_PER_S / 10)
#define LOAD_DIVISOR    50U
#define STACKS_MAX      16384U

static uint64_t own_cpu_ns(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now); /* Cannot fail for this clock. */
	return (uint64_t)now.tv_sec * NS_PER_S + (uint64_t)now.tv_nsec;
}

/* False: the client is gone. */
static bool sleep_until(uint64_t end_ns, struct weft_export_output *output)
{
	for (;;) {
		uint64_t now_ns = weft_control__now_ns();
		struct timespec pause = {0, 0};

		if (weft_export_is_gone(output)) {
			return false;
		}
		if (now_ns >= end_ns) {
			return true;
		}
		pause.tv_nsec =
			(long)(end_ns - now_ns < PAUSE_NS_MAX ? end_ns - now_ns : PAUSE_NS_MAX);
		(void)nanosleep(&pause, NULL); /* Woken early: looks again. */
	}
}

/* Looks until the time is over. 0; a negative errno. */
static int look(struct weft_stack_table *table, uint64_t begin_ns, uint64_t end_ns,
		struct weft_export_output *output, uint64_t *ret_count)
{
	uint64_t last_ns = begin_ns;
	uint64_t count = 0;

	while (last_ns < end_ns) {
		uint64_t cpu_ns = own_cpu_ns();
		uint64_t pause_ns = PERIOD_NS;
		uint64_t now_ns;
		int ret;

		if (!sleep_until(last_ns + pause_ns < end_ns ? last_ns + pause_ns : end_ns,
				 output)) {
			return -EPIPE;
		}
		now_ns = weft_control__now_ns();
		ret = weft_thread_stacks_add(table, (int64_t)(now_ns - last_ns));
		if (ret < 0) {
			return ret;
		}
		last_ns = now_ns;
		count++;
		/* What the look cost counts against the next. */
		pause_ns = (own_cpu_ns() - cpu_ns) * LOAD_DIVISOR;
		if (pause_ns > PERIOD_NS && now_ns + pause_ns < end_ns &&
		    !sleep_until(now_ns + pause_ns - PERIOD_NS, output)) {
			return -EPIPE;
		}
	}
	*ret_count = count;
	return 0;
}

static int write_piece(void *ctx, const void *bytes, size_t size)
{
	return weft_export_write((struct weft_export_output *)ctx, bytes, size);
}

static void add_samples(struct weft_raw_profile *raw, struct weft_stack_table *table)
{
	const struct weft_stack_entry *entry;
	uint32_t cursor = 0;

	while ((entry = weft_stack_table_next(table, &cursor))) {
		const int64_t values[] = {
			atomic_load_explicit(&entry->values[0], memory_order_relaxed),
			atomic_load_explicit(&entry->values[1], memory_order_relaxed)};
		const struct weft_raw_sample sample = {
			.pcs = entry->pcs, .depth = entry->depth, .values = values};

		weft_raw_profile_add_sample(raw, &sample);
	}
}

int weft_wall_clock_write(const struct weft_export_request *request,
			  struct weft_export_output *output)
{
	uint64_t seconds = request->seconds > 0 ? (uint64_t)request->seconds : SECONDS_DEFAULT;
	int64_t wall_ns = weft_raw_profile_now_ns();
	uint64_t begin_ns = weft_control__now_ns();
	uint64_t count = 0;
	struct weft_stack_table *table = weft_stack_table_create(STACKS_MAX);
	struct weft_raw_profile *raw = NULL;
	int ret;

	if (!table) {
		return -ENOMEM;
	}
	ret = look(table, begin_ns, begin_ns + seconds * NS_PER_S, output, &count);
	if (ret < 0) {
		goto out;
	}
	raw = weft_raw_profile_create(write_piece, output);
	if (!raw) {
		ret = -ENOMEM;
		goto out;
	}
	weft_raw_profile_add_sample_type(raw, "samples", "count");
	weft_raw_profile_add_sample_type(raw, "time", "nanoseconds");
	weft_raw_profile_set_period(raw, "wallclock", "nanoseconds", (int64_t)PERIOD_NS);
	weft_raw_profile_set_time(raw, wall_ns, (int64_t)(weft_control__now_ns() - begin_ns));
	weft_raw_profile_add_comment(
		raw, "wall clock: all threads looked at %" PRIu64 " times in %" PRIu64 " s", count,
		seconds);
	add_samples(raw, table);
	ret = weft_raw_profile_finish(raw);
	weft_raw_profile_destroy(raw);
out:
	weft_stack_table_destroy(table);
	return ret;
}
