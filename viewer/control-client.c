// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * The asking side of control sockets. See control-client.h.
 */
#include "control-client.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include <weft/helper.h>
#include <weft/own-pid.h>

#include "now.h"

#define LINE_SIZE        1024
#define BLOCK_SIZE       (64U << 10)
#define CHECK_MS         100
#define LIST_PATIENCE_NS (2 * WEFT_NS_PER_S)
/* For the process to have time for one more. */
#define BUSY_PATIENCE_NS (10 * WEFT_NS_PER_S)
#define RETRY_NS         (50 * WEFT_NS_PER_MS)
/* For the answer to begin, beyond the seconds it shall take. */
#define BEGIN_PATIENCE_NS (20 * WEFT_NS_PER_S)
/* For each piece: a client that is slow slows the process down. */
#define FETCH_PATIENCE_NS (120 * WEFT_NS_PER_S)

/* Bytes that were received and not used yet. */
struct stream {
	int fd;
	const struct weft_control_receiver *receiver; /* NULL: nobody to ask. */
	uint64_t end_ns;                              /* Patience ends. */
	size_t begin, end;
	char block[BLOCK_SIZE];
};

/* Anybody may bind any abstract name: only the process itself is believed. */
static int check_peer(int fd, pid_t pid, struct weft_error *err)
{
	socklen_t size = sizeof(struct ucred);
	struct stat status;
	struct ucred peer;
	char path[64];

	(void)snprintf(path, sizeof(path), "/proc/%d", (int)pid);
	if (stat(path, &status) < 0) {
		return weft_error_set(err, -ESRCH, "there is no process %d", (int)pid);
	}
	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) < 0 || peer.pid != pid) {
		return weft_error_set(err, -EACCES,
				      "the control socket of process %d belongs to another",
				      (int)pid);
	}
	return 0;
}

static int open_socket(pid_t pid, struct weft_error *err)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int len = snprintf(address.sun_path + 1, sizeof(address.sun_path) - 1, "weft-control-%d",
			   (int)weft_own_pid(pid));
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int ret;

	if (fd < 0) {
		return weft_error_set_errno(err, -errno, "cannot make a socket");
	}
	if (connect(fd, (const struct sockaddr *)&address,
		    (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + (size_t)len)) < 0) {
		ret = errno == ECONNREFUSED
			      ? weft_error_set(err, -ENOENT, "process %d has no control socket",
					       (int)pid)
			      : weft_error_set_errno(err, -errno, "cannot reach process %d",
						     (int)pid);
	} else {
		ret = check_peer(fd, pid, err);
	}
	if (ret < 0) {
		(void)close(fd); /* Nothing was said. */
		return ret;
	}
	return fd;
}

/* Waits for more. 0: the end; negative errno. */
static ssize_t receive(struct stream *stream)
{
	struct pollfd waited = {.fd = stream->fd, .events = POLLIN};
	const struct weft_control_receiver *receiver = stream->receiver;

	for (;;) {
		ssize_t size;

		if (poll(&waited, 1, CHECK_MS) > 0) {
			size = recv(stream->fd, stream->block, sizeof(stream->block), 0);
			if (size >= 0) {
				stream->begin = 0;
				stream->end = (size_t)size;
				return size;
			}
			if (errno != EAGAIN && errno != EINTR) {
				return -errno;
			}
		}
		if (receiver && receiver->is_gone(receiver->ctx)) {
			return -ECANCELED;
		}
		if (weft_now_ns() > stream->end_ns) {
			return -ETIMEDOUT;
		}
	}
}

/* One line without its end. 0; -EPIPE: the end of the stream; -EPROTO: too long. */
static int read_line(struct stream *stream, char line[LINE_SIZE])
{
	size_t len = 0;

	for (;;) {
		char byte;

		if (stream->begin == stream->end) {
			ssize_t ret = receive(stream);

			if (ret <= 0) {
				return ret < 0 ? (int)ret : -EPIPE;
			}
		}
		byte = stream->block[stream->begin++];
		if (byte == '\n') {
			line[len] = '\0';
			return 0;
		}
		if (len == LINE_SIZE - 1) {
			return -EPROTO;
		}
		line[len++] = byte;
	}
}

