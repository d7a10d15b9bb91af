// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
#include "bench-unwind.h"

#define UNW_LOCAL_ONLY
#include <libunwind.h>

static size_t walk_by_steps(const void *ucontext, void **pcs, size_t capacity)
{
	unw_cursor_t cursor;
	size_t count = 0;

	if (unw_init_local2(&cursor, (unw_context_t *)ucontext, UNW_INIT_SIGNAL_FRAME) != 0) {
		return 0;
	}
	do {
		unw_word_t pc;

		if (unw_get_reg(&cursor, UNW_REG_IP, &pc) != 0) {
			break;
		}
		pcs[count++] = (void *)pc;
	} while (count < capacity && unw_step(&cursor) > 0);
	return count;
}

static size_t walk_traced(const void *ucontext, void **pcs, size_t capacity)
{
	(void)ucontext;
	return (size_t)unw_backtrace(pcs, (int)capacity);
}

const struct bench_peer bench_peers[] = {
	{"libunwind unw_backtrace()", walk_traced},
	{"libunwind unw_step()", walk_by_steps},
	{NULL, NULL},
};
