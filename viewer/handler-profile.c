// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * /debug/pprof/NAME: a profile that the process itself takes; "profile" is the CPU's.
 *
 *     NAME                binary: taken raw from the process, completed by a helper, passed on
 *     NAME?debug=1        text: by the process; where it cannot, as above
 *     NAME?seconds=5      what came within five seconds
 *     delta_NAME          what came since the last delta_NAME
 *     /debug/fgprof       wall clock time, like the CPU profile
 *
 * Source: net/http/pprof, Profile(), handler.ServeHTTP(), handler.serveDeltaProfile(); for delta_NAME
 * github.com/grafana/pyroscope-go/godeltaprof.
 */
#include "handlers.h"

#include <errno.h>
#include <inttypes.h>
#include <microhttpd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "completion.h"
#include "control-client.h"
#include "now.h"

#define CHECK_NS   (100 * WEFT_NS_PER_MS)
#define BLOCK_SIZE (64U << 10)

static const char text_type[] = "text/plain; charset=utf-8";
static const char octets_type[] = "application/octet-stream";
static const char delta_prefix[] = "delta_";

/* What one request is for. */
struct fetch {
	struct weft_exchange *exchange;
	bool begun; /* The process has something to say. */
	int fd;     /* Memory file that gets what the process says; -1: the client gets it. */
	uint64_t size;
};

static bool is_gone(void *ctx)
{
	return weft_exchange_is_gone((struct weft_exchange *)ctx);
}

/* ---- Failures ---- */

static bool is_cpu(const struct weft_exchange *exchange)
{
	return exchange->path.page == WEFT_HTTP_PAGE_PROFILE;
}

/* Before anything was sent. */
static void fail(struct weft_exchange *exchange, int ret, const struct weft_error *err)
{
	if (ret == -ENOENT) {
		weft_exchange_fail(exchange, MHD_HTTP_NOT_FOUND, "Unknown profile");
	} else if (ret == -EAGAIN) {
		weft_exchange_set_header(exchange, "Retry-After", "1");
		weft_exchange_fail(exchange, MHD_HTTP_TOO_MANY_REQUESTS,
				   "the process is busy with other requests");
	} else if (is_cpu(exchange)) {
		weft_exchange_fail(exchange, MHD_HTTP_INTERNAL_SERVER_ERROR,
				   "Could not enable CPU profiling: %s",
				   ret == -EBUSY ? "cpu profiling already in use" : err->text);
	} else {
		weft_exchange_fail(exchange, MHD_HTTP_INTERNAL_SERVER_ERROR,
				   "failed to collect profile: %s", err->text);
	}
}

/* ---- From the process ---- */

static bool receiver_is_gone(void *ctx)
{
	return is_gone(((struct fetch *)ctx)->exchange);
}

static int receiver_begin(void *ctx)
{
	struct fetch *fetch = (struct fetch *)ctx;

	fetch->begun = true;
	/* What goes straight to the client is text. */
	return fetch->fd >= 0 ? 0 : weft_exchange_begin(fetch->exchange, text_type, NULL);
}

static int receiver_write(void *ctx, const void *bytes, size_t size)
{
	struct fetch *fetch = (struct fetch *)ctx;
	const char *from = (const char *)bytes;

	fetch->size += size;
	if (fetch->fd < 0) {
		return weft_exchange_write(fetch->exchange, bytes, size);
	}
	if (fetch->size > WEFT_COMPLETION_BYTES_MAX) {
		return -E2BIG;
	}
	while (size > 0) {
		ssize_t written = write(fetch->fd, from, size);

		if (written < 0 && errno != EINTR) {
			return -errno;
		}
		from += written > 0 ? written : 0;
		size -= written > 0 ? (size_t)written : 0;
	}
	return 0;
}

static int fetch_by(struct fetch *fetch, const char *name, const struct weft_query_params *params,
		    struct weft_error *err)
{
	const struct weft_control_receiver receiver = {receiver_is_gone, receiver_begin,
						       receiver_write, fetch};
	int ret = weft_control_fetch(fetch->exchange->pid, name, params, &receiver, err);

	if (ret == -E2BIG) {
		(void)weft_error_set(err, ret, "it is larger than %u MiB",
				     WEFT_COMPLETION_BYTES_MAX >> 20);
	}
	return ret;
}

