// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Instructions of a function, by objdump, and where they come from. See report-code.h.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "report-child.h"
#include "report-code-file.h"
#include "report-code.h"

/* Functions are kilobytes; what a damaged symbol table calls one may be gigabytes. */
#define CODE_SIZE_MAX ((uint64_t)16 << 20)

int weft_report_code_file__open(const struct weft_pprof_mapping *mapping,
				struct weft_symbol_file **ret_file, struct weft_error *err)
{
	const struct weft_symbol_file_options options = {
		.path = mapping->file, .fd = -1, .build_id = mapping->build_id};

	if (*mapping->file == '\0') {
		return weft_error_set(err, -ENOENT, "the profile does not name the file");
	}
	return weft_symbol_file_open(&options, ret_file, err);
}

bool weft_report_code_file__find_address(const struct weft_symbol_file *file,
					 const struct weft_pprof_mapping *mapping,
					 uint64_t *address)
{
	/* One that covers everything was made by a reader that knew nothing of the process. */
	if (mapping->start == 0 && mapping->offset == 0 &&
	    (mapping->limit == 0 || mapping->limit >= UINT64_C(1) << 47)) {
		return true;
	}
	return *address >= mapping->start && *address < mapping->limit &&
	       weft_symbol_file_find_address(file, *address - mapping->start + mapping->offset,
					     address);
}

/* ---- objdump's text ---- */

static int add_instruction(struct report *report, struct report_routine *routine, size_t *capacity,
			   const struct report_instruction *instruction)
{
	size_t wanted = routine->instruction_count + 1U;

	if (wanted > *capacity) {
		struct report_instruction *larger =
			weft_report__zeroed(&report->arena, 2 * wanted, sizeof(*larger));

		if (!larger) {
			return -ENOMEM;
		}
		if (routine->instruction_count) {
			memcpy(larger, routine->instructions,
			       routine->instruction_count * sizeof(*larger));
		}
		routine->instructions = larger;
		*capacity = 2 * wanted;
	}
	routine->instructions[routine->instruction_count++] = *instruction;
	return 0;
}

/* "  401136:\tpush   %rbp\n" is an instruction; what else there is, is not. */
static int take_line(struct report *report, struct report_routine *routine, size_t *capacity,
		     char *line)
{
	struct report_instruction instruction = {.address = 0};
	char *end, *text;

	line[strcspn(line, "\n")] = '\0';
	instruction.address = strtoull(line, &end, 16);
	if (end == line || *end != ':' || end[1] != '\t' || instruction.address < routine->begin ||
	    instruction.address >= routine->end) {
		return 0;
	}
	for (text = end + 2; *text; text++) {
		if (*text == '\t') {
			*text = ' ';
		}
	}
	while (text > end + 2 && text[-1] == ' ') {
		*--text = '\0';
	}
	instruction.text = weft_report__string(&report->arena, end + 2, strlen(end + 2));
	return instruction.text ? add_instruction(report, routine, capacity, &instruction)
				: -ENOMEM;
}

static int read_instructions(struct report *report, struct report_routine *routine, FILE *text)
{
	size_t capacity = 0, size = 0;
	char *line = NULL;
	int ret = 0;

	rewind(text);
	while (ret == 0 && getline(&line, &size, text) >= 0) {
		ret = take_line(report, routine, &capacity, line);
	}
	free(line);
	return ret;
}

static int run_objdump(const struct report *report, const struct report_routine *routine,
		       FILE *text, struct weft_error *err)
{
	const char *file = report->mappings[routine->mapping].file;
	char start[64], stop[64];
	const char *const argv[] = {"objdump",
				    "--disassemble",
				    "--demangle",
				    "--no-show-raw-insn",
				    "--wide",
				    "-M",
				    report->values.intel_syntax ? "intel" : "att",
				    start,
				    stop,
				    "--",
				    file,
				    NULL};
	int ret;

	(void)snprintf(start, sizeof(start), "--start-address=0x%" PRIx64, routine->begin);
	(void)snprintf(stop, sizeof(stop), "--stop-address=0x%" PRIx64, routine->end);
	ret = weft_report_child__run(argv, NULL, text, 0, err);
	if (ret == -ENOENT) {
		return weft_error_set(err, ret,
				      "disassemble: there is no program 'objdump': install "
				      "binutils");
	}
	if (ret < 0) {
		weft_error_prepend(err, "disassemble %s", routine->names[0]);
	}
	return ret;
}

