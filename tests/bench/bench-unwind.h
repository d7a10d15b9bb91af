// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * The peers that bench-unwind.c measures: one array a binary, for linking libunwind replaces
 * libgcc's unwinder and backtrace() of the whole program.
 */
#ifndef WEFT_BENCH_UNWIND_H
#define WEFT_BENCH_UNWIND_H

#include <stddef.h>

struct bench_peer {
	const char *name; /* NULL ends the array. */
	/* Walks the caller's stack, from where the context was interrupted if it can. */
	size_t (*walk)(const void *ucontext, void **pcs, size_t capacity);
};

extern const struct bench_peer bench_peers[];

#endif
