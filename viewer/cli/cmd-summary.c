// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * weft summary: recorded traces → tables, without a viewer.
 */
#include "commands.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <weft/convert.h>

#include "cli.h"
#include "memory-guard.h"
#include "selection.h"

#define TOP_DEFAULT 20U
/* Narrower terminals wrap; wider ones need no wider tables. */
#define WIDTH_LEAST 60U
#define WIDTH_MOST  160U

static const char help[] =
	"Usage: weft summary INPUT... [OPTION]...\n"
	"Tells what a recording holds: tasks, regions, logs, threads, what was lost.\n\n"
	"INPUT is a directory of `weft record`, of any LTTng session, or any CTF 1.8 "
	"trace.\n\n" WEFT_CLI_SELECTION_HELP
	"  --id N             with --task: the critical path of task N instead of the slowest\n"
	"  --top N            rows a table (default: 20; 0: all; with --json the default is all)\n"
	"  --json             one JSON object: times are integers in nanoseconds\n"
	"  -h, --help         this text\n\n"
	"With --task there is also the critical path of one task, the slowest selected: which "
	"thread\n"
	"its time went to, on CPU, waiting for a CPU or blocked, and who ended each wait; the "
	"lines "
	"add\n"
	"up to its duration. Ids are those that `go tool trace` shows.\n\n"
	"Percentiles are of all that ended and whose begin was recorded; p50, p90 and p99 are "
	"exact\n"
	"to 0.4 %. `CPU` and `CPU wait` (runnable, but all CPUs were busy) come from accounting "
	"or\n"
	"scheduling data; without these the columns are left out.\n\n"
	"The members of the JSON object: version, inputs, selection, start_wall_ns, duration_ns,\n"
	"selected_duration_ns, tier, has_scheduling, events, lost_events, cut_packets,\n"
	"quantile_error, and the arrays processes, tasks, regions, logs, threads, repairs, misuse "
	"and\n"
	"hints, and the object critical_path. What is not known is null.\n\n"
	"Exit status: 0; 1 when the input is damaged (what could be read is printed first), when\n"
	"nothing of it is selected or it cannot be read; 2 for wrong usage.\n";

enum { OPTION_TOP = WEFT_CLI_SELECT_END_, OPTION_JSON, OPTION_ID };

static const struct option long_options[] = {
	{"top", required_argument, NULL, OPTION_TOP},
	{"id", required_argument, NULL, OPTION_ID},
	{"json", no_argument, NULL, OPTION_JSON},
	{"help", no_argument, NULL, 'h'},
	WEFT_CLI_SELECTION_OPTIONS,
	{NULL, 0, NULL, 0},
};

struct settings {
	struct weft_summary_options options;
	bool top_given, help;
};

static int take_id(const char *value, struct settings *settings)
{
	uint64_t id;

	if (!weft_cli_parse_number(value, 1, UINT64_MAX, &id)) {
		return weft_cli_usage("summary", "--id: '%s' is not the id of a task", value);
	}
	settings->options.task_id = id;
	return WEFT_CLI_OK;
}

static int take_top(const char *value, struct settings *settings)
{
	uint64_t count;

	if (!weft_cli_parse_number(value, 0, SIZE_MAX, &count)) {
		return weft_cli_usage("summary", "--top: '%s' is not a number of rows", value);
	}
	settings->options.row_count_max = (size_t)count;
	settings->top_given = true;
	return WEFT_CLI_OK;
}

static int take_option(int code, struct settings *settings)
{
	int ret = weft_cli_selection_take("summary", code, optarg, &settings->options.selection);

	if (ret != 0) {
		return ret < 0 ? WEFT_CLI_USAGE : WEFT_CLI_OK;
	}
	switch (code) {
	case 'h':
		settings->help = true;
		return WEFT_CLI_OK;
	case OPTION_JSON:
		settings->options.json = true;
		return WEFT_CLI_OK;
	case OPTION_ID:
		return take_id(optarg, settings);
	case OPTION_TOP:
		return take_top(optarg, settings);
	default:
		(void)fprintf(stderr, "Try 'weft summary --help'.\n");
		return WEFT_CLI_USAGE;
	}
}

/* 0: not a terminal. */
static unsigned int terminal_width(void)
{
	struct winsize size;

	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) < 0 || size.ws_col == 0) {
		return 0;
	}
	if (size.ws_col < WIDTH_LEAST) {
		return WIDTH_LEAST;
	}
	return size.ws_col > WIDTH_MOST ? WIDTH_MOST : size.ws_col;
}

int weft_cmd_summary(int argc, char **argv)
{
	struct settings settings = {.options = {.selection = WEFT_SELECTION_INIT}};
	struct weft_error err = WEFT_ERROR_INIT;
	int code;
	int ret;

	while ((code = getopt_long(argc, argv, "h", long_options, NULL)) != -1) {
		ret = take_option(code, &settings);
		if (ret != WEFT_CLI_OK) {
			return ret;
		}
		if (settings.help) {
			(void)fputs(help, stdout);
			return WEFT_CLI_OK;
		}
	}
	if (optind == argc) {
		return weft_cli_usage("summary", "no input given");
	}
	if (settings.options.task_id && !settings.options.selection.task_type) {
		return weft_cli_usage("summary", "--id needs --task");
	}
	if (!settings.top_given && !settings.options.json) {
		settings.options.row_count_max = TOP_DEFAULT;
	}
	settings.options.width = terminal_width();
	settings.options.inputs = (const char *const *)argv + optind;
	settings.options.input_count = (size_t)(argc - optind);
	weft_memory_guard_start("summary");
	ret = weft_summarize(&settings.options, stdout, &err);
	return ret < 0 ? weft_cli_fail("summary", &err) : WEFT_CLI_OK;
}