static int ask(struct stream *stream, const char *line, struct weft_error *err)
{
	size_t len = strlen(line);

	/* A line fits into an empty socket. One that is closed already may hold what to do about it. */
	if (send(stream->fd, line, len, MSG_NOSIGNAL) != (ssize_t)len && errno != EPIPE) {
		return weft_error_set_errno(err, -errno, "cannot ask the process");
	}
	return 0;
}

/* The first line of an answer: "ok", or "error CODE TEXT". */
static int read_verdict(struct stream *stream, struct weft_error *err)
{
	char line[LINE_SIZE] = "";
	int ret = read_line(stream, line);
	const char *text = NULL;

	if (ret < 0) {
		return ret == -ECANCELED
			       ? ret
			       : weft_error_set_errno(err, ret, "the process did not answer");
	}
	if (strcmp(line, "ok") == 0) {
		return 0;
	}
	ret = weft_helper_parse_error(line, &text);
	return ret < 0 ? weft_error_set(err, ret, "%s", text)
		       : weft_error_set(err, -EPROTO, "the process answered nonsense");
}

/*
 * Whether to ask again: the process answers a few at a time, and says -EAGAIN to others. Waits until
 * then.
 */
static bool is_to_be_asked_again(int ret, const struct weft_control_receiver *receiver,
				 uint64_t end_ns)
{
	const struct timespec pause = {0, RETRY_NS};

	if (ret != -EAGAIN || weft_now_ns() > end_ns ||
	    (receiver && receiver->is_gone(receiver->ctx))) {
		return false;
	}
	(void)nanosleep(&pause, NULL); /* Woken early: asks again early. */
	return true;
}

/* ---- List ---- */

bool weft_control_parse_profile(const char *line, struct weft_control_profile *ret_profile)
{
	const char *tab = strchr(line, '\t');
	uint64_t count = 0;
	size_t len;

	if (*line < '0' || *line > '9' || !tab) {
		return false;
	}
	for (; *line >= '0' && *line <= '9'; line++) {
		if (count > (UINT64_MAX - 9) / 10) {
			return false;
		}
		count = count * 10 + (uint64_t)(*line - '0');
	}
	len = (size_t)(tab - line) - 1;
	if (*line != ' ' || len == 0 || len >= sizeof(ret_profile->name)) {
		return false;
	}
	ret_profile->count = count;
	memcpy(ret_profile->name, line + 1, len);
	ret_profile->name[len] = '\0';
	(void)snprintf(ret_profile->description, sizeof(ret_profile->description), "%s", tab + 1);
	return true;
}

static int compare_names(const void *left, const void *right)
{
	return strcmp(((const struct weft_control_profile *)left)->name,
		      ((const struct weft_control_profile *)right)->name);
}

static int read_list(struct stream *stream, struct weft_control_list *list, struct weft_error *err)
{
	char line[LINE_SIZE];
	int ret = read_verdict(stream, err);

	while (ret == 0 && list->count < WEFT_CONTROL_PROFILES_MAX) {
		ret = read_line(stream, line);
		if (ret == 0 && weft_control_parse_profile(line, &list->profiles[list->count])) {
			list->count++;
		}
	}
	if (ret == -EPIPE) {
		ret = 0; /* The end of the list. */
	} else if (ret < 0) {
		(void)weft_error_set_errno(err, ret, "the process did not finish its answer");
	}
	qsort(list->profiles, list->count, sizeof(list->profiles[0]), compare_names);
	return ret;
}

static int ask_list(int fd, struct weft_control_list *list, struct weft_error *err)
{
	struct stream *stream = (struct stream *)calloc(1, sizeof(*stream));
	int ret;

	if (!stream) {
		return weft_error_set(err, -ENOMEM, "out of memory");
	}
	stream->fd = fd;
	stream->end_ns = weft_now_ns() + LIST_PATIENCE_NS;
	ret = ask(stream, "list\n", err);
	if (ret == 0) {
		ret = read_list(stream, list, err);
	}
	free(stream);
	return ret;
}

