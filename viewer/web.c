// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * The listener of the web interface. See web.h.
 */
#include "web.h"

#include <errno.h>
#include <microhttpd.h>
#include <semaphore.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include "deadline.h"
#include "listen.h"
#include "now.h"
#include "query.h"
#include "web-asset.h"
#include "web-buffer.h"
#include "web-settings.h"
#include "web-views.h"

#define CONNECTION_COUNT_MAX 64U
#define CONNECTION_MEMORY    (64U << 10)
/* Reports at once: each may need as much memory as the profile. */
#define REPORT_COUNT_MAX  2U
#define REQUEST_TIMEOUT_S 10U
#define ANSWER_TIMEOUT_S  300U
#define IDLE_TIMEOUT_S    30U
#define ROOT              "/ui/"

static const char plain_text[] = "text/plain; charset=utf-8";
static const char html[] = "text/html; charset=utf-8";

struct weft_web {
	const struct weft_pprof *profile;
	const struct weft_report_config *config;
	struct MHD_Daemon *daemon;
	struct weft_deadlines deadlines;
	sem_t reports;
	char host[256]; /* As given: a name that may be asked for. */
	char url[300];
	bool is_public;
};

/* What is sent. */
struct answer {
	unsigned int status;
	const char *type;
	const char *header_name, *header_value; /* One more; NULL: none. */
	struct web_buffer body;
};

/* ---- Answers ---- */

static void put_text(struct answer *answer, unsigned int status, const char *text)
{
	struct weft_error err;
	FILE *out;

	web_buffer_fini(&answer->body);
	answer->status = status;
	answer->type = plain_text;
	out = web_buffer_open(&answer->body);
	if (out) {
		(void)fprintf(out, "%s\n", text);
		if (web_buffer_close(&answer->body, out, &err) < 0) {
			web_buffer_fini(&answer->body); /* The status says enough. */
		}
	}
}

static bool add_headers(struct MHD_Response *response, const struct answer *answer)
{
	static const char *const headers[][2] = {
		{"X-Content-Type-Options", "nosniff"},
		{MHD_HTTP_HEADER_CACHE_CONTROL, "no-store"},
		{"Referrer-Policy", "no-referrer"},
		{"Cross-Origin-Resource-Policy", "same-origin"},
		/* Scripts and pictures of this server alone; styles of reports are in their pages. */
		{"Content-Security-Policy",
		 "default-src 'none'; style-src 'self' 'unsafe-inline'; script-src 'self'; "
		 "connect-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'self'; "
		 "frame-ancestors 'none'"},
	};
	size_t i;

	for (i = 0; i < sizeof(headers) / sizeof(headers[0]); i++) {
		if (MHD_add_response_header(response, headers[i][0], headers[i][1]) != MHD_YES) {
			return false;
		}
	}
	return MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, answer->type) ==
		       MHD_YES &&
	       (!answer->header_name || MHD_add_response_header(response, answer->header_name,
								answer->header_value) == MHD_YES);
}

static enum MHD_Result send_answer(struct MHD_Connection *connection, struct answer *answer)
{
	enum MHD_Result ret = MHD_NO;
	struct MHD_Response *response = MHD_create_response_from_buffer(
		answer->body.size, answer->body.bytes, MHD_RESPMEM_MUST_FREE);

	if (!response) {
		web_buffer_fini(&answer->body);
		return MHD_NO;
	}
	if (add_headers(response, answer)) {
		ret = MHD_queue_response(connection, answer->status, response);
	}
	MHD_destroy_response(response);
	return ret;
}

/* ---- Pages ---- */

