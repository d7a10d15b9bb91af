// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/**
 * Knobs of the profiles: what package runtime is to runtime/pprof in Go.
 *
 * | Go                        | here                            |
 * |---------------------------|---------------------------------|
 * | runtime.SetCPUProfileRate | weft_runtime_set_cpu_rate()     |
 * | runtime.NumGoroutine      | weft_runtime_thread_count()     |
 *
 * Environment: WEFT_CPU_ENGINE says where the signals of CPU profiles come from: "thread-timers" (the
 * default), "process-timer" or "wall". What does not work gives way to the next; the profile
 * says which it was. process-timer is ITIMER_PROF, which survives exec(): a program that
 * runs another while it is profiled so should stop the profile first.
 *
 * Threads: any. Signals: safe only where said.
 */
#ifndef WEFT_RUNTIME_H
#define WEFT_RUNTIME_H

#include <stdint.h>

#include <weft/trace.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * Sets the rate of the CPU profiles that are started from now on.
 *
 * Unlike Go's, this neither starts nor stops a profile.
 *
 * @param hz  Samples for each second of CPU time of each thread. 0 or less: the default, 100. More than
 *            1,000,000 counts as that. Timers of CPU clocks expire at the kernel's tick (usually
 *            100, 250 or 1000 Hz): a profile has the tick's rate at most, and says so.
 * @return 0; -EBUSY: a CPU profile is running, nothing changes.
 */
WEFT_API int weft_runtime_set_cpu_rate(int hz) WEFT_USE_RESULT_;

/** The rate that the next CPU profile will ask for, Hz. */
WEFT_API int weft_runtime_cpu_rate(void);

/** How many threads the process has now; 0: /proc is not there. (Go: NumGoroutine) */
WEFT_API uint64_t weft_runtime_thread_count(void);

#ifdef __cplusplus
} /* extern "C" */
#endif

#endif
