// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * What all pages of the web interface share: views, sample types, filters. See web-views.h.
 *
 * Everything is a link or a form; scripts only make it more convenient.
 */
#include <string.h>

#include "page.h"
#include "web-settings.h"
#include "web-views.h"

/* The fields of the filter form; what else the address has goes along unseen. */
static const struct {
	const char *name, *label, *hint;
} fields[] = {
	{"f", "Focus", "Only stacks with a match"},
	{"i", "Ignore", "No stacks with a match"},
	{"h", "Hide", "Take matching frames out"},
	{"s", "Show", "Take all other frames out"},
	{"sf", "Show from", "Drop what calls the outermost match"},
	{"tf", "Tag focus", "Only samples with such a label: key=value, 1kb:10kb"},
	{"ti", "Tag ignore", "No samples with such a label"},
	{"tagroot", "Tag root", "Labels to put at the roots of stacks, commas between"},
	{"tagleaf", "Tag leaf", "Labels to put at the leaves of stacks, commas between"},
};

#define FIELD_COUNT (sizeof(fields) / sizeof(fields[0]))

/* The variable's own names come first. */
static const char *const granularities[] = {"functions", "filefunctions", "files", "lines",
					    "addresses"};

static void print_attribute(FILE *out, const char *name, const char *value)
{
	(void)fprintf(out, " %s=\"", name);
	weft_page_print_html(out, value);
	(void)fputc('"', out);
}

static void print_title(const struct web_view *view, FILE *out)
{
	const char *file = weft_pprof_mapping_count(view->profile)
				   ? weft_pprof_get_mapping(view->profile, 0)->file
				   : "";
	const char *slash = strrchr(file, '/');
	int index = weft_report_sample_index(view->profile, view->config, NULL);

	weft_page_print_html(out, slash ? slash + 1 : file);
	if (index >= 0) {
		(void)fputs(*file ? " " : "", out);
		weft_page_print_html(
			out, weft_pprof_get_sample_type(view->profile, (uint32_t)index)->type);
	}
}

static void print_views(const struct web_view *view, FILE *out)
{
	const struct web_page *page;
	size_t i;

	(void)fputs("<nav aria-label=\"Views\">", out);
	for (i = 0; (page = web_page_get(i)); i++) {
		(void)fputs("<a href=\"", out);
		web_query_print_link(view->query, page->name, NULL, NULL, out);
		(void)fprintf(out, "\"%s>%s</a>",
			      page == view->page ? " aria-current=\"page\"" : "", page->title);
	}
	(void)fputs("<span id=\"title\">", out);
	print_title(view, out);
	(void)fputs("</span><a href=\"download\" download=\"profile.pb.gz\">Download</a></nav>\n",
		    out);
}

static void print_sample_types(const struct web_view *view, FILE *out)
{
	uint32_t count = weft_pprof_sample_type_count(view->profile), i;
	int chosen = weft_report_sample_index(view->profile, view->config, NULL);

	(void)fputs("<label>Sample <select name=\"si\">", out);
	for (i = 0; i < count; i++) {
		const char *type = weft_pprof_get_sample_type(view->profile, i)->type;

		(void)fputs("<option", out);
		print_attribute(out, "value", type);
		(void)fprintf(out, "%s>", (int)i == chosen ? " selected" : "");
		weft_page_print_html(out, type);
		(void)fputs("</option>", out);
	}
	(void)fputs("</select></label>\n", out);
}

static void print_granularities(const struct web_view *view, FILE *out)
{
	const char *chosen = web_query_get(view->query, "g");
	size_t i;

	(void)fputs("<label>By <select name=\"g\"><option value=\"\">default</option>", out);
	for (i = 0; i < sizeof(granularities) / sizeof(granularities[0]); i++) {
		(void)fprintf(out, "<option value=\"%s\"%s>%s</option>", granularities[i],
			      strcmp(chosen, granularities[i]) == 0 ? " selected" : "",
			      granularities[i]);
	}
	(void)fputs("</select></label>\n", out);
}

