// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Other profiles as text: counts, contention, threads. See legacy.h.
 */
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "legacy.h"

/* What unlocks stands above who does. */
static const char lock_helpers[] =
	"(base::)?Record(Lock|Mutex|SpinLock)ProfileData.*|"
	"(base::)?Submit(Mutex|SpinLock)ProfileData.*|"
	"(base::)?(Mutex::)?(AwaitCommon|Unlock|UnlockSlow|ReaderUnlock).*|"
	"(base::)?(MutexLock::)?~MutexLock.*|(base::)?(SpinLock::)?(SlowUnlock|Unlock).*|"
	"(base::)?(SpinLockHolder::)?~SpinLockHolder.*";
static const char signal_handlers[] =
	"ProfileData::Add|ProfileData::prof_handler|CpuProfiler::prof_handler|"
	"__pthread_sighandler|__restore";

static int add_types(struct legacy *legacy, const char *type, const char *second,
		     const char *second_unit, int64_t period)
{
	int ret = weft_pprof_add_sample_type(legacy->profile, type, "count");

	if (ret == 0 && second) {
		ret = weft_pprof_add_sample_type(legacy->profile, second, second_unit);
	}
	return ret < 0 ? ret : weft_pprof_set_period(legacy->profile, type, "count", period);
}

static int explain(const struct legacy *legacy, int ret, const char *what, struct weft_error *err)
{
	if (ret == -EBADMSG) {
		return weft_legacy__malformed(legacy, what, err);
	}
	return weft_error_set_errno(err, ret, "line %" PRIu64, legacy->line_number);
}

/* The first line that says something; NULL: none. */
static char *first_line(struct legacy_lines *lines)
{
	char *line;

	do {
		line = weft_legacy__next_line(lines);
	} while (line && (*line == '\0' || *line == '#'));
	return line;
}

/* ---- "NAME profile: total N", then "COUNT @ 0xPC..." ---- */

/* Cuts the name off. */
static bool parse_count_header(char *line)
{
	size_t len = strcspn(line, " \t");
	const char *at = line + len;
	int64_t total;

	if (len == 0 || !weft_legacy__skip(&at, "profile:") || !weft_legacy__skip(&at, "total") ||
	    !weft_legacy__parse_count(&at, &total)) {
		return false;
	}
	line[len] = '\0';
	return true;
}

static int take_count(struct legacy *legacy, const char *line)
{
	int64_t count;
	int ret;

	legacy->depth = 0;
	if (!weft_legacy__parse_count(&line, &count) || !weft_legacy__skip(&line, "@")) {
		return -EBADMSG;
	}
	ret = weft_legacy__parse_addresses(legacy, line, false);
	if (ret == 0 && legacy->depth == 0) {
		ret = -EBADMSG;
	}
	return ret < 0 ? ret : weft_legacy__add_sample(legacy, &count, NULL);
}

int weft_legacy__decode_count(struct legacy *legacy, struct legacy_lines lines,
			      struct weft_error *err)
{
	char *line = first_line(&lines);
	int ret;

	if (!line || !parse_count_header(line)) {
		return -ENOMSG;
	}
	ret = add_types(legacy, line, NULL, NULL, 1);
	while (ret == 0 && (line = weft_legacy__next_line(&lines))) {
		legacy->line_number = lines.number;
		if (strncmp(line, "---", 3) == 0) {
			break;
		}
		if (*line && *line != '#') {
			ret = take_count(legacy, line);
		}
	}
	return ret < 0 ? explain(legacy, ret, "not a count and a stack", err) : 0;
}

/* ---- Contention: "KEY = VALUE", then "CYCLES COUNT @ 0xPC..." ---- */

struct contention {
	int64_t cycles_hz, period;
};

static int take_setting(struct legacy *legacy, struct contention *contention, const char *line)
{
	size_t len = strcspn(line, "=");
	const char *at = line + len + 1;
	int64_t number;

	while (len && isblank((unsigned char)line[len - 1])) {
		len--;
	}
	if (!weft_legacy__parse_count(&at, &number)) {
		return -EBADMSG;
	}
	if (len == strlen("cycles/second") && memcmp(line, "cycles/second", len) == 0) {
		contention->cycles_hz = number;
	} else if (len == strlen("sampling period") && memcmp(line, "sampling period", len) == 0) {
		contention->period = number;
	} else if (len == strlen("ms since reset") && memcmp(line, "ms since reset", len) == 0) {
		if (__builtin_mul_overflow(number, 1000000, &number)) {
			return -EBADMSG;
		}
		weft_pprof_set_time(legacy->profile, 0, number);
	} /* Others say nothing that a profile has a place for. */
	return 0;
}

static int64_t to_int(double value)
{
	return value >= -0x1p63 && value < 0x1p63 ? (int64_t)value : INT64_MIN;
}

static int take_contention(struct legacy *legacy, const struct contention *contention,
			   const char *line)
{
	int64_t cycles, values[2];
	int ret;

	if (!weft_legacy__parse_count(&line, &cycles) ||
	    !weft_legacy__parse_count(&line, &values[0]) || !weft_legacy__skip(&line, "@")) {
		return -EBADMSG;
	}
	values[1] = cycles;
	if (contention->period > 0) {
		if (contention->cycles_hz > 0) {
			values[1] = to_int((double)cycles * (double)contention->period /
					   ((double)contention->cycles_hz / 1e9));
		}
		values[0] = (int64_t)((uint64_t)values[0] * (uint64_t)contention->period);
	}
	legacy->depth = 0;
	ret = weft_legacy__parse_addresses(legacy, line, false);
	return ret < 0 ? ret : weft_legacy__add_sample(legacy, values, NULL);
}

