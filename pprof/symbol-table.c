// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Symbol tables, and the entries of the procedure linkage table (PLT). See symbol-table.h.
 */
#include "symbol-table.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "array.h"
#include "symbol-range.h"

/* More symbols than any program has (a browser has half a million): beyond, a file is damage. */
#define NAME_COUNT_MAX 4000000U
/* How many symbols before an address may have one around it that is larger. */
#define LOOK_BACK 16U

static int add_name(struct weft_symbol_table *table, struct weft_symbol_name name)
{
	if (weft_array_reserve(&table->names, &table->capacity, table->count + 1, NAME_COUNT_MAX,
			       sizeof(name)) < 0) {
		return -ENOMEM;
	}
	table->names[table->count++] = name;
	return 0;
}

/* ---- Symbol tables ---- */

/* Hand-written code has symbols without a type. */
static bool is_code(const GElf_Sym *symbol)
{
	int type = GELF_ST_TYPE(symbol->st_info);

	return (type == STT_FUNC || type == STT_GNU_IFUNC || type == STT_NOTYPE) &&
	       symbol->st_shndx != SHN_UNDEF && symbol->st_shndx != SHN_ABS &&
	       symbol->st_shndx != SHN_COMMON;
}

/* Up to where a symbol without a size may reach; just itself where that cannot be told. */
static uint64_t find_end(Elf *elf, const GElf_Sym *symbol)
{
	Elf_Scn *section =
		elf && symbol->st_shndx < SHN_LORESERVE ? elf_getscn(elf, symbol->st_shndx) : NULL;
	GElf_Shdr header;

	if (section && gelf_getshdr(section, &header) &&
	    symbol->st_value - header.sh_addr < header.sh_size) {
		return header.sh_addr + header.sh_size;
	}
	return symbol->st_value + 1;
}

/* elf: whose sections the symbol means; NULL: unknown. */
static int add_symbol(struct weft_symbol_table *table, Elf *elf, const GElf_Sym *symbol,
		      uint64_t address, const char *name)
{
	struct weft_symbol_name added = {
		.begin = address,
		.size = symbol->st_size,
		.name = name,
		.is_sizeless = symbol->st_size == 0,
	};

	/* Markers such as "$x" on some machines and empty names say nothing. */
	if (!name || !name[0] || name[0] == '$' || !is_code(symbol)) {
		return 0;
	}
	if (added.is_sizeless) {
		added.size = find_end(elf, symbol) - symbol->st_value;
	}
	added.rank = (uint8_t)((GELF_ST_TYPE(symbol->st_info) == STT_NOTYPE ? 4 : 0) +
			       (symbol->st_size == 0 ? 2 : 0) +
			       (GELF_ST_BIND(symbol->st_info) == STB_GLOBAL ? 0 : 1));
	return add_name(table, added);
}

/* Returns how many symbols the table of that type has; -ENOMEM. */
static ssize_t add_section(struct weft_symbol_table *table, Elf *elf, GElf_Word type)
{
	Elf_Scn *section = NULL;
	ssize_t count = 0;

	while ((section = elf_nextscn(elf, section)) != NULL) {
		GElf_Shdr header;
		Elf_Data *symbols;
		GElf_Sym symbol;
		int i;

		if (!gelf_getshdr(section, &header) || header.sh_type != type) {
			continue;
		}
		symbols = elf_getdata(section, NULL);
		for (i = 1; symbols && gelf_getsym(symbols, i, &symbol); i++) {
			if (add_symbol(table, elf, &symbol, symbol.st_value,
				       elf_strptr(elf, header.sh_link, symbol.st_name)) < 0) {
				return -ENOMEM;
			}
			count++;
		}
	}
	return count;
}

/* NOLINTNEXTLINE(readability-function-size): the parameters are libdwfl's. */
static int no_debug_file(Dwfl_Module *module, void **ctx, const char *name, Dwarf_Addr base,
			 const char *path, const char *link, GElf_Word checksum, char **ret_path)
{
	(void)module;
	(void)ctx;
	(void)name;
	(void)base;
	(void)path;
	(void)link;
	(void)checksum;
	(void)ret_path;
	return -1;
}

