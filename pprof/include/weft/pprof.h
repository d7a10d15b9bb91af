// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/**
 * Profiles in pprof's format: built, read, combined, written.
 *
 *     struct weft_pprof *profile = weft_pprof_create();
 *     weft_pprof_add_sample_type(profile, "samples", "count");
 *     weft_pprof_add_sample_type(profile, "cpu", "nanoseconds");
 *     weft_pprof_add_function(profile, &(struct weft_pprof_function){.name = "main"}, &function);
 *     weft_pprof_add_location(profile, &(struct weft_pprof_location){.lines = &line, ...}, &place);
 *     weft_pprof_add_sample(profile, &(struct weft_pprof_sample){.locations = &place, ...});
 *     weft_pprof_write_fd(profile, fd, &err);
 *     weft_pprof_destroy(profile);
 *
 * A profile is a list of samples, each a stack of locations, one value for each sample type, and
 * labels. Locations refer to a mapping (a piece of a file in memory) and to lines of functions.
 * Everything that is added is copied, kept once, and known by its index: 0 and up, in order of
 * first appearance. Nothing is ever moved to another index, but by weft_pprof_filter_samples().
 *
 * Strings: never NULL but where said; equal strings of one profile are one pointer. Bytes are taken
 * as they are (a reader decides what to show of invalid UTF-8); none contains NUL.
 *
 * Pointers from weft_pprof_get_*() belong to the profile, valid until something is added or removed;
 * the strings, lines, locations, values and labels that they point to, until the profile's end.
 *
 * Memory: all of a profile counts against a ceiling (weft_pprof_set_memory_limit()); reaching it
 * is -E2BIG, and leaves the profile as it was before the call unless said otherwise.
 *
 * Threads: one at a time per profile; readers may share one that nobody changes.
 * Signals: not safe.
 * Source: github.com/google/pprof, proto/profile.proto; `proto/profile.proto` has it in our words.
 */
#ifndef WEFT_PPROF_H
#define WEFT_PPROF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <weft/error.h>

