// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/**
 * Profiles of the running program, taken by itself: what runtime/pprof is to Go.
 *
 *     weft_profile_start_cpu(fd);
 *     work();
 *     weft_profile_stop_cpu();                      go tool pprof reads what fd got
 *
 *     weft_profile_serve();                         or: all of it at /debug/pprof/, by `weft serve`
 *
 * Binary profiles (debug 0) are gzipped profile.proto with the names of functions, files and lines
 * in it. The `weft` command makes them so, as a process beside the program (see WEFT_BIN in
 * <weft/trace.h>); where it cannot run, what is written is the same profile without names and not
 * compressed, which pprof reads as well. Texts (debug 1 and 2) need the command.
 *
 * | Go                               | here                                               |
 * |----------------------------------|----------------------------------------------------|
 * | pprof.StartCPUProfile            | weft_profile_start_cpu(), ..._start_cpu_to()       |
 * | pprof.StopCPUProfile             | weft_profile_stop_cpu()                            |
 * | pprof.WriteHeapProfile           | weft_profile_write_heap()                          |
 * | pprof.Lookup                     | weft_profile_lookup()                              |
 * | pprof.Profiles                   | weft_profile_all()                                 |
 * | pprof.NewProfile                 | weft_profile_create()                              |
 * | Profile.Name, .Count             | weft_profile_name(), ..._count()                   |
 * | Profile.Add, .Remove             | weft_profile_add(), ..._remove()                   |
 * | Profile.WriteTo                  | weft_profile_write_fd(), ..._write_to()            |
 * | pprof.Labels, Do, ...            | <weft/labels.h>                                    |
 * | runtime.SetCPUProfileRate, ...   | <weft/runtime.h>                                   |
 *
 * Where Go panics, a function here returns an error and changes nothing.
 *
 * Threads: all functions may be called from any thread. Signals: not safe.
 * fork(): the child samples nothing; it may start profiles of its own.
 * WEFT_DISABLE has no effect on this header.
 * Source of the semantics: package runtime/pprof of Go.
 */
#ifndef WEFT_PROFILE_H
#define WEFT_PROFILE_H

#include <stddef.h>
#include <stdint.h>

#include <weft/trace.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Longest name of a profile, with NUL. */
#define WEFT_PROFILE_NAME_SIZE 128

/** A named profile. Lives as long as the process. */
struct weft_profile;

/**
 * Where a profile goes, piece by piece, on the thread that writes it.
 *
 * @return 0; a negative errno, which ends the writing and is what the writer returns.
 */
typedef int (*weft_profile_write_fn)(void *ctx, const void *bytes, size_t size);

/** One line about this thread's last failed weft_profile_*() call, "" if none failed. Borrowed. */
WEFT_API const char *weft_profile_error(void);

/* ---- CPU ---- */

/**
 * Starts the CPU profile: every thread is sampled by its own CPU clock, 100 times a second unless
 * weft_runtime_set_cpu_rate() said otherwise, by SIGPROF. (Go: StartCPUProfile)
 *
 * Samples carry the thread's labels (<weft/labels.h>) and, while a trace is being recorded, the type of
 * its task as "task", the task's number as "task_id" and the region that it is in as "region", unless the
 * program has labels of these names. Tasks and regions that began before the profile have no type and no
 * name in it; nor has a task that is older than some thousand others.
 *
 * The handler runs for about a microsecond, keeps errno, and restarts system calls where the kernel
 * does that; threads that sleep use no CPU time and are not disturbed. A program that has a
 * handler of its own for SIGPROF is left alone. Threads that block SIGPROF are named in the profile.
 * The handler stays when the profile ends, so that no late signal harms the program.
 *
 * @param fd  Gets the profile when it ends. Duplicated; the caller may close its own at once.
 * @return 0; -EBUSY: "cpu profiling already in use"; -EEXIST: SIGPROF is the program's; -EPERM: the
 *         environment says WEFT=off; -EBADF; -ENOMEM, -EAGAIN: no memory or thread.
 */
WEFT_API int weft_profile_start_cpu(int fd) WEFT_USE_RESULT_;

/** As above. @param write  Called by weft_profile_stop_cpu() on its thread; `ctx` is passed on. */
WEFT_API int weft_profile_start_cpu_to(weft_profile_write_fn write, void *ctx) WEFT_USE_RESULT_;

