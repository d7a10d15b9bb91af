// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Times by state, waits by reason and waker. See states.h.
 */
#include "states.h"

#include <stddef.h>
#include <string.h>

void weft_states_add_blocked(struct weft_states *states, const char *reason, uint64_t count,
			     uint64_t ns)
{
	struct weft_reason_row *row = states->blocked;
	struct weft_reason_row *last = &states->blocked[WEFT_STATES_REASON_COUNT - 1];

	while (row < last && row->reason && strcmp(row->reason, reason) != 0) {
		row++;
	}
	if (!row->reason) {
		row->reason = reason;
	} else if (strcmp(row->reason, reason) != 0) {
		row->reason = "other reasons";
	}
	row->count += count;
	row->ns += ns;
}

void weft_states_add_waker(struct weft_states *states, uint64_t name_id, uint64_t count)
{
	struct weft_waker_row *row = states->wakers;
	struct weft_waker_row *last = &states->wakers[WEFT_STATES_WAKER_COUNT - 1];

	while (row < last && row->count && row->name_id != name_id) {
		row++;
	}
	if (!row->count) {
		row->name_id = name_id;
	} else if (row->name_id != name_id) {
		row->name_id = 0;
	}
	row->count += count;
}

void weft_states_move_growth(struct weft_states *sum, const struct weft_states *states,
			     struct weft_states *base)
{
	unsigned int i;

	sum->run_ns += states->run_ns - base->run_ns;
	sum->wait_ns += states->wait_ns - base->wait_ns;
	sum->preempted_ns += states->preempted_ns - base->preempted_ns;
	sum->preempted_count += states->preempted_count - base->preempted_count;
	for (i = 0; i < WEFT_STATES_REASON_COUNT; i++) {
		uint64_t count = states->blocked[i].count - base->blocked[i].count;

		if (count) {
			weft_states_add_blocked(sum, states->blocked[i].reason, count,
						states->blocked[i].ns - base->blocked[i].ns);
		}
	}
	for (i = 0; i < WEFT_STATES_WAKER_COUNT; i++) {
		uint64_t count = states->wakers[i].count - base->wakers[i].count;

		if (count) {
			weft_states_add_waker(sum, states->wakers[i].name_id, count);
		}
	}
	*base = *states;
}

const struct weft_reason_row *weft_states_find_reason(const struct weft_states *states,
						      const char *reason)
{
	unsigned int i;

	for (i = 0; i < WEFT_STATES_REASON_COUNT && states->blocked[i].reason; i++) {
		if (strcmp(states->blocked[i].reason, reason) == 0) {
			return &states->blocked[i];
		}
	}
	return NULL;
}

bool weft_states_is_empty(const struct weft_states *states)
{
	return states->run_ns == 0 && states->wait_ns == 0 && !states->blocked[0].reason;
}
