// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Threads as traces see them: their block of state, their name, their end.
 *
 * A thread describes itself before its first event of each recording; the state dump (dump.c)
 * describes those that stay silent. The end is told by the destructor of a thread-specific key.
 */
#include <weft/trace.h>

#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "control.h"
#include "cpu-threads.h"
#include "labels.h"
#include "provider.h"

WEFT_API __thread struct weft_context weft_context_current_
	__attribute__((tls_model("initial-exec")));

__thread struct weft_thread_block weft_self __attribute__((tls_model("initial-exec")));

static pthread_key_t exit_key;
static bool exit_key_valid;
static pthread_once_t exit_key_once = PTHREAD_ONCE_INIT;

static void thread_exit(void *block)
{
	struct weft_thread_block *self = (struct weft_thread_block *)block;

	if (lttng_ust_tracepoint_enabled(weft, thread_end) && self->tid) {
		lttng_ust_do_tracepoint(weft, thread_end, weft_control.pid, self->tid);
	}
	weft_cpu_threads_end_self();
	weft_labels__thread_end();
	if (self->tid && self->schedstat_fd >= 0) {
		(void)close(self->schedstat_fd); /* Read only; nothing to lose. */
		self->schedstat_fd = -1;
	}
}

static void create_exit_key(void)
{
	exit_key_valid = pthread_key_create(&exit_key, thread_exit) == 0;
}

static void init_block(struct weft_thread_block *self)
{
	self->tid = (int32_t)syscall(SYS_gettid);
	self->schedstat_fd = -1;
	(void)pthread_once(&exit_key_once, create_exit_key);
	if (exit_key_valid) {
		/* Without room for the key the trace has no thread_end: nothing else suffers. */
		(void)pthread_setspecific(exit_key, self);
	}
}

static void make_ready(struct weft_thread_block *self)
{
	if (!self->tid) {
		init_block(self);
	}
	if (!self->is_traceable) {
		self->is_traceable = weft_control__init_thread();
	}
}

void weft_thread__announce(void)
{
	struct weft_thread_block *self = &weft_self;
	char kernel_name[16] = "";
	const char *name = self->name;

	make_ready(self);
	self->epoch = atomic_load_explicit(&weft_control.epoch, memory_order_relaxed);
	self->account.valid = false; /* Time between recordings belongs to nobody. */
	if (!lttng_ust_tracepoint_enabled(weft, thread)) {
		return;
	}
	if (!name[0] && prctl(PR_GET_NAME, kernel_name, 0, 0, 0) == 0) {
		name = kernel_name;
	}
	lttng_ust_do_tracepoint(weft, thread, weft_control.pid, self->tid, self->tid, name);
}

/* In the child of fork: the calling thread has a new id and nothing open to account for. */
void weft_thread__forget(void)
{
	struct weft_thread_block *self = &weft_self;

	if (!self->tid) {
		return;
	}
	if (self->schedstat_fd >= 0) {
		(void)close(self->schedstat_fd); /* It describes the parent's thread. */
	}
	self->tid = (int32_t)syscall(SYS_gettid);
	self->schedstat_fd = -1;
	self->epoch = 0;
	self->next_task = self->end_task = 0;
	self->account.valid = false;
}

/* Nothing is told of the thread yet: most get their name after they began. */
void weft_thread_prepare(void)
{
	int saved_errno = errno;

	make_ready(&weft_self);
	weft_cpu_threads_begin_self();
	errno = saved_errno;
}

void weft_thread_set_name(const char *name)
{
	struct weft_thread_block *self = &weft_self;
	int saved_errno = errno;
	size_t len = name ? strnlen(name, sizeof(self->name) - 1) : 0;

	if (len) {
		memcpy(self->name, name, len);
	}
	self->name[len] = '\0';
	weft_thread__announce();
	errno = saved_errno;
}
