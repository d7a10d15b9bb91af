// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * See profile-output.h.
 *
 *     produce ──▶ memory file ──▶ weft symbolize --helper ──▶ memory file ──▶ write
 *                      └───────── where that fails ──────────────────────────▶ write
 *
 * The helper gets the raw profile by a socket, until we shut our half; it then says "done", or "error
 * CODE TEXT", there.
 */
#include "profile-output.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include <weft/helper.h>

#define PIECE_SIZE (16U << 10)
/* The helper gives up on looking things up after a minute. */
#define PATIENCE_S 90

/* ---- Descriptors ---- */

static int write_all(int fd, const char *from, size_t size)
{
	while (size > 0) {
		ssize_t written = write(fd, from, size);

		if (written < 0 && errno == EAGAIN) {
			struct pollfd waited = {.fd = fd, .events = POLLOUT};

			(void)poll(&waited, 1, -1); /* Fails only to be called again. */
		} else if (written < 0 && errno != EINTR) {
			return -errno;
		} else if (written > 0) {
			from += written;
			size -= (size_t)written;
		}
	}
	return 0;
}

int weft_profile_output_to_fd(void *ctx, const void *bytes, size_t size)
{
	const struct timespec now = {0, 0};
	sigset_t pipe_signal, pending, before;
	bool was_pending;
	int ret;

	(void)sigemptyset(&pipe_signal);
	(void)sigaddset(&pipe_signal, SIGPIPE);
	(void)sigpending(&pending);
	was_pending = sigismember(&pending, SIGPIPE) == 1;
	(void)pthread_sigmask(SIG_BLOCK, &pipe_signal, &before);
	ret = write_all(*(const int *)ctx, (const char *)bytes, size);
	if (ret == -EPIPE && !was_pending) {
		(void)sigtimedwait(&pipe_signal, NULL, &now); /* Ours: nobody else shall see it. */
	}
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	return ret;
}

/* Everything from the file's start on to `write_to`. 0; what that returned; a negative errno. */
static int copy(int fd, weft_raw_profile_write_fn write_to, void *ctx)
{
	char piece[PIECE_SIZE]; /* Threads of ours have small stacks. */
	off_t at = 0;

	for (;;) {
		ssize_t size = pread(fd, piece, sizeof(piece), at);
		int ret;

		if (size < 0 && errno == EINTR) {
			continue;
		}
		if (size <= 0) {
			return size < 0 ? -errno : 0;
		}
		ret = write_to(ctx, piece, (size_t)size);
		if (ret < 0) {
			return ret;
		}
		at += size;
	}
}

/* ---- The helper ---- */

static int send_piece(void *ctx, const void *bytes, size_t size)
{
	const char *from = (const char *)bytes;

	while (size > 0) {
		ssize_t sent = send(*(const int *)ctx, from, size, MSG_NOSIGNAL);

		if (sent < 0 && errno != EINTR) {
			return -errno;
		}
		if (sent > 0) {
			from += sent;
			size -= (size_t)sent;
		}
	}
	return 0;
}

/* Waits for the helper's word. Any end of it but "done" is a failure. */
static int expect_done(int fd)
{
	static const char done[] = "done\n";
	char word[sizeof(done)];
	size_t len = 0;

	while (len < sizeof(done) - 1) {
		ssize_t size = recv(fd, word + len, sizeof(done) - 1 - len, 0);

		if (size < 0 && errno == EINTR) {
			continue;
		}
		if (size <= 0) {
			return -ENOENT;
		}
		len += (size_t)size;
	}
	return memcmp(word, done, sizeof(done) - 1) == 0 ? 0 : -ENOENT;
}

/* Has the raw profile completed into answer_fd. 0; -ENOENT: there is no helper that could. */
static int symbolize(const char *name, int debug, int raw_fd, int answer_fd)
{
	const struct timeval patience = {.tv_sec = PATIENCE_S};
	char helper[WEFT_HELPER_PATH_SIZE];
	char pid_text[16];
	char debug_text[16];
	char *argv[] = {(char *)"weft",
			(char *)"symbolize",
			(char *)"--helper",
			(char *)"--pid",
			pid_text,
			(char *)"--debug",
			debug_text,
			(char *)"--name",
			(char *)(uintptr_t)name,
			NULL};
	int sockets[2];
	int ret;

	(void)snprintf(pid_text, sizeof(pid_text), "%d", (int)getpid());
	(void)snprintf(debug_text, sizeof(debug_text), "%d", debug);
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets) < 0) {
		return -ENOENT;
	}
	/* Without these limits it still works. */
	(void)setsockopt(sockets[0], SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	(void)setsockopt(sockets[0], SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
	ret = weft_helper_start(argv, sockets[1], answer_fd, helper);
	(void)close(sockets[1]); /* The helper's end. */
	if (ret == 0) {
		ret = copy(raw_fd, send_piece, &sockets[0]);
	}
	if (ret == 0 && shutdown(sockets[0], SHUT_WR) == 0) {
		ret = expect_done(sockets[0]);
	}
	(void)close(sockets[0]); /* Ends the helper, should it still be there. */
	return ret < 0 ? -ENOENT : 0;
}

int weft_profile_output(const char *name, weft_profile_produce_fn produce, void *produce_ctx,
			int debug, weft_raw_profile_write_fn write, void *ctx)
{
	int raw_fd = memfd_create("weft-profile", MFD_CLOEXEC);
	int answer_fd = memfd_create("weft-profile", MFD_CLOEXEC);
	int ret;

	if (raw_fd < 0 || answer_fd < 0) {
		/* Still to be produced, that is stopped. */
		ret = produce(produce_ctx, debug == 0 ? write : NULL, ctx);
		ret = debug == 0 ? ret : -ENOENT;
		goto out;
	}
	ret = produce(produce_ctx, weft_profile_output_to_fd, &raw_fd);
	if (ret < 0) {
		goto out;
	}
	ret = symbolize(name, debug, raw_fd, answer_fd);
	if (ret == 0) {
		ret = copy(answer_fd, write, ctx);
	} else if (debug == 0) {
		ret = copy(raw_fd, write, ctx);
	}
out:
	if (raw_fd >= 0) {
		(void)close(raw_fd); /* Memory. */
	}
	if (answer_fd >= 0) {
		(void)close(answer_fd); /* Memory. */
	}
	return ret;
}
