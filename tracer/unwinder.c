// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
#include "unwinder.h"

#include <dlfcn.h>
#include <link.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "unwind-arch.h"
#include "unwind-cfi.h"

#define CACHE_SIZE 4096U /* Power of two; 64 KiB. */

/*
 * Two words without a lock: check = mixed key ^ rule. A pair that two writers tore does not match
 * and is a miss. The rule says all about a frame, so nothing else has to be published with it.
 */
struct entry {
	_Atomic uint64_t check;
	_Atomic uint64_t rule;
};

static struct entry cache[CACHE_SIZE];
static _Atomic uint64_t generation = 1;

/* Fibonacci hashing: the topmost bits are the well mixed ones. Odd, so no two keys become one. */
static uint64_t mix(uint64_t key)
{
	return key * UINT64_C(0x9e3779b97f4a7c15);
}

/* From the low bits: kind 4, fp_saved 2, base_saved 2, both offsets 16 each, cfa_offset / 8 24. */
static uint64_t pack(const struct weft_unwind_rule *rule)
{
	return (uint64_t)rule->kind | (uint64_t)rule->fp_saved << 4 |
	       (uint64_t)rule->base_saved << 6 | (uint64_t)(uint16_t)rule->fp_offset << 8 |
	       (uint64_t)(uint16_t)rule->base_offset << 24 |
	       (uint64_t)(int64_t)(rule->cfa_offset / 8) << 40;
}

static struct weft_unwind_rule unpack(uint64_t packed)
{
	return (struct weft_unwind_rule){
		.kind = (enum weft_unwind_kind)(packed & 0xf),
		.fp_saved = (enum weft_unwind_saved)(packed >> 4 & 3),
		.base_saved = (enum weft_unwind_saved)(packed >> 6 & 3),
		.fp_offset = (int16_t)(packed >> 8),
		.base_offset = (int16_t)(packed >> 24),
		.cfa_offset = (int32_t)((int64_t)packed >> 40) * 8,
	};
}

/* After a guess, code that looks as if it were running may be on its way to be unloaded. */
static bool is_permanent(const struct dl_find_object *found)
{
	return found->dlfo_link_map == _r_debug.r_map; /* The program itself. */
}

static bool find_object(uintptr_t pc, struct weft_unwind_object *ret_object, bool *ret_permanent)
{
	struct dl_find_object found;

	if (_dl_find_object((void *)pc, &found) != 0) {
		return false;
	}
	ret_object->low = (uintptr_t)found.dlfo_map_start;
	ret_object->high = (uintptr_t)found.dlfo_map_end;
	ret_object->header = (uintptr_t)found.dlfo_eh_frame;
	*ret_permanent = is_permanent(&found);
	return true;
}

/* A rule of kind NONE in an object ends the stack; only code of no object is guessed. */
static struct weft_unwind_rule find_rule(uintptr_t pc, bool guessed, bool *ret_object)
{
	uint64_t key = mix(pc ^ atomic_load_explicit(&generation, memory_order_relaxed) << 48);
	struct entry *entry = &cache[key >> 52];
	uint64_t packed = atomic_load_explicit(&entry->rule, memory_order_relaxed);
	struct weft_unwind_rule rule = {.kind = WEFT_UNWIND_KIND_NONE};
	struct weft_unwind_object object;
	bool permanent;

	*ret_object = true;
	if ((atomic_load_explicit(&entry->check, memory_order_relaxed) ^ packed) == key) {
		return unpack(packed);
	}
	*ret_object = find_object(pc, &object, &permanent);
	if (!*ret_object || (guessed && !permanent)) {
		return rule;
	}
	rule = weft_unwind_cfi_find(&object, pc);
	packed = pack(&rule);
	atomic_store_explicit(&entry->rule, packed, memory_order_relaxed);
	atomic_store_explicit(&entry->check, key ^ packed, memory_order_relaxed);
	return rule;
}

static const struct weft_unwind_stack *find_stack(const struct weft_unwind_bounds *bounds,
						  uintptr_t sp)
{
	for (size_t i = 0; i < WEFT_UNWIND_STACKS; i++) {
		if (sp >= bounds->stacks[i].low && sp < bounds->stacks[i].high) {
			return &bounds->stacks[i];
		}
	}
	return NULL;
}

/* May lie anywhere. */
struct word {
	uintptr_t value;
} __attribute__((packed, may_alias));

/* AddressSanitizer's redzones lie in the frames that a walk passes; memcpy() would report them. */
__attribute__((no_sanitize("address"))) static bool load(const struct weft_unwind_stack *stack,
							 uintptr_t at, uintptr_t *ret_word)
{
	if (at < stack->low || stack->high < sizeof(*ret_word) ||
	    at > stack->high - sizeof(*ret_word)) {
		return false;
	}
	*ret_word = ((const struct word *)at)->value;
	return true;
}

