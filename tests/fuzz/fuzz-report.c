// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Any words as options of a report, about any profile.
 *
 * The input is lines NAME=VALUE, of variables and "format" and "argument"; behind an empty line a profile
 * of any kind. Formats that start programs are left out.
 */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <weft/pprof-legacy.h>
#include <weft/report.h>

#define MEMORY_LIMIT (UINT64_C(16) << 20)
#define OPTION_MAX   16

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

struct options {
	struct weft_report_config *config;
	char *format, *argument; /* In the input's copy. */
};

/* Formats that need files or programs of the machine, or more output than they are worth. */
static const char *const outside[] = {"svg", "png",    "pdf",     "ps",
				      "gif", "disasm", "weblist", "list"};

static bool is_inside(const char *format)
{
	size_t i;

	for (i = 0; i < sizeof(outside) / sizeof(outside[0]); i++) {
		if (strcmp(outside[i], format) == 0) {
			return false;
		}
	}
	return true;
}

static void take_option(struct options *options, char *line)
{
	struct weft_error err = WEFT_ERROR_INIT;
	char *value = strchr(line, '=');

	if (!value) {
		return;
	}
	*value++ = '\0';
	if (strcmp(line, "format") == 0) {
		options->format = value;
	} else if (strcmp(line, "argument") == 0) {
		options->argument = value;
	} else if (weft_report_config_set(options->config, line, value, &err) < 0 &&
		   (err.code == 0 || err.text[0] == '\0')) {
		abort(); /* A refusal says why. */
	}
}

/* Takes the lines before an empty one. @return What stands behind it. */
static char *take_options(struct options *options, char *text)
{
	int i;

	for (i = 0; i < OPTION_MAX && *text && *text != '\n'; i++) {
		char *end = strchr(text, '\n');

		if (!end) {
			take_option(options, text);
			return text + strlen(text);
		}
		*end = '\0';
		take_option(options, text);
		text = end + 1;
	}
	return text + (*text == '\n');
}

static void report(const struct options *options, struct weft_pprof *profile, FILE *out)
{
	struct weft_error err = WEFT_ERROR_INIT;
	const struct weft_report_request request = {
		.format = options->format ? options->format : "top", .argument = options->argument};
	int ret = 0;

	if (is_inside(request.format)) {
		ret = weft_report_write(profile, options->config, &request, out, &err);
	}
	if (ret < 0 && (err.code == 0 || err.text[0] == '\0')) {
		abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct options options = {.config = weft_report_config_create()};
	struct weft_pprof *profile = NULL;
	struct weft_error err = WEFT_ERROR_INIT;
	FILE *out = fopen("/dev/null", "we");
	char *copy = malloc(size + 1);
	const char *rest;

	if (!options.config || !copy || !out) {
		abort();
	}
	memcpy(copy, bytes, size);
	copy[size] = '\0';
	rest = take_options(&options, copy);
	if (weft_pprof_decode_any(rest, size - (size_t)(rest - copy), MEMORY_LIMIT, &profile,
				  &err) == 0) {
		if (weft_report_drop_frames(&profile, &err) == 0) {
			report(&options, profile, out);
		}
		weft_pprof_destroy(profile);
	}
	(void)fclose(out);
	free(copy);
	weft_report_config_destroy(options.config);
	return 0;
}