/* .gnu_debugdata is a small compressed ELF file; libdwfl unpacks it. */
static int add_embedded(struct weft_symbol_table *table, const struct weft_symbol_elf *main)
{
	static const Dwfl_Callbacks callbacks = {
		.find_elf = dwfl_build_id_find_elf,
		.find_debuginfo = no_debug_file,
		.section_address = dwfl_offline_section_address,
	};
	Dwfl_Module *module = NULL;
	GElf_Shdr header;
	int count;
	int fd;
	int i;

	if (!weft_symbol_elf_find_section(main->elf, ".gnu_debugdata", &header)) {
		return 0;
	}
	fd = dup(main->fd);
	table->embedded = dwfl_begin(&callbacks);
	if (table->embedded && fd >= 0) {
		dwfl_report_begin(table->embedded);
		module = dwfl_report_elf(table->embedded, "", "", fd, 0, true);
		fd = module ? -1 : fd; /* libdwfl's now. */
		if (dwfl_report_end(table->embedded, NULL, NULL) != 0) {
			module = NULL;
		}
	}
	if (fd >= 0) {
		(void)close(fd); /* Read only; nothing to lose. */
	}
	count = module ? dwfl_module_getsymtab(module) : 0;
	for (i = 1; i < count; i++) {
		GElf_Sym symbol;
		GElf_Addr address = 0;
		Dwarf_Addr bias = 0;
		const char *name =
			dwfl_module_getsym_info(module, i, &symbol, &address, NULL, NULL, &bias);

		if (name && add_symbol(table, NULL, &symbol, address, name) < 0) {
			return -ENOMEM;
		}
	}
	return 0;
}

/* ---- Procedure linkage table ---- */

/* A word that the dynamic linker fills with the address of a symbol. */
struct slot {
	uint64_t address;
	const char *name;
};

struct slots {
	struct slot *slots; /* By address. */
	size_t count, capacity;
};

static int compare_slots(const void *left, const void *right)
{
	const struct slot *a = (const struct slot *)left;
	const struct slot *b = (const struct slot *)right;

	return (a->address > b->address) - (a->address < b->address);
}

static int add_slot(struct slots *slots, struct slot slot)
{
	if (weft_array_reserve(&slots->slots, &slots->capacity, slots->count + 1, NAME_COUNT_MAX,
			       sizeof(slot)) < 0) {
		return -ENOMEM;
	}
	slots->slots[slots->count++] = slot;
	return 0;
}

/* The slots that one section of relocations fills with addresses of symbols. */
static int add_slots(struct slots *slots, Elf *elf, Elf_Scn *section, const GElf_Shdr *header)
{
	Elf_Data *relocations = elf_getdata(section, NULL);
	Elf_Scn *symbol_section = elf_getscn(elf, header->sh_link);
	Elf_Data *symbols = symbol_section ? elf_getdata(symbol_section, NULL) : NULL;
	GElf_Shdr symbol_header;
	GElf_Rela relocation;
	int i;

	if (!symbols || !gelf_getshdr(symbol_section, &symbol_header)) {
		return 0;
	}
	for (i = 0; relocations && gelf_getrela(relocations, i, &relocation); i++) {
		GElf_Word type = (GElf_Word)GELF_R_TYPE(relocation.r_info);
		GElf_Sym symbol;
		const char *name;

		if ((type != R_X86_64_JUMP_SLOT && type != R_X86_64_GLOB_DAT) ||
		    !gelf_getsym(symbols, (int)GELF_R_SYM(relocation.r_info), &symbol)) {
			continue;
		}
		name = elf_strptr(elf, symbol_header.sh_link, symbol.st_name);
		if (name && name[0] &&
		    add_slot(slots, (struct slot){relocation.r_offset, name}) < 0) {
			return -ENOMEM;
		}
	}
	return 0;
}

/*
 * An entry of the PLT is 16 bytes (8 in .plt.got without branch protection) with one `jmp *slot(%rip)`: the bytes
 * ff 25 and a signed distance that counts from behind it. For ff 25 e2 2f 00 00 at 0x1030, that is
 * the slot at 0x1036 + 0x2fe2 = 0x4018. NULL: it jumps by no slot of a symbol.
 */
static const struct slot *find_slot(const struct slots *slots, const uint8_t *entry, size_t size,
				    uint64_t address)
{
	size_t at;

	for (at = 0; at + 6 <= size; at++) {
		struct slot wanted = {0, NULL};
		int32_t distance;

		if (entry[at] == 0xff && entry[at + 1] == 0x25) {
			memcpy(&distance, entry + at + 2, sizeof(distance));
			wanted.address = address + at + 6 + (uint64_t)(int64_t)distance;
			return (const struct slot *)bsearch(&wanted, slots->slots, slots->count,
							    sizeof(*slots->slots), compare_slots);
		}
	}
	return NULL;
}