static unsigned int status_of(int error, const struct web_page *page)
{
	switch (error) {
	case 0:
		return MHD_HTTP_OK;
	case -ENOENT:
		/* Nothing matches; or the program that draws is not installed. */
		return strcmp(page->name, "graph") == 0 ? MHD_HTTP_NOT_IMPLEMENTED
							: MHD_HTTP_NOT_FOUND;
	case -EINVAL:
	case -E2BIG:
		return MHD_HTTP_BAD_REQUEST;
	case -ETIME:
		return MHD_HTTP_SERVICE_UNAVAILABLE;
	default:
		return MHD_HTTP_INTERNAL_SERVER_ERROR;
	}
}

/* What stands below the frame; or why there is nothing. */
static int write_body(struct web_view *view, struct web_buffer *body, struct weft_error *err)
{
	FILE *out = web_buffer_open(body);
	int ret, closed;

	if (!out) {
		return weft_error_set(err, -ENOMEM, "make a page: out of memory");
	}
	if (view->page->needs_function && *web_query_get(view->query, "f") == '\0') {
		web_frame_print_message("Which functions? Say so in Focus, with a regular "
					"expression; or choose one in another view.",
					out);
		ret = 0;
	} else {
		ret = view->page->write(view, out, err);
	}
	closed = web_buffer_close(body, out, ret < 0 ? NULL : err);
	return ret < 0 ? ret : closed;
}

static int write_page(struct web_view *view, struct answer *answer, struct weft_error *err)
{
	struct web_buffer body = {0};
	int made = web_query_configure(view->query, view->config, err);
	FILE *out = web_buffer_open(&answer->body);

	if (!out) {
		return weft_error_set(err, -ENOMEM, "make a page: out of memory");
	}
	made = made < 0 ? made : write_body(view, &body, err);
	answer->status = status_of(made, view->page);
	answer->type = html;
	web_frame_print_head(view, out);
	if (made < 0) {
		web_frame_print_message(err->text, out);
	} else {
		(void)fwrite(body.bytes, 1, body.size, out);
	}
	web_frame_print_tail(view, made == 0, out);
	web_buffer_fini(&body);
	return web_buffer_close(&answer->body, out, err);
}

static void answer_page(struct weft_web *web, const struct web_page *page,
			const struct web_query *query, struct answer *answer)
{
	struct weft_error err = WEFT_ERROR_INIT;
	struct web_view *view = calloc(1, sizeof(*view));
	int ret = -ENOMEM;

	while (sem_wait(&web->reports) < 0 && errno == EINTR) {
	}
	if (view) {
		view->profile = web->profile;
		view->query = query;
		view->page = page;
		view->config = weft_report_config_copy(web->config);
	}
	if (view && view->config) {
		ret = write_page(view, answer, &err);
	}
	(void)sem_post(&web->reports); /* It was taken above. */
	if (ret < 0) {
		put_text(answer, MHD_HTTP_INTERNAL_SERVER_ERROR,
			 *err.text ? err.text : "out of memory");
	}
	if (view) {
		weft_report_config_destroy(view->config);
	}
	free(view);
}

static int write_bytes(void *ctx, const void *bytes, size_t size)
{
	return fwrite(bytes, 1, size, (FILE *)ctx) == size ? 0 : -EIO;
}

static void answer_download(struct weft_web *web, struct answer *answer)
{
	struct weft_error err = WEFT_ERROR_INIT;
	FILE *out = web_buffer_open(&answer->body);
	int ret = -ENOMEM, closed;

	if (out) {
		ret = weft_pprof_write(web->profile, write_bytes, out, &err);
		closed = web_buffer_close(&answer->body, out, ret < 0 ? NULL : &err);
		ret = ret < 0 ? ret : closed;
	}
	if (ret < 0) {
		put_text(answer, MHD_HTTP_INTERNAL_SERVER_ERROR,
			 *err.text ? err.text : "out of memory");
		return;
	}
	answer->status = MHD_HTTP_OK;
	answer->type = "application/vnd.google.protobuf+gzip";
	answer->header_name = MHD_HTTP_HEADER_CONTENT_DISPOSITION;
	answer->header_value = "attachment; filename=\"profile.pb.gz\"";
}

