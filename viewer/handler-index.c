// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * The pages with links: what a process offers (/debug/pprof/), and which processes there are.
 */
#include "handlers.h"

#include <errno.h>
#include <inttypes.h>
#include <microhttpd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "control-client.h"
#include "now.h"
#include "page.h"
#include "processes.h"

static const char html[] = "text/html; charset=utf-8";
static const char json[] = "application/json";

/* What is served of every process, beside its profiles. */
static const struct weft_control_profile always[] = {
	{0, "cmdline", "The command line of the process."},
	{0, "symbol", "Names of addresses, for tools."},
	{0, "trace",
	 "An execution trace: tasks, regions and logs by thread. seconds= says how "
	 "long; then: go tool trace trace"},
};

/* One index. */
struct index {
	const struct weft_exchange *exchange;
	struct weft_process process;
	struct weft_control_list *list; /* With `always`, sorted. */
	FILE *out;
};

static bool is_instant(const char *name)
{
	return strcmp(name, "profile") != 0 && strcmp(name, "trace") != 0 &&
	       strcmp(name, WEFT_QUERY_WALL_NAME) != 0;
}

/* Beside /debug/pprof/, where its readers look for it. */
static void print_href(FILE *out, const char *name)
{
	(void)fputs(strcmp(name, WEFT_QUERY_WALL_NAME) == 0 ? "../" : "", out);
	weft_page_print_url(out, name);
}

static bool is_profile(const struct weft_control_profile *profile)
{
	return weft_query_find_page(profile->name) == WEFT_HTTP_PAGE_NAMED;
}

static int compare_names(const void *left, const void *right)
{
	return strcmp(((const struct weft_control_profile *)left)->name,
		      ((const struct weft_control_profile *)right)->name);
}

static void add_always(struct weft_control_list *list)
{
	size_t i;

	for (i = 0; i < sizeof(always) / sizeof(always[0]); i++) {
		if (list->count < WEFT_CONTROL_PROFILES_MAX) {
			list->profiles[list->count++] = always[i];
		}
	}
	qsort(list->profiles, list->count, sizeof(list->profiles[0]), compare_names);
}

/* ---- JSON ---- */

static void print_process_json(FILE *out, const struct weft_process *process)
{
	(void)fprintf(out, "{\"pid\":%d,\"name\":", (int)process->pid);
	weft_page_print_json(out, process->name);
	(void)fputs(",\"command\":", out);
	weft_page_print_json(out, process->command);
	(void)fprintf(out, ",\"threads\":%u,\"rss_bytes\":%zu,\"traceable\":%s",
		      process->thread_count, process->rss_kib << 10,
		      process->has_trace ? "true" : "false");
}

/* Of the last download; null before the first. */
static void print_last_json(const struct index *index, const char *name)
{
	struct weft_past_answers *past = &index->exchange->http->past;
	uint64_t byte_count;
	uint64_t duration_ns;

	if (weft_past_answers_find(past, index->exchange->pid, name, &byte_count, &duration_ns)) {
		(void)fprintf(index->out,
			      ",\"last_bytes\":%" PRIu64 ",\"last_duration_ns\":%" PRIu64,
			      byte_count, duration_ns);
	} else {
		(void)fputs(",\"last_bytes\":null,\"last_duration_ns\":null", index->out);
	}
}

static void print_index_json(const struct index *index)
{
	FILE *out = index->out;
	size_t i;

	(void)fputs("{\"process\":", out);
	print_process_json(out, &index->process);
	(void)fputs("},\"profiles\":[", out);
	for (i = 0; i < index->list->count; i++) {
		const struct weft_control_profile *profile = &index->list->profiles[i];

		(void)fputs(i ? ",{\"name\":" : "{\"name\":", out);
		weft_page_print_json(out, profile->name);
		(void)fprintf(out, ",\"count\":%" PRIu64 ",\"href\":\"", profile->count);
		print_href(out, profile->name);
		(void)fputs("\",\"description\":", out);
		weft_page_print_json(out, profile->description);
		print_last_json(index, profile->name);
		(void)fputc('}', out);
	}
	(void)fputs("]}\n", out);
}

/* ---- HTML ---- */

static void print_command(FILE *out, const char *before, const char *name, const char *after)
{
	(void)fputs("<div class=\"cmd\"><code>", out);
	weft_page_print_html(out, before);
	(void)fputs("<span data-path=\"", out);
	print_href(out, name);
	(void)fputs("\">", out);
	print_href(out, name);
	(void)fputs("</span>", out);
	weft_page_print_html(out, after);
	(void)fputs("</code><button class=\"copy\" hidden>Copy</button></div>\n", out);
}

