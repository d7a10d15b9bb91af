// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Writes a raw profile: a valid profile.proto, neither compressed nor symbolised, with libc only.
 *
 *     profile = weft_raw_profile_create(write, ctx);
 *     weft_raw_profile_add_sample_type(profile, "samples", "count");
 *     weft_raw_profile_add_sample_type(profile, "cpu", "nanoseconds");
 *     weft_raw_profile_add_sample(profile, &sample);
 *     ret = weft_raw_profile_finish(profile);
 *
 * Everything is written as it comes; only the strings and addresses seen so far are kept, to be
 * numbered. Types come before samples; else any order. A failure (of memory or of `write`) is kept:
 * later calls do nothing and finish() returns it.
 *
 * `weft symbolize` or the HTTP frontend makes a complete profile of it. The executable mappings of
 * this process are in it with their build ids, so that any reader can do so too.
 *
 * Threads: one at a time per profile. Signals: not safe.
 * Source: github.com/google/pprof, proto/profile.proto; proto/profile.proto has it in our words.
 */
#ifndef WEFT_TRACER_RAW_PROFILE_H
#define WEFT_TRACER_RAW_PROFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Most sample types of a profile. */
#define WEFT_RAW_PROFILE_TYPES_MAX 8U

/* Where the bytes go, some 64 KiB at a time. 0, or a negative errno, which ends the writing. */
typedef int (*weft_raw_profile_write_fn)(void *ctx, const void *bytes, size_t size);

/* A text, or a number when str is NULL; readers drop the number 0 when it has no unit. */
struct weft_raw_label {
	const char *key;
	const char *str;
	int64_t num;
	const char *unit; /* Of num; NULL: none. */
};

struct weft_raw_sample {
	const uintptr_t *pcs;  /* Innermost frame first. */
	size_t depth;          /* May be 0. */
	const int64_t *values; /* One for each sample type, in its unit. */
	const struct weft_raw_label *labels;
	size_t label_count;
	/*
	 * pcs[0] is a return address, as where a function looked at its own callers. Otherwise it is
	 * the very instruction that was interrupted. The others always are return addresses, of
	 * which the profile gets the address less one: the place of the call.
	 */
	bool leaf_is_call;
};

struct weft_raw_profile;

/* Also looks at the mappings of the process. NULL: out of memory. */
struct weft_raw_profile *weft_raw_profile_create(weft_raw_profile_write_fn write, void *ctx);
/* NULL is fine. */
void weft_raw_profile_destroy(struct weft_raw_profile *profile);

void weft_raw_profile_add_sample_type(struct weft_raw_profile *profile, const char *type,
				      const char *unit);
/* One event of the given kind each `period`, in its unit. Once a profile. */
void weft_raw_profile_set_period(struct weft_raw_profile *profile, const char *type,
				 const char *unit, int64_t period);
/* time_ns: since 1970, UTC. duration_ns: 0 for a profile of a moment. Once a profile. */
void weft_raw_profile_set_time(struct weft_raw_profile *profile, int64_t time_ns,
			       int64_t duration_ns);
/* What readers show unless told otherwise: a type's name. Once a profile. */
void weft_raw_profile_set_default_type(struct weft_raw_profile *profile, const char *type);
/* A line for people. */
void weft_raw_profile_add_comment(struct weft_raw_profile *profile, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
void weft_raw_profile_add_sample(struct weft_raw_profile *profile,
				 const struct weft_raw_sample *sample);

/* Writes what is left. 0; -ENOMEM; -EINVAL: samples without a sample type; what `write` returned. */
int weft_raw_profile_finish(struct weft_raw_profile *profile);

/* CLOCK_REALTIME, for set_time(). */
int64_t weft_raw_profile_now_ns(void);

#endif
