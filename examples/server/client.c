// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * One connection a request, as the server wants it. What is asked depends on the number of the
 * request alone, so that a run can be repeated.
 */
#include "client.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "database.h"

/* One request in so many asks for a document that is not there, or asks nonsense. */
#define MISS_EVERY     20U
#define NONSENSE_EVERY 33U

static void write_request(uint64_t number, char *text, size_t size)
{
	if (number % NONSENSE_EVERY == NONSENSE_EVERY - 1) {
		(void)snprintf(text, size, "PLEASE send me something\r\n\r\n");
	} else if (number % MISS_EVERY == MISS_EVERY - 1) {
		(void)snprintf(text, size, "GET /document/%u HTTP/1.0\r\n\r\n",
			       DATABASE_DOCUMENT_COUNT + (unsigned int)(number % 1000));
	} else {
		(void)snprintf(text, size, "GET /document/%u HTTP/1.0\r\n\r\n",
			       (unsigned int)(number * 7 % DATABASE_DOCUMENT_COUNT));
	}
}

/* Returns whether the server was reached: it counts connections. */
static bool ask(const struct client_group *group, uint64_t number)
{
	char text[128];
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0) {
		perror("server: client socket");
		return false;
	}
	if (connect(fd, (const struct sockaddr *)&group->server, sizeof(group->server)) < 0) {
		perror("server: client connect");
		(void)close(fd);
		return false;
	}
	write_request(number, text, sizeof(text));
	if (send(fd, text, strlen(text), MSG_NOSIGNAL) < 0) {
		perror("server: client send");
	}
	while (recv(fd, text, sizeof(text), 0) > 0) {
		/* The answer ends with the connection. */
	}
	(void)close(fd);
	return true;
}

void *client_main(void *argument)
{
	struct client_group *group = argument;
	uint64_t number;

	while ((number = atomic_fetch_add(&group->next_request, 1)) < group->request_count) {
		if (!ask(group, number)) {
			/* The server would wait for ever for this one: its accept() fails now. */
			(void)shutdown(group->listen_fd, SHUT_RD);
			break;
		}
	}
	return NULL;
}
