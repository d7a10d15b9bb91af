// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * See object-scan.h.
 */
#include "object-scan.h"

#include <string.h>

#define BUILD_ID_SIZE_MAX ((WEFT_BUILD_ID_SIZE - 1) / 2)

static void format_hex(const unsigned char *bytes, size_t size, char *ret_text)
{
	static const char digits[] = "0123456789abcdef";
	size_t i;

	for (i = 0; i < size; i++) {
		ret_text[2 * i] = digits[bytes[i] >> 4];
		ret_text[2 * i + 1] = digits[bytes[i] & 15];
	}
	ret_text[2 * size] = '\0';
}

/* Walks the notes of one PT_NOTE segment, which is mapped and was written by the linker. */
static void find_build_id(const char *notes, size_t size, size_t align, char *ret_build_id)
{
	size_t offset = 0;

	align = align == 8 ? 8 : 4;
	while (offset + sizeof(ElfW(Nhdr)) <= size) {
		const ElfW(Nhdr) *note = (const ElfW(Nhdr) *)(const void *)(notes + offset);
		size_t name_size = (note->n_namesz + align - 1) & ~(align - 1);
		size_t desc_size = (note->n_descsz + align - 1) & ~(align - 1);
		const char *name = notes + offset + sizeof(*note);

		if (name_size > size || desc_size > size ||
		    offset + sizeof(*note) + name_size + note->n_descsz > size) {
			return;
		}
		if (note->n_type == NT_GNU_BUILD_ID && note->n_namesz == 4 &&
		    memcmp(name, "GNU", 4) == 0 && note->n_descsz <= BUILD_ID_SIZE_MAX) {
			format_hex((const unsigned char *)name + name_size, note->n_descsz,
				   ret_build_id);
			return;
		}
		offset += sizeof(*note) + name_size + desc_size;
	}
}

void weft_object_scan(const struct dl_phdr_info *object, struct weft_object_range *ret_range,
		      char ret_build_id[WEFT_BUILD_ID_SIZE])
{
	int i;

	ret_range->start = UINT64_MAX;
	ret_range->end = 0;
	ret_build_id[0] = '\0';
	for (i = 0; i < object->dlpi_phnum; i++) {
		const ElfW(Phdr) *segment = &object->dlpi_phdr[i];
		uint64_t start = object->dlpi_addr + segment->p_vaddr;

		if (segment->p_type == PT_LOAD) {
			if (start < ret_range->start) {
				ret_range->start = start;
			}
			if (start + segment->p_memsz > ret_range->end) {
				ret_range->end = start + segment->p_memsz;
			}
		} else if (segment->p_type == PT_NOTE && !ret_build_id[0]) {
			find_build_id((const char *)(uintptr_t)start, segment->p_memsz,
				      segment->p_align, ret_build_id);
		}
	}
}
