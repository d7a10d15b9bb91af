// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * See cpu-threads.h.
 */
#include "cpu-threads.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "control.h"
#include "proc-file.h"
#include "stack-bounds.h"

#define NS_PER_S   UINT64_C(1000000000)
#define NS_PER_US  1000U
#define NO_TIMER   (-1)
#define SIGNAL_BIT (UINT64_C(1) << (SIGPROF - 1))

struct thread {
	int32_t tid;
	int timer;              /* The kernel's number, or NO_TIMER. */
	bool present;           /* Seen by the running scan. */
	uint64_t cpu_before_ns; /* Its clock when it was found. */
	uint64_t next_ask_ns;   /* Wall engine: what its clock shows when it is to be asked. */
};

/* Guards all below. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct {
	uint32_t id; /* 0: no session. */
	enum weft_cpu_engine engine;
	uint64_t period_ns;
	struct thread *threads; /* By tid. */
	size_t count, size;
	int32_t own_tid; /* Of the thread that scans, which is not sampled. */
	uint64_t random;
	struct weft_cpu_thread_report report;
} session;
/* session.id, to be asked without the lock. */
static _Atomic uint32_t running_id;

/* ---- Clocks and timers ---- */

/* The kernel's way to name it: see CPUCLOCK_PERTHREAD_MASK, CPUCLOCK_SCHED. */
clockid_t weft_cpu_threads_clock(int32_t tid)
{
	return (clockid_t)((~(unsigned int)tid << 3) | 6U);
}

uint64_t weft_cpu_threads_clock_ns(int32_t tid)
{
	struct timespec now;

	if (clock_gettime(weft_cpu_threads_clock(tid), &now) < 0) {
		return 0;
	}
	return (uint64_t)now.tv_sec * NS_PER_S + (uint64_t)now.tv_nsec;
}

static struct timespec to_timespec(uint64_t ns)
{
	return (struct timespec){(time_t)(ns / NS_PER_S), (long)(ns % NS_PER_S)};
}

/* xorshift64*: phases need to be spread, not to be secret. */
static uint64_t random_phase_ns(void)
{
	session.random ^= session.random >> 12;
	session.random ^= session.random << 25;
	session.random ^= session.random >> 27;
	return 1 + (session.random * UINT64_C(0x2545f4914f6cdd1d) >> 11) % session.period_ns;
}

static void delete_timer(struct thread *thread)
{
	if (thread->timer != NO_TIMER) {
		(void)syscall(SYS_timer_delete, thread->timer); /* Gone either way. */
		thread->timer = NO_TIMER;
	}
}

/* The first expiry lies anywhere in the first period: threads do not beat together. */
static int create_timer(struct thread *thread)
{
	struct itimerspec when = {to_timespec(session.period_ns), to_timespec(random_phase_ns())};
	struct sigevent event;
	int timer;

	memset(&event, 0, sizeof(event));
	event.sigev_notify = SIGEV_THREAD_ID;
	event.sigev_signo = SIGPROF;
	event.sigev_value.sival_int = (int)session.id;
	event._sigev_un._tid = thread->tid;
	if (syscall(SYS_timer_create, weft_cpu_threads_clock(thread->tid), &event, &timer) < 0) {
		return -errno;
	}
	thread->timer = timer;
	if (syscall(SYS_timer_settime, timer, 0, &when, NULL) < 0) {
		int ret = -errno;

		delete_timer(thread);
		return ret;
	}
	return 0;
}

/* A timer outlives its thread, whose number may be another's by now; it then has no interval. */
static bool is_timer_dead(const struct thread *thread)
{
	struct itimerspec left;

	return thread->timer != NO_TIMER &&
	       (syscall(SYS_timer_gettime, thread->timer, &left) < 0 ||
		(left.it_interval.tv_sec == 0 && left.it_interval.tv_nsec == 0));
}

static int start_process_timer(uint64_t period_ns)
{
	suseconds_t us = (suseconds_t)(period_ns / NS_PER_US % 1000000);
	struct itimerval every = {{(time_t)(period_ns / NS_PER_S), us},
				  {(time_t)(period_ns / NS_PER_S), us}};

	return setitimer(ITIMER_PROF, &every, NULL) < 0 ? -errno : 0;
}

/* ---- The list of threads. Under the lock ---- */

/* Where the thread is, or where it belongs. */
static size_t place(int32_t tid)
{
	size_t low = 0;
	size_t high = session.count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (session.threads[middle].tid < tid) {
			low = middle + 1;
		} else {
			high = middle;
		}
	}
	return low;
}

static struct thread *find(int32_t tid)
{
	size_t at = place(tid);

	return at < session.count && session.threads[at].tid == tid ? &session.threads[at] : NULL;
}

static struct thread *insert(int32_t tid)
{
	size_t at;

	if (session.count == session.size) {
		size_t size = session.size ? 2 * session.size : 64;
		struct thread *threads =
			(struct thread *)realloc(session.threads, size * sizeof(*threads));

		if (!threads) {
			return NULL;
		}
		session.threads = threads;
		session.size = size;
	}
	at = place(tid);
	memmove(&session.threads[at + 1], &session.threads[at],
		(session.count - at) * sizeof(struct thread));
	session.count++;
	session.threads[at] = (struct thread){.tid = tid, .timer = NO_TIMER};
	return &session.threads[at];
}

