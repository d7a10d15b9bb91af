// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Where threads spend their time, whether they run or wait: github.com/felixge/fgprof for threads.
 *
 * All threads are looked at again and again (thread-stacks.h says how), and each look stands for the
 * time since the one before. Looking takes at most a fiftieth of a CPU: with many threads it
 * happens less often.
 *
 * Threads: any. Signals: not safe.
 */
#ifndef WEFT_TRACER_WALL_CLOCK_H
#define WEFT_TRACER_WALL_CLOCK_H

#include <weft/export.h>

/* What the control socket serves it as. */
#define WEFT_WALL_CLOCK_NAME "fgprof"
#define WEFT_WALL_CLOCK_DESCRIPTION                                                                \
	"Wall clock time of all threads, on and off the CPU. You can specify the duration in the " \
	"seconds GET parameter."

/*
 * Looks for request->seconds (30 when 0), then writes a raw profile: samples/count,
 * time/nanoseconds.
 *
 * @return 0; -EPIPE: the client is gone; -EEXIST: SIGPROF is the program's; -ENOMEM.
 */
int weft_wall_clock_write(const struct weft_export_request *request,
			  struct weft_export_output *output);

#endif
