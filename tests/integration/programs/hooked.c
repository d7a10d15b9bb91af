// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * A program that knows nothing of Weft and tells the truth about itself: what it allocated, how long
 * it waited, how many threads it made, whether every function answers as libc's does. One line
 * "KEY VALUE" for each fact on standard output.
 *
 * Usage: test-hooked contend ROUNDS HOLD_MS | wait ROUNDS HOLD_MS | io ROUNDS HOLD_MS | threads COUNT |
 *        work THREADS | heap COUNT | results | fork COUNT | plugin LIBRARY COUNT |
 *        crowd THREADS ROUNDS | handler | die abort|fault|overflow|term|default |
 *        storm LIBRARY SECONDS
 */
#include "hooked.h"

#include <errno.h>
#include <malloc.h>
#include <poll.h>
#include <semaphore.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <unistd.h>

/* ---- Known waits ---- */

pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static sem_t held, done;
static long hold_ms;
static int64_t waited_ns;
static volatile long hold_count;

/* Waits for a lock that the other one holds: that time is both the wait's and the holder's. */
static NOINLINE void waiter_waits(void)
{
	int64_t begin = now_ns();

	(void)pthread_mutex_lock(&mutex);
	waited_ns += now_ns() - begin;
	(void)pthread_mutex_unlock(&mutex);
}

static void *waiter(void *arg)
{
	const long rounds = *(const long *)arg;
	long i;

	for (i = 0; i < rounds; i++) {
		while (sem_trywait(&held) < 0) {
			pause_ms(1);
		}
		waiter_waits();
		(void)sem_post(&done);
	}
	return NULL;
}

static NOINLINE void holder_holds(void)
{
	(void)pthread_mutex_lock(&mutex);
	(void)sem_post(&held);
	pause_ms(hold_ms);
	(void)pthread_mutex_unlock(&mutex);
	hold_count++; /* So that the release is no jump, which would leave no frame of this function. */
}

static void contend(long rounds)
{
	pthread_t thread;
	long i;

	(void)pthread_create(&thread, NULL, waiter, &rounds);
	for (i = 0; i < rounds; i++) {
		holder_holds();
		while (sem_trywait(&done) < 0) {
			pause_ms(1);
		}
	}
	(void)pthread_join(thread, NULL);
	tell("waited", waited_ns);
}

/* Each kind of wait, once a round, for a time that is measured around it. */
static pthread_rwlock_t rwlock = PTHREAD_RWLOCK_INITIALIZER;
static pthread_cond_t condition = PTHREAD_COND_INITIALIZER;
static pthread_barrier_t barrier;

static void *late(void *arg)
{
	(void)pthread_rwlock_wrlock(&rwlock);
	(void)sem_post(&held);
	pause_ms(hold_ms);
	(void)pthread_rwlock_unlock(&rwlock);
	pause_ms(hold_ms);
	(void)sem_post(&done);
	pause_ms(hold_ms);
	(void)pthread_barrier_wait(&barrier);
	pause_ms(hold_ms);
	return arg;
}

static NOINLINE void wait_for_rwlock(void)
{
	(void)pthread_rwlock_rdlock(&rwlock);
	(void)pthread_rwlock_unlock(&rwlock);
}

static NOINLINE void wait_for_condition(void)
{
	struct timespec deadline;

	(void)clock_gettime(CLOCK_REALTIME, &deadline);
	deadline.tv_nsec += hold_ms * 1000000;
	deadline.tv_sec += deadline.tv_nsec / NS_PER_S;
	deadline.tv_nsec %= NS_PER_S;
	(void)pthread_mutex_lock(&mutex);
	expect(pthread_cond_timedwait(&condition, &mutex, &deadline) == ETIMEDOUT, "timedwait");
	(void)pthread_mutex_unlock(&mutex);
}

static void wait_in_every_way(long rounds)
{
	int64_t times[5] = {0};
	long i;

	(void)pthread_barrier_init(&barrier, NULL, 2);
	for (i = 0; i < rounds; i++) {
		int64_t marks[6];
		pthread_t thread;

		(void)pthread_create(&thread, NULL, late, NULL);
		while (sem_trywait(&held) < 0) {
			pause_ms(1);
		}
		marks[0] = now_ns();
		wait_for_rwlock();
		marks[1] = now_ns();
		(void)sem_wait(&done);
		marks[2] = now_ns();
		(void)pthread_barrier_wait(&barrier);
		marks[3] = now_ns();
		(void)pthread_join(thread, NULL);
		marks[4] = now_ns();
		wait_for_condition();
		marks[5] = now_ns();
		for (int k = 0; k < 5; k++) {
			times[k] += marks[k + 1] - marks[k];
		}
	}
	tell("waited", times[0] + times[1] + times[2] + times[3] + times[4]);
}

