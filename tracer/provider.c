// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * libweft-lttng: the LTTng-UST probes of the `weft` provider, and the hook of the state dump.
 *
 * Loaded by libweft at run time when LTTng-UST is installed. The hook is a probe of our own on
 * LTTng-UST's event `lttng_ust_statedump:start`, which LTTng calls in its listener thread for each
 * session that starts and for each `lttng regenerate statedump`.
 */
#define LTTNG_UST_TRACEPOINT_CREATE_PROBES
#include "provider.h"

#include <dlfcn.h>
#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>

#include <lttng/ust-fork.h>
#include <lttng/ust-thread.h>

#include "provider-link.h"

/* Must equal the declaration of the event inside LTTng-UST 2.13, or LTTng ignores the probe. */
#define STATEDUMP_SIGNATURE "struct lttng_ust_session *, session"

typedef void (*dump_fn)(void);

static _Atomic(dump_fn) dump_hook; /* Written before LTTng knows of the probe that reads it. */
static sigset_t signals_before_fork;

static void statedump_start(void *unused, void *session)
{
	(void)unused;
	(void)session;
	/* R1: pairs with A1 in weft_provider_attach(): the hook before the registration. */
	atomic_load_explicit(&dump_hook, memory_order_acquire)();
}

static void before_fork(void)
{
	lttng_ust_before_fork(&signals_before_fork);
}

static void after_fork_parent(void)
{
	lttng_ust_after_fork_parent(&signals_before_fork);
}

static void after_fork_child(void)
{
	lttng_ust_after_fork_child(&signals_before_fork);
}

__attribute__((visibility("default"))) void
weft_provider_attach(struct weft_provider_link *ret_link, void (*dump)(void));

void weft_provider_attach(struct weft_provider_link *ret_link, void (*dump)(void))
{
	atomic_store_explicit(&dump_hook, dump, memory_order_release); /* A1: pairs with R1. */
	(void)lttng_ust_tracepoint_provider_register("lttng_ust_statedump", "start",
						     (void (*)(void))statedump_start, NULL,
						     STATEDUMP_SIGNATURE);
	ret_link->init_thread = lttng_ust_init_thread;
	if (dlopen("liblttng-ust-fork.so.1", RTLD_LAZY | RTLD_NOLOAD)) {
		return;
	}
	ret_link->before_fork = before_fork;
	ret_link->after_fork_parent = after_fork_parent;
	ret_link->after_fork_child = after_fork_child;
}
