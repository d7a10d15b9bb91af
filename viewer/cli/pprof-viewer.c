// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Reports that other programs show. See pprof-viewer.h.
 *
 * Source: google/pprof internal/driver/commands.go, which programs there are and what they are given.
 */
#include "pprof-viewer.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#include "pprof-output.h"

static const struct pprof_viewer viewers[] = {
	{.name = "eog",
	 .format = "svg",
	 .extension = "svg",
	 .programs = {"eog"},
	 .help = "Picture of the graph, shown by eog"},
	{.name = "evince",
	 .format = "pdf",
	 .extension = "pdf",
	 .programs = {"evince"},
	 .help = "Picture of the graph, shown by evince"},
	{.name = "gv",
	 .format = "ps",
	 .extension = "ps",
	 .programs = {"gv"},
	 .option = "--noantialias",
	 .help = "Picture of the graph, shown by gv"},
	{.name = "kcachegrind",
	 .format = "callgrind",
	 .extension = "grind",
	 .programs = {"kcachegrind", "qcachegrind"},
	 .help = "Graph, shown by KCachegrind"},
	{.name = "web",
	 .format = "svg",
	 .extension = "svg",
	 .help = "Picture of the graph, in a browser"},
	{.name = "weblist",
	 .format = "weblist",
	 .extension = "html",
	 .help = "Source and machine code, in a browser"},
};

#define VIEWER_COUNT (sizeof(viewers) / sizeof(viewers[0]))

const struct pprof_viewer *pprof_viewer_get(size_t index)
{
	return index < VIEWER_COUNT ? &viewers[index] : NULL;
}

const struct pprof_viewer *pprof_viewer_find(const char *name)
{
	size_t i;

	for (i = 0; i < VIEWER_COUNT; i++) {
		if (strcmp(viewers[i].name, name) == 0) {
			return &viewers[i];
		}
	}
	return NULL;
}

static int start(const struct pprof_viewing *viewing, const char *path, pid_t *ret_program,
		 struct weft_error *err)
{
	const struct pprof_viewer *viewer = viewing->viewer;
	size_t i;

	if (!viewer->programs[0]) {
		return pprof_browser_open(path, ret_program)
			       ? 0
			       : weft_error_set(err, -ENOENT,
						"no browser can be started here (set BROWSER or "
						"DISPLAY): %s keeps the report",
						viewing->hint);
	}
	for (i = 0; viewer->programs[i]; i++) {
		const char *const argv[] = {viewer->programs[i],
					    viewer->option ? viewer->option : path,
					    viewer->option ? path : NULL, NULL};

		if (pprof_browser_start(argv, ret_program)) {
			return 0;
		}
	}
	return weft_error_set(err, -ENOENT,
			      "show the report: there is no program '%s': install it; %s keeps the "
			      "report",
			      viewer->programs[0], viewing->hint);
}

int pprof_viewer_show(const struct weft_pprof *profile, const struct pprof_viewing *viewing,
		      struct pprof_browser *files, pid_t *ret_program, struct weft_error *err)
{
	const struct pprof_output output = {
		.config = viewing->config,
		.format = weft_report_format_find(viewing->viewer->format),
		.argument = viewing->argument,
	};
	char path[PPROF_BROWSER_PATH_SIZE];
	int ret = pprof_browser_add(files, viewing->viewer->extension, path, err);

	ret = ret < 0 ? ret : weft_report_config_set(viewing->config, "output", path, err);
	ret = ret < 0 ? ret : pprof_output_write(profile, &output, err);
	return ret < 0 ? ret : start(viewing, path, ret_program, err);
}

int pprof_viewer_run(const struct weft_pprof *profile, const struct pprof_viewing *viewing,
		     struct weft_error *err)
{
	struct pprof_browser files = {.count = 0};
	pid_t program = 0;
	int ret = pprof_viewer_show(profile, viewing, &files, &program, err);

	if (ret == 0 && !viewing->viewer->programs[0]) {
		(void)fprintf(stderr, "The browser shows %s, which stays there.\n",
			      weft_report_config_get(viewing->config, "output"));
		return 0;
	}
	while (ret == 0 && waitpid(program, NULL, 0) < 0 && errno == EINTR) {
	}
	pprof_browser_fini(&files);
	return ret;
}
