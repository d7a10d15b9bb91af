// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Lines on standard error at intervals: Go's GODEBUG=schedtrace and scheddetail, for threads and CPUs, and
 * what the allocator has, in place of gctrace.
 *
 *     SCHED 1000ms: cpus=2 quota=none threads=7 running=1 sleeping=5 blocked=1 cpu=412.1ms \
 *             runwait=3.0ms switches=210
 *       T4711: state=sleep cpu=0.2ms runwait=0.0ms switches=9 name=worker           (scheddetail)
 *     ALLOC 1000ms: inuse=1048576 free=4096 sys=1052672 mapped=0 rss=5242880
 *
 * Times since the process's start of it; cpu, runwait (runnable, without a CPU) and switches of the first
 * line are of the interval, but for what ended with its thread; those of a thread are of its life.
 * running: has a CPU or waits for one. Bytes.
 */
#ifndef WEFT_TRACER_PERIODIC_H
#define WEFT_TRACER_PERIODIC_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Starts what is wanted, in a thread of its own. Once.
 *
 * @param sched_ms, alloc_ms  Intervals; 0: no such lines.
 * @param has_detail          A line for each thread, too.
 * @return 0; a negative errno: no thread.
 */
int weft_periodic_start(int64_t sched_ms, bool has_detail, int64_t alloc_ms);

#endif
