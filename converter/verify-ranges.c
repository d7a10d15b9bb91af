// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Verifier of Go traces: rules of ranges (stop-the-world, garbage collection) and metrics. See
 * verify.h.
 */
#include "verify.h"

#include <inttypes.h>
#include <string.h>

int weft_verify_heap_metric(const struct weft_verify_rule_call *call)
{
	int ret = weft_verify_need_proc(call);

	return ret < 0 ? ret : WEFT_VERIFY_ADVANCE;
}

int weft_verify_allocation(const struct weft_verify_rule_call *call)
{
	int ret = weft_verify_need_thread(call);

	return ret < 0 ? ret : WEFT_VERIFY_ADVANCE;
}

int weft_verify_stw_begin(const struct weft_verify_rule_call *call)
{
	struct weft_verify_region range = {0, weft_verify_arg_string(call, 0)};
	struct weft_verify_goroutine *goroutine = NULL;
	int ret = weft_verify_need_any(call, &goroutine);
	size_t i;

	if (ret == 0) {
		ret = weft_verify_charge(call->verify, goroutine->stops.count);
	}
	if (ret < 0) {
		return ret;
	}
	for (i = 0; i < goroutine->stops.count; i++) {
		if (weft_verify_string_equal(goroutine->stops.items[i].name, range.name)) {
			return weft_verify_broken(call, "the goroutine is in a range of this kind "
							"already");
		}
	}
	ret = weft_verify_push(call->verify, &goroutine->stops, &range);
	return ret < 0 ? ret : WEFT_VERIFY_ADVANCE;
}

int weft_verify_stw_end(const struct weft_verify_rule_call *call)
{
	struct weft_verify_goroutine *goroutine = NULL;
	struct weft_verify_regions *stops;
	int ret = weft_verify_need_any(call, &goroutine);

	if (ret < 0) {
		return ret;
	}
	stops = &goroutine->stops;
	if (stops->count == 0) {
		return weft_verify_broken(call, "the goroutine is not in a stop-the-world range");
	}
	ret = weft_verify_charge(call->verify, stops->count);
	if (ret < 0) {
		return ret;
	}
	/* Whatever its kind, the one that was opened first. */
	memmove(stops->items, stops->items + 1, (stops->count - 1) * sizeof(*stops->items));
	stops->count--;
	call->verify->object_count--;
	return WEFT_VERIFY_ADVANCE;
}

/* Garbage collections are numbered over the whole trace. */
static int wait_for_gc(const struct weft_verify_rule_call *call)
{
	if (call->event->args[0] == call->verify->gc_seq + 1) {
		return WEFT_VERIFY_ADVANCE;
	}
	return weft_verify_wait(call, "waits for its turn, the last GC event was %" PRIu64,
				call->verify->gc_seq);
}

static int set_gc(const struct weft_verify_rule_call *call, enum weft_verify_gc gc)
{
	call->verify->gc = gc;
	call->verify->gc_seq = call->event->args[0];
	return WEFT_VERIFY_ADVANCE;
}

int weft_verify_gc_active(const struct weft_verify_rule_call *call)
{
	struct weft_verify *verify = call->verify;
	int ret;

	if (verify->generation.ordinal == 1) {
		if (verify->gc != WEFT_VERIFY_GC_UNKNOWN) {
			return weft_verify_broken(call, "in the first generation this must be the "
							"first event of the garbage collector");
		}
		return set_gc(call, WEFT_VERIFY_GC_ON);
	}
	ret = wait_for_gc(call);
	if (ret != WEFT_VERIFY_ADVANCE) {
		return ret;
	}
	if (verify->gc != WEFT_VERIFY_GC_ON) {
		return weft_verify_broken(call, "no garbage collection is running");
	}
	ret = weft_verify_need_user(call);
	return ret < 0 ? ret : set_gc(call, WEFT_VERIFY_GC_ON);
}

int weft_verify_gc_begin(const struct weft_verify_rule_call *call)
{
	int ret;

	if (call->verify->gc == WEFT_VERIFY_GC_UNKNOWN) {
		return set_gc(call, WEFT_VERIFY_GC_ON);
	}
	ret = wait_for_gc(call);
	if (ret != WEFT_VERIFY_ADVANCE) {
		return ret;
	}
	if (call->verify->gc == WEFT_VERIFY_GC_ON) {
		return weft_verify_broken(call, "a garbage collection is running already");
	}
	ret = weft_verify_need_user(call);
	return ret < 0 ? ret : set_gc(call, WEFT_VERIFY_GC_ON);
}