static void arm(struct thread *thread)
{
	int ret = 0;

	thread->cpu_before_ns = weft_cpu_threads_clock_ns(thread->tid);
	thread->next_ask_ns = thread->cpu_before_ns + random_phase_ns();
	if (session.engine == WEFT_CPU_ENGINE_THREAD_TIMERS) {
		ret = create_timer(thread);
	}
	/* EINVAL: it has ended since it was listed, and needs none. */
	if (ret < 0 && ret != -EINVAL) {
		session.report.unarmed_count++;
	}
	session.report.thread_count++;
}

/* ---- Scans. Under the lock ---- */

struct scan {
	bool is_first; /* What threads did before the session is nobody's loss. */
	bool found_new;
	bool out_of_memory;
};

static bool visit_thread(void *ctx, int32_t tid)
{
	struct scan *scan = (struct scan *)ctx;
	struct thread *thread = find(tid);

	if (tid == session.own_tid) {
		return true;
	}
	if (thread && is_timer_dead(thread)) {
		delete_timer(thread);
		thread->present = true;
		arm(thread);
		return true;
	}
	if (!thread) {
		thread = insert(tid);
		if (!thread) {
			scan->out_of_memory = true;
			return false;
		}
		arm(thread);
		scan->found_new = true;
		if (!scan->is_first) {
			session.report.unseen_ns += thread->cpu_before_ns;
		}
	}
	if (session.engine == WEFT_CPU_ENGINE_THREAD_TIMERS && thread->timer == NO_TIMER &&
	    create_timer(thread) == 0 && session.report.unarmed_count > 0) {
		session.report.unarmed_count--; /* There is room now. */
	}
	thread->present = true;
	return true;
}

static void remove_absent(void)
{
	size_t kept = 0;
	size_t i;

	for (i = 0; i < session.count; i++) {
		if (session.threads[i].present) {
			session.threads[i].present = false;
			session.threads[kept++] = session.threads[i];
		} else {
			delete_timer(&session.threads[i]);
		}
	}
	session.count = kept;
}

static int scan(struct scan *scan)
{
	int ret;

	/* Before the timers: a sample needs the stacks of its thread. */
	(void)weft_stack_bounds_refresh();
	ret = weft_proc_threads_walk(visit_thread, scan);
	if (ret == 0 && scan->out_of_memory) {
		ret = -ENOMEM;
	}
	if (ret == 0) {
		remove_absent();
	}
	if (scan->found_new && !scan->is_first) {
		(void)weft_stack_bounds_refresh(); /* Those that came between the two. */
	}
	return ret;
}

static bool engine_works(enum weft_cpu_engine engine)
{
	struct thread self = {.tid = gettid(), .timer = NO_TIMER};
	int ret;

	switch (engine) {
	case WEFT_CPU_ENGINE_THREAD_TIMERS:
		ret = create_timer(&self);
		delete_timer(&self);
		return ret == 0;
	case WEFT_CPU_ENGINE_PROCESS_TIMER:
		return start_process_timer(session.period_ns) == 0;
	default:
		return true;
	}
}

static void forget_threads(void)
{
	free(session.threads);
	session.threads = NULL;
	session.count = session.size = 0;
	session.id = 0;
	atomic_store_explicit(&running_id, 0, memory_order_relaxed);
}

/* Under the lock. -EAGAIN: some threads got no timer. */
static int start_engine(struct weft_cpu_session *sampled, enum weft_cpu_engine engine)
{
	struct scan first = {.is_first = true};
	size_t i;
	int ret;

	memset(&session.report, 0, sizeof(session.report));
	session.engine = engine;
	/* Relaxed: signals come of the timers that are made below. */
	atomic_store_explicit(&sampled->engine, engine, memory_order_relaxed);
	ret = scan(&first);
	if (ret == 0 && session.report.unarmed_count > 0) {
		for (i = 0; i < session.count; i++) {
			delete_timer(&session.threads[i]);
		}
		session.count = 0;
		ret = -EAGAIN;
	}
	return ret;
}

int weft_cpu_threads_start(struct weft_cpu_session *sampled, enum weft_cpu_engine wanted)
{
	int ret = -EAGAIN;

	(void)pthread_mutex_lock(&lock);
	session.id = sampled->id;
	session.period_ns = sampled->period_ns;
	session.own_tid = 0;
	if (getrandom(&session.random, sizeof(session.random), GRND_NONBLOCK) !=
	    (ssize_t)sizeof(session.random)) {
		session.random = weft_control__now_ns();
	}
	session.random |= 1;
	while (ret == -EAGAIN && wanted < WEFT_CPU_ENGINE_COUNT_) { /* The last one always works. */
		if (engine_works(wanted)) {
			ret = start_engine(sampled, wanted);
		}
		wanted++;
	}
	if (ret < 0) {
		forget_threads();
	} else {
		/* Relaxed: a thread that begins just now is found by the next scan. */
		atomic_store_explicit(&running_id, session.id, memory_order_relaxed);
	}
	(void)pthread_mutex_unlock(&lock);
	return ret;
}

