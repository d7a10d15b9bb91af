// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/**
 * From a raw profile, which knows addresses only, to one that says functions, files and lines, so that
 * no reader needs the program's files.
 *
 *     struct weft_symbolize_options options = {.pid = 4711};
 *     weft_pprof_symbolize(profile, &options, &err);
 *
 * A mapping's file is looked for in the process, if one is given and lives: the very file that it has
 * mapped, even when that has been deleted or lies in a container's file system. Then by its path here.
 * A file whose build id is another than the mapping's is not used. [vdso] is this process's own when
 * the build ids are equal. What could not be used, and why, becomes a comment of the profile; it is no
 * error, for the rest of the profile is as good as it can be.
 *
 * What is read of files is <weft/symbol-file.h>'s matter. Whoever feeds this files from strangers
 * does it in a process of its own with limits, as `weft symbolize` does.
 *
 * Threads: one at a time per profile. Signals: not safe.
 */
#ifndef WEFT_SYMBOLIZE_H
#define WEFT_SYMBOLIZE_H

#include <stdbool.h>
#include <stdint.h>

#include <weft/error.h>
#include <weft/pprof.h>

#ifdef __cplusplus
extern "C" {
#endif

struct weft_symbolize_options {
	int32_t pid;          /**< Process that the profile is of; 0: unknown, or it has ended. */
	bool debuginfod;      /**< Ask the servers in DEBUGINFOD_URLS for debug files. */
	uint64_t deadline_ns; /**< CLOCK_MONOTONIC when to be done with what there is; 0: never. */
	/**
	 * NULL, or a number for each location of the profile, which becomes the address where the
	 * location's function begins; what is not known stays as it is. For <weft/pprof-text.h>.
	 */
	uint64_t *entries;
	/** Told what could not be used, and why, instead of a comment's saying it; NULL: a comment. */
	void (*tell)(void *ctx, const char *text);
	void *ctx;
};

/**
 * Fills the lines of all locations that have none and lie in mappings without `has_functions`, and sets
 * what the mappings have: functions, files and lines when any location got one; inline frames when
 * there was debug information. Locations of which nothing is known stay as they are.
 *
 * @return 0, also when nothing could be found; -ENOMEM, -E2BIG: the profile is whole and has a part of
 *         the names.
 */
WEFT_MUST_CHECK int weft_pprof_symbolize(struct weft_pprof *profile,
					 const struct weft_symbolize_options *options,
					 struct weft_error *err);

#ifdef __cplusplus
}
#endif

#endif
