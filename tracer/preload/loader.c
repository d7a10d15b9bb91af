// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Unloading of libraries: what they were is noted before, so that samples of them keep their names, and
 * how to walk through their code is forgotten after.
 */
#include "hooks.h"
#include "real.h"

WEFT_PRELOAD_API int IN_FRONT_OF(dlclose)(void *handle) __asm__("dlclose");

int IN_FRONT_OF(dlclose)(void *handle)
{
	int ret;

	weft_hooks_before_unload();
	ret = weft_real.dlclose(handle);
	weft_hooks_after_unload();
	return ret;
}
