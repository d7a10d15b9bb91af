// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * A running process that somebody wants recorded: is it there, is it instrumented?
 */
#ifndef WEFT_RECORD_PROCESS_H
#define WEFT_RECORD_PROCESS_H

#include <stdbool.h>
#include <sys/types.h>

#include <weft/error.h>

/**
 * @param ret_own_pid  The process's id as it sees it itself (in its own PID namespace).
 * @return 0; -ESRCH: no such process; -EPERM: another user's; -ENOPKG: not instrumented, `err` says
 *         why.
 */
WEFT_MUST_CHECK int weft_process_check(pid_t pid, pid_t *ret_own_pid, struct weft_error *err);

/**
 * Whether a process is there and can still do anything. One that has ended and that nobody has waited
 * for (a zombie) is not: in a container whose init does not reap it stays so for ever.
 */
bool weft_process_is_running(pid_t pid);

/** Who started it, or who took over since; 0: nobody that can be seen, or it is gone. */
pid_t weft_process_get_parent(pid_t pid);

#endif