static bool is_shown(const char *name)
{
	size_t i;

	for (i = 0; i < FIELD_COUNT; i++) {
		if (strcmp(fields[i].name, name) == 0) {
			return true;
		}
	}
	return strcmp(name, "si") == 0 || strcmp(name, "g") == 0;
}

static void print_hidden(const struct web_view *view, FILE *out)
{
	size_t i;

	for (i = 0; i < view->query->count; i++) {
		if (!is_shown(view->query->parameters[i].name)) {
			(void)fputs("<input type=\"hidden\"", out);
			print_attribute(out, "name", view->query->parameters[i].name);
			print_attribute(out, "value", view->query->parameters[i].value);
			(void)fputs(">", out);
		}
	}
}

/* What is filtered, for when the fields are folded away. */
static void print_active(const struct web_view *view, FILE *out)
{
	size_t i;

	for (i = 0; i < FIELD_COUNT; i++) {
		const char *value = web_query_get(view->query, fields[i].name);

		if (*value) {
			(void)fprintf(out, " <span class=\"active\">%s: ", fields[i].label);
			weft_page_print_html(out, value);
			(void)fputs("</span>", out);
		}
	}
}

/* What the command line says where the address says nothing; else what kind of text is wanted. */
static void print_placeholder(const struct web_view *view, const char *name, FILE *out)
{
	const struct weft_report_variable *variable;
	const char *value = "";
	size_t i;

	for (i = 0; (variable = weft_report_variable_get(i)); i++) {
		if (variable->url_name && strcmp(variable->url_name, name) == 0) {
			value = weft_report_config_get(view->config, variable->name);
		}
	}
	print_attribute(out, "placeholder",
			*value && *web_query_get(view->query, name) == '\0' ? value
			: name[0] == 't'                                    ? "label"
									    : "regex");
}

static void print_saved_link(const struct web_view *view, const struct web_settings_view *saved,
			     FILE *out)
{
	(void)fputs("<a href=\"", out);
	web_settings_print_link(view->query, view->page->name, saved, out);
	(void)fputs(web_settings_is_current(view->query, saved) ? "\" aria-current=\"true\">"
								: "\">",
		    out);
	weft_page_print_html(out, saved ? saved->name : "Default");
	(void)fputs("</a>", out);
}

/* Which of the saved views this is, for when the list is folded away. */
static void print_current(const struct web_view *view, const struct web_settings_list *list,
			  FILE *out)
{
	size_t i;

	for (i = 0; i < list->count; i++) {
		if (web_settings_is_current(view->query, &list->views[i])) {
			(void)fputs(" <span class=\"active\">", out);
			weft_page_print_html(out, list->views[i].name);
			(void)fputs("</span>", out);
			return;
		}
	}
}

/* What the user saved; saving and deleting need the script. */
static void print_saved(const struct web_view *view, FILE *out)
{
	struct web_settings_list list;
	struct weft_error err = WEFT_ERROR_INIT;
	int ret = web_settings_read(&list, &err);
	size_t i;

	(void)fputs("<details id=\"saved\"><summary>Saved views", out);
	print_current(view, &list, out);
	(void)fputs("</summary><div>\n", out);
	if (ret < 0) {
		(void)fputs("<p role=\"alert\">", out);
		weft_page_print_html(out, err.text);
		(void)fputs("</p>", out);
	}
	(void)fputs("<ul><li>", out);
	print_saved_link(view, NULL, out);
	(void)fputs("</li>\n", out);
	for (i = 0; i < list.count; i++) {
		(void)fputs("<li>", out);
		print_saved_link(view, &list.views[i], out);
		(void)fputs(" <button type=\"button\" hidden", out);
		print_attribute(out, "data-delete", list.views[i].name);
		(void)fputs(">Delete</button></li>\n", out);
	}
	(void)fprintf(out,
		      "</ul>\n<span id=\"save\" hidden><label>Save this one as <input "
		      "id=\"save-name\" form=\"save-form\" maxlength=\"%d\" required></label> "
		      "<button form=\"save-form\">Save</button></span> <span id=\"save-told\" "
		      "role=\"status\"></span></div></details>\n",
		      WEB_SETTINGS_NAME_LEN_MAX);
	web_settings_fini(&list);
}

