// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * The reports "flame" and "html": stacks as data, and the page with a flame graph of them.
 *
 * The data are one JSON object. `header`: the lines above reports. `names`, `files`: of places. `depth`,
 * `place`, `self`, `less`: one number a stack, in order of a walk from the root (depth 0, place -1), so
 * that a stack's parent is the last one before it that is less deep; `self` counts what is above zero
 * and `less` what is below (left out when nothing is); `inlined`: indices of inlined calls.
 */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "report-header.h"
#include "report-html.h"
#include "report-json.h"
#include "report-page.h"
#include "report-stacks.h"

/* Strings of an array, as they come. */
struct text_list {
	FILE *out;
	bool is_next;
};

static void print_header_line(void *ctx, const char *text)
{
	struct text_list *list = ctx;

	(void)fputs(list->is_next ? "," : "", list->out);
	list->is_next = true;
	weft_report_json__string(list->out, text);
}

static void print_header(const struct report_stacks *stacks, FILE *out)
{
	const struct report *report = stacks->graph.report;
	struct text_list list = {.out = out};
	struct report_lines lines = {.add = print_header_line, .ctx = &list};

	(void)fputs("{", out);
	weft_report_json__member(out, "title", report->title);
	(void)fputs(",\n", out);
	weft_report_json__member(out, "type", report->sample_type);
	(void)fputs(",", out);
	weft_report_json__member(out, "unit", report->sample_unit);
	(void)fputs(",", out);
	weft_report_json__member(out, "shown_unit", report->output_unit);
	(void)fprintf(out, ",\"total\":%" PRId64 ",\n\"header\":[",
		      weft_report_view__ratio(report, report->total));
	weft_report_header__profile(report, &lines);
	weft_report_header__filters(report, &lines);
	(void)fputs("]", out);
}

/* Numbers the places that stacks have, from 1, in order of first use. */
static uint32_t number_places(struct report_stacks *stacks, struct report_node **places)
{
	uint32_t count = 0, i;

	for (i = 1; i < stacks->count; i++) {
		struct report_node *place = stacks->items[stacks->order[i]].place;

		if (place->number == 0) {
			places[count++] = place;
			place->number = count;
		}
	}
	return count;
}

static int print_places(struct report_stacks *stacks, FILE *out)
{
	struct report_node **places =
		weft_report__zeroed(&stacks->graph.report->arena, stacks->graph.all_count,
				    sizeof(struct report_node *));
	bool has_names;
	uint32_t count, i;

	if (!places) {
		return -ENOMEM;
	}
	has_names = strcmp(stacks->graph.report->values.granularity, "filefunctions") == 0;
	count = number_places(stacks, places);
	(void)fputs(",\n\"names\":[", out);
	for (i = 0; i < count; i++) {
		const struct report_place *place = &places[i]->place;

		(void)fputs(i ? ",\n" : "", out);
		weft_report_json__string(out, has_names && *place->name ? place->name
									: places[i]->label);
	}
	(void)fputs("],\n\"files\":[", out);
	for (i = 0; i < count; i++) {
		(void)fputs(i ? ",\n" : "", out);
		weft_report_json__string(out, places[i]->place.file);
	}
	(void)fputs("]", out);
	return 0;
}

static int64_t get_depth(const struct report_stack *stack)
{
	return stack->depth;
}

static int64_t get_place(const struct report_stack *stack)
{
	return stack->place ? (int64_t)stack->place->number - 1 : -1;
}

static int64_t get_plus(const struct report_stack *stack)
{
	return stack->plus;
}

static int64_t get_minus(const struct report_stack *stack)
{
	return stack->minus;
}

static void print_column(const struct report_stacks *stacks, const char *name,
			 int64_t (*get)(const struct report_stack *stack), bool is_value, FILE *out)
{
	uint32_t i;

	(void)fprintf(out, ",\n\"%s\":[", name);
	for (i = 0; i < stacks->count; i++) {
		int64_t number = get(&stacks->items[stacks->order[i]]);

		if (is_value) {
			number = weft_report_view__ratio(stacks->graph.report, number);
		}
		(void)fprintf(out, "%s%" PRId64, i ? "," : "", number);
	}
	(void)fputc(']', out);
}