/*
 * GCC's epilogue of a realigned function restores fp, and its CFI never says so: fp then points
 * out of what is left of the frame. It does so last: base is restored, too.
 */
static bool restored_early(const struct weft_unwind_rule *rule,
			   const struct weft_unwind_registers *registers, uintptr_t cfa)
{
	return (rule->kind == WEFT_UNWIND_KIND_SCRATCH || rule->kind == WEFT_UNWIND_KIND_SP) &&
	       rule->fp_saved == WEFT_UNWIND_SAVED_AT_FP &&
	       (registers->fp < registers->sp || registers->fp >= cfa);
}

static bool find_cfa(const struct weft_unwind_stack *stack, const struct weft_unwind_rule *rule,
		     const struct weft_unwind_registers *registers, uintptr_t *ret_cfa)
{
	uintptr_t offset = (uintptr_t)(intptr_t)rule->cfa_offset;

	switch (rule->kind) {
	case WEFT_UNWIND_KIND_SP:
		*ret_cfa = registers->sp + offset;
		return true;
	case WEFT_UNWIND_KIND_FP:
		*ret_cfa = registers->fp + offset;
		return true;
	case WEFT_UNWIND_KIND_BASE:
		*ret_cfa = registers->base + offset;
		return true;
	case WEFT_UNWIND_KIND_SCRATCH:
		*ret_cfa = registers->scratch + offset;
		return true;
	case WEFT_UNWIND_KIND_DEREF:
		return load(stack, registers->fp + offset, ret_cfa);
	default:
		return false;
	}
}

/* Replaces a register by its caller's, saved beside anchor if at all; false if not on the stack. */
static bool recover(const struct weft_unwind_stack *stack, enum weft_unwind_saved saved,
		    uintptr_t anchor, int16_t offset, uintptr_t *value)
{
	if (saved == WEFT_UNWIND_SAVED_SAME) {
		return true;
	}
	if (saved == WEFT_UNWIND_SAVED_LOST) {
		*value = 0;
		return true;
	}
	return load(stack, anchor + (uintptr_t)(intptr_t)offset, value);
}

static bool step(const struct weft_unwind_stack *stack, const struct weft_unwind_rule *rule,
		 struct weft_unwind_registers *registers)
{
	struct weft_unwind_registers caller = *registers;
	uintptr_t cfa;

	/* The stack only grows shorter, so the walk ends. */
	if (!find_cfa(stack, rule, registers, &cfa) || cfa <= registers->sp ||
	    !load(stack, cfa - sizeof(cfa), &caller.pc)) {
		return false;
	}
	caller.sp = cfa;
	if (!restored_early(rule, registers, cfa)) {
		uintptr_t fp = registers->fp;

		if (!recover(stack, rule->fp_saved,
			     rule->fp_saved == WEFT_UNWIND_SAVED_AT_CFA ? cfa : fp, rule->fp_offset,
			     &caller.fp)) {
			return false;
		}
		if (!recover(stack, rule->base_saved,
			     rule->base_saved == WEFT_UNWIND_SAVED_AT_CFA ? cfa : fp,
			     rule->base_offset, &caller.base)) {
			caller.base = 0;
		}
	}
	*registers = caller;
	return caller.pc != 0;
}

size_t weft_unwind(const struct weft_unwind_registers *registers,
		   const struct weft_unwind_bounds *bounds, uintptr_t *pcs, size_t capacity)
{
	static const struct weft_unwind_rule frame_pointer = {
		.kind = WEFT_UNWIND_KIND_FP,
		.fp_saved = WEFT_UNWIND_SAVED_AT_FP,
		.base_saved = WEFT_UNWIND_SAVED_LOST,
		.cfa_offset = 2 * sizeof(uintptr_t),
	};
	struct weft_unwind_registers at = *registers;
	const struct weft_unwind_stack *stack = find_stack(bounds, at.sp);
	bool exact = true; /* pc is an instruction to run, not a return address. */
	bool guessed = false;
	size_t count = 0;

	while (count < capacity) {
		struct weft_unwind_rule rule;
		bool in_object;

		pcs[count++] = at.pc;
		if (!stack) {
			break;
		}
		rule = find_rule(exact ? at.pc : at.pc - 1, guessed, &in_object);
		if (rule.kind == WEFT_UNWIND_KIND_SCRATCH && !exact) {
			break; /* The callee may have used the register. */
		}
		exact = false;
		if (rule.kind == WEFT_UNWIND_KIND_NONE && !in_object) {
			rule = frame_pointer;
			guessed = true;
		}
		if (rule.kind == WEFT_UNWIND_KIND_SIGNAL) {
			if (!weft_unwind_arch_interrupted(stack, &at)) {
				break;
			}
			stack = find_stack(bounds, at.sp);
			exact = true;
		} else if (!step(stack, &rule, &at)) {
			break;
		}
	}
	return count;
}

void weft_unwind_forget(void)
{
	atomic_fetch_add_explicit(&generation, 1, memory_order_relaxed);
}
