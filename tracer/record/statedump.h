// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * The threads that are there when a recording starts, from /proc: without them a trace would not know
 * who a thread is until it forks, and not what it waits for until it has run.
 */
#ifndef WEFT_RECORD_STATEDUMP_H
#define WEFT_RECORD_STATEDUMP_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "kernel-trace.h"

/**
 * Writes every thread that can be seen. Thread ids are those of the PID namespace that /proc shows.
 * Readers show a thread as asleep from here on, so the state is told of those alone whose switches the
 * source sees.
 *
 * @param sees_state  Whether it sees those of a process; called with `ctx`, the process, and its folder.
 * @return Threads written.
 */
size_t weft_statedump_write(struct weft_kernel_trace *trace,
			    bool (*sees_state)(const void *ctx, pid_t pid, int dir),
			    const void *ctx);

/* ---- What a file of /proc says; text need not be well-formed ---- */

/**
 * /proc/PID/task/TID/stat: ids, name, kind, state, CPU.
 *
 * @return Whether it had all of them; `ret_thread` is changed only then.
 */
bool weft_statedump_parse_stat(const char *text, struct weft_kernel_thread *ret_thread);

/** /proc/PID/task/TID/status: ids in the innermost namespace, depth; what is missing is left. */
void weft_statedump_parse_status(const char *text, struct weft_kernel_thread *thread);

/** What a link in /proc/PID/fd says: enum weft_kernel_object; UNKNOWN for a path. */
uint8_t weft_statedump_parse_link(const char *text);

/** /proc/PID/task/TID/syscall: number and first argument; "unknown" when the text does not tell. */
void weft_statedump_parse_syscall(const char *text, struct weft_kernel_thread *thread);

#endif
