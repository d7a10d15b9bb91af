// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * The event path of <weft/trace.h>: what the inline functions call while somebody records.
 *
 * Every function here keeps errno, takes no lock of ours, allocates nothing, and emits one event
 * (more only when a thread or an object has to be described first). Misuse is seen here, because
 * only here both ends of a region are known.
 */
#include <weft/trace.h>

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <weft/events.h>

#include "control.h"
#include "provider.h"
#include "span-names.h"

/* Ids are given to threads in blocks, so that threads rarely meet at the shared counter. */
#define TASK_BLOCK_SIZE 64U

#define LOG_MESSAGE_SIZE 1024

static const char *text_or_empty(const char *text)
{
	return text ? text : "";
}

static uint64_t next_task_id(struct weft_thread_block *self)
{
	if (self->next_task == self->end_task) {
		self->next_task = atomic_fetch_add_explicit(&weft_control.next_task_block,
							    TASK_BLOCK_SIZE, memory_order_relaxed);
		self->end_task = self->next_task + TASK_BLOCK_SIZE;
	}
	return self->next_task++;
}

static bool accounting(void)
{
	return WEFT_GATE_(account);
}

static void set_type(struct weft_task *task, const char *type)
{
	size_t len = strnlen(type, WEFT_TASK_TYPE_SIZE - 1);

	memcpy(task->type, type, len);
	task->type[len] = '\0';
}

struct weft_task weft_task_begin_(struct weft_context parent, const char *type, bool attach)
{
	uint64_t ip = WEFT_CALLER_IP;
	struct weft_thread_block *self;
	struct weft_task task;
	int saved_errno = errno;

	type = text_or_empty(type);
	self = weft_thread_ready(ip);
	task.context.task = next_task_id(self);
	task.previous = parent;
	task.tid = attach ? self->tid : 0;
	task.state = WEFT_SPAN_OPEN;
	set_type(&task, type);
	if (weft_span_names__are_wanted()) {
		weft_span_names__note_task(task.context.task, type);
	}
	lttng_ust_do_tracepoint(weft, task_begin, weft_control.pid, self->tid, task.context.task,
				parent.task, type, ip);
	if (attach) {
		if (accounting()) {
			weft_account__switch(task.context.task);
		}
		weft_context_current_ = task.context;
	}
	errno = saved_errno;
	return task;
}

struct weft_task weft_task_adopt_(struct weft_context context, const char *type)
{
	struct weft_task task;

	task.context = context;
	task.previous.task = 0;
	task.tid = 0;
	task.state = context.task ? WEFT_SPAN_OPEN : WEFT_SPAN_OFF;
	set_type(&task, text_or_empty(type));
	if (weft_span_names__are_wanted() && context.task) {
		weft_span_names__note_task(context.task, task.type);
	}
	return task;
}

void weft_task_end_(struct weft_task *task, const char *error)
{
	uint64_t ip = WEFT_CALLER_IP;
	struct weft_thread_block *self;
	int saved_errno = errno;

	self = weft_thread_ready(ip);
	if (task->state != WEFT_SPAN_OPEN) {
		weft_misuse__report(WEFT_MISUSE_TASK_TWICE, task->type, ip);
		errno = saved_errno;
		return;
	}
	task->state = WEFT_SPAN_DONE;
	/* The account of the last interval precedes the end, so that it can be added to the task. */
	if (accounting() && self->account.task == task->context.task) {
		weft_account__switch(task->tid == self->tid ? task->previous.task : 0);
	}
	lttng_ust_do_tracepoint(weft, task_end, weft_control.pid, self->tid, task->context.task,
				task->type, text_or_empty(error));
	if (task->tid == self->tid && weft_context_current_.task == task->context.task) {
		weft_context_current_ = task->previous;
	}
	errno = saved_errno;
}

struct weft_region weft_region_begin_(struct weft_context context, const char *name)
{
	uint64_t ip = WEFT_CALLER_IP;
	struct weft_thread_block *self;
	struct weft_region region;
	int saved_errno = errno;

