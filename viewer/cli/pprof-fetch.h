// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Gets the profile that `weft pprof` reports about: sources summed up, bases subtracted.
 */
#ifndef WEFT_CLI_PPROF_FETCH_H
#define WEFT_CLI_PPROF_FETCH_H

#include <weft/pprof.h>

#include "pprof-options.h"

/**
 * Sources that cannot be read are named on standard error, and left out while others can be.
 *
 * @param ret_profile  To be destroyed by the caller.
 * @return 0; a negative errno, err says why.
 */
WEFT_MUST_CHECK int pprof_fetch(const struct pprof_options *options,
				struct weft_pprof **ret_profile, struct weft_error *err);

#endif
