// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
#include "unwind-arch.h"

#include <ucontext.h>

void weft_unwind_registers_get(const void *ucontext, struct weft_unwind_registers *ret_registers)
{
	const ucontext_t *context = (const ucontext_t *)ucontext;

	ret_registers->pc = (uintptr_t)context->uc_mcontext.gregs[REG_RIP];
	ret_registers->sp = (uintptr_t)context->uc_mcontext.gregs[REG_RSP];
	ret_registers->fp = (uintptr_t)context->uc_mcontext.gregs[REG_RBP];
	ret_registers->base = (uintptr_t)context->uc_mcontext.gregs[REG_RBX];
	ret_registers->scratch = (uintptr_t)context->uc_mcontext.gregs[REG_R10];
}

/*
 * The trampoline runs with sp at the ucontext_t: the handler's ret took the word below. The kernel
 * aligns it; a stack that was guessed need not be.
 */
bool weft_unwind_arch_interrupted(const struct weft_unwind_stack *stack,
				  struct weft_unwind_registers *registers)
{
	size_t needed = offsetof(ucontext_t, uc_mcontext.fpregs);

	if (registers->sp % _Alignof(ucontext_t) != 0 || registers->sp < stack->low ||
	    registers->sp >= stack->high || stack->high - registers->sp < needed) {
		return false;
	}
	weft_unwind_registers_get((const void *)registers->sp, registers);
	return true;
}
