// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * See program-file.h. Reads ELF by hand, a bounded number of bytes at checked places: any file may be
 * given.
 */
#include "program-file.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#define SCRIPTS_MAX  4 /* The kernel's own limit of interpreters of interpreters. */
#define SEGMENTS_MAX 64
#define ENTRIES_MAX  4096

struct elf {
	int fd;
	uint16_t segment_count;
	Elf64_Phdr segments[SEGMENTS_MAX];
};

static bool read_at(int fd, uint64_t offset, void *ret_bytes, size_t size)
{
	return offset <= INT64_MAX && pread(fd, ret_bytes, size, (off_t)offset) == (ssize_t)size;
}

/* ---- Which file ---- */

static bool is_program(const char *path)
{
	struct stat status;

	return stat(path, &status) == 0 && S_ISREG(status.st_mode) && access(path, X_OK) == 0;
}

/* As execvp() does. */
static bool find_program(const char *command, char ret_path[PATH_MAX])
{
	const char *folders = getenv("PATH");

	if (strchr(command, '/')) {
		return snprintf(ret_path, PATH_MAX, "%s", command) < PATH_MAX &&
		       is_program(ret_path);
	}
	folders = folders ? folders : "/bin:/usr/bin";
	for (;;) {
		size_t len = strcspn(folders, ":");

		if (snprintf(ret_path, PATH_MAX, "%.*s%s%s", (int)len, folders, len ? "/" : "",
			     command) < PATH_MAX &&
		    is_program(ret_path)) {
			return true;
		}
		if (folders[len] == '\0') {
			return false;
		}
		folders += len + 1;
	}
}

/* Replaces the path of a script by its interpreter's. False: it is no script. */
static bool follow_script(char path[PATH_MAX])
{
	char line[PATH_MAX] = "";
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t len = fd < 0 ? -1 : read(fd, line, sizeof(line) - 1);
	const char *begin = line + 2;

	if (fd >= 0) {
		(void)close(fd); /* Read only. */
	}
	if (len < 3 || line[0] != '#' || line[1] != '!') {
		return false;
	}
	begin += strspn(begin, " \t");
	(void)snprintf(path, PATH_MAX, "%.*s", (int)strcspn(begin, " \t\r\n"), begin);
	return true;
}

/* ---- Rights ---- */

/* Programs with more rights than their user get a loader that does not listen to LD_PRELOAD. */
static const char *more_rights(int fd)
{
	struct stat status;

	if (fstat(fd, &status) < 0) {
		return NULL;
	}
	if ((status.st_mode & S_ISUID) && status.st_uid != getuid()) {
		return "it is set-user-id";
	}
	if ((status.st_mode & S_ISGID) && status.st_gid != getgid()) {
		return "it is set-group-id";
	}
	if (getuid() != 0 && fgetxattr(fd, "security.capability", NULL, 0) > 0) {
		return "it has file capabilities";
	}
	return NULL;
}

/* ---- ELF ---- */

static bool is_elf(int fd, Elf64_Ehdr *ret_header)
{
	return read_at(fd, 0, ret_header, sizeof(*ret_header)) &&
	       memcmp(ret_header->e_ident, ELFMAG, SELFMAG) == 0;
}

static bool read_segments(const Elf64_Ehdr *header, struct elf *elf)
{
	elf->segment_count = header->e_phnum < SEGMENTS_MAX ? header->e_phnum : SEGMENTS_MAX;
	return header->e_phentsize == sizeof(Elf64_Phdr) &&
	       read_at(elf->fd, header->e_phoff, elf->segments,
		       elf->segment_count * sizeof(Elf64_Phdr));
}

static const Elf64_Phdr *find_segment(const struct elf *elf, uint32_t type)
{
	uint16_t i;

	for (i = 0; i < elf->segment_count; i++) {
		if (elf->segments[i].p_type == type) {
			return &elf->segments[i];
		}
	}
	return NULL;
}

