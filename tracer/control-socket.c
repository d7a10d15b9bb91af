// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Serves the exports of this process. See control-socket.h.
 */
#include "control-socket.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <weft/helper.h>

#include "control.h"
#include "wall-clock.h"

#define BACKLOG          16
#define LINE_SIZE        256
#define FETCHES_MAX      8U
#define STACK_SIZE       (256U << 10)
#define ASK_PATIENCE_S   2
#define WRITE_PATIENCE_S 120
/* When the process is out of descriptors, say. */
#define RETRY_MS 100

/* Guards both below; no other lock is taken while it is held. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int listen_fd = -1;
static unsigned int fetch_count;

/* ---- Requests ---- */

/* "KEY=NUMBER " at `text`; what follows, NULL: it is not there. */
static const char *parse_field(const char *text, const char *key, int64_t *ret_number)
{
	size_t len = strlen(key);
	int64_t number = 0;

	if (strncmp(text, key, len) != 0 || text[len] < '0' || text[len] > '9') {
		return NULL;
	}
	for (text += len; *text >= '0' && *text <= '9'; text++) {
		if (number > INT32_MAX) {
			return NULL;
		}
		number = number * 10 + (*text - '0');
	}
	*ret_number = number;
	return *text == ' ' ? text + 1 : NULL;
}

bool weft_control_socket__parse(const char *text, struct weft_control_line *ret_line)
{
	int64_t gc = 0;

	memset(ret_line, 0, sizeof(*ret_line));
	if (strcmp(text, "list") == 0) {
		ret_line->verb = WEFT_CONTROL_LIST;
		return true;
	}
	if (strncmp(text, "fetch ", 6) != 0) {
		return false;
	}
	ret_line->verb = WEFT_CONTROL_FETCH;
	text = parse_field(text + 6, "debug=", &ret_line->request.debug);
	text = text ? parse_field(text, "seconds=", &ret_line->request.seconds) : NULL;
	text = text ? parse_field(text, "gc=", &gc) : NULL;
	if (!text || !text[0] || strlen(text) >= sizeof(ret_line->name)) {
		return false;
	}
	ret_line->request.gc = gc != 0;
	memcpy(ret_line->name, text, strlen(text) + 1);
	return true;
}

/* One line without its end. Whether it came in time. */
static bool read_line(int fd, char line[LINE_SIZE])
{
	size_t len = 0;

	while (len < LINE_SIZE) {
		ssize_t size = recv(fd, line + len, LINE_SIZE - len, 0);
		char *end;

		if (size <= 0) {
			return false;
		}
		end = (char *)memchr(line + len, '\n', (size_t)size);
		if (end) {
			*end = '\0';
			return true;
		}
		len += (size_t)size;
	}
	return false;
}

/* ---- Answers ---- */

static bool send_all(int fd, const void *bytes, size_t size)
{
	const char *from = (const char *)bytes;

	while (size > 0) {
		ssize_t sent = send(fd, from, size, MSG_NOSIGNAL);

		if (sent < 0 && errno == EINTR) {
			continue;
		}
		if (sent <= 0) {
			return false;
		}
		from += sent;
		size -= (size_t)sent;
	}
	return true;
}

__attribute__((format(printf, 2, 3))) static bool say(int fd, const char *format, ...)
{
	char text[LINE_SIZE + WEFT_EXPORT_NAME_SIZE + 128];
	va_list args;
	int len;

	va_start(args, format);
	len = vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	if (len >= (int)sizeof(text)) {
		text[sizeof(text) - 2] = '\n'; /* Cut, yet a line. */
		len = (int)sizeof(text) - 1;
	}
	return len >= 0 && send_all(fd, text, (size_t)len);
}

static void say_error(int fd, int code, const char *text)
{
	(void)say(fd, "error %d %s\n", -code, text); /* To whom may be gone. */
}

int weft_export_write(struct weft_export_output *output, const void *bytes, size_t size)
{
	if (output->write) {
		output->failure = size > 0 ? output->write(output->ctx, bytes, size) : 0;
		output->failed = output->failure < 0;
		return output->failure;
	}
	if (!output->failed && !output->begun) {
		output->failed = !say(output->fd, "ok\n");
		output->begun = true;
	}
	/* An empty piece would be the end. */
	if (!output->failed && size > 0) {
		output->failed =
			!say(output->fd, "%zu\n", size) || !send_all(output->fd, bytes, size);
	}
	return output->failed ? -EPIPE : 0;
}

