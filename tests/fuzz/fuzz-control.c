// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Any bytes at all as the other side of a control socket: as the answer that the frontend gets from a
 * process (by real sockets, twice: to a list, to a fetch), and as what somebody asks a process.
 */
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "control-client.h"

/* The process's side, with what is not exported: its own copy. */
#include "control-socket.c"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

/* The control socket's, whose own parts are not here. */
int weft_wall_clock_write(const struct weft_export_request *request,
			  struct weft_export_output *output)
{
	(void)request;
	return weft_export_write(output, "wall", 4);
}

static void check(bool right)
{
	if (!right) {
		abort();
	}
}

/* ---- An answer of any bytes ---- */

/* Handed to the thread before a connection to it is made, and not changed until that has ended. */
static const uint8_t *answer_bytes;
static size_t answer_size;
static _Atomic unsigned int answer_count;
/* Held by the thread while it uses them: who asks may turn away before all is said. */
static pthread_mutex_t answering = PTHREAD_MUTEX_INITIALIZER;

static void answer_one(int fd)
{
	static const char fine[] = "ok\n0\n";
	char line[LINE_SIZE];
	/* Asked again ("error 11"): then it shall have an end. */
	bool is_first = atomic_fetch_add(&answer_count, 1) == 0;

	(void)pthread_mutex_lock(&answering);
	check(recv(fd, line, sizeof(line), 0) > 0);
	(void)send(fd, is_first ? (const char *)answer_bytes : fine,
		   is_first ? answer_size : sizeof(fine) - 1, MSG_NOSIGNAL);
	(void)close(fd); /* All is said. */
	(void)pthread_mutex_unlock(&answering);
}

static void *serve_answers(void *argument)
{
	int fd = (int)(intptr_t)argument;

	for (;;) {
		int client = accept(fd, NULL, NULL);

		check(client >= 0);
		answer_one(client);
	}
	return NULL;
}

static void start_answering(void)
{
	static bool is_started;
	pthread_t thread;

	if (!is_started) {
		int fd = open_socket();

		check(fd >= 0);
		check(pthread_create(&thread, NULL, serve_answers, (void *)(intptr_t)fd) == 0);
		is_started = true;
	}
}

struct received {
	bool begun;
	size_t size;
};

static bool is_gone(void *ctx)
{
	(void)ctx;
	return false;
}

static int begin(void *ctx)
{
	struct received *received = (struct received *)ctx;

	check(!received->begun);
	received->begun = true;
	return 0;
}

static int take(void *ctx, const void *bytes, size_t size)
{
	struct received *received = (struct received *)ctx;

	check(received->begun && size > 0 && bytes);
	received->size += size;
	check(received->size <= answer_size);
	return 0;
}

static void try_answers(const uint8_t *bytes, size_t size)
{
	const struct weft_query_params params = {0};
	struct received received = {false, 0};
	const struct weft_control_receiver receiver = {is_gone, begin, take, &received};
	struct weft_control_list *list = NULL;
	struct weft_error err = WEFT_ERROR_INIT;
	size_t i;
	int ret;

	start_answering();
	answer_bytes = bytes;
	answer_size = size;
	atomic_store(&answer_count, 0);
	ret = weft_control_list(getpid(), &list, &err);
	check((ret == 0) == (list != NULL) && (ret == 0 || err.text[0]));
	for (i = 0; list && i < list->count; i++) {
		check(memchr(list->profiles[i].name, '\0', sizeof(list->profiles[i].name)) != NULL);
		check(i == 0 || strcmp(list->profiles[i - 1].name, list->profiles[i].name) <= 0);
	}
	free(list);
	atomic_store(&answer_count, 0);
	ret = weft_control_fetch(getpid(), "x", &params, &receiver, &err);
	check(ret <= 0 && (ret < 0 || received.begun));
	(void)pthread_mutex_lock(&answering);
	(void)pthread_mutex_unlock(&answering);
}

/* ---- A question of any bytes ---- */

static int write_some(void *ctx, const struct weft_export_request *request,
		      struct weft_export_output *output)
{
	(void)ctx;
	check(request->debug >= 0 && request->seconds >= 0);
	return request->gc ? -EIO : weft_export_write(output, "some", 4);
}

static const struct weft_export some = {"heap", "Some.", NULL, write_some, NULL};

/* The table of exports: one. */
const struct weft_export *weft_export__borrow(const char *name)
{
	return strcmp(name, some.name) == 0 ? &some : NULL;
}

void weft_export__return(const struct weft_export *profile)
{
	check(profile == &some);
}

const struct weft_export *weft_export__borrow_at(unsigned int index)
{
	return index == 0 ? &some : NULL;
}

bool weft_export__has_any(void)
{
	return true;
}

void weft_export__forget(void)
{
}

static void try_question(const uint8_t *bytes, size_t size)
{
	char said[4096];
	ssize_t len;
	int ends[2];

	check(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
	if (send(ends[0], bytes, size, MSG_NOSIGNAL | MSG_DONTWAIT) == (ssize_t)size &&
	    shutdown(ends[0], SHUT_WR) == 0) {
		answer(ends[1]);
		(void)close(ends[1]); /* All is said. */
		ends[1] = -1;
		len = recv(ends[0], said, sizeof(said), 0);
		check(len <= 0 || strncmp(said, "ok\n", 3) == 0 || strncmp(said, "error ", 6) == 0);
	}
	(void)close(ends[0]); /* Nothing to lose. */
	if (ends[1] >= 0) {
		(void)close(ends[1]); /* As above. */
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	try_answers(bytes, size);
	try_question(bytes, size);
	return 0;
}
