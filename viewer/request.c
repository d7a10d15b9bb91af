// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Reading requests, checking them, handing over answers. See request.h.
 */
#include "request.h"

#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include "now.h"
#include "page.h"

#define ADDRESSES_SIZE_MAX (64U << 10)
#define BODY_SIZE_MAX      (1U << 20)
#define BLOCK_SIZE         (32U << 10)
#define DEFAULT_PROFILE_S  30
#define DEFAULT_TRACE_NS   WEFT_NS_PER_S

static const char plain_text[] = "text/plain; charset=utf-8";

static const char *find_header(const struct weft_exchange *exchange, const char *name)
{
	return MHD_lookup_connection_value(exchange->connection, MHD_HEADER_KIND, name);
}

static const char *find_argument(const struct weft_exchange *exchange, const char *name)
{
	return MHD_lookup_connection_value(exchange->connection, MHD_GET_ARGUMENT_KIND, name);
}

/* ---- Reading ---- */

struct words {
	char *text;
	size_t len;
	int ret;
};

/* libmicrohttpd has cut "?0x1+0x2" at '&' and '='; joined again it is a list as before. */
static enum MHD_Result add_word(void *ctx, enum MHD_ValueKind kind, const char *key,
				const char *value)
{
	struct words *words = (struct words *)ctx;
	size_t len = strlen(key);
	char *text;

	(void)kind;
	(void)value; /* "0x1=2" is garbage as a whole; its first part does no harm. */
	if (words->len + len + 2 > ADDRESSES_SIZE_MAX) {
		words->ret = -E2BIG;
		return MHD_NO;
	}
	text = (char *)realloc(words->text, words->len + len + 2);
	if (!text) {
		words->ret = -ENOMEM;
		return MHD_NO;
	}
	memcpy(text + words->len, key, len);
	words->len += len;
	text[words->len++] = '+';
	text[words->len] = '\0';
	words->text = text;
	return MHD_YES;
}

static void tell_tcp_peer(struct weft_exchange *exchange, const struct sockaddr *peer)
{
	char host[INET6_ADDRSTRLEN] = "?";
	unsigned int port;

	if (peer->sa_family == AF_INET6) {
		const struct sockaddr_in6 *address = (const struct sockaddr_in6 *)peer;

		(void)inet_ntop(AF_INET6, &address->sin6_addr, host, sizeof(host));
		port = ntohs(address->sin6_port);
		(void)snprintf(exchange->caller, sizeof(exchange->caller), "[%s]:%u", host, port);
	} else if (peer->sa_family == AF_INET) {
		const struct sockaddr_in *address = (const struct sockaddr_in *)peer;

		(void)inet_ntop(AF_INET, &address->sin_addr, host, sizeof(host));
		port = ntohs(address->sin_port);
		(void)snprintf(exchange->caller, sizeof(exchange->caller), "%s:%u", host, port);
	}
}

