// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * The report "weblist": a page with source lines of functions, each with the instructions made of it.
 *
 * An instruction belongs to the line of the function itself, also when it comes from a function that was
 * inlined there: where from is told beside it.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "report-code.h"
#include "report-header.h"
#include "report-html.h"
#include "report-page.h"
#include "report-source.h"

/* Lines shown before the first and after the last that has instructions. */
#define MARGIN 5
/* Lines between two with instructions that are still shown. */
#define GAP_MAX 20

/* One function on the page. */
struct listing {
	struct report *report;
	const struct report_routine *routine;
	struct report_source source; /* Without lines when it could not be read. */
	const char *file;            /* Of the function itself. */
	FILE *out;
};

/* Where the function itself is at an instruction; NULL: unknown. */
static const struct report_origin *outermost(const struct report_instruction *instruction)
{
	return instruction->origin_count ? &instruction->origins[instruction->origin_count - 1]
					 : NULL;
}

static int64_t line_of(const struct listing *listing, const struct report_instruction *instruction)
{
	const struct report_origin *origin = outermost(instruction);

	return origin && strcmp(origin->file, listing->file) == 0 ? origin->line : 0;
}

static void print_values(const struct listing *listing, int64_t flat, int64_t cum)
{
	char flat_text[WEFT_REPORT_TEXT_SIZE], cum_text[WEFT_REPORT_TEXT_SIZE];

	(void)fprintf(listing->out, "<span>");
	weft_report_html__text(listing->out,
			       weft_report_view__format_or_dot(listing->report, flat_text, flat));
	(void)fprintf(listing->out, "</span><span>");
	weft_report_html__text(listing->out,
			       weft_report_view__format_or_dot(listing->report, cum_text, cum));
	(void)fprintf(listing->out, "</span>");
}

static void print_origins(const struct listing *listing,
			  const struct report_instruction *instruction)
{
	uint32_t i;

	(void)fprintf(listing->out, "<span class=\"place\">");
	/* The last is the line that this stands under. */
	for (i = 0; i + 1 < instruction->origin_count; i++) {
		const struct report_origin *origin = &instruction->origins[i];

		weft_report_html__text(listing->out, i ? " \u2190 " : "");
		weft_report_html__text(listing->out, origin->function);
		(void)fprintf(listing->out, " ");
		weft_report_html__text(listing->out, weft_report_view__base_name(origin->file));
		(void)fprintf(listing->out, ":%" PRId64, origin->line);
	}
	(void)fprintf(listing->out, "</span>");
}

static void print_instruction(const struct listing *listing,
			      const struct report_instruction *instruction)
{
	(void)fprintf(listing->out, "<div class=\"row%s\">", instruction->flat ? " hot" : "");
	print_values(listing, instruction->flat, instruction->cum);
	(void)fprintf(listing->out,
		      "<span class=\"address\">%" PRIx64 "</span><span class=\"text\">",
		      instruction->address);
	weft_report_html__text(listing->out, instruction->text);
	(void)fprintf(listing->out, "</span>");
	print_origins(listing, instruction);
	(void)fprintf(listing->out, "</div>\n");
}

static uint32_t sum_line(const struct listing *listing, int64_t line, int64_t *ret_flat,
			 int64_t *ret_cum)
{
	uint32_t count = 0, i;

	*ret_flat = *ret_cum = 0;
	for (i = 0; i < listing->routine->instruction_count; i++) {
		const struct report_instruction *instruction = &listing->routine->instructions[i];

		if (line_of(listing, instruction) == line) {
			*ret_flat = weft_report_unit__add(*ret_flat, instruction->flat);
			*ret_cum = weft_report_unit__add(*ret_cum, instruction->cum);
			count++;
		}
	}
	return count;
}

static void print_line(const struct listing *listing, int64_t line)
{
	const struct report_routine *routine = listing->routine;
	int64_t flat, cum;
	uint32_t count = sum_line(listing, line, &flat, &cum), i;
	const char *class = flat || cum ? " hot" : "";

	if (count) {
		(void)fprintf(listing->out, "<details><summary class=\"row%s\">", class);
	} else {
		(void)fprintf(listing->out, "<div class=\"row%s\">", class);
	}
	print_values(listing, flat, cum);
	if (line) {
		(void)fprintf(listing->out, "<span class=\"number\">%" PRId64 "</span>", line);
	}
	if (line > 0 && line <= listing->source.line_count) {
		weft_report_html__text(listing->out, listing->source.lines[line - 1]);
	} else {
		weft_report_html__text(listing->out, line ? "" : "(without a source line)");
	}
	(void)fprintf(listing->out, count ? "</summary>\n" : "</div>\n");
	for (i = 0; count && i < routine->instruction_count; i++) {
		if (line_of(listing, &routine->instructions[i]) == line) {
			print_instruction(listing, &routine->instructions[i]);
		}
	}
	if (count) {
		(void)fprintf(listing->out, "</details>\n");
	}
}

/* The first line with instructions that is `line` or behind it; INT64_MAX: none. */
static int64_t next_line(const struct listing *listing, int64_t line)
{
	int64_t found = INT64_MAX;
	uint32_t i;

	for (i = 0; i < listing->routine->instruction_count; i++) {
		int64_t other = line_of(listing, &listing->routine->instructions[i]);

		if (other >= line && other < found) {
			found = other;
		}
	}
	return found;
}

