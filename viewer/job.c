// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Threads of requests. See job.h.
 */
#include "job.h"

#include <errno.h>
#include <microhttpd.h>
#include <signal.h>

#include "handlers.h"

#define STACK_SIZE (512U << 10)

/* ---- Counts ---- */

/* Why this request cannot be served now; 0: it can, and is counted. */
static unsigned int admit(struct weft_exchange *exchange)
{
	struct weft_http *http = exchange->http;
	const struct weft_http_options *options = &http->options;
	unsigned int status = 0;

	(void)pthread_mutex_lock(&http->lock);
	if (http->stopping) {
		status = MHD_HTTP_SERVICE_UNAVAILABLE;
	} else if ((exchange->is_trace && http->trace_count >= options->trace_count_max) ||
		   (exchange->is_slow && http->slow_count >= options->job_count_max)) {
		status = MHD_HTTP_TOO_MANY_REQUESTS;
	} else {
		http->job_count++;
		http->slow_count += exchange->is_slow;
		http->trace_count += exchange->is_trace;
		exchange->job_next = http->jobs;
		http->jobs = exchange;
	}
	(void)pthread_mutex_unlock(&http->lock);
	return status;
}

static void leave(struct weft_exchange *exchange)
{
	struct weft_http *http = exchange->http;
	struct weft_exchange **link;

	(void)pthread_mutex_lock(&http->lock);
	for (link = &http->jobs; *link != exchange; link = &(*link)->job_next) {
	}
	*link = exchange->job_next;
	http->slow_count -= exchange->is_slow;
	http->trace_count -= exchange->is_trace;
	weft_exchange_unref(exchange);
	if (--http->job_count == 0) {
		(void)pthread_cond_broadcast(&http->idle);
	}
	(void)pthread_mutex_unlock(&http->lock);
}

static void *run(void *argument)
{
	struct weft_exchange *exchange = (struct weft_exchange *)argument;

	weft_handlers_run(exchange);
	leave(exchange);
	return NULL;
}

static int start_thread(struct weft_exchange *exchange)
{
	pthread_attr_t attributes;
	sigset_t all, before;
	pthread_t thread;
	int ret;

	(void)pthread_attr_init(&attributes);
	(void)pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
	(void)pthread_attr_setstacksize(&attributes, STACK_SIZE);
	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &before);
	ret = pthread_create(&thread, &attributes, run, exchange);
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	(void)pthread_attr_destroy(&attributes);
	return ret;
}

void weft_job_start(struct weft_exchange *exchange)
{
	unsigned int status = admit(exchange);
	int ret;

	if (status == MHD_HTTP_TOO_MANY_REQUESTS) {
		weft_exchange_set_header(exchange, "Retry-After", "1");
		weft_exchange_fail(exchange, status, "too many %s at once: limit=%u",
				   exchange->is_trace ? "traces" : "profiles",
				   exchange->is_trace ? exchange->http->options.trace_count_max
						      : exchange->http->options.job_count_max);
		return;
	}
	if (status) {
		weft_exchange_fail(exchange, status, "the server is stopping");
		return;
	}
	(void)pthread_mutex_lock(&exchange->lock);
	exchange->reference_count++;
	exchange->suspended = true;
	exchange->job_started = true;
	MHD_suspend_connection(exchange->connection);
	(void)pthread_mutex_unlock(&exchange->lock);
	ret = start_thread(exchange);
	if (ret) {
		weft_exchange_fail(exchange, MHD_HTTP_INTERNAL_SERVER_ERROR,
				   "cannot start a thread: error=%d", ret);
		leave(exchange);
	}
}

void weft_job_stop_all(struct weft_http *http)
{
	struct weft_exchange *exchange;

	(void)pthread_mutex_lock(&http->lock);
	http->stopping = true;
	for (exchange = http->jobs; exchange; exchange = exchange->job_next) {
		weft_exchange_cancel(exchange);
	}
	while (http->job_count > 0) {
		(void)pthread_cond_wait(&http->idle, &http->lock);
	}
	(void)pthread_mutex_unlock(&http->lock);
}
