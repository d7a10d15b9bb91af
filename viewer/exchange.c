// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Requests and their answers. See exchange.h.
 */
#include "exchange.h"

#include <errno.h>
#include <microhttpd.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "now.h"

/* Room between the job and a client that is slower. */
#define RING_SIZE  (256U << 10)
#define ERROR_SIZE 1280
/* Beyond what it asked for, a client has this long to take an answer. */
#define WRITE_PATIENCE_NS (120 * WEFT_NS_PER_S)
#define GONE_CHECK_NS     (100 * WEFT_NS_PER_MS)

static const char plain_text[] = "text/plain; charset=utf-8";

struct weft_exchange *weft_exchange_create(struct weft_http *http,
					   struct MHD_Connection *connection, const char *target)
{
	struct weft_exchange *exchange = (struct weft_exchange *)calloc(1, sizeof(*exchange));
	pthread_condattr_t attributes;

	if (!exchange) {
		return NULL;
	}
	exchange->target = strdup(target);
	if (!exchange->target) {
		free(exchange);
		return NULL;
	}
	exchange->http = http;
	exchange->connection = connection;
	exchange->fd =
		MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
	exchange->reference_count = 1;
	exchange->begin_ns = weft_now_ns();
	(void)pthread_mutex_init(&exchange->lock, NULL);
	(void)pthread_condattr_init(&attributes);
	(void)pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	(void)pthread_cond_init(&exchange->drained, &attributes);
	(void)pthread_condattr_destroy(&attributes);
	return exchange;
}

void weft_exchange_ref(struct weft_exchange *exchange)
{
	(void)pthread_mutex_lock(&exchange->lock);
	exchange->reference_count++;
	(void)pthread_mutex_unlock(&exchange->lock);
}

void weft_exchange_unref(struct weft_exchange *exchange)
{
	bool last;

	(void)pthread_mutex_lock(&exchange->lock);
	last = --exchange->reference_count == 0;
	(void)pthread_mutex_unlock(&exchange->lock);
	if (!last) {
		return;
	}
	(void)pthread_cond_destroy(&exchange->drained);
	(void)pthread_mutex_destroy(&exchange->lock);
	free(exchange->addresses);
	free(exchange->body);
	free(exchange->target);
	free(exchange->page);
	free(exchange->ring);
	free(exchange);
}

/* ---- Under the lock ---- */

static void resume(struct weft_exchange *exchange)
{
	if (exchange->suspended) {
		exchange->suspended = false;
		MHD_resume_connection(exchange->connection);
	}
}

/* A client that closes even only its half counts as gone, as in Go. */
static bool look_for_end(struct weft_exchange *exchange)
{
	struct pollfd waited = {.fd = exchange->fd, .events = POLLRDHUP};

	if (exchange->gone) {
		return true;
	}
	if (poll(&waited, 1, 0) > 0 && (waited.revents & (POLLRDHUP | POLLHUP | POLLERR))) {
		exchange->gone = true;
	}
	return exchange->gone;
}

static void decide(struct weft_exchange *exchange, unsigned int status, const char *content_type)
{
	exchange->status = status;
	exchange->content_type = content_type;
	exchange->answered = true;
	exchange->unheard = exchange->gone;
	resume(exchange);
}

/* ---- Answers ---- */

void weft_exchange_fail(struct weft_exchange *exchange, unsigned int status, const char *format,
			...)
{
	char text[ERROR_SIZE];
	va_list args;
	int len;

	va_start(args, format);
	len = vsnprintf(text, sizeof(text) - 1, format, args);
	va_end(args);
	len = len < 0 ? 0 : len > (int)sizeof(text) - 2 ? (int)sizeof(text) - 2 : len;
	text[len++] = '\n';
	text[len] = '\0';
	exchange->is_pprof_error = true;
	weft_exchange_send(exchange, status, plain_text, strdup(text), (size_t)len);
}

void weft_exchange_set_header(struct weft_exchange *exchange, const char *name, const char *value)
{
	exchange->extra_name = name;
	(void)snprintf(exchange->extra_value, sizeof(exchange->extra_value), "%s", value);
}

void weft_exchange_send(struct weft_exchange *exchange, unsigned int status,
			const char *content_type, char *page, size_t size)
{
	(void)pthread_mutex_lock(&exchange->lock);
	exchange->page = page;
	exchange->page_size = page ? size : 0;
	exchange->ended = true;
	decide(exchange, page ? status : MHD_HTTP_INTERNAL_SERVER_ERROR, content_type);
	(void)pthread_mutex_unlock(&exchange->lock);
}

