// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Names of our sessions: weft-PID-NAMESPACE-RANDOM. Process and PID namespace of the recorder tell
 * later whether it still lives; the namespace, because machines and containers may share a home
 * folder and hence a daemon. Pure: no I/O.
 */
#ifndef WEFT_RECORD_SESSION_NAME_H
#define WEFT_RECORD_SESSION_NAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WEFT_SESSION_NAME_SIZE 64

struct weft_session_name {
	int32_t pid;
	uint64_t pid_namespace; /* Inode number of /proc/self/ns/pid. */
	uint32_t random;
};

void weft_session_name_format(const struct weft_session_name *name,
			      char ret_text[WEFT_SESSION_NAME_SIZE]);

/** @return Whether `text` is exactly what weft_session_name_format() would write. */
bool weft_session_name_parse(const char *text, struct weft_session_name *ret_name);

#endif
