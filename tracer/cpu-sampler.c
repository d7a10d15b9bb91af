// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * See cpu-sampler.h.
 */
#include "cpu-sampler.h"

#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>
#include <string.h>
#include <time.h>
#include <ucontext.h>

#include "control.h"
#include "provider.h"
#include "sample-tags.h"
#include "stack-bounds.h"
#include "stack-table.h"
#include "thread-stacks.h"
#include "unwinder.h"

#define NS_PER_S       UINT64_C(1000000000)
#define DRAIN_PAUSE_NS 100000
#define DRAIN_PAUSES   10000U /* A second and the time the pauses take over. */

static _Atomic(struct weft_cpu_session *) active;
/* Handlers that may be using what `active` was. */
static _Atomic uint32_t user_count;

static sigset_t mask_before_fork;

/* ---- One sample ---- */

uint64_t weft_cpu_sampler_pack(uint32_t session_id, uint32_t period_count)
{
	return (uint64_t)period_count << 32 | session_id;
}

/*
 * Whole periods that the process has used since it was last asked. Of the process's timer any number of
 * signals melt into one when threads wait for a CPU, so that to count them would lose time.
 */
static uint64_t take_uncharged(struct weft_cpu_session *session)
{
	uint64_t charged = atomic_load_explicit(&session->charged_ns, memory_order_relaxed);
	struct timespec now;
	uint64_t now_ns;
	uint64_t count;

	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now); /* Cannot fail for this clock. */
	now_ns = (uint64_t)now.tv_sec * NS_PER_S + (uint64_t)now.tv_nsec;
	do {
		if (now_ns < charged + session->period_ns) {
			return 0; /* Another thread's sample has it. */
		}
		count = (now_ns - charged) / session->period_ns;
	} while (!atomic_compare_exchange_weak_explicit(
		&session->charged_ns, &charged, charged + count * session->period_ns,
		memory_order_relaxed, memory_order_relaxed));
	return count;
}

/* Periods of CPU time that a signal stands for; 0: it is none of this session's. */
static uint64_t weigh(struct weft_cpu_session *session, const siginfo_t *info)
{
	uint64_t packed;

	switch (atomic_load_explicit(&session->engine, memory_order_relaxed)) {
	case WEFT_CPU_ENGINE_THREAD_TIMERS:
		if (info->si_code != SI_TIMER ||
		    (uint32_t)info->si_value.sival_int != session->id) {
			return 0;
		}
		return 1 + (uint64_t)info->si_overrun;
	case WEFT_CPU_ENGINE_PROCESS_TIMER:
		return info->si_code == SI_KERNEL ? take_uncharged(session) : 0;
	default:
		packed = (uint64_t)(uintptr_t)info->si_value.sival_ptr;
		if (info->si_code != SI_QUEUE || info->si_pid != weft_control.pid ||
		    (uint32_t)packed != session->id) {
			return 0;
		}
		return packed >> 32;
	}
}

static void sample(struct weft_cpu_session *session, uint64_t period_count, const void *context)
{
	struct weft_unwind_registers registers;
	struct weft_unwind_bounds bounds;
	struct weft_stack_entry *entry;
	uintptr_t pcs[WEFT_STACK_DEPTH_MAX];
	size_t depth;

	weft_unwind_registers_get(context, &registers);
	weft_stack_bounds_get(context, registers.sp, &bounds);
	depth = weft_unwind(&registers, &bounds, pcs, WEFT_STACK_DEPTH_MAX);
	entry = weft_stack_table_find_or_add_tagged(session->stacks, pcs, depth,
						    weft_sample_tags_get(session->tags));
	if (entry) {
		atomic_fetch_add_explicit(&entry->values[0], (int64_t)period_count,
					  memory_order_relaxed);
	}
	atomic_fetch_add_explicit(&session->period_count, period_count, memory_order_relaxed);
	/* A thread that LTTng-UST does not know yet would be made known here, with locks. */
	if (depth > 0 && lttng_ust_tracepoint_enabled(weft, cpu_sample) && weft_self.is_traceable) {
		if (weft_self.epoch !=
		    atomic_load_explicit(&weft_control.epoch, memory_order_relaxed)) {
			weft_thread__announce();
		}
		weft_objects__describe_in_handler(pcs[0]);
		lttng_ust_do_tracepoint(weft, cpu_sample, weft_control.pid, weft_self.tid,
					weft_context_current_.task,
					period_count * session->period_ns, (unsigned int)depth,
					(const uint64_t *)pcs);
	}
}

