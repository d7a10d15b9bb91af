// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * An instrumented program whose events are known in number.
 *
 *     counted rounds THREADS ROUNDS   each thread does ROUNDS rounds (5 events each) and ends
 *     counted endless FILE THREADS    each thread logs until killed; FILE holds one uint64_t a
 *                                     thread: how many logs it has finished
 *     counted wait READY GO ROUNDS    starts a thread, creates the file READY, waits for the file
 *                                     GO, then both threads do ROUNDS rounds
 *     counted fork ROUNDS             ROUNDS rounds, then the same in a child of fork() and in a
 *                                     child of fork() and exec()
 *     counted detach READY GO ROUNDS  a grandchild whose parents are gone does the waiting and
 *                                     the rounds
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <weft/trace.h>

#define THREADS_MAX 64

struct waiting {
	const char *go;
	unsigned long rounds;
};

static uint64_t *counters;

static void die(const char *what)
{
	perror(what);
	exit(3);
}

static unsigned long number(const char *text)
{
	char *end;
	unsigned long value;

	errno = 0;
	value = strtoul(text, &end, 10);
	if (errno || *end || end == text) {
		(void)fprintf(stderr, "counted: '%s' is not a number\n", text);
		exit(2);
	}
	return value;
}

static void do_rounds(unsigned long rounds)
{
	unsigned long i;

	for (i = 0; i < rounds; i++) {
		struct weft_task task = weft_task_begin("round");

		WEFT_REGION("work") {
			weft_logf("number", "%lu", i);
		}
		weft_task_end(&task);
	}
}

static void *rounds_thread(void *argument)
{
	do_rounds(*(const unsigned long *)argument);
	return NULL;
}

static void *endless_thread(void *argument)
{
	uint64_t *counter = (uint64_t *)argument;
	uint64_t i;

	for (i = 0;; i++) {
		weft_logf("endless", "%td %" PRIu64, counter - counters, i);
		__atomic_store_n(counter, i + 1, __ATOMIC_RELEASE);
	}
	return NULL;
}

static void wait_for_file(const char *path)
{
	while (access(path, F_OK) != 0) {
		(void)usleep(1000);
	}
}

static void *waiting_thread(void *argument)
{
	const struct waiting *waiting = (const struct waiting *)argument;

	wait_for_file(waiting->go);
	do_rounds(waiting->rounds);
	return NULL;
}

static void touch(const char *path)
{
	int fd = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);

	if (fd < 0) {
		die(path);
	}
	(void)close(fd); /* Nothing was written. */
}

static void run_threads(unsigned long count, void *(*function)(void *), void *first, size_t step)
{
	pthread_t threads[THREADS_MAX];
	unsigned long i;

	if (count > THREADS_MAX) {
		die("too many threads");
	}
	for (i = 0; i < count; i++) {
		if (pthread_create(&threads[i], NULL, function, (char *)first + i * step) != 0) {
			die("pthread_create");
		}
	}
	for (i = 0; i < count; i++) {
		(void)pthread_join(threads[i], NULL); /* Joinable threads of our own. */
	}
}

static void endless(const char *path, unsigned long thread_count)
{
	int fd = open(path, O_CREAT | O_RDWR | O_CLOEXEC, 0600);

	if (fd < 0 || ftruncate(fd, THREADS_MAX * sizeof(*counters)) < 0) {
		die(path);
	}
	counters = (uint64_t *)mmap(NULL, THREADS_MAX * sizeof(*counters), PROT_READ | PROT_WRITE,
				    MAP_SHARED, fd, 0);
	if (counters == MAP_FAILED) {
		die("mmap");
	}
	run_threads(thread_count, endless_thread, counters, sizeof(*counters));
}

static void wait_and_work(const char *ready, const char *go, unsigned long rounds)
{
	struct waiting waiting = {go, rounds};
	pthread_t thread;

	if (pthread_create(&thread, NULL, waiting_thread, &waiting) != 0) {
		die("pthread_create");
	}
	touch(ready);
	(void)waiting_thread(&waiting);
	(void)pthread_join(thread, NULL); /* A joinable thread of our own. */
}

static void wait_for_child(pid_t child)
{
	int status;

	if (child < 0 || waitpid(child, &status, 0) != child || status != 0) {
		die("child");
	}
}

static void fork_and_work(const char *self, const char *rounds)
{
	pid_t child;

	do_rounds(number(rounds));
	child = fork();
	if (child == 0) {
		do_rounds(number(rounds));
		exit(0);
	}
	wait_for_child(child);
	child = fork();
	if (child == 0) {
		(void)execl(self, self, "rounds", "1", rounds, (char *)NULL);
		die("exec");
	}
	wait_for_child(child);
}

static void detach_and_work(const char *ready, const char *go, unsigned long rounds)
{
	pid_t child = fork();

	if (child == 0) {
		if (fork() == 0) {
			(void)setsid(); /* Cannot fail in a fresh child. */
			wait_and_work(ready, go, rounds);
		}
		exit(0);
	}
	wait_for_child(child);
	wait_for_file(ready);
}

int main(int argc, char **argv)
{
	unsigned long rounds;

	if (argc == 4 && strcmp(argv[1], "rounds") == 0) {
		rounds = number(argv[3]);
		run_threads(number(argv[2]), rounds_thread, &rounds, 0);
	} else if (argc == 4 && strcmp(argv[1], "endless") == 0) {
		endless(argv[2], number(argv[3]));
	} else if (argc == 5 && strcmp(argv[1], "wait") == 0) {
		wait_and_work(argv[2], argv[3], number(argv[4]));
	} else if (argc == 3 && strcmp(argv[1], "fork") == 0) {
		fork_and_work(argv[0], argv[2]);
	} else if (argc == 5 && strcmp(argv[1], "detach") == 0) {
		detach_and_work(argv[2], argv[3], number(argv[4]));
	} else {
		(void)fprintf(stderr, "counted: wrong arguments\n");
		return 2;
	}
	return 0;
}
