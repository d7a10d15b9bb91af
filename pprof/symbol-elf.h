// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * ELF files by descriptor: opened, told apart by build id, and found when their debug information lies
 * elsewhere. Called by symbol-file.c.
 */
#ifndef WEFT_PPROF_SYMBOL_ELF_H
#define WEFT_PPROF_SYMBOL_ELF_H

#include <gelf.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <weft/error.h>

/* A build id is a hash of 16 or 20 bytes; longer ones than this are damage. */
#define WEFT_SYMBOL_BUILD_ID_MAX 64

struct weft_symbol_elf {
	int fd; /* Owned; -1: nothing is open. */
	Elf *elf;
	char build_id[2 * WEFT_SYMBOL_BUILD_ID_MAX + 1]; /* Lower-case hex; "": none. */
};

#define WEFT_SYMBOL_ELF_INIT                                                                       \
	{                                                                                          \
		-1, NULL,                                                                          \
		{                                                                                  \
			0                                                                          \
		}                                                                                  \
	}

/*
 * Opens the file `path` below `root` (NULL: /), whose links stay below it where the kernel can.
 * Returns the descriptor, or a negative errno; -EINVAL: it is no regular file.
 */
int weft_symbol_elf_open_path(const char *root, const char *path);

/* Takes the descriptor in any case. 0; -ENOEXEC: not ELF; -ENOMEM. */
int weft_symbol_elf_init(struct weft_symbol_elf *elf, int fd);
void weft_symbol_elf_fini(struct weft_symbol_elf *elf);

/* The section of that name, NULL: there is none. */
Elf_Scn *weft_symbol_elf_find_section(Elf *elf, const char *name, GElf_Shdr *ret_header);
/* Whether there is anything for libdw to read. */
bool weft_symbol_elf_has_dwarf(Elf *elf);

/* Where to look, and what for. */
struct weft_symbol_search {
	const struct weft_symbol_elf *main;
	const char *path; /* Of main. */
	const char *root; /* NULL: /. */
	bool debuginfod;
};

/* Opens the separate debug file. 0; -ENOENT: there is none that fits. */
int weft_symbol_elf_find_debug(const struct weft_symbol_search *search,
			       struct weft_symbol_elf *ret_debug);

#endif