static void on_signal(int number, siginfo_t *info, void *context)
{
	int saved_errno = errno;
	struct weft_cpu_session *session;

	(void)number;
	if (weft_thread_stacks__is_question(info)) {
		weft_thread_stacks__on_signal(info, context);
		errno = saved_errno;
		return;
	}
	/* Sequential: either end() sees this user, or this handler sees that there is no session. */
	atomic_fetch_add_explicit(&user_count, 1, memory_order_seq_cst);
	session = atomic_load_explicit(&active, memory_order_seq_cst);
	if (session) {
		uint64_t period_count = weigh(session, info);

		if (period_count > 0) {
			sample(session, period_count, context);
		}
	}
	/* A1: pairs with R1 in weft_cpu_sampler_end(): the sample before leaving. */
	atomic_fetch_sub_explicit(&user_count, 1, memory_order_release);
	errno = saved_errno;
}

/* ---- Sessions ---- */

static bool is_ours(const struct sigaction *action)
{
	return (action->sa_flags & SA_SIGINFO) && action->sa_sigaction == on_signal;
}

int weft_cpu_sampler_install(void)
{
	/* Raised by what this thread itself does: to hold them back would end the process. */
	static const int own_fault[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGSYS};
	struct sigaction action;
	size_t i;

	if (sigaction(SIGPROF, NULL, &action) < 0) {
		return -errno;
	}
	if (is_ours(&action)) {
		return 0;
	}
	if ((action.sa_flags & SA_SIGINFO) ||
	    (action.sa_handler != SIG_DFL && action.sa_handler != SIG_IGN)) {
		return -EEXIST;
	}
	memset(&action, 0, sizeof(action));
	action.sa_sigaction = on_signal;
	action.sa_flags = SA_SIGINFO | SA_RESTART;
	(void)sigfillset(&action.sa_mask);
	for (i = 0; i < sizeof(own_fault) / sizeof(own_fault[0]); i++) {
		(void)sigdelset(&action.sa_mask, own_fault[i]);
	}
	return sigaction(SIGPROF, &action, NULL) < 0 ? -errno : 0;
}

bool weft_cpu_sampler_is_installed(void)
{
	struct sigaction action;

	return sigaction(SIGPROF, NULL, &action) == 0 && is_ours(&action);
}

void weft_cpu_sampler_admit(void)
{
	sigset_t signals;

	if (weft_cpu_sampler_is_installed()) {
		(void)sigemptyset(&signals);
		(void)sigaddset(&signals, SIGPROF);
		(void)pthread_sigmask(SIG_UNBLOCK, &signals, NULL); /* Cannot fail. */
	}
}

void weft_cpu_sampler_begin(struct weft_cpu_session *session)
{
	atomic_store_explicit(&active, session, memory_order_seq_cst);
}

bool weft_cpu_sampler_end(void)
{
	const struct timespec pause = {0, DRAIN_PAUSE_NS};
	unsigned int i;

	atomic_store_explicit(&active, NULL, memory_order_seq_cst);
	for (i = 0; i < DRAIN_PAUSES; i++) {
		/* R1: pairs with A1 in on_signal(); sequential as said there. */
		if (atomic_load_explicit(&user_count, memory_order_seq_cst) == 0) {
			return true;
		}
		(void)nanosleep(&pause, NULL); /* Woken early: asks again. */
	}
	return false;
}

void weft_cpu_sampler_block(void)
{
	sigset_t signals;

	(void)sigemptyset(&signals);
	(void)sigaddset(&signals, SIGPROF);
	(void)pthread_sigmask(SIG_BLOCK, &signals, &mask_before_fork);
}

void weft_cpu_sampler_unblock(void)
{
	(void)pthread_sigmask(SIG_SETMASK, &mask_before_fork, NULL);
}

void weft_cpu_sampler_forget(void)
{
	atomic_store_explicit(&active, NULL, memory_order_relaxed);
	atomic_store_explicit(&user_count, 0, memory_order_relaxed);
}
