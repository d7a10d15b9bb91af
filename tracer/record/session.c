// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * One LTTng session of ours. See session.h.
 */
#include "session.h"

#include <dirent.h>
#include <errno.h>
#include <fts.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <weft/events.h>

#include "metadata-place.h"
#include "process.h"

#define CHANNEL "weft"
/* LTTng's name of the one that describes the events. */
#define METADATA_CHANNEL "metadata"
#define SHM_FOLDER       "/dev/shm"
/* Longest time that an event stays in memory when its process goes quiet. */
#define FLUSH_PERIOD_US 200000U
#define STEP_MS         5
#define PATIENCE_MS     20000
/* No living writer stays inside an event for so long; one that was preempted, for so long. */
#define TORN_QUIET_MS  1000
#define TORN_GLANCE_MS 20
/* A session goes within milliseconds, or LTTng is stuck behind a process that died in an event. */
#define DESTROY_PATIENCE_MS 3000

static void sleep_step(void)
{
	const struct timespec pause = {0, STEP_MS * 1000000L};

	(void)nanosleep(&pause, NULL); /* Cut short by a signal: the caller looks again anyway. */
}

static struct lttng_domain user_space(void)
{
	struct lttng_domain domain = {.type = LTTNG_DOMAIN_UST, .buf_type = LTTNG_BUFFER_PER_UID};

	return domain;
}

static void shm_dir(const char *name, char ret_path[WEFT_SESSION_NAME_SIZE + 16])
{
	(void)snprintf(ret_path, WEFT_SESSION_NAME_SIZE + 16, SHM_FOLDER "/%s", name);
}

static uint64_t pid_namespace(void)
{
	struct stat status;

	return stat("/proc/self/ns/pid", &status) == 0 ? (uint64_t)status.st_ino : 0;
}

/* ---- Life ---- */

static int create(struct weft_session *session, const char *dir, struct weft_error *err)
{
	struct lttng_session_descriptor *descriptor;
	struct weft_session_name name = {(int32_t)getpid(), pid_namespace(), 0};
	char shm[WEFT_SESSION_NAME_SIZE + 16];
	int code;

	if (getrandom(&name.random, sizeof(name.random), 0) != (ssize_t)sizeof(name.random)) {
		return weft_error_set_errno(err, -errno, "cannot draw a random number");
	}
	weft_session_name_format(&name, session->name);
	descriptor = session->lttng->lttng_session_descriptor_local_create(session->name, dir);
	if (!descriptor) {
		return weft_error_set(err, -ENOMEM, "out of memory");
	}
	code = (int)session->lttng->lttng_create_session_ext(descriptor);
	session->lttng->lttng_session_descriptor_destroy(descriptor);
	if (code != LTTNG_OK) {
		return weft_lttng_error(err, session->lttng, -code, "cannot create a session");
	}
	session->exists = true;
	shm_dir(session->name, shm);
	code = session->lttng->lttng_set_session_shm_path(session->name, shm);
	if (code < 0) {
		return weft_lttng_error(err, session->lttng, code,
					"cannot place the buffers in " SHM_FOLDER);
	}
	session->trace_dir = strdup(dir);
	return session->trace_dir ? 0 : weft_error_set(err, -ENOMEM, "out of memory");
}

static int enable_channel(struct weft_session *session, const char *name,
			  const struct weft_buffer_size *size, struct weft_error *err)
{
	struct lttng_domain domain = user_space();
	int code = weft_lttng_enable_channel(
		session->lttng, session->handle, &domain,
		&(struct weft_lttng_channel){name, size, FLUSH_PERIOD_US});

	return code < 0 ? weft_lttng_error(err, session->lttng, code, "cannot create the buffers")
			: 0;
}

static int enable_events(struct weft_session *session, enum weft_record_tier tier,
			 struct weft_error *err)
{
	static char account[] = WEFT_EVENTS_PROVIDER ":account";
	char *excluded[] = {account};
	struct lttng_event *event = session->lttng->lttng_event_create();
	int code;

