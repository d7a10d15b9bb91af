// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * The answer to /debug/pprof/symbol: names of addresses of a process.
 *
 * The addresses become a profile of one sample each, so that they are looked up as all others are.
 */
#ifndef WEFT_CLI_ADDRESS_NAMES_H
#define WEFT_CLI_ADDRESS_NAMES_H

#include <stdint.h>
#include <sys/types.h>

#include <weft/error.h>
#include <weft/pprof.h>

/**
 * Reads addresses, as weft_query_next_address() does, until the end of a descriptor.
 *
 * @param pid  The process: addresses are where it has its code now.
 * @return 0; -E2BIG: more than 1 MiB; -ESRCH, -EACCES, ...: what the process has cannot be read.
 */
WEFT_MUST_CHECK int weft_cli_addresses_read(int fd, pid_t pid, struct weft_pprof **ret_profile,
					    struct weft_error *err);

/** Writes the page: a line "0xADDRESS NAME" for each address of which there is a name, in order. */
WEFT_MUST_CHECK int weft_cli_addresses_write(const struct weft_pprof *profile, int fd,
					     struct weft_error *err);

#endif
