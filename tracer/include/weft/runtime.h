// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/**
 * Knobs of the profiles: what package runtime is to runtime/pprof in Go.
 *
 * | Go                        | here                            |
 * |---------------------------|---------------------------------|
 * | runtime.SetCPUProfileRate | weft_runtime_set_cpu_rate()     |
 * | runtime.MemProfileRate    | weft_runtime_set_mem_rate()     |
 * | SetBlockProfileRate       | weft_runtime_set_block_rate()   |
 * | SetMutexProfileFraction   | weft_runtime_set_mutex_fraction() |
 * | runtime.NumGoroutine      | weft_runtime_thread_count()     |
 * | SetGoroutineProfileLimit  | weft_runtime_set_thread_limit() |
 * | NumCPU, GOMAXPROCS        | weft_runtime_cpu_count(), weft_runtime_cpu_quota() |
 *
 * The profiles of memory, waiting and locks are filled by libweft-preload only (`weft run`, or
 * LD_PRELOAD); without it their knobs can be set and have nothing to act on.
 *
 * The environment variable WEFT sets knobs from the start, in programs that were not written for it too:
 *
 *     WEFT=off                                   libweft does nothing at all
 *     WEFT=memprofilerate=1,blockprofilerate=1   knobs, by commas; of two equal ones the last counts
 *
 * | knob                    | counterpart in Go           | unless given                          |
 * |-------------------------|-----------------------------|---------------------------------------|
 * | memprofilerate=BYTES    | runtime.MemProfileRate      | 524288; 0 off, 1 everything           |
 * | blockprofilerate=NS     | SetBlockProfileRate()       | 0: off; 1 everything                  |
 * | blockio=0 or 1          |                             | 0; 1: waits for I/O, sleeps are blocks |
 * | mutexprofilefraction=N  | SetMutexProfileFraction()   | 0: off; 1 everything                  |
 * | cpuprofilerate=HZ       | SetCPUProfileRate()         | 0: no CPU profile from the start      |
 * | schedtrace=MS           | GODEBUG=schedtrace          | 0; a line each MS on standard error: see below |
 * | scheddetail=0 or 1      | GODEBUG=scheddetail         | 0; 1: and one for each thread         |
 * | alloctrace=MS           | GODEBUG=gctrace, about      | 0; a line on the allocator            |
 * | trace=0 or 1            |                             | 1: LTTng-UST is looked for            |
 * | serve=0 or 1            | importing net/http/pprof    | 0; 1: profiles at the control socket  |
 * | children=0 or 1         |                             | 0: what the program starts is left alone |
 * | out=FOLDER              |                             | none; profiles are written at the end |
 *
 * out= takes the rest of the text, commas and all. Only the preload library acts on all but `off` and
 * `trace`. Set-user-id programs do not look at WEFT.
 * Knobs that are wrong are left out, and the first is told on standard error. schedtrace tells how many
 * threads run or wait for a CPU, sleep and are blocked; scheddetail what each does, and its CPU time.
 *
 * WEFT_CPU_ENGINE says where the signals of CPU profiles come from: "thread-timers" (the
 * default), "process-timer" or "wall". What does not work gives way to the next; the profile
 * says which it was. process-timer is ITIMER_PROF, which survives exec(): a program that
 * runs another while it is profiled so should stop the profile first; libweft-preload does that itself.
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

/**
 * Sets how many bytes are allocated from one sample of the memory profiles to the next, on average.
 *
 * Unlike Go's variable it may change at any time without harm: each sample counts by the rate it was
 * taken at. Acts at once on the calling thread, on others after at most 64 KiB of their allocations.
 *
 * @param bytes  524288 unless set. 1 or negative: every allocation; 0: none; at most 2^40.
 */
WEFT_API void weft_runtime_set_mem_rate(int64_t bytes);

/** The rate, bytes; 1: every allocation. */
WEFT_API int64_t weft_runtime_mem_rate(void);

/**
 * Sets from which length on each wait is in the block profile; shorter ones of t ns are with probability
 * t/ns, and count for as many more. So it is no threshold.
 *
 * @param ns  1: every wait; 0 or less: none, which is the default.
 */
WEFT_API void weft_runtime_set_block_rate(int64_t ns);

/** The rate, ns; 0: off. (Go has no counterpart.) */
WEFT_API int64_t weft_runtime_block_rate(void);

/**
 * Sets that one of `fraction` releases of locks that others waited for is in the mutex profile.
 *
 * @param fraction  1: each; 0: none, which is the default; negative: as it is.
 * @return What it was.
 */
WEFT_API int weft_runtime_set_mutex_fraction(int fraction);

/** How many threads the process has now; 0: /proc is not there. (Go: NumGoroutine) */
WEFT_API uint64_t weft_runtime_thread_count(void);

/**
 * Limits how many threads one profile of stacks ("goroutine") shows; how many were left out is in its
 * comments. For processes with so many threads that looking at all takes too long.
 *
 * @param threads  0 or less: no limit, which is the default.
 * @return What it was; 0: none.
 */
WEFT_API int weft_runtime_set_thread_limit(int threads);

/** How many CPUs the calling thread may run on (its affinity): at least 1. */
WEFT_API int weft_runtime_cpu_count(void);

/**
 * How many CPUs' time the process may use for each second, by the quota of its control group or one
 * around it, of either version; Go's GOMAXPROCS is the lower of this, rounded up, and the count.
 *
 * @return E.g. 1.5; 0: no limit, or it cannot be told. Reads files at each call.
 */
WEFT_API double weft_runtime_cpu_quota(void);

#ifdef __cplusplus
} /* extern "C" */
#endif

#endif