static void print_filters(const struct web_view *view, FILE *out)
{
	const char *si = web_query_get(view->query, "si");
	const struct web_query sample = {
		.parameters = {{.name = "si", .value = (char *)(*si ? si : "")}},
		.count = *si ? 1 : 0};
	bool is_open = view->page->needs_function && *web_query_get(view->query, "f") == '\0';
	size_t i;

	(void)fprintf(out, "<form method=\"get\" action=\"%s\" id=\"filters\">\n",
		      view->page->name);
	print_hidden(view, out);
	print_sample_types(view, out);
	print_granularities(view, out);
	(void)fprintf(out, "<details%s><summary>Filters", is_open ? " open" : "");
	print_active(view, out);
	(void)fputs("</summary><div>\n", out);
	for (i = 0; i < FIELD_COUNT; i++) {
		(void)fprintf(out,
			      "<label>%s <input name=\"%s\" title=\"%s\" spellcheck=\"false\" "
			      "autocapitalize=\"off\"",
			      fields[i].label, fields[i].name, fields[i].hint);
		print_placeholder(view, fields[i].name, out);
		print_attribute(out, "value", web_query_get(view->query, fields[i].name));
		(void)fputs("></label>\n", out);
	}
	(void)fputs("</div></details>\n<button>Apply</button> <a class=\"button\" href=\"", out);
	web_query_print_link(&sample, view->page->name, NULL, NULL, out);
	(void)fputs("\">Reset</a>\n", out);
	print_saved(view, out);
	(void)fputs("</form><form id=\"save-form\" hidden></form>\n", out);
}

/* For the script: what to do with what is selected or searched for. */
static void print_actions(FILE *out)
{
	static const struct {
		const char *name, *label;
	} actions[] = {{"f", "Focus"},       {"i", "Ignore"},          {"h", "Hide"},
		       {"s", "Show"},        {"sf", "Show from"},      {"peek", "Peek"},
		       {"source", "Source"}, {"disasm", "Disassembly"}};
	size_t i;

	(void)fputs("<div id=\"actions\" hidden><span id=\"selected\"></span>", out);
	for (i = 0; i < sizeof(actions) / sizeof(actions[0]); i++) {
		(void)fprintf(out, "<button type=\"button\" data-action=\"%s\">%s</button>",
			      actions[i].name, actions[i].label);
	}
	(void)fputs("</div>\n", out);
}

void web_frame_print_head(const struct web_view *view, FILE *out)
{
	(void)fputs("<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
		    "<meta name=\"viewport\" content=\"width=device-width\">\n<title>",
		    out);
	print_title(view, out);
	(void)fputs("</title>\n<link rel=\"icon\" href=\"data:,\">\n", out);
	if (view->page->script) {
		(void)fputs("<link rel=\"stylesheet\" href=\"flame.css\">\n", out);
	}
	(void)fprintf(out,
		      "<link rel=\"stylesheet\" href=\"frame.css\">\n</head>\n"
		      "<body data-page=\"%s\">\n<div id=\"frame\">\n",
		      view->page->name);
	print_views(view, out);
	print_filters(view, out);
	print_actions(out);
	(void)fputs("</div>\n", out);
}

void web_frame_print_tail(const struct web_view *view, bool is_shown, FILE *out)
{
	size_t i;

	if (view->notice_count) {
		(void)fputs("<div id=\"notices\" role=\"status\">", out);
		for (i = 0; i < view->notice_count; i++) {
			(void)fputs("<p>", out);
			weft_page_print_html(out, view->notices[i]);
			(void)fputs("</p>", out);
		}
		(void)fputs("</div>\n", out);
	}
	(void)fputs("<script src=\"pages.js\"></script>\n", out);
	if (view->page->script && is_shown) {
		(void)fprintf(out, "<script src=\"%s\"></script>\n", view->page->script);
	}
	(void)fputs("</body>\n</html>\n", out);
}

void web_frame_print_message(const char *text, FILE *out)
{
	(void)fputs("<p id=\"message\" role=\"alert\">", out);
	weft_page_print_html(out, text);
	(void)fputs("</p>\n", out);
}
