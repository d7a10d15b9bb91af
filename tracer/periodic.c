// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * See periodic.h.
 */
#include "periodic.h"

#include <errno.h>
#include <inttypes.h>
#include <malloc.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <weft/runtime.h>

#include "control.h"
#include "proc-file.h"
#include "thread-state.h"

#define NS_PER_MS  UINT64_C(1000000)
#define NS_PER_S   UINT64_C(1000000000)
#define OWN_STACK  (256U << 10)
#define LINE_SIZE  512
#define QUOTA_SIZE 24

struct sums {
	uint64_t cpu_ns, run_wait_ns, switch_count;
};

/* Of one line of either kind. */
struct trace {
	uint64_t every_ns; /* 0: not wanted. */
	uint64_t next_ns;
};

static struct {
	struct trace sched, alloc;
	bool has_detail;
	uint64_t start_ns;
	struct sums before; /* At the line before. */
} periodic;

/* What one look at all threads finds. */
struct look {
	uint32_t thread_count, running, sleeping, blocked;
	struct sums sums;
};

static double to_ms(uint64_t ns)
{
	return (double)ns / (double)NS_PER_MS;
}

/* At once, so that lines of others do not get in between. */
static void say(const char *line, int len)
{
	if (len > 0) {
		size_t size = len < LINE_SIZE ? (size_t)len : LINE_SIZE - 1;

		(void)!write(STDERR_FILENO, line, size); /* Nowhere else to tell. */
	}
}

static unsigned int now_ms(void)
{
	return (unsigned int)((weft_control__now_ns() - periodic.start_ns) / NS_PER_MS);
}

/* "1.5" or "none". */
static const char *format_quota(char storage[QUOTA_SIZE])
{
	double quota = weft_runtime_cpu_quota();

	if (quota > 0) {
		(void)snprintf(storage, QUOTA_SIZE, "%.2f", quota);
	} else {
		(void)snprintf(storage, QUOTA_SIZE, "none");
	}
	return storage;
}

static void read_sums(int32_t tid, struct sums *ret_sums)
{
	char text[96];

	memset(ret_sums, 0, sizeof(*ret_sums));
	if (weft_proc_task_peek(tid, "schedstat", text, sizeof(text)) > 0) {
		char *at = text;

		ret_sums->cpu_ns = strtoull(at, &at, 10);
		ret_sums->run_wait_ns = strtoull(at, &at, 10);
	}
}

static void tell_thread(int32_t tid, const struct weft_proc_thread *thread, const struct sums *sums)
{
	struct weft_thread_syscall syscall;
	char line[LINE_SIZE];

	weft_thread_state_read_syscall(tid, &syscall);
	say(line, snprintf(line, sizeof(line),
			   "  T%" PRId32 ": state=%s cpu=%.1fms runwait=%.1fms switches=%" PRIu64
			   " name=%s\n",
			   tid, weft_thread_state_name(thread->state, &syscall, NULL, 0),
			   to_ms(sums->cpu_ns), to_ms(sums->run_wait_ns), thread->switch_count,
			   thread->name));
}

static bool look_at_thread(void *ctx, int32_t tid)
{
	struct look *look = (struct look *)ctx;
	struct weft_proc_thread thread;
	struct sums sums;

	if (weft_proc_thread_read(tid, &thread) < 0) {
		return true; /* It has ended. */
	}
	read_sums(tid, &sums);
	look->thread_count++;
	look->running += thread.state == 'R';
	look->sleeping += thread.state == 'S';
	look->blocked += thread.state == 'D';
	look->sums.cpu_ns += sums.cpu_ns;
	look->sums.run_wait_ns += sums.run_wait_ns;
	look->sums.switch_count += thread.switch_count;
	return true;
}

static bool tell_about_thread(void *ctx, int32_t tid)
{
	struct weft_proc_thread thread;
	struct sums sums;

	(void)ctx;
	if (weft_proc_thread_read(tid, &thread) == 0) {
		read_sums(tid, &sums);
		tell_thread(tid, &thread, &sums);
	}
	return true;
}

/* Threads that ended took their sums with them: never below 0. */
static uint64_t since(uint64_t now, uint64_t before)
{
	return now > before ? now - before : 0;
}