static int ends[2]; /* Of a pipe. */

static void *writes_late(void *arg)
{
	int i;

	for (i = 0; i < 4; i++) {
		pause_ms(hold_ms);
		expect(write(ends[1], "x", 1) == 1, "write");
	}
	return arg;
}

/* Adds what a call takes to the truth. */
#define TIMED(call)                                                                                \
	do {                                                                                       \
		int64_t begin = now_ns();                                                          \
		call;                                                                              \
		waited_ns += now_ns() - begin;                                                     \
	} while (0)

static void take_byte(void)
{
	ssize_t len;
	char byte;

	TIMED(len = read(ends[0], &byte, 1));
	expect(len == 1, "read");
}

/* For a byte in four ways, then for a time. */
static NOINLINE void wait_for_io(void)
{
	struct pollfd polled = {ends[0], POLLIN, 0};
	struct epoll_event event = {.events = EPOLLIN};
	int epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	fd_set selected;
	int count;

	expect(epoll_ctl(epoll_fd, EPOLL_CTL_ADD, ends[0], &event) == 0, "epoll_ctl");
	take_byte();
	TIMED(count = poll(&polled, 1, -1));
	expect(count == 1, "poll");
	take_byte();
	FD_ZERO(&selected);
	FD_SET(ends[0], &selected);
	TIMED(count = select(ends[0] + 1, &selected, NULL, NULL, NULL));
	expect(count == 1, "select");
	take_byte();
	errno = 77;
	TIMED(count = epoll_wait(epoll_fd, &event, 1, -1));
	expect(count == 1 && errno == 77, "epoll_wait");
	take_byte();
	TIMED(pause_ms(hold_ms));
	expect(read(-1, &event, 1) < 0 && errno == EBADF, "read of nothing");
	(void)close(epoll_fd);
}

static void wait_for_files(long rounds)
{
	long i;

	expect(pipe(ends) == 0, "pipe");
	for (i = 0; i < rounds; i++) {
		pthread_t thread;

		(void)pthread_create(&thread, NULL, writes_late, NULL);
		wait_for_io();
		(void)pthread_join(thread, NULL);
	}
	tell("waited", waited_ns);
}

/* ---- Threads ---- */

static void *nothing(void *arg)
{
	return arg;
}

static void *exits(void *arg)
{
	pthread_exit(arg);
}

void *leaves_memory(void *arg)
{
	free(malloc(100));
	return arg;
}

