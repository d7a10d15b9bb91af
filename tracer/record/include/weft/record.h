// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/**
 * Recording: private LTTng sessions around a command, a process, or everything.
 *
 *     weft_record_open()   session daemon (the user's, else one of our own), session, channel, start
 *     weft_record_serve()  while it runs: admit processes, keep an eye on disk and daemon
 *     weft_record_close()  stop, flush, destroy, DIR/weft.json
 *
 * Which processes? That is the scope:
 *
 *     EVERYTHING  every instrumented process the session daemon sees.
 *     PROCESS     one process that is running already; not what it forks later.
 *     COMMAND     processes started with the environment of weft_record_get_token(), and their
 *                 descendants. LTTng can filter by process id only, and knows a process only once
 *                 it registers; so libweft asks the recorder to be let in, by a socket, before it
 *                 registers (tracer/admission.c). No event is lost while the recorder answers, no
 *                 other program of the user gets in, and an event costs nothing more.
 *
 * Out of process: loads liblttng-ctl; never loaded into an instrumented program.
 *
 * Threads: one thread of the program may use this library. Signals: not safe; the caller turns
 * Ctrl-C into a call of weft_record_close().
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
	WEFT_RECORD_TIER_NONE,        /**< Application events only. */
	WEFT_RECORD_TIER_ACCOUNTING,  /**< Thread CPU time and run-queue wait at task boundaries. */
	WEFT_RECORD_TIER_SWITCH,      /**< When own threads are on a CPU; no wakers. */
	WEFT_RECORD_TIER_TRACEPOINTS, /**< All threads of the machine: who ran, waited, woke whom. */
	WEFT_RECORD_TIER_LTTNG_KERNEL, /**< The same by LTTng's kernel modules. */
	WEFT_RECORD_TIER_COUNT_
};

enum { WEFT_RECORD_CPUS_MAX = 256 };

/** Name as written on the command line and in traces. Static. */
const char *weft_record_tier_name(enum weft_record_tier tier);

enum weft_record_scope {
	WEFT_RECORD_SCOPE_EVERYTHING,
	WEFT_RECORD_SCOPE_PROCESS,
	WEFT_RECORD_SCOPE_COMMAND,
};

struct weft_record_options {
	const char *dir;            /**< Output directory: created; must be empty if it exists. */
	enum weft_record_tier tier; /**< Best one wanted; what is obtained is in the stats. */
	bool tier_forced;           /**< Refuse to start rather than take a lower one. */
	const char *engine; /**< "bpf" or "perf": no other source; NULL: the best. Static. */
	/**
	 * Somebody reads it while it is written: one process's events, whose metadata LTTng writes at
	 * once, into memory. They are gone after weft_record_close(), so that DIR/ust cannot be read then.
	 * Needs room on the disk.
	 */
	bool is_followed;
	bool syscalls;   /**< Entries and exits of system calls too, if the tier can. */
	bool callchains; /**< Where threads are in their programs that go to sleep, likewise. */
	enum weft_record_scope scope;
	pid_t pid; /**< Not 0: SCOPE_PROCESS, this one. */
	uint64_t
		subbuffer_bytes; /**< Per CPU; power of two, 4096 or more; 0: chosen from the machine. */
	uint32_t subbuffer_count; /**< Power of two, 2 or more; 0: chosen. */
};

/** What the kernel's half holds; all zero and engine NULL where there is none. */
struct weft_record_kernel {
	const char *engine;   /**< "bpf", "perf", "lttng". Static. */
	uint64_t event_count; /**< In DIR/kernel; 0 with "lttng", whose daemon writes. */
	uint64_t switch_count;
	uint64_t lost_count; /**< Dropped because a ring was full or the disk was. */
	uint32_t cpu_count;
	struct {
		uint64_t in_count, out_count; /**< Threads that came and went, idle not counted. */
		uint64_t lost_count;
		bool running; /**< One was still there at the end: one more came than went. */
	} cpus[WEFT_RECORD_CPUS_MAX];
	char holes[256]; /**< Source that misses events without reporting it; "": none. */
};