/* Appends the binary profile to a memory file. */
static int collect(struct weft_exchange *exchange, int fd, const char *name,
		   const struct weft_query_params *params, struct weft_error *err)
{
	struct fetch fetch = {.exchange = exchange, .fd = fd};
	struct weft_query_params binary = *params;

	binary.debug = 0;
	return fetch_by(&fetch, name, &binary, err);
}

static int make_file(struct weft_error *err)
{
	int fd = memfd_create("weft-profile", MFD_CLOEXEC);

	return fd < 0 ? weft_error_set_errno(err, -errno, "no memory file") : fd;
}

/* ---- To the client ---- */

/* Sends a whole file as the answer. */
static void send_file(struct weft_exchange *exchange, int fd, const char *type,
		      const char *file_name)
{
	char *block = (char *)malloc(BLOCK_SIZE);
	off_t at = 0;
	ssize_t size;
	int ret;

	if (!block) {
		weft_exchange_fail(exchange, MHD_HTTP_INTERNAL_SERVER_ERROR, "out of memory");
		return;
	}
	ret = weft_exchange_begin(exchange, type, file_name);
	while (ret == 0 && (size = pread(fd, block, BLOCK_SIZE, at)) != 0) {
		ret = size < 0 ? -errno : weft_exchange_write(exchange, block, (size_t)size);
		at += size > 0 ? size : 0;
	}
	free(block);
	weft_exchange_end(exchange, ret, NULL);
}

/* Completes what is in `raw_fd`. Where that is not possible the client gets what there is. */
static void send_complete(struct weft_exchange *exchange, int raw_fd,
			  const struct weft_completion *completion, const char *file_name)
{
	const char *type = completion->debug ? text_type : octets_type;
	struct weft_error err = WEFT_ERROR_INIT;
	int answer_fd = -1;
	int ret = weft_completion_run(completion, raw_fd, &answer_fd, &err);

	if (ret == 0) {
		send_file(exchange, answer_fd, type, file_name);
		(void)close(answer_fd); /* Memory. */
	} else if (completion->earlier_size) {
		weft_exchange_fail(exchange, MHD_HTTP_INTERNAL_SERVER_ERROR,
				   "failed to compute delta");
	} else if (completion->debug) {
		fail(exchange, ret == -ENOENT ? -ENOTSUP : ret, &err);
	} else {
		/* Of a program's own kind (-EBADMSG), or without names: any reader takes it. */
		send_file(exchange, raw_fd, type, file_name);
	}
}

static struct weft_completion completion_of(struct weft_exchange *exchange, const char *name)
{
	return (struct weft_completion){
		.pid = exchange->pid, .name = name, .is_gone = is_gone, .ctx = exchange};
}

/* ---- The kinds of answer ---- */

static void answer_binary(struct weft_exchange *exchange)
{
	const char *name = exchange->path.name;
	struct weft_completion completion = completion_of(exchange, name);
	struct weft_error err = WEFT_ERROR_INIT;
	int fd = make_file(&err);
	int ret = fd < 0 ? fd : collect(exchange, fd, name, &exchange->params, &err);

	if (ret < 0) {
		fail(exchange, ret, &err);
	} else {
		send_complete(exchange, fd, &completion, name);
	}
	if (fd >= 0) {
		(void)close(fd); /* Memory. */
	}
}

/* The process's own words; else the binary profile's, of which a helper beside us makes some. */
static void answer_text(struct weft_exchange *exchange)
{
	const char *name = exchange->path.name;
	struct weft_completion completion = completion_of(exchange, name);
	struct fetch fetch = {.exchange = exchange, .fd = -1};
	struct weft_error err = WEFT_ERROR_INIT;
	int ret = fetch_by(&fetch, name, &exchange->params, &err);
	int fd;

	if (fetch.begun) {
		weft_exchange_end(exchange, ret, err.text);
		return;
	}
	if (ret != -ENOENT) {
		fail(exchange, ret, &err);
		return;
	}
	completion.debug = exchange->params.debug;
	fd = make_file(&err);
	ret = fd < 0 ? fd : collect(exchange, fd, name, &exchange->params, &err);
	if (ret < 0) {
		fail(exchange, ret, &err);
	} else {
		send_complete(exchange, fd, &completion, NULL);
	}
	if (fd >= 0) {
		(void)close(fd); /* Memory. */
	}
}

