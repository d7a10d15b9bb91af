// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * The recording helper's parent. See recorder.h.
 */
#include "recorder.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <weft/helper.h>

#include "now.h"

#define LINE_SIZE 1200
/* Longer than the helper takes to see that LTTng hangs, and to say so. */
#define START_PATIENCE_NS (60 * WEFT_NS_PER_S)
#define END_PATIENCE_NS   (10 * WEFT_NS_PER_S)
#define CHECK_MS          100

/* ---- The conversation ---- */

/* Reads one line without its end. 0; -ETIMEDOUT; -ECANCELED; -EPIPE: the helper is gone. */
static int read_line(int fd, uint64_t patience_ns, bool (*is_gone)(void *ctx), void *ctx,
		     char line[LINE_SIZE])
{
	const uint64_t end_ns = weft_now_ns() + patience_ns;
	struct pollfd waited = {.fd = fd, .events = POLLIN};
	size_t len = 0;

	while (weft_now_ns() < end_ns) {
		ssize_t size;
		char byte;

		if (poll(&waited, 1, CHECK_MS) <= 0) {
			if (is_gone && is_gone(ctx)) {
				return -ECANCELED;
			}
			continue;
		}
		size = recv(fd, &byte, 1, MSG_DONTWAIT);
		if (size == 0 || (size < 0 && errno != EAGAIN && errno != EINTR)) {
			return -EPIPE;
		}
		if (size == 1 && byte == '\n') {
			line[len] = '\0';
			return 0;
		}
		if (size == 1 && len < LINE_SIZE - 1) {
			line[len++] = byte;
		}
	}
	return -ETIMEDOUT;
}

/* What a line that was not the one hoped for means. */
static int tell(int ret, const char *line, struct weft_error *err)
{
	const char *text = NULL;

	if (ret < 0) {
		return weft_error_set_errno(err, ret, "the recorder did not answer");
	}
	ret = weft_helper_parse_error(line, &text);
	return ret < 0 ? weft_error_set(err, ret, "%s", text)
		       : weft_error_set(err, -EPROTO, "the recorder answered '%.64s'", line);
}

static int start(struct weft_recorder *recorder, pid_t pid, uint64_t bytes_max,
		 struct weft_error *err)
{
	char helper[WEFT_HELPER_PATH_SIZE];
	char pid_text[16];
	char bytes_text[24];
	char *argv[] = {(char *)"weft", (char *)"trace-process",
			pid_text,       (char *)"/dev/fd/4",
			bytes_text,     NULL};
	int sockets[2] = {-1, -1};
	int pipes[2] = {-1, -1};
	int ret = 0;

	(void)snprintf(pid_text, sizeof(pid_text), "%d", (int)pid);
	(void)snprintf(bytes_text, sizeof(bytes_text), "%" PRIu64, bytes_max);
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets) < 0 ||
	    pipe2(pipes, O_CLOEXEC) < 0) {
		ret = weft_error_set_errno(err, -errno, "cannot speak to a recorder");
		goto out;
	}
	ret = weft_helper_start(argv, sockets[1], pipes[1], helper);
	if (ret < 0) {
		(void)weft_error_set_errno(err, ret, "cannot run '%s' (WEFT_BIN names another)",
					   helper);
	}
out:
	if (sockets[1] >= 0) {
		(void)close(sockets[1]); /* The helper's end. */
	}
	if (pipes[1] >= 0) {
		(void)close(pipes[1]); /* The helper's end. */
	}
	recorder->socket_fd = sockets[0];
	recorder->trace_fd = pipes[0];
	return ret;
}

int weft_recorder_start(struct weft_recorder *recorder, pid_t pid, uint64_t bytes_max,
			bool (*is_gone)(void *ctx), void *ctx, struct weft_error *err)
{
	char line[LINE_SIZE] = "";
	int ret = start(recorder, pid, bytes_max, err);

	if (ret == 0) {
		ret = read_line(recorder->socket_fd, START_PATIENCE_NS, is_gone, ctx, line);
		if (ret != -ECANCELED && (ret < 0 || strcmp(line, "ready") != 0)) {
			ret = tell(ret, line, err);
		}
	}
	if (ret < 0) {
		weft_recorder_fini(recorder);
	}
	return ret;
}

static void say(const struct weft_recorder *recorder, const char *line)
{
	/* A helper that is gone shows by the end of its trace. */
	(void)send(recorder->socket_fd, line, strlen(line), MSG_NOSIGNAL);
}

void weft_recorder_stop(struct weft_recorder *recorder)
{
	say(recorder, "stop\n");
}

int weft_recorder_finish(struct weft_recorder *recorder, struct weft_error *err)
{
	char line[LINE_SIZE] = "";
	int ret = read_line(recorder->socket_fd, END_PATIENCE_NS, NULL, NULL, line);

	return ret == 0 && strcmp(line, "done") == 0 ? 0 : tell(ret, line, err);
}

void weft_recorder_fini(struct weft_recorder *recorder)
{
	if (recorder->socket_fd >= 0) {
		(void)close(recorder->socket_fd); /* Without "stop": cancels. */
	}
	if (recorder->trace_fd >= 0) {
		(void)close(recorder->trace_fd); /* What it still held is not wanted. */
	}
	recorder->socket_fd = -1;
	recorder->trace_fd = -1;
}
