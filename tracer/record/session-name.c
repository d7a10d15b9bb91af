// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Names of our sessions. See session-name.h.
 */
#include "session-name.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

void weft_session_name_format(const struct weft_session_name *name,
			      char ret_text[WEFT_SESSION_NAME_SIZE])
{
	(void)snprintf(ret_text, WEFT_SESSION_NAME_SIZE, "weft-%" PRId32 "-%" PRIu64 "-%08" PRIx32,
		       name->pid, name->pid_namespace, name->random);
}

bool weft_session_name_parse(const char *text, struct weft_session_name *ret_name)
{
	struct weft_session_name name = {0};
	char again[WEFT_SESSION_NAME_SIZE];

	if (sscanf(text, "weft-%9" SCNd32 "-%19" SCNu64 "-%8" SCNx32, &name.pid,
		   &name.pid_namespace, &name.random) != 3 ||
	    name.pid <= 0) {
		return false;
	}
	/* Signs, leading zeros and whatever follows: only our own writing is ours. */
	weft_session_name_format(&name, again);
	if (strcmp(text, again) != 0) {
		return false;
	}
	*ret_name = name;
	return true;
}