/* ---- Where they come from ---- */

struct origin_work {
	struct report *report;
	struct report_routine *routine;
};

/* A weft_symbol_fn. */
static int take_origin(void *ctx, const struct weft_symbol *symbol)
{
	struct origin_work *work = ctx;
	struct weft_arena *arena = &work->report->arena;
	struct report_origin *origins =
		weft_report__zeroed(arena, symbol->frame_count, sizeof(*origins));
	size_t i;

	for (i = 0; origins && i < symbol->frame_count; i++) {
		const struct weft_symbol_frame *frame = &symbol->frames[i];

		origins[i].function =
			weft_report__string(arena, frame->function, strlen(frame->function));
		origins[i].file = weft_report__string(arena, frame->file, strlen(frame->file));
		origins[i].line = frame->line;
		if (!origins[i].function || !origins[i].file) {
			return -ENOMEM;
		}
	}
	work->routine->instructions[symbol->index].origins = origins;
	work->routine->instructions[symbol->index].origin_count =
		origins ? (uint32_t)symbol->frame_count : 0;
	return origins ? 0 : -ENOMEM;
}

static int find_origins(struct report *report, struct report_routine *routine)
{
	struct origin_work work = {.report = report, .routine = routine};
	uint64_t *addresses =
		weft_report__zeroed(&report->arena, routine->instruction_count, sizeof(*addresses));
	struct weft_symbol_file *file = NULL;
	uint32_t i;
	int ret;

	if (!addresses) {
		return -ENOMEM;
	}
	for (i = 0; i < routine->instruction_count; i++) {
		addresses[i] = routine->instructions[i].address;
	}
	ret = weft_report_code_file__open(&report->mappings[routine->mapping], &file, NULL);
	if (ret < 0) {
		return ret == -ENOMEM ? ret : 0; /* Gone since it was found: without lines, then. */
	}
	ret = weft_symbol_file_find_all(file, addresses, routine->instruction_count, take_origin,
					&work);
	weft_symbol_file_close(file);
	return ret;
}

/* Of code without symbols: what the profile says about an instruction. */
static int add_place(struct report *report, struct report_instruction *instruction,
		     const struct report_place *place)
{
	struct report_origin *origin = weft_report__zeroed(&report->arena, 1, sizeof(*origin));

	if (!origin) {
		return -ENOMEM;
	}
	*origin = (struct report_origin){
		.function = place->name, .file = place->file, .line = place->line};
	instruction->origins = origin;
	instruction->origin_count = 1;
	return 0;
}

/* A value belongs to the instruction that its address is in: of a caller that is the call. */
static int add_values(struct report *report, struct report_routine *routine)
{
	uint32_t at = 0, i;
	int ret = 0;

	for (i = 0; ret == 0 && i < routine->hit_count; i++) {
		const struct report_hit *hit = &routine->hits[i];
		struct report_instruction *instruction;

		while (at + 1 < routine->instruction_count &&
		       routine->instructions[at + 1].address <= hit->address) {
			at++;
		}
		instruction = &routine->instructions[at];
		instruction->flat = weft_report_unit__add(instruction->flat, hit->node->flat);
		instruction->cum = weft_report_unit__add(instruction->cum, hit->node->cum);
		if (routine->is_of_profile) {
			ret = add_place(report, instruction, &hit->node->place);
		}
	}
	return ret;
}

int weft_report_code__disassemble(struct report *report, struct report_routine *routine,
				  struct weft_error *err)
{
	FILE *text;
	int ret;

	if (routine->end - routine->begin > CODE_SIZE_MAX) {
		return weft_error_set(err, -E2BIG, "disassemble %s: too large: bytes=%" PRIu64,
				      routine->names[0], routine->end - routine->begin);
	}
	text = tmpfile();
	if (!text) {
		return weft_error_set_errno(err, -errno, "disassemble: make a temporary file");
	}
	ret = run_objdump(report, routine, text, err);
	if (ret == 0) {
		ret = read_instructions(report, routine, text);
		if (ret == 0 && routine->instruction_count) {
			ret = routine->is_of_profile ? 0 : find_origins(report, routine);
			ret = ret < 0 ? ret : add_values(report, routine);
		}
		ret = ret < 0 ? weft_report_view__no_memory(err) : 0;
	}
	(void)fclose(text); /* Nobody needs it any more. */
	return ret;
}