	if (!event) {
		return weft_error_set(err, -ENOMEM, "out of memory");
	}
	(void)snprintf(event->name, sizeof(event->name), WEFT_EVENTS_PROVIDER ":*");
	event->type = LTTNG_EVENT_TRACEPOINT;
	event->loglevel_type = LTTNG_EVENT_LOGLEVEL_ALL;
	event->loglevel = -1;
	code = session->lttng->lttng_enable_event_with_exclusions(
		session->handle, event, CHANNEL, NULL, tier == WEFT_RECORD_TIER_NONE ? 1 : 0,
		tier == WEFT_RECORD_TIER_NONE ? excluded : NULL);
	session->lttng->lttng_event_destroy(event);
	return code < 0 ? weft_lttng_error(err, session->lttng, code,
					   "cannot enable events '" WEFT_EVENTS_PROVIDER ":*'")
			: 0;
}

int weft_session_describe_early(struct weft_session *session, pid_t pid, struct weft_error *err)
{
	/* LTTng's own size of this channel. */
	const struct weft_buffer_size size = {.subbuffer_bytes = 4096, .subbuffer_count = 2};
	int ret = weft_metadata_place(session->name, session->trace_dir, pid, err);

	return ret < 0 ? ret : enable_channel(session, METADATA_CHANNEL, &size, err);
}

int weft_session_init_empty(struct weft_session *session, const struct weft_lttng *lttng,
			    struct weft_error *err)
{
	int ret;

	memset(session, 0, sizeof(*session));
	session->lttng = lttng;
	ret = create(session, "/tmp", err); /* Nothing is ever written there. */
	if (ret < 0) {
		weft_session_fini(session);
	}
	return ret;
}

int weft_session_init(struct weft_session *session, const struct weft_lttng *lttng, const char *dir,
		      const struct weft_buffer_size *size, enum weft_record_tier tier,
		      struct weft_error *err)
{
	struct lttng_domain domain = user_space();
	int ret;

	memset(session, 0, sizeof(*session));
	session->lttng = lttng;
	ret = create(session, dir, err);
	if (ret == 0) {
		session->handle = lttng->lttng_create_handle(session->name, &domain);
		ret = session->handle ? 0 : weft_error_set(err, -ENOMEM, "out of memory");
	}
	if (ret == 0) {
		ret = enable_channel(session, CHANNEL, size, err);
	}
	if (ret == 0) {
		ret = enable_events(session, tier, err);
	}
	if (ret < 0) {
		weft_session_fini(session);
	}
	return ret;
}

static bool is_listed(const struct weft_lttng *lttng, const char *name)
{
	struct lttng_session *sessions = NULL;
	int count = lttng->lttng_list_sessions(&sessions);
	bool found = false;
	int i;

	for (i = 0; i < count && !found; i++) {
		found = strcmp(sessions[i].name, name) == 0;
	}
	free(sessions);
	return found;
}

static void destroy(const struct weft_lttng *lttng, const char *name)
{
	int waited_ms;

	if (lttng->lttng_destroy_session_no_wait(name) < 0) {
		return; /* No daemon, hence no session any more. */
	}
	for (waited_ms = 0; waited_ms < DESTROY_PATIENCE_MS && is_listed(lttng, name);
	     waited_ms += STEP_MS) {
		sleep_step();
	}
}

