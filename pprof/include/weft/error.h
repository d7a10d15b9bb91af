// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/**
 * One error: a code and one line of text that travel up together.
 *
 * The failing place calls weft_error_set() with what was attempted and the facts it knows; every
 * caller that knows more calls weft_error_prepend() with one clause. What the user reads is then a
 * path from the outermost intention to the innermost cause:
 *
 *     convert '/tmp/t': stream 3: event 41: field 'ts' missing
 *
 * The text has no newline, no "Error:" and no trailing full stop. Only the edge (command line,
 * HTTP handler, babeltrace2 plugin) prints it.
 *
 * Storage is the caller's; there is nothing to release. All functions accept a NULL error.
 * Threads: one thread at a time per error. Signals: not safe.
 */
#ifndef WEFT_ERROR_H
#define WEFT_ERROR_H

#include <stdarg.h>

#ifdef __cplusplus
extern "C" {
#endif

#define WEFT_MUST_CHECK __attribute__((warn_unused_result))

/** Bytes of storage for the text; longer texts lose their tail, never their start. */
#define WEFT_ERROR_TEXT_SIZE 1024

struct weft_error {
	int code; /**< Negative errno value; 0: no error. */
	char text[WEFT_ERROR_TEXT_SIZE];
};

#define WEFT_ERROR_INIT                                                                            \
	{                                                                                          \
		0,                                                                                 \
		{                                                                                  \
			0                                                                          \
		}                                                                                  \
	}

/**
 * Sets code and text, replacing both.
 *
 * @param code    Negative errno value.
 * @param format  printf format; say what was attempted, then `: key=value` facts.
 * @return `code`, so that a failing function can end with `return weft_error_set(...)`.
 */
int weft_error_set(struct weft_error *err, int code, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/** As weft_error_set(), and appends ": " and the system's text for the errno value. */
int weft_error_set_errno(struct weft_error *err, int code, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/** Puts one clause and ": " before the text. Returns nothing: without `err` there is no code to tell. */
void weft_error_prepend(struct weft_error *err, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

#ifdef __cplusplus
}
#endif

#endif
