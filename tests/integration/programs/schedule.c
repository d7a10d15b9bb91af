// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Threads whose schedule is known by construction, and what the kernel says of each of them.
 *
 * Usage: schedule SCENE COUNT
 *
 *   pingpong  ping and pong pass a byte through two pipes; each works 500 us before it answers, so
 *             that the other is asleep by then. ping's rounds are tasks.
 *   mutex     owner holds a mutex from 0 to 10 ms of each 20; waiter wants it at 2 ms.
 *             waiter's rounds are tasks.
 *   hogs      two threads want CPU 0 for COUNT ms; the time of the first is one task.
 *   sleep     sleeper sleeps 3 ms in each task.
 *   epoll     sender writes every 3 ms, poller waits for it by epoll. poller's rounds are tasks.
 *   chain     first works 1 ms and wakes second, which works 2 ms and wakes third, which works 3 ms
 *             and wakes first. first's rounds are tasks.
 *
 * Threads are of a real-time class where that is permitted, so that other programs do not disturb
 * the schedule: SCHED_RR, which lets threads of one priority share a CPU in slices of 100 ms, and
 * does not let a thread that wakes another lose its CPU to it.
 *
 * Prints a line a thread when all are done: name, tid, and over the thread's life: wall time, CPU
 * time, times on and waiting for a CPU by /proc/self/task/TID/schedstat (ns), voluntary and
 * involuntary switches by getrusage().
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include <weft/trace.h>

#define THREAD_COUNT_MAX 3
#define US               INT64_C(1000)
#define MS               INT64_C(1000000)

/* What the kernel says of a thread. */
struct account {
	int tid;
	int64_t wall_ns, cpu_ns;
	unsigned long long run_ns, wait_ns;
	long voluntary, involuntary;
};

struct actor {
	const char *name;
	void (*act)(void);
	int cpu; /* -1: any. */
	struct account account;
};

struct scene {
	const char *name;
	struct actor actors[THREAD_COUNT_MAX];
};

static unsigned int round_count;
static int pipes[3][2];
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static int64_t start_ns; /* Of the first round, on CLOCK_MONOTONIC. */

static void must(bool holds, const char *what)
{
	if (!holds) {
		perror(what);
		exit(1);
	}
}

static int64_t now_ns(clockid_t clock)
{
	struct timespec now;

	must(clock_gettime(clock, &now) == 0, "clock_gettime");
	return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

/* Works for this long: CPU time, not wall time. */
static void work(int64_t ns)
{
	int64_t end = now_ns(CLOCK_THREAD_CPUTIME_ID) + ns;

	while (now_ns(CLOCK_THREAD_CPUTIME_ID) < end) {
	}
}

static void sleep_until(int64_t at_ns)
{
	struct timespec at = {at_ns / INT64_C(1000000000), at_ns % INT64_C(1000000000)};

	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL) == EINTR) {
	}
}

static void send_byte(unsigned int to)
{
	must(write(pipes[to][1], "x", 1) == 1, "write");
}

static void receive_byte(unsigned int from)
{
	char byte;

	must(read(pipes[from][0], &byte, 1) == 1, "read");
}

/* ---- Scenes ---- */

static void ping(void)
{
	unsigned int i;

	for (i = 0; i < round_count; i++) {
		struct weft_task task = weft_task_begin("round");

		work(500 * US);
		send_byte(0);
		receive_byte(1);
		weft_task_end(&task);
	}
}

static void pong(void)
{
	unsigned int i;

	for (i = 0; i < round_count; i++) {
		receive_byte(0);
		work(500 * US);
		send_byte(1);
	}
}

static void owner(void)
{
	unsigned int i;

	for (i = 0; i < round_count; i++) {
		sleep_until(start_ns + i * 20 * MS);
		must(pthread_mutex_lock(&mutex) == 0, "lock");
		sleep_until(start_ns + i * 20 * MS + 10 * MS);
		must(pthread_mutex_unlock(&mutex) == 0, "unlock");
	}
}

