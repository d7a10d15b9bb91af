// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * See profile-output.h.
 *
 *     produce ──▶ memory file ──▶ weft symbolize ──▶ pipe ──▶ write
 *                      └───────── where that fails ──────────▶ write
 */
#include "profile-output.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include <fcntl.h>
#include <weft/helper.h>

#define PIECE_SIZE (64U << 10)
/* Between two pieces: a large program's symbols take seconds, not minutes. */
#define PATIENCE_MS 120000

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

/* Everything from fd to `write`. The number of bytes, or a negative errno. */
static int64_t copy(int fd, weft_raw_profile_write_fn write_to, void *ctx)
{
	struct pollfd waited = {.fd = fd, .events = POLLIN};
	char piece[PIECE_SIZE / 4]; /* Threads of ours have small stacks. */
	int64_t total = 0;

	for (;;) {
		int ready = poll(&waited, 1, PATIENCE_MS);
		ssize_t size = ready > 0 ? read(fd, piece, sizeof(piece)) : -1;
		int ret;

		if (ready == 0) {
			return -ETIMEDOUT;
		}
		if (size < 0 && errno == EINTR) {
			continue;
		}
		if (size < 0) {
			return -errno;
		}
		if (size == 0) {
			return total;
		}
		ret = write_to(ctx, piece, (size_t)size);
		if (ret < 0) {
			return ret;
		}
		total += size;
	}
}

/* ---- The helper ---- */

struct counted {
	weft_raw_profile_write_fn write;
	void *ctx;
	bool begun;
};

static int write_counted(void *ctx, const void *bytes, size_t size)
{
	struct counted *output = (struct counted *)ctx;

	output->begun = true;
	return output->write(output->ctx, bytes, size);
}

/*
 * Hands the raw profile over and passes on what comes back. What it cannot do it says on stderr, which
 * is the program's; here it shows as an end without a beginning: -ENOENT.
 */
static int symbolize(int raw_fd, int debug, struct counted *output)
{
	char helper[WEFT_HELPER_PATH_SIZE];
	char pid_text[16];
	char debug_text[16];
	char *argv[] = {(char *)"weft",      (char *)"symbolize",
			(char *)"--pid",     pid_text,
			(char *)"--debug",   debug_text,
			(char *)"-o",        (char *)"/dev/fd/4",
			(char *)"/dev/fd/3", NULL};
	int64_t total;
	int pipes[2];
	int ret;

	(void)snprintf(pid_text, sizeof(pid_text), "%d", (int)getpid());
	(void)snprintf(debug_text, sizeof(debug_text), "%d", debug);
	if (lseek(raw_fd, 0, SEEK_SET) < 0 || pipe2(pipes, O_CLOEXEC) < 0) {
		return -errno;
	}
	ret = weft_helper_start(argv, raw_fd, pipes[1], helper);
	(void)close(pipes[1]); /* The helper's end. */
	if (ret < 0) {
		(void)close(pipes[0]); /* Nobody at the other end. */
		return -ENOENT;
	}
	total = copy(pipes[0], write_counted, output);
	(void)close(pipes[0]); /* Ends the helper, should it still be there. */
	if (total < 0) {
		return (int)total;
	}
	return total > 0 ? 0 : -ENOENT;
}

int weft_profile_output(weft_profile_produce_fn produce, void *produce_ctx, int debug,
			weft_raw_profile_write_fn write, void *ctx)
{
	struct counted output = {write, ctx, false};
	int raw_fd = memfd_create("weft-profile", MFD_CLOEXEC);
	int64_t total;
	int ret;

	if (raw_fd < 0) {
		ret = produce(produce_ctx, debug == 0 ? write : NULL, ctx);
		return debug == 0 ? ret : -ENOENT;
	}
	ret = produce(produce_ctx, weft_profile_output_to_fd, &raw_fd);
	if (ret == 0) {
		ret = symbolize(raw_fd, debug, &output);
		if (ret < 0 && !output.begun && debug == 0 && lseek(raw_fd, 0, SEEK_SET) == 0) {
			total = copy(raw_fd, write, ctx);
			ret = total < 0 ? (int)total : 0;
		}
	}
	(void)close(raw_fd); /* Memory. */
	return ret;
}
