// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * What a process tells in addresses, made into what a client gets, by a helper process with limits of
 * time and memory (`weft symbolize --helper`). Nothing is decoded and no debug information is read
 * in the process that serves, which may be the application.
 *
 *     memory file, raw ──▶ socket ──▶ helper ──▶ memory file, complete
 */
#ifndef WEFT_HTTP_COMPLETION_H
#define WEFT_HTTP_COMPLETION_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include <weft/error.h>

/* Longest profile that is taken from a process, and longest answer. */
#define WEFT_COMPLETION_BYTES_MAX (64U << 20)

struct weft_completion {
	pid_t pid;        /* Whose addresses they are. */
	const char *name; /* Of the profile: tells mutex from block in texts. */
	int64_t debug;    /* Not 0: the text form. */
	uint64_t
		earlier_size; /* The input begins with an earlier profile, to be subtracted; or 0. */
	bool keeps_inuse;     /* But not from values in use. */
	bool has_addresses;   /* The input is a list of addresses, the answer one of names. */
	bool (*is_gone)(void *ctx); /* Whether to give up; asked a few times a second. */
	void *ctx;
};

/**
 * Completes a whole file.
 *
 * @param ret_answer_fd  To be closed by the caller; read with pread().
 * @return 0; -EBADMSG: the input is no profile; -ENOENT, ...: there is no helper; -ETIMEDOUT;
 *         -ECANCELED: given up; another negative errno.
 */
WEFT_MUST_CHECK int weft_completion_run(const struct weft_completion *completion, int input_fd,
					int *ret_answer_fd, struct weft_error *err);

#endif
