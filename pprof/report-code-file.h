// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * The files of mappings, for report-code.c and report-instruction.c.
 */
#ifndef WEFT_PPROF_REPORT_CODE_FILE_H
#define WEFT_PPROF_REPORT_CODE_FILE_H

#include <weft/pprof.h>
#include <weft/symbol-file.h>

/** As weft_symbol_file_open(), whose build id must be the mapping's. */
WEFT_MUST_CHECK int weft_report_code_file__open(const struct weft_pprof_mapping *mapping,
						struct weft_symbol_file **ret_file,
						struct weft_error *err);

/** Turns an address of the process into one of the file. @return Whether the mapping has it. */
bool weft_report_code_file__find_address(const struct weft_symbol_file *file,
					 const struct weft_pprof_mapping *mapping,
					 uint64_t *address);

#endif
