// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * The knobs of <weft/runtime.h> for what hooks profile.
 */
#include <weft/runtime.h>

#include "heap-profile.h"
#include "lock-profile.h"

void weft_runtime_set_mem_rate(int64_t bytes)
{
	weft_heap_set_rate(bytes);
}

int64_t weft_runtime_mem_rate(void)
{
	return weft_heap_rate();
}

void weft_runtime_set_block_rate(int64_t ns)
{
	weft_block_set_rate(ns);
}

int64_t weft_runtime_block_rate(void)
{
	return weft_block_rate();
}

int weft_runtime_set_mutex_fraction(int fraction)
{
	return weft_mutex_set_fraction(fraction);
}
