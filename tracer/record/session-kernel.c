// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * The kernel's domain of our session: tier `lttng-kernel`. The session daemon writes DIR/kernel then.
 * Needs root's daemon with LTTng's modules loaded; see session.h.
 */
#include "session.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#define CHANNEL "weft-kernel"

/* What the converter reads, and the threads that are there at the start. */
static const char *const names[] = {
	"sched_switch",       "sched_waking",       "sched_wakeup_new",  "sched_process_fork",
	"sched_process_exec", "sched_process_exit", "lttng_statedump_*",
};

static struct lttng_domain kernel_domain(void)
{
	struct lttng_domain domain = {.type = LTTNG_DOMAIN_KERNEL, .buf_type = LTTNG_BUFFER_GLOBAL};

	return domain;
}

static int refuse(struct weft_error *err, const struct weft_lttng *lttng, int code,
		  const char *what)
{
	return weft_error_set(err, -EOPNOTSUPP,
			      "LTTng: %s: %s; needs root's session daemon with LTTng's modules "
			      "(package lttng-modules-dkms; systemctl start lttng-sessiond), and "
			      "membership in group tracing",
			      what, lttng->lttng_strerror(code));
}

static int enable_event(const struct weft_lttng *lttng, struct lttng_handle *handle,
			const char *name, enum lttng_event_type type, struct weft_error *err)
{
	struct lttng_event *event = lttng->lttng_event_create();
	int code;

	if (!event) {
		return weft_error_set(err, -ENOMEM, "out of memory");
	}
	(void)snprintf(event->name, sizeof(event->name), "%s", name);
	event->type = type;
	event->loglevel_type = LTTNG_EVENT_LOGLEVEL_ALL;
	event->loglevel = -1;
	code = lttng->lttng_enable_event_with_exclusions(handle, event, CHANNEL, NULL, 0, NULL);
	lttng->lttng_event_destroy(event);
	return code < 0 ? refuse(err, lttng, code, name) : 0;
}

static int enable_channel(const struct weft_lttng *lttng, struct lttng_handle *handle,
			  const struct weft_buffer_size *size, struct weft_error *err)
{
	struct lttng_domain domain = kernel_domain();
	int code = weft_lttng_enable_channel(lttng, handle, &domain,
					     &(struct weft_lttng_channel){CHANNEL, size, 0});

	return code < 0 ? refuse(err, lttng, code, "the kernel's domain") : 0;
}

int weft_session_try_kernel(const struct weft_lttng *lttng, struct weft_error *err)
{
	struct lttng_domain domain = kernel_domain();
	struct lttng_event *events = NULL;
	struct lttng_handle *handle = lttng->lttng_create_handle(NULL, &domain);
	int count;

	if (!handle) {
		return weft_error_set(err, -ENOMEM, "out of memory");
	}
	count = lttng->lttng_list_tracepoints(handle, &events);
	lttng->lttng_destroy_handle(handle);
	free(events);
	return count < 0 ? refuse(err, lttng, count, "the kernel's domain") : 0;
}

int weft_session_enable_kernel(struct weft_session *session, const struct weft_buffer_size *size,
			       bool syscalls, struct weft_error *err)
{
	const struct weft_lttng *lttng = session->lttng;
	struct lttng_domain domain = kernel_domain();
	struct lttng_handle *handle;
	size_t i;
	/* A daemon that refuses a channel does not read all of it, which liblttng-ctl prints. */
	int ret = weft_session_try_kernel(lttng, err);

	if (ret < 0) {
		return ret;
	}
	handle = lttng->lttng_create_handle(session->name, &domain);
	if (!handle) {
		return weft_error_set(err, -ENOMEM, "out of memory");
	}
	ret = enable_channel(lttng, handle, size, err);
	for (i = 0; ret == 0 && i < sizeof(names) / sizeof(names[0]); i++) {
		ret = enable_event(lttng, handle, names[i], LTTNG_EVENT_TRACEPOINT, err);
	}
	if (ret == 0 && syscalls) {
		ret = enable_event(lttng, handle, "*", LTTNG_EVENT_SYSCALL, err);
	}
	lttng->lttng_destroy_handle(handle);
	return ret;
}
