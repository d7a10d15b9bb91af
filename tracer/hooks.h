// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * What the preload library asks of libweft: to begin and to end the profiles that its hooks fill.
 */
#ifndef WEFT_TRACER_HOOKS_H
#define WEFT_TRACER_HOOKS_H

#include <stdbool.h>

#include <weft/trace.h>

/*
 * Begins all profiles as WEFT says (settings.h); says on standard error what is wrong with it. Once, from
 * a constructor. False: WEFT=off or no memory, hooks stay inert.
 */
WEFT_API bool weft_hooks_start(void);

/*
 * What every interposed pthread_create() has a new thread do first: ready for samples and events, and
 * SIGPROF let through if its handler is ours. Many programs begin threads with all signals blocked,
 * which is meant for signals of their own.
 */
WEFT_API void weft_hooks_thread_begin(void);

/* Around dlclose(). Any thread. */
WEFT_API void weft_hooks_before_unload(void);
WEFT_API void weft_hooks_after_unload(void);

/* Whether there is a folder for the profiles. */
WEFT_API bool weft_hooks_have_output(void);

/* Whether programs that this one executes are to be profiled too. */
WEFT_API bool weft_hooks_have_children(void);

/*
 * The process ends: writes FOLDER/KIND.PID (raw profiles) when WEFT has out=FOLDER. Only the first call
 * in the process that called weft_hooks_start() does so, and in its children if those are wanted.
 * What cannot be written is said on standard error. Called in a signal handler it does as
 * weft_hooks_finish_in_copy().
 *
 * @param prepare  See there.
 */
WEFT_API void weft_hooks_finish(void (*prepare)(void));

/*
 * The same, whatever the process was doing: a copy of it, of this thread alone, writes the profiles, which
 * may take 10 s at most.
 *
 * @param prepare  Called first of all in the copy, whose memory is then its own: has to see to it that
 *                 allocations work, with whatever lock held.
 *
 * Async-signal-safe.
 */
WEFT_API void weft_hooks_finish_in_copy(void (*prepare)(void));

/*
 * The process executes another program in its place: writes FOLDER/KIND.PID@START, where START tells this
 * program's beginning from those of others in the same process, as weft_hooks_finish_in_copy() does. True:
 * it has, so that weft_hooks_exec_failed() is to be called if the process goes on after all.
 * Only a process that runs the program in which weft_hooks_start() was called does so: of a fork that
 * executes something, nothing was the fork's own.
 *
 * Async-signal-safe; does nothing in a child of vfork().
 */
WEFT_API bool weft_hooks_before_exec(void (*prepare)(void));
/* Takes them back. errno is kept. Async-signal-safe. */
WEFT_API void weft_hooks_exec_failed(void);

/* In the child of fork(), before anything there allocates: other threads' locks are nobody's. */
void weft_hooks__forget(void);

#endif
