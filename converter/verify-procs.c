// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Verifier of Go traces: rules of processors. See verify.h.
 */
#include "verify.h"

#include <inttypes.h>

/* Rows of viewers that are not threads, goroutines or processors have these numbers. */
static bool is_reserved(uint64_t id)
{
	return id >= 1000001 && id <= 1000005;
}

int weft_verify_procs_change(const struct weft_verify_rule_call *call)
{
	uint64_t procs = call->event->args[0];
	int ret = weft_verify_need_user(call);

	if (ret < 0) {
		return ret;
	}
	if (procs > call->verify->procs_value) {
		call->verify->procs_value = procs;
	}
	return WEFT_VERIFY_ADVANCE;
}

static int strict_state(const struct weft_verify_rule_call *call,
			const struct weft_verify_proc *proc)
{
	uint64_t id = call->event->args[0];
	uint64_t status = call->event->args[1];
	bool binds = status == WEFT_VERIFY_PROC_RUNNING || status == WEFT_VERIFY_PROC_SYSCALL;

	if (status == 0) {
		return weft_verify_strict(call, "status 0 means nothing");
	}
	if (is_reserved(id)) {
		return weft_verify_strict(call, "viewers use 1000001 to 1000005 for other rows");
	}
	if (proc && proc->mention_ordinal == call->verify->generation.ordinal) {
		return weft_verify_strict(call, "a second status of one processor in a generation; "
						"it restarts the sequence");
	}
	if (binds && !call->thread) {
		return weft_verify_strict(call, "a processor that executes needs a thread, but "
						"this is the no-thread stream");
	}
	if (binds && call->before.p != WEFT_VERIFY_NONE && call->before.p != id) {
		return weft_verify_strict(call, "the thread has another processor, which readers "
						"silently lose");
	}
	if (binds && proc && proc->m != WEFT_VERIFY_NONE && proc->m != call->event->m) {
		return weft_verify_strict(call, "the processor is on another thread");
	}
	return 0;
}

int weft_verify_proc_state(const struct weft_verify_rule_call *call)
{
	struct weft_verify *verify = call->verify;
	uint64_t id = call->event->args[0];
	uint64_t status = call->event->args[1];
	struct weft_verify_proc *proc = weft_verify_proc_find(verify, id);
	int ret = 0;

	if (status >= WEFT_VERIFY_PROC_STATUS_COUNT_) {
		return weft_verify_broken(call, "there is no processor status %" PRIu64, status);
	}
	/* A processor known to be in a syscall stays so: nothing was lost about it. */
	if (proc && proc->status != status &&
	    !(status == WEFT_VERIFY_PROC_ABANDONED && proc->status == WEFT_VERIFY_PROC_SYSCALL)) {
		return weft_verify_broken(call, "inconsistent status: the processor is %s",
					  weft_verify_proc_status_name(proc->status));
	}
	if (verify->strict) {
		ret = strict_state(call, proc);
	}
	if (ret == 0 && !proc) {
		ret = weft_verify_proc_add(verify, id, (uint8_t)status);
		proc = weft_verify_proc_find(verify, id);
	}
	if (ret < 0 || !proc) {
		return ret;
	}
	proc->seq_generation = verify->generation.number;
	proc->seq = 0;
	proc->mention_ordinal = verify->generation.ordinal;
	if (status == WEFT_VERIFY_PROC_RUNNING || status == WEFT_VERIFY_PROC_SYSCALL) {
		weft_verify_bind_proc(verify, call->thread, id);
	}
	return WEFT_VERIFY_ADVANCE;
}

static void set_seq(struct weft_verify *verify, struct weft_verify_proc *proc, uint64_t seq)
{
	proc->seq_generation = verify->generation.number;
	proc->seq = seq;
}

