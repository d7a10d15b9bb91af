// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * What the time of a thread, or of the tasks of a type, was made of: on a CPU, runnable without one,
 * blocked by reason; and who ended the waits.
 *
 * Tables are small and of fixed size: few reasons and few wakers matter, the last row takes the rest.
 * Rows are only added, never moved, so that an older copy can be subtracted.
 *
 * Threads: one at a time per object.
 */
#ifndef WEFT_CONVERTER_STATES_H
#define WEFT_CONVERTER_STATES_H

#include <stdbool.h>
#include <stdint.h>

#define WEFT_STATES_REASON_COUNT 10U
#define WEFT_STATES_WAKER_COUNT  8U

struct weft_reason_row {
	const char *reason; /**< Static; NULL: unused. */
	uint64_t count, ns;
};

/** Wake-ups by threads of one name. */
struct weft_waker_row {
	uint64_t name_id; /**< In the summary's names; 0: all others. Meaningful when count > 0. */
	uint64_t count;
};

struct weft_states {
	uint64_t run_ns;
	uint64_t wait_ns;      /**< Runnable without a CPU: after a wake-up, preempted, or new. */
	uint64_t preempted_ns; /**< The part of wait_ns after losing the CPU while runnable. */
	uint64_t preempted_count;
	struct weft_reason_row blocked[WEFT_STATES_REASON_COUNT];
	struct weft_waker_row wakers[WEFT_STATES_WAKER_COUNT];
};

/** @param reason  Static text. */
void weft_states_add_blocked(struct weft_states *states, const char *reason, uint64_t count,
			     uint64_t ns);
void weft_states_add_waker(struct weft_states *states, uint64_t name_id, uint64_t count);
/** Adds what `states` has more than its older copy `base` to `sum`; `base` becomes a copy. */
void weft_states_move_growth(struct weft_states *sum, const struct weft_states *states,
			     struct weft_states *base);
/** NULL: never blocked for that. */
const struct weft_reason_row *weft_states_find_reason(const struct weft_states *states,
						      const char *reason);
/** Whether there is anything. */
bool weft_states_is_empty(const struct weft_states *states);

#endif
