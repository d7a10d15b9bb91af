// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Asks a process for its profiles, over the control socket that libweft has in it
 * (tracer/control-socket.h has the protocol).
 *
 * The other side counts as a stranger: everything it says is checked and bounded, and it may stop at
 * any time. It must run as the owner of the process, and be the process.
 */
#ifndef WEFT_HTTP_CONTROL_CLIENT_H
#define WEFT_HTTP_CONTROL_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <weft/error.h>

#include "query.h"

#define WEFT_CONTROL_PROFILES_MAX     256
#define WEFT_CONTROL_DESCRIPTION_SIZE 256

struct weft_control_profile {
	uint64_t count;
	char name[WEFT_HTTP_NAME_SIZE];
	char description[WEFT_CONTROL_DESCRIPTION_SIZE];
};

struct weft_control_list {
	size_t count;
	struct weft_control_profile profiles[WEFT_CONTROL_PROFILES_MAX]; /* By name. */
};

/** Who wants a profile; `ctx` is passed on. */
struct weft_control_receiver {
	/** Whether to give up; asked a few times a second. */
	bool (*is_gone)(void *ctx);
	/** The profile comes now. @return 0; negative errno: give up. */
	int (*begin)(void *ctx);
	int (*write)(void *ctx, const void *bytes, size_t size);
	void *ctx;
};

/** Parses one line of the list ("COUNT NAME\tDESCRIPTION"). Pure. Whether it is one. */
bool weft_control_parse_profile(const char *line, struct weft_control_profile *ret_profile);

/**
 * Lists the profiles of a process; none when it has no control socket.
 *
 * @param ret_list  To be released with free().
 * @return 0; -EACCES: the socket is another user's; -ETIMEDOUT: no answer (a stopped process).
 */
WEFT_MUST_CHECK int weft_control_list(pid_t pid, struct weft_control_list **ret_list,
				      struct weft_error *err);

/**
 * Fetches one profile.
 *
 * @param params  debug, gc and seconds are passed on.
 * @return 0; -ENOENT: no profile of that name; -EAGAIN: it has been busy with others for ten seconds;
 *         -EBUSY and others as the process says, before
 *         begin(); -EPIPE: the process ended; -ECANCELED: given up.
 */
WEFT_MUST_CHECK int weft_control_fetch(pid_t pid, const char *name,
				       const struct weft_query_params *params,
				       const struct weft_control_receiver *receiver,
				       struct weft_error *err);

#endif
