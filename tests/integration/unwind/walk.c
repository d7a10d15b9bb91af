// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
#include "walk.h"

#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

struct walk_counts walk_counts;
void (*walk_enter)(void);
void (*walk_leave)(void);
__attribute__((tls_model("initial-exec"))) _Thread_local struct weft_unwind_bounds walk_bounds;

/* In place of the stack: threads of PTHREAD_STACK_MIN have none to spare. */
static __attribute__((tls_model("initial-exec"))) _Thread_local struct {
	bool active;
	timer_t timer;
	uintptr_t outermost;
	uintptr_t pcs[WALK_DEPTH_MAX];
} self;

void walk_reset(void)
{
	atomic_store(&walk_counts.walks, 0);
	atomic_store(&walk_counts.complete, 0);
	atomic_store(&walk_counts.frames, 0);
	atomic_store(&walk_counts.deepest, 0);
}

void walk_find_bounds(struct weft_unwind_bounds *ret_bounds)
{
	pthread_attr_t attributes;
	stack_t other;
	void *low;
	size_t size;

	memset(ret_bounds, 0, sizeof(*ret_bounds));
	if (pthread_getattr_np(pthread_self(), &attributes) != 0) {
		abort();
	}
	(void)pthread_attr_getstack(&attributes, &low, &size); /* Cannot fail. */
	(void)pthread_attr_destroy(&attributes);
	ret_bounds->stacks[0].low = (uintptr_t)low;
	ret_bounds->stacks[0].high = (uintptr_t)low + size;
	if (sigaltstack(NULL, &other) == 0 && !(other.ss_flags & SS_DISABLE)) {
		ret_bounds->stacks[1].low = (uintptr_t)other.ss_sp;
		ret_bounds->stacks[1].high = (uintptr_t)other.ss_sp + other.ss_size;
	}
}

size_t walk_here(uintptr_t *pcs, size_t capacity)
{
	struct weft_unwind_registers at;
	ucontext_t here;

	(void)getcontext(&here); /* Cannot fail. */
	weft_unwind_registers_get(&here, &at);
	return weft_unwind(&at, &walk_bounds, pcs, capacity);
}

static void interrupted(int number, siginfo_t *info, void *context)
{
	struct weft_unwind_registers at;
	size_t count;

	(void)number;
	(void)info;
	if (!self.active) {
		return;
	}
	if (walk_enter) {
		walk_enter();
	}
	weft_unwind_registers_get(context, &at);
	count = weft_unwind(&at, &walk_bounds, self.pcs, WALK_DEPTH_MAX);
	if (walk_leave) {
		walk_leave();
	}
	atomic_fetch_add(&walk_counts.walks, 1);
	atomic_fetch_add(&walk_counts.frames, count);
	atomic_fetch_add(&walk_counts.complete, self.pcs[count - 1] == self.outermost);
	if (count > atomic_load(&walk_counts.deepest)) {
		atomic_store(&walk_counts.deepest, count);
	}
}

void walk_begin(long interval_us)
{
	struct sigaction action = {.sa_sigaction = interrupted,
				   .sa_flags = SA_SIGINFO | SA_RESTART | SA_ONSTACK};
	struct sigevent event = {.sigev_notify = SIGEV_THREAD_ID, .sigev_signo = SIGPROF};
	struct itimerspec interval = {.it_interval = {.tv_nsec = interval_us * 1000},
				      .it_value = {.tv_nsec = interval_us * 1000}};
	size_t count;

	walk_find_bounds(&walk_bounds);
	count = walk_here(self.pcs, WALK_DEPTH_MAX);
	self.outermost = self.pcs[count - 1];
	self.active = true;
	event._sigev_un._tid = gettid();
	if (sigaction(SIGPROF, &action, NULL) != 0 ||
	    timer_create(CLOCK_MONOTONIC, &event, &self.timer) != 0 ||
	    timer_settime(self.timer, 0, &interval, NULL) != 0) {
		perror("timer");
		exit(2);
	}
}

void walk_end(void)
{
	self.active = false;
	(void)timer_delete(self.timer); /* Fails for a timer that is none only. */
}

void walk_report(const char *what)
{
	size_t walks = atomic_load(&walk_counts.walks);

	printf("%-28s %7zu walks, %5.1f %% complete, %5.1f frames on average, %zu at most\n", what,
	       walks, 100.0 * (double)atomic_load(&walk_counts.complete) / (double)(walks | !walks),
	       (double)atomic_load(&walk_counts.frames) / (double)(walks | !walks),
	       atomic_load(&walk_counts.deepest));
}
