// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Choosing an engine and draining it. See capture.h.
 */
#include "capture.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "clock.h"
#include "code-maps.h"
#include "statedump.h"

/*
 * A CPU that does nothing but switch writes some 60 MB a second: 8 MiB hold it for longer than the
 * longest pause below, and engines wake the reader when half of it is full, who may then have to wait
 * for a CPU.
 */
#define RING_BYTES   (UINT64_C(8) << 20)
#define MUCH_BYTES   (UINT64_C(512) << 10) /* In one ring, after a pause: the next one is shorter. */
#define RINGS_SHARE  64                    /* Of the machine's memory, all rings together. */
#define PAUSE_MIN_MS 2
#define PAUSE_MAX_MS 50
#define FLUSH_NS     UINT64_C(1000000000)

struct weft_capture {
	const struct weft_engine *engine;
	void *state;
	uint64_t ring_bytes;
	uint64_t begin_ns;               /* No event is older. */
	struct weft_code_maps *mappings; /* NULL: not watched. */
	struct weft_kernel_trace trace;  /* Guarded by lock while the thread runs. */
	pthread_mutex_t lock;
	pthread_t thread;
	bool thread_runs;
	int stop_fd; /* Readable when the thread is to end. */
};

const struct weft_engine *const weft_capture_engines[] = {
	&weft_engine_bpf,
	&weft_engine_perf,
	&weft_engine_switch,
	NULL,
};

/* ---- The thread ---- */

/* What was mapped first: it is what addresses in events belong to. */
static uint64_t drain(struct weft_capture *capture)
{
	if (capture->mappings) {
		weft_code_maps_drain(capture->mappings, &capture->trace);
	}
	return capture->engine->drain(capture->state, &capture->trace);
}

static void *drain_until_stopped(void *ctx)
{
	struct weft_capture *capture = (struct weft_capture *)ctx;
	struct pollfd fds[2] = {
		{.fd = capture->stop_fd, .events = POLLIN},
		{.fd = capture->engine->get_fd(capture->state), .events = POLLIN},
	};
	uint64_t flushed_ns = weft_clock_now_ns();
	int pause_ms = PAUSE_MIN_MS;
	uint64_t most;

	do {
		(void)poll(fds, 2, pause_ms);             /* Whatever woke us, all is looked at. */
		(void)pthread_mutex_lock(&capture->lock); /* Ours: cannot fail. */
		most = drain(capture);
		if (weft_clock_now_ns() - flushed_ns >= FLUSH_NS) {
			flushed_ns = weft_clock_now_ns();
			weft_kernel_trace_flush(&capture->trace);
		}
		(void)pthread_mutex_unlock(&capture->lock); /* Locked above. */
		if (most > MUCH_BYTES || most > capture->ring_bytes / 8) {
			pause_ms = pause_ms / 2 > PAUSE_MIN_MS ? pause_ms / 2 : PAUSE_MIN_MS;
		} else if (pause_ms < PAUSE_MAX_MS) {
			pause_ms = pause_ms * 2 < PAUSE_MAX_MS ? pause_ms * 2 : PAUSE_MAX_MS;
		}
	} while (!(fds[0].revents & POLLIN));
	return NULL;
}

/* Signals are the caller's. */
static int start_thread(struct weft_capture *capture, struct weft_error *err)
{
	sigset_t all;
	sigset_t old;
	int ret;

	(void)sigfillset(&all);                         /* Cannot fail. */
	(void)pthread_sigmask(SIG_SETMASK, &all, &old); /* Valid arguments. */
	ret = pthread_create(&capture->thread, NULL, drain_until_stopped, capture);
	(void)pthread_sigmask(SIG_SETMASK, &old, NULL); /* Valid arguments. */
	if (ret) {
		return weft_error_set_errno(err, -ret,
					    "cannot start the thread that reads "
					    "scheduling events");
	}
	capture->thread_runs = true;
	return 0;
}

static void stop_thread(struct weft_capture *capture)
{
	const uint64_t one = 1;

	if (capture->thread_runs) {
		(void)!write(capture->stop_fd, &one, sizeof(one)); /* An empty counter has room. */
		(void)pthread_join(capture->thread, NULL);         /* Ours, joined once. */
		capture->thread_runs = false;
	}
}

/* ---- Opening ---- */

static void choose_sizes(struct weft_engine_request *request)
{
	long pages = sysconf(_SC_PHYS_PAGES);
	long cpus = sysconf(_SC_NPROCESSORS_CONF);
	uint64_t memory = (uint64_t)(pages > 0 ? pages : 1) * (uint64_t)sysconf(_SC_PAGESIZE);

	request->cpu_count = cpus > 0 ? (uint32_t)cpus : 1;
	request->ring_bytes = RING_BYTES;
	while (request->ring_bytes > (64U << 10) &&
	       request->ring_bytes * request->cpu_count > memory / RINGS_SHARE) {
		request->ring_bytes /= 2;
	}
}

struct sight {
	const struct weft_engine *engine;
	const struct weft_engine_request *request;
};

