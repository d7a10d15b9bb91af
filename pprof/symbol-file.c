// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * One ELF file and its debug information. See <weft/symbol-file.h>; this joins symbol-elf.c (files),
 * symbol-dwarf.c (chains and lines), symbol-table.c (names) and demangle.c.
 */
#include <weft/symbol-file.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "symbol-dwarf.h"
#include "symbol-elf.h"
#include "symbol-table.h"
#include "symbol-unwind.h"

/* Loaded segments; programs have four or five. */
#define SEGMENT_COUNT_MAX 64U
/* Longest name of a symbol table that is shown in full. */
#define NAME_SIZE 4096U

struct segment {
	uint64_t offset, size; /* In the file. */
	uint64_t address;
	bool is_code;
};

struct weft_symbol_file {
	struct weft_symbol_elf main;
	struct weft_symbol_elf debug; /* Nothing is open: there is none, or main has all. */
	struct weft_symbol_dwarf dwarf;
	struct weft_symbol_table table;
	struct segment segments[SEGMENT_COUNT_MAX];
	size_t segment_count;
	char *path;
	char *root; /* NULL: /. */
	uint64_t deadline_ns;
	bool debuginfod;
	bool has_debug, has_table; /* They have been looked for. */
};

/* ---- Opening ---- */

static void read_segments(struct weft_symbol_file *file)
{
	size_t count = 0;
	size_t i;

	if (elf_getphdrnum(file->main.elf, &count) != 0) {
		return;
	}
	for (i = 0; i < count && file->segment_count < SEGMENT_COUNT_MAX; i++) {
		GElf_Phdr header;

		if (gelf_getphdr(file->main.elf, (int)i, &header) && header.p_type == PT_LOAD) {
			file->segments[file->segment_count++] =
				(struct segment){header.p_offset, header.p_filesz, header.p_vaddr,
						 (header.p_flags & PF_X) != 0};
		}
	}
}

static int open_main(struct weft_symbol_file *file, const struct weft_symbol_file_options *options,
		     struct weft_error *err)
{
	int fd = options->fd > 0 ? dup(options->fd)
				 : weft_symbol_elf_open_path(options->root, options->path);
	int ret;

	if (fd < 0) {
		fd = options->fd > 0 ? -errno : fd;
		return weft_error_set_errno(err, fd, "cannot open '%s'", options->path);
	}
	ret = weft_symbol_elf_init(&file->main, fd);
	if (ret == -ENOEXEC) {
		return weft_error_set(err, ret, "'%s' is not an ELF file", options->path);
	}
	if (ret < 0) {
		return weft_error_set_errno(err, ret, "cannot read '%s'", options->path);
	}
	if (options->build_id && options->build_id[0] &&
	    strcmp(options->build_id, file->main.build_id) != 0) {
		return weft_error_set(
			err, -ESTALE, "'%s' is another file: build id %s, wanted %s", options->path,
			file->main.build_id[0] ? file->main.build_id : "none", options->build_id);
	}
	read_segments(file);
	return 0;
}

int weft_symbol_file_open(const struct weft_symbol_file_options *options,
			  struct weft_symbol_file **ret_file, struct weft_error *err)
{
	struct weft_symbol_file *file = (struct weft_symbol_file *)calloc(1, sizeof(*file));
	int ret;

	if (!file) {
		return weft_error_set_errno(err, -ENOMEM, "cannot open '%s'", options->path);
	}
	file->main.fd = -1;
	file->debug.fd = -1;
	file->path = strdup(options->path);
	file->root = options->root ? strdup(options->root) : NULL;
	file->debuginfod = options->debuginfod;
	file->deadline_ns = options->deadline_ns;
	if (!file->path || (options->root && !file->root)) {
		ret = weft_error_set_errno(err, -ENOMEM, "cannot open '%s'", options->path);
	} else {
		errno = 0;
		ret = open_main(file, options, err);
		if (ret < 0 && errno == ENOMEM) {
			ret = weft_error_set_errno(err, -ENOMEM, "cannot open '%s'", options->path);
		}
	}
	if (ret < 0) {
		weft_symbol_file_close(file);
		return ret;
	}
	*ret_file = file;
	return 0;
}

void weft_symbol_file_close(struct weft_symbol_file *file)
{
	if (file) {
		weft_symbol_table_fini(&file->table);
		weft_symbol_dwarf_fini(&file->dwarf);
		weft_symbol_elf_fini(&file->debug);
		weft_symbol_elf_fini(&file->main);
		free(file->path);
		free(file->root);
		free(file);
	}
}

