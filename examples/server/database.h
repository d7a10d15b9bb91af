// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/**
 * A table of documents in memory with one thread that answers questions about it.
 *
 * Each question is a task "lookup", child of the task of whoever asks, so that a slow request
 * shows whether it waited here. The task begins on the asking thread and ends on the database's.
 */
#ifndef EXAMPLE_SERVER_DATABASE_H
#define EXAMPLE_SERVER_DATABASE_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "queue.h"

/** Documents 0 to DATABASE_DOCUMENT_COUNT - 1 exist. */
#define DATABASE_DOCUMENT_COUNT 100U

struct document {
	uint32_t number;
	uint64_t seed;       /* Its text is generated from this. */
	uint32_t size_bytes; /* Of the text. */
	uint64_t read_count; /* How often it was asked for. */
};

struct database {
	pthread_t thread;
	struct queue questions;
	struct document table[DATABASE_DOCUMENT_COUNT]; /* The database thread's own. */
	uint64_t lookup_count, miss_count;              /* To be read after database_close(). */
};

/** @return 0, or an errno value of pthread_create(). */
int database_open(struct database *database);

/** Answers what was asked, then ends the thread. */
void database_close(struct database *database);

/**
 * Asks, and waits for the answer.
 *
 * @param ret_document  Copied; untouched unless found.
 * @return Whether the document exists.
 */
bool database_find(struct database *database, uint32_t number, struct document *ret_document);

#endif
