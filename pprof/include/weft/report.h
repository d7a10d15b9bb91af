// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/**
 * Reports about profiles: what `go tool pprof` prints, without Go.
 *
 *     struct weft_report_config *config = weft_report_config_create();
 *     weft_report_config_set(config, "focus", "parse", &err);
 *     weft_report_write(profile, config, &(struct weft_report_request){.format = "top"}, stdout, &err);
 *     weft_report_config_destroy(config);
 *
 * A report is made from a profile, which it leaves alone, and a config: a value for each of the
 * variables below. The same names are options of the command, assignments of its shell and, by
 * their short names, parameters of its pages.
 *
 * Texts are equal, byte by byte, to those of the reader that Go ships since 1.26; tests compare.
 *
 * Threads: one at a time per config; a profile that nobody changes may be shared.
 * Signals: not safe.
 */
#ifndef WEFT_REPORT_H
#define WEFT_REPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <weft/error.h>
#include <weft/pprof.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- Variables ---- */

struct weft_report_config;

/** How the text of a variable's value is read. */
enum weft_report_kind {
	WEFT_REPORT_KIND_TEXT,   /**< As it is. */
	WEFT_REPORT_KIND_BOOL,   /**< true, t, yes, y, 1 or nothing; false, f, no, n, 0. */
	WEFT_REPORT_KIND_INT,    /**< Decimal. */
	WEFT_REPORT_KIND_FLOAT,  /**< Decimal, with a point. */
	WEFT_REPORT_KIND_CHOICE, /**< One of `choices`. */
};

struct weft_report_variable {
	const char *name;
	const char *url_name; /**< Its parameter of pages; NULL: none. */
	enum weft_report_kind kind;
	const char *initial; /**< The value unless set, as weft_report_config_get() has it. */
	const char *const *choices; /**< WEFT_REPORT_KIND_CHOICE: names, then NULL. */
	const char *help;           /**< The first line sums it up. */
};

/** Variable `index`, 0 and up; NULL: no more. Static. */
const struct weft_report_variable *weft_report_variable_get(size_t index);
/** By name, or by the name of one of its choices; NULL: there is none. Static. */
const struct weft_report_variable *weft_report_variable_find(const char *name);
/** What one choice of a variable means; NULL: not a choice. Static. */
const char *weft_report_choice_help(const char *choice);

/** With initial values; NULL: out of memory. */
struct weft_report_config *weft_report_config_create(void);
/** A copy; NULL: out of memory. */
struct weft_report_config *weft_report_config_copy(const struct weft_report_config *config);
/** NULL is fine. */
void weft_report_config_destroy(struct weft_report_config *config);

/**
 * Sets one variable. The name of a choice is a name, too, whose only value is true.
 *
 * @param value  Copied.
 * @return 0; -ENOENT: no such variable; -EINVAL: no such value; -ENOMEM; the config is as it was.
 */
WEFT_MUST_CHECK int weft_report_config_set(struct weft_report_config *config, const char *name,
					   const char *value, struct weft_error *err);
/**
 * The value of a variable as text.
 *
 * @return Borrowed from the config, until the variable is set; "" for what is no variable.
 */
const char *weft_report_config_get(const struct weft_report_config *config, const char *name);

/* ---- Reports ---- */

/** What a format's name stands for. */
struct weft_report_format {
	const char *name;
	const char *help;
	bool has_argument; /**< A regular expression that says which functions. */
	/** Of files that hold it, "svg"; NULL: a text that people read where they are. */
	const char *extension;
};

/** Format `index`, 0 and up; NULL: no more. Static. */
const struct weft_report_format *weft_report_format_get(size_t index);
/** By name; NULL: there is none. Static. */
const struct weft_report_format *weft_report_format_find(const char *name);

struct weft_report_request {
	const char *format;   /**< Name of a format. */
	const char *argument; /**< Of formats that have one. */
	/** Told what the user should know although there is a report; NULL: nobody. */
	void (*warn)(void *ctx, const char *text);
	void *ctx;
	/**
	 * Milliseconds that laying out a picture may take. One that takes longer is tried again with fewer
	 * edges, twice, and `warn` is told which. 0: twenty seconds.
	 */
	unsigned int picture_limit_ms;
};

/**
 * Writes a report.
 *
 * @param out  Written to; its errors are the caller's to look for (ferror()).
 * @return 0; -EINVAL: no such format, sample type, or an expression that is none; -ENOENT: nothing
 *         matches the argument, or a program that draws or disassembles is not there; -EIO: that
 *         program failed; -ETIME: it took too long; -ENOMEM. What was written so far is not a report then.
 *
 * Cost: about one pass over the samples for a filter and one or two for the sums.
 */
WEFT_MUST_CHECK int weft_report_write(const struct weft_pprof *profile,
				      const struct weft_report_config *config,
				      const struct weft_report_request *request, FILE *out,
				      struct weft_error *err);

/**
 * Writes what stands above reports: file, type, time, duration; a line each.
 *
 * @return As weft_report_write().
 */
WEFT_MUST_CHECK int weft_report_write_header(const struct weft_pprof *profile,
					     const struct weft_report_config *config, FILE *out,
					     struct weft_error *err);

/**
 * A part of the page that the format "html" makes, for servers that make a page of it themselves:
 * "style.css", "body.html", "script.js". The script takes its data, the format "flame", from the element
 * with the id "profile" (<script type="application/json" id="profile">), and touches nothing outside the
 * element "weft-flame" of the body but the address behind '#' and the theme of the document.
 *
 * @param ret_size  In bytes. The text is no string: nothing ends it.
 * @return Static; NULL: no such part.
 */
const char *weft_report_page_get(const char *name, size_t *ret_size);

/* ---- Values of profiles ---- */

/** Index of the sample type that a config chooses. @return 0 or more; -EINVAL. */
WEFT_MUST_CHECK int weft_report_sample_index(const struct weft_pprof *profile,
					     const struct weft_report_config *config,
					     struct weft_error *err);

/**
 * Multiplies each column of the profile by what makes its sum that of the base.
 *
 * @return 0; -EINVAL: they have different numbers of sample types.
 */
WEFT_MUST_CHECK int weft_report_normalize(struct weft_pprof *profile, const struct weft_pprof *base,
					  struct weft_error *err);

/**
 * Copies a profile as pprof's readers sum profiles up: nothing twice, in order of first use by samples,
 * without what no sample uses and samples that are zero.
 *
 * @param label  Not NULL: a label "key=value" for each sample, in place of those with its key.
 * @param ret_profile  To be destroyed by the caller.
 * @return 0; -EINVAL: no such label; -ENOMEM; -E2BIG.
 */
WEFT_MUST_CHECK int weft_report_canonicalize(const struct weft_pprof *profile, const char *label,
					     struct weft_pprof **ret_profile,
					     struct weft_error *err);

/**
 * Leaves out the frames that the profile itself says to drop (weft_pprof_set_frame_filters()).
 *
 * @param profile  Replaced, the old one destroyed, when there is something to drop.
 * @return 0; -EINVAL: what the profile says is no expression; -ENOMEM, -E2BIG. After an error the
 *         profile is good for nothing but to be destroyed.
 */
WEFT_MUST_CHECK int weft_report_drop_frames(struct weft_pprof **profile, struct weft_error *err);

#ifdef __cplusplus
}
#endif

#endif
