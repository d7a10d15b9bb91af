// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * The table of pages, and the shortest of them. See handlers.h.
 */
#include "handlers.h"

#include <errno.h>
#include <fcntl.h>
#include <microhttpd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CMDLINE_SIZE_MAX (4U << 20)

static void (*const handlers[])(struct weft_exchange *exchange) = {
	[WEFT_HTTP_PAGE_INDEX] = weft_handler_index,
	[WEFT_HTTP_PAGE_CMDLINE] = weft_handler_cmdline,
	[WEFT_HTTP_PAGE_PROFILE] = weft_handler_profile,
	[WEFT_HTTP_PAGE_SYMBOL] = weft_handler_symbol,
	[WEFT_HTTP_PAGE_TRACE] = weft_handler_trace,
	[WEFT_HTTP_PAGE_NAMED] = weft_handler_profile,
};

void weft_handlers_run(struct weft_exchange *exchange)
{
	if (exchange->path.place == WEFT_QUERY_ROOT) {
		weft_handler_processes(exchange);
	} else if (kill(exchange->pid, 0) < 0 && errno == ESRCH) {
		weft_exchange_fail(exchange, MHD_HTTP_NOT_FOUND, "there is no process %d",
				   (int)exchange->pid);
	} else {
		handlers[exchange->path.page](exchange);
	}
}

/* Source: net/http/pprof.Cmdline: words joined by NUL, none at the end. */
void weft_handler_cmdline(struct weft_exchange *exchange)
{
	char path[64];
	char *text = (char *)malloc(CMDLINE_SIZE_MAX);
	FILE *file = NULL;
	size_t len = 0;

	(void)snprintf(path, sizeof(path), "/proc/%d/cmdline", (int)exchange->pid);
	file = text ? fopen(path, "re") : NULL;
	if (!file) {
		free(text);
		weft_exchange_fail(exchange, MHD_HTTP_INTERNAL_SERVER_ERROR,
				   "cannot read the command line: error=%d", errno);
		return;
	}
	len = fread(text, 1, CMDLINE_SIZE_MAX, file);
	(void)fclose(file); /* Read only; nothing to lose. */
	if (len > 0 && text[len - 1] == '\0') {
		len--;
	}
	weft_exchange_send(exchange, MHD_HTTP_OK, "text/plain; charset=utf-8", text, len);
}