static void answer_asset(const struct web_asset *asset, struct answer *answer)
{
	struct weft_error err;
	FILE *out = web_buffer_open(&answer->body);

	if (out) {
		(void)fwrite(asset->bytes, 1, asset->size, out);
	}
	if (!out || web_buffer_close(&answer->body, out, &err) < 0) {
		put_text(answer, MHD_HTTP_INTERNAL_SERVER_ERROR, "out of memory");
		return;
	}
	answer->status = MHD_HTTP_OK;
	answer->type = asset->type;
}

/* ---- Where to ---- */

/* Parameters on their way into a query. */
struct reading {
	struct web_query *query;
	struct weft_error *err;
	int ret;
};

static enum MHD_Result add_parameter(void *ctx, enum MHD_ValueKind kind, const char *name,
				     const char *value)
{
	struct reading *reading = ctx;

	(void)kind;
	reading->ret = web_query_add(reading->query, name, value, reading->err);
	return reading->ret < 0 ? MHD_NO : MHD_YES;
}

/* The address elsewhere, with the parameters that are known. */
static void redirect(struct answer *answer, unsigned int status, const char *path)
{
	put_text(answer, status, path);
	answer->header_name = MHD_HTTP_HEADER_LOCATION;
	answer->header_value = path;
}

static const char *redirected(const char *path)
{
	static const char *const moved[][2] = {
		{"/", ROOT "flamegraph"},
		{"/ui", ROOT "flamegraph"},
		{ROOT, ROOT "flamegraph"},
		{ROOT "flamegraph2", ROOT "flamegraph"},
		{ROOT "flamegraphold", ROOT "flamegraph"},
	};
	size_t i;

	for (i = 0; i < sizeof(moved) / sizeof(moved[0]); i++) {
		if (strcmp(path, moved[i][0]) == 0) {
			return moved[i][1];
		}
	}
	return NULL;
}

static void route(struct weft_web *web, const char *path, const struct web_query *query,
		  struct answer *answer, struct web_buffer *location)
{
	const char *name =
		strncmp(path, ROOT, sizeof(ROOT) - 1) == 0 ? path + sizeof(ROOT) - 1 : "";
	const struct web_page *page = web_page_find(name);
	struct web_asset asset;
	const char *elsewhere = redirected(path);
	FILE *out;

	if (elsewhere) {
		out = web_buffer_open(location);
		if (out) {
			web_query_print_url(query, elsewhere, out);
		}
		if (!out || web_buffer_close(location, out, NULL) < 0) {
			put_text(answer, MHD_HTTP_INTERNAL_SERVER_ERROR, "out of memory");
			return;
		}
		redirect(answer, MHD_HTTP_TEMPORARY_REDIRECT, location->bytes);
	} else if (page) {
		answer_page(web, page, query, answer);
	} else if (web_asset_find(name, &asset)) {
		answer_asset(&asset, answer);
	} else if (strcmp(name, "download") == 0) {
		answer_download(web, answer);
	} else {
		put_text(answer, MHD_HTTP_NOT_FOUND, "404 page not found");
	}
}

/* ---- Saved views ---- */

static unsigned int status_of_change(int error)
{
	switch (error) {
	case 0:
		return MHD_HTTP_OK;
	case -EINVAL:
	case -E2BIG:
		return MHD_HTTP_BAD_REQUEST;
	case -ENOENT:
		return MHD_HTTP_NOT_FOUND;
	default:
		return MHD_HTTP_INTERNAL_SERVER_ERROR;
	}
}

static int save_view(const struct weft_web *web, const char *name, const struct web_query *query,
		     struct weft_error *err)
{
	struct weft_report_config *config = weft_report_config_copy(web->config);
	int ret = config ? web_query_configure(query, config, err)
			 : weft_error_set(err, -ENOMEM, "save a view: out of memory");

