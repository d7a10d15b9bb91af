// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * See cpu-profile.h.
 */
#include "cpu-profile.h"

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "control.h"
#include "cpu-sampler.h"
#include "cpu-threads.h"
#include "mappings.h"
#include "sample-tags.h"
#include "span-names.h"
#include "stack-table.h"

#define NS_PER_S      UINT64_C(1000000000)
#define STACKS_MAX    65536U
#define TAGS_MAX      16384U
#define RESCAN_NS     (200 * UINT64_C(1000000))
#define OWN_STACK     (256U << 10)
#define REFRESH_SCANS 5U /* Mappings are looked at once a second. */

enum state { STATE_IDLE, STATE_RUNNING, STATE_STOPPING };

/* Guards all below. Rank: before those of cpu-threads, stack-bounds and mappings. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct {
	enum state state;
	uint32_t last_id;
	struct weft_cpu_session *session; /* Owned. */
	uint32_t asked_hz;
	int64_t started_wall_ns;
	uint64_t started_ns;     /* CLOCK_MONOTONIC. */
	uint64_t started_cpu_ns; /* Of the process. */
	pthread_t scanner;
	bool scanner_stops; /* Guarded by scanner_lock. */
} profile;
/* Guards scanner_stops; no other lock is taken while it is held. */
static pthread_mutex_t scanner_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t scanner_wakes; /* Of CLOCK_MONOTONIC; made anew for each session. */

static const struct {
	const char *name; /* In the environment variable WEFT_CPU_ENGINE. */
	const char *text; /* In the profile. */
} engines[WEFT_CPU_ENGINE_COUNT_] = {
	[WEFT_CPU_ENGINE_THREAD_TIMERS] = {"thread-timers",
					   "a timer on the CPU clock of each thread"},
	[WEFT_CPU_ENGINE_PROCESS_TIMER] = {"process-timer",
					   "ITIMER_PROF of the process: a sample has what all "
					   "threads used since the last one"},
	[WEFT_CPU_ENGINE_WALL] = {"wall", "a thread that asks those whose CPU clock went on"},
};

static uint64_t clock_ns(clockid_t clock)
{
	struct timespec now;

	(void)clock_gettime(clock, &now); /* Cannot fail for these clocks. */
	return (uint64_t)now.tv_sec * NS_PER_S + (uint64_t)now.tv_nsec;
}

/* Timers of CPU clocks expire at the kernel's tick, which the coarse clock steps by. */
static uint32_t tick_hz(void)
{
	struct timespec step;

	if (clock_getres(CLOCK_MONOTONIC_COARSE, &step) < 0 || step.tv_sec > 0 ||
	    step.tv_nsec == 0) {
		return WEFT_CPU_RATE_MAX_HZ;
	}
	return (uint32_t)((NS_PER_S + (uint64_t)step.tv_nsec / 2) / (uint64_t)step.tv_nsec);
}

/* ---- The thread that looks for threads ---- */

/* Waits for a moment; whether to go on. */
static bool wait_until(uint64_t when_ns)
{
	const struct timespec when = {(time_t)(when_ns / NS_PER_S), (long)(when_ns % NS_PER_S)};
	bool stops;
	int ret = 0;

	(void)pthread_mutex_lock(&scanner_lock);
	while (!profile.scanner_stops && ret == 0) {
		ret = pthread_cond_timedwait(&scanner_wakes, &scanner_lock, &when);
	}
	stops = profile.scanner_stops;
	(void)pthread_mutex_unlock(&scanner_lock);
	return !stops;
}

static void *scanner_main(void *argument)
{
	const struct weft_cpu_session *session = (const struct weft_cpu_session *)argument;
	bool asks = atomic_load_explicit(&session->engine, memory_order_relaxed) ==
		    WEFT_CPU_ENGINE_WALL;
	uint64_t step_ns = asks ? session->period_ns : RESCAN_NS;
	uint64_t next_ns = weft_control__now_ns();
	uint64_t next_scan_ns = next_ns;
	unsigned int scan_count = 0;

	do {
		if (next_ns >= next_scan_ns) {
			weft_cpu_threads_rescan();
			next_scan_ns += RESCAN_NS;
			/* So that what is unloaded before the end keeps its name. */
			if (scan_count++ % REFRESH_SCANS == 0) {
				(void)weft_mappings_refresh(false);
			}
		}
		if (asks) {
			weft_cpu_threads_tick();
		}
		next_ns += step_ns;
	} while (wait_until(next_ns));
	return NULL;
}

