// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * All stacks of a report as one tree, from the root: what a flame graph draws.
 *
 *     weft_report_stacks__init ─▶ for (i...) stacks.items[stacks.order[i]] ─▶ fini
 *
 * An item is a place called by one chain of callers. Its parent has a lower index. Values are kept as
 * two sums, of what is above and of what is below zero, so that a difference in which one half of a
 * stack grew and the other shrank still has a width.
 */
#ifndef WEFT_PPROF_REPORT_STACKS_H
#define WEFT_PPROF_REPORT_STACKS_H

#include "report-graph.h"

struct report_stack {
	struct report_node *place; /* NULL: the root, item 0. */
	uint32_t parent, depth;    /* Of the root: 0. */
	bool is_inline;
	int64_t plus, minus; /* Of samples that end here; both 0 or more. */
	int64_t weight;      /* plus and minus of this and of all that it called. */
};

struct report_stacks {
	struct report_graph graph; /* Places only. */
	struct report_stack *items;
	uint32_t *order; /* Each behind its parent; of siblings the heaviest first. */
	uint32_t count;
	/* From here: while building. */
	size_t capacity;
	struct weft_hash_index index;
};

/** Sums up all samples. 0; -ENOMEM. To be released in any case. */
WEFT_MUST_CHECK int weft_report_stacks__init(struct report_stacks *stacks, struct report *report);
void weft_report_stacks__fini(struct report_stacks *stacks);

#endif