static void tell_sched(void)
{
	char quota[QUOTA_SIZE];
	char line[LINE_SIZE];
	struct look look = {0};

	(void)weft_proc_threads_walk(look_at_thread, &look); /* Without /proc there are none. */
	say(line, snprintf(line, sizeof(line),
			   "SCHED %ums: cpus=%d quota=%s threads=%" PRIu32 " running=%" PRIu32
			   " sleeping=%" PRIu32 " blocked=%" PRIu32
			   " cpu=%.1fms runwait=%.1fms switches=%" PRIu64 "\n",
			   now_ms(), weft_runtime_cpu_count(), format_quota(quota),
			   look.thread_count, look.running, look.sleeping, look.blocked,
			   to_ms(since(look.sums.cpu_ns, periodic.before.cpu_ns)),
			   to_ms(since(look.sums.run_wait_ns, periodic.before.run_wait_ns)),
			   since(look.sums.switch_count, periodic.before.switch_count)));
	periodic.before = look.sums;
	if (periodic.has_detail) {
		(void)weft_proc_threads_walk(tell_about_thread, NULL);
	}
}

static void tell_alloc(void)
{
	struct mallinfo2 info = mallinfo2();
	unsigned long long rss_pages = 0;
	char text[96];
	char line[LINE_SIZE];
	char *at;

	if (weft_proc_file_peek("/proc/self/statm", text, sizeof(text)) > 0) {
		(void)strtoull(text, &at, 10); /* The first is the address space. */
		rss_pages = strtoull(at, NULL, 10);
	}
	say(line, snprintf(line, sizeof(line),
			   "ALLOC %ums: inuse=%zu free=%zu sys=%zu mapped=%zu rss=%llu\n", now_ms(),
			   info.uordblks + info.hblkhd, info.fordblks, info.arena + info.hblkhd,
			   info.hblkhd, rss_pages * (unsigned long long)sysconf(_SC_PAGESIZE)));
}

/* Tells if it is time; when it will be the next time, if that is before `next_ns`. */
static uint64_t take_turn(struct trace *trace, void (*tell)(void), uint64_t next_ns)
{
	uint64_t now_ns = weft_control__now_ns();

	if (trace->every_ns == 0) {
		return next_ns;
	}
	if (now_ns >= trace->next_ns) {
		tell();
		/* What could not be told in time is left out. */
		trace->next_ns +=
			(1 + (now_ns - trace->next_ns) / trace->every_ns) * trace->every_ns;
	}
	return trace->next_ns < next_ns ? trace->next_ns : next_ns;
}

static void *run(void *unused)
{
	for (;;) {
		uint64_t next_ns = take_turn(&periodic.alloc, tell_alloc,
					     take_turn(&periodic.sched, tell_sched, UINT64_MAX));
		const struct timespec when = {(time_t)(next_ns / NS_PER_S),
					      (long)(next_ns % NS_PER_S)};

		/* Woken early: looks at the clock again. */
		(void)clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &when, NULL);
	}
	return unused;
}

int weft_periodic_start(int64_t sched_ms, bool has_detail, int64_t alloc_ms)
{
	pthread_attr_t attributes;
	sigset_t all, before;
	pthread_t thread;
	int ret;

	if (sched_ms <= 0 && alloc_ms <= 0) {
		return 0;
	}
	periodic.start_ns = weft_control__now_ns();
	periodic.has_detail = has_detail;
	periodic.sched = (struct trace){(uint64_t)sched_ms * NS_PER_MS, periodic.start_ns};
	periodic.alloc = (struct trace){(uint64_t)alloc_ms * NS_PER_MS, periodic.start_ns};
	ret = pthread_attr_init(&attributes);
	if (ret != 0) {
		return -ret;
	}
	(void)pthread_attr_setstacksize(&attributes, OWN_STACK); /* Else it has the usual one. */
	(void)pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &before);
	ret = pthread_create(&thread, &attributes, run, NULL);
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	(void)pthread_attr_destroy(&attributes);
	if (ret == 0) {
		(void)pthread_setname_np(thread, "weft-periodic"); /* Only a name. */
	}
	return -ret;
}
