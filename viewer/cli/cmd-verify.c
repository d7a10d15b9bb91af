// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * weft verify: is this a Go trace that every reader of its format opens?
 */
#include "commands.h"

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include <weft/convert.h>

#include "cli.h"

static const char help[] =
	"Usage: weft verify [OPTION]... FILE...\n"
	"Checks Go traces (formats 1.22, 1.23, 1.25, 1.26) against every rule of the readers of\n"
	"go tool trace, and names the first broken one: generation, stream, byte, event, state.\n\n"
	"FILE '-' is standard input. All files are checked; the status is 1 if any is broken.\n\n"
	"      --strict   also what readers let pass but a writer should keep: what makes a page "
	"of\n"
	"                 the viewer wrong or fail, or a trace impossible to cut\n"
	"      --json     one JSON object a file and line: accepted, error, counts\n"
	"  -q, --quiet    nothing about accepted files\n"
	"  -h, --help     this text\n";

enum { OPTION_STRICT = 256, OPTION_JSON };

static const struct option long_options[] = {
	{"strict", no_argument, NULL, OPTION_STRICT},
	{"json", no_argument, NULL, OPTION_JSON},
	{"quiet", no_argument, NULL, 'q'},
	{"help", no_argument, NULL, 'h'},
	{NULL, 0, NULL, 0},
};

struct settings {
	struct weft_verify_options options;
	bool json, quiet, help;
};

struct count {
	const char *name;
	size_t offset;
};

#define COUNT(field)                                                                               \
	{                                                                                          \
#field, offsetof(struct weft_verify_result, field)                                 \
	}

/* What --json shows under these names. */
static const struct count counts[] = {
	COUNT(byte_count),       COUNT(generation_count),  COUNT(batch_count),
	COUNT(event_count),      COUNT(overtaking_count),  COUNT(goroutine_count),
	COUNT(proc_count),       COUNT(thread_count),      COUNT(task_begin_count),
	COUNT(task_end_count),   COUNT(open_task_count),   COUNT(region_begin_count),
	COUNT(region_end_count), COUNT(open_region_count), COUNT(log_count),
	COUNT(string_count),     COUNT(stack_count),       COUNT(sample_count),
	COUNT(first_ns),         COUNT(last_ns),
};

/* Length of the UTF-8 sequence at `text`; 0: there is none. */
static size_t utf8_length(const unsigned char *text)
{
	size_t len = text[0] < 0x80                       ? 1
		     : text[0] >= 0xc2 && text[0] <= 0xdf ? 2
		     : (text[0] & 0xf0) == 0xe0           ? 3
		     : text[0] >= 0xf0 && text[0] <= 0xf4 ? 4
							  : 0;
	size_t i;

	for (i = 1; i < len; i++) {
		if ((text[i] & 0xc0) != 0x80) {
			return 0;
		}
	}
	return len;
}

/* File names and texts of a trace may hold any byte; what is not UTF-8 becomes U+FFFD. */
static void print_json_string(const char *string)
{
	const unsigned char *at = (const unsigned char *)string;

	(void)putchar('"');
	while (*at) {
		size_t len = utf8_length(at);

		if (len == 0) {
			(void)fputs("\\ufffd", stdout);
			len = 1;
		} else if (*at == '"' || *at == '\\') {
			(void)printf("\\%c", *at);
		} else if (*at < ' ') {
			(void)printf("\\u%04x", *at);
		} else {
			(void)fwrite(at, 1, len, stdout);
		}
		at += len;
	}
	(void)putchar('"');
}

static void print_json(const char *path, int verdict, const struct weft_verify_result *result,
		       const struct weft_error *err)
{
	const char *separator = "";
	size_t i;

	(void)fputs("{\"file\": ", stdout);
	print_json_string(path);
	(void)printf(", \"accepted\": %s", verdict == 0 ? "true" : "false");
	if (verdict < 0) {
		(void)fputs(", \"error\": ", stdout);
		print_json_string(err->text);
	}
	if (result->version) {
		(void)printf(", \"format\": \"1.%" PRIu32 "\"", result->version);
	}
	for (i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
		(void)printf(", \"%s\": %" PRIu64, counts[i].name,
			     *(const uint64_t *)((const char *)result + counts[i].offset));
	}
	(void)fputs(", \"events\": {", stdout);
	for (i = 0; i < WEFT_VERIFY_EVENT_TYPE_COUNT; i++) {
		if (result->type_counts[i]) {
			(void)printf("%s\"%s\": %" PRIu64, separator,
				     weft_verify_event_name((unsigned)i), result->type_counts[i]);
			separator = ", ";
		}
	}
	(void)fputs("}}\n", stdout);
}

static void print_accepted(const char *path, const struct weft_verify_result *result)
{
	(void)printf("%s: accepted: format 1.%" PRIu32 ", generations %" PRIu64 ", events %" PRIu64
		     ", goroutines %" PRIu64 ", processors %" PRIu64 ", tasks %" PRIu64
		     ", regions %" PRIu64 ", logs %" PRIu64 ", samples %" PRIu64 "\n",
		     path, result->version, result->generation_count, result->event_count,
		     result->goroutine_count, result->proc_count, result->task_begin_count,
		     result->region_begin_count, result->log_count, result->sample_count);
}

static int verify_one(const char *path, const struct settings *settings)
{
	struct weft_verify_result result = {0};
	struct weft_error err = WEFT_ERROR_INIT;
	int ret = weft_verify_file(path, &settings->options, &result, &err);

	if (settings->json) {
		print_json(path, ret, &result, &err);
	} else if (ret == 0 && !settings->quiet) {
		print_accepted(path, &result);
	}
	return ret < 0 ? weft_cli_fail("verify", &err) : WEFT_CLI_OK;
}

static int take_option(int code, struct settings *settings)
{
	switch (code) {
	case OPTION_STRICT:
		settings->options.strict = true;
		return WEFT_CLI_OK;
	case OPTION_JSON:
		settings->json = true;
		return WEFT_CLI_OK;
	case 'q':
		settings->quiet = true;
		return WEFT_CLI_OK;
	case 'h':
		settings->help = true;
		return WEFT_CLI_OK;
	default:
		(void)fprintf(stderr, "Try 'weft verify --help'.\n");
		return WEFT_CLI_USAGE;
	}
}

int weft_cmd_verify(int argc, char **argv)
{
	struct settings settings = {.quiet = false};
	int status = WEFT_CLI_OK;
	int code;

	while ((code = getopt_long(argc, argv, "qh", long_options, NULL)) != -1) {
		int ret = take_option(code, &settings);

		if (ret != WEFT_CLI_OK) {
			return ret;
		}
		if (settings.help) {
			(void)fputs(help, stdout);
			return WEFT_CLI_OK;
		}
	}
	if (optind == argc) {
		return weft_cli_usage("verify", "no file given");
	}
	for (; optind < argc; optind++) {
		if (verify_one(argv[optind], &settings) != WEFT_CLI_OK) {
			status = WEFT_CLI_FAILED;
		}
	}
	if (fflush(stdout) != 0 || ferror(stdout)) {
		struct weft_error err = WEFT_ERROR_INIT;

		(void)weft_error_set_errno(&err, -errno, "write to standard output");
		return weft_cli_fail("verify", &err);
	}
	return status;
}
