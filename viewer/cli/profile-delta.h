// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * What happened between two profiles of one process: the later less the earlier.
 */
#ifndef WEFT_CLI_PROFILE_DELTA_H
#define WEFT_CLI_PROFILE_DELTA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <weft/error.h>
#include <weft/pprof.h>

/**
 * Reads two profiles, one behind the other, until the end of a descriptor, and subtracts the first.
 *
 * The time is the second's, the duration what lies between them. Stacks of which nothing changed are
 * left out. Sizes of allocations as labels ("bytes") are means, which move: the difference has its own.
 *
 * @param earlier_size  Bytes of the first profile, at least 1.
 * @param keeps_inuse   Values called inuse_... are the second's own.
 * @param limit_bytes   Of memory; what is read, and each profile.
 * @return 0; -EBADMSG: one is no profile; -EINVAL: they are not of one kind; -E2BIG; -ENOMEM.
 */
WEFT_MUST_CHECK int weft_cli_delta_read(int fd, uint64_t earlier_size, bool keeps_inuse,
					uint64_t limit_bytes, struct weft_pprof **ret_profile,
					struct weft_error *err);

#endif