bool weft_export_is_gone(struct weft_export_output *output)
{
	char byte;
	ssize_t size;

	if (output->write) {
		return output->failed;
	}
	size = recv(output->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
	return output->failed || size == 0 || (size < 0 && errno != EAGAIN && errno != EINTR);
}

static void list(int fd)
{
	/* Every process that has a socket can be looked at. */
	bool listening =
		say(fd, "ok\n0 %s\t%s\n", WEFT_WALL_CLOCK_NAME, WEFT_WALL_CLOCK_DESCRIPTION);
	unsigned int i;

	for (i = 0; i < WEFT_EXPORTS_MAX && listening; i++) {
		const struct weft_export *profile = weft_export__borrow_at(i);

		if (profile) {
			uint64_t count = profile->count ? profile->count(profile->ctx) : 0;

			listening = say(fd, "%" PRIu64 " %s\t%s\n", count, profile->name,
					profile->description);
			weft_export__return(profile);
		}
	}
}

static void fetch(int fd, const struct weft_control_line *line)
{
	const struct weft_export *profile = weft_export__borrow(line->name);
	struct weft_export_output output = {.fd = fd};
	char text[128];
	int ret;

	if (profile) {
		weft_helper_forbid(line->request.debug == 0);
		ret = profile->write(profile->ctx, &line->request, &output);
		weft_helper_forbid(false);
		weft_export__return(profile);
	} else if (strcmp(line->name, WEFT_WALL_CLOCK_NAME) == 0) {
		ret = weft_wall_clock_write(&line->request, &output);
	} else {
		say_error(fd, -ENOENT, "no such profile");
		return;
	}
	if (ret < 0 && !output.begun) {
		say_error(fd, ret, strerror_r(-ret, text, sizeof(text)));
	} else if (ret == 0 && weft_export_write(&output, "", 0) == 0) {
		(void)say(fd, "0\n"); /* To whom may be gone. */
	}
}

/* ---- Connections ---- */

/* As the kernel attests it: this user, or root. */
static bool is_allowed(int fd)
{
	socklen_t size = sizeof(struct ucred);
	struct ucred peer;

	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 &&
	       (peer.uid == 0 || peer.uid == geteuid());
}

static void answer(int fd)
{
	struct weft_control_line line;
	char text[LINE_SIZE];

	if (!read_line(fd, text)) {
		return;
	}
	if (!weft_control_socket__parse(text, &line)) {
		say_error(fd, -EPROTO, "no such request");
	} else if (line.verb == WEFT_CONTROL_LIST) {
		list(fd);
	} else {
		fetch(fd, &line);
	}
}

static void *answer_main(void *argument)
{
	int fd = (int)(intptr_t)argument;

	answer(fd);
	(void)close(fd); /* Whatever was not sent is not wanted. */
	(void)pthread_mutex_lock(&lock);
	fetch_count--;
	(void)pthread_mutex_unlock(&lock);
	return NULL;
}

/* With no signal of the application's delivered to it. */
static int start_thread(void *(*function)(void *), void *argument)
{
	pthread_attr_t attributes;
	sigset_t all, before;
	pthread_t thread;
	int ret = pthread_attr_init(&attributes);

	if (ret) {
		return -ret;
	}
	(void)pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
	(void)pthread_attr_setstacksize(&attributes, STACK_SIZE);
	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &before);
	ret = pthread_create(&thread, &attributes, function, argument);
	if (ret == 0) {
		(void)pthread_setname_np(thread, "weft-control"); /* Only a name. */
	}
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	(void)pthread_attr_destroy(&attributes);
	return -ret;
}

static void accept_one(int fd)
{
	const struct timeval ask = {.tv_sec = ASK_PATIENCE_S};
	const struct timeval write = {.tv_sec = WRITE_PATIENCE_S};
	bool admitted;

	/* Without these limits it still works. */
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &ask, sizeof(ask));
	(void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &write, sizeof(write));
	(void)pthread_mutex_lock(&lock);
	admitted = fetch_count < FETCHES_MAX;
	fetch_count += admitted;
	(void)pthread_mutex_unlock(&lock);
	if (!admitted) {
		say_error(fd, -EAGAIN, "too many at once");
	} else if (start_thread(answer_main, (void *)(intptr_t)fd) < 0) {
		(void)pthread_mutex_lock(&lock);
		fetch_count--;
		(void)pthread_mutex_unlock(&lock);
		say_error(fd, -EAGAIN, "no thread could be started");
	} else {
		return; /* The thread's now. */
	}
	(void)close(fd); /* Nothing to lose. */
}

static void *listen_main(void *argument)
{
	const int fd = (int)(intptr_t)argument;

	for (;;) {
		int client = accept4(fd, NULL, NULL, SOCK_CLOEXEC);

		if (client < 0) {
			(void)poll(NULL, 0, RETRY_MS);
		} else if (is_allowed(client)) {
			accept_one(client);
		} else {
			say_error(client, -EACCES, "only for this process's user and root");
			(void)close(client); /* Nothing to lose. */
		}
	}
	return NULL;
}

static int open_socket(void)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int len = snprintf(address.sun_path + 1, sizeof(address.sun_path) - 1,
			   WEFT_CONTROL_SOCKET_NAME, (int)getpid());
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int ret;

	if (fd < 0) {
		return -errno;
	}
	if (bind(fd, (const struct sockaddr *)&address,
		 (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + (size_t)len)) < 0 ||
	    listen(fd, BACKLOG) < 0) {
		ret = -errno;
		(void)close(fd); /* Never used. */
		return ret;
	}
	return fd;
}

int weft_control_socket__start(void)
{
	int ret = 0;

	(void)pthread_mutex_lock(&lock);
	if (listen_fd < 0) {
		listen_fd = open_socket();
		ret = listen_fd < 0 ? listen_fd
				    : start_thread(listen_main, (void *)(intptr_t)listen_fd);
		if (ret < 0 && listen_fd >= 0) {
			(void)close(listen_fd); /* Never used. */
		}
		if (ret < 0) {
			listen_fd = -1;
		}
	}
	(void)pthread_mutex_unlock(&lock);
	return ret;
}

void weft_control_socket__forget(void)
{
	(void)pthread_mutex_init(&lock, NULL); /* Default attributes: cannot fail. */
	weft_export__forget();
	fetch_count = 0;
	if (listen_fd < 0) {
		return;
	}
	(void)close(listen_fd); /* The parent's. */
	listen_fd = -1;
	if (weft_export__has_any()) {
		(void)weft_control_socket__start(); /* Else the child is not served. */
	}
}
