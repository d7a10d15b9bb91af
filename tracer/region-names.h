// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Names of regions as numbers, for samplers: a region's own name is only borrowed from the program
 * while the region is open. Names are kept for the life of the process, up to a bound; what comes
 * then has no number. Lock-free, async-signal-safe.
 */
#ifndef WEFT_TRACER_REGION_NAMES_H
#define WEFT_TRACER_REGION_NAMES_H

#include <stdint.h>

/* Longer names are cut. */
#define WEFT_REGION_NAME_SIZE 64

/* Non-zero while somebody samples: only then do regions look up their numbers. */
extern _Atomic uint32_t weft_region_names__wanted;

/* The number of a name, never 0 but when there is no room. */
uint32_t weft_region_names__number(const char *name);
/* The name of a number; "" for 0. For ever. */
const char *weft_region_names__get(uint32_t number);

#endif
