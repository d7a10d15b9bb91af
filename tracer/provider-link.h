// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * What libweft.so and libweft-lttng.so say to each other: one function, looked up by name.
 */
#ifndef WEFT_TRACER_PROVIDER_LINK_H
#define WEFT_TRACER_PROVIDER_LINK_H

struct weft_provider_link {
	/* Makes the calling thread known to LTTng-UST, so that a signal handler may emit events. */
	void (*init_thread)(void);
	/* Calls to make around fork(); NULL when somebody else makes them. */
	void (*before_fork)(void);
	void (*after_fork_parent)(void);
	void (*after_fork_child)(void);
};

/* dump: called in LTTng-UST's listener thread at each start of a session. */
typedef void (*weft_provider_attach_fn)(struct weft_provider_link *ret_link, void (*dump)(void));

#define WEFT_PROVIDER_ATTACH "weft_provider_attach"

#endif