/* Whether the client is still there at the end. */
static bool wait_seconds(struct weft_exchange *exchange, int64_t seconds)
{
	const struct timespec pause = {0, CHECK_NS};
	const uint64_t end_ns = weft_now_ns() + (uint64_t)seconds * WEFT_NS_PER_S;

	while (weft_now_ns() < end_ns) {
		if (is_gone(exchange)) {
			return false;
		}
		(void)nanosleep(&pause, NULL); /* Woken early: looks again. */
	}
	return true;
}

/* The profile now, behind what the file holds. 0; else the answer is an error. */
static int collect_for_delta(struct weft_exchange *exchange, int fd, const char *name,
			     uint64_t *ret_size)
{
	const struct weft_query_params params = {0};
	struct weft_error err = WEFT_ERROR_INIT;
	int ret = collect(exchange, fd, name, &params, &err);

	if (ret == -ENOENT || ret == -EAGAIN) {
		fail(exchange, ret, &err);
	} else if (ret < 0) {
		weft_exchange_fail(exchange, MHD_HTTP_INTERNAL_SERVER_ERROR,
				   "failed to collect profile");
	} else {
		*ret_size = (uint64_t)lseek(fd, 0, SEEK_CUR);
	}
	return ret;
}

/* Source for the order of what is checked and the words: serveDeltaProfile(). */
static bool check_delta(struct weft_exchange *exchange)
{
	static const char *const names[] = {"allocs", "block", "goroutine",
					    "heap",   "mutex", "threadcreate"};
	const char *text = NULL;
	bool known = false;
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		known = known || strcmp(exchange->path.name, names[i]) == 0;
	}
	if (exchange->params.seconds <= 0) {
		text = "invalid value for \"seconds\" - must be a positive integer";
	} else if (!known) {
		text = "\"seconds\" parameter is not supported for this profile type";
	} else if (exchange->params.debug != 0) {
		text = "seconds and debug params are incompatible";
	}
	if (text) {
		weft_exchange_fail(exchange, MHD_HTTP_BAD_REQUEST, "%s", text);
	}
	return !text;
}

static void answer_delta(struct weft_exchange *exchange)
{
	const char *name = exchange->path.name;
	struct weft_completion completion = completion_of(exchange, name);
	struct weft_error err = WEFT_ERROR_INIT;
	char file_name[WEFT_HTTP_NAME_SIZE + 8];
	int fd = make_file(&err);
	uint64_t size = 0;
	int ret = fd < 0 ? fd : collect_for_delta(exchange, fd, name, &completion.earlier_size);

	(void)snprintf(file_name, sizeof(file_name), "%s-delta", name);
	if (fd < 0) {
		fail(exchange, fd, &err);
	} else if (ret == 0 && !wait_seconds(exchange, exchange->params.seconds)) {
		weft_exchange_fail(exchange, MHD_HTTP_INTERNAL_SERVER_ERROR, "context canceled");
	} else if (ret == 0 && collect_for_delta(exchange, fd, name, &size) == 0) {
		send_complete(exchange, fd, &completion, file_name);
	}
	if (fd >= 0) {
		(void)close(fd); /* Memory. */
	}
}

/* The profile of delta_NAME; NULL: the name is another's. */
static const char *find_delta_of(const char *name)
{
	static const char *const names[] = {"block", "heap", "mutex"};
	size_t i;

	if (strncmp(name, delta_prefix, sizeof(delta_prefix) - 1) == 0) {
		for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
			if (strcmp(name + sizeof(delta_prefix) - 1, names[i]) == 0) {
				return names[i];
			}
		}
	}
	return NULL;
}

static int write_all(int fd, const char *from, size_t size)
{
	while (size > 0) {
		ssize_t written = write(fd, from, size);

		if (written < 0 && errno != EINTR) {
			return -errno;
		}
		from += written > 0 ? written : 0;
		size -= written > 0 ? (size_t)written : 0;
	}
	return 0;
}

