// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * weft pprof: reports about profiles, without Go.
 */
#include "commands.h"

#include <errno.h>
#include <malloc.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <weft/output-file.h>
#include <weft/report.h>

#include "cli.h"
#include "pprof-fetch.h"
#include "pprof-options.h"

/* Of x86-64 and most others; where it is another, nothing is lost. */
#define HUGE_PAGE_SIZE  (2 << 20)
#define HEAP_STEP       (16 << 20)
#define NAME_SIZE       64
#define NAME_NUMBER_MAX 999

static void print_warning(void *ctx, const char *text)
{
	(void)ctx;
	(void)fprintf(stderr, "%s\n", text);
}

/* Bytes of a report on their way into a file that appears when all are there. */
static ssize_t write_bytes(void *cookie, const char *bytes, size_t size)
{
	int ret = weft_output_file_write(cookie, bytes, size);

	if (ret < 0) {
		errno = -ret;
		return 0;
	}
	return (ssize_t)size;
}

/* A name that no file has yet: "profile001.svg". */
static int choose_name(const char *extension, char name[NAME_SIZE], struct weft_error *err)
{
	int i;

	for (i = 1; i <= NAME_NUMBER_MAX; i++) {
		(void)snprintf(name, NAME_SIZE, "profile%03d.%s", i, extension);
		if (access(name, F_OK) != 0) {
			return 0;
		}
	}
	return weft_error_set(err, -EEXIST,
			      "choose a file name: profile001.%s to profile%d.%s are taken: say "
			      "-output",
			      extension, NAME_NUMBER_MAX, extension);
}

static int write_file(const struct pprof_options *options, const struct weft_pprof *profile,
		      const struct weft_report_request *request, const char *path,
		      struct weft_error *err)
{
	const cookie_io_functions_t functions = {.write = write_bytes};
	struct weft_output_file *file;
	FILE *out;
	int ret = weft_output_file_open(path, &file, err);

	if (ret < 0) {
		return ret;
	}
	(void)fprintf(stderr, "Generating report in %s\n", path);
	out = fopencookie(file, "w", functions);
	if (!out) {
		weft_output_file_discard(file);
		return weft_error_set_errno(err, -ENOMEM, "write %s", path);
	}
	ret = weft_report_write(profile, options->config, request, out, err);
	if (ret == 0 && (fflush(out) != 0 || ferror(out))) {
		ret = weft_error_set_errno(err, -errno, "write %s", path);
	}
	(void)fclose(out); /* Flushed; or of no use. */
	if (ret < 0) {
		weft_output_file_discard(file);
		return ret;
	}
	return weft_output_file_commit(file, err);
}

static int write_report(const struct pprof_options *options, const struct weft_pprof *profile,
			struct weft_error *err)
{
	const struct weft_report_request request = {
		.format = options->format, .argument = options->argument, .warn = print_warning};
	const struct weft_report_format *format = weft_report_format_find(options->format);
	const char *output = weft_report_config_get(options->config, "output");
	char name[NAME_SIZE];
	int ret;

	if (*output) {
		return write_file(options, profile, &request, output, err);
	}
	if (format->extension && isatty(STDOUT_FILENO)) {
		ret = choose_name(format->extension, name, err);
		return ret < 0 ? ret : write_file(options, profile, &request, name, err);
	}
	ret = weft_report_write(profile, options->config, &request, stdout, err);
	if (ret == 0 && (fflush(stdout) != 0 || ferror(stdout))) {
		ret = weft_error_set_errno(err, -errno, "write standard output");
	}
	return ret;
}

/* Puts the folders of -tools in front of PATH: "DIR" or "TOOL:DIR", commas between. */
static int use_tools(const char *tools, struct weft_error *err)
{
	const char *path = getenv("PATH");
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);
	int ret;

	while (out && *tools) {
		size_t len = strcspn(tools, ",");
		const char *colon = memchr(tools, ':', len);
		const char *folder = colon ? colon + 1 : tools;

		(void)fprintf(out, "%.*s:", (int)(tools + len - folder), folder);
		tools += len + (tools[len] == ',');
	}
	if (out) {
		(void)fputs(path ? path : "/usr/bin:/bin", out);
	}
	ret = out && fclose(out) == 0 && setenv("PATH", text, 1) == 0 ? 0 : -ENOMEM;
	free(text);
	return ret < 0 ? weft_error_set_errno(err, ret, "use -tools") : 0;
}

/*
 * A report takes its memory piece by piece and gives it back at its end. Half of the time of a small one
 * went into getting pages one by one; so the heap grows in large steps, and where the kernel grants
 * large pages, it is of those. Arrays that are larger still move by remapping, as they would.
 */
static void prepare_memory(void)
{
	uintptr_t page = (uintptr_t)HUGE_PAGE_SIZE, end, start;
	void *first;

	if (mallopt(M_TOP_PAD, HEAP_STEP) != 1 || mallopt(M_MMAP_THRESHOLD, HEAP_STEP / 4) != 1 ||
	    mallopt(M_TRIM_THRESHOLD, 2 * HEAP_STEP) != 1) {
		return; /* It only takes longer. */
	}
	first = malloc(HEAP_STEP / 8); /* What is left of the last step is smaller. */
	end = (uintptr_t)sbrk(0) & ~(page - 1);
	start = end - HEAP_STEP + page;
	if (first && end > start && (uintptr_t)first < start) {
		(void)madvise((void *)start, end - start, MADV_HUGEPAGE); /* As above. */
	}
	free(first);
}

int weft_cmd_pprof(int argc, char **argv)
{
	struct weft_error err = WEFT_ERROR_INIT;
	struct weft_pprof *profile = NULL;
	struct pprof_options options;
	int status = pprof_options_init(&options, argc, argv);
	int ret;

	if (status == WEFT_CLI_OK && options.help) {
		pprof_options_print_help();
	} else if (status == WEFT_CLI_OK && !options.format) {
		status = weft_cli_usage("pprof", "no format given");
	} else if (status == WEFT_CLI_OK) {
		prepare_memory();
		ret = options.tools ? use_tools(options.tools, &err) : 0;
		ret = ret < 0 ? ret : pprof_fetch(&options, &profile, &err);
		ret = ret < 0 ? ret : write_report(&options, profile, &err);
		status = ret < 0 ? weft_cli_fail("pprof", &err) : WEFT_CLI_OK;
	}
	weft_pprof_destroy(profile);
	pprof_options_fini(&options);
	return status;
}