static void waiter(void)
{
	unsigned int i;

	for (i = 0; i < round_count; i++) {
		struct weft_task task;

		sleep_until(start_ns + i * 20 * MS + 2 * MS);
		task = weft_task_begin("round");
		must(pthread_mutex_lock(&mutex) == 0, "lock");
		must(pthread_mutex_unlock(&mutex) == 0, "unlock");
		weft_task_end(&task);
	}
}

static int64_t hog_until_end(void)
{
	int64_t end_ns = start_ns + round_count * MS;

	while (now_ns(CLOCK_MONOTONIC) < end_ns) {
	}
	return end_ns;
}

/* Sleeps at its end: perf does not know any more whose the last switch of a dying thread is. */
static void hog(void)
{
	sleep_until(hog_until_end() + 1 * MS);
}

static void hog_in_task(void)
{
	struct weft_task task = weft_task_begin("round");
	int64_t end_ns = hog_until_end();

	weft_task_end(&task);
	sleep_until(end_ns + 1 * MS);
}

static void sleeper(void)
{
	unsigned int i;

	for (i = 0; i < round_count; i++) {
		struct weft_task task = weft_task_begin("round");

		sleep_until(now_ns(CLOCK_MONOTONIC) + 3 * MS);
		weft_task_end(&task);
	}
}

static void sender(void)
{
	unsigned int i;

	for (i = 0; i < round_count; i++) {
		sleep_until(start_ns + (i + 1) * 3 * MS);
		send_byte(0);
	}
}

static void poller(void)
{
	struct epoll_event event = {.events = EPOLLIN};
	int epoll = epoll_create1(EPOLL_CLOEXEC);
	unsigned int i;

	must(epoll >= 0, "epoll_create1");
	must(epoll_ctl(epoll, EPOLL_CTL_ADD, pipes[0][0], &event) == 0, "epoll_ctl");
	for (i = 0; i < round_count; i++) {
		struct weft_task task = weft_task_begin("round");

		must(epoll_wait(epoll, &event, 1, -1) == 1, "epoll_wait");
		receive_byte(0);
		weft_task_end(&task);
	}
	(void)close(epoll);
}

static void first(void)
{
	unsigned int i;

	for (i = 0; i < round_count; i++) {
		struct weft_task task = weft_task_begin("round");
		struct weft_region region = weft_region_begin("ask");

		work(1 * MS);
		weft_region_end(&region);
		send_byte(0);
		receive_byte(2);
		weft_task_end(&task);
	}
}

static void second(void)
{
	unsigned int i;

	for (i = 0; i < round_count; i++) {
		receive_byte(0);
		work(2 * MS);
		send_byte(1);
	}
}

static void third(void)
{
	unsigned int i;

	for (i = 0; i < round_count; i++) {
		receive_byte(1);
		work(3 * MS);
		send_byte(2);
	}
}

static struct scene scenes[] = {
	{"pingpong", {{"ping", ping, 0, {0}}, {"pong", pong, 1, {0}}}},
	{"mutex", {{"owner", owner, -1, {0}}, {"waiter", waiter, -1, {0}}}},
	{"hogs", {{"hog-a", hog_in_task, 0, {0}}, {"hog-b", hog, 0, {0}}}},
	{"sleep", {{"sleeper", sleeper, -1, {0}}}},
	{"epoll", {{"sender", sender, -1, {0}}, {"poller", poller, -1, {0}}}},
	{"chain",
	 {{"first", first, -1, {0}}, {"second", second, -1, {0}}, {"third", third, -1, {0}}}},
};

/* ---- Threads ---- */