	ret = ret < 0 ? ret : web_settings_save(name, config, err);
	weft_report_config_destroy(config);
	return ret;
}

/* The views of this machine's user are changed from this machine alone. */
static bool is_from_here(struct MHD_Connection *connection)
{
	const union MHD_ConnectionInfo *found =
		MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);

	return found && weft_listen_is_loopback(found->client_addr);
}

static void answer_change(struct weft_web *web, struct MHD_Connection *connection, bool is_removal,
			  const struct web_query *query, struct answer *answer)
{
	const char *name = MHD_lookup_connection_value(connection, MHD_GET_ARGUMENT_KIND, "config");
	struct weft_error err = WEFT_ERROR_INIT;
	int ret;

	if (!is_from_here(connection)) {
		put_text(answer, MHD_HTTP_FORBIDDEN,
			 "permission denied: views are saved on the machine that serves them");
		return;
	}
	ret = is_removal ? web_settings_remove(name ? name : "", &err)
			 : save_view(web, name ? name : "", query, &err);
	put_text(answer, status_of_change(ret), ret < 0 ? err.text : "done");
}

/* ---- Who asks ---- */

static const char *find_header(struct MHD_Connection *connection, const char *name)
{
	return MHD_lookup_connection_value(connection, MHD_HEADER_KIND, name);
}

/* A page of another site may link to us, but not fetch or frame behind the user's back. */
static bool is_cross_site(struct MHD_Connection *connection)
{
	const char *site = find_header(connection, "Sec-Fetch-Site");
	const char *mode = find_header(connection, "Sec-Fetch-Mode");

	return site && strcmp(site, "cross-site") == 0 && (!mode || strcmp(mode, "navigate") != 0);
}

/* A request that changes something comes from a page of ours, or from no page. */
static bool is_own_page(struct MHD_Connection *connection)
{
	const char *site = find_header(connection, "Sec-Fetch-Site");
	const char *origin = find_header(connection, MHD_HTTP_HEADER_ORIGIN);
	const char *host = find_header(connection, MHD_HTTP_HEADER_HOST);

	if (site && strcmp(site, "same-origin") != 0) {
		return false;
	}
	return !origin ||
	       (host && strncmp(origin, "http://", 7) == 0 && strcasecmp(origin + 7, host) == 0);
}

/* Methods of a path that changes something; NULL: it only shows something. */
static const char *change_methods(const char *path)
{
	if (strcmp(path, ROOT "saveconfig") == 0) {
		return MHD_HTTP_METHOD_POST;
	}
	return strcmp(path, ROOT "deleteconfig") == 0 ? "DELETE, POST" : NULL;
}

/* `list`: words with ", " between. */
static bool is_listed(const char *list, const char *word)
{
	size_t len = strlen(word);

	while (strncmp(list, word, len) != 0 || (list[len] != '\0' && list[len] != ',')) {
		list += strcspn(list, " ");
		if (*list == '\0') {
			return false;
		}
		list++;
	}
	return true;
}

static bool check_method(struct MHD_Connection *connection, const char *path, const char *method,
			 struct answer *answer)
{
	const char *changes = change_methods(path), *allowed = changes ? changes : "GET, HEAD";

	if (!is_listed(allowed, method)) {
		put_text(answer, MHD_HTTP_METHOD_NOT_ALLOWED, "Method Not Allowed");
		answer->header_name = MHD_HTTP_HEADER_ALLOW;
		answer->header_value = allowed;
		return false;
	}
	if (changes && !is_own_page(connection)) {
		put_text(answer, MHD_HTTP_FORBIDDEN,
			 "permission denied: only a page of this server may change views");
		return false;
	}
	return true;
}

