// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * What all threads of the process are doing: Go's goroutine profile, for threads.
 *
 * Each thread is asked by a signal (SIGPROF, the samplers' handler) and writes its stack into a slot of
 * its own; a few dozen are asked at a time. It is no snapshot of one moment.
 *
 * Threads that block the signal, and those in a system call that a signal would end early (sleeps, poll(),
 * epoll_wait()), are not disturbed: their stacks are read from outside while they sleep, which
 * ends at the first frame that needs more than the stack pointer. Nor are those that are about to fall
 * asleep: a thread that runs is asked by a timer on its CPU clock, whose signal the kernel sends
 * when the thread is on its way back from the kernel to its own code, at the next tick. Threads that do
 * not answer in time (100 ms and 1 ms a thread, 1 s for those that run or wait for a CPU) are not waited
 * for: they are told with their state and, while they are in a system call, its place.
 *
 * Threads: any; one collection at a time, others wait. Signals: not safe.
 */
#ifndef WEFT_TRACER_THREAD_STACKS_H
#define WEFT_TRACER_THREAD_STACKS_H

#include <signal.h>
#include <stdbool.h>

#include "raw-profile.h"
#include "stack-table.h"

/* si_code of the signals: negative, as only a process may send itself. */
#define WEFT_THREAD_STACKS_SI_CODE (-0x5745)

/*
 * Collects, and writes a raw profile.
 *
 * @param by_thread  A sample a thread with the labels tid, thread (name), state (in Go's words), wait
 *                   (how long it has been so at least, in nanoseconds, where an earlier collection
 *                   of this kind knew of it), then the thread's own. Else equal stacks with equal labels of the threads' own are one.
 * @return 0; -EEXIST: SIGPROF is the program's; -ENOMEM; what `write` returned.
 */
int weft_thread_stacks_write(bool by_thread, weft_raw_profile_write_fn write, void *ctx);

/*
 * Collects, and adds a sample (value 0) and an amount (value 1) to the stack of each thread but the
 * calling one. What the table has no room for it counts. May be called again and again: no system call
 * of a thread ends early.
 *
 * @return 0; -EEXIST, -ENOMEM as above.
 */
int weft_thread_stacks_add(struct weft_stack_table *table, int64_t amount);

/* Whether a SIGPROF asks for a stack. Async-signal-safe. */
bool weft_thread_stacks__is_question(const siginfo_t *info);
/* The handler's part. Async-signal-safe. */
void weft_thread_stacks__on_signal(const siginfo_t *info, const void *context);

/* Around fork(). */
void weft_thread_stacks__lock(void);
void weft_thread_stacks__unlock(void);

#endif
