// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Profiles itself in ways that a test knows the answer of. `profiled WHAT FILE [NUMBER]...`; what a
 * profile cannot tell is printed.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <weft/labels.h>
#include <weft/profile.h>
#include <weft/runtime.h>
#include <weft/trace.h>

#define THREADS_MAX 64
#define CHECK(condition)                                                                           \
	do {                                                                                       \
		if (!(condition)) {                                                                \
			printf("line %d: %s: %s\n", __LINE__, #condition, weft_profile_error());   \
			exit(1);                                                                   \
		}                                                                                  \
	} while (0)

static double seconds_of(clockid_t clock)
{
	struct timespec now;

	CHECK(clock_gettime(clock, &now) == 0);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static _Atomic unsigned long sink;

/* Uses the CPU of this thread for so long; mostly in the function that it is made part of. */
static inline __attribute__((always_inline)) void spin(double seconds)
{
	double end = seconds_of(CLOCK_THREAD_CPUTIME_ID) + seconds;

	while (seconds_of(CLOCK_THREAD_CPUTIME_ID) < end) {
		unsigned int i;

		for (i = 0; i < 20000; i++) {
			atomic_fetch_add_explicit(&sink, 1, memory_order_relaxed);
		}
	}
}

__attribute__((noinline)) static void seventy(double seconds)
{
	spin(0.7 * seconds);
}

__attribute__((noinline)) static void thirty(double seconds)
{
	spin(0.3 * seconds);
}

static int open_output(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	CHECK(fd >= 0);
	return fd;
}

static void start_profile(const char *path)
{
	int fd = open_output(path);

	CHECK(weft_profile_start_cpu(fd) == 0);
	CHECK(close(fd) == 0);
}

/* ---- Shares ---- */

static double work_seconds;
static pthread_barrier_t everybody;

static void *work(void *thread)
{
	(void)thread;
	(void)pthread_barrier_wait(&everybody);
	seventy(work_seconds);
	thirty(work_seconds);
	return NULL;
}

/* split FILE THREADS SECONDS HZ EARLY: EARLY != 0 starts the threads before the profile. */
static void split(char **argv)
{
	int count = (int)strtol(argv[1], NULL, 10);
	int early = (int)strtol(argv[4], NULL, 10);
	pthread_t threads[THREADS_MAX];
	double before;
	int i;

	work_seconds = strtod(argv[2], NULL);
	CHECK(weft_runtime_set_cpu_rate((int)strtol(argv[3], NULL, 10)) == 0);
	CHECK(pthread_barrier_init(&everybody, NULL, (unsigned int)count + 1) == 0);
	for (i = 0; i < count && early; i++) {
		CHECK(pthread_create(&threads[i], NULL, work, NULL) == 0);
	}
	before = seconds_of(CLOCK_PROCESS_CPUTIME_ID);
	start_profile(argv[0]);
	for (i = 0; i < count && !early; i++) {
		CHECK(pthread_create(&threads[i], NULL, work, NULL) == 0);
	}
	(void)pthread_barrier_wait(&everybody);
	for (i = 0; i < count; i++) {
		CHECK(pthread_join(threads[i], NULL) == 0);
	}
	printf("%.6f\n", seconds_of(CLOCK_PROCESS_CPUTIME_ID) - before);
	CHECK(weft_profile_stop_cpu() == 0);
}

/* ---- Labels ---- */

static void *inherit(void *seconds)
{
	spin(*(double *)seconds);
	return NULL;
}

static void in_do(void *ctx, const struct weft_labels *set)
{
	(void)ctx;
	CHECK(strcmp(weft_labels_find(set, "in"), "do") == 0);
	spin(0.3);
}

/* labels FILE: 0.6 s labelled {who: parent}, 0.3 of them by a child; 0.3 in Do; 0.3 without. */
static void labels(char **argv)
{
	const struct weft_label label = {"in", "do"};
	double seconds = 0.3;
	pthread_t thread;

	start_profile(argv[0]);
	WEFT_LABELS({"who", "parent"})
	{
		CHECK(pthread_create(&thread, NULL, inherit, &seconds) == 0);
		CHECK(pthread_join(thread, NULL) == 0);
		spin(0.3);
	}
	CHECK(weft_labels_do(NULL, &label, 1, in_do, NULL) == 0);
	spin(0.3);
	CHECK(weft_profile_stop_cpu() == 0);
}

/* Most samples are then in the C library. */
static void call(double seconds)
{
	double end = seconds_of(CLOCK_THREAD_CPUTIME_ID) + seconds;

	while (seconds_of(CLOCK_THREAD_CPUTIME_ID) < end) {
		unsigned int i;

		for (i = 0; i < 1000; i++) {
			(void)getppid();
		}
	}
}

/* regions FILE: 0.3 s in "outer", 0.3 in "inner" inside it, 0.3 in neither, of one task. */
static void regions(char **argv)
{
	start_profile(argv[0]);
	WEFT_TASK("request") {
		WEFT_REGION("outer") {
			spin(0.15);
			WEFT_REGION("inner") {
				spin(0.3);
			}
			spin(0.15);
		}
		call(0.3);
	}
	CHECK(weft_profile_stop_cpu() == 0);
}

/* ---- Waits ---- */

#define HOLD_US 10000

static pthread_mutex_t waited_for = PTHREAD_MUTEX_INITIALIZER;
static sem_t is_held, is_over, never;
static int lock_rounds;
static double waited_seconds;

/* A lock that another thread holds for some time. */
__attribute__((noinline)) static void wait_for_holder(void)
{
	double before = seconds_of(CLOCK_MONOTONIC);

	CHECK(pthread_mutex_lock(&waited_for) == 0);
	waited_seconds += seconds_of(CLOCK_MONOTONIC) - before;
	CHECK(pthread_mutex_unlock(&waited_for) == 0);
}

static void *wait_for_locks(void *unused)
{
	int i;

	(void)unused;
	for (i = 0; i < lock_rounds; i++) {
		while (sem_trywait(&is_held) < 0) {
			(void)usleep(100);
		}
		WEFT_LABELS({"who", "waiter"})
		{
			WEFT_TASK("request") {
				WEFT_REGION("enter") {
					wait_for_holder();
				}
			}
		}
		CHECK(sem_post(&is_over) == 0);
	}
	return NULL;
}

__attribute__((noinline)) static void hold_lock(void)
{
	CHECK(pthread_mutex_lock(&waited_for) == 0);
	CHECK(sem_post(&is_held) == 0);
	(void)usleep(HOLD_US);
	CHECK(pthread_mutex_unlock(&waited_for) == 0);
}

/* locks FILE ROUNDS: one thread waits for another, each for somebody, in a task of its own each time. */
static void locks(char **argv)
{
	pthread_t waiter;
	int i;

	lock_rounds = (int)strtol(argv[1], NULL, 10);
	CHECK(pthread_create(&waiter, NULL, wait_for_locks, NULL) == 0);
	for (i = 0; i < lock_rounds; i++) {
		WEFT_LABELS({"who", "holder"})
		{
			WEFT_TASK("report") {
				hold_lock();
			}
		}
		while (sem_trywait(&is_over) < 0) {
			(void)usleep(100);
		}
	}
	CHECK(pthread_join(waiter, NULL) == 0);
	printf("%.6f\n", waited_seconds);
}

/* customers FILE COUNT: waits for a millisecond each, for a different customer each. */
static void customers(char **argv)
{
	int count = (int)strtol(argv[1], NULL, 10), i;

	for (i = 0; i < count; i++) {
		struct timespec until;
		char name[16];

		(void)snprintf(name, sizeof(name), "%d", i);
		CHECK(clock_gettime(CLOCK_REALTIME, &until) == 0);
		until.tv_nsec += 1000000;
		until.tv_sec += until.tv_nsec / 1000000000;
		until.tv_nsec %= 1000000000;
		WEFT_LABELS({"customer", name})
		{
			CHECK(sem_timedwait(&never, &until) < 0);
		}
	}
}

/* ---- Threads that come and go ---- */

static _Atomic int ended;

static void *come_and_go(void *path)
{
	int fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
	int rounds = 0;

	(void)path;
	while (!atomic_load(&ended)) {
		int ret = weft_profile_start_cpu(fd);

		CHECK(ret == 0 || ret == -EBUSY);
		rounds += ret == 0;
		(void)usleep(1000);
		CHECK(weft_profile_stop_cpu() == 0);
	}
	CHECK(close(fd) == 0);
	printf("rounds %d\n", rounds);
	return NULL;
}

static void *live_shortly(void *number)
{
	WEFT_LABELS({"number", "x"})
	{
		unsigned int i;

		for (i = 0; i < 1000 + (uintptr_t)number % 3000; i++) {
			atomic_fetch_add_explicit(&sink, 1, memory_order_relaxed);
		}
	}
	return NULL;
}

/* churn FILE THREADS: while two threads start and stop profiles against each other. */
static void churn(char **argv)
{
	uintptr_t count = strtoul(argv[1], NULL, 10);
	pthread_t profilers[2];
	uintptr_t i;
	int round;

	/* Without the helper, which would be what takes the time. */
	CHECK(setenv("WEFT_BIN", "/nonexistent", 1) == 0);
	for (i = 0; i < 2; i++) {
		CHECK(pthread_create(&profilers[i], NULL, come_and_go, NULL) == 0);
	}
	for (i = 0; i < count; i += 8) {
		pthread_t threads[8];

		for (round = 0; round < 8; round++) {
			CHECK(pthread_create(&threads[round], NULL, live_shortly,
					     (void *)(i + (uintptr_t)round)) == 0);
		}
		for (round = 0; round < 8; round++) {
			CHECK(pthread_join(threads[round], NULL) == 0);
		}
	}
	atomic_store(&ended, 1);
	for (i = 0; i < 2; i++) {
		CHECK(pthread_join(profilers[i], NULL) == 0);
	}
	start_profile(argv[0]);
	spin(0.3);
	CHECK(weft_profile_stop_cpu() == 0);
}

/* ---- fork() and exec() ---- */

static void expect_success(pid_t child)
{
	int status;

	CHECK(child > 0);
	while (waitpid(child, &status, 0) < 0) {
		CHECK(errno == EINTR);
	}
	if (status != 0) {
		printf("a child ended with status %#x\n", (unsigned int)status);
		exit(1);
	}
}

/* forks FILE CHILD-FILE: a silent child, one with a profile of its own, one that runs a program. */
static void forks(char **argv)
{
	pid_t child;

	start_profile(argv[0]);
	child = fork();
	if (child == 0) {
		spin(0.3);
		_exit(0);
	}
	expect_success(child);
	child = fork();
	if (child == 0) {
		CHECK(weft_profile_stop_cpu() == 0); /* The parent's is not the child's. */
		start_profile(argv[1]);
		thirty(1);
		CHECK(weft_profile_stop_cpu() == 0);
		_exit(0);
	}
	expect_success(child);
	child = fork();
	if (child == 0) {
		start_profile("/dev/null");
		(void)execlp("sh", "sh", "-c", "i=0; while [ $i -lt 100000 ]; do i=$((i+1)); done",
			     NULL);
		_exit(1);
	}
	expect_success(child);
	seventy(1);
	CHECK(weft_profile_stop_cpu() == 0);
}

/* ---- Threads that do not take part ---- */

static void *block_signals(void *unused)
{
	sigset_t all;

	(void)unused;
	(void)sigfillset(&all);
	CHECK(pthread_sigmask(SIG_SETMASK, &all, NULL) == 0);
	(void)pthread_setname_np(pthread_self(), "deaf");
	spin(0.5);
	(void)pthread_barrier_wait(&everybody);
	(void)pthread_barrier_wait(&everybody);
	return NULL;
}

static void blocked(char **argv)
{
	pthread_t thread;

	CHECK(pthread_barrier_init(&everybody, NULL, 2) == 0);
	start_profile(argv[0]);
	CHECK(pthread_create(&thread, NULL, block_signals, NULL) == 0);
	(void)pthread_barrier_wait(&everybody);
	CHECK(weft_profile_stop_cpu() == 0);
	(void)pthread_barrier_wait(&everybody);
	CHECK(pthread_join(thread, NULL) == 0);
}

static void ignore(int number)
{
	(void)number;
}

/* taken FILE: SIGPROF is the program's own. */
static void taken(char **argv)
{
	struct sigaction action = {.sa_handler = ignore};
	struct sigaction after;
	int fd = open_output(argv[0]);

	CHECK(sigaction(SIGPROF, &action, NULL) == 0);
	CHECK(weft_profile_start_cpu(fd) == -EEXIST);
	printf("%s\n", weft_profile_error());
	CHECK(sigaction(SIGPROF, NULL, &after) == 0 && after.sa_handler == ignore);
	CHECK(close(fd) == 0);
}

/* ---- Programs that do not expect signals ---- */

static _Atomic int interruptions;

static void *sleep_in(void *kind)
{
	int pipes[2];
	int epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	struct pollfd waited;
	struct epoll_event event;
	char byte;
	int i;

	CHECK(pipe(pipes) == 0);
	waited = (struct pollfd){.fd = pipes[0], .events = POLLIN};
	for (i = 0; i < 10; i++) {
		const struct timespec pause = {0, 100000000};
		int ret = 0;

		switch ((uintptr_t)kind) {
		case 0:
			ret = nanosleep(&pause, NULL);
			break;
		case 1:
			ret = poll(&waited, 1, 100);
			break;
		case 2:
			ret = epoll_wait(epoll_fd, &event, 1, 100);
			break;
		default:
			CHECK(write(pipes[1], "x", 1) == 1);
			ret = read(pipes[0], &byte, 1) == 1 ? 0 : -1;
			(void)usleep(1000);
		}
		atomic_fetch_add(&interruptions, ret < 0);
	}
	return NULL;
}

static int discard(void *ctx, const void *bytes, size_t size)
{
	(void)bytes;
	*(size_t *)ctx += size;
	return 0;
}

/* sleepers FILE COUNT: a CPU profile, and so many thread stacks meanwhile. */
static void sleepers(char **argv)
{
	struct weft_profile *stacks = weft_profile_lookup("goroutine");
	pthread_t threads[8];
	uintptr_t count = strtoul(argv[1], NULL, 10);
	size_t size = 0;
	uintptr_t i;

	CHECK(setenv("WEFT_BIN", "/nonexistent", 1) == 0);
	start_profile(argv[0]);
	for (i = 0; i < 8; i++) {
		CHECK(pthread_create(&threads[i], NULL, sleep_in, (void *)(i % 4)) == 0);
	}
	for (i = 0; i < count; i++) {
		CHECK(weft_profile_write_to(stacks, 0, discard, &size) == 0);
	}
	spin(0.5);
	for (i = 0; i < 8; i++) {
		CHECK(pthread_join(threads[i], NULL) == 0);
	}
	CHECK(weft_profile_stop_cpu() == 0);
	CHECK((size > 0) == (count > 0));
	printf("interruptions %d\n", atomic_load(&interruptions));
}

/* ---- Stacks of threads ---- */

static pthread_mutex_t held = PTHREAD_MUTEX_INITIALIZER;
static sem_t never;

__attribute__((noinline)) static void *wait_for_lock(void *unused)
{
	CHECK(pthread_setname_np(pthread_self(), "locker") == 0);
	CHECK(pthread_mutex_lock(&held) == 0);
	return unused;
}

__attribute__((noinline)) static void *wait_for_semaphore(void *unused)
{
	WEFT_LABELS({"job", "7"}, {"quote", "a\"b"})
	{
		while (sem_wait(&never) < 0) {
		}
	}
	return unused;
}

__attribute__((noinline)) static void *wait_asleep(void *unused)
{
	WEFT_LABELS({"job", "8"})
	{
		(void)sleep(1000);
	}
	CHECK(!"slept on");
	return unused;
}

__attribute__((noinline)) static void *wait_busily(void *unused)
{
	for (;;) {
		spin(1);
	}
	return unused;
}

/* stacks FILE DEBUG: of two lockers, two semaphore waiters, a sleeper, a busy one, and main. */
static void stacks(char **argv)
{
	static void *(*const kinds[])(void *) = {wait_for_lock,      wait_for_lock,
						 wait_for_semaphore, wait_for_semaphore,
						 wait_asleep,        wait_busily};
	struct weft_profile *profile = weft_profile_lookup("goroutine");
	int debug = (int)strtol(argv[1], NULL, 10);
	pthread_t thread;
	size_t i;
	int fd;

	CHECK(sem_init(&never, 0, 0) == 0 && pthread_mutex_lock(&held) == 0);
	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		CHECK(pthread_create(&thread, NULL, kinds[i], NULL) == 0);
	}
	(void)usleep(300000);
	CHECK(weft_profile_count(profile) >= 7);
	fd = open_output(argv[0]);
	CHECK(weft_profile_write_fd(profile, debug, fd) == 0);
	_exit(close(fd));
}

/* limited FILE LIMIT: of main and five sleepers. */
static void limited(char **argv)
{
	struct weft_profile *profile = weft_profile_lookup("goroutine");
	pthread_t thread;
	int fd = open_output(argv[0]);
	int i;

	for (i = 0; i < 5; i++) {
		CHECK(pthread_create(&thread, NULL, wait_asleep, NULL) == 0);
	}
	CHECK(weft_runtime_set_thread_limit((int)strtol(argv[1], NULL, 10)) == 0);
	CHECK(weft_profile_write_fd(profile, 0, fd) == 0);
	_exit(close(fd));
}

/* ---- Profiles of the program's own ---- */

__attribute__((noinline)) static int take_resource(struct weft_profile *profile, void *resource)
{
	int ret = weft_profile_add(profile, resource, 0);

	atomic_fetch_add_explicit(&sink, 1, memory_order_relaxed); /* No tail call. */
	return ret;
}

/* custom FILE DEBUG */
static void custom(char **argv)
{
	struct weft_profile *profile = NULL;
	struct weft_profile *all[8];
	int debug = (int)strtol(argv[1], NULL, 10);
	char resources[4];
	int fd = open_output(argv[0]);
	int i;

	CHECK(weft_profile_create("", &profile) == -EINVAL);
	CHECK(weft_profile_create("bad\n", &profile) == -EINVAL);
	CHECK(weft_profile_create("goroutine", &profile) == -EEXIST);
	CHECK(weft_profile_create("profile", &profile) == -EEXIST);
	CHECK(weft_profile_create("example.org/resources", &profile) == 0);
	CHECK(weft_profile_create("example.org/resources", &profile) == -EEXIST);
	CHECK(weft_profile_lookup("example.org/resources") == profile);
	CHECK(weft_profile_lookup("profile") == NULL && weft_profile_lookup("heap") == NULL);
	CHECK(weft_profile_write_heap(fd) == -ENOENT);
	CHECK(weft_profile_all(NULL, 0) == 2 && weft_profile_all(all, 8) == 2);
	CHECK(all[0] == profile && strcmp(weft_profile_name(all[1]), "goroutine") == 0);
	CHECK(weft_profile_add(all[1], resources, 0) == -EPERM);
	for (i = 0; i < 4; i++) {
		CHECK(take_resource(profile, &resources[i]) == 0);
	}
	CHECK(take_resource(profile, &resources[0]) == -EEXIST);
	weft_profile_remove(profile, &resources[3]);
	weft_profile_remove(profile, &resources[3]);
	CHECK(weft_profile_count(profile) == 3);
	CHECK(weft_profile_add(profile, &resources[3], 10000) == 0); /* Nothing is left. */
	CHECK(weft_profile_write_fd(profile, debug, fd) == 0);
	CHECK(close(fd) == 0);
}

/* rates FILE: what SetCPUProfileRate and StartCPUProfile do at their edges. */
static void rates(char **argv)
{
	int fd = open_output(argv[0]);

	CHECK(weft_runtime_cpu_rate() == 100);
	CHECK(weft_runtime_set_cpu_rate(2000000) == 0 && weft_runtime_cpu_rate() == 1000000);
	CHECK(weft_runtime_set_cpu_rate(-1) == 0 && weft_runtime_cpu_rate() == 100);
	CHECK(weft_profile_stop_cpu() == 0);
	CHECK(weft_profile_start_cpu(-1) == -EBADF);
	CHECK(weft_profile_start_cpu_to(NULL, NULL) == -EINVAL);
	CHECK(weft_runtime_set_cpu_rate(100000) == 0);
	CHECK(weft_profile_start_cpu(fd) == 0);
	CHECK(weft_profile_start_cpu(fd) == -EBUSY);
	CHECK(strcmp(weft_profile_error(), "cpu profiling already in use") == 0);
	CHECK(weft_runtime_set_cpu_rate(100) == -EBUSY);
	errno = 12345;
	spin(0.3);
	CHECK(errno == 12345);
	CHECK(weft_profile_stop_cpu() == 0);
	CHECK(weft_profile_stop_cpu() == 0);
	CHECK(weft_runtime_thread_count() >= 1);
	CHECK(close(fd) == 0);
}

/* serve READY-FILE: until its input ends. */
static void serve(char **argv)
{
	struct weft_profile *profile = NULL;
	pthread_t thread;
	char byte;

	CHECK(weft_profile_create("example.org/before", &profile) == 0);
	CHECK(weft_profile_serve() == 0 && weft_profile_serve() == 0);
	CHECK(weft_profile_create("example.org/after", &profile) == 0);
	CHECK(take_resource(profile, &byte) == 0);
	CHECK(pthread_create(&thread, NULL, wait_busily, NULL) == 0);
	CHECK(close(open_output(argv[0])) == 0);
	while (read(STDIN_FILENO, &byte, 1) > 0) {
	}
	_exit(0);
}

static const struct {
	const char *name;
	void (*run)(char **argv);
	int argument_count;
} modes[] = {
	{"split", split, 5},     {"labels", labels, 1},     {"regions", regions, 1},
	{"churn", churn, 2},     {"forks", forks, 2},       {"blocked", blocked, 1},
	{"taken", taken, 1},     {"sleepers", sleepers, 2}, {"stacks", stacks, 2},
	{"custom", custom, 2},   {"rates", rates, 1},       {"serve", serve, 1},
	{"limited", limited, 2}, {"locks", locks, 2},       {"customers", customers, 2},
};

int main(int argc, char **argv)
{
	size_t i;

	for (i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
		if (argc == modes[i].argument_count + 2 && strcmp(argv[1], modes[i].name) == 0) {
			modes[i].run(argv + 2);
			return 0;
		}
	}
	(void)fprintf(stderr, "usage: profiled WHAT FILE [NUMBER]...\n");
	return 2;
}
