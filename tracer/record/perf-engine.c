// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Engines on perf_event_open(2). See engine.h.
 *
 * Tier `tracepoints`: on each CPU, in one ring, scheduler tracepoints, and the kernel's own switch
 * records. The records miss nothing but cost as much again and know no states; some kernels silently
 * drop what tracepoints raise in an idle thread. So both are compared on each CPU, which then keeps the
 * cheapest that is whole (enum weft_perf_source), and is compared again when a switch is missing.
 *
 * Tier `switch`: switch records of threads that the user may watch anyway, one event for each thread
 * and CPU, inherited by what they start. Nothing of the kernel's is looked at, so that
 * kernel.perf_event_paranoid up to 2 permits it.
 */
#include "engine.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "perf-state.h"
#include "pid-namespace.h"

static const char *const point_names[WEFT_POINT_COUNT] = {
	[WEFT_POINT_SWITCH] = "sched/sched_switch",
	[WEFT_POINT_WAKING] = "sched/sched_waking",
	[WEFT_POINT_WAKEUP_NEW] = "sched/sched_wakeup_new",
	[WEFT_POINT_EXEC] = "sched/sched_process_exec",
};

static const char *const field_names[WEFT_POINT_COUNT][WEFT_FIELD_COUNT] = {
	[WEFT_POINT_SWITCH] = {[WEFT_FIELD_TID] = "prev_pid",
			       [WEFT_FIELD_PRIO] = "prev_prio",
			       [WEFT_FIELD_NEXT_TID] = "next_pid",
			       [WEFT_FIELD_NEXT_PRIO] = "next_prio",
			       [WEFT_FIELD_STATE] = "prev_state"},
	[WEFT_POINT_WAKING] = {[WEFT_FIELD_TID] = "pid",
			       [WEFT_FIELD_PRIO] = "prio",
			       [WEFT_FIELD_TARGET_CPU] = "target_cpu"},
	[WEFT_POINT_WAKEUP_NEW] = {[WEFT_FIELD_TID] = "pid",
				   [WEFT_FIELD_PRIO] = "prio",
				   [WEFT_FIELD_TARGET_CPU] = "target_cpu"},
	[WEFT_POINT_EXEC] = {[WEFT_FIELD_TID] = "pid",
			     [WEFT_FIELD_OLD_TID] = "old_pid",
			     [WEFT_FIELD_TEXT] = "filename"},
};

/*
 * The tracepoint is taken for whole when so many switches were compared, and none out of idle, where
 * holes are, was missing. A CPU that is never idle has to show more of them.
 */
enum { ENOUGH_FROM_IDLE = 16, ENOUGH_SWITCHES = 200, ENOUGH_WITHOUT_IDLE = 5000 };

/* ---- Opening ---- */

static int keep_fd(struct weft_perf_state *state, int fd)
{
	if (state->fd_count == state->fd_capacity) {
		size_t capacity = state->fd_capacity ? state->fd_capacity * 2 : 64;
		int *fds = (int *)realloc(state->fds, capacity * sizeof(*fds));

		if (!fds) {
			(void)close(fd); /* Nothing was written. */
			return -ENOMEM;
		}
		state->fds = fds;
		state->fd_capacity = capacity;
	}
	state->fds[state->fd_count++] = fd;
	return 0;
}

static int explain(const struct weft_perf_state *state, struct weft_error *err, int code)
{
	if (code == -EACCES || code == -EPERM) {
		return weft_error_set(
			err, code,
			state->wide ? "perf: watching all CPUs is not permitted: needs CAP_PERFMON "
				      "(as root: setcap cap_perfmon=ep weft; containers: "
				      "--cap-add PERFMON and a seccomp profile that permits "
				      "perf_event_open) or sysctl kernel.perf_event_paranoid=-1"
				    : "perf: perf_event_open is not permitted: needs sysctl "
				      "kernel.perf_event_paranoid=2 or lower, and in containers a "
				      "seccomp profile that permits it (docker run --security-opt "
				      "seccomp=unconfined, or --privileged)");
	}
	if (code == -ENOSYS) {
		return weft_error_set(err, code,
				      "perf: perf_event_open is not there: the kernel lacks it, or "
				      "seccomp forbids it");
	}
	if (code == -EMFILE) {
		return weft_error_set(err, code,
				      "perf: one descriptor for each thread and CPU is needed: "
				      "raise ulimit -n");
	}
	return weft_error_set_errno(err, code, "perf: perf_event_open");
}