static int add_entries(struct weft_symbol_table *table, const struct slots *slots, Elf_Scn *section,
		       const GElf_Shdr *header)
{
	Elf_Data *code = elf_rawdata(section, NULL);
	const uint8_t *bytes = code ? (const uint8_t *)code->d_buf : NULL;
	size_t size = header->sh_entsize == 8 ? 8 : 16;
	size_t at;
	int ret = 0;

	for (at = 0; ret == 0 && bytes && at + size <= code->d_size; at += size) {
		struct weft_symbol_name entry = {
			.begin = header->sh_addr + at, .size = size, .is_plt = true};
		const struct slot *slot = find_slot(slots, bytes + at, size, entry.begin);

		if (slot) {
			entry.name = slot->name;
			ret = add_name(table, entry);
		}
	}
	return ret;
}

static int add_linkage(struct weft_symbol_table *table, Elf *elf)
{
	static const char *const sections[] = {".plt", ".plt.sec", ".plt.got"};
	struct slots slots = {NULL, 0, 0};
	Elf_Scn *section = NULL;
	GElf_Ehdr file_header;
	GElf_Shdr header;
	int ret = 0;
	size_t i;

	if (!gelf_getehdr(elf, &file_header) || file_header.e_machine != EM_X86_64) {
		return 0;
	}
	while (ret == 0 && (section = elf_nextscn(elf, section)) != NULL) {
		if (gelf_getshdr(section, &header) && header.sh_type == SHT_RELA) {
			ret = add_slots(&slots, elf, section, &header);
		}
	}
	if (slots.count > 0) {
		qsort(slots.slots, slots.count, sizeof(*slots.slots), compare_slots);
		for (i = 0; ret == 0 && i < sizeof(sections) / sizeof(sections[0]); i++) {
			section = weft_symbol_elf_find_section(elf, sections[i], &header);
			if (section && header.sh_type == SHT_PROGBITS) {
				ret = add_entries(table, &slots, section, &header);
			}
		}
	}
	free(slots.slots);
	return ret;
}

/* ---- The whole ---- */

static int compare_names(const void *left, const void *right)
{
	const struct weft_symbol_name *a = (const struct weft_symbol_name *)left;
	const struct weft_symbol_name *b = (const struct weft_symbol_name *)right;

	if (a->begin != b->begin) {
		return a->begin > b->begin ? 1 : -1;
	}
	if (a->rank != b->rank) {
		return a->rank < b->rank ? 1 : -1;
	}
	return strcmp(b->name, a->name); /* Any order, but always the same. */
}

static int read_tables(struct weft_symbol_table *table, const struct weft_symbol_elf *main,
		       const struct weft_symbol_elf *debug)
{
	ssize_t count = add_section(table, main->elf, SHT_SYMTAB);

	if (count == 0 && debug) {
		count = add_section(table, debug->elf, SHT_SYMTAB);
	}
	if (count == 0) {
		count = add_embedded(table, main);
		if (count == 0) {
			count = add_section(table, main->elf, SHT_DYNSYM);
		}
	}
	return count < 0 ? -ENOMEM : add_linkage(table, main->elf);
}

int weft_symbol_table_init(struct weft_symbol_table *table, const struct weft_symbol_elf *main,
			   const struct weft_symbol_elf *debug)
{
	int ret;

	*table = (struct weft_symbol_table){NULL, 0, 0, NULL};
	ret = read_tables(table, main, debug);
	if (table->count > 0) {
		qsort(table->names, table->count, sizeof(*table->names), compare_names);
	}
	return ret;
}

void weft_symbol_table_fini(struct weft_symbol_table *table)
{
	dwfl_end(table->embedded);
	free(table->names);
	*table = (struct weft_symbol_table){NULL, 0, 0, NULL};
}

const struct weft_symbol_name *weft_symbol_table_find(const struct weft_symbol_table *table,
						      uint64_t address)
{
	size_t low = weft_symbol_range_count_before(table->names, table->count,
						    sizeof(*table->names), address);
	size_t steps;

	for (steps = 0; low > 0 && steps < LOOK_BACK; steps++) {
		const struct weft_symbol_name *name = &table->names[--low];

		/* Only the nearest can be meant of those without a size. */
		if (address - name->begin < name->size && (!name->is_sizeless || steps == 0)) {
			return name;
		}
	}
	return NULL;
}
