// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * A program that offers profiles of its own and may serve /debug/pprof/ itself.
 *
 * Usage: debug nothing|serve|mount|fork
 *   nothing  offers profiles only; `weft serve` fetches them
 *   serve    also weft_http_start() on a free port
 *   mount    also its own libmicrohttpd daemon on a free port, with handlers of weft_http_mount()
 *   fork     offers profiles, then goes on in a child whose id it prints
 * Says "listening on URL" on standard error and works (tasks) until standard input ends.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <microhttpd.h>

#include <weft/export.h>
#include <weft/http.h>
#include <weft/trace.h>

#define BIG_SIZE (8U << 20)

static uint64_t count_users(void *ctx)
{
	return *(const uint64_t *)ctx;
}

static int write_users(void *ctx, const struct weft_export_request *request,
		       struct weft_export_output *output)
{
	static const char binary[] = "\x1f\x8b\0users";
	char text[128];

	if (!request->debug) {
		return weft_export_write(output, binary, sizeof(binary) - 1);
	}
	(void)snprintf(text, sizeof(text), "users: total %u debug=%d gc=%d\n",
		       (unsigned int)*(const uint64_t *)ctx, (int)request->debug, request->gc);
	return weft_export_write(output, text, strlen(text));
}

/* Takes `seconds`, one at a time; ends early for nobody. */
static int write_profile(void *ctx, const struct weft_export_request *request,
			 struct weft_export_output *output)
{
	static int running;
	int64_t waited_ms = 0;
	int ret = 0;

	(void)ctx;
	if (__atomic_exchange_n(&running, 1, __ATOMIC_ACQ_REL)) {
		return -EBUSY;
	}
	for (; waited_ms < request->seconds * 1000 && !weft_export_is_gone(output);
	     waited_ms += 50) {
		(void)poll(NULL, 0, 50);
	}
	if (waited_ms < request->seconds * 1000) {
		(void)fprintf(stderr, "profile given up\n");
		ret = -EPIPE;
	} else {
		ret = weft_export_write(output, "cpu", 3);
	}
	__atomic_store_n(&running, 0, __ATOMIC_RELEASE);
	return ret;
}

static int write_broken(void *ctx, const struct weft_export_request *request,
			struct weft_export_output *output)
{
	int ret = weft_export_write(output, "part", 4);

	(void)ctx;
	(void)request;
	return ret < 0 ? ret : -EIO;
}

static int write_failing(void *ctx, const struct weft_export_request *request,
			 struct weft_export_output *output)
{
	(void)ctx;
	(void)request;
	(void)output;
	return -EIO;
}

static int write_big(void *ctx, const struct weft_export_request *request,
		     struct weft_export_output *output)
{
	static char block[65536];
	size_t done;
	int ret = 0;

	(void)ctx;
	(void)request;
	for (done = 0; done < BIG_SIZE && ret == 0; done += sizeof(block)) {
		ret = weft_export_write(output, block, sizeof(block));
	}
	return ret;
}

static uint64_t user_count = 42;

static const struct weft_export exports[] = {
	{"users", "Users <b>now</b> & \"then\".", count_users, write_users, &user_count},
	{"my.pkg/handles", "", NULL, write_users, &user_count},
	{"profile", "Processor time.", NULL, write_profile, NULL},
	{"broken", "", NULL, write_broken, NULL},
	{"failing", "", NULL, write_failing, NULL},
	{"big", "", NULL, write_big, NULL},
};

static int offer(void)
{
	size_t i;

	for (i = 0; i < sizeof(exports) / sizeof(exports[0]); i++) {
		int ret = weft_export_add(&exports[i]);

		if (ret < 0) {
			(void)fprintf(stderr, "cannot offer %s: %s\n", exports[i].name,
				      strerror(-ret));
			return ret;
		}
	}
	return weft_export_add(&exports[0]) == -EEXIST ? 0 : -EPROTO;
}

/* ---- Mounted ---- */