static void take_account(struct account *account, int64_t began_ns)
{
	struct rusage usage;
	FILE *file = fopen("/proc/thread-self/schedstat", "re");

	must(file != NULL, "/proc/thread-self/schedstat");
	must(fscanf(file, "%llu %llu", &account->run_ns, &account->wait_ns) == 2, "schedstat");
	(void)fclose(file);
	must(getrusage(RUSAGE_THREAD, &usage) == 0, "getrusage");
	account->tid = gettid();
	account->voluntary = usage.ru_nvcsw;
	account->involuntary = usage.ru_nivcsw;
	account->cpu_ns = now_ns(CLOCK_THREAD_CPUTIME_ID);
	account->wall_ns = now_ns(CLOCK_MONOTONIC) - began_ns;
}

static void *run_actor(void *arg)
{
	struct actor *actor = (struct actor *)arg;
	int64_t began_ns = now_ns(CLOCK_MONOTONIC);

	weft_thread_set_name(actor->name);
	(void)pthread_setname_np(pthread_self(), actor->name);
	sleep_until(start_ns); /* All are there by then. */
	actor->act();
	take_account(&actor->account, began_ns);
	return NULL;
}

static void start(struct actor *actor, pthread_t *ret_thread)
{
	struct sched_param priority = {.sched_priority = 1};
	pthread_attr_t attributes;
	cpu_set_t cpus;

	must(pthread_attr_init(&attributes) == 0, "pthread_attr_init");
	if (actor->cpu >= 0) {
		CPU_ZERO(&cpus);
		CPU_SET(actor->cpu, &cpus);
		must(pthread_attr_setaffinity_np(&attributes, sizeof(cpus), &cpus) == 0,
		     "setaffinity");
	}
	must(pthread_attr_setschedpolicy(&attributes, SCHED_RR) == 0 &&
		     pthread_attr_setschedparam(&attributes, &priority) == 0 &&
		     pthread_attr_setinheritsched(&attributes, PTHREAD_EXPLICIT_SCHED) == 0,
	     "setschedpolicy");
	errno = pthread_create(ret_thread, &attributes, run_actor, actor);
	if (errno == EPERM) {
		must(pthread_attr_setinheritsched(&attributes, PTHREAD_INHERIT_SCHED) == 0,
		     "setinheritsched");
		errno = pthread_create(ret_thread, &attributes, run_actor, actor);
	}
	must(errno == 0, "pthread_create");
	(void)pthread_attr_destroy(&attributes);
}

static void play(struct scene *scene)
{
	pthread_t threads[THREAD_COUNT_MAX];
	unsigned int i;

	for (i = 0; i < 3; i++) {
		must(pipe2(pipes[i], O_CLOEXEC) == 0, "pipe2");
	}
	start_ns = now_ns(CLOCK_MONOTONIC) + 20 * MS;
	for (i = 0; i < THREAD_COUNT_MAX && scene->actors[i].name; i++) {
		start(&scene->actors[i], &threads[i]);
	}
	for (i = 0; i < THREAD_COUNT_MAX && scene->actors[i].name; i++) {
		const struct account *account = &scene->actors[i].account;

		must(pthread_join(threads[i], NULL) == 0, "pthread_join");
		(void)printf("%s %d %lld %lld %llu %llu %ld %ld\n", scene->actors[i].name,
			     account->tid, (long long)account->wall_ns, (long long)account->cpu_ns,
			     account->run_ns, account->wait_ns, account->voluntary,
			     account->involuntary);
	}
}

int main(int argc, char **argv)
{
	size_t i;

	if (argc == 3) {
		round_count = (unsigned int)strtoul(argv[2], NULL, 10);
		for (i = 0; i < sizeof(scenes) / sizeof(scenes[0]); i++) {
			if (strcmp(argv[1], scenes[i].name) == 0) {
				play(&scenes[i]);
				return 0;
			}
		}
	}
	(void)fprintf(stderr, "usage: %s pingpong|mutex|hogs|sleep|epoll|chain COUNT\n", argv[0]);
	return 2;
}
