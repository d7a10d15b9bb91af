// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * See settings.h.
 */
#include "settings.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "heap-profile.h"

struct knob {
	const char *name;
	size_t offset; /* Of an int64_t in struct weft_settings. */
	int64_t least, most;
};

static const struct knob knobs[] = {
	{"memprofilerate", offsetof(struct weft_settings, mem_profile_rate), INT64_MIN, INT64_MAX},
	{"blockprofilerate", offsetof(struct weft_settings, block_profile_rate), INT64_MIN,
	 INT64_MAX},
	{"blockio", offsetof(struct weft_settings, block_io), 0, 1},
	{"mutexprofilefraction", offsetof(struct weft_settings, mutex_profile_fraction), 0,
	 INT32_MAX},
	{"cpuprofilerate", offsetof(struct weft_settings, cpu_profile_rate), 0, 1000000},
	{"schedtrace", offsetof(struct weft_settings, sched_trace), 0, INT32_MAX},
	{"scheddetail", offsetof(struct weft_settings, sched_detail), 0, 1},
	{"alloctrace", offsetof(struct weft_settings, alloc_trace), 0, INT32_MAX},
	{"trace", offsetof(struct weft_settings, trace), 0, 1},
	{"serve", offsetof(struct weft_settings, serve), 0, 1},
	{"children", offsetof(struct weft_settings, children), 0, 1},
};

static struct weft_settings settings;
static char problem[WEFT_SETTINGS_PROBLEM_SIZE];

static void complain(char *ret_problem, const char *what, const char *item, size_t len)
{
	if (ret_problem[0] == '\0') {
		(void)snprintf(ret_problem, WEFT_SETTINGS_PROBLEM_SIZE, "%s: %.*s", what, (int)len,
			       item);
	}
}

static bool is_number(const char *text, size_t len, const struct knob *knob, int64_t *ret_number)
{
	char digits[24];
	char *end;
	long long number;

	if (len == 0 || len >= sizeof(digits)) {
		return false;
	}
	memcpy(digits, text, len);
	digits[len] = '\0';
	errno = 0;
	number = strtoll(digits, &end, 10);
	if (*end || errno || number < knob->least || number > knob->most) {
		return false;
	}
	*ret_number = number;
	return true;
}

/* One item, NAME=NUMBER. */
static void take_item(const char *item, size_t len, struct weft_settings *ret_settings,
		      char *ret_problem)
{
	const char *equals = memchr(item, '=', len);
	size_t name_len = equals ? (size_t)(equals - item) : len;
	size_t i;

	for (i = 0; i < sizeof(knobs) / sizeof(knobs[0]); i++) {
		int64_t *number = (int64_t *)(void *)((char *)ret_settings + knobs[i].offset);

		if (strlen(knobs[i].name) != name_len ||
		    memcmp(knobs[i].name, item, name_len) != 0) {
			continue;
		}
		if (!equals || !is_number(equals + 1, len - name_len - 1, &knobs[i], number)) {
			complain(ret_problem, "not a number that this knob takes", item, len);
		}
		return;
	}
	complain(ret_problem, "no such knob", item, len);
}

static void take_out(const char *path, struct weft_settings *ret_settings, char *ret_problem)
{
	if (strlen(path) >= sizeof(ret_settings->out)) {
		complain(ret_problem, "too long", "out", 3);
	} else {
		memcpy(ret_settings->out, path, strlen(path) + 1);
	}
}

void weft_settings_parse(const char *text, struct weft_settings *ret_settings,
			 char ret_problem[WEFT_SETTINGS_PROBLEM_SIZE])
{
	*ret_settings = (struct weft_settings){
		.mem_profile_rate = WEFT_HEAP_RATE_DEFAULT,
		.trace = 1,
	};
	ret_problem[0] = '\0';
	if (text && strcmp(text, "off") == 0) {
		ret_settings->is_off = true;
		return;
	}
	while (text && *text) {
		size_t len = strcspn(text, ",");

		if (strncmp(text, "out=", 4) == 0) {
			take_out(text + 4, ret_settings, ret_problem);
			return;
		}
		if (len > 0) {
			take_item(text, len, ret_settings, ret_problem);
		}
		text += len + (text[len] == ',');
	}
}

/* Before every constructor that asks: that of libweft is the first, and later threads only read. */
static bool is_parsed;

const struct weft_settings *weft_settings_get(void)
{
	if (!is_parsed) {
		weft_settings_parse(secure_getenv("WEFT"), &settings, problem);
		is_parsed = true;
	}
	return &settings;
}

const char *weft_settings_problem(void)
{
	(void)weft_settings_get();
	return problem;
}