static enum MHD_Result access_page(void *ctx, struct MHD_Connection *connection, const char *url,
				   const char *method, const char *version, const char *upload,
				   size_t *upload_size, void **con_cls)
{
	static const struct {
		const char *path;
		enum weft_http_page page;
		const char *name;
	} pages[] = {
		{"/internal/", WEFT_HTTP_PAGE_INDEX, NULL},
		{"/internal/cmdline", WEFT_HTTP_PAGE_CMDLINE, NULL},
		{"/internal/cpu", WEFT_HTTP_PAGE_PROFILE, NULL},
		{"/internal/symbol", WEFT_HTTP_PAGE_SYMBOL, NULL},
		{"/internal/trace", WEFT_HTTP_PAGE_TRACE, NULL},
		{"/internal/people", WEFT_HTTP_PAGE_NAMED, "users"},
	};
	size_t i;

	(void)version;
	for (i = 0; i < sizeof(pages) / sizeof(pages[0]); i++) {
		if (strcmp(url, pages[i].path) == 0) {
			return (enum MHD_Result)weft_http_answer(
				(struct weft_http *)ctx, pages[i].page, pages[i].name, connection,
				url, method, upload, upload_size, con_cls);
		}
	}
	return MHD_NO;
}

static void complete_page(void *ctx, struct MHD_Connection *connection, void **con_cls,
			  enum MHD_RequestTerminationCode code)
{
	(void)ctx;
	(void)connection;
	(void)code;
	weft_http_completed(con_cls);
}

static struct MHD_Daemon *mount(struct weft_http *http)
{
	struct MHD_Daemon *daemon = MHD_start_daemon(
		MHD_USE_AUTO_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME, 0, NULL, NULL, access_page,
		http, MHD_OPTION_NOTIFY_COMPLETED, complete_page, NULL, MHD_OPTION_END);

	if (daemon) {
		(void)fprintf(
			stderr, "listening on http://127.0.0.1:%u\n",
			(unsigned int)MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_BIND_PORT)->port);
	}
	return daemon;
}

/* ---- Work ---- */

static void work_until_end(void)
{
	struct pollfd waited = {.fd = STDIN_FILENO, .events = POLLIN};

	while (poll(&waited, 1, 1) == 0) {
		struct weft_task task = weft_task_begin("request");
		struct weft_region region = weft_region_begin("work");

		weft_region_end(&region);
		weft_task_end(&task);
	}
}

int main(int argc, char **argv)
{
	struct weft_http_options options = WEFT_HTTP_OPTIONS_INIT;
	struct weft_error err = WEFT_ERROR_INIT;
	const char *mode = argc == 2 ? argv[1] : "";
	struct MHD_Daemon *daemon = NULL;
	struct weft_http *http = NULL;
	int ret = offer();

	options.address = "127.0.0.1:0";
	if (ret == 0 && strcmp(mode, "serve") == 0) {
		ret = weft_http_start(&options, &http, &err);
		(void)fprintf(stderr, "listening on %s\n",
			      ret < 0 ? err.text : weft_http_get_url(http));
	} else if (ret == 0 && strcmp(mode, "mount") == 0) {
		ret = weft_http_mount(&options, &http, &err);
		daemon = ret < 0 ? NULL : mount(http);
		ret = daemon ? 0 : -1;
	} else if (ret == 0 && strcmp(mode, "fork") == 0) {
		pid_t child = fork();

		if (child > 0) {
			(void)fprintf(stderr, "listening on %d\n", (int)child);
		}
	} else if (ret == 0 && strcmp(mode, "nothing") == 0) {
		(void)fprintf(stderr, "listening on nothing\n");
	}
	if (ret == 0) {
		work_until_end();
	}
	if (daemon) {
		weft_http_cancel(http);
		MHD_stop_daemon(daemon);
	}
	weft_http_stop(http);
	return ret == 0 && weft_export_remove(&exports[0]) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
