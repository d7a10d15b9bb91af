// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/**
 * One request, from the accepted connection to the reply: parse, work, reply.
 *
 * The request carries its task. The acceptor begins it, a worker ends it.
 */
#ifndef EXAMPLE_SERVER_REQUEST_H
#define EXAMPLE_SERVER_REQUEST_H

#include <pthread.h>
#include <stdint.h>

#include <weft/trace.h>

#include "database.h"

struct request {
	struct weft_task task;
	int fd;         /* Connection, owned. */
	char peer[32];  /* "127.0.0.1:40312" */
	char path[128]; /* "/document/17", "" until parsed. */
	uint32_t document_number;
	const char *error; /* What went wrong, NULL as long as nothing did. */
	int status;        /* HTTP status. */
	uint64_t checksum; /* Of the document. */
	uint32_t size_bytes;
};

/** What the server did, one shared by all workers. */
struct statistics {
	pthread_mutex_t lock; /* Guards all that follows: workers meet here. */
	uint64_t request_count;
	uint64_t parsed_count; /* Requests that made sense. */
	uint64_t served_count; /* Requests answered with a document. */
	uint64_t byte_count;   /* Of these documents. */
};

/** Serves the request on the calling thread, ends its task, closes its connection, frees it. */
void request_serve(struct request *request, struct database *database,
		   struct statistics *statistics);

#endif