	self = weft_thread_ready(ip);
	if (WEFT_UNLIKELY_(++self->seq == 0)) {
		self->seq = 1;
	}
	region.context = context;
	region.name = text_or_empty(name);
	region.seq = self->seq;
	region.outer_seq = self->open_seq;
	region.outer_name = self->region_name;
	region.tid = self->tid;
	region.state = WEFT_SPAN_OPEN;
	self->open_seq = region.seq;
	self->region_name = 0;
	if (weft_span_names__are_wanted()) {
		self->region_name = weft_span_names__number(region.name);
	}
	if (accounting() && region.outer_seq == 0 && context.task != self->account.task) {
		weft_account__switch(context.task);
	}
	lttng_ust_do_tracepoint(weft, region_begin, weft_control.pid, region.tid, context.task,
				region.seq, region.name, ip);
	errno = saved_errno;
	return region;
}

/*
 * Whether this end may be emitted. The innermost open region ends in order. An older one that is
 * still open ends out of order: its end closes what is inside. One that is younger than the
 * innermost open one was closed together with the region around it.
 *
 * Numbers rise along the nesting, so "still open" is: not younger than the innermost open region.
 * Worked example: open 1, 2, 3 (open_seq 3). End of 2: 2 < 3, out of order, open_seq becomes 1.
 * End of 3 afterwards: 3 is younger than 1, it is gone already.
 */
static bool region_may_end(struct weft_thread_block *self, const struct weft_region *region,
			   uint64_t ip)
{
	if (region->tid != self->tid) {
		weft_misuse__report(WEFT_MISUSE_REGION_OTHER_THREAD, region->name, ip);
		return false;
	}
	if (region->state != WEFT_SPAN_OPEN || self->open_seq == 0 ||
	    (int32_t)(region->seq - self->open_seq) > 0) {
		weft_misuse__report(WEFT_MISUSE_REGION_TWICE, region->name, ip);
		return false;
	}
	if (region->seq != self->open_seq) {
		weft_misuse__report(WEFT_MISUSE_REGION_ORDER, region->name, ip);
	}
	return true;
}

void weft_region_end_(struct weft_region *region, const char *error)
{
	uint64_t ip = WEFT_CALLER_IP;
	struct weft_thread_block *self;
	int saved_errno = errno;

	self = weft_thread_ready(ip);
	if (region_may_end(self, region, ip)) {
		region->state = WEFT_SPAN_DONE;
		self->open_seq = region->outer_seq;
		self->region_name = region->outer_name;
		lttng_ust_do_tracepoint(weft, region_end, weft_control.pid, region->tid,
					region->context.task, region->seq, region->name,
					text_or_empty(error));
		if (accounting() && region->outer_seq == 0 &&
		    self->account.task != weft_context_current_.task) {
			weft_account__switch(weft_context_current_.task);
		}
	}
	errno = saved_errno;
}

static void emit_log(struct weft_context context, const char *category, const char *message,
		     uint64_t ip)
{
	struct weft_thread_block *self = weft_thread_ready(ip);

	lttng_ust_do_tracepoint(weft, log, weft_control.pid, self->tid, context.task,
				text_or_empty(category), text_or_empty(message), ip);
}

void weft_log_(struct weft_context context, const char *category, const char *message)
{
	int saved_errno = errno;

	emit_log(context, category, message, WEFT_CALLER_IP);
	errno = saved_errno;
}

void weft_logf_(struct weft_context context, const char *category, const char *format, ...)
{
	uint64_t ip = WEFT_CALLER_IP;
	char message[LOG_MESSAGE_SIZE];
	int saved_errno = errno;
	va_list args;
	int len;

	errno = saved_errno; /* For %m. */
	va_start(args, format);
	len = vsnprintf(message, sizeof(message), text_or_empty(format), args);
	va_end(args);
	if (len < 0) {
		message[0] = '\0';
	}
	emit_log(context, category, message, ip);
	errno = saved_errno;
}

void weft_context_switch_(struct weft_context next)
{
	int saved_errno = errno;

	(void)weft_thread_ready(WEFT_CALLER_IP);
	weft_account__switch(next.task);
	errno = saved_errno;
}
