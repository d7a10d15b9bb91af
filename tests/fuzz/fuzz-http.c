// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Any bytes at all through what the frontend and the control socket read: paths, parameters, lists of
 * addresses, Host and Authorization headers, addresses to listen on, both sides of the control
 * protocol, and through what writes strangers' words into pages. The input is cut at newlines.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "control-client.h"
#include "control-socket.h"
#include "listen.h"
#include "page.h"
#include "query.h"
#include "wall-clock.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

/* The control socket's, whose own parts are not here. */
int weft_wall_clock_write(const struct weft_export_request *request,
			  struct weft_export_output *output)
{
	(void)request;
	(void)output;
	return -1;
}

static void check(bool right)
{
	if (!right) {
		abort();
	}
}

static void try_path(const char *text)
{
	struct weft_query_path path;

	weft_query_parse_path(text, &path);
	check(path.pid >= 0);
	check(memchr(path.name, '\0', sizeof(path.name)) != NULL);
	check(path.place != WEFT_QUERY_PAGE || path.page <= WEFT_HTTP_PAGE_NAMED);
}

static void try_params(const char *text)
{
	const struct weft_query_values values = {text, text, text};
	struct weft_query_params params;

	weft_query_parse_params(&values, &params);
	check(params.seconds >= 0 && params.debug >= 0);
	check(params.trace_ns <= UINT64_C(86400) * 1000000000);
	check(!params.seconds || params.trace_ns);
}

static void try_addresses(const char *text, size_t len)
{
	const char *at = text;
	uint64_t address = 0;

	while (weft_query_next_address(&at, text + len, &address)) {
		check(address != 0 && at <= text + len);
	}
	check(at == text + len);
}

static void try_protocol(const char *text)
{
	struct weft_control_line line;
	struct weft_control_profile profile;

	if (weft_control_socket__parse(text, &line)) {
		check(memchr(line.name, '\0', sizeof(line.name)) != NULL);
		check(line.request.debug >= 0 && line.request.seconds >= 0);
	}
	if (weft_control_parse_profile(text, &profile)) {
		check(profile.name[0] != '\0');
	}
}

/* What is printed must not end the element, attribute or string that it is printed into. */
static void try_pages(const char *text)
{
	char *page = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&page, &size);

	check(out != NULL);
	weft_page_print_html(out, text);
	check(fflush(out) == 0 && strpbrk(page, "<>\"'") == NULL);
	rewind(out);
	weft_page_print_url(out, text);
	(void)fputc('\0', out);
	check(fflush(out) == 0 && strpbrk(page, "<>\"'& ") == NULL);
	rewind(out);
	weft_page_print_json(out, text);
	(void)fputc('\0', out);
	check(fflush(out) == 0 && page[0] == '"');
	check(strchr(page + 1, '"') == page + strlen(page) - 1 && strchr(page, '<') == NULL);
	check(fclose(out) == 0);
	free(page);
}

static void try_line(const char *text, size_t len)
{
	static const char *const hosts[] = {"build.example", NULL};
	struct weft_listen_address address;

	try_path(text);
	try_params(text);
	try_addresses(text, len);
	try_protocol(text);
	try_pages(text);
	check(!weft_query_is_host_safe(text, hosts) || len > 0);
	check(!weft_query_is_token(text, "token-token-token") ||
	      strcmp(text + sizeof("Bearer ") - 1, "token-token-token") == 0);
	if (weft_listen_parse(text, &address, NULL) == 0) {
		check(address.is_unix == (address.path[0] != '\0'));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	while (size > 0) {
		const uint8_t *end = (const uint8_t *)memchr(bytes, '\n', size);
		size_t len = end ? (size_t)(end - bytes) : size;
		char *line = (char *)malloc(len + 1);

		if (!line) {
			return 0;
		}
		memcpy(line, bytes, len);
		line[len] = '\0';
		try_line(line, strlen(line));
		free(line);
		len += end != NULL;
		bytes += len;
		size -= len;
	}
	return 0;
}
