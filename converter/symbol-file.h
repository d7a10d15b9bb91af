// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * One ELF file and its debug information: address in the file → function, file, line.
 *
 * Uses elfutils. Opened lazily by the symbolizer, shared by all processes that map the file. A file
 * that cannot be opened, is damaged or has another build id than the process had answers nothing.
 *
 * Threads: one thread at a time per file.
 */
#ifndef WEFT_CONVERTER_SYMBOL_FILE_H
#define WEFT_CONVERTER_SYMBOL_FILE_H

#include <stdbool.h>
#include <stdint.h>

#define WEFT_SYMBOL_NAME_SIZE 1024
#define WEFT_SYMBOL_PATH_SIZE 1024

struct weft_symbol {
	char function[WEFT_SYMBOL_NAME_SIZE];
	char file[WEFT_SYMBOL_PATH_SIZE]; /* "" unknown. */
	uint32_t line;                    /* 0 unknown. */
};

struct weft_symbol_file;

/**
 * @param build_id  Lower-case hex the file must have, "" to accept any.
 * @return NULL: out of memory, unreadable, not ELF, or another build id.
 */
struct weft_symbol_file *weft_symbol_file_open(const char *path, const char *build_id);
void weft_symbol_file_close(struct weft_symbol_file *file);

/** Looks up a virtual address of the file. Returns false when nothing is known about it. */
bool weft_symbol_file_find(struct weft_symbol_file *file, uint64_t address,
			   struct weft_symbol *ret_symbol);

#endif
