// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/**
 * One ELF file and all that is known of its code: address in the file → functions, files, lines.
 *
 *     weft_symbol_file_open(&(struct weft_symbol_file_options){.path = "/usr/bin/x"}, &file, &err);
 *     weft_symbol_file_find_all(file, addresses, count, take_frames, ctx);
 *     weft_symbol_file_close(file);
 *
 * Answers come from the best of: DWARF, of the file or of its separate debug file; the symbol table
 * of either; the dynamic symbols with the compressed table in .gnu_debugdata; the procedure linkage
 * table (names end in "@plt"; x86-64 only). DWARF gives the whole chain of inlined functions.
 *
 * Separate debug files are looked for below /usr/lib/debug by build id, then by .gnu_debuglink beside
 * the file, in .debug beside it, and below /usr/lib/debug; one with another build id (or, without
 * build ids, another checksum) is not used. Nothing comes from a network unless asked for.
 *
 * A file may hold anything: damage costs answers, nothing worse. Compile units are read one at a time
 * and given back, so memory does not grow with the file.
 *
 * "Address" is always as in the file's own program headers, not where a process had it.
 *
 * Threads: one at a time per file. Signals: not safe.
 */
#ifndef WEFT_SYMBOL_FILE_H
#define WEFT_SYMBOL_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <weft/error.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Longest name that is made readable, in bytes; longer ones stay as they are. */
#define WEFT_SYMBOL_DEMANGLE_MAX 8192U
/** Most frames of one address. */
#define WEFT_SYMBOL_DEPTH_MAX 128U

/** A function at an address. Texts are good until the function they were given to returns. */
struct weft_symbol_frame {
	const char *function;    /**< Readable, without parameters; never "". */
	const char *system_name; /**< As the linker knows it; never "". */
	const char *file;        /**< Source file of the line, "" unknown. */
	const char *home;        /**< Source file that defines the function, "" unknown. */
	uint32_t line;           /**< 0 unknown. */
	uint32_t column;         /**< 0 unknown. */
	uint32_t start_line;     /**< Of the function, in `file`; 0 unknown. */
};

/** What is known of one address. */
struct weft_symbol {
	size_t index; /**< Of the address in the array that was asked. */
	const struct weft_symbol_frame
		*frames;    /**< Innermost first; the last has the machine code. */
	size_t frame_count; /**< 1 to WEFT_SYMBOL_DEPTH_MAX. */
	uint64_t entry;     /**< Where the last one begins; 0 unknown. */
	bool has_inlines;   /**< DWARF said it: the chain is complete. */
};

struct weft_symbol_file;

struct weft_symbol_file_options {
	const char *path; /**< Of the file. */
	/**
	 * A file that is open already, else -1 or 0; stays the caller's. `path` then only says where
	 * to look for debug files.
	 */
	int fd;
	const char *build_id; /**< Lower-case hex that it must have; NULL or "": any. */
	const char *root;     /**< Folder that `path` is below of, e.g. "/proc/7/root"; NULL: /. */
	bool debuginfod;      /**< Ask the servers in DEBUGINFOD_URLS for what is not here. */
	uint64_t deadline_ns; /**< CLOCK_MONOTONIC when to stop answering; 0: never. */
};

/**
 * Opens a file. Its debug information is read when it is first needed.
 *
 * @return 0; -ESTALE: it has another build id, err names both; -ENOEXEC: not an ELF file; -EINVAL: not a
 *         regular file; -ENOMEM; what open() said.
 */
WEFT_MUST_CHECK int weft_symbol_file_open(const struct weft_symbol_file_options *options,
					  struct weft_symbol_file **ret_file,
					  struct weft_error *err);
/** NULL is fine. */
void weft_symbol_file_close(struct weft_symbol_file *file);

/** Takes what is known of one address. @return 0; else the search ends with it. */
typedef int (*weft_symbol_fn)(void *ctx, const struct weft_symbol *symbol);

/**
 * Looks addresses up, a compile unit at a time.
 *
 * @param addresses  Ascending; may repeat.
 * @param take       Called at most once an address, in no order; never for one of which nothing is
 *                   known.
 * @return 0; -ETIME: the deadline has passed, `take` has what was found before; -ENOMEM, the same;
 *         -EINVAL: not ascending; what `take` returned.
 *
 * Cost: a unit's debugging entries are walked once, whatever the number of addresses in it.
 */
WEFT_MUST_CHECK int weft_symbol_file_find_all(struct weft_symbol_file *file,
					      const uint64_t *addresses, size_t count,
					      weft_symbol_fn take, void *ctx);

/** Takes a function: its code lies from `begin` to before `end`. @return 0; else the walk ends with it. */
typedef int (*weft_symbol_function_fn)(void *ctx, const char *system_name, uint64_t begin,
				       uint64_t end);

/**
 * Walks over the functions of the symbol tables, also of a separate debug file, by address. Functions
 * at the same address come one after the other, the best name last; entries of the procedure linkage
 * table do not come.
 *
 * @return 0; -ENOMEM; what `take` returned.
 */
WEFT_MUST_CHECK int weft_symbol_file_list_functions(struct weft_symbol_file *file,
						    weft_symbol_function_fn take, void *ctx);

/**
 * Turns an offset in the file into an address, as its program headers say.
 *
 * @return Whether a loaded segment covers the offset.
 */
bool weft_symbol_file_find_address(const struct weft_symbol_file *file, uint64_t offset,
				   uint64_t *ret_address);

/**
 * Where the function around an address begins and ends, from the table for unwinders: files have it whose
 * symbols were stripped.
 *
 * @param ret_end  Of the function, or of the padding behind it.
 * @return Whether it is known.
 */
bool weft_symbol_file_find_bounds(const struct weft_symbol_file *file, uint64_t address,
				  uint64_t *ret_begin, uint64_t *ret_end);

/** Its build id in lower-case hex; "": none. Good until it is closed. */
const char *weft_symbol_file_get_build_id(const struct weft_symbol_file *file);

/**
 * A function's name for people: C++ and Rust names made readable, without parameters and return type.
 *
 * @return To be freed; NULL: it is no such name, or out of memory.
 */
char *weft_symbol_demangle(const char *name);
/** As above, with parameters and return type where a C++ name has them. */
char *weft_symbol_demangle_full(const char *name);

#ifdef __cplusplus
}
#endif

#endif