static void print_inlined(const struct report_stacks *stacks, FILE *out)
{
	const char *separator = "";
	uint32_t i;

	(void)fputs(",\n\"inlined\":[", out);
	for (i = 0; i < stacks->count; i++) {
		if (stacks->items[stacks->order[i]].is_inline) {
			(void)fprintf(out, "%s%" PRIu32, separator, i);
			separator = ",";
		}
	}
	(void)fputs("]}\n", out);
}

static bool has_minus(const struct report_stacks *stacks)
{
	uint32_t i;

	for (i = 0; i < stacks->count; i++) {
		if (stacks->items[i].minus != 0) {
			return true;
		}
	}
	return false;
}

int weft_report_write_flame(struct report *report, FILE *out, struct weft_error *err)
{
	struct report_stacks stacks;
	int ret;

	/* Files are for people to look at; functions of one name are not one box for them. */
	if (strcmp(report->values.granularity, "functions") == 0) {
		report->values.granularity = "filefunctions";
	}
	ret = weft_report_stacks__init(&stacks, report);
	if (ret == 0) {
		print_header(&stacks, out);
		ret = print_places(&stacks, out);
	}
	if (ret == 0) {
		print_column(&stacks, "depth", get_depth, false, out);
		print_column(&stacks, "place", get_place, false, out);
		print_column(&stacks, "self", get_plus, true, out);
		if (has_minus(&stacks)) {
			print_column(&stacks, "less", get_minus, true, out);
		}
		print_inlined(&stacks, out);
	}
	weft_report_stacks__fini(&stacks);
	return ret < 0 ? weft_report_view__no_memory(err) : 0;
}

/* ---- The page ---- */

void weft_report_html__text(FILE *out, const char *text)
{
	for (; *text; text++) {
		if (strchr("<>&\"", *text)) {
			(void)fprintf(out, "&#%d;", *text);
		} else {
			(void)fputc(*text, out);
		}
	}
}

void weft_report_html__head(FILE *out, const char *title, const char *more_title)
{
	(void)fputs("<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
		    "<meta name=\"viewport\" content=\"width=device-width\">\n"
		    "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
		    "style-src 'unsafe-inline'; script-src 'unsafe-inline'\">\n<title>",
		    out);
	weft_report_html__text(out, title);
	(void)fputc(' ', out);
	weft_report_html__text(out, more_title);
	(void)fputs("</title>\n<style>\n", out);
}

int weft_report_write_html(struct report *report, FILE *out, struct weft_error *err)
{
	int ret;

	weft_report_html__head(out, report->title, report->sample_type);
	(void)fwrite(weft_report_page_style, 1, weft_report_page_style_size, out);
	(void)fputs("</style>\n</head>\n<body>\n", out);
	(void)fwrite(weft_report_page_body, 1, weft_report_page_body_size, out);
	(void)fputs("<script type=\"application/json\" id=\"profile\">\n", out);
	ret = weft_report_write_flame(report, out, err);
	(void)fputs("</script>\n<script>\n", out);
	(void)fwrite(weft_report_page_script, 1, weft_report_page_script_size, out);
	(void)fputs("</script>\n</body>\n</html>\n", out);
	return ret;
}

const char *weft_report_page_get(const char *name, size_t *ret_size)
{
	const struct {
		const char *name;
		const unsigned char *bytes;
		size_t size;
	} files[] = {
		{"style.css", weft_report_page_style, weft_report_page_style_size},
		{"body.html", weft_report_page_body, weft_report_page_body_size},
		{"script.js", weft_report_page_script, weft_report_page_script_size},
	};
	size_t i;

	for (i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		if (strcmp(files[i].name, name) == 0) {
			*ret_size = files[i].size;
			return (const char *)files[i].bytes;
		}
	}
	return NULL;
}
