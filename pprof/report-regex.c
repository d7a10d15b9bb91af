// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Regular expressions of RE2's dialect. See report-regex.h.
 */
#include "report-regex.h"

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
	return strncmp(at, "(?=", 3) == 0 || strncmp(at, "(?!", 3) == 0 ||
	       strncmp(at, "(?<=", 4) == 0 || strncmp(at, "(?<!", 4) == 0 ||
	       strncmp(at, "(?>", 3) == 0 || strncmp(at, "(?|", 3) == 0 ||
	       strncmp(at, "(?(", 3) == 0 || strncmp(at, "(?R", 3) == 0 ||
	       strncmp(at, "(?#", 3) == 0 || strncmp(at, "(?&", 3) == 0 ||
	       strncmp(at, "(*", 2) == 0;
}

/* Offset of what RE2 does not know; or the length. */
static size_t find_foreign(const char *text)
{
	bool in_class = false;
	size_t i;

	for (i = 0; text[i]; i++) {
		if (text[i] == '\\' && text[i + 1]) {
			i++;
			if (!in_class && strchr("123456789GRKkgXNHhVZ", text[i])) {
				return i - 1;
			}
		} else if (in_class) {
			in_class = text[i] != ']';
		} else if (text[i] == '[') {
			in_class = true;
			/* A bracket that comes first is itself. */
			i += text[i + 1] == '^';
			i += text[i + 1] == ']';
		} else if (text[i] == '(' && is_foreign_group(text + i)) {
			return i;
		}
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
