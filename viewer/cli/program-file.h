// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * What a command's program file says of whether a library can be preloaded into it.
 */
#ifndef WEFT_CLI_PROGRAM_FILE_H
#define WEFT_CLI_PROGRAM_FILE_H

#include <stdbool.h>

#include <weft/error.h>

#define WEFT_PROGRAM_LIBRARY_SIZE 64

struct weft_program_file {
	/** Name of the AddressSanitizer library that it is linked with, which has to come first; "": none. */
	char asan[WEFT_PROGRAM_LIBRARY_SIZE];
};

/**
 * Looks at what `command` would run: found by PATH, through "#!" lines.
 *
 * A command that cannot be found or read is no error: running it will say what is wrong.
 *
 * @return 0; -ENOTSUP: it cannot be preloaded into, err says why and what to do.
 */
WEFT_MUST_CHECK int weft_program_file_examine(const char *command,
					      struct weft_program_file *ret_program,
					      struct weft_error *err);

#endif
