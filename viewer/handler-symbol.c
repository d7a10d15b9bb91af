// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * /debug/pprof/symbol: names of addresses of the process, looked up by a helper (completion.h).
 * Source: net/http/pprof, Symbol().
 */
#include "handlers.h"

#include <errno.h>
#include <microhttpd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "completion.h"

static bool is_gone(void *ctx)
{
	return weft_exchange_is_gone((struct weft_exchange *)ctx);
}

static void send_text(struct weft_exchange *exchange, char *text, size_t len)
{
	weft_exchange_send(exchange, MHD_HTTP_OK, "text/plain; charset=utf-8", text, len);
}

/* The whole of a file; NULL: out of memory. */
static char *read_file(int fd, size_t *ret_size)
{
	struct stat status;
	char *text;

	if (fstat(fd, &status) < 0 || status.st_size > WEFT_COMPLETION_BYTES_MAX) {
		return NULL;
	}
	text = (char *)malloc((size_t)status.st_size + 1);
	if (text && pread(fd, text, (size_t)status.st_size, 0) != status.st_size) {
		free(text);
		text = NULL;
	}
	*ret_size = (size_t)status.st_size;
	return text;
}

static int look_up(struct weft_exchange *exchange, const char *addresses, size_t len,
		   int *ret_answer_fd, struct weft_error *err)
{
	const struct weft_completion completion = {
		.pid = exchange->pid,
		.name = "symbol",
		.has_addresses = true,
		.is_gone = is_gone,
		.ctx = exchange,
	};
	int fd = memfd_create("weft-addresses", MFD_CLOEXEC);
	int ret;

	if (fd < 0 || write(fd, addresses, len) != (ssize_t)len) {
		ret = weft_error_set_errno(err, -errno, "no memory file");
	} else {
		ret = weft_completion_run(&completion, fd, ret_answer_fd, err);
	}
	if (fd >= 0) {
		(void)close(fd); /* Memory. */
	}
	return ret;
}

void weft_handler_symbol(struct weft_exchange *exchange)
{
	/* Clients only tell 0 from more. */
	static const char none[] = "num_symbols: 1\n";
	const char *addresses = exchange->is_post ? exchange->body : exchange->addresses;
	size_t len = exchange->is_post ? exchange->body_size : exchange->address_len;
	struct weft_error err = WEFT_ERROR_INIT;
	const char *text = addresses;
	uint64_t address;
	size_t size = 0;
	int fd = -1;

	if (!addresses || !weft_query_next_address(&text, addresses + len, &address)) {
		send_text(exchange, strdup(none), sizeof(none) - 1); /* A probe. */
	} else if (look_up(exchange, addresses, len, &fd, &err) < 0) {
		weft_exchange_fail(exchange, MHD_HTTP_INTERNAL_SERVER_ERROR,
				   "cannot look up names: %s", err.text);
	} else {
		char *page = read_file(fd, &size);

		send_text(exchange, page, size);
		(void)close(fd); /* Memory. */
	}
}
