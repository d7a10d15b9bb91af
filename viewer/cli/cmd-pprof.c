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

#include <weft/report.h>

#include "cli.h"
#include "pprof-fetch.h"
#include "pprof-options.h"
#include "pprof-output.h"
#include "pprof-shell.h"
#include "pprof-viewer.h"
#include "pprof-web.h"

/* Of x86-64 and most others; where it is another, nothing is lost. */
#define HUGE_PAGE_SIZE (2 << 20)
#define HEAP_STEP      (16 << 20)
/*
 * More than is left of the heap that malloc() began with, 132 KiB; and the distance from the first large page at
 * which the heap goes on, so that what malloc() writes beside the first piece is not in that page yet: one that
 * has been touched stays small.
 */
#define HEAP_FIRST (140 << 10)
#define HEAP_LEAD  ((uintptr_t)192 << 10)

static int show(const struct pprof_options *options, const struct weft_pprof *profile,
		struct weft_error *err)
{
	const struct pprof_output output = {
		.config = options->config,
		.format = options->format ? weft_report_format_find(options->format) : NULL,
		.argument = options->argument,
		.is_for_people = isatty(STDOUT_FILENO) == 1,
	};

	/* As the real tool does; into a pipe or a file it writes the page, too. */
	const struct pprof_viewing viewing = {
		.viewer = options->viewer ? options->viewer
			  : output.is_for_people && output.format
				  ? pprof_viewer_find(output.format->name)
				  : NULL,
		.config = options->config,
		.argument = options->argument,
		.hint = "-output=FILE"};

	if (options->http) {
		return pprof_web_run(options->http, !options->no_browser, profile, options->config,
				     err);
	}
	if (!output.format) {
		return pprof_shell_run(profile, options->config, err);
	}
	if (viewing.viewer && *weft_report_config_get(options->config, "output") == '\0') {
		return pprof_viewer_run(profile, &viewing, err);
	}
	return pprof_output_write(profile, &output, err);
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
	start = ((uintptr_t)sbrk(0) + HEAP_LEAD + page - 1) & ~(page - 1);
	if (sbrk((intptr_t)(start - HEAP_LEAD - (uintptr_t)sbrk(0))) == (void *)-1) {
		return; /* As above. */
	}
	first = malloc(HEAP_FIRST);
	end = (uintptr_t)sbrk(0) & ~(page - 1);
	if (first && (uintptr_t)first < start && end > start) {
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
	} else if (status == WEFT_CLI_OK) {
		prepare_memory();
		ret = options.tools ? use_tools(options.tools, &err) : 0;
		ret = ret < 0 ? ret : pprof_fetch(&options, &profile, &err);
		ret = ret < 0 ? ret : show(&options, profile, &err);
		status = ret < 0 ? weft_cli_fail("pprof", &err) : WEFT_CLI_OK;
	}
	weft_pprof_destroy(profile);
	pprof_options_fini(&options);
	return status;
}
