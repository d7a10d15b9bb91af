// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * One LTTng session of ours: one user-space channel with the events of the contract.
 *
 * Buffers are shared by all processes of a user (per-UID) and belong to LTTng's consumer daemon, so
 * what a killed program wrote is still there. A full buffer drops the newest events and counts them.
 * The buffers' files are in /dev/shm/NAME of the session, where they can be healed (ring.h).
 */
#ifndef WEFT_RECORD_SESSION_H
#define WEFT_RECORD_SESSION_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include <weft/record.h>

#include "buffer-size.h"
#include "lttng-api.h"
#include "ring.h"
#include "session-name.h"

struct weft_session {
	const struct weft_lttng *lttng;
	char name[WEFT_SESSION_NAME_SIZE];
	struct lttng_handle *handle;                       /* NULL: not made. Owned. */
	struct lttng_process_attr_tracker_handle *tracker; /* NULL: all processes. Owned. */
	char *trace_dir;                                   /* Owned. */
	bool exists;
};

/** Makes the session with its channel and events; not started. `dir` is absolute. */
WEFT_MUST_CHECK int weft_session_init(struct weft_session *session, const struct weft_lttng *lttng,
				      const char *dir, const struct weft_buffer_size *size,
				      enum weft_record_tier tier, struct weft_error *err);
/**
 * Has the metadata of one process's events written as soon as there are any. Else LTTng keeps them for
 * 5 s, and nobody can read the trace so long. They are in memory, and gone with the session
 * (metadata-place.h says why). Before the start.
 *
 * @param pid  As we see it.
 */
WEFT_MUST_CHECK int weft_session_describe_early(struct weft_session *session, pid_t pid,
						struct weft_error *err);
/**
 * Adds the scheduler's events of the kernel, of all threads; the daemon writes DIR/kernel then. Before
 * the start.
 *
 * @param syscalls  Entries and exits of system calls too.
 * @return 0; -EOPNOTSUPP: the daemon has no kernel tracer, the session is as it was.
 */
WEFT_MUST_CHECK int weft_session_enable_kernel(struct weft_session *session,
					       const struct weft_buffer_size *size, bool syscalls,
					       struct weft_error *err);
/** Whether that could succeed; asks the daemon that runs. */
WEFT_MUST_CHECK int weft_session_try_kernel(const struct weft_lttng *lttng, struct weft_error *err);
/** Makes a session without channel and events: it records nothing, but keeps the daemon in use. */
WEFT_MUST_CHECK int weft_session_init_empty(struct weft_session *session,
					    const struct weft_lttng *lttng, struct weft_error *err);
/** Destroys the session if it still exists. */
void weft_session_fini(struct weft_session *session);

/** From now on only processes named by weft_session_add_process(). Before the start. */
WEFT_MUST_CHECK int weft_session_restrict(struct weft_session *session, struct weft_error *err);
/** @param pid  As the process itself sees it. */
WEFT_MUST_CHECK int weft_session_add_process(struct weft_session *session, pid_t pid,
					     struct weft_error *err);
WEFT_MUST_CHECK int weft_session_start(struct weft_session *session, struct weft_error *err);

/** Events dropped so far. */
WEFT_MUST_CHECK int weft_session_get_lost(struct weft_session *session, uint64_t *ret_count,
					  struct weft_error *err);

/**
 * Heals what killed programs left torn, stops, and waits until the buffers are on disk.
 *
 * @param healed  What was healed is added.
 * @return 0; -ETIMEDOUT: some stay in the buffers.
 */
WEFT_MUST_CHECK int weft_session_stop(struct weft_session *session, struct weft_ring_healed *healed,
				      struct weft_error *err);

/** Destroys sessions of recorders that are gone. @return Their number, or a negative errno. */
WEFT_MUST_CHECK int weft_session_clean(const struct weft_lttng *lttng, struct weft_error *err);

/**
 * Calls `visit` for each instrumented process the daemon knows; a process may come several times.
 */
WEFT_MUST_CHECK int weft_session_list_processes(const struct weft_lttng *lttng,
						void (*visit)(void *ctx, pid_t pid), void *ctx,
						struct weft_error *err);

#endif
