// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Creation and end of threads.
 */
#ifndef WEFT_TRACER_PRELOAD_THREADS_H
#define WEFT_TRACER_PRELOAD_THREADS_H

/* From here on threads are counted. Once, from a constructor. */
void weft_preload_threads_init(void);

#endif