/* A card for what takes seconds: form, progress, command. */
static void print_timed(FILE *out, const char *name, const char *title, const char *why,
			unsigned int seconds, unsigned int seconds_max)
{
	const bool is_trace = strcmp(name, "trace") == 0;

	(void)fprintf(
		out,
		"<div class=\"card\"><h2 style=\"margin-top:0\">%s</h2><p class=\"dim\">%s</p>\n"
		"<form action=\"%s%s\" data-timed=\"%s\"><label>Seconds <input name=\"seconds\" "
		"type=\"number\" min=\"%s\" step=\"%s\" max=\"%u\" value=\"%u\" required>"
		"</label><button>Record and save</button><output class=\"dim\"></output></form>\n"
		"<progress max=\"1\" value=\"0\" hidden></progress>\n",
		title, why, strcmp(name, WEFT_QUERY_WALL_NAME) == 0 ? "../" : "", name, name,
		is_trace ? "0.1" : "1", is_trace ? "0.1" : "1", seconds_max, seconds);
	if (is_trace) {
		print_command(out, "curl -o trace '", name, "?seconds=5' && go tool trace trace");
	} else {
		print_command(out, "go tool pprof '", name, "?seconds=30'");
	}
	(void)fputs("</div>\n", out);
}

/* Size and time of the last download. */
static void print_last(const struct index *index, const char *name)
{
	struct weft_past_answers *past = &index->exchange->http->past;
	uint64_t byte_count;
	uint64_t duration_ns;

	if (weft_past_answers_find(past, index->exchange->pid, name, &byte_count, &duration_ns)) {
		(void)fprintf(index->out, "%.1f KiB <span class=\"dim\">%.2f s</span>",
			      (double)byte_count / 1024, (double)duration_ns / WEFT_NS_PER_S);
	}
}

static void print_row(const struct index *index, const struct weft_control_profile *profile)
{
	FILE *out = index->out;

	(void)fputs("<tr><td class=\"n\">", out);
	if (is_profile(profile)) {
		(void)fprintf(out, "%" PRIu64, profile->count);
	}
	(void)fputs("</td><td class=\"name\"><a href=\"", out);
	weft_page_print_url(out, profile->name);
	(void)fputs(is_profile(profile) ? "?debug=1\">" : "\">", out);
	weft_page_print_html(out, profile->name);
	(void)fputs("</a></td><td class=\"wide dim\">", out);
	weft_page_print_html(out, profile->description);
	(void)fputs("</td><td class=\"n\">", out);
	if (is_profile(profile)) {
		print_last(index, profile->name);
	}
	(void)fputs("</td><td class=\"get\">", out);
	if (is_profile(profile)) {
		(void)fputs("<a href=\"", out);
		weft_page_print_url(out, profile->name);
		(void)fputs("\" download>Download</a>", out);
	}
	(void)fputs("</td></tr>\n", out);
}

static const struct weft_control_profile *find(const struct index *index, const char *name)
{
	size_t i;

	for (i = 0; i < index->list->count; i++) {
		if (strcmp(index->list->profiles[i].name, name) == 0) {
			return &index->list->profiles[i];
		}
	}
	return NULL;
}

static void print_timed_cards(const struct index *index)
{
	const struct weft_http_options *options = &index->exchange->http->options;

	if (index->process.has_trace) {
		print_timed(index->out, "trace", "Execution trace",
			    "What each thread did, task by task. Opens in go tool trace.",
			    options->trace_seconds_max < 5 ? options->trace_seconds_max : 5,
			    options->trace_seconds_max);
	} else {
		(void)fputs("<p class=\"card\">This process cannot be traced: libweft found no "
			    "LTTng-UST when it started.</p>\n",
			    index->out);
	}
	if (find(index, "profile")) {
		print_timed(index->out, "profile", "CPU profile",
			    "Where the processor's time goes. Opens in go tool pprof.",
			    options->profile_seconds_max < 30 ? options->profile_seconds_max : 30,
			    options->profile_seconds_max);
	}
	if (find(index, WEFT_QUERY_WALL_NAME)) {
		print_timed(index->out, WEFT_QUERY_WALL_NAME, "Wall clock profile",
			    "Where threads are, whether they run or wait. Opens in go tool pprof.",
			    options->profile_seconds_max < 10 ? options->profile_seconds_max : 10,
			    options->profile_seconds_max);
	}
}

static void print_index_html(const struct index *index)
{
	const struct weft_process *process = &index->process;
	FILE *out = index->out;
	char title[80];
	bool any = false;
	size_t i;

	(void)snprintf(title, sizeof(title), "%s (%d): /debug/pprof/", process->name,
		       (int)process->pid);
	weft_page_print_head(out, title);
	(void)fputs("<h1>/debug/pprof/</h1>\n<p><b>", out);
	weft_page_print_html(out, process->name);
	(void)fprintf(out,
		      "</b> <span class=\"dim\">process %d &middot; %u threads &middot; %.1f MiB "
		      "resident</span></p>\n<p class=\"dim\"><code>",
		      (int)process->pid, process->thread_count, (double)process->rss_kib / 1024);
	weft_page_print_html(out, process->command);
	(void)fputs("</code></p>\n", out);
	print_timed_cards(index);
	(void)fputs("<h2>Profiles</h2>\n<table>\n<tr><th class=\"n\">Count</th><th>Profile</th>"
		    "<th class=\"wide\">What it is</th><th class=\"n\">Last download</th>"
		    "<th></th></tr>\n",
		    out);
	for (i = 0; i < index->list->count; i++) {
		if (is_instant(index->list->profiles[i].name)) {
			print_row(index, &index->list->profiles[i]);
			any = any || is_profile(&index->list->profiles[i]);
		}
	}
	(void)fputs("</table>\n", out);
	if (any) {
		(void)fputs("<p class=\"dim\">Names show text (debug=1); Download is for go tool "
			    "pprof.</p>\n",
			    out);
	}
	if (find(index, "goroutine")) {
		(void)fputs("<p><a href=\"goroutine?debug=2\">Full stacks of all threads</a></p>\n",
			    out);
	}
	(void)fputs("<p class=\"dim\"><a href=\"?format=json\">This page as JSON</a></p>\n", out);
	weft_page_print_tail(out);
}

