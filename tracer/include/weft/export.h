// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/**
 * Profiles that a process offers to whoever may look into it: `weft serve` and <weft/http.h> list and
 * fetch them at /debug/pprof/NAME.
 *
 *     static int write_users(void *ctx, const struct weft_export_request *request,
 *                            struct weft_export_output *output) { ... weft_export_write(...) ... }
 *     static const struct weft_export users = {"users", "Users logged in.", count_users,
 *                                              write_users, NULL};
 *     weft_export_add(&users);
 *
 * libweft is asked over a control socket: an abstract unix socket of this process, which answers
 * processes of the same user and of root, told apart by the credentials that the kernel attests.
 * The first export starts it; a process that exports nothing has no socket and no thread of ours.
 *
 * Threads: functions may be called from any thread. The socket has one thread named "weft-control",
 * and one more for each fetch while it runs (8 at most), all with every signal blocked and small
 * stacks. Exports' functions run on these.
 * fork(): the child offers the same exports at a socket of its own.
 * Signals: not safe.
 */
#ifndef WEFT_EXPORT_H
#define WEFT_EXPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <weft/trace.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Longest name, with NUL. */
#define WEFT_EXPORT_NAME_SIZE 128
/** Most exports of a process. */
#define WEFT_EXPORTS_MAX 64

/** What the client asks for; 0 or false when it did not say. */
struct weft_export_request {
	int64_t debug;   /**< 0: binary (gzipped profile.proto); else text; never negative. */
	int64_t seconds; /**< How long to look; never negative. */
	bool gc;         /**< Collect garbage first, where that means something. */
};

struct weft_export_output;

/** One profile. */
struct weft_export {
	const char *name;        /**< 1 to 127 bytes, no control characters. */
	const char *description; /**< One line for the index; "" for none. */
	/** How many things it holds now; NULL: always 0. Quick, for the index. */
	uint64_t (*count)(void *ctx);
	/**
	 * Writes it by weft_export_write(). May take its time; several may run at once.
	 *
	 * @return 0; -EBUSY: one at a time, and one is running; another negative errno. Before
	 *         anything was written the client gets an error, later a broken answer.
	 */
	int (*write)(void *ctx, const struct weft_export_request *request,
		     struct weft_export_output *output);
	void *ctx;
};

/**
 * Offers a profile.
 *
 * @param profile  Borrowed until weft_export_remove().
 * @return 0; -EEXIST: there is one of that name; -EINVAL; -ENOSPC: WEFT_EXPORTS_MAX are there;
 *         -EPERM: the environment says WEFT=off; another negative errno: no socket or thread could
 *         be had. After a failure nothing is left behind.
 */
WEFT_API int weft_export_add(const struct weft_export *profile) WEFT_USE_RESULT_;

/**
 * Takes it back. Returns when none of its functions runs any more; do not call it from one.
 *
 * @return 0; -ENOENT: it was not offered.
 */
WEFT_API int weft_export_remove(const struct weft_export *profile);

/** @return 0; -EPIPE: the client is gone (or dawdles): give up. */
WEFT_API int weft_export_write(struct weft_export_output *output, const void *bytes,
			       size_t size) WEFT_USE_RESULT_;

/** Whether the client has gone; to be asked a few times a second by what takes seconds. */
WEFT_API bool weft_export_is_gone(struct weft_export_output *output);

#ifdef __cplusplus
}
#endif

#endif
