// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Functions that may wait for a file, another process or a time: timed, for the block profile, when
 * WEFT has blockio=1.
 *
 * Whether they have waited cannot be known without another system call, so what counts is how long they
 * took; the profile's rate leaves the short ones out. What libc calls inside (fread(), getaddrinfo())
 * does not come by here.
 *
 * All of them may be called by signal handlers, and in a child of vfork(): the same holds for what
 * is done here.
 */
#include "lock-profile.h"
#include "real.h"

#define CALLER __builtin_return_address(0)

#define TIMED(result, name, version, parameters, arguments)                                        \
	WEFT_PRELOAD_API result IN_FRONT_OF(name)                                                  \
	parameters __asm__(#name);                                                                 \
	result IN_FRONT_OF(name) parameters                                                        \
	{                                                                                          \
		struct weft_lock_wait wait;                                                        \
		result ret;                                                                        \
                                                                                                   \
		if (!weft_block_io_is_on()) {                                                      \
			return weft_real.name arguments;                                           \
		}                                                                                  \
		weft_lock_wait_begin(&wait, NULL);                                                 \
		ret = weft_real.name arguments;                                                    \
		weft_lock_wait_end(&wait, CALLER);                                                 \
		return ret;                                                                        \
	}

WEFT_REAL_IO_FUNCTIONS(TIMED)