/* The first event of a CPU has the ring, the others write to it. */
static int use_ring(struct weft_perf_state *state, uint32_t number, int fd, struct weft_error *err)
{
	struct epoll_event watch = {.events = EPOLLIN};
	struct weft_perf_cpu *cpu = &state->cpus[number];
	int ret;

	if (cpu->fd >= 0) {
		return ioctl(fd, PERF_EVENT_IOC_SET_OUTPUT, cpu->fd) < 0
			       ? weft_error_set_errno(err, -errno, "perf: cannot share a ring")
			       : 0;
	}
	ret = weft_perf_ring_init(&cpu->ring, fd, state->ring_bytes, err);
	if (ret < 0) {
		return ret;
	}
	cpu->fd = fd;
	cpu->ring.has_chains = state->chains;
	watch.data.u32 = number;
	return epoll_ctl(state->epoll_fd, EPOLL_CTL_ADD, fd, &watch) < 0
		       ? weft_error_set_errno(err, -errno, "perf: cannot wait for a ring")
		       : 0;
}

/* @return 1: there is no such CPU or thread (any more). */
static int add_event(struct weft_perf_state *state, struct perf_event_attr *attr, pid_t pid,
		     uint32_t number, struct weft_error *err)
{
	int fd = weft_perf_open(attr, pid, (int)number);
	int ret;

	if (fd == -ENODEV || fd == -ESRCH) {
		return 1;
	}
	if (fd < 0) {
		return explain(state, err, fd);
	}
	ret = keep_fd(state, fd);
	return ret < 0 ? weft_error_set(err, ret, "out of memory")
		       : use_ring(state, number, fd, err);
}

/* Names and lives of threads, and their switches unless tracepoints are to tell of them. */
static struct perf_event_attr task_attr(const struct weft_perf_state *state)
{
	return (struct perf_event_attr){
		.type = PERF_TYPE_SOFTWARE,
		.config = PERF_COUNT_SW_DUMMY,
		.context_switch = !state->wide,
		.comm = 1,
		.comm_exec = 1,
		.task = 1,
		.exclude_kernel = !state->wide,
		.exclude_hv = 1,
		.inherit = !state->wide,
		.wakeup_watermark = (uint32_t)(state->ring_bytes / 2),
	};
}

static int read_points(struct weft_perf_state *state, struct weft_error *err)
{
	char *texts[WEFT_POINT_COUNT];
	int ret = weft_tracepoint_read(point_names, WEFT_POINT_COUNT, texts, err);
	size_t i;
	size_t j;

	for (i = 0; ret == 0 && i < WEFT_POINT_COUNT; i++) {
		state->points[i].id = weft_tracepoint_parse_id(texts[i]);
		for (j = 0; j < WEFT_FIELD_COUNT; j++) {
			if (field_names[i][j]) {
				state->points[i].fields[j] =
					weft_tracepoint_parse_field(texts[i], field_names[i][j]);
			}
		}
	}
	for (i = 0; ret == 0 && i < WEFT_POINT_COUNT; i++) {
		free(texts[i]);
	}
	return ret;
}

/* All samples in a ring have one layout: those that need no chain have an empty one, which costs nothing. */
static void ask_for_chain(struct perf_event_attr *point, bool is_switch)
{
	point->sample_type |= PERF_SAMPLE_CALLCHAIN;
	point->exclude_callchain_kernel = 1;
	point->exclude_callchain_user = !is_switch;
	point->sample_max_stack = is_switch ? WEFT_CHAIN_MAX : 1;
}

