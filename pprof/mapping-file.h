// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Which file a mapping of a profile is of: in the process, if it lives, or here. Called by symbolize.c.
 */
#ifndef WEFT_PPROF_MAPPING_FILE_H
#define WEFT_PPROF_MAPPING_FILE_H

#include <stdbool.h>

#include <weft/pprof.h>
#include <weft/symbol-file.h>
#include <weft/symbolize.h>

/* Whether there may be a file: not for "[heap]", "//anon", devices and the like. */
bool weft_mapping_file_is_named(const struct weft_pprof_mapping *mapping);

/*
 * Opens it. 0; -ESTALE: what there is has another build id, err says which; -ENOENT and others: err says
 * what was tried last.
 */
int weft_mapping_file_open(const struct weft_pprof_mapping *mapping,
			   const struct weft_symbolize_options *options,
			   struct weft_symbol_file **ret_file, struct weft_error *err);

#endif