const char *weft_symbol_file_get_build_id(const struct weft_symbol_file *file)
{
	return file->main.build_id;
}

/* Pages at the border of two segments are in the file once and in memory twice: code wins. */
bool weft_symbol_file_find_address(const struct weft_symbol_file *file, uint64_t offset,
				   uint64_t *ret_address)
{
	const struct segment *found = NULL;
	size_t i;

	for (i = 0; i < file->segment_count; i++) {
		const struct segment *segment = &file->segments[i];

		if (offset - segment->offset < segment->size && (!found || segment->is_code)) {
			found = segment;
		}
	}
	if (found) {
		*ret_address = offset - found->offset + found->address;
	}
	return found != NULL;
}

bool weft_symbol_file_find_bounds(const struct weft_symbol_file *file, uint64_t address,
				  uint64_t *ret_begin, uint64_t *ret_end)
{
	return weft_symbol_unwind_find(file->main.elf, address, ret_begin, ret_end);
}

/* ---- What is read on demand ---- */

static void find_debug(struct weft_symbol_file *file)
{
	const struct weft_symbol_search search = {&file->main, file->path, file->root,
						  file->debuginfod};
	struct weft_symbol_elf debug;
	Elf *elf = NULL;

	if (file->has_debug) {
		return;
	}
	file->has_debug = true;
	if (weft_symbol_elf_has_dwarf(file->main.elf)) {
		elf = file->main.elf;
	} else if (weft_symbol_elf_find_debug(&search, &debug) == 0) {
		file->debug = debug;
		elf = weft_symbol_elf_has_dwarf(debug.elf) ? debug.elf : NULL;
	}
	weft_symbol_dwarf_init(&file->dwarf, elf, file->deadline_ns);
}

static int read_table(struct weft_symbol_file *file)
{
	if (file->has_table) {
		return 0;
	}
	file->has_table = true;
	return weft_symbol_table_init(&file->table, &file->main,
				      file->debug.elf ? &file->debug : NULL);
}

/* ---- Answers ---- */

struct search {
	struct weft_symbol_file *file;
	const uint64_t *addresses;
	weft_symbol_fn take;
	void *ctx;
	bool *answered; /* One for each address. */
	int status;     /* -ENOMEM: the table is not whole. */
	char name[NAME_SIZE];
};

/* Copies a name of the symbol table without its version; NULL: there is none. */
static const char *table_name(struct search *search, uint64_t address, uint64_t *ret_entry)
{
	const struct weft_symbol_name *found;
	size_t len;

	if (read_table(search->file) < 0) {
		search->status = -ENOMEM;
	}
	found = weft_symbol_table_find(&search->file->table, address);
	if (!found) {
		return NULL;
	}
	len = strcspn(found->name, "@");
	if (len == 0 || len > NAME_SIZE - sizeof("@plt")) {
		return NULL;
	}
	memcpy(search->name, found->name, len);
	memcpy(search->name + len, found->is_plt ? "@plt" : "", found->is_plt ? 5 : 1);
	*ret_entry = found->begin;
	return search->name;
}

/* "_Z3foov@plt" becomes "foo@plt". */
static char *demangle_plt_name(char *name)
{
	char *suffix = strchr(name, '@');
	char *readable;
	char *joined = NULL;

	*suffix = '\0';
	readable = weft_symbol_demangle(name);
	*suffix = '@';
	if (readable) {
		joined = (char *)realloc(readable, strlen(readable) + strlen(suffix) + 1);
		if (joined) {
			memcpy(joined + strlen(joined), suffix, strlen(suffix) + 1);
		} else {
			free(readable);
		}
	}
	return joined;
}

static int tell(struct search *search, const struct weft_symbol *symbol,
		struct weft_symbol_frame *frames)
{
	char *readable[WEFT_SYMBOL_DEPTH_MAX] = {NULL};
	size_t i;
	int ret;

	for (i = 0; i < symbol->frame_count; i++) {
		const char *name = frames[i].system_name;

		if (!name) {
			name = "[unknown]";
			frames[i].system_name = name;
		}
		if (frames[i].function) {
			continue;
		}
		readable[i] = name == search->name && strchr(name, '@')
				      ? demangle_plt_name(search->name)
				      : weft_symbol_demangle(name);
		frames[i].function = readable[i] ? readable[i] : name;
	}
	search->answered[symbol->index] = true;
	ret = search->take(search->ctx, symbol);
	for (i = 0; i < symbol->frame_count; i++) {
		free(readable[i]);
	}
	return ret;
}

