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
#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <malloc.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <spawn.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define NOINLINE __attribute__((noinline))
#define NS_PER_S INT64_C(1000000000)

static int64_t now_ns(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * NS_PER_S + now.tv_nsec;
}

static void pause_ms(long ms)
{
	const struct timespec pause = {ms / 1000, ms % 1000 * 1000000};

	(void)nanosleep(&pause, NULL);
}

static void tell(const char *key, int64_t value)
{
	(void)printf("%s %lld\n", key, (long long)value);
}

/* Ends the program when something is not as it is without hooks. */
static void expect(int condition, const char *what)
{
	if (!condition) {
		(void)printf("wrong %s\n", what);
		exit(1);
	}
}

/* ---- Known waits ---- */

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
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

static void *leaves_memory(void *arg)
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

/* ---- Hazards ---- */

static _Atomic int stop;

static void *busy(void *arg)
{
	while (!atomic_load(&stop)) {
		free(malloc(1000));
		(void)pthread_mutex_lock(&mutex);
		free(malloc(100));
		(void)pthread_mutex_unlock(&mutex);
	}
	return arg;
}

/* Forks while others allocate and lock; each child allocates, locks and ends both ways. */
static void fork_often(long count)
{
	pthread_t threads[2];
	long i;

	for (i = 0; i < 2; i++) {
		(void)pthread_create(&threads[i], NULL, busy, NULL);
	}
	for (i = 0; i < count; i++) {
		int status = -1;
		pid_t child;

		(void)pthread_mutex_lock(&mutex);
		child = fork();
		(void)pthread_mutex_unlock(&mutex);
		if (child == 0) {
			pthread_t thread;

			(void)pthread_create(&thread, NULL, leaves_memory, NULL);
			(void)pthread_join(thread, NULL);
			free(malloc(5000000));
			if (i % 2) {
				exit(0);
			}
			_exit(0);
		}
		expect(waitpid(child, &status, 0) == child && status == 0, "child");
	}
	atomic_store(&stop, 1);
	for (i = 0; i < 2; i++) {
		(void)pthread_join(threads[i], NULL);
	}
	tell("children", count);
}

static void plug(const char *library, long count)
{
	long i;

	for (i = 0; i < count; i++) {
		void *plugin = dlopen(library, RTLD_NOW);
		void (*work)(void);

		expect(plugin != NULL, "dlopen");
		*(void **)&work = dlsym(plugin, "plugin_work");
		expect(work != NULL, "dlsym");
		work();
		expect(dlclose(plugin) == 0, "dlclose");
	}
}

static long crowd_rounds;
static int64_t crowd_count;

static void *one_of_many(void *arg)
{
	long i;

	for (i = 0; i < crowd_rounds; i++) {
		(void)pthread_mutex_lock(&mutex);
		crowd_count++;
		(void)pthread_mutex_unlock(&mutex);
	}
	return arg;
}

static void crowd(long count, long rounds)
{
	pthread_t threads[64];
	long i;

	crowd_rounds = rounds;
	for (i = 0; i < count && i < 64; i++) {
		expect(pthread_create(&threads[i], NULL, one_of_many, NULL) == 0, "create");
	}
	for (i = 0; i < count && i < 64; i++) {
		(void)pthread_join(threads[i], NULL);
	}
}

/* ---- Sudden ends ---- */

static NOINLINE void allocate_before_the_end(void)
{
	int i;

	for (i = 0; i < 1000; i++) {
		void *volatile lost = malloc(1000);

		memset(lost, 1, 1000);
	}
}

static NOINLINE int overflow(int depth)
{
	volatile char frame[4096];

	frame[0] = (char)depth;
	return depth < INT_MAX ? overflow(depth + 1) + frame[0] : 0;
}

/* Others allocate and lock all the time, so that locks are held when the end comes. */
static void die(const char *how)
{
	static char other_stack[16384];
	const stack_t other = {.ss_sp = other_stack, .ss_size = sizeof(other_stack)};
	pthread_t thread;
	volatile int *volatile nowhere = NULL;
	int i;

	for (i = 0; i < 2; i++) {
		(void)pthread_create(&thread, NULL, busy, NULL);
	}
	pause_ms(20);
	allocate_before_the_end();
	if (strcmp(how, "abort") == 0) {
		abort();
	} else if (strcmp(how, "fault") == 0) {
		*nowhere = 1;
	} else if (strcmp(how, "overflow") == 0) {
		(void)sigaltstack(&other, NULL);
		i = overflow(0);
	} else if (strcmp(how, "term") == 0) {
		(void)kill(getpid(), SIGTERM);
	} else if (strcmp(how, "default") == 0) {
		(void)signal(SIGINT, SIG_IGN);
		(void)signal(SIGINT, SIG_DFL);
		(void)kill(getpid(), SIGINT);
	}
	pause_ms(20000);
}

/* ---- Everything at once ---- */

static const char *storm_plugin;
static _Atomic long storm_counts[4];

static void *storm_of_threads(void *arg)
{
	while (!atomic_load(&stop)) {
		pthread_t threads[8];
		int i;

		for (i = 0; i < 8; i++) {
			expect(pthread_create(&threads[i], NULL, leaves_memory, NULL) == 0,
			       "create");
		}
		for (i = 0; i < 8; i++) {
			(void)pthread_join(threads[i], NULL);
		}
		atomic_fetch_add(&storm_counts[0], 8);
	}
	return arg;
}

static void *storm_of_processes(void *arg)
{
	char name[] = "true";
	char *const words[] = {name, NULL};

	while (!atomic_load(&stop)) {
		int status = -1;
		pid_t child = fork();

		if (child == 0) {
			free(malloc(600000));
			_exit(0);
		}
		expect(waitpid(child, &status, 0) == child && status == 0, "child");
		expect(posix_spawnp(&child, name, NULL, NULL, words, environ) == 0, "spawn");
		expect(waitpid(child, &status, 0) == child && status == 0, "spawned");
		atomic_fetch_add(&storm_counts[1], 1);
	}
	return arg;
}

static void *storm_of_plugins(void *arg)
{
	while (!atomic_load(&stop)) {
		plug(storm_plugin, 1);
		atomic_fetch_add(&storm_counts[2], 1);
	}
	return arg;
}

static void *storm_of_waiters(void *arg)
{
	while (!atomic_load(&stop)) {
		crowd(64, 20);
		atomic_fetch_add(&storm_counts[3], 1);
	}
	return arg;
}

/* Threads, children, plugins, a crowd on one lock, allocations: for so many seconds. */
static void storm(const char *plugin, long seconds)
{
	static void *(*const kinds[])(void *) = {storm_of_threads,
						 storm_of_processes,
						 storm_of_plugins,
						 storm_of_waiters,
						 busy,
						 busy};
	pthread_t threads[6];
	int i;

	storm_plugin = plugin;
	for (i = 0; i < 6; i++) {
		(void)pthread_create(&threads[i], NULL, kinds[i], NULL);
	}
	pause_ms(seconds * 1000);
	atomic_store(&stop, 1);
	for (i = 0; i < 6; i++) {
		(void)pthread_join(threads[i], NULL);
	}
	for (i = 0; i < 4; i++) {
		expect(atomic_load(&storm_counts[i]) > 0, "storm");
	}
	tell("survived", 1);
}

static void leave(int signo)
{
	(void)signo;
	_exit(7);
}

/* Ends from a handler that may have interrupted anything. */
static void end_in_handler(void)
{
	allocate_before_the_end();
	(void)signal(SIGUSR1, leave);
	(void)raise(SIGUSR1);
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
		crowd(number, hold_ms);
		tell("counted", crowd_count);
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