/* Whether a process that is there already is watched: a command is not yet. */
static bool sees_state(const void *ctx, pid_t pid, int dir)
{
	const struct sight *sight = (const struct sight *)ctx;
	char name[16];
	struct stat status;

	if (sight->engine->sees_all) {
		return true;
	}
	switch (sight->request->scope) {
	case WEFT_RECORD_SCOPE_COMMAND:
		return false;
	case WEFT_RECORD_SCOPE_PROCESS:
		return pid == sight->request->pid;
	default:
		(void)snprintf(name, sizeof(name), "%d", (int)pid);
		return fstatat(dir, name, &status, 0) == 0 &&
		       (status.st_uid == geteuid() || geteuid() == 0) && pid != getpid();
	}
}

static int write_trace(struct weft_capture *capture, const struct weft_capture_options *options,
		       const struct weft_engine_request *request, struct weft_error *err)
{
	const struct weft_engine *engine = capture->engine;
	const struct weft_kernel_layout layout = {
		.clock_offset_ns = options->clock_offset_ns,
		.tier = weft_record_tier_name(engine->tier),
		.engine = engine->name,
		.blocks = engine->blocks,
		.wakers = engine->wakers,
		.syscalls = engine->has_syscalls && request->syscalls,
		.chains = engine->has_chains && request->chains,
	};
	const struct sight sight = {engine, request};
	int ret = weft_kernel_trace_init(&capture->trace, options->dir, &layout, request->cpu_count,
					 err);

	if (ret < 0) {
		return ret;
	}
	if (layout.chains) {
		(void)weft_code_maps_dump(&capture->trace, capture->begin_ns); /* As below. */
	}
	(void)weft_statedump_write(&capture->trace, sees_state, &sight); /* What could be seen. */
	return start_thread(capture, err);
}

static void release(struct weft_capture *capture)
{
	if (capture->state) {
		capture->engine->close(capture->state);
	}
	weft_code_maps_close(capture->mappings);
	(void)close(capture->stop_fd);               /* Nothing to lose. */
	(void)pthread_mutex_destroy(&capture->lock); /* Nobody holds it. */
	free(capture);
}

static bool is_wanted(const struct weft_capture_options *options, const struct weft_engine *engine)
{
	if (options->engine && strcmp(options->engine, engine->name) != 0) {
		return false;
	}
	return options->forced ? engine->tier == options->tier : engine->tier <= options->tier;
}

/* The first that starts; each that does not adds a clause. */
static int choose_engine(const struct weft_capture_options *options,
			 const struct weft_engine_request *request, struct weft_capture *capture,
			 struct weft_error *refusal)
{
	struct weft_error why;
	char before[WEFT_ERROR_TEXT_SIZE];
	size_t i;

	for (i = 0; weft_capture_engines[i]; i++) {
		const struct weft_engine *engine = weft_capture_engines[i];
		int ret;

		if (!is_wanted(options, engine)) {
			continue;
		}
		ret = engine->open(request, &capture->state, &why);
		if (ret == 0) {
			capture->engine = engine;
			return 0;
		}
		capture->state = NULL;
		(void)snprintf(before, sizeof(before), "%s", refusal->text);
		(void)weft_error_set(refusal, ret, "%s%s%s", before, before[0] ? "; " : "",
				     why.text);
	}
	return refusal->code ? refusal->code : -ENOENT;
}

/* What was asked for and is not obtained, beside other things that are not. */
static void add_clause(struct weft_error *refusal, const char *clause)
{
	char before[WEFT_ERROR_TEXT_SIZE];

	(void)snprintf(before, sizeof(before), "%s", refusal->text);
	(void)weft_error_set(refusal, -EOPNOTSUPP, "%s%s%s", before, before[0] ? "; " : "", clause);
}

/* Without it functions of the processes that are there already have names. */
static void watch_mappings(struct weft_capture *capture, const struct weft_engine_request *request,
			   struct weft_error *refusal)
{
	struct weft_error why = WEFT_ERROR_INIT;
	char clause[WEFT_ERROR_TEXT_SIZE];

	if (weft_code_maps_open(request->cpu_count, &capture->mappings, &why) < 0) {
		(void)snprintf(clause, sizeof(clause),
			       "call chains of programs that start later have no names: %.900s",
			       why.text);
		add_clause(refusal, clause);
	}
}

int weft_capture_open(const struct weft_capture_options *options, struct weft_capture **ret_capture,
		      struct weft_error *ret_refusal, struct weft_error *err)
{
	struct weft_capture *capture = (struct weft_capture *)calloc(1, sizeof(*capture));
	struct weft_engine_request request = options->request;
	int ret;

