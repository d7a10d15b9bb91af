// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Verifier of Go traces: rules of tasks, regions, logs and labels. See verify.h.
 */
#include "verify.h"

#include <errno.h>
#include <inttypes.h>

static int strict_task(const struct weft_verify_rule_call *call)
{
	uint64_t task = call->event->args[0];

	if (task == 0 || task == WEFT_VERIFY_NONE) {
		return weft_verify_strict(call,
					  "task %" PRId64 " cannot begin or end: it means "
					  "%s to readers",
					  (int64_t)task, task ? "none" : "the background task");
	}
	return 0;
}

int weft_verify_task_begin(const struct weft_verify_rule_call *call)
{
	struct weft_verify *verify = call->verify;
	uint64_t key = weft_verify_key(verify, call->event->args[0]);
	const uint8_t *known = (const uint8_t *)weft_id_map_find(&verify->tasks, key);
	int ret = weft_verify_need_user(call);

	if (ret == 0) {
		ret = strict_task(call);
	}
	if (ret < 0) {
		return ret;
	}
	if (known) {
		return weft_verify_broken(call, "a task of this id is active since byte %zu",
					  (size_t)(known - verify->bytes));
	}
	ret = weft_verify_count_object(verify);
	if (ret < 0) {
		return ret;
	}
	if (weft_id_map_put(&verify->tasks, key, (void *)(uintptr_t)call->event->at) < 0) {
		return weft_error_set_errno(verify->err, -ENOMEM, "keep active tasks");
	}
	verify->result->task_begin_count++;
	return WEFT_VERIFY_ADVANCE;
}

/* One that began before the trace did may end in it. */
int weft_verify_task_end(const struct weft_verify_rule_call *call)
{
	struct weft_verify *verify = call->verify;
	uint64_t key = weft_verify_key(verify, call->event->args[0]);
	int ret = weft_verify_need_user(call);

	if (ret == 0) {
		ret = strict_task(call);
	}
	if (ret < 0) {
		return ret;
	}
	if (weft_id_map_find(&verify->tasks, key)) {
		weft_id_map_remove(&verify->tasks, key);
		verify->object_count--;
	}
	verify->result->task_end_count++;
	return WEFT_VERIFY_ADVANCE;
}

int weft_verify_region_begin(const struct weft_verify_rule_call *call)
{
	struct weft_verify_region region = {call->event->args[0], weft_verify_arg_string(call, 1)};
	struct weft_verify_goroutine *goroutine = NULL;
	int ret = weft_verify_need_any(call, &goroutine);

	if (ret == 0) {
		ret = weft_verify_push(call->verify, &goroutine->regions, &region);
	}
	if (ret < 0) {
		return ret;
	}
	call->verify->result->region_begin_count++;
	return WEFT_VERIFY_ADVANCE;
}

int weft_verify_region_end(const struct weft_verify_rule_call *call)
{
	struct weft_verify_string name = weft_verify_arg_string(call, 1);
	struct weft_verify_goroutine *goroutine = NULL;
	int ret = weft_verify_need_any(call, &goroutine);

	if (ret < 0) {
		return ret;
	}
	/* With none open, this one began before the trace did. */
	if (goroutine->regions.count) {
		const struct weft_verify_region *top =
			&goroutine->regions.items[goroutine->regions.count - 1];

		if (top->task != call->event->args[0] ||
		    !weft_verify_string_equal(top->name, name)) {
			return weft_verify_broken(call,
						  "ends region '%.*s', but the innermost open "
						  "one is '%.*s' of task %" PRIu64,
						  (int)name.len, (const char *)name.text,
						  (int)top->name.len, (const char *)top->name.text,
						  top->task);
		}
		goroutine->regions.count--;
		call->verify->object_count--;
	}
	call->verify->result->region_end_count++;
	return WEFT_VERIFY_ADVANCE;
}

int weft_verify_log(const struct weft_verify_rule_call *call)
{
	int ret = weft_verify_need_user(call);

	if (ret < 0) {
		return ret;
	}
	call->verify->result->log_count++;
	return WEFT_VERIFY_ADVANCE;
}

int weft_verify_go_label(const struct weft_verify_rule_call *call)
{
	int ret = weft_verify_need_user(call);

	if (ret == 0 && weft_verify_arg_string(call, 0).len == 0) {
		ret = weft_verify_strict(call, "an empty label");
	}
	return ret < 0 ? ret : WEFT_VERIFY_ADVANCE;
}
