// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Stands for bpf-engine.c in a build without clang or libbpf's headers: refuses, and says why.
 */
#include "engine.h"

#include <errno.h>

static int refuse(const struct weft_engine_request *request, void **ret_state,
		  struct weft_error *err)
{
	(void)request;
	*ret_state = NULL;
	return weft_error_set(
		err, -EOPNOTSUPP,
		"BPF: this weft was built without it (packages clang and libbpf-dev)");
}

const struct weft_engine weft_engine_bpf = {
	.name = "bpf",
	.tier = WEFT_RECORD_TIER_TRACEPOINTS,
	.open = refuse,
};
