// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Units of values: which can be turned into which, and by what factor.
 */
#ifndef WEFT_PPROF_UNIT_H
#define WEFT_PPROF_UNIT_H

#include <stdbool.h>

/*
 * What one `unit` is in `other`; false: they measure different things. Equal units are 1, also
 * those that are not known here. Names as in profiles: "nanoseconds", "ms", "bytes", "MB", any case,
 * singular or plural.
 */
bool weft_unit_ratio(const char *unit, const char *other, double *ret_ratio);

#endif
