// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * liblttng-ctl, loaded at run time, so that the commands that only read traces work where LTTng is
 * not installed, and so that its absence is one clear line instead of the loader's.
 *
 * Not thread-safe: liblttng-ctl keeps its connection in a variable of its own.
 */
#ifndef WEFT_RECORD_LTTNG_API_H
#define WEFT_RECORD_LTTNG_API_H

#include <lttng/lttng.h>

#include <weft/error.h>

#include "buffer-size.h"

/* a table */
/* clang-format off */
#define WEFT_LTTNG_FUNCTIONS(X)                                                                    \
	X(lttng_session_daemon_alive)                                                              \
	X(lttng_list_sessions)                                                                     \
	X(lttng_session_descriptor_local_create)                                                   \
	X(lttng_session_descriptor_destroy)                                                        \
	X(lttng_create_session_ext)                                                                \
	X(lttng_destroy_session_no_wait)                                                           \
	X(lttng_create_handle)                                                                     \
	X(lttng_destroy_handle)                                                                    \
	X(lttng_channel_create)                                                                    \
	X(lttng_channel_destroy)                                                                   \
	X(lttng_enable_channel)                                                                    \
	X(lttng_list_channels)                                                                     \
	X(lttng_channel_get_discarded_event_count)                                                 \
	X(lttng_enable_event_with_exclusions)                                                      \
	X(lttng_event_create)                                                                      \
	X(lttng_event_destroy)                                                                     \
	X(lttng_list_tracepoints)                                                                  \
	X(lttng_session_get_tracker_handle)                                                        \
	X(lttng_process_attr_tracker_handle_destroy)                                               \
	X(lttng_process_attr_tracker_handle_set_tracking_policy)                                   \
	X(lttng_process_attr_virtual_process_id_tracker_handle_add_pid)                            \
	X(lttng_start_tracing)                                                                     \
	X(lttng_stop_tracing_no_wait)                                                              \
	X(lttng_data_pending)                                                                      \
	X(lttng_set_session_shm_path)                                                              \
	X(lttng_strerror)
/* clang-format on */

struct weft_lttng {
#define WEFT_LTTNG_POINTER(name) __typeof__(&name) name;
	WEFT_LTTNG_FUNCTIONS(WEFT_LTTNG_POINTER)
#undef WEFT_LTTNG_POINTER
};

/**
 * The library's functions without their prefix in one table.
 *
 * @return 0; -ENOENT: not installed; -ENOSYS: installed, but lacks a function.
 */
WEFT_MUST_CHECK int weft_lttng_load(const struct weft_lttng **ret_lttng, struct weft_error *err);

/** A channel that drops the newest events when it is full. */
struct weft_lttng_channel {
	const char *name;
	const struct weft_buffer_size *size;
	uint32_t
		flush_us; /**< Longest time that an event stays in memory; 0: until a buffer is full. */
};

/** Makes it in the session and domain of `handle`. @return 0, or a negative LTTng code. */
WEFT_MUST_CHECK int weft_lttng_enable_channel(const struct weft_lttng *lttng,
					      struct lttng_handle *handle,
					      struct lttng_domain *domain,
					      const struct weft_lttng_channel *channel);

/** Sets an error from a negative LTTng code; `what` was attempted. @return A negative errno. */
int weft_lttng_error(struct weft_error *err, const struct weft_lttng *lttng, int code,
		     const char *what);

#endif
