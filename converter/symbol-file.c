// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * One ELF file and its debug information. See symbol-file.h.
 *
 * The functions of <weft/trace.h> are always inlined, so an address inside one of them stands for a
 * call that the user wrote further out: the chain of inlined functions is climbed until it leaves
 * that header, and the position is where the last of them was called.
 */
#include "symbol-file.h"

#include <dwarf.h>
#include <elfutils/libdw.h>
#include <elfutils/libdwfl.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Addresses that one compile unit covers, as in its own file. */
struct unit_range {
	uint64_t begin, end;
	Dwarf_Die *cu; /* Owned by libdwfl. */
};

struct weft_symbol_file {
	Dwfl *dwfl;
	Dwfl_Module *module;
	struct unit_range *ranges; /* By begin; NULL until the first address that needs them. */
	size_t range_count;
	uint64_t bias; /* Of the ranges. */
	bool ranges_read;
};

/* More ranges than any program has: beyond, a file is damage. */
#define RANGE_COUNT_MAX 4000000U

/* From the C++ run-time library; declared here because it has no C header. */
char *__cxa_demangle(const char *mangled, char *storage, size_t *size, /* NOLINT: not our name. */
		     int *status);

static const Dwfl_Callbacks callbacks = {
	.find_elf = dwfl_build_id_find_elf,
	.find_debuginfo = dwfl_standard_find_debuginfo,
	.section_address = dwfl_offline_section_address,
};

static bool has_build_id(Dwfl_Module *module, const char *build_id)
{
	const unsigned char *bits;
	GElf_Addr address;
	int size = dwfl_module_build_id(module, &bits, &address);
	char digits[3];
	int i;

	if (!build_id[0]) {
		return true;
	}
	if (size <= 0 || strlen(build_id) != (size_t)size * 2) {
		return false;
	}
	for (i = 0; i < size; i++) {
		(void)snprintf(digits, sizeof(digits), "%02x", bits[i]);
		if (memcmp(digits, build_id + (size_t)i * 2, 2) != 0) {
			return false;
		}
	}
	return true;
}

struct weft_symbol_file *weft_symbol_file_open(const char *path, const char *build_id)
{
	struct weft_symbol_file *file = (struct weft_symbol_file *)calloc(1, sizeof(*file));
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	if (!file || fd < 0) {
		goto out;
	}
	file->dwfl = dwfl_begin(&callbacks);
	if (!file->dwfl) {
		goto out;
	}
	dwfl_report_begin(file->dwfl);
	file->module = dwfl_report_elf(file->dwfl, path, path, fd, 0, true);
	if (file->module) {
		fd = -1; /* libdwfl's now. */
	}
	if (dwfl_report_end(file->dwfl, NULL, NULL) == 0 && file->module &&
	    has_build_id(file->module, build_id)) {
		return file;
	}
out:
	if (fd >= 0) {
		(void)close(fd); /* Read only; nothing to lose. */
	}
	weft_symbol_file_close(file);
	return NULL;
}

void weft_symbol_file_close(struct weft_symbol_file *file)
{
	if (file) {
		if (file->dwfl) {
			dwfl_end(file->dwfl);
		}
		free(file->ranges);
		free(file);
	}
}

/* ---- Names ---- */

/*
 * Cuts the parameter list: `ns::f<int>(char, long) const` becomes `ns::f<int>`. The list is what the
 * last closing parenthesis ends; an empty rest (a name that starts with it) is left alone.
 */
static void cut_parameters(char *name)
{
	char *at = strrchr(name, ')');
	int depth = 0;

	while (at && at > name) {
		depth += *at == ')';
		depth -= *at == '(';
		if (depth == 0) {
			*at = '\0';
			return;
		}
		at--;
	}
}

static void copy_function_name(const char *name, char *ret_name)
{
	int status = -1;
	char *demangled = NULL;

	if (name[0] == '_' && (name[1] == 'Z' || name[1] == 'R')) {
		demangled = __cxa_demangle(name, NULL, NULL, &status);
	}
	if (status == 0 && demangled) {
		cut_parameters(demangled);
		name = demangled;
	}
	(void)snprintf(ret_name, WEFT_SYMBOL_NAME_SIZE, "%s", name);
	free(demangled);
}

static const char *die_name(Dwarf_Die *die)
{
	Dwarf_Attribute attribute;
	const char *name = NULL;

	if (dwarf_attr_integrate(die, DW_AT_linkage_name, &attribute) ||
	    dwarf_attr_integrate(die, DW_AT_MIPS_linkage_name, &attribute)) {
		name = dwarf_formstring(&attribute);
	}
	return name ? name : dwarf_diename(die);
}

/* ---- Positions ---- */

struct position {
	const char *file; /* Owned by libdw; NULL unknown. */
	int line;
};

static bool is_own_header(const char *file)
{
	static const char own[] = "weft/trace.h";
	size_t len = file ? strlen(file) : 0;

	return len >= sizeof(own) - 1 && strcmp(file + len - (sizeof(own) - 1), own) == 0;
}

static const char *source_file(Dwarf_Die *cu, Dwarf_Word number)
{
	Dwarf_Files *files;
	size_t count;

	if (dwarf_getsrcfiles(cu, &files, &count) != 0 || number >= count) {
		return NULL;
	}
	return dwarf_filesrc(files, number, NULL, NULL);
}

static Dwarf_Word die_number(Dwarf_Die *die, unsigned int name)
{
	Dwarf_Attribute attribute;
	Dwarf_Word value = 0;

	if (!dwarf_attr_integrate(die, name, &attribute) ||
	    dwarf_formudata(&attribute, &value) != 0) {
		return 0;
	}
	return value;
}

