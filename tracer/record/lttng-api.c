// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * liblttng-ctl at run time. See lttng-api.h.
 */
#include "lttng-api.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#define LIBRARY "liblttng-ctl.so.0"

static const char *const names[] = {
#define WEFT_LTTNG_NAME(name) #name,
	WEFT_LTTNG_FUNCTIONS(WEFT_LTTNG_NAME)
#undef WEFT_LTTNG_NAME
};

_Static_assert(sizeof(struct weft_lttng) == sizeof(names), "one pointer a name");

int weft_lttng_load(const struct weft_lttng **ret_lttng, struct weft_error *err)
{
	static union {
		struct weft_lttng functions;
		void *pointers[sizeof(names) / sizeof(names[0])];
	} table;
	static bool loaded;
	void *library;
	size_t i;

	if (!loaded) {
		library = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);
		if (!library) {
			return weft_error_set(err, -ENOENT,
					      "cannot load " LIBRARY " (%s): install package "
					      "liblttng-ctl0 (it comes with lttng-tools)",
					      dlerror());
		}
		for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
			table.pointers[i] = dlsym(library, names[i]);
			if (!table.pointers[i]) {
				(void)dlclose(library); /* Opened above. */
				return weft_error_set(err, -ENOSYS,
						      LIBRARY " has no %s: LTTng 2.13 or later is "
							      "needed",
						      names[i]);
			}
		}
		loaded = true;
	}
	*ret_lttng = &table.functions;
	return 0;
}

int weft_lttng_enable_channel(const struct weft_lttng *lttng, struct lttng_handle *handle,
			      struct lttng_domain *domain, const struct weft_lttng_channel *channel)
{
	struct lttng_channel *made = lttng->lttng_channel_create(domain);
	int code;

	if (!made) {
		return -LTTNG_ERR_NOMEM;
	}
	(void)snprintf(made->name, sizeof(made->name), "%s", channel->name);
	made->attr.overwrite = 0;
	made->attr.subbuf_size = channel->size->subbuffer_bytes;
	made->attr.num_subbuf = channel->size->subbuffer_count;
	made->attr.switch_timer_interval = channel->flush_us;
	code = lttng->lttng_enable_channel(handle, made);
	lttng->lttng_channel_destroy(made);
	return code;
}

int weft_lttng_error(struct weft_error *err, const struct weft_lttng *lttng, int code,
		     const char *what)
{
	const char *hint = "";
	int errno_code = -EIO;

	switch (-code) {
	case LTTNG_ERR_NO_SESSIOND:
	case LTTNG_ERR_CONNECT_FAIL:
	case LTTNG_ERR_FATAL:
		errno_code = -EPIPE;
		hint = "; the session daemon is not there (any more)";
		break;
	case LTTNG_ERR_EPERM:
		errno_code = -EPERM;
		hint = "; the session daemon belongs to another user";
		break;
	case LTTNG_ERR_NOMEM:
		errno_code = -ENOMEM;
		break;
	case LTTNG_ERR_UND:
	case LTTNG_ERR_INVALID:
	case LTTNG_ERR_INVALID_PROTOCOL:
	case LTTNG_ERR_UNK:
		errno_code = -EPROTO;
		hint = "; session daemon and liblttng-ctl must be of one version: restart the "
		       "daemon after an upgrade";
		break;
	default:
		break;
	}
	return weft_error_set(err, errno_code, "%s: LTTng says: %s%s", what,
			      lttng->lttng_strerror(code), hint);
}