#ifdef __cplusplus
extern "C" {
#endif

/** In place of an index: there is none. */
#define WEFT_PPROF_NONE UINT32_MAX

/** Memory that one profile may take unless told otherwise: 4 GiB. */
#define WEFT_PPROF_MEMORY_LIMIT_DEFAULT (UINT64_C(4) << 30)

struct weft_pprof;

/** What a value means, or what period counts. */
struct weft_pprof_value_type {
	const char *type; /**< E.g. "cpu". */
	const char *unit; /**< E.g. "nanoseconds". */
};

/** A piece of address space that a file was loaded to. NULL strings count as "". */
struct weft_pprof_mapping {
	uint64_t start;        /**< First address. */
	uint64_t limit;        /**< First address behind it. */
	uint64_t offset;       /**< Of `start` in the file, in bytes. */
	const char *file;      /**< Path, or a name in brackets such as "[vdso]". */
	const char *build_id;  /**< Lower-case hexadecimal; "" unknown. */
	bool has_functions;    /**< The locations have what can be known: nobody need look it up. */
	bool has_filenames;    /**< As above, for source files. */
	bool has_line_numbers; /**< As above, for lines. */
	bool has_inline_frames; /**< As above, for inlined functions. */
};

/** NULL strings count as "". */
struct weft_pprof_function {
	const char *name;        /**< For people: demangled. */
	const char *system_name; /**< As the linker knows it; NULL: like `name`. */
	const char *file;        /**< Source file, "" unknown. */
	int64_t start_line;      /**< 0 unknown. */
};

/** A place in a function. */
struct weft_pprof_line {
	uint32_t function; /**< Index. */
	int64_t line;      /**< 0 unknown. */
	int64_t column;    /**< 0 unknown. */
};

struct weft_pprof_location {
	uint32_t mapping; /**< Index, or WEFT_PPROF_NONE. */
	uint32_t line_count;
	/**
	 * Of the instruction. For callers inside the call: the return address less one, so that
	 * the line found is the call's and not the next one.
	 */
	uint64_t address;
	/** Innermost inlined function first; the last is the function that has machine code. */
	const struct weft_pprof_line *lines;
	bool is_folded; /**< Several symbols have this address. */
};

/** A text or a number that says more about a sample. */
struct weft_pprof_label {
	const char *key;
	const char *str;  /**< NULL: the label is a number. */
	int64_t num;      /**< Only when str is NULL. */
	const char *unit; /**< Of num, "" or NULL: the key says it. */
};

struct weft_pprof_sample {
	const uint32_t *locations; /**< Indices, innermost frame first. */
	uint32_t location_count;   /**< May be 0: a value without a place. */
	uint32_t label_count;
	const int64_t *values; /**< One for each sample type, in that type's unit. */
	const struct weft_pprof_label *labels;
};

/* ---- Life ---- */

/** An empty profile; NULL: out of memory. */
struct weft_pprof *weft_pprof_create(void);
/** NULL is fine. */
void weft_pprof_destroy(struct weft_pprof *profile);
/** Changes the ceiling; what is there already stays, even when it is more. */
void weft_pprof_set_memory_limit(struct weft_pprof *profile, uint64_t limit_bytes);
/** Bytes it takes now. */
uint64_t weft_pprof_memory_bytes(const struct weft_pprof *profile);

/* ---- Building. Each: 0; -EINVAL: an index or count is wrong; -ENOMEM; -E2BIG ---- */

/** The profile's own copy of a text (NULL: ""), good until the profile's end; equal ones are one. */
WEFT_MUST_CHECK int weft_pprof_add_string(struct weft_pprof *profile, const char *text,
					  const char **ret_text);
/** Only before the first sample. By convention the first type counts events (unit "count"). */
WEFT_MUST_CHECK int weft_pprof_add_sample_type(struct weft_pprof *profile, const char *type,
					       const char *unit);
/** Always a new one. The first is the main program. */
WEFT_MUST_CHECK int weft_pprof_add_mapping(struct weft_pprof *profile,
					   const struct weft_pprof_mapping *mapping,
					   uint32_t *ret_index);
/** Replaces what is known of a mapping; addresses and all. */
WEFT_MUST_CHECK int weft_pprof_set_mapping(struct weft_pprof *profile, uint32_t index,
					   const struct weft_pprof_mapping *mapping);
/** The function with the same four properties, added when new. */
WEFT_MUST_CHECK int weft_pprof_add_function(struct weft_pprof *profile,
					    const struct weft_pprof_function *function,
					    uint32_t *ret_index);
/** The location with the same properties and lines, added when new. */
WEFT_MUST_CHECK int weft_pprof_add_location(struct weft_pprof *profile,
					    const struct weft_pprof_location *location,
					    uint32_t *ret_index);
/** Replaces the lines of a location, as a symbolizer does. */
WEFT_MUST_CHECK int weft_pprof_set_location_lines(struct weft_pprof *profile, uint32_t index,
						  const struct weft_pprof_line *lines,
						  uint32_t line_count);
/** Adds the values to those of the sample with the same stack and labels, which is added when new. */
WEFT_MUST_CHECK int weft_pprof_add_sample(struct weft_pprof *profile,
					  const struct weft_pprof_sample *sample);
/** As above, but always a sample of its own. */
WEFT_MUST_CHECK int weft_pprof_append_sample(struct weft_pprof *profile,
					     const struct weft_pprof_sample *sample);
/** Adds a line for people, unless it is there. Those that start with # stay out of headers. */
WEFT_MUST_CHECK int weft_pprof_add_comment(struct weft_pprof *profile, const char *comment);

WEFT_MUST_CHECK int weft_pprof_set_period(struct weft_pprof *profile, const char *type,
					  const char *unit, int64_t period);
/** The type of the value that reports show unless told otherwise; "": the last. */
WEFT_MUST_CHECK int weft_pprof_set_default_sample_type(struct weft_pprof *profile,
						       const char *type);
/** Address of a page that explains the profile. */
WEFT_MUST_CHECK int weft_pprof_set_doc_url(struct weft_pprof *profile, const char *url);
/**
 * Frames that reports leave out, with everything that they called: those whose whole function
 * name matches `drop` and does not match `keep` (regular expressions of RE2; "": none).
 */
WEFT_MUST_CHECK int weft_pprof_set_frame_filters(struct weft_pprof *profile, const char *drop,
						 const char *keep);
/** @param time_ns  Since 1970, UTC; 0 unknown. @param duration_ns  0 unknown. */
void weft_pprof_set_time(struct weft_pprof *profile, int64_t time_ns, int64_t duration_ns);

/* ---- Looking ---- */

uint32_t weft_pprof_sample_type_count(const struct weft_pprof *profile);
uint32_t weft_pprof_mapping_count(const struct weft_pprof *profile);
uint32_t weft_pprof_function_count(const struct weft_pprof *profile);
uint32_t weft_pprof_location_count(const struct weft_pprof *profile);
uint32_t weft_pprof_sample_count(const struct weft_pprof *profile);
uint32_t weft_pprof_comment_count(const struct weft_pprof *profile);

const struct weft_pprof_value_type *weft_pprof_get_sample_type(const struct weft_pprof *profile,
							       uint32_t index);
const struct weft_pprof_mapping *weft_pprof_get_mapping(const struct weft_pprof *profile,
							uint32_t index);
const struct weft_pprof_function *weft_pprof_get_function(const struct weft_pprof *profile,
							  uint32_t index);
const struct weft_pprof_location *weft_pprof_get_location(const struct weft_pprof *profile,
							  uint32_t index);
const struct weft_pprof_sample *weft_pprof_get_sample(const struct weft_pprof *profile,
						      uint32_t index);
const char *weft_pprof_get_comment(const struct weft_pprof *profile, uint32_t index);

/** What is known of the whole profile. */
struct weft_pprof_header {
	struct weft_pprof_value_type period_type; /**< "" and "": unknown. */
	int64_t period;                           /**< In the unit of the type. */
	int64_t time_ns;                          /**< Since 1970, UTC; 0 unknown. */
	int64_t duration_ns;                      /**< 0 unknown. */
	const char *default_sample_type;          /**< "": the last. */
	const char *doc_url;                      /**< "" none. */
	const char *drop_frames;                  /**< "" none. */
	const char *keep_frames;                  /**< "" none. */
};

const struct weft_pprof_header *weft_pprof_get_header(const struct weft_pprof *profile);

/* ---- Changing ---- */

/**
 * Removes the samples that `keep` refuses. Indices of samples change; nothing else does.
 *
 * @param keep  Returns whether the sample stays; may change its values in place. Called once a
 *              sample, in order.
 */
void weft_pprof_filter_samples(struct weft_pprof *profile,
			       bool (*keep)(void *ctx, const struct weft_pprof_sample *sample,
					    int64_t *values),
			       void *ctx);
/**
 * Removes the labels of this key from all samples. Samples that are equal then stay separate;
 * weft_pprof_merge() into an empty profile joins them.
 */
void weft_pprof_remove_labels(struct weft_pprof *profile, const char *key);
/**
 * Adds a label to all samples, with a number of each.
 *
 * @param key     Copied. None of the samples may have it: see weft_pprof_remove_labels().
 * @param number  Called once a sample, in order; 0: the sample gets no label.
 * @return 0; -E2BIG, -ENOMEM: some of the samples may have it.
 */
WEFT_MUST_CHECK int
weft_pprof_number_samples(struct weft_pprof *profile, const char *key,
			  int64_t (*number)(void *ctx, const struct weft_pprof_sample *sample),
			  void *ctx);
/** Multiplies every value, rounding to the nearest; -1 turns a profile into what to subtract. */
void weft_pprof_scale(struct weft_pprof *profile, double ratio);
/** Removes samples whose values are all 0. */
void weft_pprof_drop_zero_samples(struct weft_pprof *profile);

/**
 * Adds all of `source` to `profile`.
 *
 * As google/pprof does: sample types are reduced to those that both have (in the order of
 * `profile`), units become the finer of two; mappings are the same when size, offset and build id
 * (or file name) are, wherever they were loaded; samples with the same stack and labels become one;
 * those that end up all zero go. Times: the earliest; durations: the sum; comments: of both.
 * To compare two profiles: scale one by -1, then merge.
 *
 * An empty `profile` (no sample types) becomes a copy of `source`.
 *
 * @return 0; -EINVAL: the two have nothing in common (period or sample types differ: err says
 *         which); -ENOMEM, -E2BIG: `profile` has a part of `source`, destroy it.
 */
WEFT_MUST_CHECK int weft_pprof_merge(struct weft_pprof *profile, const struct weft_pprof *source,
				     struct weft_error *err);

/* ---- Bytes ---- */

/** Where encoded bytes go. @return 0, or a negative errno, which ends the encoding. */
typedef int (*weft_pprof_write_fn)(void *ctx, const void *bytes, size_t size);

/**
 * Encodes the profile, gzipped.
 *
 * Memory: a few hundred KiB besides the profile, whatever its size.
 *
 * @return 0; what `write` returned; -ENOMEM.
 */
WEFT_MUST_CHECK int weft_pprof_write(const struct weft_pprof *profile, weft_pprof_write_fn write,
				     void *ctx, struct weft_error *err);
/** A weft_pprof_write_fn: writes all bytes to a descriptor. ctx: an int, the descriptor. */
int weft_pprof_write_to_fd(void *ctx, const void *bytes, size_t size);
/** As weft_pprof_write(), to a descriptor, which stays open. */
WEFT_MUST_CHECK int weft_pprof_write_fd(const struct weft_pprof *profile, int fd,
					struct weft_error *err);

/**
 * Decodes a profile, gzipped or not.
 *
 * Refuses what google/pprof's reader refuses: samples without sample types, another number of
 * values than types, ids that are 0, twice or unknown, indices outside the string table, a string 0
 * that is not "", lines without a function, two profiles one behind the other. Unknown fields
 * are skipped. A profile from anywhere may be given: it is refused at `memory_limit_bytes`, never more.
 *
 * @param memory_limit_bytes  For the profile and for what reading it takes; 0: the default.
 * @param ret_profile         To be destroyed by the caller.
 * @return 0; -EBADMSG: not a valid profile, err says why and where; -ENODATA: no bytes at all;
 *         -E2BIG; -ENOMEM.
 */
WEFT_MUST_CHECK int weft_pprof_decode(const void *bytes, size_t size, uint64_t memory_limit_bytes,
				      struct weft_pprof **ret_profile, struct weft_error *err);
/** As above, from a descriptor, until its end. Also the descriptor's errors. */
WEFT_MUST_CHECK int weft_pprof_read_fd(int fd, uint64_t memory_limit_bytes,
				       struct weft_pprof **ret_profile, struct weft_error *err);

#ifdef __cplusplus
}
#endif

#endif
