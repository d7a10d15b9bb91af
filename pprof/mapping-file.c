// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Finding the files of mappings. See mapping-file.h.
 */
#include "mapping-file.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static const char deleted[] = " (deleted)";

static bool is_vdso(const char *name)
{
	return strcmp(name, "[vdso]") == 0 || strncmp(name, "linux-vdso", 10) == 0 ||
	       strncmp(name, "linux-gate", 10) == 0;
}

bool weft_mapping_file_is_named(const struct weft_pprof_mapping *mapping)
{
	const char *name = mapping->file;

	return is_vdso(name) ||
	       (name[0] == '/' && name[1] != '/' && strncmp(name, "/dev/", 5) != 0);
}

/* ---- The kernel's page of code ---- */

/* Its headers say how far it goes; sections, which come last, are not in any segment. */
static size_t vdso_size(const unsigned char *vdso)
{
	Elf64_Ehdr header;

	memcpy(&header, vdso, sizeof(header));
	return header.e_shoff + (size_t)header.e_shnum * header.e_shentsize;
}

static int copy_vdso(void)
{
	const unsigned char *vdso = (const unsigned char *)getauxval(AT_SYSINFO_EHDR);
	size_t size;
	int fd;

	if (!vdso || vdso[EI_CLASS] != ELFCLASS64) {
		return -ENOENT;
	}
	size = vdso_size(vdso);
	fd = memfd_create("vdso", MFD_CLOEXEC);
	if (fd < 0) {
		return -errno;
	}
	if (write(fd, vdso, size) != (ssize_t)size) {
		(void)close(fd); /* A copy that nobody needs. */
		return -EIO;
	}
	return fd;
}

static int open_vdso(const struct weft_pprof_mapping *mapping, struct weft_symbol_file **ret_file,
		     struct weft_error *err)
{
	struct weft_symbol_file_options options = {.path = mapping->file,
						   .build_id = mapping->build_id};
	int ret;

	if (!mapping->build_id[0]) {
		return weft_error_set(err, -ENOENT, "the build id of '%s' is not known",
				      mapping->file);
	}
	options.fd = copy_vdso();
	if (options.fd < 0) {
		return weft_error_set_errno(err, options.fd, "cannot read the vdso");
	}
	ret = weft_symbol_file_open(&options, ret_file, err);
	(void)close(options.fd); /* The file has its own. */
	return ret;
}

/* ---- Files of a process ---- */

/* Opens a link of the kernel's to a file, which may have no path any more. */
static int open_link(const char *link, struct weft_symbol_file_options options,
		     struct weft_symbol_file **ret_file)
{
	struct stat status;
	int ret;

	options.fd = open(link, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (options.fd < 0) {
		return -errno;
	}
	if (fstat(options.fd, &status) != 0 || !S_ISREG(status.st_mode)) {
		(void)close(options.fd); /* Nothing was read from it. */
		return -EINVAL;
	}
	ret = weft_symbol_file_open(&options, ret_file, NULL);
	(void)close(options.fd); /* The file has its own. */
	return ret;
}

/* Whether /proc/PID/exe is what the mapping calls by its path. */
static bool is_program(const char *link, const char *path)
{
	char target[PATH_MAX];
	ssize_t len = readlink(link, target, sizeof(target));
	size_t path_len = strlen(path);

	if (len < 0 || (size_t)len < path_len || memcmp(target, path, path_len) != 0) {
		return false;
	}
	return (size_t)len == path_len ||
	       ((size_t)len == path_len + sizeof(deleted) - 1 &&
		memcmp(target + path_len, deleted, sizeof(deleted) - 1) == 0);
}

/* Errors do not count: another way may lead to the file. -ENOENT: it was not to be had this way. */
static int open_in_process(const struct weft_pprof_mapping *mapping, int32_t pid,
			   struct weft_symbol_file_options options,
			   struct weft_symbol_file **ret_file)
{
	char root[64];
	char link[PATH_MAX];

	(void)snprintf(root, sizeof(root), "/proc/%" PRId32 "/root", pid);
	options.root = root;
	(void)snprintf(link, sizeof(link), "/proc/%" PRId32 "/map_files/%" PRIx64 "-%" PRIx64, pid,
		       mapping->start, mapping->limit);
	if (open_link(link, options, ret_file) == 0) {
		return 0;
	}
	(void)snprintf(link, sizeof(link), "/proc/%" PRId32 "/exe", pid);
	if (is_program(link, options.path) && open_link(link, options, ret_file) == 0) {
		return 0;
	}
	return weft_symbol_file_open(&options, ret_file, NULL) == 0 ? 0 : -ENOENT;
}

int weft_mapping_file_open(const struct weft_pprof_mapping *mapping,
			   const struct weft_symbolize_options *options,
			   struct weft_symbol_file **ret_file, struct weft_error *err)
{
	struct weft_symbol_file_options wanted = {.fd = -1,
						  .build_id = mapping->build_id,
						  .debuginfod = options->debuginfod,
						  .deadline_ns = options->deadline_ns};
	size_t len = strlen(mapping->file);
	char path[PATH_MAX];

	if (is_vdso(mapping->file)) {
		return open_vdso(mapping, ret_file, err);
	}
	if (len >= sizeof(path)) {
		return weft_error_set_errno(err, -ENAMETOOLONG, "cannot open '%.64s...'",
					    mapping->file);
	}
	if (len > sizeof(deleted) - 1 &&
	    strcmp(mapping->file + len - (sizeof(deleted) - 1), deleted) == 0) {
		len -= sizeof(deleted) - 1;
	}
	memcpy(path, mapping->file, len);
	path[len] = '\0';
	wanted.path = path;
	if (options->pid > 0 && open_in_process(mapping, options->pid, wanted, ret_file) == 0) {
		return 0;
	}
	return weft_symbol_file_open(&wanted, ret_file, err);
}