static void print_lines(const struct listing *listing)
{
	int64_t next = next_line(listing, 1), shown = 0, line;

	if (next_line(listing, 0) == 0) {
		print_line(listing, 0);
	}
	for (; next != INT64_MAX; next = next_line(listing, shown + 1)) {
		int64_t first = next > MARGIN ? next - MARGIN : 1;

		if (shown && next - shown <= GAP_MAX) {
			first = shown + 1;
		} else if (shown) {
			int64_t end = shown + MARGIN;

			for (line = shown + 1; line <= end && line <= listing->source.line_count;
			     line++) {
				print_line(listing, line);
			}
			first = first > end ? first : end + 1;
			(void)fprintf(listing->out, "<div class=\"row dim\">\u22ee</div>\n");
		}
		for (line = first; line <= next; line++) {
			print_line(listing, line);
		}
		shown = next;
	}
	for (line = shown + 1;
	     shown && line <= shown + MARGIN && line <= listing->source.line_count; line++) {
		print_line(listing, line);
	}
}

static void print_head(const struct listing *listing)
{
	const struct report *report = listing->report;
	const struct report_routine *routine = listing->routine;
	char flat_text[WEFT_REPORT_TEXT_SIZE], cum_text[WEFT_REPORT_TEXT_SIZE];
	char percent[WEFT_REPORT_TEXT_SIZE];
	int64_t flat = 0, cum = 0;
	uint32_t i;

	for (i = 0; i < routine->hit_count; i++) {
		flat = weft_report_unit__add(flat, routine->hits[i].node->flat);
		cum = weft_report_unit__add(cum, routine->hits[i].node->cum);
	}
	(void)fprintf(listing->out, "<h2>");
	weft_report_html__text(listing->out, routine->names[0]);
	(void)fprintf(listing->out, "</h2>\n<div class=\"dim\">");
	weft_report_html__text(listing->out, listing->file);
	(void)fprintf(listing->out, "<br>%s flat, %s cum, %s of the total</div>\n",
		      weft_report_view__format(report, flat_text, flat),
		      weft_report_view__format(report, cum_text, cum),
		      weft_report_unit__percent_trimmed(percent, cum, report->total));
}

static int print_routine(struct report *report, struct report_routine *routine, FILE *out,
			 struct weft_error *err)
{
	struct listing listing = {.report = report, .routine = routine, .file = "", .out = out};
	struct weft_error why = WEFT_ERROR_INIT;
	uint32_t i;
	int ret = weft_report_code__disassemble(report, routine, err);

	if (ret < 0) {
		return ret;
	}
	for (i = 0; i < routine->instruction_count && *listing.file == '\0'; i++) {
		const struct report_origin *origin = outermost(&routine->instructions[i]);

		listing.file = origin ? origin->file : "";
	}
	ret = *listing.file
		      ? weft_report_source__open(listing.file, report->values.trim_path,
						 report->values.source_path, &listing.source, &why)
		      : 0;
	print_head(&listing);
	if (ret < 0) {
		(void)fprintf(out, "<div class=\"dim\">");
		weft_report_html__text(out, why.text);
		(void)fprintf(out, "</div>\n");
	}
	(void)fprintf(out, "<div class=\"code\">\n");
	print_lines(&listing);
	(void)fprintf(out, "</div>\n");
	weft_report_source__close(&listing.source);
	return 0;
}

static void print_header_line(void *ctx, const char *text)
{
	weft_report_html__text(ctx, text);
	(void)fputc('\n', ctx);
}

static void print_page_head(const struct report *report, FILE *out)
{
	struct report_lines lines = {.add = print_header_line, .ctx = out};
	char total[WEFT_REPORT_TEXT_SIZE];

	weft_report_html__head(out, report->title, report->request->argument);
	(void)fwrite(weft_report_page_list, 1, weft_report_page_list_size, out);
	(void)fprintf(out, "</style>\n</head>\n<body>\n<h1>");
	weft_report_html__text(out, report->title);
	(void)fprintf(out, "</h1>\n<pre>");
	weft_report_header__profile(report, &lines);
	weft_report_header__filters(report, &lines);
	(void)fprintf(
		out,
		"Total: %s\n</pre>\n<p class=\"dim\">A line with + opens the instructions made "
		"of it; beside them, what was inlined there.</p>\n",
		weft_report_view__format(report, total, report->total));
}

int weft_report_write_weblist(struct report *report, FILE *out, struct weft_error *err)
{
	struct report_routine *routines = NULL;
	struct report_graph graph;
	uint32_t count = 0, i;
	int ret = weft_report_graph__init(&graph, report);

	ret = ret < 0 ? weft_report_view__no_memory(err)
		      : weft_report_code__find(&graph, &routines, &count, err);
	if (ret == 0) {
		print_page_head(report, out);
	}
	for (i = 0; ret == 0 && i < count; i++) {
		ret = print_routine(report, &routines[i], out, err);
	}
	if (ret == 0) {
		(void)fputs("</body>\n</html>\n", out);
	}
	weft_report_graph__fini(&graph);
	return ret;
}
