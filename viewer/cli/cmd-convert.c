// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * weft convert: recorded traces → a Go trace, or a profile of time.
 */
#include "commands.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <weft/convert.h>

#include "cli.h"
#include "memory-guard.h"
#include "selection.h"

static const char help[] =
	"Usage: weft convert INPUT... -o FILE [OPTION]...\n"
	"Turns recordings into one Go execution trace (go tool trace FILE), or into a profile of\n"
	"where time went (go tool pprof FILE).\n\n"
	"INPUT is a directory of `weft record`, of any LTTng session, or any CTF 1.8 trace.\n\n"
	"  -o, --output FILE  file to write; '-' is standard output\n"
	"  --to FORMAT        go-trace (the default), or a profile of all threads' time, with "
	"labels\n"
	"                     process, thread, task, region, woken_by:\n"
	"                       pprof:cpu      on a CPU, by function if programs took a CPU "
	"profile\n"
	"                                      while they were recorded, else as on-cpu\n"
	"                       pprof:on-cpu   on a CPU, exact, by task and region\n"
	"                       pprof:off-cpu  blocked, or waiting for a CPU\n"
	"                       pprof:sched    runnable, waiting for a CPU\n"
	"                       pprof:block    blocked by other threads (locks, conditions)\n"
	"                       pprof:syscall  blocked in a system call\n" WEFT_CLI_SELECTION_HELP
	"  --rows cpu|thread  rows of the viewer: CPUs, or one row a thread (default: CPUs when\n"
	"                     scheduling was recorded)\n"
	"  --go-version V     format 1.22 (default: opens in Go 1.22 and all later), 1.23, 1.25, "
	"1.26\n"
	"  -q, --quiet        no progress, no closing lines\n"
	"  -h, --help         this text\n";

enum { OPTION_TO = WEFT_CLI_SELECT_END_, OPTION_ROWS, OPTION_GO_VERSION };

static const struct option long_options[] = {
	{"output", required_argument, NULL, 'o'},
	{"to", required_argument, NULL, OPTION_TO},
	{"rows", required_argument, NULL, OPTION_ROWS},
	{"go-version", required_argument, NULL, OPTION_GO_VERSION},
	{"quiet", no_argument, NULL, 'q'},
	{"help", no_argument, NULL, 'h'},
	WEFT_CLI_SELECTION_OPTIONS,
	{NULL, 0, NULL, 0},
};

struct settings {
	struct weft_convert_options options;
	const char *path;
	bool quiet, help;
};

static void show_progress(void *ctx, const struct weft_progress *progress)
{
	(void)ctx;
	(void)fprintf(stderr, "\r%.1f M events, %.1f MB written\033[K",
		      (double)progress->event_count / 1e6, (double)progress->byte_count / 1e6);
}

/* Tells a value that an option cannot have. */
static int check(int ret, const char *option, const struct weft_error *err)
{
	return ret < 0 ? weft_cli_usage("convert", "%s: %s", option, err->text) : WEFT_CLI_OK;
}

static int take_option(int code, struct settings *settings)
{
	struct weft_convert_options *options = &settings->options;
	struct weft_error err = WEFT_ERROR_INIT;
	int ret = weft_cli_selection_take("convert", code, optarg, &options->selection);

	if (ret != 0) {
		return ret < 0 ? WEFT_CLI_USAGE : WEFT_CLI_OK;
	}
	switch (code) {
	case 'o':
		settings->path = optarg;
		return WEFT_CLI_OK;
	case 'q':
		settings->quiet = true;
		return WEFT_CLI_OK;
	case 'h':
		settings->help = true;
		return WEFT_CLI_OK;
	case OPTION_TO:
		return check(weft_convert_parse_format(optarg, &options->format, &err), "--to",
			     &err);
	case OPTION_ROWS:
		return check(weft_convert_parse_rows(optarg, &options->rows, &err), "--rows", &err);
	case OPTION_GO_VERSION:
		return check(weft_convert_parse_go_version(optarg, &options->go_version, &err),
			     "--go-version", &err);
	default:
		(void)fprintf(stderr, "Try 'weft convert --help'.\n");
		return WEFT_CLI_USAGE;
	}
}

/* The name a recording has, for a message: never more than that. */
static void print_result(const struct settings *settings, const struct weft_convert_result *result)
{
	bool is_trace = settings->options.format == WEFT_CONVERT_GO_TRACE;

	(void)fprintf(stderr, "%s: %.2f MB; ", settings->path, (double)result->byte_count / 1e6);
	if (is_trace) {
		(void)fprintf(
			stderr,
			"%llu tasks, %llu regions, %llu logs, %llu threads in %llu processes\n",
			(unsigned long long)result->task_count,
			(unsigned long long)result->region_count,
			(unsigned long long)result->log_count,
			(unsigned long long)result->thread_count,
			(unsigned long long)result->process_count);
	} else {
		(void)fprintf(stderr, "%llu samples of %llu threads\n",
			      (unsigned long long)result->sample_count,
			      (unsigned long long)result->thread_count);
	}
	(void)fprintf(stderr, "lost events: %llu, repairs: %llu, scheduling data: %s",
		      (unsigned long long)result->lost_count,
		      (unsigned long long)result->repair_count, result->tier);
	(void)fprintf(stderr, "%s\n",
		      result->lost_count || result->repair_count ? " (`weft summary` tells more)"
								 : "");
	if (strcmp(settings->path, "-") != 0) {
		(void)fprintf(stderr,
			      is_trace ? "view it: go tool trace %s\n"
				       : "view it: go tool pprof -top %s\n",
			      settings->path);
	}
}

int weft_cmd_convert(int argc, char **argv)
{
	struct settings settings = {.options = {.selection = WEFT_SELECTION_INIT}};
	struct weft_convert_result result = {0};
	struct weft_error err = WEFT_ERROR_INIT;
	int code;
	int ret;

	while ((code = getopt_long(argc, argv, "o:qh", long_options, NULL)) != -1) {
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
		return weft_cli_usage("convert", "no input given");
	}
	if (!settings.path) {
		return weft_cli_usage("convert", "no output given: add -o FILE");
	}
	settings.options.inputs = (const char *const *)argv + optind;
	settings.options.input_count = (size_t)(argc - optind);
	if (strcmp(settings.path, "-") == 0 && isatty(STDOUT_FILENO)) {
		return weft_cli_usage("convert", "the output is binary: not to a terminal");
	}
	if (!settings.quiet && isatty(STDERR_FILENO)) {
		settings.options.progress = show_progress;
	}
	weft_memory_guard_start("convert");
	ret = weft_convert(&settings.options, settings.path, &result, &err);
	if (settings.options.progress) {
		(void)fprintf(stderr, "\r\033[K");
	}
	if (ret < 0) {
		return weft_cli_fail("convert", &err);
	}
	if (!settings.quiet) {
		print_result(&settings, &result);
	}
	return WEFT_CLI_OK;
}
