// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * One request and its answer.
 *
 *     libmicrohttpd's thread                     the request's own thread (job.c)
 *     asked ──▶ starts the job, suspends         weft_exchange_fail(): a status and one line
 *               the connection                or weft_exchange_send(): a whole page
 *     resumed ◀── the answer is decided ─────── or weft_exchange_begin(), _write()..., _end()
 *     takes from the ring, suspends when empty ◀── ring ──┘ waits when full
 *
 * The connection may be closed at any time: the job notices by -ECANCELED of what it calls, and by
 * weft_exchange_is_gone(). An exchange lives until libmicrohttpd, the answer and the job are done
 * with it.
 */
#ifndef WEFT_HTTP_EXCHANGE_H
#define WEFT_HTTP_EXCHANGE_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <weft/http.h>

#include "query.h"
#include "server.h"

struct weft_exchange {
	struct weft_http *http;            /* Weak: ends after all its exchanges. */
	struct MHD_Connection *connection; /* Weak: NULL once closed. */
	int fd;                            /* The connection's; not to be used once `gone`. */

	/* Set before the job starts, then constant. */
	struct weft_query_path path;
	struct weft_query_params params;
	pid_t pid; /* The process asked for; 0: the list of processes. */
	bool wants_json, is_head, is_post;
	char *addresses; /* Of /symbol, undecoded; owned. */
	size_t address_len;
	char *body; /* Of a POST; owned. */
	size_t body_size;
	bool body_too_big;

	/* libmicrohttpd's thread only. */
	bool was_read, started, job_started;

	/* For the log. */
	char method[16];
	char *target; /* Path and parameters as sent; owned. */
	char caller[96];
	bool has_token;
	uint64_t begin_ns;

	struct weft_exchange *job_next; /* Guarded by http->lock. */
	bool is_slow, is_trace;         /* What of the http's counts it takes. */

	pthread_mutex_t lock;
	pthread_cond_t drained;
	/* Guarded by lock. */
	unsigned int reference_count;
	bool suspended, gone;
	bool answered;      /* Status and headers are decided. */
	bool queued;        /* libmicrohttpd has them. */
	bool ended, broken; /* The body is complete; or will never be. */
	char problem[1024]; /* Why it never will be. */
	bool took_all;
	bool unheard; /* The client was gone before there was an answer. */
	unsigned int status;
	const char *content_type;                /* Static. */
	char file_name[WEFT_HTTP_NAME_SIZE + 8]; /* "": no Content-Disposition. */
	const char *extra_name;                  /* One more header, static; NULL: none. */
	char extra_value[WEFT_HTTP_NAME_SIZE];
	bool is_pprof_error;
	char *page; /* A whole body; owned; NULL: it comes through the ring. */
	size_t page_size;
	char *ring; /* Owned; NULL until begin. */
	size_t ring_begin, ring_used;
	uint64_t byte_count;
	uint64_t write_end_ns; /* By then the client must have taken everything. */
};

/* ---- Answers; exactly one of fail, send, begin, on any thread ---- */

/** An error as net/http/pprof words it: plain text, and its mark X-Go-Pprof. */
void weft_exchange_fail(struct weft_exchange *exchange, unsigned int status, const char *format,
			...) __attribute__((format(printf, 3, 4)));

/** A whole body. @param page  Taken (free()); NULL counts as out of memory: 500. */
void weft_exchange_send(struct weft_exchange *exchange, unsigned int status,
			const char *content_type, char *page, size_t size);

/** Before weft_exchange_send(): one more header. `name` is static; `value` is cut. */
void weft_exchange_set_header(struct weft_exchange *exchange, const char *name, const char *value);

/**
 * Begins a body of unknown length: the client gets its headers now.
 *
 * @param file_name  As which a browser saves it; NULL: shown.
 * @return 0; -ECANCELED: the client is gone; -ENOMEM: an error has been answered.
 */
WEFT_MUST_CHECK int weft_exchange_begin(struct weft_exchange *exchange, const char *content_type,
					const char *file_name);

/** Waits for room. @return 0; -ECANCELED: the client is gone, or far too slow. */
WEFT_MUST_CHECK int weft_exchange_write(struct weft_exchange *exchange, const void *bytes,
					size_t size);

/**
 * Ends a body. Does nothing after an answer that is whole already.
 *
 * @param ret      0: it is complete. A negative errno: it is not, which the client sees by a connection
 *                 that ends in the middle of the answer, and the access log tells.
 * @param problem  What happened, for the log; NULL or empty: what `ret` says.
 */
void weft_exchange_end(struct weft_exchange *exchange, int ret, const char *problem);

/** Whether the client has closed its connection, or everything is being stopped. */
bool weft_exchange_is_gone(struct weft_exchange *exchange);

/* ---- For job.c and server.c ---- */

/** @return NULL: out of memory. One reference. */
struct weft_exchange *weft_exchange_create(struct weft_http *http,
					   struct MHD_Connection *connection, const char *target);
void weft_exchange_ref(struct weft_exchange *exchange);
void weft_exchange_unref(struct weft_exchange *exchange);
/** From now on nobody may touch the connection. */
void weft_exchange_close(struct weft_exchange *exchange);
/** Makes everybody who waits for this client stop. */
void weft_exchange_cancel(struct weft_exchange *exchange);
/** Bytes for libmicrohttpd, its thread; 0: suspended; -1: the end; -2: broken. */
ssize_t weft_exchange_take(struct weft_exchange *exchange, char *bytes, size_t size);

#endif