/* 10 ms of CPU time, mostly. */
static NOINLINE void *works_shortly(void *arg)
{
	struct timespec used = {0, 0};

	while (used.tv_sec == 0 && used.tv_nsec < 10000000) {
		(void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
	}
	return arg;
}

/* One after the other: none lives for long. */
static void work_in_threads(long count)
{
	struct timespec used;
	long i;

	for (i = 0; i < count; i++) {
		pthread_t thread;

		expect(pthread_create(&thread, NULL, works_shortly, NULL) == 0, "create");
		(void)pthread_join(thread, NULL);
	}
	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
	tell("used", used.tv_sec * NS_PER_S + used.tv_nsec);
}

static NOINLINE void make_threads(long count)
{
	void *(*const functions[])(void *) = {nothing, exits, leaves_memory};
	long i;

	for (i = 0; i < count; i++) {
		pthread_t thread;
		void *result;

		expect(pthread_create(&thread, NULL, functions[i % 3], &result) == 0, "create");
		expect(pthread_join(thread, &result) == 0 && result == &result, "join");
	}
	tell("threads", count);
}

/* ---- Memory ---- */

static NOINLINE void *allocate(size_t size, long how)
{
	void *object = NULL;

	switch (how % 6) {
	case 0:
		return malloc(size);
	case 1:
		return calloc(1, size);
	case 2:
		return realloc(malloc(size / 2 + 1), size);
	case 3:
		return reallocarray(NULL, size, 1);
	case 4:
		return posix_memalign(&object, 64, size) == 0 ? object : NULL;
	default:
		return aligned_alloc(16, (size + 15) / 16 * 16);
	}
}

/* Sizes from a few bytes to some 100 KiB; every third object stays. */
static void use_heap(long count)
{
	int64_t before = (int64_t)(mallinfo2().uordblks + mallinfo2().hblkhd);
	void **objects = malloc((size_t)count * sizeof(*objects));
	int64_t live = count * (int64_t)sizeof(*objects);
	long i;

	for (i = 0; i < count; i++) {
		size_t size = (size_t)8 << (i % 15);

		objects[i] = allocate(size, i / 15);
		expect(objects[i] != NULL, "allocation");
		memset(objects[i], 1, size);
		if (i % 3 != 0) {
			free(objects[i]);
		} else {
			live += (int64_t)size;
		}
	}
	tell("live", live);
	tell("mallinfo", (int64_t)(mallinfo2().uordblks + mallinfo2().hblkhd) - before);
}

/* ---- Results ---- */

static void *dies_with_lock(void *lock)
{
	(void)pthread_mutex_lock(lock);
	return NULL;
}

static void check_mutexes(void)
{
	const struct timespec past = {1, 0};
	pthread_mutexattr_t attributes;
	pthread_mutex_t lock;
	pthread_t thread;

	(void)pthread_mutexattr_init(&attributes);
	(void)pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_ERRORCHECK);
	(void)pthread_mutex_init(&lock, &attributes);
	expect(pthread_mutex_unlock(&lock) == EPERM, "unlock of nobody's");
	expect(pthread_mutex_lock(&lock) == 0, "lock");
	expect(pthread_mutex_lock(&lock) == EDEADLK, "second lock");
	expect(pthread_mutex_timedlock(&lock, &past) == EDEADLK, "timed lock of one's own");
	expect(pthread_mutex_unlock(&lock) == 0, "unlock");
	(void)pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_RECURSIVE);
	(void)pthread_mutex_init(&lock, &attributes);
	expect(pthread_mutex_lock(&lock) == 0 && pthread_mutex_lock(&lock) == 0, "recursion");
	expect(pthread_mutex_unlock(&lock) == 0 && pthread_mutex_unlock(&lock) == 0, "return");
	(void)pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_NORMAL);
	(void)pthread_mutex_init(&lock, &attributes);
	(void)pthread_mutex_lock(&lock);
	expect(pthread_mutex_timedlock(&lock, &past) == ETIMEDOUT, "timed lock");
	expect(pthread_mutex_clocklock(&lock, CLOCK_MONOTONIC, &past) == ETIMEDOUT, "clock lock");
	(void)pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
	(void)pthread_mutexattr_setprotocol(&attributes, PTHREAD_PRIO_INHERIT);
	(void)pthread_mutex_init(&lock, &attributes);
	(void)pthread_create(&thread, NULL, dies_with_lock, &lock);
	(void)pthread_join(thread, NULL);
	expect(pthread_mutex_lock(&lock) == EOWNERDEAD, "lock of a dead owner");
	expect(pthread_mutex_unlock(&lock) == 0, "unlock, inconsistent");
	expect(pthread_mutex_lock(&lock) == ENOTRECOVERABLE, "lock of no use");
}

/* More than there can be; volatile, or the compiler objects. */
static volatile size_t too_much = SIZE_MAX;

static void check_others(void)
{
	const struct timespec past = {1, 0};
	pthread_rwlock_t lock = PTHREAD_RWLOCK_INITIALIZER;
	sem_t semaphore;

	expect(pthread_rwlock_wrlock(&lock) == 0, "wrlock");
	expect(pthread_rwlock_wrlock(&lock) == EDEADLK, "second wrlock");
	expect(pthread_rwlock_timedrdlock(&lock, &past) == EDEADLK ||
		       pthread_rwlock_timedrdlock(&lock, &past) == ETIMEDOUT,
	       "timed rdlock");
	expect(pthread_rwlock_unlock(&lock) == 0, "rwlock unlock");
	(void)sem_init(&semaphore, 0, 1);
	errno = 77;
	expect(sem_wait(&semaphore) == 0 && errno == 77, "sem_wait");
	expect(sem_timedwait(&semaphore, &past) < 0 && errno == ETIMEDOUT, "sem_timedwait");
	errno = 77;
	free(malloc(1 << 20));
	expect(errno == 77, "errno of free");
	expect(!malloc(too_much) && errno == ENOMEM, "malloc of too much");
	errno = 0;
	expect(!calloc(too_much / 2, 3) && errno == ENOMEM, "calloc of too much");
	errno = 0;
	expect(!reallocarray(NULL, too_much / 2, 3) && errno == ENOMEM, "reallocarray");
	expect(!realloc(malloc(10), 0), "realloc to nothing");
}