/**
 * Ends the CPU profile and writes it; returns when it is written. (Go: StopCPUProfile)
 *
 * @return 0, also when none was running; otherwise the profile could not be written: a negative errno
 *         of the descriptor, or what `write` returned.
 */
WEFT_API int weft_profile_stop_cpu(void);

/* ---- Named profiles ---- */

/**
 * The profile of that name: "goroutine" (the stacks of all threads), one of the program's own, or one
 * that another part of the process offers, such as "heap" under `weft run`. (Go: Lookup)
 *
 * @return Borrowed for ever; NULL: there is none.
 */
WEFT_API struct weft_profile *weft_profile_lookup(const char *name);

/**
 * All profiles, by name. (Go: Profiles)
 *
 * @param ret_profiles  Room for `capacity` of them; may be NULL when that is 0.
 * @return How many there are, which may be more than capacity.
 */
WEFT_API size_t weft_profile_all(struct weft_profile **ret_profiles, size_t capacity);

/**
 * A new profile of the program's own: of resources, say, each with the stack of where it was taken.
 * (Go: NewProfile; convention for names as there: "import/path/name")
 *
 * @param name         Copied. 1 to 127 bytes, no control characters.
 * @param ret_profile  Borrowed for ever. There is no way to remove it, as in Go.
 * @return 0; -EINVAL: the name; -EEXIST: it is taken; -ENOMEM.
 */
WEFT_API int weft_profile_create(const char *name,
				 struct weft_profile **ret_profile) WEFT_USE_RESULT_;

/** Its name, borrowed for ever. (Go: Profile.Name) */
WEFT_API const char *weft_profile_name(const struct weft_profile *profile);

/** How many things are in it now. (Go: Profile.Count) */
WEFT_API uint64_t weft_profile_count(struct weft_profile *profile);

/**
 * Adds a value with the stack of the caller. (Go: Profile.Add)
 *
 * @param value  What remove() will be called with: any pointer, compared as such, never followed.
 * @param skip   Innermost frames to leave out: 0 begins with the function that calls this one. When
 *               nothing is left, the stack is the one function "weft_stack_skipped".
 * @return 0; -EEXIST: it is in the profile already; -EPERM: a profile that the program did not
 *         create; -ENOMEM.
 * Cost: a walk of the stack and a lock of the profile's own.
 */
WEFT_API int weft_profile_add(struct weft_profile *profile, const void *value,
			      unsigned int skip) WEFT_USE_RESULT_;

/** Takes a value out. One that is not there is no mistake. (Go: Profile.Remove) */
WEFT_API void weft_profile_remove(struct weft_profile *profile, const void *value);

/**
 * Writes a profile. (Go: Profile.WriteTo)
 *
 * @param debug  0: binary. 1: text, stacks grouped. 2: "goroutine": a text a thread, as Go prints its
 *               goroutines; others: as 1. Negative counts as 0.
 * @return 0; -ENOENT: a text was wanted and there is no `weft` command, or whoever offered the
 *         profile has gone; -EBUSY: it is being taken; what `write` returned; another negative errno.
 */
WEFT_API int weft_profile_write_to(struct weft_profile *profile, int debug,
				   weft_profile_write_fn write, void *ctx) WEFT_USE_RESULT_;
/** As above, to a descriptor, which stays open. */
WEFT_API int weft_profile_write_fd(struct weft_profile *profile, int debug,
				   int fd) WEFT_USE_RESULT_;

/**
 * Writes the profile "heap", binary. (Go: WriteHeapProfile)
 *
 * @return As weft_profile_write_fd(); -ENOENT: allocations are not being watched (see `weft run`).
 */
WEFT_API int weft_profile_write_heap(int fd) WEFT_USE_RESULT_;

/* ---- Over HTTP ---- */

/**
 * Offers the profiles of this header at /debug/pprof/ of `weft serve` and <weft/http.h>: "profile"
 * (CPU), "goroutine", and those that the program created or will create. (Go: import net/http/pprof)
 * Nothing is offered before this is called: there is then no socket and no thread.
 *
 * @return 0, also when called again; as weft_export_add().
 */
WEFT_API int weft_profile_serve(void) WEFT_USE_RESULT_;

#ifdef __cplusplus
} /* extern "C" */
#endif

#endif