/* LTTng leaves the files of the buffers behind. */
static void remove_shm(const char *name)
{
	char path[WEFT_SESSION_NAME_SIZE + 16];
	char *const tops[] = {path, NULL};
	const FTSENT *entry;
	FTS *listing;

	shm_dir(name, path);
	listing = fts_open(tops, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
	if (!listing) {
		return;
	}
	while ((entry = fts_read(listing)) != NULL) {
		if (entry->fts_info != FTS_D) {
			(void)remove(
				entry->fts_accpath); /* Gone already, or the next run's turn. */
		}
	}
	(void)fts_close(listing); /* Read only; nothing to lose. */
}

void weft_session_fini(struct weft_session *session)
{
	if (session->tracker) {
		session->lttng->lttng_process_attr_tracker_handle_destroy(session->tracker);
		session->tracker = NULL;
	}
	if (session->handle) {
		session->lttng->lttng_destroy_handle(session->handle);
		session->handle = NULL;
	}
	if (session->exists) {
		destroy(session->lttng, session->name);
		remove_shm(session->name);
		weft_metadata_remove(session->name);
		session->exists = false;
	}
	free(session->trace_dir);
	session->trace_dir = NULL;
}

/* ---- Whom ---- */

int weft_session_restrict(struct weft_session *session, struct weft_error *err)
{
	enum lttng_process_attr_tracker_handle_status status;
	int code;

	code = (int)session->lttng->lttng_session_get_tracker_handle(
		session->name, LTTNG_DOMAIN_UST, LTTNG_PROCESS_ATTR_VIRTUAL_PROCESS_ID,
		&session->tracker);
	if (code != LTTNG_OK) {
		return weft_lttng_error(err, session->lttng, -code,
					"cannot restrict the session to processes");
	}
	status = session->lttng->lttng_process_attr_tracker_handle_set_tracking_policy(
		session->tracker, LTTNG_TRACKING_POLICY_EXCLUDE_ALL);
	if (status == LTTNG_PROCESS_ATTR_TRACKER_HANDLE_STATUS_OK) {
		status = session->lttng->lttng_process_attr_tracker_handle_set_tracking_policy(
			session->tracker, LTTNG_TRACKING_POLICY_INCLUDE_SET);
	}
	if (status != LTTNG_PROCESS_ATTR_TRACKER_HANDLE_STATUS_OK) {
		return weft_error_set(err, -EIO,
				      "cannot restrict the session to processes: status=%d",
				      (int)status);
	}
	return 0;
}

int weft_session_add_process(struct weft_session *session, pid_t pid, struct weft_error *err)
{
	enum lttng_process_attr_tracker_handle_status status =
		session->lttng->lttng_process_attr_virtual_process_id_tracker_handle_add_pid(
			session->tracker, pid);

	if (status != LTTNG_PROCESS_ATTR_TRACKER_HANDLE_STATUS_OK &&
	    status != LTTNG_PROCESS_ATTR_TRACKER_HANDLE_STATUS_EXISTS) {
		return weft_error_set(err, -EIO, "cannot record process %d: LTTng status=%d",
				      (int)pid, (int)status);
	}
	return 0;
}

int weft_session_list_processes(const struct weft_lttng *lttng, void (*visit)(void *ctx, pid_t pid),
				void *ctx, struct weft_error *err)
{
	struct lttng_domain domain = user_space();
	struct lttng_handle *handle = lttng->lttng_create_handle(NULL, &domain);
	struct lttng_event *events = NULL;
	int count;
	int i;

	if (!handle) {
		return weft_error_set(err, -ENOMEM, "out of memory");
	}
	count = lttng->lttng_list_tracepoints(handle, &events);
	lttng->lttng_destroy_handle(handle);
	if (count < 0) {
		return weft_lttng_error(err, lttng, count, "cannot list instrumented processes");
	}
	for (i = 0; i < count; i++) {
		if (strncmp(events[i].name, WEFT_EVENTS_PROVIDER ":",
			    sizeof(WEFT_EVENTS_PROVIDER)) == 0) {
			visit(ctx, events[i].pid);
		}
	}
	free(events);
	return 0;
}

/* ---- Running ---- */

int weft_session_start(struct weft_session *session, struct weft_error *err)
{
	int code = session->lttng->lttng_start_tracing(session->name);

	return code < 0 ? weft_lttng_error(err, session->lttng, code, "cannot start recording") : 0;
}

int weft_session_get_lost(struct weft_session *session, uint64_t *ret_count, struct weft_error *err)
{
	struct lttng_channel *channels = NULL;
	int count = session->lttng->lttng_list_channels(session->handle, &channels);
	uint64_t lost;
	int i;

	if (count < 0) {
		return weft_lttng_error(err, session->lttng, count, "cannot ask for lost events");
	}
	*ret_count = 0;
	for (i = 0; i < count; i++) {
		if (session->lttng->lttng_channel_get_discarded_event_count(&channels[i], &lost) ==
		    0) {
			*ret_count += lost;
		}
	}
	free(channels);
	return 0;
}

/* LTTng is done, or waits for a commit: the former in milliseconds. */
static int wait_for_data(struct weft_session *session, struct weft_error *err)
{
	int waited_ms;
	int code;

	for (waited_ms = 0; waited_ms < PATIENCE_MS; waited_ms += STEP_MS) {
		code = session->lttng->lttng_data_pending(session->name);
		if (code < 0) {
			return weft_lttng_error(err, session->lttng, code,
						"cannot wait for the last data");
		}
		if (code == 0) {
			return 0;
		}
		sleep_step();
	}
	return weft_error_set(err, -ETIMEDOUT,
			      "LTTng has not written all its buffers %d s after the end",
			      PATIENCE_MS / 1000);
}

/*
 * Heals what waits for commits of killed writers. A writer that was only preempted in an event goes
 * on within moments; one that is stopped (debugger) writes later, into buffers that nobody reads
 * any more. The sub-buffer being written is left by the flush timer soon; that it waits can be
 * seen before, unless others go on writing in it, and then it is as good as left.
 *
 * @return Whether anything was healed.
 */
static bool heal(struct weft_session *session, struct weft_ring_healed *healed)
{
	char shm[WEFT_SESSION_NAME_SIZE + 16];
	struct weft_ring_look before = {0};
	struct weft_ring_look now;
	int quiet_ms = 0;

	shm_dir(session->name, shm);
	for (;;) {
		weft_ring_look(shm, &now);
		if (!now.stuck_count &&
		    (!now.open_count ||
		     (quiet_ms > TORN_GLANCE_MS && now.open_state != before.open_state))) {
			return false;
		}
		if (now.stuck_count && now.stuck_state == before.stuck_state &&
		    quiet_ms >= TORN_QUIET_MS) {
			weft_ring_heal(shm, session->trace_dir, healed);
			return true;
		}
		quiet_ms = now.stuck_state == before.stuck_state ? quiet_ms + STEP_MS : 0;
		before = now;
		sleep_step();
	}
}

static int stop_once(struct weft_session *session, struct weft_error *err)
{
	int code = session->lttng->lttng_stop_tracing_no_wait(session->name);

	if (code < 0 && code != -LTTNG_ERR_TRACE_ALREADY_STOPPED) {
		return weft_lttng_error(err, session->lttng, code, "cannot stop recording");
	}
	return wait_for_data(session, err);
}

int weft_session_stop(struct weft_session *session, struct weft_ring_healed *healed,
		      struct weft_error *err)
{
	int ret;

	/* The flush of the stop makes LTTng's consumer take up what was healed. */
	(void)heal(session, healed);
	ret = stop_once(session, err);
	if (ret == 0 && heal(session, healed)) {
		/* Killed in the last moment: only another stop flushes again. */
		ret = weft_session_start(session, err);
		if (ret == 0) {
			ret = stop_once(session, err);
		}
	}
	return ret;
}

/* ---- Leftovers ---- */

static bool is_leftover(const char *text)
{
	struct weft_session_name name;

	return weft_session_name_parse(text, &name) && name.pid_namespace == pid_namespace() &&
	       !weft_process_is_running(name.pid);
}

/* Buffers and metadata whose session is gone, its daemon having been killed. */
static void clean_shm(const struct weft_lttng *lttng)
{
	DIR *listing = opendir(SHM_FOLDER);
	const struct dirent *entry;
	char name[WEFT_SESSION_NAME_SIZE];

	while (listing && (entry = readdir(listing)) != NULL) {
		if (is_leftover(entry->d_name) && !is_listed(lttng, entry->d_name)) {
			remove_shm(entry->d_name);
		} else if (weft_metadata_is_of(entry->d_name, name) && is_leftover(name)) {
			weft_metadata_remove(name);
		}
	}
	if (listing) {
		(void)closedir(listing); /* Read only; nothing to lose. */
	}
}

int weft_session_clean(const struct weft_lttng *lttng, struct weft_error *err)
{
	struct lttng_session *sessions = NULL;
	int count = lttng->lttng_list_sessions(&sessions);
	int removed = 0;
	int i;

	if (count < 0) {
		return weft_lttng_error(err, lttng, count, "cannot list sessions");
	}
	for (i = 0; i < count; i++) {
		if (is_leftover(sessions[i].name)) {
			/* Ends a recording that nobody stopped: flush it for its owner. */
			(void)lttng->lttng_stop_tracing_no_wait(sessions[i].name);
			destroy(lttng, sessions[i].name);
			removed++;
		}
	}
	free(sessions);
	clean_shm(lttng);
	return removed;
}
