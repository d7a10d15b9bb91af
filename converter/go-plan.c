// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * From options to encoder and lanes. See go-plan.h.
 */
#include "go-plan.h"

#include <errno.h>
#include <string.h>

#define VERSION_DEFAULT 22U

/* Shown as the name of a goroutine of its own, where a reader of the trace will see it. */
static const char note_no_sched[] =
	"[no scheduling data: a row shows what a thread did, not when it had a CPU]";

static const struct {
	const char *name;
	uint32_t version;
} versions[] = {{"1.22", 22}, {"1.23", 23}, {"1.25", 25}, {"1.26", 26}};

#define VERSION_COUNT (sizeof(versions) / sizeof(versions[0]))

int weft_convert_parse_go_version(const char *text, uint32_t *ret_version, struct weft_error *err)
{
	size_t i;

	for (i = 0; i < VERSION_COUNT; i++) {
		if (strcmp(text, versions[i].name) == 0) {
			*ret_version = versions[i].version;
			return 0;
		}
	}
	return weft_error_set(err, -EINVAL, "'%.100s' is none of 1.22, 1.23, 1.25, 1.26", text);
}

int weft_convert_parse_rows(const char *text, enum weft_convert_rows *ret_rows,
			    struct weft_error *err)
{
	if (strcmp(text, "cpu") == 0) {
		*ret_rows = WEFT_CONVERT_ROWS_CPU;
	} else if (strcmp(text, "thread") == 0) {
		*ret_rows = WEFT_CONVERT_ROWS_THREAD;
	} else {
		return weft_error_set(err, -EINVAL, "'%.100s' is neither cpu nor thread", text);
	}
	return 0;
}

int weft_go_plan_check(const struct weft_convert_options *options, struct weft_error *err)
{
	size_t i;

	for (i = 0; i < VERSION_COUNT; i++) {
		if (options->go_version == versions[i].version) {
			return 0;
		}
	}
	if (options->go_version == 0) {
		return 0;
	}
	return weft_error_set(err, -EINVAL,
			      "no such Go trace format: 1.%u (there are 1.22, 1.23, 1.25 and 1.26)",
			      options->go_version);
}

struct weft_go_plan weft_go_plan_make(const struct weft_convert_options *options, bool has_sched)
{
	bool by_thread = options->rows == WEFT_CONVERT_ROWS_THREAD ||
			 (options->rows == WEFT_CONVERT_ROWS_AUTO && !has_sched);

	return (struct weft_go_plan){
		.lanes = by_thread ? WEFT_LANES_THREAD : WEFT_LANES_CPU,
		.encoder =
			{
				.version =
					options->go_version ? options->go_version : VERSION_DEFAULT,
				.stream_per_thread = by_thread,
				.note = has_sched ? NULL : note_no_sched,
			},
	};
}