int weft_exchange_begin(struct weft_exchange *exchange, const char *content_type,
			const char *file_name)
{
	char *ring = (char *)malloc(RING_SIZE);
	uint64_t asked_ns = exchange->params.trace_ns;
	int ret;

	if (!ring) {
		weft_exchange_fail(exchange, MHD_HTTP_INTERNAL_SERVER_ERROR, "out of memory");
		return -ENOMEM;
	}
	if ((uint64_t)exchange->params.seconds * WEFT_NS_PER_S > asked_ns) {
		asked_ns = (uint64_t)exchange->params.seconds * WEFT_NS_PER_S;
	}
	(void)snprintf(exchange->file_name, sizeof(exchange->file_name), "%s",
		       file_name ? file_name : "");
	(void)pthread_mutex_lock(&exchange->lock);
	exchange->ring = ring;
	exchange->write_end_ns = weft_now_ns() + asked_ns + WRITE_PATIENCE_NS;
	ret = look_for_end(exchange) ? -ECANCELED : 0;
	exchange->took_all = exchange->is_head; /* Which ends with the headers. */
	decide(exchange, MHD_HTTP_OK, content_type);
	(void)pthread_mutex_unlock(&exchange->lock);
	return ret;
}

/* Copies what fits; how much. */
static size_t fill(struct weft_exchange *exchange, const char *bytes, size_t size)
{
	size_t end = (exchange->ring_begin + exchange->ring_used) % RING_SIZE;
	size_t room = RING_SIZE - exchange->ring_used;
	size_t until_wrap = RING_SIZE - end;

	size = size < room ? size : room;
	size = size < until_wrap ? size : until_wrap;
	memcpy(exchange->ring + end, bytes, size);
	exchange->ring_used += size;
	return size;
}

int weft_exchange_write(struct weft_exchange *exchange, const void *bytes, size_t size)
{
	const char *from = (const char *)bytes;
	struct timespec until;
	int ret = 0;

	(void)pthread_mutex_lock(&exchange->lock);
	while (size > 0) {
		size_t done = fill(exchange, from, size);

		from += done;
		size -= done;
		resume(exchange);
		if (look_for_end(exchange) || weft_now_ns() > exchange->write_end_ns) {
			ret = -ECANCELED;
			break;
		}
		if (size > 0 && exchange->ring_used == RING_SIZE) {
			weft_now_add(GONE_CHECK_NS, &until);
			(void)pthread_cond_timedwait(&exchange->drained, &exchange->lock, &until);
		}
	}
	(void)pthread_mutex_unlock(&exchange->lock);
	return ret;
}

/* Under the lock. */
static void break_off(struct weft_exchange *exchange, int ret, const char *problem)
{
	char text[128];

	exchange->broken = true;
	if (ret == -ECANCELED) {
		problem = exchange->gone ? "the client is gone" : "the client takes too long";
	} else if (!problem || !problem[0]) {
		problem = strerror_r(-ret, text, sizeof(text));
	}
	(void)snprintf(exchange->problem, sizeof(exchange->problem), "%s", problem);
}

void weft_exchange_end(struct weft_exchange *exchange, int ret, const char *problem)
{
	(void)pthread_mutex_lock(&exchange->lock);
	if (!exchange->ended) {
		exchange->ended = true;
		if (ret < 0) {
			break_off(exchange, ret, problem);
		}
	}
	resume(exchange);
	(void)pthread_mutex_unlock(&exchange->lock);
}

bool weft_exchange_is_gone(struct weft_exchange *exchange)
{
	bool gone;

	(void)pthread_mutex_lock(&exchange->lock);
	gone = look_for_end(exchange);
	(void)pthread_mutex_unlock(&exchange->lock);
	return gone;
}

/* ---- libmicrohttpd's side ---- */

void weft_exchange_close(struct weft_exchange *exchange)
{
	(void)pthread_mutex_lock(&exchange->lock);
	exchange->gone = true;
	exchange->connection = NULL;
	(void)pthread_cond_signal(&exchange->drained);
	(void)pthread_mutex_unlock(&exchange->lock);
}

void weft_exchange_cancel(struct weft_exchange *exchange)
{
	(void)pthread_mutex_lock(&exchange->lock);
	exchange->gone = true;
	(void)pthread_cond_signal(&exchange->drained);
	(void)pthread_mutex_unlock(&exchange->lock);
}

ssize_t weft_exchange_take(struct weft_exchange *exchange, char *bytes, size_t size)
{
	ssize_t ret;

	(void)pthread_mutex_lock(&exchange->lock);
	if (exchange->ring_used > 0) {
		size_t until_wrap = RING_SIZE - exchange->ring_begin;

		size = size < exchange->ring_used ? size : exchange->ring_used;
		size = size < until_wrap ? size : until_wrap;
		memcpy(bytes, exchange->ring + exchange->ring_begin, size);
		exchange->ring_begin = (exchange->ring_begin + size) % RING_SIZE;
		exchange->ring_used -= size;
		exchange->byte_count += size;
		(void)pthread_cond_signal(&exchange->drained);
		ret = (ssize_t)size;
	} else if (exchange->ended) {
		exchange->took_all = !exchange->broken;
		ret = exchange->broken ? -2 : -1;
	} else {
		exchange->suspended = true;
		MHD_suspend_connection(exchange->connection);
		ret = 0;
	}
	(void)pthread_mutex_unlock(&exchange->lock);
	return ret;
}
