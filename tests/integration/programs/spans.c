// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * A known number of tasks, regions and logs on two threads, some with errors, odd names and one
 * misuse: material for tests that compare what tools say about one recording.
 *
 * Usage: spans [COUNT]
 *   COUNT (default 50) tasks "request", alternately by each thread; every tenth fails. Each has a
 *   region "parse" around a region "read", and a log. One task "forgotten" is never ended, one
 *   region "twice" is ended twice.
 */
#include <pthread.h>
#include <stdlib.h>

#include <weft/trace.h>

static void serve(unsigned int number)
{
	struct weft_task task = weft_task_begin("request");
	struct weft_region parse = weft_region_begin("parse");
	struct weft_region read = weft_region_begin("read");

	weft_region_end(&read);
	weft_logf("number", "%u", number);
	weft_region_end_error(&parse, number % 10 == 0 ? "bad header" : "");
	weft_task_end_error(&task, number % 10 == 0 ? "refused" : "");
}

struct share {
	unsigned int first, count;
};

static void *serve_share(void *arg)
{
	const struct share *share = (const struct share *)arg;
	unsigned int i;

	weft_thread_set_name("worker");
	for (i = share->first; i < share->count; i += 2) {
		serve(i);
	}
	return NULL;
}

int main(int argc, char **argv)
{
	unsigned int count = argc > 1 ? (unsigned int)strtoul(argv[1], NULL, 10) : 50;
	struct share shares[] = {{0, count}, {1, count}};
	struct weft_task forgotten = weft_task_begin_ctx(WEFT_CONTEXT_NONE, "forgotten");
	struct weft_region twice = weft_region_begin("twice");
	pthread_t thread;

	if (pthread_create(&thread, NULL, serve_share, &shares[1]) != 0) {
		return 1;
	}
	(void)serve_share(&shares[0]);
	(void)pthread_join(thread, NULL); /* Ours, joinable: cannot fail. */
	weft_region_end(&twice);
	weft_region_end(&twice);
	weft_log("closing", "\x1b[31mred\x1b[0m");
	(void)forgotten;
	return 0;
}
