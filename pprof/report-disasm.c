// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * The report "disasm": instructions of functions with their values.
 */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "report-code.h"

/* Longer instructions have their place on a line of its own. */
#define TEXT_LEN_MAX 40

static void sum_hits(const struct report_routine *routine, int64_t *ret_flat, int64_t *ret_cum)
{
	uint32_t i;

	*ret_flat = *ret_cum = 0;
	for (i = 0; i < routine->hit_count; i++) {
		*ret_flat = weft_report_unit__add(*ret_flat, routine->hits[i].node->flat);
		*ret_cum = weft_report_unit__add(*ret_cum, routine->hits[i].node->cum);
	}
}

static void print_routine_head(const struct report *report, const struct report_routine *routine,
			       FILE *out)
{
	char flat_text[WEFT_REPORT_TEXT_SIZE], cum_text[WEFT_REPORT_TEXT_SIZE];
	char percent[WEFT_REPORT_TEXT_SIZE];
	int64_t flat, cum;
	uint32_t i;

	(void)fprintf(out, "ROUTINE ======================== %s\n", routine->names[0]);
	for (i = 1; i < routine->name_count; i++) {
		(void)fprintf(out, "    AKA ======================== %s\n", routine->names[i]);
	}
	sum_hits(routine, &flat, &cum);
	(void)fprintf(out, "%10s %10s (flat, cum) %s of Total\n",
		      weft_report_view__format(report, flat_text, flat),
		      weft_report_view__format(report, cum_text, cum),
		      weft_report_unit__percent(percent, cum, report->total));
}

/*
 * "function file:line" when it is another than before; "". NULL: out of memory. `is_sparse`: only
 * instructions with samples have one.
 */
static const char *describe(struct report *report, const struct report_instruction *instruction,
			    bool is_sparse, struct report_origin *before)
{
	static const struct report_origin unknown = {.function = "", .file = ""};
	const struct report_origin *origin =
		instruction->origin_count ? &instruction->origins[0] : &unknown;

	if (is_sparse && instruction->origin_count == 0) {
		return "";
	}
	if (strcmp(origin->function, before->function) == 0 &&
	    strcmp(origin->file, before->file) == 0 && origin->line == before->line) {
		return "";
	}
	*before = *origin;
	if (origin->line == 0) {
		return weft_report__format(&report->arena, "%s %s", origin->function, origin->file);
	}
	return weft_report__format(&report->arena, "%s %s:%" PRId64, origin->function, origin->file,
				   origin->line);
}

static int print_instructions(struct report *report, const struct report_routine *routine,
			      FILE *out)
{
	char flat[WEFT_REPORT_TEXT_SIZE], cum[WEFT_REPORT_TEXT_SIZE];
	struct report_origin before = {.function = "", .file = ""};
	uint32_t i;

	for (i = 0; i < routine->instruction_count; i++) {
		const struct report_instruction *instruction = &routine->instructions[i];
		const char *place = describe(report, instruction, routine->is_of_profile, &before);
		bool is_short = strlen(instruction->text) < TEXT_LEN_MAX;

		if (!place) {
			return -ENOMEM;
		}
		if (*place && !is_short) {
			(void)fprintf(out, "%74s;%s\n", "", place);
		}
		(void)fprintf(out, "%10s %10s %10" PRIx64 ": ",
			      weft_report_view__format_or_dot(report, flat, instruction->flat),
			      weft_report_view__format_or_dot(report, cum, instruction->cum),
			      instruction->address);
		if (*place && is_short) {
			(void)fprintf(out, "%-40s;%s\n", instruction->text, place);
		} else {
			(void)fprintf(out, "%s\n", instruction->text);
		}
	}
	return 0;
}

int weft_report_write_disasm(struct report *report, FILE *out, struct weft_error *err)
{
	char total[WEFT_REPORT_TEXT_SIZE];
	struct report_routine *routines = NULL;
	struct report_graph graph;
	uint32_t count = 0, i;
	int ret = weft_report_graph__init(&graph, report);

	ret = ret < 0 ? weft_report_view__no_memory(err)
		      : weft_report_code__find(&graph, &routines, &count, err);
	if (ret == 0) {
		(void)fprintf(out, "Total: %s\n",
			      weft_report_view__format(report, total, report->total));
	}
	for (i = 0; ret == 0 && i < count; i++) {
		ret = weft_report_code__disassemble(report, &routines[i], err);
		if (ret == 0) {
			print_routine_head(report, &routines[i], out);
			ret = print_instructions(report, &routines[i], out);
			ret = ret < 0 ? weft_report_view__no_memory(err) : 0;
		}
	}
	weft_report_graph__fini(&graph);
	return ret;
}
