// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Pages of the web interface: reports, made fit for HTML. See web-views.h.
 */
#include "web-views.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "page.h"
#include "web-buffer.h"

/* Rows of the top page unless told otherwise. */
#define TOP_COUNT "500"
/* For each try to lay a graph out: people wait for it. */
#define PICTURE_LIMIT_MS 5000
/* Columns before the name: flat, flat%, sum%, cum, cum%. */
#define TOP_COLUMNS 5

static void keep_notice(void *ctx, const char *text)
{
	struct web_view *view = ctx;

	if (view->notice_count < WEB_NOTICE_COUNT_MAX) {
		(void)snprintf(view->notices[view->notice_count++], WEB_NOTICE_SIZE, "%s", text);
	}
}

int web_view_report(struct web_view *view, const char *format, FILE *out, struct weft_error *err)
{
	const struct weft_report_request request = {.format = format,
						    .argument = web_query_get(view->query, "f"),
						    .warn = keep_notice,
						    .ctx = view,
						    .picture_limit_ms = PICTURE_LIMIT_MS};

	return weft_report_write(view->profile, view->config, &request, out, err);
}

int web_view_report_text(struct web_view *view, const char *format, char **ret_text,
			 struct weft_error *err)
{
	struct web_buffer buffer = {0};
	FILE *out = web_buffer_open(&buffer);
	int ret, closed;

	*ret_text = NULL;
	if (!out) {
		return weft_error_set(err, -ENOMEM, "make a page: out of memory");
	}
	ret = web_view_report(view, format, out, err);
	closed = web_buffer_close(&buffer, out, ret < 0 ? NULL : err);
	ret = ret < 0 ? ret : closed;
	if (ret < 0) {
		web_buffer_fini(&buffer);
		return ret;
	}
	*ret_text = buffer.bytes;
	return 0;
}

/* ---- Texts ---- */

static int write_text(struct web_view *view, const char *format, FILE *out, struct weft_error *err)
{
	char *text = NULL;
	int ret = web_view_report_text(view, format, &text, err);

	if (ret == 0) {
		(void)fputs("<pre class=\"report\" tabindex=\"0\">", out);
		weft_page_print_html(out, text);
		(void)fputs("</pre>\n", out);
	}
	free(text);
	return ret;
}

static int write_peek(struct web_view *view, FILE *out, struct weft_error *err)
{
	int ret = weft_report_config_set(view->config, "granularity", "lines", err);

	return ret < 0 ? ret : write_text(view, "peek", out, err);
}

static int write_disasm(struct web_view *view, FILE *out, struct weft_error *err)
{
	return write_text(view, "disasm", out, err);
}

/* What is between two marks; NULL: they are not there. */
static char *cut_between(char *text, const char *before, const char *after)
{
	char *start = strstr(text, before);
	char *end = start ? strstr(start, after) : NULL;

	if (!end) {
		return NULL;
	}
	*end = '\0';
	return start + strlen(before);
}

/* The report is a page of its own: its style and its body become parts of ours. */
static int write_source(struct web_view *view, FILE *out, struct weft_error *err)
{
	char *text = NULL, *style, *body;
	int ret = web_view_report_text(view, "weblist", &text, err);

	if (ret == -ENOENT) {
		return write_text(view, "list", out, err); /* Without the program's machine code. */
	}
	if (!text) {
		return ret;
	}
	body = strstr(text, "<body>");
	style = body ? cut_between(text, "<style>", "</style>") : NULL;
	body = body ? cut_between(body, "<body>", "</body>") : NULL;
	if (style && body) {
		(void)fprintf(out, "<style>%s</style>\n<main class=\"source\">%s</main>\n", style,
			      body);
	} else {
		ret = weft_error_set(err, -EIO, "make a page: the report 'weblist' is no page");
	}
	free(text);
	return ret;
}

/* ---- Graph ---- */

