// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Where a walk of one's own stack begins. Async-signal-safe.
 */
#ifndef WEFT_UNWIND_HERE_H
#define WEFT_UNWIND_HERE_H

#include "unwinder.h"

/* The registers of the function that calls this. */
static inline __attribute__((always_inline)) void
weft_unwind_registers_here(struct weft_unwind_registers *ret_registers)
{
#ifdef __x86_64__
	__asm__ volatile("leaq 0(%%rip), %0\n\tmovq %%rsp, %1\n\tmovq %%rbp, %2\n\tmovq %%rbx, %3"
			 : "=&r"(ret_registers->pc), "=&r"(ret_registers->sp),
			   "=&r"(ret_registers->fp), "=&r"(ret_registers->base));
#else
#error "no unwinder for this processor"
#endif
	ret_registers->scratch = 0;
}

#endif
