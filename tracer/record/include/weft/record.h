// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/**
 * Recording: private LTTng sessions around a command, a process, or everything.
 *
 *     weft_record_open()   session daemon (the user's, else one of our own), session, channel, start
 *     ...                  the program runs
 *     weft_record_close()  stop, flush, destroy, DIR/weft.json
 *
 * Out of process: links liblttng-ctl; never loaded into an instrumented program.
 *
 * Threads: one thread at a time per recording. Signals: not safe; the caller turns Ctrl-C into a
 * call of weft_record_close().
 */
#ifndef WEFT_RECORD_H
#define WEFT_RECORD_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

#include <weft/error.h>

#ifdef __cplusplus
extern "C" {
#endif

enum weft_record_tier {
	WEFT_RECORD_TIER_NONE,       /**< Application events only. */
	WEFT_RECORD_TIER_ACCOUNTING, /**< Thread CPU time and run-queue wait at task boundaries. */
	WEFT_RECORD_TIER_COUNT_
};

/** Name as written on the command line and in traces. Static. */
const char *weft_record_tier_name(enum weft_record_tier tier);

struct weft_record_options {
	const char *dir;            /**< Output directory: created; must be empty if it exists. */
	enum weft_record_tier tier;
	pid_t pid;                  /**< Only this process (and what it forks before it is tracked); 0: all of this user. */
	uint64_t subbuffer_bytes;   /**< Per CPU; power of two; 0: chosen from the machine. */
	uint32_t subbuffer_count;   /**< Power of two; 0: chosen. */
};

/** Counters of a recording; `events` are known after close only. */
struct weft_record_stats {
	uint64_t lost_count;     /**< Events dropped because a buffer was full. */
	uint64_t byte_count;     /**< On disk. */
	uint64_t duration_ns;
	uint32_t process_count;  /**< Instrumented processes seen by the session daemon at the end. */
	bool own_daemon;         /**< We started the session daemon. */
};

struct weft_recording;

/** Starts recording; returns when events are being recorded. */
WEFT_MUST_CHECK int weft_record_open(const struct weft_record_options *options,
				     struct weft_recording **ret_recording,
				     struct weft_error *err);

/** Counters while it runs (bytes, lost). */
WEFT_MUST_CHECK int weft_record_get_stats(struct weft_recording *recording,
					  struct weft_record_stats *ret_stats,
					  struct weft_error *err);

/**
 * Stops, waits for the last data, destroys the session, ends the daemon if it is ours and no longer
 * used, and writes DIR/weft.json. The recording is gone afterwards, also on failure.
 *
 * @param command  What was recorded, for weft.json; NULL when attached.
 */
WEFT_MUST_CHECK int weft_record_close(struct weft_recording *recording, const char *command,
				      struct weft_record_stats *ret_stats, struct weft_error *err);

/**
 * Removes what crashed recordings left: their sessions, own daemons without sessions, their
 * temporary directories. Called by weft_record_open() too.
 *
 * @return Number of leftovers removed, or a negative errno.
 */
WEFT_MUST_CHECK int weft_record_clean(struct weft_error *err);

/** Writes what this machine allows and how to lift each limit, as text or JSON. */
WEFT_MUST_CHECK int weft_doctor(FILE *out, bool json, struct weft_error *err);

#ifdef __cplusplus
}
#endif

#endif
