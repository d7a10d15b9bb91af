// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * The stages of a request, each a region.
 */
#include "request.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define REQUEST_MAX_BYTES 4096

#define TEXT_CHUNK_BYTES 4096U

static void fail(struct request *request, int status, const char *error)
{
	request->status = status;
	request->error = error;
}

/* Reads up to the empty line that ends the head of an HTTP request. */
static void read_head(struct request *request, char *head)
{
	size_t len = 0;

	while (!memmem(head, len, "\r\n\r\n", 4)) {
		ssize_t got;

		if (len == REQUEST_MAX_BYTES - 1) {
			fail(request, 431, "request head too long");
			return;
		}
		got = recv(request->fd, head + len, REQUEST_MAX_BYTES - 1 - len, 0);
		if (got < 0 && errno == EINTR) {
			continue;
		}
		if (got <= 0) {
			fail(request, 408, "request head incomplete");
			return;
		}
		len += (size_t)got;
		head[len] = '\0';
	}
}

static void parse(struct request *request)
{
	static const char prefix[] = "/document/";
	char head[REQUEST_MAX_BYTES];
	unsigned long number;
	char *end;

	WEFT_REGION_SCOPE("parse");
	read_head(request, head);
	if (request->error) {
		return;
	}
	if (sscanf(head, "GET %127s HTTP/", request->path) != 1) {
		fail(request, 400, "not a GET request");
		return;
	}
	if (strncmp(request->path, prefix, strlen(prefix)) != 0) {
		fail(request, 400, "path is not /document/NUMBER");
		return;
	}
	errno = 0;
	number = strtoul(request->path + strlen(prefix), &end, 10);
	if (errno || *end || end == request->path + strlen(prefix) || number > UINT32_MAX) {
		fail(request, 400, "document number is not a number");
		return;
	}
	request->document_number = (uint32_t)number;
	weft_log("path", request->path);
}

/* Writes size_bytes letters that depend on the state, which moves on. */
static void generate(char *text, uint32_t size_bytes, uint64_t *state)
{
	uint32_t i;

	for (i = 0; i < size_bytes; i++) {
		*state ^= *state << 13;
		*state ^= *state >> 7;
		*state ^= *state << 17;
		text[i] = (char)('a' + *state % 26);
	}
}

/* FNV-1a, continued. */
static uint64_t hash(uint64_t sum, const char *text, uint32_t size_bytes)
{
	uint32_t i;

	for (i = 0; i < size_bytes; i++) {
		sum = (sum ^ (unsigned char)text[i]) * UINT64_C(0x100000001b3);
	}
	return sum;
}

/* Looks the document up, writes its text piece by piece, and sums it up. */
static void work(struct request *request, struct database *database)
{
	uint64_t sum = UINT64_C(0xcbf29ce484222325);
	char text[TEXT_CHUNK_BYTES];
	struct document document;
	uint32_t left;

	WEFT_REGION_SCOPE("work");
	if (!database_find(database, request->document_number, &document)) {
		fail(request, 404, "no such document");
		return;
	}
	WEFT_REGION("checksum") {
		for (left = document.size_bytes; left;) {
			uint32_t size = left < TEXT_CHUNK_BYTES ? left : TEXT_CHUNK_BYTES;

			generate(text, size, &document.seed);
			sum = hash(sum, text, size);
			left -= size;
		}
	}
	request->status = 200;
	request->checksum = sum;
	request->size_bytes = document.size_bytes;
	weft_logf("bytes", "%" PRIu32, document.size_bytes);
}

/* A connection closed with bytes unread is reset, and the client may lose the answer. */
static void drain(const struct request *request)
{
	char head[REQUEST_MAX_BYTES];
	unsigned int pieces;

	(void)shutdown(request->fd, SHUT_WR);
	for (pieces = 0; pieces < 16 && recv(request->fd, head, sizeof(head), 0) > 0; pieces++) {
	}
}

static void reply(struct request *request)
{
	char text[256];
	size_t sent = 0, len;

	WEFT_REGION_SCOPE("reply");
	if (request->error) {
		len = (size_t)snprintf(text, sizeof(text), "HTTP/1.0 %d Failed\r\n\r\n%s\n",
				       request->status, request->error);
	} else {
		len = (size_t)snprintf(text, sizeof(text),
				       "HTTP/1.0 200 OK\r\n\r\n%016" PRIx64 " %" PRIu32 "\n",
				       request->checksum, request->size_bytes);
	}
	while (sent < len) {
		ssize_t ret = send(request->fd, text + sent, len - sent, MSG_NOSIGNAL);

		if (ret < 0 && errno != EINTR) {
			return; /* The client has gone: its loss. */
		}
		sent += ret > 0 ? (size_t)ret : 0;
	}
	if (request->status == 431) {
		drain(request);
	}
}

static void count(struct statistics *statistics, const struct request *request)
{
	pthread_mutex_lock(&statistics->lock);
	statistics->request_count++;
	statistics->parsed_count += request->status == 200 || request->status == 404;
	statistics->served_count += request->status == 200;
	statistics->byte_count += request->size_bytes;
	pthread_mutex_unlock(&statistics->lock);
}

void request_serve(struct request *request, struct database *database,
		   struct statistics *statistics)
{
	/* From here on "the current task" of this thread is the request's. */
	struct weft_context previous = weft_context_set(request->task.context);

	parse(request);
	if (!request->error) {
		work(request, database);
	}
	reply(request);
	count(statistics, request);

	if (request->error) {
		weft_log("error", request->error);
		weft_task_end_error(&request->task, request->error);
	} else {
		weft_task_end(&request->task);
	}
	(void)weft_context_set(previous);
	(void)close(request->fd); /* Nothing was left to write. */
	free(request);
}
