// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * The listener and its options. See server.h; the manual is <weft/http.h>.
 */
#include "server.h"

#include <errno.h>
#include <fcntl.h>
#include <microhttpd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "access-log.h"
#include "exchange.h"
#include "job.h"
#include "listen.h"
#include "now.h"
#include "request.h"

#define FILE_SIZE_MAX     (1U << 20)
#define TOKEN_LEN_MIN     16
#define CONNECTION_MEMORY (32U << 10)
#define IDLE_TIMEOUT_S    30U
/* libmicrohttpd's own; deadline.h is stricter wherever a client can do something about it. */
#define STALL_TIMEOUT_S 120U
/* What a client may take for its answer beyond the longest recording. */
#define ANSWER_PATIENCE_NS (180 * WEFT_NS_PER_S)

/* ---- libmicrohttpd's callbacks ---- */

/* First news of a request; what it returns is *con_cls of all others. */
static void *begin_request(void *ctx, const char *target, struct MHD_Connection *connection)
{
	return weft_exchange_create((struct weft_http *)ctx, connection, target);
}

static struct weft_deadline *find_deadline(struct MHD_Connection *connection)
{
	const union MHD_ConnectionInfo *found =
		MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);

	return found ? (struct weft_deadline *)found->socket_context : NULL;
}

static uint64_t request_limit_ns(const struct weft_http *http)
{
	return (uint64_t)http->options.request_timeout_ms * WEFT_NS_PER_MS;
}

static uint64_t answer_limit_ns(const struct weft_http *http)
{
	const struct weft_http_options *options = &http->options;
	uint64_t longest_s = options->profile_seconds_max > options->trace_seconds_max
				     ? options->profile_seconds_max
				     : options->trace_seconds_max;

	return longest_s * WEFT_NS_PER_S + ANSWER_PATIENCE_NS;
}

static enum MHD_Result serve_request(struct weft_exchange *exchange)
{
	struct weft_http *http = exchange->http;
	bool answered;

	(void)pthread_mutex_lock(&exchange->lock);
	answered = exchange->answered;
	(void)pthread_mutex_unlock(&exchange->lock);
	if (!answered && !exchange->started) {
		exchange->started = true;
		if (!http->is_mounted) {
			weft_deadlines_set(&http->deadlines, find_deadline(exchange->connection),
					   answer_limit_ns(http));
		}
		if (weft_request_check(exchange) && weft_request_route(exchange)) {
			weft_job_start(exchange);
		}
		(void)pthread_mutex_lock(&exchange->lock);
		/* A job's answer is taken when its connection is resumed, which calls this again. */
		answered = exchange->answered && !exchange->job_started;
		(void)pthread_mutex_unlock(&exchange->lock);
	}
	return answered ? weft_request_respond(exchange) : MHD_YES;
}

/* The steps that both ways in share. */
static enum MHD_Result handle(struct weft_exchange *exchange, const char *method,
			      const char *upload, size_t *upload_size)
{
	if (!exchange->was_read) {
		exchange->was_read = true;
		return weft_request_read(exchange, method) == 0 ? MHD_YES : MHD_NO;
	}
	if (*upload_size > 0) {
		weft_request_add_body(exchange, upload, *upload_size);
		*upload_size = 0;
		return MHD_YES;
	}
	return serve_request(exchange);
}

/* NOLINTNEXTLINE(readability-function-size): libmicrohttpd's signature. */
static enum MHD_Result access_request(void *ctx, struct MHD_Connection *connection, const char *url,
				      const char *method, const char *version, const char *upload,
				      size_t *upload_size, void **con_cls)
{
	struct weft_exchange *exchange = (struct weft_exchange *)*con_cls;

	(void)ctx;
	(void)connection;
	(void)version;
	if (!exchange) {
		return MHD_NO; /* Out of memory. */
	}
	if (!exchange->was_read) {
		weft_query_parse_path(url, &exchange->path);
	}
	return handle(exchange, method, upload, upload_size);
}

static void end_request(void *ctx, struct MHD_Connection *connection, void **con_cls,
			enum MHD_RequestTerminationCode code)
{
	struct weft_http *http = (struct weft_http *)ctx;

