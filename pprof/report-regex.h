// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Regular expressions of RE2's dialect, by PCRE2.
 *
 * What RE2 does not know (looking around, references back, atomic groups) is refused, so that an
 * expression means the same to every reader of profiles. PCRE2 may need exponential time where RE2 does not: a
 * limit ends such a search, and the expression then counts as failed (weft_report_regex__failed()).
 *
 * Threads: one at a time per expression.
 */
#ifndef WEFT_PPROF_REPORT_REGEX_H
#define WEFT_PPROF_REPORT_REGEX_H

#include <stdbool.h>
#include <stddef.h>

#include <weft/error.h>

struct report_regex;

/**
 * Compiles.
 *
 * @param ret_regex  To be released by weft_report_regex__destroy().
 * @return 0; -EINVAL: not an expression, err says why and where; -ENOMEM.
 */
WEFT_MUST_CHECK int weft_report_regex__create(const char *text, struct report_regex **ret_regex,
					      struct weft_error *err);
/** NULL is fine. */
void weft_report_regex__destroy(struct report_regex *regex);
/** Whether it matches anywhere in the text. */
bool weft_report_regex__matches(struct report_regex *regex, const char *text);
/** Whether a search was given up. */
bool weft_report_regex__failed(const struct report_regex *regex);
/** What it was made of; borrowed. */
const char *weft_report_regex__text(const struct report_regex *regex);

/** One part of a text that a group of an expression matched. */
struct report_match {
	size_t start, end; /* start == end: nothing. */
};

/** Finds the first match: groups 0 (all) and up. @return Whether there is one. */
bool weft_report_regex__find(struct report_regex *regex, const char *text, size_t len,
			     struct report_match *groups, unsigned group_count);

#endif