/* Puts the profile of last time in front of this one's in a new file, and this one in its place. */
static int prepend_last(struct weft_exchange *exchange, int fd, uint64_t size, int both_fd,
			uint64_t *ret_earlier_size)
{
	char *now = (char *)malloc(size ? size : 1);
	char *last = NULL;
	size_t last_size = 0;
	int ret = now && pread(fd, now, size, 0) == (ssize_t)size ? 0 : -ENOMEM;

	if (ret < 0) {
		free(now);
		return ret;
	}
	ret = weft_past_answers_swap(&exchange->http->past, exchange->pid, exchange->path.name, now,
				     size, &last, &last_size);
	if (ret == 0 && last) {
		*ret_earlier_size = last_size;
		ret = write_all(both_fd, last, last_size);
	}
	free(last);
	if (ret == 0) {
		off_t at = 0;

		while (ret == 0 && (uint64_t)at < size) {
			char block[4096];
			ssize_t part = pread(fd, block, sizeof(block), at);

			ret = part <= 0 ? -EIO : write_all(both_fd, block, (size_t)part);
			at += part;
		}
	}
	return ret;
}

static void answer_since_last(struct weft_exchange *exchange, const char *name)
{
	struct weft_completion completion = completion_of(exchange, name);
	struct weft_error err = WEFT_ERROR_INIT;
	int both_fd = make_file(&err);
	int fd = make_file(&err);
	uint64_t size = 0;

	if (fd < 0 || both_fd < 0) {
		fail(exchange, err.code, &err);
	} else if (collect_for_delta(exchange, fd, name, &size) == 0) {
		completion.keeps_inuse = true;
		if (prepend_last(exchange, fd, size, both_fd, &completion.earlier_size) < 0) {
			weft_exchange_fail(exchange, MHD_HTTP_INTERNAL_SERVER_ERROR,
					   "failed to compute delta");
		} else {
			send_complete(exchange, both_fd, &completion, exchange->path.name);
		}
	}
	if (fd >= 0) {
		(void)close(fd); /* Memory. */
	}
	if (both_fd >= 0) {
		(void)close(both_fd); /* Memory. */
	}
}

/* Whether the process has the profile; else answers that. */
static bool check_profile(struct weft_exchange *exchange, const char *name)
{
	struct weft_control_list *list = NULL;
	struct weft_error err = WEFT_ERROR_INIT;
	int ret = weft_control_list(exchange->pid, &list, &err);
	size_t i;

	if (ret == 0) {
		ret = -ENOENT;
		for (i = 0; i < list->count; i++) {
			if (strcmp(list->profiles[i].name, name) == 0) {
				ret = 0;
			}
		}
		free(list);
	}
	if (ret < 0) {
		fail(exchange, ret, &err);
	}
	return ret == 0;
}

static void answer_head(struct weft_exchange *exchange)
{
	bool is_text = exchange->params.debug > 0;

	if (weft_exchange_begin(exchange, is_text ? text_type : octets_type,
				is_text ? NULL : exchange->path.name) == 0) {
		weft_exchange_end(exchange, 0, NULL);
	}
}

/* Whether `seconds` is how long to look, not the time between two looks. */
static bool is_timed(const struct weft_exchange *exchange)
{
	return is_cpu(exchange) || strcmp(exchange->path.name, WEFT_QUERY_WALL_NAME) == 0;
}

void weft_handler_profile(struct weft_exchange *exchange)
{
	const char *delta_of;
	bool is_delta;

	if (is_cpu(exchange)) {
		/* By its page alone when mounted. */
		(void)snprintf(exchange->path.name, sizeof(exchange->path.name), "profile");
	}
	if (is_timed(exchange)) {
		exchange->params.debug = 0; /* Always binary. */
	}
	delta_of = find_delta_of(exchange->path.name);
	is_delta = !is_timed(exchange) && !delta_of && exchange->params.has_seconds;
	if ((exchange->is_head || is_delta) &&
	    !check_profile(exchange, delta_of ? delta_of : exchange->path.name)) {
		return;
	}
	if (exchange->is_head) {
		answer_head(exchange);
	} else if (delta_of) {
		answer_since_last(exchange, delta_of);
	} else if (is_delta) {
		if (check_delta(exchange)) {
			answer_delta(exchange);
		}
	} else if (exchange->params.debug > 0) {
		answer_text(exchange);
	} else {
		answer_binary(exchange);
	}
}
