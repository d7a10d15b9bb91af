// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * The access log. See access-log.h.
 */
#include "access-log.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "now.h"

#define PATH_SHOWN    512
#define PROBLEM_SHOWN 1024

/*
 * Nothing that a stranger sends may look like another line, or drive a terminal. Words may have spaces;
 * what stands in quotes or ends at a space may not.
 */
static void escape(const char *text, bool is_words, char *ret_text, size_t size)
{
	static const char hex[] = "0123456789abcdef";
	size_t len = 0;

	for (; *text && len + 5 < size; text++) {
		unsigned char byte = (unsigned char)*text;

		bool is_plain = byte > 0x20 && byte < 0x7f && byte != '"' && byte != '\\';

		if (is_plain || (is_words && byte == ' ')) {
			ret_text[len++] = (char)byte;
		} else {
			ret_text[len++] = '\\';
			ret_text[len++] = 'x';
			ret_text[len++] = hex[byte >> 4];
			ret_text[len++] = hex[byte & 15];
		}
	}
	ret_text[len] = '\0';
}

static void print(const struct weft_http_access *access)
{
	char method[80];
	char path[PATH_SHOWN];
	char problem[PROBLEM_SHOWN];
	char at[32];
	struct tm parts;
	time_t now = time(NULL);

	escape(access->method, false, method, sizeof(method));
	escape(access->path, false, path, sizeof(path));
	escape(access->problem ? access->problem : "", true, problem, sizeof(problem));
	(void)gmtime_r(&now, &parts);
	(void)strftime(at, sizeof(at), "%Y-%m-%dT%H:%M:%SZ", &parts);
	(void)fprintf(stderr, "weft-http: %s %s%s \"%s %s\" %u %" PRIu64 " B %.3f s%s%s%s\n", at,
		      access->caller, access->has_token ? " (token)" : "", method, path,
		      access->status, access->byte_count, (double)access->duration_ns / 1e9,
		      access->complete ? "" : " incomplete", problem[0] ? ": " : "", problem);
}

void weft_access_log(struct weft_exchange *exchange)
{
	const struct weft_http_options *options = &exchange->http->options;
	struct weft_http_access access = {
		.caller = exchange->caller,
		.has_token = exchange->has_token,
		.method = exchange->method,
		.path = exchange->target,
		.duration_ns = weft_now_ns() - exchange->begin_ns,
	};

	(void)pthread_mutex_lock(&exchange->lock);
	access.status = exchange->queued ? exchange->status : 0;
	access.byte_count = exchange->byte_count;
	access.complete = exchange->took_all && !exchange->unheard;
	/* Set once, before libmicrohttpd hears of it; then constant. */
	access.problem = exchange->broken ? exchange->problem : NULL;
	(void)pthread_mutex_unlock(&exchange->lock);
	if (options->quiet) {
		return;
	}
	if (options->log) {
		options->log(options->log_ctx, &access);
	} else {
		print(&access);
	}
}