void weft_cpu_threads_rescan(void)
{
	struct scan again = {.is_first = false};
	struct thread *self;

	(void)pthread_mutex_lock(&lock);
	if (session.own_tid == 0) {
		session.own_tid = gettid();
		self = find(session.own_tid);
		if (self) {
			delete_timer(self);
			session.report.thread_count--;
			self->present = false; /* Leaves the list with this scan. */
		}
	}
	if (session.id != 0) {
		(void)scan(&again); /* What could not be seen now may be seen the next time. */
	}
	(void)pthread_mutex_unlock(&lock);
}

static void ask(struct thread *thread, uint64_t period_count)
{
	siginfo_t info;

	memset(&info, 0, sizeof(info));
	info.si_code = SI_QUEUE;
	info.si_pid = weft_control.pid;
	info.si_uid = getuid();
	info.si_value.sival_ptr = (void *)(uintptr_t)weft_cpu_sampler_pack(
		session.id, period_count < UINT32_MAX ? (uint32_t)period_count : UINT32_MAX);
	/* A thread that has ended, or a full queue: the time stays unsampled. */
	(void)syscall(SYS_rt_tgsigqueueinfo, weft_control.pid, thread->tid, SIGPROF, &info);
}

void weft_cpu_threads_tick(void)
{
	size_t i;

	(void)pthread_mutex_lock(&lock);
	for (i = 0; session.engine == WEFT_CPU_ENGINE_WALL && i < session.count; i++) {
		struct thread *thread = &session.threads[i];
		uint64_t now_ns = weft_cpu_threads_clock_ns(thread->tid);

		if (now_ns >= thread->next_ask_ns && thread->tid != session.own_tid) {
			uint64_t period_count =
				1 + (now_ns - thread->next_ask_ns) / session.period_ns;

			thread->next_ask_ns += period_count * session.period_ns;
			ask(thread, period_count);
		}
	}
	(void)pthread_mutex_unlock(&lock);
}

/* ---- The end ---- */

/* Whether the thread had SIGPROF blocked while it used the CPU; noted if so. */
static void note_blocked(const struct thread *thread)
{
	struct weft_cpu_thread_report *report = &session.report;
	uint64_t now_ns = weft_cpu_threads_clock_ns(thread->tid);
	struct weft_proc_thread status;
	struct weft_cpu_blocked *blocked;

	if (now_ns < thread->cpu_before_ns + session.period_ns ||
	    weft_proc_thread_read(thread->tid, &status) < 0 || !(status.blocked & SIGNAL_BIT)) {
		return;
	}
	if (report->blocked_count < WEFT_CPU_BLOCKED_MAX) {
		blocked = &report->blocked[report->blocked_count];
		blocked->tid = thread->tid;
		blocked->cpu_ns = now_ns - thread->cpu_before_ns;
		memcpy(blocked->name, status.name, sizeof(blocked->name));
	}
	report->blocked_count++;
}

void weft_cpu_threads_stop(struct weft_cpu_thread_report *ret_report)
{
	const struct itimerval never = {{0, 0}, {0, 0}};
	size_t i;

	(void)pthread_mutex_lock(&lock);
	if (session.engine == WEFT_CPU_ENGINE_PROCESS_TIMER) {
		(void)setitimer(ITIMER_PROF, &never, NULL); /* Worked when it was started. */
	}
	for (i = 0; i < session.count; i++) {
		delete_timer(&session.threads[i]);
	}
	for (i = 0; i < session.count; i++) {
		note_blocked(&session.threads[i]);
	}
	*ret_report = session.report;
	forget_threads();
	(void)pthread_mutex_unlock(&lock);
}

/* ---- Threads that are seen ---- */

void weft_cpu_threads_begin_self(void)
{
	struct thread *thread;

	if (atomic_load_explicit(&running_id, memory_order_relaxed) == 0) {
		return;
	}
	(void)pthread_mutex_lock(&lock);
	if (session.id != 0 && !find(gettid())) {
		thread = insert(gettid());
		if (thread) { /* Else the next scan finds it. */
			arm(thread);
		}
	}
	(void)pthread_mutex_unlock(&lock);
}

void weft_cpu_threads_end_self(void)
{
	struct thread *thread;

	if (atomic_load_explicit(&running_id, memory_order_relaxed) == 0) {
		return;
	}
	(void)pthread_mutex_lock(&lock);
	thread = session.id != 0 ? find(gettid()) : NULL;
	if (thread) {
		delete_timer(thread);
		session.count--;
		memmove(thread, thread + 1,
			(size_t)(&session.threads[session.count] - thread) * sizeof(*thread));
	}
	(void)pthread_mutex_unlock(&lock);
}

/* ---- fork() ---- */

void weft_cpu_threads_lock(void)
{
	(void)pthread_mutex_lock(&lock);
}

void weft_cpu_threads_unlock(void)
{
	(void)pthread_mutex_unlock(&lock);
}

void weft_cpu_threads_forget(void)
{
	forget_threads();
}
