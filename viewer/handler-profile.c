// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * /debug/pprof/NAME: a profile that the process itself takes; "profile" is the CPU's.
 */
#include "handlers.h"

#include <errno.h>
#include <microhttpd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "control-client.h"

/* What one fetch is for. */
struct fetch {
	struct weft_exchange *exchange;
	bool begun;
};

static bool is_gone(void *ctx)
{
	return weft_exchange_is_gone(((struct fetch *)ctx)->exchange);
}

static int begin(void *ctx)
{
	struct fetch *fetch = (struct fetch *)ctx;
	struct weft_exchange *exchange = fetch->exchange;
	const bool is_text = exchange->params.debug > 0;

	fetch->begun = true;
	return weft_exchange_begin(
		exchange, is_text ? "text/plain; charset=utf-8" : "application/octet-stream",
		is_text ? NULL : exchange->path.name);
}

static int write_piece(void *ctx, const void *bytes, size_t size)
{
	return weft_exchange_write(((struct fetch *)ctx)->exchange, bytes, size);
}

/* Before anything was sent. Source: net/http/pprof, Profile and handler.ServeHTTP. */
static void fail(struct weft_exchange *exchange, int ret, const struct weft_error *err)
{
	if (ret == -ENOENT) {
		weft_exchange_fail(exchange, MHD_HTTP_NOT_FOUND, "Unknown profile");
	} else if (exchange->path.page == WEFT_HTTP_PAGE_PROFILE) {
		weft_exchange_fail(exchange, MHD_HTTP_INTERNAL_SERVER_ERROR,
				   "Could not enable CPU profiling: %s",
				   ret == -EBUSY ? "cpu profiling already in use" : err->text);
	} else {
		weft_exchange_fail(exchange, MHD_HTTP_INTERNAL_SERVER_ERROR,
				   "failed to collect profile: %s", err->text);
	}
}

/* Whether the process has the profile; else answers that. */
static bool check_profile(struct weft_exchange *exchange)
{
	struct weft_control_list *list = NULL;
	struct weft_error err = WEFT_ERROR_INIT;
	int ret = weft_control_list(exchange->pid, &list, &err);
	size_t i;

	if (ret == 0) {
		ret = -ENOENT;
		for (i = 0; i < list->count; i++) {
			if (strcmp(list->profiles[i].name, exchange->path.name) == 0) {
				ret = 0;
			}
		}
		free(list);
	}
	if (ret < 0) {
		fail(exchange, ret, &err);
	}
	return ret == 0;
}

void weft_handler_profile(struct weft_exchange *exchange)
{
	struct fetch fetch = {.exchange = exchange};
	const struct weft_control_receiver receiver = {is_gone, begin, write_piece, &fetch};
	struct weft_error err = WEFT_ERROR_INIT;
	const bool is_cpu = exchange->path.page == WEFT_HTTP_PAGE_PROFILE;
	int ret = 0;

	if (is_cpu) {
		/* By its page alone when mounted; always binary. */
		(void)snprintf(exchange->path.name, sizeof(exchange->path.name), "profile");
		exchange->params.debug = 0;
	}
	if ((exchange->is_head || (!is_cpu && exchange->params.has_seconds)) &&
	    !check_profile(exchange)) {
		return;
	}
	if (!is_cpu && exchange->params.has_seconds) {
		weft_exchange_fail(exchange, MHD_HTTP_BAD_REQUEST,
				   "\"seconds\" parameter is not supported for this profile type");
		return;
	}
	if (exchange->is_head) {
		ret = begin(&fetch);
	} else {
		ret = weft_control_fetch(exchange->pid, exchange->path.name, &exchange->params,
					 &receiver, &err);
	}
	if (!fetch.begun) {
		fail(exchange, ret, &err);
	} else {
		weft_exchange_end(exchange, ret == 0);
	}
}
