// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Accounting: what a thread used while it worked for a task, told at each change of task.
 *
 * Runs only while somebody records `weft:account`. Three system calls a boundary (about 1 µs), so
 * boundaries are changes of task, never inner regions.
 */
#include "control.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "provider.h"

#define NS_PER_S 1000000000U

static uint64_t clock_ns(clockid_t clock)
{
	struct timespec now = {0, 0};

	(void)clock_gettime(clock, &now); /* Cannot fail for these clocks. */
	return (uint64_t)now.tv_sec * NS_PER_S + (uint64_t)now.tv_nsec;
}

uint64_t weft_control__now_ns(void)
{
	return clock_ns(CLOCK_MONOTONIC);
}

/* Second number of schedstat: nanoseconds spent waiting on a run queue. UINT64_MAX: not told. */
static uint64_t read_run_wait_ns(struct weft_thread_block *self)
{
	char text[96];
	char *end;
	ssize_t size;
	uint64_t wait_ns;

	if (self->schedstat_fd == -1) {
		self->schedstat_fd = open("/proc/thread-self/schedstat", O_RDONLY | O_CLOEXEC);
		if (self->schedstat_fd < 0) {
			self->schedstat_fd = -2;
		}
	}
	if (self->schedstat_fd < 0) {
		return UINT64_MAX;
	}
	size = pread(self->schedstat_fd, text, sizeof(text) - 1, 0);
	if (size <= 0) {
		return UINT64_MAX;
	}
	text[size] = '\0';
	(void)strtoull(text, &end, 10); /* First number: time on a CPU, coarser than the clock's. */
	wait_ns = strtoull(end, &end, 10);
	return wait_ns;
}

static void read_mark(struct weft_thread_block *self, struct weft_account_mark *ret_mark)
{
	struct rusage usage;

	ret_mark->wall_ns = weft_control__now_ns();
	ret_mark->cpu_ns = clock_ns(CLOCK_THREAD_CPUTIME_ID);
	ret_mark->run_wait_ns = read_run_wait_ns(self);
	ret_mark->nvcsw = 0;
	ret_mark->nivcsw = 0;
	if (getrusage(RUSAGE_THREAD, &usage) == 0) {
		ret_mark->nvcsw = (uint64_t)usage.ru_nvcsw;
		ret_mark->nivcsw = (uint64_t)usage.ru_nivcsw;
	}
	ret_mark->valid = true;
}

void weft_account__switch(uint64_t task)
{
	struct weft_thread_block *self = &weft_self;
	struct weft_account_mark *old = &self->account;
	struct weft_account_mark now;
	bool wait_known;

	read_mark(self, &now);
	if (old->valid) {
		wait_known = now.run_wait_ns != UINT64_MAX && old->run_wait_ns != UINT64_MAX;
		lttng_ust_tracepoint(weft, account, weft_control.pid, self->tid, old->task,
				     now.wall_ns - old->wall_ns, now.cpu_ns - old->cpu_ns,
				     wait_known ? now.run_wait_ns - old->run_wait_ns : UINT64_MAX,
				     now.nvcsw - old->nvcsw, now.nivcsw - old->nivcsw);
	}
	now.task = task;
	*old = now;
}