static int list_once(pid_t pid, struct weft_control_list **ret_list, struct weft_error *err)
{
	struct weft_control_list *list = (struct weft_control_list *)calloc(1, sizeof(*list));
	int fd = -1;
	int ret = 0;

	if (!list) {
		return weft_error_set(err, -ENOMEM, "out of memory");
	}
	fd = open_socket(pid, err);
	if (fd >= 0) {
		ret = ask_list(fd, list, err);
		(void)close(fd); /* Everything was read. */
	} else if (fd != -ENOENT) {
		ret = fd;
	}
	if (ret < 0) {
		free(list);
	} else {
		*ret_list = list;
	}
	return ret;
}

int weft_control_list(pid_t pid, struct weft_control_list **ret_list, struct weft_error *err)
{
	uint64_t end_ns = weft_now_ns() + LIST_PATIENCE_NS;
	int ret;

	do {
		ret = list_once(pid, ret_list, err);
	} while (is_to_be_asked_again(ret, NULL, end_ns));
	return ret;
}

/* ---- Fetch ---- */

/* One piece: its length as a line, then its bytes. The length; 0: the end. */
static int64_t pass_piece(struct stream *stream, struct weft_error *err)
{
	const struct weft_control_receiver *receiver = stream->receiver;
	char line[LINE_SIZE];
	uint64_t left;
	char *end;
	int64_t size;
	int ret;

	stream->end_ns = weft_now_ns() + FETCH_PATIENCE_NS;
	ret = read_line(stream, line);
	if (ret < 0) {
		return weft_error_set_errno(err, ret, "the process did not finish the profile");
	}
	size = strtol(line, &end, 10);
	if (end == line || *end || size < 0) {
		return weft_error_set(err, -EPROTO, "the process answered nonsense");
	}
	for (left = (uint64_t)size; left > 0;) {
		size_t part = stream->end - stream->begin;

		part = part < left ? part : (size_t)left;
		if (part == 0) {
			ssize_t received = receive(stream);

			if (received <= 0) {
				return received < 0 ? received : -EPIPE;
			}
			continue;
		}
		ret = receiver->write(receiver->ctx, stream->block + stream->begin, part);
		if (ret < 0) {
			return ret;
		}
		stream->begin += part;
		left -= part;
	}
	return size;
}

static int fetch(struct stream *stream, const char *name, const struct weft_query_params *params,
		 struct weft_error *err)
{
	char line[LINE_SIZE];
	int64_t piece = 1;
	int ret;

	(void)snprintf(line, sizeof(line), "fetch debug=%" PRId64 " seconds=%" PRId64 " gc=%d %s\n",
		       params->debug, params->seconds, params->gc, name);
	ret = ask(stream, line, err);
	if (ret == 0) {
		ret = read_verdict(stream, err);
	}
	if (ret == 0) {
		ret = stream->receiver->begin(stream->receiver->ctx);
	}
	while (ret == 0 && piece > 0) {
		piece = pass_piece(stream, err);
		ret = piece < 0 ? (int)piece : 0;
	}
	return ret;
}

static int fetch_once(pid_t pid, const char *name, const struct weft_query_params *params,
		      const struct weft_control_receiver *receiver, struct weft_error *err)
{
	struct stream *stream = NULL;
	int fd;
	int ret;

	if (!name[0] || strchr(name, '\n')) {
		return weft_error_set(err, -ENOENT, "no profile has such a name");
	}
	fd = open_socket(pid, err);
	if (fd < 0) {
		return fd;
	}
	stream = (struct stream *)calloc(1, sizeof(*stream));
	if (!stream) {
		ret = weft_error_set(err, -ENOMEM, "out of memory");
		goto out;
	}
	stream->fd = fd;
	stream->receiver = receiver;
	stream->end_ns =
		weft_now_ns() + (uint64_t)params->seconds * WEFT_NS_PER_S + BEGIN_PATIENCE_NS;
	ret = fetch(stream, name, params, err);
out:
	(void)close(fd); /* The process stops writing. */
	free(stream);
	return ret;
}

int weft_control_fetch(pid_t pid, const char *name, const struct weft_query_params *params,
		       const struct weft_control_receiver *receiver, struct weft_error *err)
{
	uint64_t end_ns = weft_now_ns() + BUSY_PATIENCE_NS;
	int ret;

	do {
		ret = fetch_once(pid, name, params, receiver, err);
	} while (is_to_be_asked_again(ret, receiver, end_ns));
	return ret;
}
