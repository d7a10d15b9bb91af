// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * What each page answers. One handler a page, on the request's own thread; each answers exactly once
 * (exchange.h). To add a page: a row in the table of handlers.c.
 */
#ifndef WEFT_HTTP_HANDLERS_H
#define WEFT_HTTP_HANDLERS_H

#include "exchange.h"

/** Runs the handler of the request's page. */
void weft_handlers_run(struct weft_exchange *exchange);

void weft_handler_processes(struct weft_exchange *exchange);
void weft_handler_index(struct weft_exchange *exchange);
void weft_handler_cmdline(struct weft_exchange *exchange);
void weft_handler_symbol(struct weft_exchange *exchange);
void weft_handler_trace(struct weft_exchange *exchange);
/** Also of WEFT_HTTP_PAGE_PROFILE, whose name is "profile". */
void weft_handler_profile(struct weft_exchange *exchange);

#endif
