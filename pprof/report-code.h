// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Machine code of the functions that a report is asked about, with the values of its instructions.
 *
 *     weft_report_code__find ─▶ routines ─▶ weft_report_code__disassemble, one after the other
 *
 * Functions come from the symbol tables of the mappings' files, instructions from objdump, source lines
 * and inlined calls from the files' debug information. Of code without symbols the profile has the names
 * and lines, and the table for unwinders the bounds. Everything lives in the report's arena. Addresses are
 * the file's own.
 */
#ifndef WEFT_PPROF_REPORT_CODE_H
#define WEFT_PPROF_REPORT_CODE_H

#include "report-graph.h"

/* Where an instruction comes from. */
struct report_origin {
	const char *function, *file; /* "" unknown. */
	int64_t line;                /* 0 unknown. */
};

struct report_instruction {
	uint64_t address;
	const char *text;
	const struct report_origin *origins; /* Innermost inlined function first. */
	uint32_t origin_count;
	int64_t flat, cum;
};

/* A place with values inside a routine. */
struct report_hit {
	uint64_t address;
	const struct report_node *node;
	bool has_symbol; /* It lies in a function of a symbol table. */
};

struct report_routine {
	const char **names; /* For people; the best first. */
	uint32_t name_count;
	uint32_t mapping;
	uint64_t begin, end;
	const struct report_hit *hits; /* By address. */
	uint32_t hit_count;
	bool is_of_profile;                      /* The file has no symbol for it. */
	struct report_instruction *instructions; /* NULL: not disassembled yet. */
	uint32_t instruction_count;
};

/**
 * Finds the functions with samples that the report's argument matches, or, when it is a number, the one
 * at that address. Files that cannot be used are named to who listens for warnings.
 *
 * @param graph  With a node for each address: granularity "addresses" without inlined functions.
 * @param ret_routines  By name.
 * @return 0; -ENOENT: none, err says what was looked for; -ENOMEM.
 */
WEFT_MUST_CHECK int weft_report_code__find(struct report_graph *graph,
					   struct report_routine **ret_routines,
					   uint32_t *ret_count, struct weft_error *err);

/** 0; -ENOENT: there is no objdump; -EIO: it failed; -ENOMEM. */
WEFT_MUST_CHECK int weft_report_code__disassemble(struct report *report,
						  struct report_routine *routine,
						  struct weft_error *err);

#endif
