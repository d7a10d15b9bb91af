// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Ends of the process that run no destructors: _exit(), and signals that kill.
 */
#ifndef WEFT_TRACER_PRELOAD_ENDS_H
#define WEFT_TRACER_PRELOAD_ENDS_H

/* From here on profiles are written before such an end. Once, from a constructor. */
void weft_preload_ends_init(void);

#endif