/* The tracepoint first: what the records tell is then told by both. */
static int open_cpu(struct weft_perf_state *state, uint32_t number, struct weft_error *err)
{
	struct perf_event_attr task = task_attr(state);
	struct perf_event_attr records = {
		.type = PERF_TYPE_SOFTWARE,
		.config = PERF_COUNT_SW_DUMMY,
		.context_switch = 1,
		.wakeup_watermark = (uint32_t)(state->ring_bytes / 2),
	};
	struct weft_perf_cpu *cpu = &state->cpus[number];
	int ret = add_event(state, &task, -1, number, err);
	size_t i;

	for (i = 0; ret == 0 && i < WEFT_POINT_COUNT; i++) {
		struct perf_event_attr point = {
			.type = PERF_TYPE_TRACEPOINT,
			.config = (uint64_t)state->points[i].id,
			.sample_type = PERF_SAMPLE_RAW,
			.sample_period = 1,
			.wakeup_watermark = (uint32_t)(state->ring_bytes / 2),
		};

		if (state->chains) {
			ask_for_chain(&point, i == WEFT_POINT_SWITCH);
		}
		ret = add_event(state, &point, -1, number, err);
		if (ret == 0 && i == WEFT_POINT_SWITCH) {
			cpu->point_fd = state->fds[state->fd_count - 1];
		}
	}
	if (ret == 0) {
		ret = add_event(state, &records, -1, number, err);
		cpu->records_fd = ret == 0 ? state->fds[state->fd_count - 1] : -1;
	}
	return ret < 0 ? ret : 0;
}

static int open_wide(struct weft_perf_state *state, struct weft_error *err)
{
	struct perf_event_attr probe = task_attr(state);
	uint32_t number;
	void *prios;
	int ret = weft_pid_namespace_check(err);
	int fd;

	if (ret < 0) {
		weft_error_prepend(err, "perf");
		return ret;
	}
	/* Whether CPUs may be watched at all is the better answer when tracefs is closed as well. */
	fd = weft_perf_open(&probe, -1, 0);
	if (fd < 0) {
		return explain(state, err, fd);
	}
	(void)close(fd); /* Nothing was written. */
	prios = mmap(NULL, WEFT_PERF_TID_MAX * sizeof(*state->prios), PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	/* Without room for them priorities look normal. */
	state->prios = prios == MAP_FAILED ? NULL : (int16_t *)prios;
	ret = read_points(state, err);
	for (number = 0; ret == 0 && number < state->cpu_count; number++) {
		ret = open_cpu(state, number, err);
	}
	return ret;
}

/* One thread, on every CPU that it may come to. */
static int open_thread(struct weft_perf_state *state, pid_t tid, struct weft_error *err)
{
	uint32_t number;
	int ret = 0;

	for (number = 0; ret >= 0 && number < state->cpu_count; number++) {
		struct perf_event_attr attr = task_attr(state);

		ret = add_event(state, &attr, tid, number, err);
	}
	return ret < 0 ? ret : 0;
}

static int open_process(struct weft_perf_state *state, pid_t pid, struct weft_error *err)
{
	char path[64];
	const struct dirent *entry;
	DIR *tasks;
	int ret = 0;

	(void)snprintf(path, sizeof(path), "/proc/%d/task", (int)pid);
	tasks = opendir(path);
	while (ret == 0 && tasks && (entry = readdir(tasks)) != NULL) {
		if (isdigit((unsigned char)entry->d_name[0])) {
			ret = open_thread(state, (pid_t)strtol(entry->d_name, NULL, 10), err);
		}
	}
	if (tasks) {
		(void)closedir(tasks); /* Read only; nothing to lose. */
	}
	return ret;
}

/* Processes of this user; those that may not be watched are left out. */
static int open_everything(struct weft_perf_state *state, struct weft_error *err)
{
	DIR *processes = opendir("/proc");
	const struct dirent *entry;
	struct stat status;
	int ret = 0;

	while (ret == 0 && processes && (entry = readdir(processes)) != NULL) {
		pid_t pid = (pid_t)strtol(entry->d_name, NULL, 10);

		if (pid > 0 && pid != state->self &&
		    fstatat(dirfd(processes), entry->d_name, &status, 0) == 0 &&
		    (status.st_uid == geteuid() || geteuid() == 0)) {
			size_t before = state->fd_count;

			ret = open_process(state, pid, err);
			if ((ret == -EACCES || ret == -EPERM) && before) {
				ret = 0;
			}
		}
	}
	if (processes) {
		(void)closedir(processes); /* Read only; nothing to lose. */
	}
	return ret;
}

static void perf_stop(void *ctx)
{
	const struct weft_perf_state *state = (const struct weft_perf_state *)ctx;
	size_t i;

	for (i = 0; i < state->fd_count; i++) {
		(void)ioctl(state->fds[i], PERF_EVENT_IOC_DISABLE, 0); /* Closed soon anyway. */
	}
}

static void perf_close(void *ctx)
{
	struct weft_perf_state *state = (struct weft_perf_state *)ctx;
	uint32_t number;
	size_t i;

	for (number = 0; state->cpus && number < state->cpu_count; number++) {
		weft_perf_ring_fini(&state->cpus[number].ring);
	}
	for (i = 0; i < state->fd_count; i++) {
		(void)close(state->fds[i]); /* Nothing was written. */
	}
	if (state->epoll_fd >= 0) {
		(void)close(state->epoll_fd); /* Nothing was written. */
	}
	if (state->prios) {
		(void)munmap(state->prios, WEFT_PERF_TID_MAX * sizeof(*state->prios)); /* Ours. */
	}
	free(state->fds);
	free(state->cpus);
	free(state);
}

static void raise_fd_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
		limit.rlim_cur = limit.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &limit); /* With fewer, opening tells. */
	}
}

