// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Time limits of connections. See deadline.h.
 */
#include "deadline.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>

#include "now.h"

/* How late a connection may be shut. */
#define PERIOD_NS UINT64_C(250000000)

struct weft_deadline {
	struct weft_deadline *next;
	uint64_t end_ns;
	int fd;
	bool shut;
};

static void shut_late(struct weft_deadlines *deadlines)
{
	const uint64_t now_ns = weft_now_ns();
	struct weft_deadline *deadline;

	for (deadline = deadlines->first; deadline; deadline = deadline->next) {
		if (!deadline->shut && now_ns > deadline->end_ns) {
			deadline->shut = true;
			/* Its owner reads the end of the file, and closes it. */
			(void)shutdown(deadline->fd, SHUT_RDWR);
		}
	}
}

static void *watch(void *argument)
{
	struct weft_deadlines *deadlines = (struct weft_deadlines *)argument;
	struct timespec until;

	(void)pthread_mutex_lock(&deadlines->lock);
	while (!deadlines->stopping) {
		shut_late(deadlines);
		weft_now_add(PERIOD_NS, &until);
		(void)pthread_cond_timedwait(&deadlines->changed, &deadlines->lock, &until);
	}
	(void)pthread_mutex_unlock(&deadlines->lock);
	return NULL;
}

int weft_deadlines_init(struct weft_deadlines *deadlines, struct weft_error *err)
{
	pthread_condattr_t attributes;
	sigset_t all, before;
	int ret;

	(void)pthread_mutex_init(&deadlines->lock, NULL);
	(void)pthread_condattr_init(&attributes);
	(void)pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	(void)pthread_cond_init(&deadlines->changed, &attributes);
	(void)pthread_condattr_destroy(&attributes);
	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &before);
	ret = pthread_create(&deadlines->thread, NULL, watch, deadlines);
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	deadlines->has_thread = ret == 0;
	return ret == 0 ? 0 : weft_error_set_errno(err, -ret, "cannot start a thread");
}

void weft_deadlines_fini(struct weft_deadlines *deadlines)
{
	struct weft_deadline *deadline;

	if (!deadlines->has_thread) {
		return;
	}
	(void)pthread_mutex_lock(&deadlines->lock);
	deadlines->stopping = true;
	(void)pthread_cond_signal(&deadlines->changed);
	(void)pthread_mutex_unlock(&deadlines->lock);
	(void)pthread_join(deadlines->thread, NULL);
	while ((deadline = deadlines->first) != NULL) {
		deadlines->first = deadline->next;
		free(deadline);
	}
	(void)pthread_cond_destroy(&deadlines->changed);
	(void)pthread_mutex_destroy(&deadlines->lock);
	deadlines->has_thread = false;
}

struct weft_deadline *weft_deadlines_add(struct weft_deadlines *deadlines, int fd,
					 uint64_t limit_ns)
{
	struct weft_deadline *deadline = (struct weft_deadline *)calloc(1, sizeof(*deadline));

	if (deadline) {
		deadline->fd = fd;
		deadline->end_ns = weft_now_ns() + limit_ns;
		(void)pthread_mutex_lock(&deadlines->lock);
		deadline->next = deadlines->first;
		deadlines->first = deadline;
		(void)pthread_mutex_unlock(&deadlines->lock);
	}
	return deadline;
}

void weft_deadlines_set(struct weft_deadlines *deadlines, struct weft_deadline *deadline,
			uint64_t limit_ns)
{
	if (deadline) {
		(void)pthread_mutex_lock(&deadlines->lock);
		deadline->end_ns = weft_now_ns() + limit_ns;
		(void)pthread_mutex_unlock(&deadlines->lock);
	}
}

void weft_deadlines_remove(struct weft_deadlines *deadlines, struct weft_deadline *deadline)
{
	struct weft_deadline **link;

	if (!deadline) {
		return;
	}
	(void)pthread_mutex_lock(&deadlines->lock);
	for (link = &deadlines->first; *link != deadline; link = &(*link)->next) {
	}
	*link = deadline->next;
	(void)pthread_mutex_unlock(&deadlines->lock);
	free(deadline);
}
