// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Running processes with libweft in them, as far as this user may look into them.
 */
#ifndef WEFT_HTTP_PROCESSES_H
#define WEFT_HTTP_PROCESSES_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include <weft/error.h>

struct weft_process {
	pid_t pid;
	unsigned int thread_count;
	size_t rss_kib;
	bool has_trace; /* LTTng-UST is there too: can be traced. */
	char name[32];
	char command[160]; /* Cut; words joined by blanks. */
};

/**
 * Looks into one process.
 *
 * @return Whether libweft is in it.
 */
bool weft_process_look(pid_t pid, struct weft_process *ret_process);

/** Lists them by id. @param ret_processes  To be released with free(). @return Their number. */
WEFT_MUST_CHECK int weft_processes_list(struct weft_process **ret_processes,
					struct weft_error *err);

#endif
