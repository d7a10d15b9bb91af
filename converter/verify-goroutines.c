// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Verifier of Go traces: rules of goroutines. See verify.h.
 */
#include "verify.h"

#include <inttypes.h>
#include <string.h>

#define VIEWER_ROW_FIRST 1000001U
#define VIEWER_ROW_LAST  1000005U

static int strict_id(const struct weft_verify_rule_call *call, uint64_t id)
{
	if (id == 0 || id == WEFT_VERIFY_NONE) {
		return weft_verify_strict(call, "goroutine %" PRId64 " means none to viewers",
					  (int64_t)id);
	}
	if (id >= VIEWER_ROW_FIRST && id <= VIEWER_ROW_LAST) {
		return weft_verify_strict(call, "viewers use %u to %u for other rows",
					  VIEWER_ROW_FIRST, VIEWER_ROW_LAST);
	}
	if (call->event->m == 0) {
		return weft_verify_strict(call, "stream 0: viewers draw no arrow from it");
	}
	return 0;
}

int weft_verify_go_create(const struct weft_verify_rule_call *call)
{
	uint64_t id = call->event->args[0];
	struct weft_verify_goroutine *creator = NULL;
	int ret = weft_verify_need_proc(call);

	if (ret == 0 && call->before.g != WEFT_VERIFY_NONE) {
		ret = weft_verify_current_goroutine(call, WEFT_VERIFY_GO_RUNNING, &creator);
	}
	if (ret == 0) {
		ret = strict_id(call, id);
	}
	if (ret < 0) {
		return ret;
	}
	if (weft_verify_goroutine_find(call->verify, id)) {
		return weft_verify_broken(call, "creates a goroutine that already exists");
	}
	ret = weft_verify_goroutine_add(call, id,
					call->event->type == WEFT_VERIFY_GO_CREATE_BLOCKED
						? WEFT_VERIFY_GO_WAITING
						: WEFT_VERIFY_GO_RUNNABLE);
	return ret < 0 ? ret : WEFT_VERIFY_ADVANCE;
}

int weft_verify_go_create_syscall(const struct weft_verify_rule_call *call)
{
	uint64_t id = call->event->args[0];
	int ret = weft_verify_need_thread(call);

	if (ret == 0) {
		ret = weft_verify_need_no_goroutine(call);
	}
	if (ret == 0) {
		ret = strict_id(call, id);
	}
	if (ret < 0) {
		return ret;
	}
	if (weft_verify_goroutine_find(call->verify, id)) {
		return weft_verify_broken(call, "creates a goroutine that already exists");
	}
	ret = weft_verify_goroutine_add(call, id, WEFT_VERIFY_GO_SYSCALL);
	if (ret < 0) {
		return ret;
	}
	weft_verify_bind_goroutine(call->verify, call->thread, id);
	return WEFT_VERIFY_ADVANCE;
}

/* Common to all that give an existing goroutine its next number. */
static int wait_for(const struct weft_verify_rule_call *call, uint64_t id, uint64_t seq,
		    uint8_t status, struct weft_verify_goroutine **ret_goroutine)
{
	struct weft_verify *verify = call->verify;
	struct weft_verify_goroutine *goroutine = weft_verify_goroutine_find(verify, id);

	if (!goroutine) {
		(void)weft_verify_wait(call, "waits for the goroutine to be created or announced");
		return WEFT_VERIFY_WAIT;
	}
	if (goroutine->status != status) {
		(void)weft_verify_wait(call, "waits for the goroutine to be %s, it is %s",
				       weft_verify_go_status_name(status),
				       weft_verify_go_status_name(goroutine->status));
		return WEFT_VERIFY_WAIT;
	}
	if (!weft_verify_is_next(verify, goroutine->seq_generation, goroutine->seq, seq)) {
		(void)weft_verify_wait(call,
				       "waits for its turn, the goroutine is at seq %" PRIu64
				       " of generation %" PRIu64,
				       goroutine->seq, goroutine->seq_generation);
		return WEFT_VERIFY_WAIT;
	}
	*ret_goroutine = goroutine;
	return WEFT_VERIFY_ADVANCE;
}

static void advance(struct weft_verify *verify, struct weft_verify_goroutine *goroutine,
		    uint8_t status, uint64_t seq)
{
	goroutine->status = status;
	goroutine->seq_generation = verify->generation.number;
	goroutine->seq = seq;
}

