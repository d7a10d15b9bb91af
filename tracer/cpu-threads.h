// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * The threads that a CPU profile samples, and what makes SIGPROF come to them.
 *
 * Threads need not cooperate: those of /proc/self/task get a timer at start() and at each rescan();
 * those that libweft sees begin get theirs at once.
 *
 * Threads: any (one lock, under which nothing but malloc's is taken). Signals: not safe.
 */
#ifndef WEFT_TRACER_CPU_THREADS_H
#define WEFT_TRACER_CPU_THREADS_H

#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "cpu-sampler.h"

#define WEFT_CPU_BLOCKED_MAX 8

/* A thread that kept SIGPROF blocked while it used the CPU. */
struct weft_cpu_blocked {
	int32_t tid;
	char name[32];
	uint64_t cpu_ns;
};

/* What a session has to say about its threads. */
struct weft_cpu_thread_report {
	uint32_t thread_count;  /* Sampled at some time. */
	uint32_t unarmed_count; /* Threads that could get no timer (RLIMIT_SIGPENDING). */
	uint64_t unseen_ns;     /* CPU time of threads before they were found. */
	uint32_t blocked_count; /* May be more than are described. */
	struct weft_cpu_blocked blocked[WEFT_CPU_BLOCKED_MAX];
};

/*
 * Finds an engine, the wanted one or the next that works, sets the session's `engine` to it, and starts
 * it for all threads. 0; -ENOMEM; a negative errno of reading /proc/self/task.
 */
int weft_cpu_threads_start(struct weft_cpu_session *sampled, enum weft_cpu_engine wanted);
/* Looks for threads that came and went. Done a few times a second. */
void weft_cpu_threads_rescan(void);
/* Wall engine only: asks those that used CPU time. Done once a period. */
void weft_cpu_threads_tick(void);
/* No signals are made from here on. */
void weft_cpu_threads_stop(struct weft_cpu_thread_report *ret_report);

/* The calling thread begins (or is seen for the first time), ends. Cheap while nothing runs. */
void weft_cpu_threads_begin_self(void);
void weft_cpu_threads_end_self(void);

/* Around fork(); the child, under the lock, forgets timers and session. */
void weft_cpu_threads_lock(void);
void weft_cpu_threads_unlock(void);
void weft_cpu_threads_forget(void);

/* The CPU clock of a thread of this process. */
clockid_t weft_cpu_threads_clock(int32_t tid);
/* What it shows; 0: the thread is gone. */
uint64_t weft_cpu_threads_clock_ns(int32_t tid);

#endif