	(void)code;
	weft_deadlines_set(&http->deadlines, find_deadline(connection),
			   IDLE_TIMEOUT_S * WEFT_NS_PER_S);
	weft_http_completed(con_cls);
}

static void change_connection(void *ctx, struct MHD_Connection *connection, void **socket_context,
			      enum MHD_ConnectionNotificationCode code)
{
	struct weft_http *http = (struct weft_http *)ctx;

	if (code == MHD_CONNECTION_NOTIFY_STARTED) {
		int fd = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD)
				 ->connect_fd;

		*socket_context = weft_deadlines_add(&http->deadlines, fd, request_limit_ns(http));
	} else {
		weft_deadlines_remove(&http->deadlines, (struct weft_deadline *)*socket_context);
		*socket_context = NULL;
	}
}

/* ---- Options ---- */

/* A whole small file as text. */
static int read_file(const char *path, char **ret_text, struct weft_error *err)
{
	FILE *file = fopen(path, "re");
	char *text = NULL;
	size_t len;
	int ret = 0;

	if (!file) {
		return weft_error_set_errno(err, -errno, "cannot read '%s'", path);
	}
	text = (char *)malloc(FILE_SIZE_MAX + 1);
	if (!text) {
		ret = weft_error_set(err, -ENOMEM, "out of memory");
		goto out;
	}
	len = fread(text, 1, FILE_SIZE_MAX, file);
	text[len] = '\0';
	if (ferror(file) || len == FILE_SIZE_MAX) {
		ret = weft_error_set(err, -EINVAL, "cannot read '%s', or it is too big", path);
	}
out:
	(void)fclose(file); /* Read only; nothing to lose. */
	if (ret < 0) {
		free(text);
	} else {
		*ret_text = text;
	}
	return ret;
}

static int read_token(const char *path, char **ret_token, struct weft_error *err)
{
	struct stat status;
	char *token = NULL;
	int ret;

	if (stat(path, &status) == 0 && (status.st_mode & (S_IRWXG | S_IRWXO) & ~(mode_t)S_IRGRP)) {
		return weft_error_set(
			err, -EPERM, "the token in '%s' is not secret: chmod 600 '%s'", path, path);
	}
	ret = read_file(path, &token, err);
	if (!token) {
		return ret;
	}
	token[strcspn(token, "\r\n")] = '\0';
	if (strlen(token) < TOKEN_LEN_MIN) {
		free(token);
		return weft_error_set(err, -EINVAL,
				      "the token in '%s' is easy to guess: %d characters or more",
				      path, TOKEN_LEN_MIN);
	}
	*ret_token = token;
	return 0;
}

static int copy_hosts(struct weft_http *http, const char *const *hosts)
{
	size_t count = 0;
	char **copy;
	size_t i;

	while (hosts && hosts[count]) {
		count++;
	}
	copy = (char **)calloc(count + 1, sizeof(*copy));
	http->options.hosts = (const char *const *)copy;
	for (i = 0; copy && i < count; i++) {
		copy[i] = strdup(hosts[i]);
		if (!copy[i]) {
			return -ENOMEM;
		}
	}
	return copy ? 0 : -ENOMEM;
}

static void free_hosts(struct weft_http *http)
{
	char **hosts = (char **)http->options.hosts;
	size_t i;

	for (i = 0; hosts && hosts[i]; i++) {
		free(hosts[i]);
	}
	free(hosts);
}

static int check_options(const struct weft_http_options *options, struct weft_error *err)
{
	if (!options->address || !options->profile_seconds_max || !options->trace_seconds_max ||
	    !options->trace_count_max || !options->job_count_max ||
	    !options->connection_count_max || !options->request_timeout_ms ||
	    !options->trace_bytes_max) {
		return weft_error_set(err, -EINVAL,
				      "an option is 0: begin with WEFT_HTTP_OPTIONS_INIT");
	}
	if (!options->tls_cert_file != !options->tls_key_file) {
		return weft_error_set(err, -EINVAL, "TLS needs both a certificate and its key");
	}
	return 0;
}

