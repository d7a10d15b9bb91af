// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * A program that records itself. Prints one line for each call of the interface: its name, what it
 * returned, and weft_trace_error() after a failure.
 *
 *     self file PATH JOBS    start, JOBS jobs of three events each, stop
 *     self descriptor FD JOBS
 *     self twice PATH        start again while running, stop twice
 *     self again PATH1 PATH2 two recordings, one after the other, with a thread that outlives both
 *     self die PATH JOBS     ends by _exit() without stopping
 *     self fork PATH1 PATH2  the child does not own its parent's recording, and makes its own
 *     self threads           several threads start and stop at once
 */
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <weft/trace.h>

#define THREAD_COUNT 8

static int show(const char *call, int ret)
{
	(void)printf("%s %d%s%s\n", call, ret, ret < 0 ? " " : "",
		     ret < 0 ? weft_trace_error() : "");
	(void)fflush(stdout);
	return ret;
}

static int parse(const char *text)
{
	char *end;
	long value;

	errno = 0;
	value = strtol(text, &end, 10);
	if (errno || *end || end == text || value < 0 || value > 1000000) {
		(void)fprintf(stderr, "self: '%s' is not a number\n", text);
		exit(2);
	}
	return (int)value;
}

static void do_jobs(int count)
{
	int i;

	for (i = 0; i < count; i++) {
		WEFT_TASK("job") {
			WEFT_REGION("work") {
				weft_logf("number", "%d", i);
			}
		}
	}
}

static int record_file(char **args)
{
	int ret = show("start", weft_trace_start(args[0]));

	do_jobs(parse(args[1]));
	return show("stop", weft_trace_stop()) < 0 || ret < 0;
}

static int record_descriptor(char **args)
{
	int ret = show("start", weft_trace_start_fd(parse(args[0])));

	do_jobs(parse(args[1]));
	return show("stop", weft_trace_stop()) < 0 || ret < 0;
}

static int record_twice(char **args)
{
	(void)show("stop", weft_trace_stop());
	(void)show("start", weft_trace_start(args[0]));
	(void)show("start", weft_trace_start(args[0]));
	do_jobs(1);
	(void)show("stop", weft_trace_stop());
	(void)show("stop", weft_trace_stop());
	return 0;
}

static pthread_barrier_t barrier;

static void *work_for_both(void *unused)
{
	int i;

	(void)unused;
	for (i = 0; i < 2; i++) {
		(void)pthread_barrier_wait(&barrier); /* Recording. */
		do_jobs(10);
		(void)pthread_barrier_wait(&barrier); /* Done. */
	}
	return NULL;
}

static int record_again(char **args)
{
	pthread_t thread;
	int ret = 0;
	int i;

	(void)pthread_barrier_init(&barrier, NULL, 2);
	if (pthread_create(&thread, NULL, work_for_both, NULL) != 0) {
		return 1;
	}
	for (i = 0; i < 2; i++) {
		ret |= show("start", weft_trace_start(args[i]));
		(void)pthread_barrier_wait(&barrier);
		do_jobs(5);
		(void)pthread_barrier_wait(&barrier);
		ret |= show("stop", weft_trace_stop());
		do_jobs(1000); /* Recorded by nobody. */
	}
	(void)pthread_join(thread, NULL);
	return ret < 0;
}

static int record_and_die(char **args)
{
	(void)show("start", weft_trace_start(args[0]));
	do_jobs(parse(args[1]));
	_exit(3);
}

static int record_and_fork(char **args)
{
	int status = 0;
	pid_t child;

	(void)show("parent start", weft_trace_start(args[0]));
	child = fork();
	if (child == 0) {
		(void)show("child stop", weft_trace_stop());
		(void)show("child start", weft_trace_start(args[1]));
		do_jobs(7);
		(void)show("child stop", weft_trace_stop());
		_exit(0);
	}
	if (child < 0 || waitpid(child, &status, 0) < 0) {
		return 1;
	}
	do_jobs(4);
	(void)show("parent stop", weft_trace_stop());
	return status != 0;
}

static void *start_and_stop(void *argument)
{
	int *started = (int *)argument;

	if (weft_trace_start("/dev/null") == 0) {
		(void)__atomic_add_fetch(started, 1, __ATOMIC_RELAXED);
		do_jobs(1);
		if (weft_trace_stop() == 0) {
			(void)__atomic_add_fetch(started, 1000, __ATOMIC_RELAXED);
		}
	}
	return NULL;
}

/* Each start that succeeds is followed by a stop that some thread makes. */
static int record_from_threads(char **args)
{
	pthread_t threads[THREAD_COUNT];
	int started = 0;
	int i;

	(void)args;
	for (i = 0; i < THREAD_COUNT; i++) {
		if (pthread_create(&threads[i], NULL, start_and_stop, &started) != 0) {
			return 1;
		}
	}
	for (i = 0; i < THREAD_COUNT; i++) {
		(void)pthread_join(threads[i], NULL);
	}
	(void)printf("started %d stopped %d\n", started % 1000, started / 1000);
	return started % 1000 != started / 1000 || started == 0;
}

static const struct {
	const char *name;
	int arg_count;
	int (*run)(char **args);
} modes[] = {
	{"file", 2, record_file},
	{"descriptor", 2, record_descriptor},
	{"twice", 1, record_twice},
	{"again", 2, record_again},
	{"die", 2, record_and_die},
	{"fork", 2, record_and_fork},
	{"threads", 0, record_from_threads},
};

int main(int argc, char **argv)
{
	size_t i;

	for (i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
		if (argc == modes[i].arg_count + 2 && strcmp(argv[1], modes[i].name) == 0) {
			return modes[i].run(argv + 2);
		}
	}
	(void)fprintf(stderr, "usage: see the head of self.c\n");
	return 2;
}
