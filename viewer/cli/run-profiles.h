// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * What `weft run` does when the command has ended: completes the profiles that the process left in a
 * folder, keeps them where the user wants them, and shows the top of each.
 */
#ifndef WEFT_CLI_RUN_PROFILES_H
#define WEFT_CLI_RUN_PROFILES_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include <weft/error.h>

/** The kinds in the order in which they are shown: cpu, allocs, heap, block, mutex, threadcreate. */
#define WEFT_RUN_KIND_COUNT 6U

extern const char *const weft_run_kinds[WEFT_RUN_KIND_COUNT];

struct weft_run_profiles {
	/**
	 * With files KIND.PID, and KIND.PID@START of a program that executed another one in its place
	 * (START orders them).
	 */
	const char *raw_folder;
	const char *output; /**< Folder for KIND.pb.gz; NULL: they are only shown. */
	/** Of the command; others get KIND.PID.pb.gz. Former programs get KIND[.PID].execN.pb.gz, N from 1 on. */
	pid_t pid;
	bool is_wanted[WEFT_RUN_KIND_COUNT];
	bool is_quiet; /**< Nothing is shown. */
};

struct weft_run_result {
	size_t count;         /**< Of profiles that were there. */
	size_t table_count;   /**< Of those that had something to show. */
	bool is_lost_by_exec; /**< The command became another program, which has left none. */
};

/**
 * Completes, keeps and shows them; removes what is in raw_folder.
 *
 * @return 0; a negative errno: one could not be read or kept; the others were.
 */
WEFT_MUST_CHECK int weft_run_profiles_finish(const struct weft_run_profiles *profiles,
					     struct weft_run_result *ret_result,
					     struct weft_error *err);

#endif
