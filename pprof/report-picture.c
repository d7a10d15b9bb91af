// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Reports that are pictures: the report "dot", drawn by the program of that name (graphviz).
 */
#include <errno.h>
#include <string.h>

#include "report-child.h"
#include "report-view.h"

static int draw(struct report *report, FILE *graph, FILE *out, struct weft_error *err)
{
	char type[16];
	const char *const argv[] = {"dot", type, NULL};
	int ret;

	(void)snprintf(type, sizeof(type), "-T%s", report->request->format);
	ret = weft_report_child__run(argv, graph, out, err);
	if (ret == -ENOENT) {
		return weft_error_set(
			err, ret,
			"draw the graph: there is no program 'dot': install graphviz, "
			"or use -dot, -html");
	}
	if (ret < 0) {
		weft_error_prepend(err, "draw the graph");
	}
	return ret;
}

int weft_report_write_picture(struct report *report, FILE *out, struct weft_error *err)
{
	FILE *graph = tmpfile();
	int ret;

	if (!graph) {
		return weft_error_set_errno(err, -errno, "draw the graph: make a temporary file");
	}
	ret = weft_report_write_dot(report, graph, err);
	if (ret == 0 && fflush(graph) != 0) {
		ret = weft_error_set_errno(err, -errno, "draw the graph: write a temporary file");
	}
	rewind(graph);
	ret = ret < 0 ? ret : draw(report, graph, out, err);
	(void)fclose(graph); /* Nobody needs it any more. */
	return ret;
}
