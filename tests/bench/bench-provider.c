// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Probes of the peer's events. See bench-provider.h.
 */
#define LTTNG_UST_TRACEPOINT_CREATE_PROBES
#define LTTNG_UST_TRACEPOINT_DEFINE
#include "bench-provider.h"
