// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * See lock-wait.h.
 */
#include "lock-wait.h"

#include <errno.h>
#include <stddef.h>

#include "control.h"
#include "hook-stack.h"
#include "provider.h"

WEFT_API const int *const weft_lock_gate_ = &lttng_ust_tracepoint_weft___lock_wait_begin.state;

/* Not in what an event itself leads to. */
static bool may_emit(void)
{
	return weft_hook_guard_ == 0 && weft_self.is_traceable;
}

/* The thread's own events come first in each recording. */
static void announce(void)
{
	if (weft_self.epoch != atomic_load_explicit(&weft_control.epoch, memory_order_relaxed)) {
		weft_thread__announce();
	}
}

static void emit_begin(const struct weft_lock_passage *passage, int32_t holder, const void *caller)
{
	int saved_errno = errno;

	weft_hook_guard_++;
	announce();
	lttng_ust_do_tracepoint(weft, lock_wait_begin, weft_control.pid, weft_self.tid,
				weft_context_current_.task, (uint64_t)(uintptr_t)passage->object,
				(uint8_t)passage->kind, holder, (uint64_t)(uintptr_t)caller);
	weft_hook_guard_--;
	errno = saved_errno;
}

static void emit_end(const struct weft_lock_passage *passage)
{
	int saved_errno = errno;

	weft_hook_guard_++;
	lttng_ust_do_tracepoint(weft, lock_wait_end, weft_control.pid, weft_self.tid,
				weft_context_current_.task, (uint64_t)(uintptr_t)passage->object,
				(uint8_t)passage->kind);
	weft_hook_guard_--;
	errno = saved_errno;
}

static bool has_owner(enum weft_lock_kind kind)
{
	return kind == WEFT_LOCK_KIND_MUTEX || kind == WEFT_LOCK_KIND_RWLOCK_READ ||
	       kind == WEFT_LOCK_KIND_RWLOCK_WRITE;
}

WEFT_API void weft_lock_wait_enter(struct weft_lock_passage *ret_passage, enum weft_lock_kind kind,
				   const void *object, int32_t holder, const void *caller)
{
	ret_passage->object = object;
	ret_passage->kind = kind;
	ret_passage->is_traced = lttng_ust_tracepoint_enabled(weft, lock_wait_begin) && may_emit();
	if (ret_passage->is_traced) {
		emit_begin(ret_passage, holder, caller);
	}
	weft_lock_wait_begin(&ret_passage->wait, has_owner(kind) ? object : NULL);
}

WEFT_API void weft_lock_wait_leave(const struct weft_lock_passage *passage, const void *caller)
{
	weft_lock_wait_end(&passage->wait, caller);
	if (passage->is_traced && lttng_ust_tracepoint_enabled(weft, lock_wait_end)) {
		emit_end(passage);
	}
}
