// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Walks the stack of the calling thread from a signal handler, without frame pointers: the rules
 * come from .eh_frame. Names nothing and stores nothing; samplers call it.
 *
 * Link with -z now, so that _dl_find_object is not bound inside a handler.
 *
 * Safety: no locks, no allocation, no system call, errno untouched. The stack is read only inside
 * the ranges that the caller vouches for, an object's CFI only inside its mapping and only for
 * code that was reached by CFI alone: such code is running, so it cannot be unloaded by a correct
 * program. After a frame-pointer guess only rules that are already cached are used, and those of
 * the program itself, which is never unloaded.
 *
 * What is left: code whose own stack lies (hand-written assembly with wrong CFI; libgcc for some
 * 200 instructions of phase two of an exception, when it has overwritten what its frames had saved)
 * may lead to any address that is on the stack, and to the CFI of a library that another thread is
 * unloading in that very moment. Who cannot live with that keeps handlers out of dlclose().
 */
#ifndef WEFT_UNWIND_H
#define WEFT_UNWIND_H

#include <stddef.h>
#include <stdint.h>

#define WEFT_UNWIND_STACKS 2

/* Where a thread is. */
struct weft_unwind_registers {
	uintptr_t pc;
	uintptr_t sp;
	uintptr_t fp;
	uintptr_t base;    /* Keeps the CFA of ld.so's lazy resolver; rbx on x86-64, 0 if lost. */
	uintptr_t scratch; /* Holds the CFA while a prologue realigns the stack; r10 on x86-64. */
};

/* One mapped stack, [low, high). An unused one is all zero. */
struct weft_unwind_stack {
	uintptr_t low;
	uintptr_t high;
};

/* The thread's own stack and its alternative signal stack, in any order. */
struct weft_unwind_bounds {
	struct weft_unwind_stack stacks[WEFT_UNWIND_STACKS];
};

/* How to step from one frame to its caller; offsets are in bytes. */
enum weft_unwind_kind {
	WEFT_UNWIND_KIND_NONE, /* No rule: the code has no CFI, or one that cannot be expressed. */
	WEFT_UNWIND_KIND_END,  /* Outermost frame. */
	WEFT_UNWIND_KIND_SP,   /* CFA = sp + cfa_offset. */
	WEFT_UNWIND_KIND_FP,   /* CFA = fp + cfa_offset. */
	WEFT_UNWIND_KIND_BASE, /* CFA = base + cfa_offset. */
	WEFT_UNWIND_KIND_SCRATCH, /* CFA = scratch + cfa_offset; innermost frames only. */
	WEFT_UNWIND_KIND_DEREF,   /* CFA = word at fp + cfa_offset. */
	WEFT_UNWIND_KIND_SIGNAL,  /* The interrupted registers lie in the kernel's frame at sp. */
};

/* Where the caller's value of a register is. */
enum weft_unwind_saved {
	WEFT_UNWIND_SAVED_SAME,   /* Still in the register. */
	WEFT_UNWIND_SAVED_AT_CFA, /* The word at CFA + offset. */
	WEFT_UNWIND_SAVED_AT_FP,  /* The word at fp + offset. */
	WEFT_UNWIND_SAVED_LOST,
};

/* The return address is always the word below the CFA; what differs has no rule. */
struct weft_unwind_rule {
	enum weft_unwind_kind kind;
	enum weft_unwind_saved fp_saved;
	enum weft_unwind_saved base_saved;
	int32_t cfa_offset; /* Multiple of 8, within WEFT_UNWIND_CFA_OFFSET_MAX. */
	int16_t fp_offset;
	int16_t base_offset;
};

#define WEFT_UNWIND_CFA_OFFSET_MAX (1 << 26)

/*
 * Writes the program counters of the frames, innermost first, into pcs and returns how many, at
 * most capacity. pcs[0] is registers->pc; the others are return addresses, or the interrupted
 * address behind a signal frame. Async-signal-safe; any thread.
 */
size_t weft_unwind(const struct weft_unwind_registers *registers,
		   const struct weft_unwind_bounds *bounds, uintptr_t *pcs, size_t capacity);

/* As above, from a handler's ucontext_t. Async-signal-safe. */
void weft_unwind_registers_get(const void *ucontext, struct weft_unwind_registers *ret_registers);

/*
 * Drops every cached rule. To be called, from outside handlers, when objects were unloaded. Until
 * then a rule of an object that lay at the same address may end a stack early or name a wrong
 * caller; it cannot make the walk fault. Async-signal-safe; any thread.
 */
void weft_unwind_forget(void);

#endif
