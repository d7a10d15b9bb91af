// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * The CPU profile of this process: start, stop, write. One at a time.
 *
 * While it runs there is a thread "weft-cpu", which looks for new threads a few times a second.
 * <weft/profile.h> is the public face.
 *
 * Threads: any. Signals: not safe.
 */
#ifndef WEFT_TRACER_CPU_PROFILE_H
#define WEFT_TRACER_CPU_PROFILE_H

#include <stdbool.h>
#include <stdint.h>

#include "raw-profile.h"

#define WEFT_CPU_RATE_DEFAULT_HZ 100U
#define WEFT_CPU_RATE_MAX_HZ     1000000U

/*
 * Starts sampling.
 *
 * @param rate_hz     Samples for each second of CPU time of a thread, 1..WEFT_CPU_RATE_MAX_HZ; at most
 *                    the kernel's tick, which the profile then says.
 * @param ret_reason  On failure, why, in words; for ever.
 * @return 0; -EBUSY: one is running; -EEXIST: the program handles SIGPROF itself; -EPERM: the
 *         environment says WEFT=off; -ENOMEM, -EAGAIN: no memory, no thread.
 */
int weft_cpu_profile_start(uint32_t rate_hz, const char **ret_reason);

/*
 * Stops sampling and writes the raw profile.
 *
 * @param write  May be NULL: the samples are dropped.
 * @return 0; -EALREADY: none is running, or another thread is stopping it; what `write` returned;
 *         -ENOMEM. It is stopped in any case.
 */
int weft_cpu_profile_stop(weft_raw_profile_write_fn write, void *ctx);

/*
 * In a copy of the process with one thread, which has nothing to do but this: writes what the original
 * had sampled so far. Takes no lock, for it might be held by a thread that was not copied.
 *
 * @param process_cpu_ns  CPU time of the original.
 * @return 0; -EALREADY: no profile was being taken; what `write` returned; -ENOMEM.
 */
int weft_cpu_profile_write_copied(uint64_t process_cpu_ns, weft_raw_profile_write_fn write,
				  void *ctx);

bool weft_cpu_profile_is_running(void);

/*
 * Around fork(). The child, with all locks held, forgets the parent's profile: it samples nothing until
 * it starts one of its own.
 */
void weft_cpu_profile__lock(void);
void weft_cpu_profile__unlock(void);
void weft_cpu_profile__forget(void);

#endif