int weft_verify_gc_end(const struct weft_verify_rule_call *call)
{
	int ret = wait_for_gc(call);

	if (ret != WEFT_VERIFY_ADVANCE) {
		return ret;
	}
	if (call->verify->gc != WEFT_VERIFY_GC_ON) {
		return weft_verify_broken(call, "no garbage collection is running");
	}
	ret = weft_verify_need_user(call);
	return ret < 0 ? ret : set_gc(call, WEFT_VERIFY_GC_OFF);
}

/* Viewers keep an array of processors for these ranges, as long as ProcsChange says. */
static void note_range_proc(struct weft_verify *verify, uint64_t p)
{
	if (p != WEFT_VERIFY_NONE && p >= verify->range_proc_end) {
		verify->range_proc_end = p + 1;
	}
}

/* A status-like event: opens the range in the first generation, confirms it in later ones. */
static int activate(const struct weft_verify_rule_call *call, bool *is_open)
{
	if (call->verify->generation.ordinal == 1) {
		if (*is_open) {
			return weft_verify_broken(call, "the range is open already");
		}
		*is_open = true;
	} else if (!*is_open) {
		return weft_verify_broken(call, "no such range is open since an earlier "
						"generation");
	}
	return WEFT_VERIFY_ADVANCE;
}

static int begin(const struct weft_verify_rule_call *call, bool *is_open)
{
	if (*is_open) {
		return weft_verify_broken(call, "a range of this kind is open already");
	}
	*is_open = true;
	note_range_proc(call->verify, call->before.p);
	return WEFT_VERIFY_ADVANCE;
}

static int end(const struct weft_verify_rule_call *call, bool *is_open)
{
	if (!*is_open) {
		return weft_verify_broken(call, "no range of this kind is open");
	}
	*is_open = false;
	return WEFT_VERIFY_ADVANCE;
}

int weft_verify_sweep_active(const struct weft_verify_rule_call *call)
{
	uint64_t id = call->event->args[0];
	struct weft_verify_proc *proc = weft_verify_proc_find(call->verify, id);

	if (!proc) {
		return weft_verify_broken(call, "the processor is unknown");
	}
	note_range_proc(call->verify, id);
	return activate(call, &proc->has_sweep);
}

static int current_proc(const struct weft_verify_rule_call *call,
			struct weft_verify_proc **ret_proc)
{
	int ret = weft_verify_need_proc(call);

	if (ret < 0) {
		return ret;
	}
	*ret_proc = weft_verify_proc_find(call->verify, call->before.p);
	if (!*ret_proc) {
		return weft_verify_broken(call, "the thread's processor does not exist");
	}
	return 0;
}

int weft_verify_sweep_begin(const struct weft_verify_rule_call *call)
{
	struct weft_verify_proc *proc = NULL;
	int ret = current_proc(call, &proc);

	return ret < 0 ? ret : begin(call, &proc->has_sweep);
}

int weft_verify_sweep_end(const struct weft_verify_rule_call *call)
{
	struct weft_verify_proc *proc = NULL;
	int ret = current_proc(call, &proc);

	return ret < 0 ? ret : end(call, &proc->has_sweep);
}

int weft_verify_assist_active(const struct weft_verify_rule_call *call)
{
	struct weft_verify_goroutine *goroutine =
		weft_verify_goroutine_find(call->verify, call->event->args[0]);

	if (!goroutine) {
		return weft_verify_broken(call, "the goroutine is unknown");
	}
	return activate(call, &goroutine->has_assist);
}

int weft_verify_assist_begin(const struct weft_verify_rule_call *call)
{
	struct weft_verify_goroutine *goroutine = NULL;
	int ret = weft_verify_need_any(call, &goroutine);

	return ret < 0 ? ret : begin(call, &goroutine->has_assist);
}

int weft_verify_assist_end(const struct weft_verify_rule_call *call)
{
	struct weft_verify_goroutine *goroutine = NULL;
	int ret = weft_verify_need_any(call, &goroutine);

	return ret < 0 ? ret : end(call, &goroutine->has_assist);
}