	*ret_capture = NULL;
	*ret_refusal = (struct weft_error)WEFT_ERROR_INIT;
	if (!capture) {
		return weft_error_set(err, -ENOMEM, "out of memory");
	}
	(void)pthread_mutex_init(&capture->lock, NULL); /* Cannot fail without attributes. */
	capture->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	choose_sizes(&request);
	capture->ring_bytes = request.ring_bytes;
	capture->begin_ns = weft_clock_now_ns();
	ret = choose_engine(options, &request, capture, ret_refusal);
	if (ret < 0) {
		release(capture);
		if (!options->forced) {
			return 0;
		}
		return ret_refusal->code ? weft_error_set(err, ret, "%s", ret_refusal->text)
					 : weft_error_set(err, ret, "no engine '%s' of that tier",
							  options->engine);
	}
	if (request.syscalls && !capture->engine->has_syscalls) {
		add_clause(ret_refusal, "system calls are told by tracepoints:bpf only");
	}
	if (request.chains && !capture->engine->has_chains) {
		add_clause(ret_refusal, "call chains are told by tier 'tracepoints' only");
	} else if (request.chains) {
		watch_mappings(capture, &request, ret_refusal);
	}
	ret = write_trace(capture, options, &request, err);
	if (ret < 0) {
		(void)weft_kernel_trace_fini(&capture->trace, NULL); /* An error is on its way. */
		release(capture);
		return ret;
	}
	*ret_capture = capture;
	return 0;
}

int weft_capture_try(const struct weft_engine *engine, struct weft_error *err)
{
	struct weft_engine_request request = {.scope = WEFT_RECORD_SCOPE_COMMAND};
	void *state = NULL;
	int ret;

	choose_sizes(&request);
	ret = engine->open(&request, &state, err);
	if (ret == 0) {
		engine->close(state);
	}
	return ret;
}

/* ---- Running and closing ---- */

enum weft_record_tier weft_capture_get_tier(const struct weft_capture *capture)
{
	return capture->engine->tier;
}

void weft_capture_set_offset(struct weft_capture *capture, int64_t clock_offset_ns)
{
	struct weft_error ignored;

	(void)pthread_mutex_lock(&capture->lock); /* Ours: cannot fail. */
	/* The metadata that is there is off by microseconds at most. */
	if (weft_kernel_trace_set_offset(&capture->trace, clock_offset_ns, &ignored) < 0) {
		capture->trace.layout.clock_offset_ns = clock_offset_ns;
	}
	(void)pthread_mutex_unlock(&capture->lock); /* Locked above. */
}

/*
 * A thread that leaves a CPU that another one came to: the kernel has not shown what was between. Some
 * guests' agents are hidden from tracers.
 */
static void find_broken(const struct weft_capture *capture, struct weft_engine_report *report)
{
	const struct weft_kernel_trace *trace = &capture->trace;
	uint64_t broken = 0;
	size_t len = strlen(report->holes);
	int32_t tid = 0;
	uint32_t cpu;

	for (cpu = 0; cpu < trace->cpu_count; cpu++) {
		tid = broken ? tid : trace->cpus[cpu].broken_tid;
		broken += trace->cpus[cpu].broken_count;
	}
	if (broken > report->lost_count) {
		(void)snprintf(report->holes + len, sizeof(report->holes) - len,
			       "%sthe kernel did not show %llu switch%s to %s, the first by thread "
			       "%d (%s)",
			       len ? "; " : "", (unsigned long long)broken, broken == 1 ? "" : "es",
			       capture->engine->name, (int)tid,
			       weft_kernel_trace_name(trace, UINT64_MAX, tid));
	}
}

static void count(struct weft_capture *capture, struct weft_record_kernel *stats)
{
	struct weft_engine_report report;
	uint32_t cpu;

	memset(stats, 0, sizeof(*stats));
	capture->engine->report(capture->state, &report);
	find_broken(capture, &report);
	stats->engine = capture->engine->name;
	stats->event_count = capture->trace.event_count;
	stats->switch_count = capture->trace.switch_count;
	stats->cpu_count = capture->trace.cpu_count;
	(void)snprintf(stats->holes, sizeof(stats->holes), "%s", report.holes);
	for (cpu = 0; cpu < capture->trace.cpu_count; cpu++) {
		const struct weft_kernel_cpu *from = &capture->trace.cpus[cpu];

		stats->lost_count += from->stream.discarded;
		if (cpu < WEFT_RECORD_CPUS_MAX) {
			stats->cpus[cpu].in_count = from->in_count;
			stats->cpus[cpu].out_count = from->out_count;
			stats->cpus[cpu].lost_count = from->stream.discarded;
			stats->cpus[cpu].running = from->running > 0;
		}
	}
}

void weft_capture_get_stats(struct weft_capture *capture, struct weft_record_kernel *ret_stats)
{
	(void)pthread_mutex_lock(&capture->lock); /* Ours: cannot fail. */
	count(capture, ret_stats);
	(void)pthread_mutex_unlock(&capture->lock); /* Locked above. */
}

int weft_capture_close(struct weft_capture *capture, struct weft_record_kernel *ret_stats,
		       struct weft_error *err)
{
	int ret;

	stop_thread(capture);
	capture->engine->stop(capture->state);
	(void)drain(capture);                     /* The last of them. */
	weft_kernel_trace_flush(&capture->trace); /* What cannot be written counts as lost. */
	/* What slept to the end did so until now: no event of its own says that. */
	weft_kernel_trace_dump_end(&capture->trace, weft_clock_now_ns());
	count(capture, ret_stats);
	ret = weft_kernel_trace_fini(&capture->trace, err);
	release(capture);
	return ret;
}