int weft_verify_go_start(const struct weft_verify_rule_call *call)
{
	uint64_t id = call->event->args[0];
	uint64_t seq = call->event->args[1];
	struct weft_verify_goroutine *goroutine = NULL;
	int ret = wait_for(call, id, seq, WEFT_VERIFY_GO_RUNNABLE, &goroutine);

	if (ret != WEFT_VERIFY_ADVANCE) {
		return ret;
	}
	ret = weft_verify_need_proc(call);
	if (ret == 0) {
		ret = weft_verify_need_no_goroutine(call);
	}
	if (ret < 0) {
		return ret;
	}
	advance(call->verify, goroutine, WEFT_VERIFY_GO_RUNNING, seq);
	weft_verify_bind_goroutine(call->verify, call->thread, id);
	return WEFT_VERIFY_ADVANCE;
}

static int strict_ranges(const struct weft_verify_rule_call *call,
			 const struct weft_verify_goroutine *goroutine)
{
	if (goroutine->stops.count || goroutine->has_assist) {
		return weft_verify_strict(call, "the goroutine ends within a range "
						"(stop-the-world or mark assist)");
	}
	return 0;
}

int weft_verify_go_destroy(const struct weft_verify_rule_call *call)
{
	struct weft_verify_goroutine *goroutine = NULL;
	int ret = weft_verify_need_goroutine(call, WEFT_VERIFY_GO_RUNNING, &goroutine);

	if (ret == 0) {
		ret = strict_ranges(call, goroutine);
	}
	if (ret < 0) {
		return ret;
	}
	weft_verify_bind_goroutine(call->verify, call->thread, WEFT_VERIFY_NONE);
	weft_verify_goroutine_remove(call->verify, goroutine);
	return WEFT_VERIFY_ADVANCE;
}

int weft_verify_go_destroy_syscall(const struct weft_verify_rule_call *call)
{
	struct weft_verify *verify = call->verify;
	struct weft_verify_goroutine *goroutine = NULL;
	struct weft_verify_proc *proc = weft_verify_proc_find(verify, call->before.p);
	int ret = weft_verify_current_goroutine(call, WEFT_VERIFY_GO_SYSCALL, &goroutine);

	if (ret == 0) {
		ret = strict_ranges(call, goroutine);
	}
	if (ret < 0) {
		return ret;
	}
	if (call->before.p != WEFT_VERIFY_NONE &&
	    (!proc || proc->status != WEFT_VERIFY_PROC_SYSCALL)) {
		return weft_verify_broken(call, "the thread's processor should be in a syscall");
	}
	if (proc) {
		proc->status = WEFT_VERIFY_PROC_ABANDONED;
		weft_verify_bind_proc(verify, call->thread, WEFT_VERIFY_NONE);
	}
	weft_verify_bind_goroutine(verify, call->thread, WEFT_VERIFY_NONE);
	weft_verify_goroutine_remove(verify, goroutine);
	return WEFT_VERIFY_ADVANCE;
}

/* args: reason, stack. */
static int leave(const struct weft_verify_rule_call *call, uint8_t status)
{
	static const struct weft_verify_string forever = {(const uint8_t *)"forever", 7};
	struct weft_verify_goroutine *goroutine = NULL;
	int ret = weft_verify_need_goroutine(call, WEFT_VERIFY_GO_RUNNING, &goroutine);

	if (ret == 0 && call->event->args[1] == 0) {
		ret = weft_verify_strict(call, "without a stack, which the profiles of viewers "
					       "need");
	}
	if (ret == 0 && weft_verify_string_equal(weft_verify_arg_string(call, 0), forever)) {
		ret = weft_verify_strict(call, "reason 'forever' makes viewers take the goroutine "
					       "for ended");
	}
	if (ret < 0) {
		return ret;
	}
	goroutine->status = status;
	weft_verify_bind_goroutine(call->verify, call->thread, WEFT_VERIFY_NONE);
	return WEFT_VERIFY_ADVANCE;
}

int weft_verify_go_stop(const struct weft_verify_rule_call *call)
{
	return leave(call, WEFT_VERIFY_GO_RUNNABLE);
}

int weft_verify_go_block(const struct weft_verify_rule_call *call)
{
	return leave(call, WEFT_VERIFY_GO_WAITING);
}

int weft_verify_go_unblock(const struct weft_verify_rule_call *call)
{
	uint64_t seq = call->event->args[1];
	struct weft_verify_goroutine *goroutine = NULL;
	int ret = wait_for(call, call->event->args[0], seq, WEFT_VERIFY_GO_WAITING, &goroutine);

	if (ret != WEFT_VERIFY_ADVANCE) {
		return ret;
	}
	if (call->event->args[2] == 0) {
		ret = weft_verify_strict(call, "without a stack, which the profiles of viewers "
					       "need");
		if (ret < 0) {
			return ret;
		}
	}
	advance(call->verify, goroutine, WEFT_VERIFY_GO_RUNNABLE, seq);
	return WEFT_VERIFY_ADVANCE;
}

