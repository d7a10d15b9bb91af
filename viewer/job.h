// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Threads that work on requests, one each, so that no request delays another.
 *
 * Quick pages are bounded by the number of connections. What takes time (profiles, traces) is bounded
 * by weft_http_options; whoever comes too many gets 429.
 */
#ifndef WEFT_HTTP_JOB_H
#define WEFT_HTTP_JOB_H

#include "exchange.h"

/**
 * Starts the thread for a request that is complete, and suspends its connection until there is an
 * answer; or answers at once why not. On libmicrohttpd's thread.
 */
void weft_job_start(struct weft_exchange *exchange);

/** Cancels all requests and waits for their threads. New ones get 503. */
void weft_job_stop_all(struct weft_http *http);

#endif
