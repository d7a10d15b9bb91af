// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * The database thread. See how a task travels: it lies in the question, and both ends of the
 * conversation use its context.
 */
#include "database.h"

#include <weft/trace.h>

/* One document in so many is long: the requests for it are the slow ones to be found. */
#define LONG_DOCUMENT_EVERY 50U
#define LONG_DOCUMENT_BYTES (4U << 20)

/* Lies on the stack of the thread that asks; `answered` ends the database's use of it. */
struct question {
	struct weft_task task;
	uint32_t number;
	bool found;
	struct document document;

	pthread_mutex_t lock; /* Guards answered. */
	pthread_cond_t change;
	bool answered;
};

static void fill_table(struct database *database)
{
	uint32_t i;

	for (i = 0; i < DATABASE_DOCUMENT_COUNT; i++) {
		struct document *document = &database->table[i];

		document->number = i;
		document->seed = (i + 1) * UINT64_C(0x9e3779b97f4a7c15);
		document->size_bytes = 2048 + 64 * i;
		if (i % LONG_DOCUMENT_EVERY == LONG_DOCUMENT_EVERY - 1) {
			document->size_bytes = LONG_DOCUMENT_BYTES;
		}
		document->read_count = 0;
	}
}

static void search(struct database *database, struct question *question)
{
	uint32_t i;

	/* No index on purpose: a table scan is the classic thing to find in a trace. */
	for (i = 0; i < DATABASE_DOCUMENT_COUNT; i++) {
		if (database->table[i].number == question->number) {
			database->table[i].read_count++;
			question->document = database->table[i];
			question->found = true;
			return;
		}
	}
}

static void answer(struct question *question)
{
	pthread_mutex_lock(&question->lock);
	question->answered = true;
	pthread_cond_signal(&question->change);
	pthread_mutex_unlock(&question->lock);
}

static void *database_main(void *argument)
{
	struct database *database = argument;
	struct question *question;

	weft_thread_set_name("database");
	while ((question = queue_pop(&database->questions))) {
		WEFT_REGION_CTX(question->task.context, "search") {
			search(database, question);
		}
		database->lookup_count++;
		if (question->found) {
			weft_task_end(&question->task);
		} else {
			database->miss_count++;
			weft_task_end_error(&question->task, "no such document");
		}
		answer(question);
	}
	return NULL;
}

int database_open(struct database *database)
{
	int ret;

	fill_table(database);
	database->lookup_count = database->miss_count = 0;
	queue_init(&database->questions);
	ret = pthread_create(&database->thread, NULL, database_main, database);
	if (ret) {
		queue_fini(&database->questions);
	}
	return ret;
}

void database_close(struct database *database)
{
	queue_close(&database->questions);
	pthread_join(database->thread, NULL);
	queue_fini(&database->questions);
}

bool database_find(struct database *database, uint32_t number, struct document *ret_document)
{
	struct question question = {
		.number = number,
		.lock = PTHREAD_MUTEX_INITIALIZER,
		.change = PTHREAD_COND_INITIALIZER,
	};

	/* Not weft_task_begin(): the task ends on another thread, and this one goes on with its own. */
	question.task = weft_task_begin_ctx(weft_context_current(), "lookup");
	queue_push(&database->questions, &question);
	WEFT_REGION("wait") {
		pthread_mutex_lock(&question.lock);
		while (!question.answered) {
			pthread_cond_wait(&question.change, &question.lock);
		}
		pthread_mutex_unlock(&question.lock);
	}
	pthread_cond_destroy(&question.change);
	pthread_mutex_destroy(&question.lock);
	if (question.found) {
		*ret_document = question.document;
	}
	return question.found;
}
