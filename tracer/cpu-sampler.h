// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * The handler of SIGPROF: one sample of the thread it interrupts, at most about a microsecond.
 *
 * Installed once and left there, so that a late signal never ends the process. A session is open
 * between begin() and end(); each signal says for which session it was meant, those of others
 * are ignored. In the handler: no lock, no allocation, no system call but LTTng-UST's own and, with the
 * process timer, a question for the CPU time; errno kept; every other signal waits.
 */
#ifndef WEFT_TRACER_CPU_SAMPLER_H
#define WEFT_TRACER_CPU_SAMPLER_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct weft_sample_tags;
struct weft_stack_table;

/* Where the signals come from. */
enum weft_cpu_engine {
	WEFT_CPU_ENGINE_THREAD_TIMERS, /* A timer on each thread's CPU clock. */
	WEFT_CPU_ENGINE_PROCESS_TIMER, /* setitimer(ITIMER_PROF). */
	WEFT_CPU_ENGINE_WALL,          /* A thread of ours asks threads whose CPU clock went on. */
	WEFT_CPU_ENGINE_COUNT_,
};

/* What handlers need. Owned by whoever began the session. */
struct weft_cpu_session {
	uint32_t id; /* Never 0. */
	_Atomic enum weft_cpu_engine engine;
	uint64_t period_ns;
	struct weft_stack_table *stacks; /* values[0]: periods of CPU time. */
	struct weft_sample_tags *tags;
	_Atomic uint64_t period_count; /* Of all samples, those lost for lack of room included. */
	_Atomic uint64_t charged_ns; /* Process timer: CPU time of the process that samples have. */
};

/*
 * Installs the handler. 0; -EEXIST: the program has another one for SIGPROF, which stays; another
 * negative errno of sigaction(). Not signal-safe.
 */
int weft_cpu_sampler_install(void);
/* Whether the handler is still ours. */
bool weft_cpu_sampler_is_installed(void);

/* Lets SIGPROF through to the calling thread, if the handler is ours. */
void weft_cpu_sampler_admit(void);

/* From here on signals of this session count. One session at a time. */
void weft_cpu_sampler_begin(struct weft_cpu_session *session);
/*
 * From here on none does. True when no handler uses the session any more; false when a thread was
 * stopped inside one for over a second (a debugger?): then the session must not be freed.
 */
bool weft_cpu_sampler_end(void);
/* SIGPROF waits on the calling thread, around fork(); one thread at a time. */
void weft_cpu_sampler_block(void);
void weft_cpu_sampler_unblock(void);
/* In the child of fork(): there is no session, and no other thread. */
void weft_cpu_sampler_forget(void);

/* What a signal of the wall engine carries as its value. */
uint64_t weft_cpu_sampler_pack(uint32_t session_id, uint32_t period_count);

#endif
