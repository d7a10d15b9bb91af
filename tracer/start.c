// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * weft_trace_start() and weft_trace_stop(): a recording of this process, asked for by itself.
 *
 * Sessions and conversion need libraries that a traced program must not carry, so a helper process
 * (`weft trace-process`, viewer/cli/cmd-trace-process.c) does both. The two speak over a socket,
 * in lines: the helper says "ready" once its session runs, and at the end "done"; or "error" and a
 * text. The program ends the recording by closing its half of the socket, which also happens when
 * the program dies: the trace is then written all the same.
 */
#include <weft/trace.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <weft/helper.h>

#include "control.h"

#define LINE_SIZE        512
#define START_TIMEOUT_MS 30000U
/* From the helper's "ready" until LTTng-UST's listener thread has switched the events on. */
#define ENABLE_TIMEOUT_MS 10000U
#define NS_PER_MS         1000000U

/* Guards running_fd; no other lock is taken while it is held. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

/* Our end of the socket while a recording runs, else -1. */
static int running_fd = -1;

static __thread char error_text[LINE_SIZE];

__attribute__((format(printf, 2, 3))) static int fail(int code, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	(void)vsnprintf(error_text, sizeof(error_text), format, args);
	va_end(args);
	return code;
}

__attribute__((format(printf, 2, 3))) static int fail_errno(int code, const char *format, ...)
{
	char reason[128];
	size_t len;
	va_list args;

	va_start(args, format);
	(void)vsnprintf(error_text, sizeof(error_text), format, args);
	va_end(args);
	len = strlen(error_text);
	(void)snprintf(error_text + len, sizeof(error_text) - len, ": %s",
		       strerror_r(-code, reason, sizeof(reason)));
	return code;
}

void weft_start__forget(void)
{
	/* Whoever held the lock does not exist in this process. */
	(void)pthread_mutex_init(&lock, NULL); /* Default attributes: cannot fail. */
	if (running_fd >= 0) {
		(void)close(running_fd); /* The recording is the parent's. */
		running_fd = -1;
	}
}

const char *weft_trace_error(void)
{
	return error_text;
}

/* ---- The conversation ---- */

/* Milliseconds left of `timeout_ms` that began at start_ns; -1 (for ever) when it is 0. */
static int remaining_ms(uint64_t start_ns, unsigned int timeout_ms)
{
	uint64_t elapsed_ms = (weft_control__now_ns() - start_ns) / NS_PER_MS;

	if (timeout_ms == 0) {
		return -1;
	}
	return elapsed_ms >= timeout_ms ? 0 : (int)(timeout_ms - elapsed_ms);
}

/* Reads one line without its end. 0; -ETIMEDOUT; -EPIPE: the helper is gone; another failure. */
static int read_line(int fd, unsigned int timeout_ms, char *ret_line)
{
	uint64_t start_ns = weft_control__now_ns();
	size_t len = 0;
	char byte;

	for (;;) {
		struct pollfd waited = {.fd = fd, .events = POLLIN};
		int ready = poll(&waited, 1, remaining_ms(start_ns, timeout_ms));
		ssize_t size;

		if (ready == 0) {
			return -ETIMEDOUT;
		}
		if (ready < 0 && errno != EINTR) {
			return -errno;
		}
		size = ready < 0 ? -1 : recv(fd, &byte, 1, MSG_DONTWAIT);
		if (size == 0) {
			return -EPIPE;
		}
		if (size < 0) {
			if (errno == EINTR || errno == EAGAIN) {
				continue;
			}
			return -errno;
		}
		if (byte == '\n') {
			ret_line[len] = '\0';
			return 0;
		}
		if (len < LINE_SIZE - 1) {
			ret_line[len++] = byte;
		}
	}
}