/** Counters of a recording. */
struct weft_record_stats {
	uint64_t lost_count;    /**< Application events dropped because a buffer was full. */
	uint64_t byte_count;    /**< On disk. */
	uint64_t payload_bytes; /**< Of application events, without headers. Known at close. */
	uint64_t torn_count;    /**< Places where a process died inside an event. Known at close. */
	uint64_t
		unreadable_bytes; /**< Of events that could not be got out of the buffers. At close. */
	uint64_t duration_ns;
	uint32_t process_count;     /**< Instrumented processes that were recorded. */
	bool own_daemon;            /**< We started the session daemon. */
	enum weft_record_tier tier; /**< Obtained. */
	char refusal[1024]; /**< Why not a better one, and what lifts it; "": it is the best. */
	struct weft_record_kernel kernel;
};

struct weft_recording;

/**
 * What a user writes for scheduling: "auto", TIER or TIER:ENGINE. Sets tier, tier_forced and engine.
 *
 * @return 0; -ENOENT: there is no such tier or engine; `options` is unchanged.
 */
WEFT_MUST_CHECK int weft_record_parse_sched(const char *text, struct weft_record_options *options);

/** Starts recording; returns when events are being recorded. On failure nothing is left behind. */
WEFT_MUST_CHECK int weft_record_open(const struct weft_record_options *options,
				     struct weft_recording **ret_recording, struct weft_error *err);

/**
 * The setting that a command needs in its environment, as NAME=VALUE, to be recorded by a recording
 * of SCOPE_COMMAND. Borrowed from the recording; NULL for other scopes.
 */
const char *weft_record_get_token(const struct weft_recording *recording);

/** Descriptor that becomes readable when weft_record_serve() has something to do; -1: none. */
int weft_record_get_fd(const struct weft_recording *recording);

/**
 * Admits the processes that ask, and looks after the recording. To be called when
 * weft_record_get_fd() is readable and a few times a second.
 *
 * @return 0; -ENOSPC: the disk is nearly full (what the buffers hold still fits: close now);
 *         -EPIPE: the session daemon is gone.
 */
WEFT_MUST_CHECK int weft_record_serve(struct weft_recording *recording, struct weft_error *err);

/** Counters while it runs (bytes, lost, processes). */
WEFT_MUST_CHECK int weft_record_get_stats(struct weft_recording *recording,
					  struct weft_record_stats *ret_stats,
					  struct weft_error *err);

/**
 * Asks weft_record_close() to call `stopped` when everything is on disk, before it destroys the
 * session (which takes LTTng about 0.6 s) and writes weft.json: to convert meanwhile. Not called
 * when the recording could not be stopped well.
 */
void weft_record_on_stopped(struct weft_recording *recording, void (*stopped)(void *ctx),
			    void *ctx);

/**
 * Stops, waits for the last data, destroys the session, ends the daemon if it is ours and no longer
 * used, and writes DIR/weft.json. The recording is gone afterwards, also on failure.
 *
 * @param command  What was recorded, for weft.json; NULL when attached.
 */
WEFT_MUST_CHECK int weft_record_close(struct weft_recording *recording, const char *command,
				      struct weft_record_stats *ret_stats, struct weft_error *err);

/**
 * Removes what crashed recordings left: their sessions, own daemons without sessions. Called by
 * weft_record_open() too.
 *
 * @return Number of leftovers removed, or a negative errno.
 */
WEFT_MUST_CHECK int weft_record_clean(struct weft_error *err);

/**
 * Kills the session daemon if it is ours, with what it started, whatever they record: for one that does
 * not answer any more. Calls that wait for it, on other threads and in other processes, then fail.
 *
 * @return Whether there was one; false: none runs, or it is the user's own.
 *
 * Threads: any, at any time.
 */
bool weft_record_kill_daemon(void);

struct weft_record_keeper;

/**
 * Sees to it that a session daemon runs until weft_record_release(), between recordings too: for
 * servers, whose next recording then starts at once. Also cleans as weft_record_clean() does.
 *
 * @return 0; -ENOENT: LTTng is not installed; another negative errno.
 */
WEFT_MUST_CHECK int weft_record_keep(struct weft_record_keeper **ret_keeper,
				     struct weft_error *err);
/** Ends the daemon if it is ours and no longer used. NULL does nothing. */
void weft_record_release(struct weft_record_keeper *keeper);

/** Writes what this machine allows and how to lift each limit, as text or JSON. */
WEFT_MUST_CHECK int weft_doctor(FILE *out, bool json, struct weft_error *err);

#ifdef __cplusplus
}
#endif

#endif