int weft_verify_go_syscall_begin(const struct weft_verify_rule_call *call)
{
	struct weft_verify *verify = call->verify;
	uint64_t seq = call->event->args[0];
	struct weft_verify_goroutine *goroutine = NULL;
	struct weft_verify_proc *proc;
	int ret = weft_verify_need_goroutine(call, WEFT_VERIFY_GO_RUNNING, &goroutine);

	if (ret < 0) {
		return ret;
	}
	proc = weft_verify_proc_find(verify, call->before.p);
	if (!proc) {
		return weft_verify_broken(call, "the thread's processor does not exist");
	}
	if (!weft_verify_is_next(verify, proc->seq_generation, proc->seq, seq)) {
		return weft_verify_broken(call, "p_seq should be the processor's next number");
	}
	if (proc->status != WEFT_VERIFY_PROC_RUNNING) {
		ret = weft_verify_strict(call, "the thread's processor should be Running");
		if (ret < 0) {
			return ret;
		}
	}
	goroutine->status = WEFT_VERIFY_GO_SYSCALL;
	proc->status = WEFT_VERIFY_PROC_SYSCALL;
	proc->seq = seq;
	return WEFT_VERIFY_ADVANCE;
}

int weft_verify_go_syscall_end(const struct weft_verify_rule_call *call)
{
	struct weft_verify_goroutine *goroutine = NULL;
	struct weft_verify_proc *proc;
	int ret = weft_verify_need_goroutine(call, WEFT_VERIFY_GO_SYSCALL, &goroutine);

	if (ret < 0) {
		return ret;
	}
	proc = weft_verify_proc_find(call->verify, call->before.p);
	if (!proc || proc->status != WEFT_VERIFY_PROC_SYSCALL) {
		return weft_verify_broken(call, "the thread's processor should be in a syscall");
	}
	goroutine->status = WEFT_VERIFY_GO_RUNNING;
	proc->status = WEFT_VERIFY_PROC_RUNNING;
	return WEFT_VERIFY_ADVANCE;
}

int weft_verify_go_syscall_end_blocked(const struct weft_verify_rule_call *call)
{
	struct weft_verify *verify = call->verify;
	const struct weft_verify_proc *proc = weft_verify_proc_find(verify, call->before.p);
	struct weft_verify_goroutine *goroutine = NULL;
	int ret;

	if (proc && proc->status == WEFT_VERIFY_PROC_SYSCALL) {
		return weft_verify_wait(call, "waits for P %" PRIu64 " to be stopped or stolen",
					proc->id);
	}
	ret = weft_verify_current_goroutine(call, WEFT_VERIFY_GO_SYSCALL, &goroutine);
	if (ret < 0) {
		return ret;
	}
	goroutine->status = WEFT_VERIFY_GO_RUNNABLE;
	weft_verify_bind_goroutine(verify, call->thread, WEFT_VERIFY_NONE);
	return WEFT_VERIFY_ADVANCE;
}

static int strict_state(const struct weft_verify_rule_call *call,
			const struct weft_verify_goroutine *goroutine)
{
	uint64_t id = call->event->args[0];
	uint64_t status = call->event->args[2];
	int ret = strict_id(call, id);

	if (ret < 0) {
		return ret;
	}
	if (status == 0) {
		return weft_verify_strict(call, "status 0 means nothing");
	}
	if (goroutine && goroutine->mention_ordinal == call->verify->generation.ordinal) {
		return weft_verify_strict(call, "a second status of one goroutine in a generation; "
						"it restarts the sequence");
	}
	if (status == WEFT_VERIFY_GO_RUNNING) {
		ret = weft_verify_need_proc(call);
		if (ret == 0 && call->before.g != WEFT_VERIFY_NONE && call->before.g != id) {
			return weft_verify_strict(call, "the thread has another goroutine, which "
							"readers silently lose");
		}
		if (ret == 0 && goroutine && goroutine->m != call->event->m) {
			return weft_verify_strict(call, "the goroutine is not on this thread");
		}
	}
	return ret;
}

/* A goroutine in a syscall: which thread it is on. */
static int check_syscall_thread(const struct weft_verify_rule_call *call,
				struct weft_verify_thread **ret_thread)
{
	struct weft_verify *verify = call->verify;
	uint64_t id = call->event->args[0];
	uint64_t m = call->event->args[1];
	struct weft_verify_thread *thread;

