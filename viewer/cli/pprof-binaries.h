// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Copies of the files that a profile is of, where people keep them.
 */
#ifndef WEFT_CLI_PPROF_BINARIES_H
#define WEFT_CLI_PPROF_BINARIES_H

#include <weft/pprof.h>

/**
 * Looks for each mapping's file in the folders of PPROF_BINARY_PATH (~/pprof/binaries), by build id and
 * by name; one that is found takes the place of the mapping's path. One of another build than the
 * mapping's is told on standard error and not taken.
 *
 * @return 0; -ENOMEM, -E2BIG.
 */
WEFT_MUST_CHECK int pprof_binaries_find(struct weft_pprof *profile);

#endif
