// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/**
 * The id that a process has for itself, in its own PID namespace.
 *
 * Not installed: for libweft-http and the recorder. Needs libc only.
 */
#ifndef WEFT_OWN_PID_H
#define WEFT_OWN_PID_H

#include <sys/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * Asks /proc.
 *
 * @param pid  As the caller sees it.
 * @return Where it cannot be told, `pid`.
 *
 * Threads: any. Signals: not safe.
 * Source: proc(5), NSpid in /proc/PID/status: the innermost namespace is last.
 */
pid_t weft_own_pid(pid_t pid);

#ifdef __cplusplus
}
#endif

#endif
