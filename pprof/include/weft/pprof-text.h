// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/**
 * Profiles as the texts that Go's programs answer to `debug=1` and `debug=2`, for people and for the
 * programs that read them (`go tool pprof` reads all but thread stacks).
 *
 * The form follows from the sample types:
 *
 * | sample types | debug | form |
 * |---|---|---|
 * | alloc_objects, alloc_space, inuse_objects, inuse_space | any | heap |
 * | contentions, delay | any | block, or mutex when that is the name |
 * | all in "count" | 1 | counts of equal stacks, by the first type |
 * | as above, called "goroutine" | 2 and more | stacks of threads |
 *
 * Stack lines show what the profile knows of functions; addresses stand for the rest. Frames are told
 * as Go does: return addresses on the line of values (the location's address and one), addresses of
 * calls on the lines of frames.
 *
 * Counts: groups of samples with equal addresses and labels; the most frequent first. Of profiles
 * called "goroutine", the labels of threads (tid, thread, state, wait) are left out.
 *
 * Stacks of threads: a block for each sample. Labels: `tid` (else a number of its own) and `state` (else
 * "unknown") for the head, `wait` (a number in nanoseconds) for the minutes in it, all others behind
 * these. At most 100 frames, the inner and the outer 50.
 *
 * Heap: values are taken back to what the sampler saw, so that a reader, which scales them by the period
 * of the profile, gets the profile's own values, give or take one. Comments that begin with "# " follow
 * at the end.
 *
 * Source: Go's runtime/pprof (pprof.go: printCountProfile, writeHeapInternal, writeProfileInternal) and
 * runtime (traceback.go: goroutineheader), for the formats.
 */
#ifndef WEFT_PPROF_TEXT_H
#define WEFT_PPROF_TEXT_H

#include <stdint.h>

#include <weft/error.h>
#include <weft/pprof.h>

#ifdef __cplusplus
extern "C" {
#endif

struct weft_pprof_text_options {
	/** Of the profile, as in its address: "heap", "mutex"; NULL or "": by its sample types. */
	const char *name;
	int debug; /**< 1 or more. */
	/**
	 * NULL, or a number for each location: where its function begins, 0 unknown; as
	 * weft_pprof_symbolize() fills it. Distances from there are shown, 0 where they are unknown.
	 */
	const uint64_t *entries;
};

/**
 * Writes a profile as text.
 *
 * Memory: some times that of the samples, besides the profile.
 *
 * @param write  Gets the text in pieces; see <weft/pprof.h>.
 * @return 0; -EINVAL: a profile of these sample types has no text form, or, being a difference of
 *         two, has values that the form cannot tell; -ENOMEM; what `write` returned.
 *
 * Threads: any number that only read the profile. Signals: not safe.
 */
WEFT_MUST_CHECK int weft_pprof_write_text(const struct weft_pprof *profile,
					  const struct weft_pprof_text_options *options,
					  weft_pprof_write_fn write, void *ctx,
					  struct weft_error *err);

#ifdef __cplusplus
}
#endif

#endif
