// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/* What the unwinder asks of a processor; one unwind-ARCH.c implements it and unwinder.h's reader. */
#ifndef WEFT_UNWIND_ARCH_H
#define WEFT_UNWIND_ARCH_H

#include <stdbool.h>

#include "unwinder.h"

/*
 * Replaces the registers at a signal trampoline by the interrupted ones. False, registers
 * untouched, if the kernel's frame does not lie inside the stack. Async-signal-safe.
 */
bool weft_unwind_arch_interrupted(const struct weft_unwind_stack *stack,
				  struct weft_unwind_registers *registers);

#endif
