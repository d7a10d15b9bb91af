// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * /debug/pprof/trace: an execution trace, recorded for this request.
 */
#include "handlers.h"

#include <errno.h>
#include <microhttpd.h>
#include <poll.h>
#include <unistd.h>

#include "now.h"
#include "recorder.h"

#define CHECK_MS   100
#define BLOCK_SIZE (64U << 10)
/* From the end of a recording until its trace begins to come. */
#define CONVERT_PATIENCE_NS (120 * WEFT_NS_PER_S)

static bool is_gone(void *ctx)
{
	return weft_exchange_is_gone((struct weft_exchange *)ctx);
}

/* One step of reading. The number of bytes; 0: the end; -EAGAIN: nothing yet; negative errno. */
static ssize_t read_some(int fd, char *block, int timeout_ms)
{
	struct pollfd waited = {.fd = fd, .events = POLLIN};
	ssize_t size;
	int ready = poll(&waited, 1, timeout_ms);

	if (ready == 0) {
		return -EAGAIN;
	}
	size = ready < 0 ? -1 : read(fd, block, BLOCK_SIZE);
	return size >= 0 ? size : errno == EINTR ? -EAGAIN : -errno;
}

/*
 * Passes the trace on as it comes; ends the recording when its time is over.
 *
 * 0: all of it; -ECANCELED: the client is gone; another negative errno, told in `err` if there is more to
 * say.
 */
static int pass_on(struct weft_exchange *exchange, struct weft_recorder *recorder,
		   struct weft_error *err)
{
	const uint64_t stop_ns = weft_now_ns() + exchange->params.trace_ns;
	uint64_t end_ns = stop_ns + CONVERT_PATIENCE_NS;
	bool stopped = false;
	char block[BLOCK_SIZE];

	for (;;) {
		uint64_t now_ns = weft_now_ns();
		int timeout_ms = CHECK_MS;
		ssize_t size;
		int ret;

		if (!stopped && now_ns >= stop_ns) {
			weft_recorder_stop(recorder);
			stopped = true;
		}
		if (!stopped && stop_ns - now_ns < CHECK_MS * WEFT_NS_PER_MS) {
			timeout_ms = (int)((stop_ns - now_ns) / WEFT_NS_PER_MS) + 1;
		}
		size = read_some(recorder->trace_fd, block, timeout_ms);
		if (size > 0) {
			end_ns = now_ns + CONVERT_PATIENCE_NS;
			ret = weft_exchange_write(exchange, block, (size_t)size);
			if (ret < 0) {
				return ret;
			}
		} else if (size != -EAGAIN) {
			return (int)size;
		} else if (weft_exchange_is_gone(exchange)) {
			return -ECANCELED;
		} else if (now_ns > end_ns) {
			return weft_error_set(err, -ETIMEDOUT,
					      "the recorder does not send the rest of the trace");
		}
	}
}

void weft_handler_trace(struct weft_exchange *exchange)
{
	struct weft_recorder recorder = {-1, -1};
	struct weft_error err = WEFT_ERROR_INIT;
	int ret = 0;

	if (!exchange->is_head) {
		ret = weft_recorder_start(&recorder, exchange->pid,
					  exchange->http->options.trace_bytes_max, is_gone,
					  exchange, &err);
	}
	if (ret < 0) {
		weft_exchange_fail(exchange, MHD_HTTP_INTERNAL_SERVER_ERROR,
				   "Could not enable tracing: %s",
				   ret == -ECANCELED ? "the client is gone" : err.text);
		return;
	}
	ret = weft_exchange_begin(exchange, "application/octet-stream", "trace");
	if (ret == 0 && !exchange->is_head) {
		ret = pass_on(exchange, &recorder, &err);
		if (ret == 0) {
			ret = weft_recorder_finish(&recorder, &err);
		}
	}
	weft_recorder_fini(&recorder);
	weft_exchange_end(exchange, ret, err.text);
}
