// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * One line for each answered request: who asked, for what, what came of it.
 */
#ifndef WEFT_HTTP_ACCESS_LOG_H
#define WEFT_HTTP_ACCESS_LOG_H

#include "exchange.h"

/** Tells the log of the options, or standard error. After the exchange was closed. */
void weft_access_log(struct weft_exchange *exchange);

#endif