static int open_threads(struct weft_perf_state *state, const struct weft_engine_request *request,
			struct weft_error *err)
{
	raise_fd_limit();
	switch (request->scope) {
	case WEFT_RECORD_SCOPE_COMMAND:
		/* What this thread starts from now on inherits; this process itself is left out. */
		return open_thread(state, 0, err);
	case WEFT_RECORD_SCOPE_PROCESS:
		return open_process(state, request->pid, err);
	default:
		return open_everything(state, err);
	}
}

static int open_any(const struct weft_engine_request *request, bool wide, void **ret_state,
		    struct weft_error *err)
{
	struct weft_perf_state *state = (struct weft_perf_state *)calloc(1, sizeof(*state));
	uint32_t number;
	int ret;

	if (!state) {
		return weft_error_set(err, -ENOMEM, "out of memory");
	}
	state->wide = wide;
	state->chains = wide && request->chains;
	state->self = getpid();
	state->cpu_count = request->cpu_count;
	state->ring_bytes = request->ring_bytes;
	state->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	state->cpus = (struct weft_perf_cpu *)calloc(state->cpu_count, sizeof(*state->cpus));
	for (number = 0; state->cpus && number < state->cpu_count; number++) {
		state->cpus[number].fd = -1;
		state->cpus[number].running = -1;
		state->cpus[number].point_fd = state->cpus[number].records_fd = -1;
	}
	if (state->epoll_fd < 0 || !state->cpus) {
		ret = weft_error_set_errno(err, -errno, "perf: cannot wait for rings");
	} else {
		ret = wide ? open_wide(state, err) : open_threads(state, request, err);
	}
	if (ret == 0 && state->fd_count == 0) {
		ret = weft_error_set(err, -ESRCH, "perf: there is no thread to watch");
	}
	if (ret < 0) {
		perf_close(state);
	} else {
		*ret_state = state;
	}
	return ret;
}

static int open_tracepoints(const struct weft_engine_request *request, void **ret_state,
			    struct weft_error *err)
{
	return open_any(request, true, ret_state, err);
}

static int open_switch(const struct weft_engine_request *request, void **ret_state,
		       struct weft_error *err)
{
	return open_any(request, false, ret_state, err);
}

/* ---- Running ---- */

static int perf_get_fd(void *ctx)
{
	return ((const struct weft_perf_state *)ctx)->epoll_fd;
}

/* What was lost is told elsewhere, and a few are hidden from every source. */
static bool has_holes(const struct weft_perf_cpu *cpu)
{
	return cpu->untold_count > cpu->lost_count + 2 + cpu->switch_count / 100;
}

static bool is_whole(const struct weft_perf_window *window)
{
	if (window->from_idle_count) {
		return window->from_idle_count >= ENOUGH_FROM_IDLE ||
		       window->switch_count >= ENOUGH_SWITCHES;
	}
	return window->switch_count >= ENOUGH_WITHOUT_IDLE;
}

