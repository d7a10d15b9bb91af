// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
#include "bench-unwind.h"

#include <execinfo.h>
#include <unwind.h>

struct trace {
	void **pcs;
	size_t count;
	size_t capacity;
};

static _Unwind_Reason_Code add_frame(struct _Unwind_Context *context, void *argument)
{
	struct trace *trace = (struct trace *)argument;

	trace->pcs[trace->count++] = (void *)_Unwind_GetIP(context);
	return trace->count == trace->capacity ? _URC_END_OF_STACK : _URC_NO_REASON;
}

static size_t walk_libgcc(const void *ucontext, void **pcs, size_t capacity)
{
	struct trace trace = {.pcs = pcs, .capacity = capacity};

	(void)ucontext;
	(void)_Unwind_Backtrace(add_frame, &trace);
	return trace.count;
}

static size_t walk_glibc(const void *ucontext, void **pcs, size_t capacity)
{
	(void)ucontext;
	return (size_t)backtrace(pcs, (int)capacity);
}

const struct bench_peer bench_peers[] = {
	{"libgcc _Unwind_Backtrace()", walk_libgcc},
	{"glibc backtrace()", walk_glibc},
	{NULL, NULL},
};
