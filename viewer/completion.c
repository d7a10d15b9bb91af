// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * The parent of `weft symbolize --helper`. See completion.h.
 */
#include "completion.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <weft/helper.h>

#include "now.h"

#define LINE_SIZE  1200
#define PIECE_SIZE (16U << 10)
#define CHECK_MS   100
/* Scrapers wait for 18 s; beyond its time the helper has a grace of 5 to write what it knows. */
#define LOOK_UP_S   "10"
#define MEMORY_MIB  "512"
#define PATIENCE_NS (30 * WEFT_NS_PER_S)

/* One run. */
struct run {
	const struct weft_completion *completion;
	int fd; /* Socket of the helper. */
	uint64_t end_ns;
};

/* Waits until the socket is ready for `events`. 0; -ECANCELED; -ETIMEDOUT. */
static int wait_for(const struct run *run, short events)
{
	struct pollfd waited = {.fd = run->fd, .events = events};

	for (;;) {
		if (poll(&waited, 1, CHECK_MS) > 0) {
			return 0;
		}
		if (run->completion->is_gone(run->completion->ctx)) {
			return -ECANCELED;
		}
		if (weft_now_ns() > run->end_ns) {
			return -ETIMEDOUT;
		}
	}
}

static int send_piece(const struct run *run, const char *from, size_t size)
{
	while (size > 0) {
		ssize_t sent = send(run->fd, from, size, MSG_NOSIGNAL | MSG_DONTWAIT);

		if (sent > 0) {
			from += sent;
			size -= (size_t)sent;
		} else if (sent < 0 && (errno == EAGAIN || errno == EINTR)) {
			int ret = wait_for(run, POLLOUT);

			if (ret < 0) {
				return ret;
			}
		} else {
			return -EPIPE;
		}
	}
	return 0;
}

static int send_input(const struct run *run, int input_fd)
{
	char piece[PIECE_SIZE];
	off_t at = 0;

	for (;;) {
		ssize_t size = pread(input_fd, piece, sizeof(piece), at);
		int ret;

		if (size <= 0) {
			return size < 0 ? -errno : 0;
		}
		ret = send_piece(run, piece, (size_t)size);
		if (ret < 0) {
			return ret;
		}
		at += size;
	}
}

/* What the helper says at its end: "done", or "error CODE TEXT". */
static int read_verdict(const struct run *run, struct weft_error *err)
{
	char line[LINE_SIZE];
	size_t len = 0;
	const char *text = NULL;
	int ret;

	for (;;) {
		ssize_t size;

		ret = wait_for(run, POLLIN);
		if (ret < 0) {
			return weft_error_set_errno(err, ret, "names could not be looked up");
		}
		size = recv(run->fd, line + len, sizeof(line) - 1 - len, MSG_DONTWAIT);
		if (size == 0 || (size < 0 && errno != EAGAIN && errno != EINTR)) {
			return weft_error_set(err, -EPIPE, "the helper that looks up names ended");
		}
		len += size > 0 ? (size_t)size : 0;
		line[len] = '\0';
		if (memchr(line, '\n', len) || len == sizeof(line) - 1) {
			break;
		}
	}
	line[strcspn(line, "\n")] = '\0';
	if (strcmp(line, "done") == 0) {
		return 0;
	}
	ret = weft_helper_parse_error(line, &text);
	return ret < 0 ? weft_error_set(err, ret, "%s", text)
		       : weft_error_set(err, -EPROTO, "the helper answered '%.64s'", line);
}

/* Numbers as the helper's command line has them. */
struct numbers {
	char pid[16], debug[24], earlier_size[24];
};

static void format_command(const struct weft_completion *completion, struct numbers *numbers,
			   char *argv[20])
{
	size_t count = 0;

	(void)snprintf(numbers->pid, sizeof(numbers->pid), "%d", (int)completion->pid);
	(void)snprintf(numbers->debug, sizeof(numbers->debug), "%d", completion->debug > 1 ? 2 : 1);
	(void)snprintf(numbers->earlier_size, sizeof(numbers->earlier_size), "%" PRIu64,
		       completion->earlier_size);
#define ADD(word) argv[count++] = (char *)(uintptr_t)(word)
	ADD("weft");
	ADD("symbolize");
	ADD("--helper");
	ADD("--timeout");
	ADD(LOOK_UP_S);
	ADD("--memory");
	ADD(MEMORY_MIB);
	ADD("--pid");
	ADD(numbers->pid);
	ADD("--name");
	ADD(completion->name);
	if (completion->debug) {
		ADD("--debug");
		ADD(numbers->debug);
	}
	if (completion->earlier_size) {
		ADD("--earlier-size");
		ADD(numbers->earlier_size);
	}
	if (completion->keeps_inuse) {
		ADD("--keep-inuse");
	}
	if (completion->has_addresses) {
		ADD("--addresses");
	}
#undef ADD
	argv[count] = NULL;
}

/* Starts the helper. Its socket; a negative errno. */
static int start(const struct weft_completion *completion, int answer_fd, struct weft_error *err)
{
	char helper[WEFT_HELPER_PATH_SIZE];
	struct numbers numbers;
	char *argv[20];
	int sockets[2];
	int ret;

	format_command(completion, &numbers, argv);
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets) < 0) {
		return weft_error_set_errno(err, -errno, "cannot speak to a helper");
	}
	ret = weft_helper_start(argv, sockets[1], answer_fd, helper);
	(void)close(sockets[1]); /* The helper's end. */
	if (ret < 0) {
		(void)close(sockets[0]); /* Nobody is at its other end. */
		return weft_error_set_errno(err, ret, "cannot run '%s' (WEFT_BIN names another)",
					    helper);
	}
	return sockets[0];
}

int weft_completion_run(const struct weft_completion *completion, int input_fd, int *ret_answer_fd,
			struct weft_error *err)
{
	struct run run = {completion, -1, weft_now_ns() + PATIENCE_NS};
	int answer_fd = memfd_create("weft-answer", MFD_CLOEXEC);
	int ret;

	if (answer_fd < 0) {
		return weft_error_set_errno(err, -errno, "cannot make an answer");
	}
	run.fd = start(completion, answer_fd, err);
	if (run.fd < 0) {
		(void)close(answer_fd); /* Memory. */
		return run.fd;
	}
	ret = send_input(&run, input_fd);
	/* Whoever refuses the input says why, though it does not take all of it. */
	if (ret == -EPIPE || (ret == 0 && shutdown(run.fd, SHUT_WR) == 0)) {
		ret = read_verdict(&run, err);
	} else if (ret < 0) {
		(void)weft_error_set_errno(err, ret, "names could not be looked up");
	}
	(void)close(run.fd); /* Ends the helper, should it still be there. */
	if (ret < 0) {
		(void)close(answer_fd); /* Memory. */
	} else {
		*ret_answer_fd = answer_fd;
	}
	return ret;
}
