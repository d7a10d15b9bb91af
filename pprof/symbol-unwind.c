// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Bounds of functions by the table for unwinders. See symbol-unwind.h.
 *
 * Source: Linux Standard Base Core 5.0, section 10.6 (.eh_frame, .eh_frame_hdr). Only what linkers write is
 * read: addresses of four bytes, relative to the table and to themselves.
 */
#include "symbol-unwind.h"

#include <string.h>

/* Encodings of pointers. */
#define ENCODING_UNSIGNED_4     0x03U
#define ENCODING_SIGNED_4       0x0bU
#define ENCODING_SELF_RELATIVE  0x10U
#define ENCODING_TABLE_RELATIVE 0x30U

/* Version, three encodings, start of .eh_frame, number of entries. */
#define HEADER_SIZE 12U
#define ENTRY_SIZE  8U
/* Length, distance to the common part, begin, size. */
#define DESCRIPTION_SIZE 16U

/* A piece of the file, where it is in memory. */
struct piece {
	const unsigned char *bytes;
	uint64_t address, size;
};

static bool is_native(Elf *elf)
{
	static const uint16_t one = 1;
	unsigned char first = *(const unsigned char *)&one;
	const char *ident = elf_getident(elf, NULL);

	return ident && (unsigned char)ident[EI_DATA] == (first ? ELFDATA2LSB : ELFDATA2MSB);
}

static bool read_piece(Elf *elf, const GElf_Phdr *header, struct piece *ret_piece)
{
	Elf_Data *data = header->p_filesz == 0
				 ? NULL
				 : elf_getdata_rawchunk(elf, (int64_t)header->p_offset,
							header->p_filesz, ELF_T_BYTE);

	if (!data) {
		return false;
	}
	*ret_piece = (struct piece){data->d_buf, header->p_vaddr, data->d_size};
	return true;
}

/* The table, or the loaded segment around an address. */
static bool find_piece(Elf *elf, uint32_t type, uint64_t address, struct piece *ret_piece)
{
	GElf_Phdr header;
	size_t count = 0, i;

	if (elf_getphdrnum(elf, &count) != 0) {
		return false;
	}
	for (i = 0; i < count; i++) {
		if (gelf_getphdr(elf, (int)i, &header) && header.p_type == type &&
		    (type != PT_LOAD || address - header.p_vaddr < header.p_filesz)) {
			return read_piece(elf, &header, ret_piece);
		}
	}
	return false;
}

static uint32_t read_unsigned(const unsigned char *bytes)
{
	uint32_t number;

	memcpy(&number, bytes, sizeof(number));
	return number;
}

/* Four bytes with a sign, as an addend. */
static uint64_t read_distance(const unsigned char *bytes)
{
	return (uint64_t)(int64_t)(int32_t)read_unsigned(bytes);
}

/* The last entry that begins at the address or before; `count`: none does. Entries are sorted. */
static uint32_t find_entry(const struct piece *table, uint32_t count, uint64_t address)
{
	uint32_t low = 0, high = count;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		const unsigned char *entry =
			table->bytes + HEADER_SIZE + (size_t)middle * ENTRY_SIZE;

		if (table->address + read_distance(entry) <= address) {
			low = middle + 1;
		} else {
			high = middle;
		}
	}
	return low > 0 ? low - 1 : count;
}

/* What the description says; 0: it says it in another way. */
static uint64_t read_size(Elf *elf, uint64_t description, uint64_t begin)
{
	struct piece segment;
	const unsigned char *bytes;

	if (!find_piece(elf, PT_LOAD, description, &segment) ||
	    segment.size - (description - segment.address) < DESCRIPTION_SIZE) {
		return 0;
	}
	bytes = segment.bytes + (description - segment.address);
	/* Its begin must be the one that led here, by the encoding that is taken for granted. */
	return description + 8 + read_distance(bytes + 8) == begin ? read_unsigned(bytes + 12) : 0;
}

bool weft_symbol_unwind_find(Elf *elf, uint64_t address, uint64_t *ret_begin, uint64_t *ret_end)
{
	struct piece table, code;
	const unsigned char *entry;
	uint64_t begin, end, size;
	uint32_t count, at;

	if (!is_native(elf) || !find_piece(elf, PT_GNU_EH_FRAME, 0, &table) ||
	    table.size < HEADER_SIZE || table.bytes[0] != 1 ||
	    table.bytes[1] != (ENCODING_SELF_RELATIVE | ENCODING_SIGNED_4) ||
	    table.bytes[2] != ENCODING_UNSIGNED_4 ||
	    table.bytes[3] != (ENCODING_TABLE_RELATIVE | ENCODING_SIGNED_4) ||
	    !find_piece(elf, PT_LOAD, address, &code)) {
		return false;
	}
	count = read_unsigned(table.bytes + 8);
	if (count > (table.size - HEADER_SIZE) / ENTRY_SIZE) {
		return false;
	}
	at = find_entry(&table, count, address);
	if (at == count) {
		return false;
	}
	entry = table.bytes + HEADER_SIZE + (size_t)at * ENTRY_SIZE;
	begin = table.address + read_distance(entry);
	end = at + 1 < count ? table.address + read_distance(entry + ENTRY_SIZE)
			     : code.address + code.size;
	size = read_size(elf, table.address + read_distance(entry + 4), begin);
	if (size > 0 && begin + size < end) {
		end = begin + size;
	}
	if (address < begin || address >= end) {
		return false;
	}
	*ret_begin = begin;
	*ret_end = end;
	return true;
}