static bool check(struct weft_web *web, struct MHD_Connection *connection, const char *path,
		  const char *method, struct answer *answer)
{
	const char *const hosts[] = {web->host, NULL};
	const char *host = find_header(connection, MHD_HTTP_HEADER_HOST);

	if (host && !weft_query_is_host_safe(host, *web->host ? hosts : NULL)) {
		put_text(answer, MHD_HTTP_FORBIDDEN,
			 "permission denied: this Host is not served here, use an address or "
			 "localhost");
		return false;
	}
	if (is_cross_site(connection)) {
		put_text(answer, MHD_HTTP_FORBIDDEN,
			 "permission denied: not for pages of other sites");
		return false;
	}
	return check_method(connection, path, method, answer);
}

/* ---- libmicrohttpd's callbacks ---- */

static struct weft_deadline *find_deadline(struct MHD_Connection *connection)
{
	const union MHD_ConnectionInfo *found =
		MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);

	return found ? (struct weft_deadline *)found->socket_context : NULL;
}

static enum MHD_Result answer_request(struct weft_web *web, struct MHD_Connection *connection,
				      const char *path, const char *method)
{
	struct weft_error err = WEFT_ERROR_INIT;
	struct web_query query = {.count = 0};
	struct web_buffer location = {0};
	struct answer answer = {.status = MHD_HTTP_OK, .type = plain_text};
	struct reading reading = {.query = &query, .err = &err};
	enum MHD_Result ret;

	weft_deadlines_set(&web->deadlines, find_deadline(connection),
			   ANSWER_TIMEOUT_S * WEFT_NS_PER_S);
	if (check(web, connection, path, method, &answer)) {
		(void)MHD_get_connection_values(connection, MHD_GET_ARGUMENT_KIND, add_parameter,
						&reading);
		if (reading.ret < 0) {
			put_text(&answer, MHD_HTTP_BAD_REQUEST, err.text);
		} else if (change_methods(path)) {
			answer_change(web, connection, strcmp(path, ROOT "deleteconfig") == 0,
				      &query, &answer);
		} else {
			route(web, path, &query, &answer, &location);
		}
	}
	ret = send_answer(connection, &answer);
	web_buffer_fini(&location);
	web_query_fini(&query);
	return ret;
}

/* NOLINTNEXTLINE(readability-function-size): libmicrohttpd's signature. */
static enum MHD_Result access_request(void *ctx, struct MHD_Connection *connection,
				      const char *path, const char *method, const char *version,
				      const char *upload, size_t *upload_size, void **con_cls)
{
	(void)version;
	(void)upload;
	if (!*con_cls) {
		*con_cls = ctx; /* Any mark will do: headers are here, a body may follow. */
		return MHD_YES;
	}
	if (*upload_size > 0) {
		*upload_size = 0; /* Nobody reads bodies. */
		return MHD_YES;
	}
	return answer_request(ctx, connection, path, method);
}

static void end_request(void *ctx, struct MHD_Connection *connection, void **con_cls,
			enum MHD_RequestTerminationCode code)
{
	struct weft_web *web = ctx;

	(void)con_cls;
	(void)code;
	weft_deadlines_set(&web->deadlines, find_deadline(connection),
			   IDLE_TIMEOUT_S * WEFT_NS_PER_S);
}

static void change_connection(void *ctx, struct MHD_Connection *connection, void **socket_context,
			      enum MHD_ConnectionNotificationCode code)
{
	struct weft_web *web = ctx;

	if (code == MHD_CONNECTION_NOTIFY_STARTED) {
		int fd = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD)
				 ->connect_fd;

		*socket_context =
			weft_deadlines_add(&web->deadlines, fd, REQUEST_TIMEOUT_S * WEFT_NS_PER_S);
	} else {
		weft_deadlines_remove(&web->deadlines, (struct weft_deadline *)*socket_context);
		*socket_context = NULL;
	}
}

/* ---- Start and stop ---- */

/* "HOST:PORT" with what the user may leave out. */
static int complete_address(const char *text, struct weft_listen_address *ret_address,
			    struct weft_error *err)
{
	const char *colon = strrchr(text, ':');
	char full[300];
	int len;