int weft_verify_proc_start(const struct weft_verify_rule_call *call)
{
	struct weft_verify *verify = call->verify;
	uint64_t seq = call->event->args[1];
	struct weft_verify_proc *proc = weft_verify_proc_find(verify, call->event->args[0]);
	int ret = weft_verify_need_thread(call);

	if (ret < 0) {
		return ret;
	}
	if (!proc) {
		return weft_verify_wait(call, "waits for a status of the processor");
	}
	if (proc->status != WEFT_VERIFY_PROC_IDLE) {
		return weft_verify_wait(call, "waits for the processor to be Idle, it is %s",
					weft_verify_proc_status_name(proc->status));
	}
	if (!weft_verify_is_next(verify, proc->seq_generation, proc->seq, seq)) {
		return weft_verify_wait(call,
					"waits for its turn, the processor is at seq %" PRIu64
					" of generation %" PRIu64,
					proc->seq, proc->seq_generation);
	}
	if (call->before.p != WEFT_VERIFY_NONE) {
		return weft_verify_wait(call, "waits for the thread to lose P %" PRIu64,
					call->before.p);
	}
	proc->status = WEFT_VERIFY_PROC_RUNNING;
	set_seq(verify, proc, seq);
	weft_verify_bind_proc(verify, call->thread, proc->id);
	return WEFT_VERIFY_ADVANCE;
}

int weft_verify_proc_stop(const struct weft_verify_rule_call *call)
{
	struct weft_verify_proc *proc;
	int ret = weft_verify_need_proc(call);

	if (ret < 0) {
		return ret;
	}
	proc = weft_verify_proc_find(call->verify, call->before.p);
	if (!proc) {
		return weft_verify_broken(call, "the thread's processor does not exist");
	}
	if (proc->status != WEFT_VERIFY_PROC_RUNNING && proc->status != WEFT_VERIFY_PROC_SYSCALL) {
		return weft_verify_broken(call,
					  "the thread's processor should be Running or in a "
					  "syscall, but is %s",
					  weft_verify_proc_status_name(proc->status));
	}
	proc->status = WEFT_VERIFY_PROC_IDLE;
	weft_verify_bind_proc(call->verify, call->thread, WEFT_VERIFY_NONE);
	return WEFT_VERIFY_ADVANCE;
}

/* The thread that is to lose the processor; NULL after -EBADMSG. */
static int find_victim(const struct weft_verify_rule_call *call,
		       struct weft_verify_thread **ret_victim)
{
	uint64_t m = call->event->args[2];
	struct weft_verify_thread *victim =
		m == call->event->m ? call->thread : weft_verify_thread_find(call->verify, m);

	if (!victim) {
		return weft_verify_broken(call, "steals a processor from a thread that is unknown");
	}
	if (victim->p != call->event->args[0]) {
		return weft_verify_broken(call, "steals from a thread that does not have the "
						"processor");
	}
	*ret_victim = victim;
	return 0;
}

int weft_verify_proc_steal(const struct weft_verify_rule_call *call)
{
	struct weft_verify *verify = call->verify;
	uint64_t seq = call->event->args[1];
	struct weft_verify_proc *proc = weft_verify_proc_find(verify, call->event->args[0]);
	struct weft_verify_thread *victim = NULL;
	int ret = weft_verify_need_thread(call);

	if (ret < 0) {
		return ret;
	}
	if (!proc) {
		return weft_verify_wait(call, "waits for a status of the processor");
	}
	if (proc->status != WEFT_VERIFY_PROC_SYSCALL &&
	    proc->status != WEFT_VERIFY_PROC_ABANDONED) {
		return weft_verify_wait(call,
					"waits for the processor to be in a syscall, it is %s",
					weft_verify_proc_status_name(proc->status));
	}
	if (!weft_verify_is_next(verify, proc->seq_generation, proc->seq, seq)) {
		return weft_verify_wait(call,
					"waits for its turn, the processor is at seq %" PRIu64
					" of generation %" PRIu64,
					proc->seq, proc->seq_generation);
	}
	/* Nobody knows where an abandoned one was. */
	if (proc->status == WEFT_VERIFY_PROC_SYSCALL) {
		ret = find_victim(call, &victim);
		if (ret < 0) {
			return ret;
		}
	}
	proc->status = WEFT_VERIFY_PROC_IDLE;
	set_seq(verify, proc, seq);
	weft_verify_bind_proc(verify, victim, WEFT_VERIFY_NONE);
	return WEFT_VERIFY_ADVANCE;
}
