// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Where a server listens: from "HOST:PORT" or "unix:PATH" to a socket.
 */
#ifndef WEFT_HTTP_LISTEN_H
#define WEFT_HTTP_LISTEN_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>

#include <weft/error.h>

struct weft_listen_address {
	bool is_unix;
	char host[256]; /* "" for all addresses. */
	char port[8];
	char path[104]; /* Of a unix socket: what fits into struct sockaddr_un. */
};

/** Takes an address apart. @return 0; -EINVAL, told in `err`. No I/O. */
WEFT_MUST_CHECK int weft_listen_parse(const char *text, struct weft_listen_address *ret_address,
				      struct weft_error *err);

/**
 * Opens the socket. A unix socket that nobody serves any more is replaced; the new one is for this
 * user only.
 *
 * @param may_be_public  Otherwise addresses other than loopback are refused.
 * @param ret_text       The address with the real port; for unix "unix:PATH".
 * @return The descriptor; -EACCES: public; -EADDRINUSE; another negative errno.
 */
WEFT_MUST_CHECK int weft_listen_open(const struct weft_listen_address *address, bool may_be_public,
				     char *ret_text, size_t size, struct weft_error *err);

/** Whether only this machine can reach an address of the internet families. */
bool weft_listen_is_loopback(const struct sockaddr *address);

#endif
