// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * See stack-bounds.h.
 */
#include "stack-bounds.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/uio.h>
#include <ucontext.h>
#include <unistd.h>

#include "proc-file.h"
#include "unwind-here.h"

/* vm.max_map_count is 65530 unless somebody raised it; what is beyond has no bounds. */
#define RANGES_MAX 65536U
/* 64 KiB of a sleeping thread's stack: most have less in use. */
#define COPIED_WORDS (8U << 10)
/* How far the main thread's stack is taken to grow where there is no limit. */
#define MAIN_STACK_SIZE_MAX ((uintptr_t)1 << 30)

/*
 * One list under a sequence number: even at rest, odd while it is written. A reader that meets a
 * writer goes without, because the reader may be a handler on the writer's own thread.
 */
struct range {
	_Atomic uintptr_t low, high;
};

static struct range ranges[RANGES_MAX]; /* By address. Pages are used as the list fills. */
static _Atomic uint32_t range_count;
static _Atomic uint32_t sequence;
static _Atomic uintptr_t main_stack_high; /* 0: not known yet. */
/* Guards writing the above; no other lock of ours is taken while it is held. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

/* The calling thread's own stack; high is set last, 0: unknown. */
static __thread volatile struct weft_unwind_stack own __attribute__((tls_model("initial-exec")));

/* ---- The list ---- */

static uintptr_t main_stack_low(uintptr_t low, uintptr_t high)
{
	struct rlimit limit;
	uintptr_t size = MAIN_STACK_SIZE_MAX;

	if (getrlimit(RLIMIT_STACK, &limit) == 0 && limit.rlim_cur < MAIN_STACK_SIZE_MAX) {
		size = (uintptr_t)limit.rlim_cur;
	}
	return high > size && high - size < low ? high - size : low;
}

/* A line of /proc/self/maps; whether a stack may lie there. The range is set in any case. */
static bool parse_line(const char *line, size_t len, struct weft_unwind_stack *ret_range)
{
	static const char main_stack[] = "[stack]";
	const size_t name_len = sizeof(main_stack) - 1;
	uintptr_t previous_high = ret_range->high;
	char *at;

	/* Not by sscanf(), which looks for the end of the whole text each time. */
	ret_range->low = (uintptr_t)strtoull(line, &at, 16);
	if (*at != '-') {
		return false;
	}
	ret_range->high = (uintptr_t)strtoull(at + 1, &at, 16);
	if (strncmp(at, " rw", 3) != 0) {
		return false;
	}
	if (len > name_len && memcmp(line + len - name_len, main_stack, name_len) == 0) {
		atomic_store_explicit(&main_stack_high, ret_range->high, memory_order_relaxed);
		ret_range->low = main_stack_low(ret_range->low, ret_range->high);
		ret_range->low = ret_range->low > previous_high ? ret_range->low : previous_high;
	}
	return true;
}

/* Under the lock, between the two changes of the sequence. */
static void write_ranges(const char *text)
{
	struct weft_unwind_stack range = {0, 0};
	const char *line = text;
	uint32_t count = 0;

	while (*line && count < RANGES_MAX) {
		size_t len = strcspn(line, "\n");

		if (parse_line(line, len, &range)) {
			atomic_store_explicit(&ranges[count].low, range.low, memory_order_relaxed);
			atomic_store_explicit(&ranges[count].high, range.high,
					      memory_order_relaxed);
			count++;
		}
		line += len + (line[len] == '\n');
	}
	atomic_store_explicit(&range_count, count, memory_order_relaxed);
}

int weft_stack_bounds_refresh(void)
{
	char *text;
	size_t len;
	int ret;

	(void)pthread_mutex_lock(&lock);
	ret = weft_proc_file_read("/proc/self/maps", &text, &len);
	if (ret == 0) {
		atomic_fetch_add_explicit(&sequence, 1, memory_order_relaxed);
		/* A1: pairs with R2 in find_range(): odd before any range changes. */
		atomic_thread_fence(memory_order_release);
		write_ranges(text);
		/* A2: pairs with R1 in find_range(): ranges before even. */
		atomic_fetch_add_explicit(&sequence, 1, memory_order_release);
		free(text);
	}
	(void)pthread_mutex_unlock(&lock);
	return ret;
}

static bool find_range(uintptr_t address, struct weft_unwind_stack *ret_range)
{
	uint32_t before = atomic_load_explicit(&sequence, memory_order_acquire); /* R1 */
	uint32_t low = 0;
	uint32_t high = atomic_load_explicit(&range_count, memory_order_relaxed);
	bool found = false;

	while (low < high && !found) {
		uint32_t middle = low + (high - low) / 2;

		ret_range->low = atomic_load_explicit(&ranges[middle].low, memory_order_relaxed);
		ret_range->high = atomic_load_explicit(&ranges[middle].high, memory_order_relaxed);
		if (address < ret_range->low) {
			high = middle;
		} else if (address >= ret_range->high) {
			low = middle + 1;
		} else {
			found = true;
		}
	}
	atomic_thread_fence(memory_order_acquire); /* R2 */
	return found && before % 2 == 0 &&
	       atomic_load_explicit(&sequence, memory_order_relaxed) == before;
}

/* ---- The calling thread ---- */