/* Waits for the word `wanted`; the helper's own words for a failure are "error CODE TEXT". */
static int expect(int fd, const char *wanted, unsigned int timeout_ms)
{
	char line[LINE_SIZE];
	const char *text = NULL;
	int ret = read_line(fd, timeout_ms, line);

	if (ret == -ETIMEDOUT) {
		return fail(ret, "the recorder did not answer within %u s", timeout_ms / 1000);
	}
	if (ret < 0) {
		return fail(ret, "the recorder ended unexpectedly");
	}
	if (strcmp(line, wanted) == 0) {
		return 0;
	}
	ret = weft_helper_parse_error(line, &text);
	if (ret < 0) {
		return fail(ret, "%s", text);
	}
	return fail(-EPROTO, "the recorder answered '%.64s': is WEFT_BIN another program?", line);
}

/* Until this process itself sees its events switched on, nothing it emits is recorded. */
static int wait_until_enabled(void)
{
	const struct timespec pause = {0, NS_PER_MS};
	uint64_t start_ns = weft_control__now_ns();

	while (!weft_trace_is_enabled()) {
		if (remaining_ms(start_ns, ENABLE_TIMEOUT_MS) == 0) {
			return fail(-ETIMEDOUT,
				    "LTTng-UST did not switch the events on within %u s: can this "
				    "process reach the session daemon?",
				    ENABLE_TIMEOUT_MS / 1000);
		}
		(void)nanosleep(&pause, NULL); /* Woken early: asks again. */
	}
	return 0;
}

static int start_helper(const char *output, int output_fd, int *ret_fd)
{
	char helper[WEFT_HELPER_PATH_SIZE];
	char pid_text[16];
	char *argv[] = {(char *)"weft", (char *)"trace-process", pid_text, (char *)output, NULL};
	int sockets[2];
	int ret;

	(void)snprintf(pid_text, sizeof(pid_text), "%d", (int)getpid());
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets) < 0) {
		return fail_errno(-errno, "cannot make a socket to speak to the recorder");
	}
	ret = weft_helper_start(argv, sockets[1], output_fd, helper);
	(void)close(sockets[1]); /* The helper's end. */
	if (ret < 0) {
		(void)close(sockets[0]); /* Nobody at the other end. */
		return fail_errno(ret, "cannot run '%s' (WEFT_BIN names another)", helper);
	}
	ret = expect(sockets[0], "ready", START_TIMEOUT_MS);
	if (ret == 0) {
		ret = wait_until_enabled();
	}
	if (ret < 0) {
		(void)close(sockets[0]); /* Ends the helper. */
		return ret;
	}
	*ret_fd = sockets[0];
	return 0;
}

static int start(const char *output, int output_fd)
{
	int ret;

	if (!weft_control.provider_loaded) {
		return fail(-ENOENT, "LTTng-UST is not there (package liblttng-ust1), or the "
				     "environment says WEFT=off");
	}
	(void)pthread_mutex_lock(&lock);
	if (running_fd >= 0) {
		ret = fail(-EBUSY, "a recording started by this program is running");
	} else {
		ret = start_helper(output, output_fd, &running_fd);
	}
	(void)pthread_mutex_unlock(&lock);
	return ret;
}

int weft_trace_start(const char *path)
{
	if (!path || !path[0]) {
		return fail(-EINVAL, "no file name given");
	}
	return start(path, -1);
}

int weft_trace_start_fd(int fd)
{
	if (fcntl(fd, F_GETFD) < 0) {
		return fail_errno(-errno, "descriptor %d", fd);
	}
	return start("/dev/fd/4", fd); /* WEFT_HELPER_OUTPUT_FD. */
}

int weft_trace_stop(void)
{
	int ret;

	(void)pthread_mutex_lock(&lock);
	if (running_fd < 0) {
		ret = fail(-EALREADY, "no recording started by this program is running");
	} else {
		(void)shutdown(running_fd, SHUT_WR); /* Fails when the helper is gone: told next. */
		ret = expect(running_fd, "done", 0);
		(void)close(running_fd);
		running_fd = -1;
	}
	(void)pthread_mutex_unlock(&lock);
	return ret;
}
