// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * From libmicrohttpd's view of a request to an exchange, and back to a response. The only place
 * besides server.c and exchange.c that knows libmicrohttpd; its MHD_YES is 1, unlike ours.
 */
#ifndef WEFT_HTTP_REQUEST_H
#define WEFT_HTTP_REQUEST_H

#include <microhttpd.h>

#include "exchange.h"

/** Reads method, headers and parameters into the exchange. @return 0; -ENOMEM. */
WEFT_MUST_CHECK int weft_request_read(struct weft_exchange *exchange, const char *method);

/** Keeps a piece of a POST's body, to a limit. */
void weft_request_add_body(struct weft_exchange *exchange, const char *bytes, size_t size);

/** Checks who asks: peer, Host, token. Answers and returns false when that is not all right. */
bool weft_request_check(struct weft_exchange *exchange);

/** Checks method, path and limits, or answers what is wrong. Whether a job is to be started. */
bool weft_request_route(struct weft_exchange *exchange);

/** Hands the decided answer to libmicrohttpd. */
enum MHD_Result weft_request_respond(struct weft_exchange *exchange);

#endif
