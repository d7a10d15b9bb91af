// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Where this process stands among PID namespaces. CPU-wide sources name threads by their ids in the
 * first one; inside another one nobody can say which of our threads they mean.
 */
#ifndef WEFT_RECORD_PID_NAMESPACE_H
#define WEFT_RECORD_PID_NAMESPACE_H

#include <weft/error.h>

/** @return 0 in the first namespace; -EOPNOTSUPP elsewhere, with what helps. */
WEFT_MUST_CHECK int weft_pid_namespace_check(struct weft_error *err);

#endif
