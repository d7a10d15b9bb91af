// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Watching over a daemon's answers. See hang-guard.h.
 */
#include "hang-guard.h"

#include <errno.h>
#include <unistd.h>

#include <weft/record.h>

#include "cli.h"
#include "helper-process.h"
#include "now.h"

/* From the daemon's end until its library's call has failed, and this process cleaned up. */
#define CLEAN_UP_NS (10 * WEFT_NS_PER_S)

/* Under the lock, which is free meanwhile. */
static void act(struct weft_hang_guard *guard)
{
	if (guard->has_killed) {
		weft_cli_helper_say("error 110 LTTng's session daemon does not answer\n");
		_exit(WEFT_CLI_FAILED);
	}
	guard->has_killed = true;
	guard->until_ns = weft_now_ns() + CLEAN_UP_NS;
	(void)pthread_mutex_unlock(&guard->lock);
	(void)weft_record_kill_daemon(); /* Where it is not ours the next turn ends this process. */
	(void)pthread_mutex_lock(&guard->lock);
}

static void *watch(void *ctx)
{
	struct weft_hang_guard *guard = (struct weft_hang_guard *)ctx;

	(void)pthread_mutex_lock(&guard->lock);
	while (!guard->is_over) {
		uint64_t now_ns = weft_now_ns();

		if (now_ns < guard->until_ns) {
			struct timespec until;

			weft_now_add(guard->until_ns - now_ns, &until);
			(void)pthread_cond_timedwait(&guard->changed, &guard->lock, &until);
		} else {
			act(guard);
		}
	}
	(void)pthread_mutex_unlock(&guard->lock);
	return NULL;
}

int weft_hang_guard_start(struct weft_hang_guard *guard, unsigned int seconds,
			  struct weft_error *err)
{
	pthread_condattr_t attributes;
	int ret;

	(void)pthread_mutex_init(&guard->lock, NULL); /* These cannot fail on Linux. */
	(void)pthread_condattr_init(&attributes);
	(void)pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	(void)pthread_cond_init(&guard->changed, &attributes);
	(void)pthread_condattr_destroy(&attributes);
	guard->until_ns = weft_now_ns() + seconds * WEFT_NS_PER_S;
	guard->is_over = false;
	guard->has_killed = false;
	ret = pthread_create(&guard->thread, NULL, watch, guard);
	guard->is_running = ret == 0;
	return ret ? weft_error_set_errno(err, -ret, "cannot start a thread") : 0;
}

void weft_hang_guard_expect(struct weft_hang_guard *guard, unsigned int seconds)
{
	if (!guard->is_running) {
		return;
	}
	(void)pthread_mutex_lock(&guard->lock);
	/* Once it has killed, the process has to end in time. */
	if (!guard->has_killed) {
		guard->until_ns = weft_now_ns() + seconds * WEFT_NS_PER_S;
		(void)pthread_cond_signal(&guard->changed);
	}
	(void)pthread_mutex_unlock(&guard->lock);
}

bool weft_hang_guard_end(struct weft_hang_guard *guard)
{
	if (!guard->is_running) {
		return false;
	}
	(void)pthread_mutex_lock(&guard->lock);
	guard->is_over = true;
	(void)pthread_cond_signal(&guard->changed);
	(void)pthread_mutex_unlock(&guard->lock);
	(void)pthread_join(guard->thread, NULL); /* Ours, joinable: cannot fail. */
	guard->is_running = false;
	return guard->has_killed;
}
