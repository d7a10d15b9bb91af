// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * The frontend behind <weft/http.h>: what a listener and its requests share.
 *
 *     server.c    options, listener, libmicrohttpd's callbacks
 *     exchange.c  one request and its answer
 *     job.c       the thread that works on it
 *     deadline.c  connections that take too long
 *
 * Lock order: weft_http.lock before weft_exchange.lock.
 */
#ifndef WEFT_HTTP_SERVER_H
#define WEFT_HTTP_SERVER_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include <weft/http.h>

#include "deadline.h"
#include "past-answers.h"

struct MHD_Daemon;
struct weft_exchange;

struct weft_http {
	struct weft_http_options options; /* Strings owned. */
	char url[320];
	char *token;              /* Owned; NULL: none. */
	char *tls_cert, *tls_key; /* PEM texts, owned; NULL: no TLS. */
	pid_t pid;                /* The process served at /debug/pprof/; 0: one path a process. */
	bool is_unix, is_mounted;
	struct MHD_Daemon *daemon; /* NULL when mounted. */
	struct weft_deadlines deadlines;
	struct weft_past_answers past;

	pthread_mutex_t lock;
	pthread_cond_t idle; /* Signalled when job_count gets 0. */
	/* Guarded by lock. */
	struct weft_exchange *jobs; /* Requests with a thread. Weak; linked by job_next. */
	uint32_t job_count;         /* All of them. */
	uint32_t slow_count, trace_count;
	bool stopping;
};

/**
 * Starts a listener for one process or, with pid 0, for all that can be seen: what both
 * weft_http_start() and `weft serve` do. Errors as weft_http_start().
 */
WEFT_MUST_CHECK int weft_server_start(const struct weft_http_options *options, pid_t pid,
				      struct weft_http **ret_http, struct weft_error *err);

#endif