static int write_graph(struct web_view *view, FILE *out, struct weft_error *err)
{
	char *text = NULL, *svg;
	int ret = web_view_report_text(view, "svg", &text, err);

	if (!text) {
		return ret;
	}
	svg = strstr(text, "<svg"); /* What stands before is for files of their own. */
	(void)fprintf(out,
		      "<div class=\"tools\"><button type=\"button\" id=\"zoom-in\" "
		      "aria-label=\"Larger\">+</button> <button type=\"button\" id=\"zoom-out\" "
		      "aria-label=\"Smaller\">&minus;</button> <button type=\"button\" "
		      "id=\"zoom-fit\">Fit</button> <input type=\"search\" id=\"search\" "
		      "placeholder=\"Search (regular expression)\" aria-label=\"Search\" "
		      "spellcheck=\"false\"> <span id=\"found\" role=\"status\"></span></div>\n"
		      "<div id=\"graph\" tabindex=\"0\" aria-label=\"Call graph\">%s</div>\n",
		      svg ? svg : text);
	free(text);
	return 0;
}

/* ---- Top ---- */

static void print_heading(const struct web_view *view, const char *sort, const char *title,
			  FILE *out)
{
	bool is_sorted = strcmp(weft_report_config_get(view->config, "sort"), sort) == 0;

	(void)fprintf(out, "<th class=\"n\"%s><a href=\"",
		      is_sorted ? " aria-sort=\"descending\"" : "");
	web_query_print_link(view->query, "top", "sort", sort, out);
	(void)fprintf(out, "\">%s%s</a></th>", title, is_sorted ? " &darr;" : "");
}

/* Cuts the next word off. NULL: there is none. */
static char *next_word(char **line)
{
	char *word = *line + strspn(*line, " ");
	size_t len = strcspn(word, " ");

	if (len == 0) {
		return NULL;
	}
	*line = word + len + (word[len] != '\0');
	word[len] = '\0';
	return word;
}

static void print_name(const struct web_view *view, const char *name, FILE *out)
{
	static const char *const marks[] = {" (inline)", " (partial-inline)"};
	char regex[WEB_QUERY_VALUE_SIZE], *plain = strdup(name);
	size_t i;

	for (i = 0; plain && i < sizeof(marks) / sizeof(marks[0]); i++) {
		size_t len = strlen(plain), mark_len = strlen(marks[i]);

		if (len > mark_len && strcmp(plain + len - mark_len, marks[i]) == 0) {
			plain[len - mark_len] = '\0';
		}
	}
	if (plain && web_query_find_function(plain, regex, sizeof(regex)) == 0) {
		(void)fputs("<td class=\"name\"><a href=\"", out);
		web_query_print_link(view->query, "peek", "f", regex, out);
		(void)fputs("\" data-name=\"", out);
		weft_page_print_html(out, plain);
		(void)fputs("\">", out);
		weft_page_print_html(out, name);
		(void)fputs("</a></td>", out);
	} else {
		(void)fputs("<td class=\"name\">", out);
		weft_page_print_html(out, name);
		(void)fputs("</td>", out);
	}
	free(plain);
}

static void print_row(const struct web_view *view, char *line, FILE *out)
{
	char *words[TOP_COLUMNS];
	size_t i;

	for (i = 0; i < TOP_COLUMNS; i++) {
		words[i] = next_word(&line);
		if (!words[i]) {
			return;
		}
	}
	(void)fputs("<tr>", out);
	for (i = 0; i < TOP_COLUMNS; i++) {
		bool is_share = i == 1 || i == 4;

		(void)fprintf(out, "<td class=\"n%s%s\"", i == 2 ? " wide" : "",
			      *words[i] == '-' ? " less" : "");
		if (is_share) {
			/* A bar as long as the share, by strtod() always a number. */
			double share = strtod(words[i], NULL);

			(void)fprintf(out, " style=\"--share:%.2f%%\"",
				      share > 100 ? 100.0
				      : share > 0 ? share
						  : 0.0);
		}
		(void)fputs(">", out);
		weft_page_print_html(out, words[i]);
		(void)fputs("</td>", out);
	}
	print_name(view, line + strspn(line, " "), out);
	(void)fputs("</tr>\n", out);
}

