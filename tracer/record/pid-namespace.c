// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * See pid-namespace.h.
 */
#include "pid-namespace.h"

#include <errno.h>
#include <stdint.h>
#include <sys/stat.h>

/* Of the first namespace, on every kernel. */
#define FIRST_INODE UINT32_C(0xEFFFFFFC)

int weft_pid_namespace_check(struct weft_error *err)
{
	struct stat own;

	if (stat("/proc/self/ns/pid", &own) < 0 || own.st_ino == FIRST_INODE) {
		return 0;
	}
	return weft_error_set(err, -EOPNOTSUPP,
			      "weft runs in a PID namespace of its own, where the ids of other "
			      "threads cannot be told (containers: --pid=host)");
}
