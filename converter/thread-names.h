// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * What profiles call threads and processes.
 */
#ifndef WEFT_CONVERTER_THREAD_NAMES_H
#define WEFT_CONVERTER_THREAD_NAMES_H

#include <string.h>

#include "timeline.h"

static inline const char *weft_process_name(const struct weft_process *process)
{
	/* Names of kernel threads have slashes too, but are no paths. */
	const char *base = process->exe[0] == '/' ? strrchr(process->exe, '/') + 1 : process->exe;

	return base[0] ? base : "[unknown process]";
}

static inline const char *weft_thread_name(const struct weft_thread *thread)
{
	return thread->name[0] ? thread->name : "[unnamed thread]";
}

#endif