/* With every signal blocked: it is nobody's to interrupt. */
static int start_scanner(struct weft_cpu_session *session)
{
	pthread_condattr_t condition;
	pthread_attr_t attributes;
	sigset_t all, before;
	int ret = pthread_attr_init(&attributes);

	if (ret) {
		return -ret;
	}
	(void)pthread_condattr_init(&condition);
	(void)pthread_condattr_setclock(&condition, CLOCK_MONOTONIC);
	(void)pthread_cond_init(&scanner_wakes, &condition);
	(void)pthread_condattr_destroy(&condition);
	profile.scanner_stops = false;
	(void)pthread_attr_setstacksize(&attributes, OWN_STACK);
	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &before);
	ret = pthread_create(&profile.scanner, &attributes, scanner_main, session);
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	(void)pthread_attr_destroy(&attributes);
	if (ret == 0) {
		(void)pthread_setname_np(profile.scanner, "weft-cpu"); /* Only a name. */
	} else {
		(void)pthread_cond_destroy(&scanner_wakes);
	}
	return -ret;
}

static void stop_scanner(void)
{
	(void)pthread_mutex_lock(&scanner_lock);
	profile.scanner_stops = true;
	(void)pthread_cond_signal(&scanner_wakes);
	(void)pthread_mutex_unlock(&scanner_lock);
	(void)pthread_join(profile.scanner, NULL); /* Was started, and is joined once. */
	(void)pthread_cond_destroy(&scanner_wakes);
}

/* ---- Start ---- */

static void destroy_session(struct weft_cpu_session *session)
{
	if (session) {
		weft_stack_table_destroy(session->stacks);
		weft_sample_tags_destroy(session->tags);
		free(session);
	}
}

static struct weft_cpu_session *create_session(uint32_t id, uint32_t rate_hz)
{
	struct weft_cpu_session *session =
		(struct weft_cpu_session *)calloc(1, sizeof(struct weft_cpu_session));

	if (!session) {
		return NULL;
	}
	session->id = id;
	session->period_ns = (NS_PER_S + rate_hz / 2) / rate_hz;
	atomic_store_explicit(&session->charged_ns, clock_ns(CLOCK_PROCESS_CPUTIME_ID),
			      memory_order_relaxed);
	session->stacks = weft_stack_table_create(STACKS_MAX);
	session->tags = weft_sample_tags_create(TAGS_MAX, true);
	if (!session->stacks || !session->tags) {
		destroy_session(session);
		return NULL;
	}
	return session;
}

static enum weft_cpu_engine wanted_engine(void)
{
	const char *name = getenv("WEFT_CPU_ENGINE");
	unsigned int i;

	for (i = 0; name && i < WEFT_CPU_ENGINE_COUNT_; i++) {
		if (strcmp(name, engines[i].name) == 0) {
			return (enum weft_cpu_engine)i;
		}
	}
	return WEFT_CPU_ENGINE_THREAD_TIMERS;
}

static int refuse(int code, const char *text, const char **ret_reason)
{
	*ret_reason = text;
	return code;
}

/* Under the lock. The session is begun before the first timer runs. */
static int start_session(struct weft_cpu_session *session, const char **ret_reason)
{
	int ret;

	(void)weft_mappings_refresh(false); /* Addresses without names are better than nothing. */
	weft_cpu_sampler_begin(session);
	weft_span_names__want(WEFT_SPAN_NAMES_CPU);
	ret = weft_cpu_threads_start(session, wanted_engine());
	if (ret == 0) {
		ret = start_scanner(session);
		if (ret < 0) {
			struct weft_cpu_thread_report report;

			weft_cpu_threads_stop(&report);
		}
	}
	if (ret < 0) {
		weft_span_names__leave(WEFT_SPAN_NAMES_CPU);
		if (weft_cpu_sampler_end()) {
			destroy_session(session);
		}
		return refuse(ret, "the threads cannot be watched", ret_reason);
	}
	return 0;
}

