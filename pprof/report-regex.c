// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Regular expressions of RE2's dialect. See report-regex.h.
 */
#include "report-regex.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

/* Steps of one search: hundreds of milliseconds at most. Backtracking within it needs memory, too. */
#define STEP_LIMIT       2000000
#define HEAP_LIMIT_KIB   16384
#define PATTERN_SIZE_MAX 65536

struct report_regex {
	pcre2_code *code;
	pcre2_match_data *match;
	pcre2_match_context *limits;
	char *text;
	bool failed;
};

/* What PCRE2 understands and RE2 does not, at an opening parenthesis. */
static bool is_foreign_group(const char *at)
{
	static const char *const foreign[] = {
		"(?=", "(?!", "(?<=", "(?<!", "(?>", "(?|", "(?(",  "(?R",
		"(?#", "(?&", "(*",   "(?C",  "(?'", "(?+", "(?P=", "(?P>",
	};
	size_t i;

	for (i = 0; i < sizeof(foreign) / sizeof(foreign[0]); i++) {
		if (strncmp(at, foreign[i], strlen(foreign[i])) == 0) {
			return true;
		}
	}
	/* A group that is called again, by its number. */
	return strncmp(at, "(?", 2) == 0 && isdigit((unsigned char)at[2 + (at[2] == '-')]);
}

/* Length of what stands in brackets, both included; of the rest when nothing closes it. */
static size_t class_len(const char *at)
{
	size_t i = 1;

	i += at[i] == '^';
	i += at[i] == ']'; /* A bracket that comes first is itself. */
	while (at[i] && at[i] != ']') {
		const char *end = strncmp(at + i, "[:", 2) == 0 ? strstr(at + i, ":]") : NULL;

		i += end ? (size_t)(end - (at + i)) + 2 : at[i] == '\\' && at[i + 1] ? 2 : 1;
	}
	return i + (at[i] == ']');
}

/* Length of {n}, {n,} or {n,m}; 0: the brace is itself. */
static size_t repeat_len(const char *at)
{
	size_t digits = strspn(at + 1, "0123456789"), len = 1 + digits;

	if (digits == 0) {
		return 0;
	}
	if (at[len] == ',') {
		len += 1 + strspn(at + len + 1, "0123456789");
	}
	return at[len] == '}' ? len + 1 : 0;
}

/* Length of an escaped character, of all between \Q and \E; 0: RE2 does not know it. */
static size_t escape_len(const char *at)
{
	if (at[1] == 'Q') {
		const char *end = strstr(at, "\\E");

		return end ? (size_t)(end - at) + 2 : strlen(at);
	}
	return at[1] && strchr("123456789GRKkgXNHhVZceo", at[1]) ? 0 : at[1] ? 2 : 1;
}

/* Offset of what RE2 does not know; or the length. */
static size_t find_foreign(const char *text)
{
	bool is_repeated = false; /* What stands before has a quantifier. */
	size_t i, len;

	for (i = 0; text[i]; i += len) {
		bool was_repeated = is_repeated;

		len = 1;
		is_repeated = strchr("*+?", text[i]) != NULL;
		if (text[i] == '\\') {
			len = escape_len(text + i);
		} else if (text[i] == '[') {
			len = class_len(text + i);
		} else if (text[i] == '{' && repeat_len(text + i)) {
			len = repeat_len(text + i);
			is_repeated = true;
		}
		if (len == 0 || (text[i] == '(' && is_foreign_group(text + i)) ||
		    (text[i] == '+' && was_repeated)) {
			return i;
		}
		/* The ? of "(?" is none, and nothing follows that of "*?" but another atom. */
		is_repeated = is_repeated && !(text[i] == '?' && i > 0 && text[i - 1] == '(');
	}
	return i;
}

static int compile(struct report_regex *regex, struct weft_error *err)
{
	PCRE2_UCHAR8 why[128];
	PCRE2_SIZE offset = 0;
	size_t len = strlen(regex->text);
	size_t foreign = find_foreign(regex->text);
	int code = 0;

	if (len > PATTERN_SIZE_MAX) {
		return weft_error_set(err, -EINVAL, "regular expression too long: bytes=%zu", len);
	}
	if (foreign < len) {
		return weft_error_set(err, -EINVAL,
				      "regular expression '%s': byte %zu: not in the RE2 dialect",
				      regex->text, foreign);
	}
	regex->code = pcre2_compile((PCRE2_SPTR)regex->text, len,
				    PCRE2_UTF | PCRE2_MATCH_INVALID_UTF | PCRE2_DOLLAR_ENDONLY |
					    PCRE2_NEVER_BACKSLASH_C,
				    &code, &offset, NULL);
	if (!regex->code) {
		(void)pcre2_get_error_message(code, why, sizeof(why));
		return weft_error_set(err, -EINVAL, "regular expression '%s': byte %zu: %s",
				      regex->text, (size_t)offset, (const char *)why);
	}
	/* Without it searches are slower, not wrong. */
	(void)pcre2_jit_compile(regex->code, PCRE2_JIT_COMPLETE);
	regex->match = pcre2_match_data_create_from_pattern(regex->code, NULL);
	regex->limits = pcre2_match_context_create(NULL);
	if (!regex->match || !regex->limits) {
		return weft_error_set(err, -ENOMEM, "compile a regular expression: out of memory");
	}
	(void)pcre2_set_match_limit(regex->limits, STEP_LIMIT);
	(void)pcre2_set_heap_limit(regex->limits, HEAP_LIMIT_KIB);
	return 0;
}

int weft_report_regex__create(const char *text, struct report_regex **ret_regex,
			      struct weft_error *err)
{
	struct report_regex *regex = calloc(1, sizeof(*regex));
	int ret;

	if (!regex || !(regex->text = strdup(text))) {
		free(regex);
		return weft_error_set(err, -ENOMEM, "compile a regular expression: out of memory");
	}
	ret = compile(regex, err);
	if (ret < 0) {
		weft_report_regex__destroy(regex);
		return ret;
	}
	*ret_regex = regex;
	return 0;
}

void weft_report_regex__destroy(struct report_regex *regex)
{
	if (regex) {
		pcre2_match_context_free(regex->limits);
		pcre2_match_data_free(regex->match);
		pcre2_code_free(regex->code);
		free(regex->text);
		free(regex);
	}
}

static int search(struct report_regex *regex, const char *text, size_t len)
{
	int ret =
		pcre2_match(regex->code, (PCRE2_SPTR)text, len, 0, 0, regex->match, regex->limits);

	if (ret < 0 && ret != PCRE2_ERROR_NOMATCH) {
		regex->failed = true;
	}
	return ret;
}

bool weft_report_regex__matches(struct report_regex *regex, const char *text)
{
	return search(regex, text, strlen(text)) >= 0;
}

bool weft_report_regex__failed(const struct report_regex *regex)
{
	return regex->failed;
}

const char *weft_report_regex__text(const struct report_regex *regex)
{
	return regex->text;
}

bool weft_report_regex__find(struct report_regex *regex, const char *text, size_t len,
			     struct report_match *groups, unsigned group_count)
{
	int found = search(regex, text, len);
	const PCRE2_SIZE *ends;
	unsigned i;

	if (found < 0) {
		return false;
	}
	ends = pcre2_get_ovector_pointer(regex->match);
	for (i = 0; i < group_count; i++) {
		bool is_set = i < (unsigned)found && ends[2 * (size_t)i] != PCRE2_UNSET;

		groups[i].start = is_set ? ends[2 * (size_t)i] : 0;
		groups[i].end = is_set ? ends[2 * (size_t)i + 1] : 0;
	}
	return true;
}