/* Where an address lies in the file; UINT64_MAX: nowhere. */
static uint64_t file_offset(const struct elf *elf, uint64_t address)
{
	uint16_t i;

	for (i = 0; i < elf->segment_count; i++) {
		const Elf64_Phdr *segment = &elf->segments[i];

		if (segment->p_type == PT_LOAD && address >= segment->p_vaddr &&
		    address - segment->p_vaddr < segment->p_filesz) {
			return address - segment->p_vaddr + segment->p_offset;
		}
	}
	return UINT64_MAX;
}

/* The needed library whose name begins so. False: none. */
static bool find_needed(const struct elf *elf, const char *prefix,
			char ret_name[WEFT_PROGRAM_LIBRARY_SIZE])
{
	const Elf64_Phdr *dynamic = find_segment(elf, PT_DYNAMIC);
	uint64_t names = UINT64_MAX;
	uint64_t count = dynamic ? dynamic->p_filesz / sizeof(Elf64_Dyn) : 0;
	int pass;

	count = count < ENTRIES_MAX ? count : ENTRIES_MAX;
	for (pass = 0; pass < 2; pass++) { /* Where the names are; then the names. */
		uint64_t i;

		for (i = 0; i < count; i++) {
			char name[WEFT_PROGRAM_LIBRARY_SIZE] = "";
			Elf64_Dyn entry;

			if (!read_at(elf->fd, dynamic->p_offset + i * sizeof(entry), &entry,
				     sizeof(entry))) {
				return false;
			}
			if (entry.d_tag == DT_STRTAB) {
				names = file_offset(elf, entry.d_un.d_ptr);
			} else if (pass == 1 && entry.d_tag == DT_NEEDED && names != UINT64_MAX &&
				   entry.d_un.d_val < INT32_MAX &&
				   pread(elf->fd, name, sizeof(name) - 1,
					 (off_t)(names + entry.d_un.d_val)) > 0 &&
				   strncmp(name, prefix, strlen(prefix)) == 0) {
				memcpy(ret_name, name, sizeof(name));
				return true;
			}
		}
	}
	return false;
}

static int examine_elf(const char *path, struct elf *elf, struct weft_program_file *ret_program,
		       struct weft_error *err)
{
	char name[WEFT_PROGRAM_LIBRARY_SIZE];
	Elf64_Ehdr header;

	if (!is_elf(elf->fd, &header)) {
		return 0; /* Running it will say so. */
	}
	if (header.e_ident[EI_CLASS] != ELFCLASS64) {
		return weft_error_set(err, -ENOTSUP, "cannot profile '%s': it is a 32-bit program",
				      path);
	}
	if (!read_segments(&header, elf)) {
		return 0;
	}
	if (!find_segment(elf, PT_INTERP)) {
		return weft_error_set(
			err, -ENOTSUP,
			"cannot profile '%s': it is statically linked, so no library "
			"can be put before its own functions; link it dynamically, or "
			"with libweft",
			path);
	}
	if (find_needed(elf, "libtsan.so", name)) {
		return weft_error_set(
			err, -ENOTSUP,
			"cannot profile '%s': it is built with ThreadSanitizer, which "
			"must see the locks itself",
			path);
	}
	if (find_needed(elf, "libasan.so", name)) {
		memcpy(ret_program->asan, name, sizeof(name));
	}
	return 0;
}

static int examine(const char *path, struct weft_program_file *ret_program, struct weft_error *err)
{
	struct elf elf = {.fd = open(path, O_RDONLY | O_CLOEXEC)};
	const char *reason;
	int ret;

	if (elf.fd < 0) {
		return 0; /* Running it will say why. */
	}
	reason = more_rights(elf.fd);
	ret = reason ? weft_error_set(err, -ENOTSUP,
				      "cannot profile '%s': %s, and the loader preloads nothing "
				      "into such programs; run it as its owner",
				      path, reason)
		     : examine_elf(path, &elf, ret_program, err);
	(void)close(elf.fd); /* Read only. */
	return ret;
}

int weft_program_file_examine(const char *command, struct weft_program_file *ret_program,
			      struct weft_error *err)
{
	char path[PATH_MAX];
	int i;

	ret_program->asan[0] = '\0';
	if (!find_program(command, path)) {
		return 0;
	}
	for (i = 0; i < SCRIPTS_MAX && follow_script(path); i++) {
	}
	return examine(path, ret_program, err);
}
