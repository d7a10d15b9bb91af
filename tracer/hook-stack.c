// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * See hook-stack.h.
 */
#include "hook-stack.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "sampling.h"
#include "stack-table.h"
#include "unwind-here.h"
#include "unwinder.h"

#define PIECE_SIZE 1024
/* Frames of ours between the walk and the caller of a hook. */
#define OWN_FRAMES_MAX 8

WEFT_API __thread uint32_t weft_hook_guard_;

/* Somewhere on the main thread's stack; 0: not known. */
static uintptr_t main_stack;
static __thread struct weft_unwind_stack own __attribute__((tls_model("initial-exec")));
static __thread uint64_t random_state __attribute__((tls_model("initial-exec")));

/* ---- /proc/self/maps, a byte at a time ---- */

enum field {
	FIELD_LOW,
	FIELD_HIGH,
	FIELD_REST,
};

struct scan {
	enum field field;
	struct weft_unwind_stack range; /* Of the line being read. */
};

static uintptr_t append_digit(uintptr_t number, char c)
{
	return number * 16 + (uintptr_t)(c <= '9' ? c - '0' : c - 'a' + 10);
}

/* A line "low-high perms ..." at a time. True when the range around sp is complete. */
static bool scan_byte(struct scan *scan, char c, uintptr_t sp)
{
	switch (scan->field) {
	case FIELD_LOW:
		if (c == '-') {
			scan->field = FIELD_HIGH;
		} else {
			scan->range.low = append_digit(scan->range.low, c);
		}
		return false;
	case FIELD_HIGH:
		if (c != ' ') {
			scan->range.high = append_digit(scan->range.high, c);
			return false;
		}
		scan->field = FIELD_REST;
		return sp >= scan->range.low && sp < scan->range.high;
	case FIELD_REST:
		if (c == '\n') {
			scan->range = (struct weft_unwind_stack){0, 0};
			scan->field = FIELD_LOW;
		}
		return false;
	}
	return false;
}

static bool find_mapping(int fd, uintptr_t sp, struct scan *ret_scan)
{
	char piece[PIECE_SIZE];
	ssize_t len;
	ssize_t i;

	memset(ret_scan, 0, sizeof(*ret_scan));
	while ((len = syscall(SYS_read, fd, piece, sizeof(piece))) > 0) {
		for (i = 0; i < len; i++) {
			if (scan_byte(ret_scan, piece[i], sp)) {
				return true;
			}
		}
	}
	return false;
}

static bool is_in(const struct weft_unwind_stack *stack, uintptr_t address)
{
	return address >= stack->low && address < stack->high;
}

/*
 * The range around sp; empty when it cannot be had. A thread's own stack, which stays as long as the
 * thread, is kept in `own`. System calls by number: the wrappers of open() and close() are
 * cancellation points, and somebody may have put a function of his own in their place.
 */
static struct weft_unwind_stack find_stack(uintptr_t sp)
{
	uintptr_t self = (uintptr_t)pthread_self(); /* glibc: the address of its descriptor. */
	struct weft_unwind_stack stack = {0, 0};
	struct scan scan;
	long fd = syscall(SYS_openat, AT_FDCWD, "/proc/self/maps", O_RDONLY | O_CLOEXEC);

	if (fd < 0) {
		return stack;
	}
	if (find_mapping((int)fd, sp, &scan)) {
		stack = scan.range;
		/* In a thread of libc's the descriptor lies above the stack in the same mapping. */
		if (self > sp && self < stack.high) {
			stack.high = self;
			own = stack;
		} else if (is_in(&stack, main_stack)) {
			own = stack;
		}
	}
	(void)syscall(SYS_close, fd);
	return stack;
}

void weft_hook_stack_init(void)
{
	main_stack = (uintptr_t)__builtin_frame_address(0);
}

__attribute__((noinline)) size_t weft_hook_stack(uintptr_t *ret_pcs, size_t capacity,
						 uintptr_t caller)
{
	struct weft_unwind_bounds bounds = {0};
	struct weft_unwind_registers registers;
	uintptr_t pcs[WEFT_STACK_DEPTH_MAX + OWN_FRAMES_MAX];
	size_t count;
	size_t skip;
	int saved_errno = errno;

	weft_unwind_registers_here(&registers);
	bounds.stacks[0] = is_in(&own, registers.sp) ? own : find_stack(registers.sp);
	errno = saved_errno;
	count = weft_unwind(&registers, &bounds, pcs, sizeof(pcs) / sizeof(pcs[0]));
	for (skip = 0; skip < count && pcs[skip] != caller; skip++) {
	}
	if (skip == count) {
		ret_pcs[0] = caller;
		return 1;
	}
	count = count - skip < capacity ? count - skip : capacity;
	memcpy(ret_pcs, pcs + skip, count * sizeof(pcs[0]));
	return count;
}

uint64_t *weft_hook_random(void)
{
	static _Atomic uint64_t next_seed;
	struct timespec now;

	if (random_state == 0) {
		(void)clock_gettime(CLOCK_MONOTONIC, &now); /* Cannot fail for this clock. */
		random_state = (uint64_t)now.tv_nsec << 20 ^ (uint64_t)now.tv_sec ^
			       (atomic_fetch_add_explicit(&next_seed, 1, memory_order_relaxed) + 1)
				       << 48;
		(void)weft_random_next(&random_state);
	}
	return &random_state;
}