/* Climbs the chain of functions around an address, innermost first, out of our own header. */
static bool find_in_scopes(Dwarf_Die *cu, Dwarf_Die *scopes, int count, struct position position,
			   struct weft_symbol *ret_symbol)
{
	int i;

	for (i = 0; i < count; i++) {
		int tag = dwarf_tag(&scopes[i]);
		const char *name = die_name(&scopes[i]);

		if (tag != DW_TAG_inlined_subroutine && tag != DW_TAG_subprogram) {
			continue;
		}
		if (tag == DW_TAG_subprogram ||
		    !is_own_header(source_file(cu, die_number(&scopes[i], DW_AT_decl_file)))) {
			copy_function_name(name ? name : "[unknown]", ret_symbol->function);
			(void)snprintf(ret_symbol->file, sizeof(ret_symbol->file), "%s",
				       position.file ? position.file : "");
			ret_symbol->line = position.line > 0 ? (uint32_t)position.line : 0;
			return true;
		}
		position.file = source_file(cu, die_number(&scopes[i], DW_AT_call_file));
		position.line = (int)die_number(&scopes[i], DW_AT_call_line);
	}
	return false;
}

/* ---- Compile units ---- */

static int compare_ranges(const void *left, const void *right)
{
	const struct unit_range *a = (const struct unit_range *)left;
	const struct unit_range *b = (const struct unit_range *)right;

	return (a->begin > b->begin) - (a->begin < b->begin);
}

static bool add_range(struct weft_symbol_file *file, size_t *capacity, struct unit_range range)
{
	if (file->range_count == *capacity) {
		size_t wanted = *capacity ? *capacity * 2 : 64;
		struct unit_range *ranges =
			wanted > RANGE_COUNT_MAX ? NULL
						 : (struct unit_range *)reallocarray(
							   file->ranges, wanted, sizeof(*ranges));

		if (!ranges) {
			return false;
		}
		file->ranges = ranges;
		*capacity = wanted;
	}
	file->ranges[file->range_count++] = range;
	return true;
}

/* One walk over all units; what does not fit in memory is not found, nothing worse. */
static void read_ranges(struct weft_symbol_file *file)
{
	Dwarf_Die *cu = NULL;
	Dwarf_Addr bias = 0;
	size_t capacity = 0;
	bool room = true;

	file->ranges_read = true;
	while (room && (cu = dwfl_module_nextcu(file->module, cu, &bias))) {
		struct unit_range range = {.cu = cu};
		Dwarf_Addr base = 0;
		ptrdiff_t at = 0;

		file->bias = bias;
		while (room && (at = dwarf_ranges(cu, at, &base, &range.begin, &range.end)) > 0) {
			room = range.begin >= range.end || add_range(file, &capacity, range);
		}
	}
	if (file->range_count > 0) {
		qsort(file->ranges, file->range_count, sizeof(*file->ranges), compare_ranges);
	}
}

static Dwarf_Die *find_in_ranges(const struct weft_symbol_file *file, uint64_t address)
{
	size_t low = 0;
	size_t high = file->range_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (file->ranges[middle].begin <= address) {
			low = middle + 1;
		} else {
			high = middle;
		}
	}
	return low > 0 && address < file->ranges[low - 1].end ? file->ranges[low - 1].cu : NULL;
}

/* clang leaves out the table that libdw finds units by, so the units' own ranges are asked. */
static Dwarf_Die *find_unit(struct weft_symbol_file *file, uint64_t address, Dwarf_Addr *ret_bias)
{
	Dwarf_Die *cu = dwfl_module_addrdie(file->module, address, ret_bias);

	if (cu) {
		return cu;
	}
	if (!file->ranges_read) {
		read_ranges(file);
	}
	*ret_bias = file->bias;
	return find_in_ranges(file, address - file->bias);
}

static bool find_in_dwarf(struct weft_symbol_file *file, uint64_t address,
			  struct weft_symbol *ret_symbol)
{
	struct position position = {NULL, 0};
	Dwarf_Die *lexical = NULL;
	Dwarf_Die *physical = NULL;
	Dwarf_Addr bias = 0;
	Dwarf_Die *cu = find_unit(file, address, &bias);
	Dwarf_Line *line;
	bool found = false;
	int count;

	if (!cu) {
		return false;
	}
	line = dwarf_getsrc_die(cu, address - bias);
	if (line) {
		position.file = dwarf_linesrc(line, NULL, NULL);
		(void)dwarf_lineno(line, &position.line); /* Stays 0, unknown. */
	}
	/* The innermost scope by address, then what contains it in the compiled code. */
	count = dwarf_getscopes(cu, address - bias, &lexical);
	if (count > 0) {
		count = dwarf_getscopes_die(&lexical[0], &physical);
		found = count > 0 && find_in_scopes(cu, physical, count, position, ret_symbol);
	}
	free(lexical);
	free(physical);
	return found;
}

bool weft_symbol_file_find(struct weft_symbol_file *file, uint64_t address,
			   struct weft_symbol *ret_symbol)
{
	const char *name;
	GElf_Off offset;
	GElf_Sym symbol;

	if (find_in_dwarf(file, address, ret_symbol)) {
		return true;
	}
	name = dwfl_module_addrinfo(file->module, address, &offset, &symbol, NULL, NULL, NULL);
	if (!name) {
		return false;
	}
	copy_function_name(name, ret_symbol->function);
	ret_symbol->file[0] = '\0';
	ret_symbol->line = 0;
	return true;
}