	if (m == WEFT_VERIFY_NONE) {
		return weft_verify_broken(call, "a goroutine in a syscall needs a thread");
	}
	if (m == call->event->m) {
		if (verify->generation.ordinal > 1 && call->before.g != id) {
			return weft_verify_broken(call, "the goroutine should be on this thread "
							"since an earlier generation");
		}
		*ret_thread = call->thread;
		return 0;
	}
	thread = weft_verify_thread_find(verify, m);
	if (thread && thread->g != id) {
		return weft_verify_broken(call, "the goroutine should be on the thread that it "
						"names");
	}
	/* A thread that sat in the syscall all the time has no stream: this is its first mention. */
	return weft_verify_thread_get(verify, m, ret_thread);
}

/* What GoStatus must agree with; on success the thread to bind to, or NULL. */
static int check_state(const struct weft_verify_rule_call *call,
		       const struct weft_verify_goroutine *goroutine,
		       struct weft_verify_thread **ret_thread)
{
	struct weft_verify *verify = call->verify;
	uint64_t status = call->event->args[2];
	int ret = 0;

	if (status >= WEFT_VERIFY_GO_STATUS_COUNT_) {
		return weft_verify_broken(call, "there is no goroutine status %" PRIu64, status);
	}
	if (goroutine && goroutine->status != status) {
		return weft_verify_broken(call, "inconsistent status: the goroutine is %s",
					  weft_verify_go_status_name(goroutine->status));
	}
	if (!goroutine && verify->generation.ordinal > 1) {
		return weft_verify_broken(call, "status of an unknown goroutine after the first "
						"generation; new ones must be created");
	}
	if (status == WEFT_VERIFY_GO_RUNNING && call->before.p == WEFT_VERIFY_NONE) {
		return weft_verify_broken(call, "viewer: a Running goroutine before its thread has "
						"a processor; readers pass it, but go tool trace "
						"fails at its start");
	}
	if (verify->strict) {
		ret = strict_state(call, goroutine);
	}
	if (ret == 0 && status == WEFT_VERIFY_GO_RUNNING) {
		*ret_thread = call->thread;
	}
	if (ret == 0 && status == WEFT_VERIFY_GO_SYSCALL) {
		ret = check_syscall_thread(call, ret_thread);
	}
	return ret;
}

int weft_verify_go_state(const struct weft_verify_rule_call *call)
{
	struct weft_verify *verify = call->verify;
	uint64_t id = call->event->args[0];
	uint8_t status = (uint8_t)call->event->args[2];
	struct weft_verify_goroutine *goroutine = weft_verify_goroutine_find(verify, id);
	struct weft_verify_thread *thread = NULL;
	int ret = check_state(call, goroutine, &thread);

	if (ret < 0) {
		return ret;
	}
	if (goroutine) {
		weft_verify_goroutine_mention(verify, goroutine);
	} else {
		ret = weft_verify_goroutine_add(call, id, status);
		if (ret < 0) {
			return ret;
		}
	}
	if (thread) {
		weft_verify_bind_goroutine(verify, thread, id);
	}
	return WEFT_VERIFY_ADVANCE;
}

/* GoSwitch and GoSwitchDestroy: from one goroutine right to another. */
int weft_verify_go_switch(const struct weft_verify_rule_call *call)
{
	struct weft_verify *verify = call->verify;
	uint64_t id = call->event->args[0];
	uint64_t seq = call->event->args[1];
	bool destroys = call->event->type == WEFT_VERIFY_GO_SWITCH_DESTROY;
	struct weft_verify_goroutine *current = NULL;
	struct weft_verify_goroutine *target = NULL;
	int ret = weft_verify_need_goroutine(call, WEFT_VERIFY_GO_RUNNING, &current);

	if (ret == 0 && destroys) {
		ret = strict_ranges(call, current);
	}
	if (ret < 0) {
		return ret;
	}
	ret = wait_for(call, id, seq, WEFT_VERIFY_GO_WAITING, &target);
	if (ret != WEFT_VERIFY_ADVANCE) {
		return ret;
	}
	if (destroys) {
		weft_verify_goroutine_remove(verify, current);
	} else {
		current->status = WEFT_VERIFY_GO_WAITING;
	}
	advance(verify, target, WEFT_VERIFY_GO_RUNNING, seq);
	weft_verify_bind_goroutine(verify, call->thread, id);
	return WEFT_VERIFY_ADVANCE;
}