static void destroy(struct weft_http *http)
{
	free_hosts(http);
	free(http->token);
	free(http->tls_cert);
	if (http->tls_key) {
		explicit_bzero(http->tls_key, strlen(http->tls_key));
	}
	free(http->tls_key);
	(void)pthread_cond_destroy(&http->idle);
	(void)pthread_mutex_destroy(&http->lock);
	weft_past_answers_fini(&http->past);
	free(http);
}

static int create(const struct weft_http_options *options, pid_t pid, struct weft_http **ret_http,
		  struct weft_error *err)
{
	struct weft_http *http;
	int ret = check_options(options, err);

	if (ret < 0) {
		return ret;
	}
	http = (struct weft_http *)calloc(1, sizeof(*http));
	if (!http) {
		return weft_error_set(err, -ENOMEM, "out of memory");
	}
	http->options = *options;
	http->pid = pid;
	(void)pthread_mutex_init(&http->lock, NULL);
	(void)pthread_cond_init(&http->idle, NULL);
	weft_past_answers_init(&http->past);
	if (copy_hosts(http, options->hosts) < 0) {
		ret = weft_error_set(err, -ENOMEM, "out of memory");
	}
	if (ret == 0 && options->token_file) {
		ret = read_token(options->token_file, &http->token, err);
	}
	if (ret == 0 && options->tls_cert_file) {
		ret = read_file(options->tls_cert_file, &http->tls_cert, err);
	}
	if (ret == 0 && options->tls_key_file) {
		ret = read_file(options->tls_key_file, &http->tls_key, err);
	}
	if (ret < 0) {
		destroy(http);
		return ret;
	}
	/* Read already; the caller's strings may go. */
	http->options.address = NULL;
	http->options.token_file = NULL;
	http->options.tls_cert_file = NULL;
	http->options.tls_key_file = NULL;
	*ret_http = http;
	return 0;
}

/* ---- Start and stop ---- */

static int start_daemon(struct weft_http *http, int fd, struct weft_error *err)
{
	const struct MHD_OptionItem tls[] = {
		{MHD_OPTION_HTTPS_MEM_KEY, 0, http->tls_key},
		{MHD_OPTION_HTTPS_MEM_CERT, 0, http->tls_cert},
		{MHD_OPTION_END, 0, NULL},
	};
	const struct MHD_OptionItem no_tls[] = {{MHD_OPTION_END, 0, NULL}};
	unsigned int flags = MHD_USE_AUTO_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME;
	sigset_t all, before;

	flags |= http->tls_cert ? MHD_USE_TLS : 0;
	(void)sigfillset(&all);
	/* Its thread takes none of the application's signals. */
	(void)pthread_sigmask(SIG_SETMASK, &all, &before);
	errno = 0;
	http->daemon = MHD_start_daemon(
		flags, 0, NULL, NULL, access_request, http, MHD_OPTION_LISTEN_SOCKET, fd,
		MHD_OPTION_URI_LOG_CALLBACK, begin_request, http, MHD_OPTION_NOTIFY_COMPLETED,
		end_request, http, MHD_OPTION_NOTIFY_CONNECTION, change_connection, http,
		MHD_OPTION_CONNECTION_LIMIT, (unsigned int)http->options.connection_count_max,
		MHD_OPTION_CONNECTION_TIMEOUT, STALL_TIMEOUT_S, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
		(size_t)CONNECTION_MEMORY, MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_ARRAY,
		http->tls_cert ? tls : no_tls, MHD_OPTION_END);
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (!http->daemon && errno == ELIBACC) {
		return weft_error_set_errno(err, -errno,
					    "cannot start the listener: install libmicrohttpd");
	}
	if (!http->daemon) {
		return weft_error_set(err, -EINVAL,
				      http->tls_cert ? "cannot start the listener: do "
						       "certificate and key belong together?"
						     : "cannot start the listener");
	}
	return 0;
}

int weft_server_start(const struct weft_http_options *options, pid_t pid,
		      struct weft_http **ret_http, struct weft_error *err)
{
	struct weft_listen_address address;
	struct weft_http *http = NULL;
	char text[300];
	int fd = -1;
	int ret = create(options, pid, &http, err);