static void tell_caller(struct weft_exchange *exchange)
{
	const union MHD_ConnectionInfo *found;
	socklen_t size = sizeof(struct ucred);
	struct ucred peer;

	(void)snprintf(exchange->caller, sizeof(exchange->caller), "?");
	if (exchange->http->is_unix) {
		if (getsockopt(exchange->fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0) {
			(void)snprintf(exchange->caller, sizeof(exchange->caller), "uid=%u pid=%d",
				       (unsigned int)peer.uid, (int)peer.pid);
		}
		return;
	}
	found = MHD_get_connection_info(exchange->connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
	if (found && found->client_addr) {
		tell_tcp_peer(exchange, found->client_addr);
	}
}

int weft_request_read(struct weft_exchange *exchange, const char *method)
{
	const char *accept = find_header(exchange, MHD_HTTP_HEADER_ACCEPT);
	const char *format = find_argument(exchange, "format");
	const struct weft_query_values values = {
		.seconds = find_argument(exchange, "seconds"),
		.debug = find_argument(exchange, "debug"),
		.gc = find_argument(exchange, "gc"),
	};
	struct words words = {0};

	(void)snprintf(exchange->method, sizeof(exchange->method), "%s", method);
	exchange->is_head = strcmp(method, MHD_HTTP_METHOD_HEAD) == 0;
	exchange->is_post = strcmp(method, MHD_HTTP_METHOD_POST) == 0;
	weft_query_parse_params(&values, &exchange->params);
	exchange->wants_json = format ? strcmp(format, "json") == 0
				      : accept && strncasecmp(accept, "application/json", 16) == 0;
	tell_caller(exchange);
	if (exchange->path.page == WEFT_HTTP_PAGE_SYMBOL) {
		(void)MHD_get_connection_values(exchange->connection, MHD_GET_ARGUMENT_KIND,
						add_word, &words);
		exchange->addresses = words.text;
		exchange->address_len = words.len;
		exchange->body_too_big = words.ret == -E2BIG;
	}
	return words.ret == -ENOMEM ? -ENOMEM : 0;
}

void weft_request_add_body(struct weft_exchange *exchange, const char *bytes, size_t size)
{
	char *body;

	if (exchange->path.page != WEFT_HTTP_PAGE_SYMBOL || exchange->body_too_big) {
		return; /* Nobody will read it. */
	}
	if (exchange->body_size + size > BODY_SIZE_MAX) {
		exchange->body_too_big = true;
		return;
	}
	body = (char *)realloc(exchange->body, exchange->body_size + size);
	if (!body) {
		exchange->body_too_big = true;
		return;
	}
	memcpy(body + exchange->body_size, bytes, size);
	exchange->body = body;
	exchange->body_size += size;
}

/* ---- Who asks ---- */

static bool refuse(struct weft_exchange *exchange, unsigned int status, const char *text)
{
	weft_exchange_fail(exchange, status, "%s", text);
	return false;
}

static bool check_peer(struct weft_exchange *exchange)
{
	socklen_t size = sizeof(struct ucred);
	struct ucred peer;

	if (getsockopt(exchange->fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) < 0 ||
	    (peer.uid != 0 && peer.uid != geteuid())) {
		return refuse(exchange, MHD_HTTP_FORBIDDEN,
			      "only the server's own user and root may ask");
	}
	return true;
}

/* A page of another site may show a link here, but not fetch behind the user's back. */
static bool is_cross_site(const struct weft_exchange *exchange)
{
	const char *site = find_header(exchange, "Sec-Fetch-Site");
	const char *mode = find_header(exchange, "Sec-Fetch-Mode");

	return site && strcmp(site, "cross-site") == 0 && (!mode || strcmp(mode, "navigate") != 0);
}

bool weft_request_check(struct weft_exchange *exchange)
{
	const struct weft_http *http = exchange->http;
	const char *host = find_header(exchange, MHD_HTTP_HEADER_HOST);

	if (http->is_mounted) {
		return true;
	}
	if (http->is_unix && !check_peer(exchange)) {
		return false;
	}
	/* A name that an attacker's DNS points here bears neither our token nor our certificate. */
	if (!http->is_unix && !http->token && !http->tls_cert && host &&
	    !weft_query_is_host_safe(host, http->options.hosts)) {
		return refuse(exchange, MHD_HTTP_FORBIDDEN,
			      "this Host is not served here: use an address or localhost, or allow "
			      "the name when starting the server");
	}
	if (is_cross_site(exchange)) {
		return refuse(exchange, MHD_HTTP_FORBIDDEN, "not for pages of other sites");
	}
	if (http->token) {
		exchange->has_token = weft_query_is_token(
			find_header(exchange, MHD_HTTP_HEADER_AUTHORIZATION), http->token);
		if (!exchange->has_token) {
			weft_exchange_set_header(exchange, MHD_HTTP_HEADER_WWW_AUTHENTICATE,
						 "Bearer realm=\"weft\"");
			return refuse(exchange, MHD_HTTP_UNAUTHORIZED,
				      "a bearer token is needed: Authorization: Bearer TOKEN");
		}
	}
	return true;
}

/* ---- Where to ---- */

static void answer_text(struct weft_exchange *exchange, unsigned int status, const char *type,
			const char *text)
{
	weft_exchange_send(exchange, status, type, strdup(text), strlen(text));
}

static bool check_method(struct weft_exchange *exchange)
{
	const bool symbol = exchange->path.place == WEFT_QUERY_PAGE &&
			    exchange->path.page == WEFT_HTTP_PAGE_SYMBOL;

	if (exchange->is_head || strcmp(exchange->method, MHD_HTTP_METHOD_GET) == 0 ||
	    (exchange->is_post && symbol)) {
		return true;
	}
	weft_exchange_set_header(exchange, MHD_HTTP_HEADER_ALLOW,
				 symbol ? "GET, HEAD, POST" : "GET, HEAD");
	answer_text(exchange, MHD_HTTP_METHOD_NOT_ALLOWED, plain_text, "Method Not Allowed\n");
	return false;
}

static bool redirect(struct weft_exchange *exchange)
{
	char location[64] = "/debug/pprof/";
	char page[128];

	if (exchange->path.pid) {
		(void)snprintf(location, sizeof(location), "/%d/debug/pprof/",
			       (int)exchange->path.pid);
	}
	(void)snprintf(page, sizeof(page), "<a href=\"%s\">Moved Permanently</a>.\n\n", location);
	weft_exchange_set_header(exchange, MHD_HTTP_HEADER_LOCATION, location);
	answer_text(exchange, MHD_HTTP_MOVED_PERMANENTLY, "text/html; charset=utf-8", page);
	return false;
}

/* The process at this path; 0 also for the list of processes. Whether there is such a path. */
static bool find_process(struct weft_exchange *exchange)
{
	const struct weft_http *http = exchange->http;

	if (http->pid) {
		exchange->pid = http->pid;
		return exchange->path.pid == 0 || exchange->path.pid == http->pid;
	}
	exchange->pid = exchange->path.pid;
	return exchange->path.place == WEFT_QUERY_ROOT || exchange->path.pid != 0;
}

static bool check_limit(struct weft_exchange *exchange, uint64_t asked_ns, uint32_t limit_s,
			const char *what)
{
	if (asked_ns <= (uint64_t)limit_s * WEFT_NS_PER_S) {
		return true;
	}
	weft_exchange_fail(exchange, MHD_HTTP_BAD_REQUEST,
			   "%s may take at most %" PRIu32 " seconds here", what, limit_s);
	return false;
}

/* Fills in what Go takes when nothing or nonsense is given; then the limits. */
static bool check_seconds(struct weft_exchange *exchange)
{
	const struct weft_http_options *options = &exchange->http->options;
	struct weft_query_params *params = &exchange->params;
	uint64_t limit_s = options->profile_seconds_max;

	if (exchange->path.page == WEFT_HTTP_PAGE_TRACE) {
		limit_s = options->trace_seconds_max;
		if (params->trace_ns == 0) {
			params->trace_ns = limit_s * WEFT_NS_PER_S < DEFAULT_TRACE_NS
						   ? limit_s * WEFT_NS_PER_S
						   : DEFAULT_TRACE_NS;
		}
		params->seconds = 0;
		return check_limit(exchange, params->trace_ns, options->trace_seconds_max,
				   "a trace");
	}
	params->trace_ns = 0;
	if (params->seconds == 0 && (exchange->path.page == WEFT_HTTP_PAGE_PROFILE ||
				     strcmp(exchange->path.name, WEFT_QUERY_WALL_NAME) == 0)) {
		params->seconds =
			limit_s < DEFAULT_PROFILE_S ? (int64_t)limit_s : DEFAULT_PROFILE_S;
	}
	if (params->seconds > INT32_MAX) {
		params->seconds = INT32_MAX; /* Over any limit, and safe to multiply. */
	}
	return check_limit(exchange, (uint64_t)params->seconds * WEFT_NS_PER_S,
			   options->profile_seconds_max, "a profile");
}

bool weft_request_route(struct weft_exchange *exchange)
{
	const enum weft_http_page page = exchange->path.page;

	if (exchange->path.place == WEFT_QUERY_NOWHERE || !find_process(exchange)) {
		answer_text(exchange, MHD_HTTP_NOT_FOUND, plain_text, "404 page not found\n");
		return false;
	}
	if (!check_method(exchange)) {
		return false;
	}
	if (exchange->path.place == WEFT_QUERY_REDIRECT) {
		return redirect(exchange);
	}
	if (exchange->path.place == WEFT_QUERY_ROOT) {
		if (exchange->pid) {
			exchange->path.pid = 0;
			return redirect(exchange);
		}
		return true;
	}
	if (exchange->body_too_big) {
		return refuse(exchange, MHD_HTTP_CONTENT_TOO_LARGE,
			      "the list of addresses is too long");
	}
	exchange->is_trace = page == WEFT_HTTP_PAGE_TRACE && !exchange->is_head;
	exchange->is_slow = exchange->is_trace || page == WEFT_HTTP_PAGE_PROFILE ||
			    page == WEFT_HTTP_PAGE_NAMED;
	if (page == WEFT_HTTP_PAGE_SYMBOL || page == WEFT_HTTP_PAGE_CMDLINE ||
	    page == WEFT_HTTP_PAGE_INDEX) {
		memset(&exchange->params, 0, sizeof(exchange->params)); /* They take none. */
		return true;
	}
	return check_seconds(exchange);
}

/* ---- The answer ---- */

static ssize_t read_body(void *ctx, uint64_t position, char *bytes, size_t size)
{
	ssize_t ret = weft_exchange_take((struct weft_exchange *)ctx, bytes, size);

	(void)position;
	return ret == -1   ? MHD_CONTENT_READER_END_OF_STREAM
	       : ret == -2 ? MHD_CONTENT_READER_END_WITH_ERROR
			   : ret;
}

static void release_body(void *ctx)
{
	weft_exchange_unref((struct weft_exchange *)ctx);
}

/* Under the lock. */
static struct MHD_Response *make_response(struct weft_exchange *exchange)
{
	struct MHD_Response *response;

	if (exchange->ring) {
		exchange->reference_count++; /* Given back by release_body(). */
		response = MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, BLOCK_SIZE,
							     read_body, exchange, release_body);
		if (!response) {
			exchange->reference_count--;
		}
		return response;
	}
	response = MHD_create_response_from_buffer(exchange->page_size, exchange->page,
						   MHD_RESPMEM_MUST_FREE);
	if (response) {
		exchange->byte_count = exchange->is_head ? 0 : exchange->page_size;
		exchange->took_all = true;
		exchange->page = NULL;
	}
	return response;
}

static bool add_headers(const struct weft_exchange *exchange, struct MHD_Response *response)
{
	char disposition[sizeof(exchange->file_name) + 32];
	bool added = MHD_add_response_header(response, "X-Content-Type-Options", "nosniff") &&
		     MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE,
					     exchange->content_type) &&
		     MHD_add_response_header(response, MHD_HTTP_HEADER_CACHE_CONTROL, "no-store");

	if (exchange->is_pprof_error) {
		added = added && MHD_add_response_header(response, "X-Go-Pprof", "1");
	}
	if (exchange->extra_name) {
		added = added && MHD_add_response_header(response, exchange->extra_name,
							 exchange->extra_value);
	}
	if (exchange->file_name[0]) {
		(void)snprintf(disposition, sizeof(disposition), "attachment; filename=\"%s\"",
			       exchange->file_name);
		added = added &&
			MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_DISPOSITION,
						disposition);
	}
	/* The pages hold their own styles and one script; nothing else may run in them. */
	return added && MHD_add_response_header(response, "Content-Security-Policy",
						"default-src 'none'; style-src 'unsafe-inline'; "
						"script-src '" WEFT_PAGE_SCRIPT_HASH
						"'; connect-src 'self'; "
						"base-uri 'none'; form-action 'self'; "
						"frame-ancestors 'none'");
}

enum MHD_Result weft_request_respond(struct weft_exchange *exchange)
{
	enum MHD_Result ret = MHD_NO;
	struct MHD_Response *response;

	(void)pthread_mutex_lock(&exchange->lock);
	response = make_response(exchange);
	exchange->queued = response != NULL;
	(void)pthread_mutex_unlock(&exchange->lock);
	if (response) {
		if (add_headers(exchange, response)) {
			ret = MHD_queue_response(exchange->connection, exchange->status, response);
		}
		MHD_destroy_response(response);
	}
	return ret;
}