/* ---- Answers ---- */

/* Sends what was printed, if all of it could be kept. */
static void send_page(struct weft_exchange *exchange, FILE *out, char **page, const size_t *size)
{
	if (fclose(out) != 0) {
		free(*page);
		*page = NULL;
	}
	weft_exchange_send(exchange, MHD_HTTP_OK, exchange->wants_json ? json : html, *page, *size);
}

void weft_handler_index(struct weft_exchange *exchange)
{
	struct index index = {.exchange = exchange};
	struct weft_error err = WEFT_ERROR_INIT;
	char *page = NULL;
	size_t size = 0;
	int ret;

	(void)weft_process_look(exchange->pid, &index.process); /* Without libweft: fewer words. */
	ret = weft_control_list(exchange->pid, &index.list, &err);
	if (ret < 0) {
		weft_exchange_fail(exchange, MHD_HTTP_INTERNAL_SERVER_ERROR, "%s", err.text);
		return;
	}
	add_always(index.list);
	index.out = open_memstream(&page, &size);
	if (index.out) {
		if (exchange->wants_json) {
			print_index_json(&index);
		} else {
			print_index_html(&index);
		}
		send_page(exchange, index.out, &page, &size);
	} else {
		weft_exchange_fail(exchange, MHD_HTTP_INTERNAL_SERVER_ERROR, "out of memory");
	}
	free(index.list);
}

static void print_processes_json(FILE *out, const struct weft_process *processes, int count)
{
	int i;

	(void)fputs("{\"processes\":[", out);
	for (i = 0; i < count; i++) {
		(void)fputs(i ? "," : "", out);
		print_process_json(out, &processes[i]);
		(void)fprintf(out, ",\"href\":\"/%d/debug/pprof/\"}", (int)processes[i].pid);
	}
	(void)fputs("]}\n", out);
}

static void print_processes_html(FILE *out, const struct weft_process *processes, int count)
{
	int i;

	weft_page_print_head(out, "Weft: processes");
	(void)fputs("<h1>Processes</h1>\n", out);
	if (count == 0) {
		(void)fputs("<p class=\"card\">No process with libweft is running that this server "
			    "may look into. It sees those of its own user; as root, all.</p>\n",
			    out);
	} else {
		(void)fputs("<table>\n<tr><th class=\"n\">Process</th><th>Name</th><th class=\"n\">"
			    "Threads</th><th class=\"n\">MiB</th><th class=\"wide\">Command</th>"
			    "</tr>\n",
			    out);
	}
	for (i = 0; i < count; i++) {
		(void)fprintf(out,
			      "<tr><td class=\"n\"><a href=\"/%d/debug/pprof/\">%d</a></td><td>",
			      (int)processes[i].pid, (int)processes[i].pid);
		weft_page_print_html(out, processes[i].name);
		(void)fprintf(out,
			      "</td><td class=\"n\">%u</td><td class=\"n\">%.1f</td>"
			      "<td class=\"wide dim\"><code>",
			      processes[i].thread_count, (double)processes[i].rss_kib / 1024);
		weft_page_print_html(out, processes[i].command);
		(void)fputs("</code></td></tr>\n", out);
	}
	(void)fputs(count ? "</table>\n" : "", out);
	(void)fputs("<p class=\"dim\"><a href=\"?format=json\">This page as JSON</a></p>\n", out);
	weft_page_print_tail(out);
}

void weft_handler_processes(struct weft_exchange *exchange)
{
	struct weft_process *processes = NULL;
	struct weft_error err = WEFT_ERROR_INIT;
	int count = weft_processes_list(&processes, &err);
	char *page = NULL;
	size_t size = 0;
	FILE *out;

	if (count < 0) {
		weft_exchange_fail(exchange, MHD_HTTP_INTERNAL_SERVER_ERROR, "%s", err.text);
		return;
	}
	out = open_memstream(&page, &size);
	if (out) {
		if (exchange->wants_json) {
			print_processes_json(out, processes, count);
		} else {
			print_processes_html(out, processes, count);
		}
		send_page(exchange, out, &page, &size);
	} else {
		weft_exchange_fail(exchange, MHD_HTTP_INTERNAL_SERVER_ERROR, "out of memory");
	}
	free(processes);
}
