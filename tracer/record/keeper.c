// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Keeps a session daemon between recordings. See weft_record_keep() in <weft/record.h>.
 *
 * Programs look for a daemon that has gone only every five seconds, so that a recording that starts
 * one anew may have to wait as long for them. An empty session, which no program hears of, keeps the
 * daemon in use.
 */
#include <weft/record.h>

#include <errno.h>
#include <stdlib.h>

#include "daemon.h"
#include "session.h"

struct weft_record_keeper {
	struct weft_daemon daemon;
	struct weft_session session;
};

static int keep(struct weft_record_keeper *keeper, struct weft_error *err)
{
	struct weft_daemon *daemon = &keeper->daemon;
	int ret = weft_lttng_load(&daemon->lttng, err);

	if (ret == 0) {
		ret = weft_daemon_lock(daemon, err);
	}
	if (ret < 0) {
		return ret;
	}
	ret = weft_daemon_acquire(daemon, err);
	if (ret == 0) {
		ret = weft_session_clean(daemon->lttng, err);
	}
	if (ret >= 0) {
		ret = weft_session_init_empty(&keeper->session, daemon->lttng, err);
	}
	if (ret < 0) {
		(void)weft_daemon_end_unused(daemon); /* Others may still use it. */
	}
	weft_daemon_unlock(daemon);
	return ret;
}

int weft_record_keep(struct weft_record_keeper **ret_keeper, struct weft_error *err)
{
	struct weft_record_keeper *keeper = (struct weft_record_keeper *)calloc(1, sizeof(*keeper));
	int ret;

	if (!keeper) {
		return weft_error_set(err, -ENOMEM, "out of memory");
	}
	keeper->daemon.lock_fd = -1;
	ret = keep(keeper, err);
	if (ret < 0) {
		free(keeper);
		return ret;
	}
	*ret_keeper = keeper;
	return 0;
}

void weft_record_release(struct weft_record_keeper *keeper)
{
	bool locked;

	if (!keeper) {
		return;
	}
	locked = weft_daemon_lock(&keeper->daemon, NULL) == 0;
	weft_session_fini(&keeper->session);
	if (locked) {
		(void)weft_daemon_end_unused(&keeper->daemon); /* Others may still use it. */
	}
	weft_daemon_unlock(&keeper->daemon);
	free(keeper);
}