static int start(uint32_t rate_hz, const char **ret_reason)
{
	uint32_t cap_hz = tick_hz();
	struct weft_cpu_session *session;
	int ret;

	if (profile.state != STATE_IDLE) {
		return refuse(-EBUSY, "cpu profiling already in use", ret_reason);
	}
	ret = weft_cpu_sampler_install();
	if (ret < 0) {
		return refuse(ret,
			      ret == -EEXIST ? "the program has a handler of its own for SIGPROF"
					     : "SIGPROF cannot be handled",
			      ret_reason);
	}
	profile.last_id = profile.last_id == INT32_MAX ? 1 : profile.last_id + 1;
	session = create_session(profile.last_id, rate_hz < cap_hz ? rate_hz : cap_hz);
	if (!session) {
		return refuse(-ENOMEM, "no memory for the samples", ret_reason);
	}
	profile.asked_hz = rate_hz;
	profile.started_wall_ns = weft_raw_profile_now_ns();
	profile.started_ns = weft_control__now_ns();
	profile.started_cpu_ns = clock_ns(CLOCK_PROCESS_CPUTIME_ID);
	ret = start_session(session, ret_reason);
	if (ret == 0) {
		profile.session = session;
		profile.state = STATE_RUNNING;
	}
	return ret;
}

int weft_cpu_profile_start(uint32_t rate_hz, const char **ret_reason)
{
	const char *setting = getenv("WEFT");
	int ret;

	if (setting && strcmp(setting, "off") == 0) {
		return refuse(-EPERM, "the environment says WEFT=off", ret_reason);
	}
	(void)pthread_mutex_lock(&lock);
	ret = start(rate_hz, ret_reason);
	(void)pthread_mutex_unlock(&lock);
	return ret;
}

bool weft_cpu_profile_is_running(void)
{
	bool running;

	(void)pthread_mutex_lock(&lock);
	running = profile.state != STATE_IDLE;
	(void)pthread_mutex_unlock(&lock);
	return running;
}

/* ---- Stop ---- */

static void write_samples(struct weft_raw_profile *raw, const struct weft_cpu_session *session)
{
	struct weft_stack_entry *entry;
	struct weft_sample_labels labels;
	uint32_t cursor = 0;

	while ((entry = weft_stack_table_next(session->stacks, &cursor))) {
		int64_t count = atomic_load_explicit(&entry->values[0], memory_order_relaxed);
		const int64_t values[] = {count, count * (int64_t)session->period_ns};
		struct weft_raw_sample sample = {entry->pcs, entry->depth, values, NULL, 0, false};

		weft_sample_tags_describe(session->tags, entry->tag, &labels);
		sample.labels = labels.items;
		sample.label_count = labels.count;
		weft_raw_profile_add_sample(raw, &sample);
	}
}

static void write_thread_report(struct weft_raw_profile *raw,
				const struct weft_cpu_thread_report *report)
{
	uint32_t i;

	if (report->unarmed_count > 0) {
		weft_raw_profile_add_comment(raw,
					     "not sampled: %" PRIu32
					     " threads got no timer (see RLIMIT_SIGPENDING)",
					     report->unarmed_count);
	}
	for (i = 0; i < report->blocked_count && i < WEFT_CPU_BLOCKED_MAX; i++) {
		const struct weft_cpu_blocked *blocked = &report->blocked[i];

		weft_raw_profile_add_comment(raw,
					     "not sampled: thread %" PRId32
					     " '%s' blocks SIGPROF and used %.3f s of CPU",
					     blocked->tid, blocked->name,
					     (double)blocked->cpu_ns / (double)NS_PER_S);
	}
	if (i < report->blocked_count) {
		weft_raw_profile_add_comment(
			raw, "not sampled: %" PRIu32 " more threads that block SIGPROF",
			report->blocked_count - i);
	}
	if (report->unseen_ns >= NS_PER_S / 1000) {
		weft_raw_profile_add_comment(
			raw, "not sampled: %.3f s of CPU by new threads before they were seen",
			(double)report->unseen_ns / (double)NS_PER_S);
	}
}