/* After a round, whose switches were taken as the source of that round demanded. */
static void choose_source(struct weft_perf_cpu *cpu, bool chains)
{
	/* A state that is neither running nor the usual interruptible sleep; or any, for its chain. */
	const char *wanted = chains ? "prev_state > 0 && prev_state < 256"
				    : "prev_state > 1 && prev_state < 256";
	struct weft_perf_window *window = &cpu->window;

	if (window->lost || cpu->source == WEFT_SOURCE_RECORDS) {
		*window = (struct weft_perf_window){0};
		return;
	}
	if (cpu->source == WEFT_SOURCE_POINT) {
		if (window->untold_from_idle_count) {
			(void)ioctl(cpu->records_fd, PERF_EVENT_IOC_ENABLE, 0); /* Ours. */
			cpu->source = WEFT_SOURCE_BOTH;
		}
		*window = (struct weft_perf_window){0};
	} else if (window->untold_from_idle_count || has_holes(cpu)) {
		/* A kernel that refuses goes on telling all of them. */
		(void)ioctl(cpu->point_fd, PERF_EVENT_IOC_SET_FILTER, wanted);
		cpu->source = WEFT_SOURCE_RECORDS;
	} else if (is_whole(window)) {
		(void)ioctl(cpu->records_fd, PERF_EVENT_IOC_DISABLE, 0); /* Ours. */
		cpu->source = WEFT_SOURCE_POINT;
		*window = (struct weft_perf_window){0};
	}
}

/* Names of threads first, from all CPUs. @return Bytes of this round. */
static uint64_t read_names(struct weft_perf_cpu *cpu, struct weft_kernel_trace *trace)
{
	struct weft_perf_record record;
	const uint64_t at = cpu->ring.at;
	const uint64_t bytes = weft_perf_ring_begin(&cpu->ring);

	cpu->ring_end = at + bytes;
	while (weft_perf_ring_next(&cpu->ring, cpu->ring_end, &record)) {
		weft_perf_take_name(trace, &record);
	}
	cpu->ring.at = at;
	return bytes;
}

static void read_events(struct weft_perf_state *state, uint32_t number,
			struct weft_kernel_trace *trace)
{
	struct weft_perf_cpu *cpu = &state->cpus[number];
	struct weft_perf_record record;

	while (weft_perf_ring_next(&cpu->ring, cpu->ring_end, &record)) {
		/* Threads of the recorder inherit what it watches the command with. */
		if (state->wide || record.pid != state->self || record.type == PERF_RECORD_FORK) {
			weft_perf_take(state, trace, number, &record);
		}
	}
	weft_perf_ring_end(&cpu->ring);
}

static uint64_t perf_drain(void *ctx, struct weft_kernel_trace *trace)
{
	struct weft_perf_state *state = (struct weft_perf_state *)ctx;
	uint64_t most = 0;
	uint64_t bytes;
	uint32_t number;

	for (number = 0; number < state->cpu_count; number++) {
		bytes = state->cpus[number].fd >= 0 ? read_names(&state->cpus[number], trace) : 0;
		most = bytes > most ? bytes : most;
	}
	for (number = 0; number < state->cpu_count; number++) {
		if (state->cpus[number].fd >= 0) {
			read_events(state, number, trace);
		}
		if (state->cpus[number].records_fd >= 0) {
			choose_source(&state->cpus[number], state->chains);
		}
	}
	return most;
}

static void perf_report(void *ctx, struct weft_engine_report *ret_report)
{
	const struct weft_perf_state *state = (const struct weft_perf_state *)ctx;
	size_t len = 0;
	uint32_t number;

	memset(ret_report, 0, sizeof(*ret_report));
	for (number = 0; number < state->cpu_count; number++) {
		const struct weft_perf_cpu *cpu = &state->cpus[number];

		ret_report->lost_count += cpu->lost_count;
		if (state->wide && has_holes(cpu) && len < sizeof(ret_report->holes)) {
			len += (size_t)snprintf(
				ret_report->holes + len, sizeof(ret_report->holes) - len,
				"%stracepoint sched:sched_switch missed %llu of %llu "
				"switches of CPU %u",
				len ? "; " : "", (unsigned long long)cpu->untold_count,
				(unsigned long long)cpu->switch_count, number);
		}
	}
}

const struct weft_engine weft_engine_perf = {
	.name = "perf",
	.tier = WEFT_RECORD_TIER_TRACEPOINTS,
	.wakers = true,
	.sees_all = true,
	.has_chains = true,
	.open = open_tracepoints,
	.get_fd = perf_get_fd,
	.drain = perf_drain,
	.stop = perf_stop,
	.report = perf_report,
	.close = perf_close,
};

const struct weft_engine weft_engine_switch = {
	.name = "perf",
	.tier = WEFT_RECORD_TIER_SWITCH,
	.open = open_switch,
	.get_fd = perf_get_fd,
	.drain = perf_drain,
	.stop = perf_stop,
	.report = perf_report,
	.close = perf_close,
};