static void print_table(const struct web_view *view, char *text, FILE *out)
{
	char *line, *rest = text;
	bool is_in_table = false;

	(void)fputs("<p class=\"legend\">", out);
	while ((line = strsep(&rest, "\n"))) {
		if (is_in_table) {
			print_row(view, line, out);
		} else if (strncmp(line, "      flat  flat%", 17) != 0) {
			weft_page_print_html(out, line);
			(void)fputs(*line ? "<br>" : "", out);
		} else {
			is_in_table = true;
			(void)fputs("</p>\n<div class=\"tools\"><input type=\"search\" "
				    "id=\"search\" placeholder=\"Search (regular expression)\" "
				    "aria-label=\"Search\" spellcheck=\"false\"> <span "
				    "id=\"found\" role=\"status\"></span></div>\n"
				    "<table id=\"top\"><thead><tr>",
				    out);
			print_heading(view, "flat", "Flat", out);
			(void)fputs("<th class=\"n\">Flat%</th><th class=\"n wide\">Sum%</th>",
				    out);
			print_heading(view, "cum", "Cum", out);
			(void)fputs("<th class=\"n\">Cum%</th><th><button type=\"button\" "
				    "id=\"by-name\">Name</button></th></tr></thead>\n<tbody>\n",
				    out);
		}
	}
	(void)fputs(is_in_table ? "</tbody></table>\n" : "</p>\n", out);
}

static int write_top(struct web_view *view, FILE *out, struct weft_error *err)
{
	char *text = NULL;
	int ret = weft_report_config_set(view->config, "compact_labels", "true", err);

	if (ret == 0 && strcmp(weft_report_config_get(view->config, "nodecount"), "-1") == 0) {
		ret = weft_report_config_set(view->config, "nodecount", TOP_COUNT, err);
	}
	ret = ret < 0 ? ret : web_view_report_text(view, "top", &text, err);
	if (ret == 0) {
		print_table(view, text, out);
		free(text);
	}
	return ret;
}

/* ---- Flame graph ---- */

static int write_flame(struct web_view *view, FILE *out, struct weft_error *err)
{
	size_t size = 0;
	const char *body = weft_report_page_get("body.html", &size);
	int ret = 0;

	if (*web_query_get(view->query, "g") == '\0') {
		ret = weft_report_config_set(view->config, "granularity", "filefunctions", err);
	}
	if (ret == 0) {
		(void)fwrite(body, 1, size, out);
		(void)fputs("<script type=\"application/json\" id=\"profile\">", out);
		ret = web_view_report(view, "flame", out, err);
		(void)fputs("</script>\n", out);
	}
	return ret;
}

/* ---- Which pages there are ---- */

static const struct web_page pages[] = {
	{.name = "flamegraph", .title = "Flame graph", .write = write_flame, .script = "flame.js"},
	{.name = "top", .title = "Top", .write = write_top},
	{.name = "graph", .title = "Graph", .write = write_graph},
	{.name = "peek", .title = "Peek", .write = write_peek, .needs_function = true},
	{.name = "source", .title = "Source", .write = write_source, .needs_function = true},
	{.name = "disasm", .title = "Disassembly", .write = write_disasm, .needs_function = true},
};

#define PAGE_COUNT (sizeof(pages) / sizeof(pages[0]))

const struct web_page *web_page_get(size_t index)
{
	return index < PAGE_COUNT ? &pages[index] : NULL;
}

const struct web_page *web_page_find(const char *name)
{
	size_t i;

	for (i = 0; i < PAGE_COUNT; i++) {
		if (strcmp(pages[i].name, name) == 0) {
			return &pages[i];
		}
	}
	return NULL;
}
