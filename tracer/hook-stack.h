// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Stacks for hooks: functions that stand in front of libc's and may be called in any state, e.g. by
 * libc itself while it holds locks, or by the loader. So nothing here allocates, locks, or calls
 * anything but system calls.
 *
 * The bounds of the stack are looked up in /proc/self/maps once a thread, and each time that it runs
 * on a stack of its own making (a coroutine's), which may be unmapped later. Costs some 100 us then.
 *
 * Threads: any. Signals: safe. errno stays.
 */
#ifndef WEFT_TRACER_HOOK_STACK_H
#define WEFT_TRACER_HOOK_STACK_H

#include <stddef.h>
#include <stdint.h>

#include <weft/trace.h>

/*
 * Not 0 while the thread is inside of us: hooks then do nothing of their own, so that what we call
 * is neither profiled nor able to recurse. Threads of ours keep it set for life.
 */
extern WEFT_API __thread uint32_t weft_hook_guard_ __attribute__((tls_model("initial-exec")));

/*
 * The callers of a hook, innermost first: return addresses, pcs[0] is `caller`, the return address of
 * the hook itself. At most capacity. At least 1, just the caller, whatever the stack looks like.
 */
size_t weft_hook_stack(uintptr_t *ret_pcs, size_t capacity, uintptr_t caller);

/* To be called by the main thread, once, so that its stack is known for one. */
void weft_hook_stack_init(void);

/* Random state of the calling thread, for weft_random_next(). */
uint64_t *weft_hook_random(void);

#endif