static void write_comments(struct weft_raw_profile *raw, const struct weft_cpu_session *session,
			   uint64_t cpu_ns)
{
	uint64_t sampled_ns = atomic_load_explicit(&session->period_count, memory_order_relaxed) *
			      session->period_ns;
	uint64_t lost = weft_stack_table_lost(session->stacks);
	uint64_t untagged =
		weft_sample_tags_lost(session->tags) + weft_stack_table_untagged(session->stacks);
	double rate_hz = (double)NS_PER_S / (double)session->period_ns;
	enum weft_cpu_engine engine = atomic_load_explicit(&session->engine, memory_order_relaxed);

	weft_raw_profile_add_comment(raw, "engine: %s", engines[engine].text);
	if (profile.asked_hz > rate_hz + 0.5) {
		weft_raw_profile_add_comment(
			raw,
			"rate: %.0f Hz, the kernel's tick, instead of the %" PRIu32 " asked for",
			rate_hz, profile.asked_hz);
	} else {
		weft_raw_profile_add_comment(raw, "rate: %.0f Hz", rate_hz);
	}
	weft_raw_profile_add_comment(raw, "cpu: the process used %.3f s, samples stand for %.3f s",
				     (double)cpu_ns / (double)NS_PER_S,
				     (double)sampled_ns / (double)NS_PER_S);
	if (lost > 0) {
		weft_raw_profile_add_comment(
			raw, "lost: %" PRIu64 " samples, more different stacks than fit", lost);
	}
	if (untagged > 0) {
		weft_raw_profile_add_comment(
			raw, "lost: the labels of %" PRIu64 " samples, too many different ones",
			untagged);
	}
	if (!weft_cpu_sampler_is_installed()) {
		weft_raw_profile_add_comment(
			raw, "not sampled: the program took SIGPROF over while this ran");
	}
}

/* Takes what the session has collected to `write`. process_cpu_ns: what the process's clock shows. */
static int write_profile(const struct weft_cpu_session *session, uint64_t process_cpu_ns,
			 const struct weft_cpu_thread_report *report,
			 weft_raw_profile_write_fn write, void *ctx)
{
	uint64_t cpu_ns = process_cpu_ns - profile.started_cpu_ns;
	uint64_t duration_ns = weft_control__now_ns() - profile.started_ns;
	struct weft_raw_profile *raw = weft_raw_profile_create(write, ctx);
	int ret;

	if (!raw) {
		return -ENOMEM;
	}
	weft_raw_profile_add_sample_type(raw, "samples", "count");
	weft_raw_profile_add_sample_type(raw, "cpu", "nanoseconds");
	weft_raw_profile_set_period(raw, "cpu", "nanoseconds", (int64_t)session->period_ns);
	weft_raw_profile_set_time(raw, profile.started_wall_ns, (int64_t)duration_ns);
	write_comments(raw, session, cpu_ns);
	write_thread_report(raw, report);
	write_samples(raw, session);
	ret = weft_raw_profile_finish(raw);
	weft_raw_profile_destroy(raw);
	return ret;
}

int weft_cpu_profile_stop(weft_raw_profile_write_fn write, void *ctx)
{
	struct weft_cpu_thread_report report;
	struct weft_cpu_session *session;
	bool is_drained;
	int ret = 0;

	(void)pthread_mutex_lock(&lock);
	session = profile.state == STATE_RUNNING ? profile.session : NULL;
	if (session) {
		profile.state = STATE_STOPPING; /* From here on this thread alone touches it. */
		profile.session = NULL;
	}
	(void)pthread_mutex_unlock(&lock);
	if (!session) {
		return -EALREADY;
	}
	stop_scanner();
	weft_cpu_threads_stop(&report);
	is_drained = weft_cpu_sampler_end();
	weft_span_names__leave(WEFT_SPAN_NAMES_CPU);
	if (write) {
		ret = write_profile(session, clock_ns(CLOCK_PROCESS_CPUTIME_ID), &report, write,
				    ctx);
	}
	if (is_drained) { /* Else a thread that is stopped in the handler may still come back. */
		destroy_session(session);
	}
	(void)pthread_mutex_lock(&lock);
	profile.state = STATE_IDLE;
	(void)pthread_mutex_unlock(&lock);
	return ret;
}

int weft_cpu_profile_write_copied(uint64_t process_cpu_ns, weft_raw_profile_write_fn write,
				  void *ctx)
{
	const struct weft_cpu_thread_report report = {0};

	/* Nobody else is here who could change it. */
	return profile.session ? write_profile(profile.session, process_cpu_ns, &report, write, ctx)
			       : -EALREADY;
}

/* ---- fork() ---- */

void weft_cpu_profile__lock(void)
{
	(void)pthread_mutex_lock(&lock);
}

void weft_cpu_profile__unlock(void)
{
	(void)pthread_mutex_unlock(&lock);
}

void weft_cpu_profile__forget(void)
{
	/* The parent's timers, handlers and threads are not here. */
	weft_cpu_sampler_forget();
	weft_cpu_threads_forget();
	destroy_session(profile.session);
	profile.session = NULL;
	profile.state = STATE_IDLE;
	weft_span_names__leave(WEFT_SPAN_NAMES_CPU);
	(void)pthread_mutex_init(&scanner_lock, NULL); /* Default attributes: cannot fail. */
}
