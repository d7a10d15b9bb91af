// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/**
 * Clients that drive the server from inside its process: an exact number of requests, a known
 * mixture. They are not traced, as clients elsewhere would not be.
 */
#ifndef EXAMPLE_SERVER_CLIENT_H
#define EXAMPLE_SERVER_CLIENT_H

#include <netinet/in.h>
#include <stdint.h>

/** One client asks from a thread of its own; all share the count of requests. */
struct client_group {
	struct sockaddr_in server;
	int listen_fd; /* The server's, borrowed: to tell it that no more will come. */
	_Atomic uint64_t next_request; /* Number of the next request to send. */
	uint64_t request_count;        /* Requests to send altogether. */
};

/** Thread function; the argument is a struct client_group. Ends when all requests are sent. */
void *client_main(void *argument);

#endif