	if (!colon) {
		return weft_error_set(err, -EINVAL,
				      "could not split http address: %s: HOST:PORT is wanted, and "
				      "either may be left out",
				      text);
	}
	len = snprintf(full, sizeof(full), "%s%s%s", colon == text ? "127.0.0.1" : "", text,
		       colon[1] ? "" : "0");
	if (len >= (int)sizeof(full) || strncmp(full, "unix:", 5) == 0) {
		return weft_error_set(err, -EINVAL, "'%s' is no address for browsers: HOST:PORT",
				      text);
	}
	return weft_listen_parse(full, ret_address, err);
}

static bool is_local(int fd)
{
	struct sockaddr_storage address = {0};
	socklen_t size = sizeof(address);

	return getsockname(fd, (struct sockaddr *)&address, &size) == 0 &&
	       weft_listen_is_loopback((const struct sockaddr *)&address);
}

static int start_daemon(struct weft_web *web, int fd, struct weft_error *err)
{
	sigset_t all, before;

	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &before); /* Signals are for the main thread. */
	errno = 0;
	web->daemon = MHD_start_daemon(
		MHD_USE_THREAD_PER_CONNECTION | MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_POLL, 0,
		NULL, NULL, access_request, web, MHD_OPTION_LISTEN_SOCKET, fd,
		MHD_OPTION_NOTIFY_COMPLETED, end_request, web, MHD_OPTION_NOTIFY_CONNECTION,
		change_connection, web, MHD_OPTION_CONNECTION_LIMIT, CONNECTION_COUNT_MAX,
		MHD_OPTION_CONNECTION_TIMEOUT, ANSWER_TIMEOUT_S, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
		(size_t)CONNECTION_MEMORY, MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_END);
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (!web->daemon && errno == ELIBACC) {
		return weft_error_set_errno(err, -errno,
					    "cannot start the listener: install libmicrohttpd");
	}
	return web->daemon ? 0 : weft_error_set(err, -EIO, "cannot start the listener");
}

int weft_web_start(const char *address, const struct weft_pprof *profile,
		   const struct weft_report_config *config, struct weft_web **ret_web,
		   struct weft_error *err)
{
	struct weft_listen_address parsed;
	struct weft_web *web;
	char text[280];
	int fd = -1;
	int ret = complete_address(address, &parsed, err);

	if (ret < 0) {
		return ret;
	}
	web = calloc(1, sizeof(*web));
	if (!web) {
		return weft_error_set(err, -ENOMEM, "start the web interface: out of memory");
	}
	web->profile = profile;
	web->config = config;
	(void)snprintf(web->host, sizeof(web->host), "%s", parsed.host);
	(void)sem_init(&web->reports, 0, REPORT_COUNT_MAX);
	fd = weft_listen_open(&parsed, true, text, sizeof(text), err);
	ret = fd < 0 ? fd : weft_deadlines_init(&web->deadlines, err);
	if (ret == 0) {
		web->is_public = !is_local(fd);
		(void)snprintf(web->url, sizeof(web->url), "http://%s", text);
		ret = start_daemon(web, fd, err);
		if (ret < 0) {
			weft_deadlines_fini(&web->deadlines);
		}
	}
	if (ret < 0) {
		if (fd >= 0) {
			(void)close(fd); /* Nothing was read or written. */
		}
		(void)sem_destroy(&web->reports);
		free(web);
		return ret;
	}
	*ret_web = web;
	return 0;
}

const char *weft_web_get_url(const struct weft_web *web)
{
	return web->url;
}

bool weft_web_is_public(const struct weft_web *web)
{
	return web->is_public;
}

void weft_web_stop(struct weft_web *web)
{
	if (!web) {
		return;
	}
	MHD_stop_daemon(web->daemon);
	weft_deadlines_fini(&web->deadlines);
	(void)sem_destroy(&web->reports);
	free(web);
}