static void set_own(uintptr_t low, uintptr_t high)
{
	own.low = low;
	atomic_signal_fence(memory_order_release);
	own.high = high;
}

static bool is_in(const volatile struct weft_unwind_stack *stack, uintptr_t address)
{
	return address >= stack->low && address < stack->high;
}

/* The stack around sp, which is not the alternative one. */
static struct weft_unwind_stack find_own(uintptr_t sp)
{
	struct weft_unwind_stack range = {0, 0};
	uintptr_t self = (uintptr_t)pthread_self(); /* glibc: its descriptor's address. */

	if (is_in(&own, sp)) {
		return (struct weft_unwind_stack){own.low, own.high};
	}
	if (!find_range(sp, &range)) {
		return (struct weft_unwind_stack){0, 0};
	}
	if (self > sp && self <= range.high) {
		range.high = self;
		set_own(range.low, range.high);
	} else if (range.high == atomic_load_explicit(&main_stack_high, memory_order_relaxed)) {
		set_own(range.low, range.high);
	}
	return range;
}

void weft_stack_bounds_get(const void *ucontext, uintptr_t sp,
			   struct weft_unwind_bounds *ret_bounds)
{
	const stack_t *alternative = &((const ucontext_t *)ucontext)->uc_stack;
	struct weft_unwind_stack *second = &ret_bounds->stacks[1];

	second->low = second->high = 0;
	if (!(alternative->ss_flags & SS_DISABLE) && alternative->ss_size > 0) {
		second->low = (uintptr_t)alternative->ss_sp;
		second->high = second->low + alternative->ss_size;
	}
	if (is_in(second, sp)) {
		/* The walk will come to the thread's own stack, if that has been met before. */
		ret_bounds->stacks[0] = (struct weft_unwind_stack){own.low, own.high};
	} else {
		ret_bounds->stacks[0] = find_own(sp);
	}
}

void weft_stack_bounds_get_self(struct weft_unwind_bounds *ret_bounds)
{
	uintptr_t here = (uintptr_t)__builtin_frame_address(0);
	pthread_attr_t attributes;
	void *low = NULL;
	size_t size = 0;

	memset(ret_bounds, 0, sizeof(*ret_bounds));
	if (own.high == 0 && pthread_getattr_np(pthread_self(), &attributes) == 0) {
		if (pthread_attr_getstack(&attributes, &low, &size) == 0) {
			set_own((uintptr_t)low, (uintptr_t)low + size);
		}
		(void)pthread_attr_destroy(&attributes);
	}
	ret_bounds->stacks[0] = (struct weft_unwind_stack){own.low, own.high};
	if (!is_in(&own, here) && !find_range(here, &ret_bounds->stacks[1])) {
		(void)weft_stack_bounds_refresh(); /* A coroutine's, then. */
		if (!find_range(here, &ret_bounds->stacks[1])) {
			ret_bounds->stacks[1] = (struct weft_unwind_stack){0, 0};
		}
	}
}

__attribute__((noinline)) size_t weft_stack_bounds_walk(uintptr_t *ret_pcs, size_t capacity,
							size_t skip)
{
	struct weft_unwind_registers registers;
	struct weft_unwind_bounds bounds;
	uintptr_t pcs[256];
	size_t count;

	weft_stack_bounds_get_self(&bounds);
	weft_unwind_registers_here(&registers);
	count = weft_unwind(&registers, &bounds, pcs, sizeof(pcs) / sizeof(pcs[0]));
	skip += 2; /* This function, and the one that calls it. */
	count = count > skip ? count - skip : 0;
	count = count < capacity ? count : capacity;
	memcpy(ret_pcs, pcs + skip, count * sizeof(pcs[0]));
	return count;
}

size_t weft_stack_bounds_walk_other(uintptr_t pc, uintptr_t sp, uintptr_t *ret_pcs, size_t capacity)
{
	uintptr_t copy[COPIED_WORDS];
	struct weft_unwind_bounds bounds = {{{(uintptr_t)copy, 0}, {0, 0}}};
	const struct weft_unwind_registers registers = {.pc = pc, .sp = (uintptr_t)copy};
	struct weft_unwind_stack range;
	struct iovec to = {copy, sizeof(copy)};
	struct iovec from = {(void *)sp, sizeof(copy)};
	ssize_t size;
	size_t i;

	if (!find_range(sp, &range)) {
		return 0;
	}
	if (range.high - sp < sizeof(copy)) {
		from.iov_len = range.high - sp;
	}
	size = process_vm_readv(getpid(), &to, 1, &from, 1, 0);
	if (size <= 0) {
		return 0;
	}
	/* Saved registers that point into the stack shall point into the copy. */
	for (i = 0; i < (size_t)size / sizeof(copy[0]); i++) {
		if (copy[i] >= sp && copy[i] - sp < (size_t)size) {
			copy[i] = copy[i] - sp + (uintptr_t)copy;
		}
	}
	bounds.stacks[0].high = (uintptr_t)copy + (size_t)size;
	return weft_unwind(&registers, &bounds, ret_pcs, capacity);
}

void weft_stack_bounds_lock(void)
{
	(void)pthread_mutex_lock(&lock);
}

void weft_stack_bounds_unlock(void)
{
	(void)pthread_mutex_unlock(&lock);
}