static void release(void *lock)
{
	(void)pthread_mutex_unlock(lock);
}

static void *waits_for_ever(void *arg)
{
	(void)pthread_mutex_lock(&mutex);
	pthread_cleanup_push(release, &mutex);
	(void)sem_post(&held);
	(void)pthread_cond_wait(&condition, &mutex);
	pthread_cleanup_pop(1);
	return arg;
}

static void *waits_for_semaphore(void *arg)
{
	(void)sem_post(&held);
	(void)sem_wait(arg);
	return arg;
}

/* Waits are cancellation points, also when there is nothing to wait for. */
static void check_cancellation(void)
{
	void *(*const functions[])(void *) = {waits_for_ever, waits_for_semaphore};
	sem_t never;
	int i;

	(void)sem_init(&never, 0, 0);
	for (i = 0; i < 2; i++) {
		pthread_t thread;
		void *result;

		(void)pthread_create(&thread, NULL, functions[i], &never);
		(void)sem_wait(&held);
		expect(pthread_cancel(thread) == 0, "cancel");
		expect(pthread_join(thread, &result) == 0 && result == PTHREAD_CANCELED,
		       "end of the cancelled");
		expect(pthread_mutex_lock(&mutex) == 0, "lock of the cancelled");
		expect(pthread_mutex_unlock(&mutex) == 0, "unlock");
	}
}

static void ignore(int signo)
{
	(void)signo;
}

/* Nobody handles signals but who says so. */
static void check_signals(void)
{
	struct sigaction action = {.sa_handler = ignore};
	struct sigaction former;

	expect(sigaction(SIGTERM, NULL, &former) == 0 && former.sa_handler == SIG_DFL &&
		       former.sa_flags == 0,
	       "sigaction of nobody's");
	expect(sigaction(SIGTERM, &action, &former) == 0 && former.sa_handler == SIG_DFL,
	       "first sigaction");
	expect(sigaction(SIGTERM, NULL, &former) == 0 && former.sa_handler == ignore,
	       "sigaction of one's own");
	expect(raise(SIGTERM) == 0, "raise");
	action.sa_handler = SIG_DFL;
	expect(sigaction(SIGTERM, &action, &former) == 0 && former.sa_handler == ignore,
	       "sigaction back");
	expect(signal(SIGTERM, SIG_IGN) == SIG_DFL, "signal");
	expect(signal(SIGTERM, SIG_DFL) == SIG_IGN, "signal back");
	expect(signal(SIGCHLD, SIG_DFL) == SIG_DFL, "signal that kills nobody");
	expect(signal(SIGKILL, SIG_DFL) == SIG_ERR, "signal that nobody may handle");
	errno = 0;
	expect(sigaction(SIGKILL, &action, NULL) < 0 && errno == EINVAL, "sigaction likewise");
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";
	const char *library = argc > 3 ? argv[2] : "";
	long number = argc > 2 ? strtol(argv[library[0] == '/' ? 3 : 2], NULL, 10) : 0;

	hold_ms = argc > 3 ? strtol(argv[3], NULL, 10) : 0;
	(void)sem_init(&held, 0, 0);
	(void)sem_init(&done, 0, 0);
	if (strcmp(what, "contend") == 0) {
		contend(number);
	} else if (strcmp(what, "wait") == 0) {
		wait_in_every_way(number);
	} else if (strcmp(what, "io") == 0) {
		wait_for_files(number);
	} else if (strcmp(what, "threads") == 0) {
		make_threads(number);
	} else if (strcmp(what, "work") == 0) {
		work_in_threads(number);
	} else if (strcmp(what, "heap") == 0) {
		use_heap(number);
	} else if (strcmp(what, "results") == 0) {
		check_mutexes();
		check_others();
		check_cancellation();
		check_signals();
		tell("right", 1);
	} else if (strcmp(what, "fork") == 0) {
		fork_often(number);
	} else if (strcmp(what, "plugin") == 0) {
		plug(library, number);
		tell("plugged", number);
	} else if (strcmp(what, "crowd") == 0) {
		tell("counted", crowd(number, hold_ms));
	} else if (strcmp(what, "die") == 0) {
		die(argc > 2 ? argv[2] : "");
	} else if (strcmp(what, "storm") == 0) {
		storm(library, number);
	} else if (strcmp(what, "handler") == 0) {
		end_in_handler();
	} else {
		return 2;
	}
	return 0;
}