static bool is_mangled(const char *name)
{
	return name[0] == '_' && (name[1] == 'Z' || name[1] == 'R');
}

/*
 * DWARF knows functions that no other unit can call by their plain names only; the symbol table, if
 * it has not been stripped, by names that say which namespace they are from.
 */
static int take_from_dwarf(void *ctx, const struct weft_symbol *symbol,
			   struct weft_symbol_frame *frames)
{
	struct search *search = (struct search *)ctx;
	struct weft_symbol answer = *symbol;
	struct weft_symbol_frame *last = &frames[symbol->frame_count - 1];
	uint64_t entry = 0;
	const char *name;

	if (!last->system_name || !is_mangled(last->system_name)) {
		name = table_name(search, search->addresses[symbol->index], &entry);
		if (name && (!last->system_name || is_mangled(name))) {
			last->system_name = name;
			last->function = NULL;
			if (is_mangled(name)) {
				search->name[strcspn(name, ".")] = '\0'; /* "_Z1fv.cold". */
			}
			answer.entry = answer.entry ? answer.entry : entry;
		}
	}
	if (!last->system_name && !last->file[0]) {
		return 0; /* The unit covers it, and that is all. */
	}
	return tell(search, &answer, frames);
}

static int take_from_table(struct search *search, size_t index)
{
	struct weft_symbol_frame frame = {.file = "", .home = ""};
	struct weft_symbol symbol = {.index = index, .frames = &frame, .frame_count = 1};

	frame.system_name = table_name(search, search->addresses[index], &symbol.entry);
	return frame.system_name ? tell(search, &symbol, &frame) : 0;
}

static bool is_ascending(const uint64_t *addresses, size_t count)
{
	size_t i;

	for (i = 1; i < count; i++) {
		if (addresses[i - 1] > addresses[i]) {
			return false;
		}
	}
	return true;
}

int weft_symbol_file_find_all(struct weft_symbol_file *file, const uint64_t *addresses,
			      size_t count, weft_symbol_fn take, void *ctx)
{
	struct search *search;
	int ret = 0;
	int late;
	size_t i;

	if (!is_ascending(addresses, count)) {
		return -EINVAL;
	}
	search = (struct search *)calloc(1, sizeof(*search));
	if (!search) {
		return -ENOMEM;
	}
	search->file = file;
	search->addresses = addresses;
	search->take = take;
	search->ctx = ctx;
	search->answered = (bool *)calloc(count ? count : 1, sizeof(bool));
	if (!search->answered) {
		free(search);
		return -ENOMEM;
	}
	/* elfutils answers less when memory is short, and says so nowhere: malloc() does. */
	errno = 0;
	find_debug(file);
	late = weft_symbol_dwarf_find_all(&file->dwarf, addresses, count, take_from_dwarf, search);
	ret = late == -ETIME || late == -ENOMEM ? 0 : late;
	/* Names cost little: they are told even when there was no time or memory for more. */
	for (i = 0; ret == 0 && i < count; i++) {
		if (!search->answered[i]) {
			ret = take_from_table(search, i);
		}
	}
	if (ret == 0) {
		ret = late ? late : search->status;
	}
	if (errno == ENOMEM) {
		ret = -ENOMEM;
	}
	free(search->answered);
	free(search);
	return ret;
}

/* One without a size reaches to the next that begins elsewhere, at most. */
static uint64_t find_function_end(const struct weft_symbol_table *table, size_t index)
{
	const struct weft_symbol_name *name = &table->names[index];
	uint64_t end = name->begin + name->size;
	size_t next = index + 1;

	while (next < table->count && table->names[next].begin == name->begin) {
		next++;
	}
	if (name->is_sizeless && next < table->count && table->names[next].begin < end) {
		end = table->names[next].begin;
	}
	return end;
}

int weft_symbol_file_list_functions(struct weft_symbol_file *file, weft_symbol_function_fn take,
				    void *ctx)
{
	size_t i;
	int ret;

	find_debug(file);
	ret = read_table(file);
	for (i = 0; ret == 0 && i < file->table.count; i++) {
		const struct weft_symbol_name *name = &file->table.names[i];

		if (!name->is_plt) {
			ret = take(ctx, name->name, name->begin,
				   find_function_end(&file->table, i));
		}
	}
	return ret;
}