int weft_legacy__decode_contention(struct legacy *legacy, struct legacy_lines lines,
				   struct weft_error *err)
{
	struct contention contention = {.period = 1};
	char *line = first_line(&lines);
	bool has_samples = false;
	int ret;

	if (!line ||
	    (strncmp(line, "--- contentionz ", 16) != 0 && strncmp(line, "--- mutex:", 10) != 0 &&
	     strncmp(line, "--- contention:", 15) != 0)) {
		return -ENOMSG;
	}
	ret = add_types(legacy, "contentions", "delay", "nanoseconds", 1);
	ret = ret < 0 ? ret : weft_pprof_set_frame_filters(legacy->profile, lock_helpers, "");
	while (ret == 0 && (line = weft_legacy__next_line(&lines))) {
		legacy->line_number = lines.number;
		if (strncmp(line, "---", 3) == 0 || weft_legacy__is_map_start(line)) {
			break;
		}
		if (*line == '\0' || *line == '#') {
			continue;
		}
		if (!has_samples && strchr(line, '=')) {
			ret = take_setting(legacy, &contention, line);
			continue;
		}
		has_samples = true;
		ret = take_contention(legacy, &contention, line);
	}
	ret = ret < 0 ? ret
		      : weft_pprof_set_period(legacy->profile, "contentions", "count",
					      contention.period);
	return ret < 0 ? explain(legacy, ret, "not a line of a contention profile", err) : 0;
}

/* ---- Threads: a heading each, then addresses over lines ---- */

static bool is_thread_start(const char *line)
{
	return strncmp(line, "--- threadz ", 12) == 0 ||
	       (strncmp(line, "--- Thread ", 11) == 0 && strstr(line, " stack: ---"));
}

/* The thread being read, and how many had the same stack; that is known when the next one begins. */
struct threads {
	int64_t count;
	bool is_new; /* A heading came, and nothing of its thread yet. */
};

static int add_threads(struct legacy *legacy, struct threads *threads)
{
	int ret = 0;

	if (legacy->depth && threads->count) {
		ret = weft_legacy__add_sample(legacy, &threads->count, NULL);
	}
	legacy->depth = 0;
	threads->count = 0;
	return ret;
}

/* Numbers like 0x12, wherever they stand: names may, too. */
static int take_numbers(struct legacy *legacy, const char *line)
{
	char word[32];
	int ret = 0;

	while (ret == 0 && (line = strstr(line, "0x"))) {
		size_t len = 2 + strspn(line + 2, "0123456789abcdef");

		if (len >= sizeof(word)) {
			return -EBADMSG;
		}
		memcpy(word, line, len);
		word[len] = '\0';
		/* The first is where the thread is, the others where calls return to. */
		ret = len > 2 ? weft_legacy__parse_addresses(legacy, word, true) : 0;
		line += len;
	}
	return ret;
}

static int take_thread_line(struct legacy *legacy, struct threads *threads, const char *line)
{
	int ret = 0;

	if (strncmp(line, "---", 3) == 0) {
		/* A thread without a stack of its own is like the one before. */
		threads->count += threads->is_new && legacy->depth;
		threads->is_new = true;
		return is_thread_start(line) ? 0 : -EBADMSG;
	}
	if (strstr(line, "same as previous thread")) {
		threads->count += legacy->depth != 0;
		threads->is_new = false;
		return 0;
	}
	if (threads->is_new) {
		ret = add_threads(legacy, threads);
		threads->count = 1;
		threads->is_new = false;
	}
	return ret < 0 ? ret : take_numbers(legacy, line);
}

static int take_threads(struct legacy *legacy, struct legacy_lines *lines, bool is_new)
{
	struct threads threads = {.is_new = is_new};
	char *line;
	int ret = 0;

	legacy->depth = 0;
	while (ret == 0 && (line = weft_legacy__next_line(lines))) {
		legacy->line_number = lines->number;
		if (strncmp(line, "---- no stack trace for", 23) == 0 ||
		    weft_legacy__is_map_start(line)) {
			break;
		}
		if (*line) {
			ret = take_thread_line(legacy, &threads, line);
		}
	}
	threads.count += threads.is_new && legacy->depth;
	return ret < 0 ? ret : add_threads(legacy, &threads);
}

int weft_legacy__decode_threads(struct legacy *legacy, struct legacy_lines lines,
				struct weft_error *err)
{
	char *line = first_line(&lines);
	int ret;

	if (!line || !is_thread_start(line)) {
		return -ENOMSG;
	}
	ret = add_types(legacy, "thread", NULL, NULL, 1);
	ret = ret < 0 ? ret : weft_pprof_set_frame_filters(legacy->profile, signal_handlers, "");
	ret = ret < 0 ? ret : take_threads(legacy, &lines, strncmp(line, "--- Thread ", 11) == 0);
	return ret < 0 ? explain(legacy, ret, "not a line of a thread profile", err) : 0;
}