	if (!http) {
		return ret;
	}
	ret = weft_listen_parse(options->address, &address, err);
	if (ret == 0) {
		fd = weft_listen_open(&address, http->token || http->tls_cert, text, sizeof(text),
				      err);
		ret = fd < 0 ? fd : 0;
	}
	if (ret == 0) {
		http->is_unix = address.is_unix;
		(void)snprintf(http->url, sizeof(http->url), "%s%s",
			       address.is_unix  ? ""
			       : http->tls_cert ? "https://"
						: "http://",
			       text);
		ret = weft_deadlines_init(&http->deadlines, err);
	}
	if (ret == 0) {
		ret = start_daemon(http, fd, err);
	}
	if (ret < 0) {
		if (fd >= 0) {
			(void)close(fd); /* Nothing was read or written. */
		}
		weft_deadlines_fini(&http->deadlines);
		destroy(http);
		return ret;
	}
	*ret_http = http;
	return 0;
}

int weft_http_start(const struct weft_http_options *options, struct weft_http **ret_http,
		    struct weft_error *err)
{
	return weft_server_start(options, getpid(), ret_http, err);
}

const char *weft_http_get_url(const struct weft_http *http)
{
	return http->url;
}

void weft_http_stop(struct weft_http *http)
{
	if (!http) {
		return;
	}
	weft_job_stop_all(http);
	if (http->daemon) {
		MHD_stop_daemon(http->daemon);
		if (http->is_unix) {
			(void)unlink(http->url + strlen("unix:")); /* Somebody else may have. */
		}
	}
	weft_deadlines_fini(&http->deadlines);
	destroy(http);
}

/* ---- Mounted ---- */

int weft_http_mount(const struct weft_http_options *options, struct weft_http **ret_http,
		    struct weft_error *err)
{
	struct weft_http_options own = *options;
	int ret;

	own.token_file = NULL;
	own.tls_cert_file = NULL;
	own.tls_key_file = NULL;
	own.hosts = NULL;
	ret = create(&own, getpid(), ret_http, err);
	if (ret == 0) {
		(*ret_http)->is_mounted = true;
	}
	return ret;
}

/* NOLINTNEXTLINE(readability-function-size): libmicrohttpd's signature, and what to answer. */
int weft_http_answer(struct weft_http *http, enum weft_http_page page, const char *name,
		     struct MHD_Connection *connection, const char *url, const char *method,
		     const char *upload_data, size_t *upload_data_size, void **con_cls)
{
	struct weft_exchange *exchange = (struct weft_exchange *)*con_cls;

	if (!exchange) {
		exchange = weft_exchange_create(http, connection, url);
		if (!exchange) {
			return MHD_NO;
		}
		*con_cls = exchange;
		exchange->path.place = WEFT_QUERY_PAGE;
		exchange->path.page = page;
		if (page == WEFT_HTTP_PAGE_NAMED) {
			(void)snprintf(exchange->path.name, sizeof(exchange->path.name), "%s",
				       name);
		}
	}
	return handle(exchange, method, upload_data, upload_data_size);
}

void weft_http_cancel(struct weft_http *http)
{
	weft_job_stop_all(http);
}

/* For the index: what one download of a profile is. */
static void remember(struct weft_exchange *exchange)
{
	const struct weft_query_params *params = &exchange->params;
	const enum weft_http_page page = exchange->path.page;

	if (exchange->status == MHD_HTTP_OK && exchange->took_all && exchange->job_started &&
	    exchange->path.place == WEFT_QUERY_PAGE && exchange->pid && !exchange->is_head &&
	    params->debug == 0 &&
	    (page != WEFT_HTTP_PAGE_NAMED || !params->has_seconds ||
	     strcmp(exchange->path.name, WEFT_QUERY_WALL_NAME) == 0)) {
		weft_past_answers_note(&exchange->http->past, exchange->pid, exchange->path.name,
				       exchange->byte_count, weft_now_ns() - exchange->begin_ns);
	}
}

void weft_http_completed(void **con_cls)
{
	struct weft_exchange *exchange = (struct weft_exchange *)*con_cls;

	if (exchange) {
		*con_cls = NULL;
		weft_exchange_close(exchange);
		weft_access_log(exchange);
		remember(exchange);
		weft_exchange_unref(exchange);
	}
}
