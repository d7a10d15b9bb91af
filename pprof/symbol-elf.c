// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * ELF files and their separate debug files. See symbol-elf.h.
 */
#include "symbol-elf.h"

#include <dlfcn.h>
#include <elfutils/libdwelf.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <zlib.h>

#define DEBUG_FOLDER "/usr/lib/debug"
#define OPEN_FLAGS   (O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)

/* ---- Opening ---- */

/* A link of a container points into the container, not to what has that name here. */
static int open_below(const char *root, const char *path)
{
	struct open_how how = {.flags = OPEN_FLAGS, .resolve = RESOLVE_IN_ROOT};
	int root_fd = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC);
	char joined[PATH_MAX];
	int fd;

	if (root_fd < 0) {
		return -errno;
	}
	fd = (int)syscall(SYS_openat2, root_fd, path, &how, sizeof(how));
	if (fd < 0) {
		fd = -errno;
	}
	(void)close(root_fd); /* Nothing was read from it. */
	if ((fd == -ENOSYS || fd == -EPERM) &&
	    snprintf(joined, sizeof(joined), "%s/%s", root, path) < (int)sizeof(joined)) {
		fd = open(joined, OPEN_FLAGS); /* Kernels before 5.6, and some sandboxes. */
		fd = fd < 0 ? -errno : fd;
	}
	return fd;
}

int weft_symbol_elf_open_path(const char *root, const char *path)
{
	struct stat status;
	int fd;

	if (root) {
		fd = open_below(root, path);
	} else {
		fd = open(path, OPEN_FLAGS);
		fd = fd < 0 ? -errno : fd;
	}
	if (fd >= 0 && (fstat(fd, &status) != 0 || !S_ISREG(status.st_mode))) {
		(void)close(fd); /* Nothing was read from it. */
		return -EINVAL;
	}
	return fd;
}

static void read_build_id(struct weft_symbol_elf *elf)
{
	const void *bits = NULL;
	ssize_t size = dwelf_elf_gnu_build_id(elf->elf, &bits);
	ssize_t i;

	if (size > WEFT_SYMBOL_BUILD_ID_MAX) {
		size = 0;
	}
	for (i = 0; i < size; i++) {
		(void)snprintf(elf->build_id + 2 * i, 3, "%02x", ((const unsigned char *)bits)[i]);
	}
}

int weft_symbol_elf_init(struct weft_symbol_elf *elf, int fd)
{
	*elf = (struct weft_symbol_elf)WEFT_SYMBOL_ELF_INIT;
	elf->fd = fd;
	(void)elf_version(EV_CURRENT); /* Fails for versions yet to come only. */
	elf->elf = elf_begin(fd, ELF_C_READ_MMAP, NULL);
	if (!elf->elf) {
		weft_symbol_elf_fini(elf);
		return -ENOMEM;
	}
	if (elf_kind(elf->elf) != ELF_K_ELF) {
		weft_symbol_elf_fini(elf);
		return -ENOEXEC;
	}
	read_build_id(elf);
	return 0;
}

void weft_symbol_elf_fini(struct weft_symbol_elf *elf)
{
	(void)elf_end(elf->elf); /* Counts references that nobody needs. */
	if (elf->fd >= 0) {
		(void)close(elf->fd); /* Read only; nothing to lose. */
	}
	*elf = (struct weft_symbol_elf)WEFT_SYMBOL_ELF_INIT;
}

/* ---- Sections ---- */

Elf_Scn *weft_symbol_elf_find_section(Elf *elf, const char *name, GElf_Shdr *ret_header)
{
	Elf_Scn *section = NULL;
	size_t names;

	if (elf_getshdrstrndx(elf, &names) != 0) {
		return NULL;
	}
	while ((section = elf_nextscn(elf, section)) != NULL) {
		GElf_Shdr header;
		const char *found;

		if (!gelf_getshdr(section, &header)) {
			continue;
		}
		found = elf_strptr(elf, names, header.sh_name);
		if (found && strcmp(found, name) == 0) {
			*ret_header = header;
			return section;
		}
	}
	return NULL;
}

bool weft_symbol_elf_has_dwarf(Elf *elf)
{
	GElf_Shdr header;

	return (weft_symbol_elf_find_section(elf, ".debug_info", &header) ||
		weft_symbol_elf_find_section(elf, ".zdebug_info", &header)) &&
	       header.sh_type != SHT_NOBITS;
}

/* ---- Separate debug files ---- */

/* The checksum of .gnu_debuglink is zlib's. */
static bool has_checksum(int fd, GElf_Word wanted)
{
	static const size_t block_size = 1U << 16;
	unsigned char *block = (unsigned char *)malloc(block_size);
	uLong sum = crc32(0, NULL, 0);
	off_t at = 0;
	ssize_t size = -1;

	while (block && (size = pread(fd, block, block_size, at)) > 0) {
		sum = crc32(sum, block, (uInt)size);
		at += size;
	}
	free(block);
	return size == 0 && sum == wanted;
}

/* Whether `fd`, which it takes, is the debug file of `main`; `checksum` counts without build ids. */
static bool take_if_it_fits(const struct weft_symbol_elf *main, int fd, const GElf_Word *checksum,
			    struct weft_symbol_elf *ret_debug)
{
	struct weft_symbol_elf debug;
	bool fits;

	if (weft_symbol_elf_init(&debug, fd) != 0) {
		return false;
	}
	fits = main->build_id[0] && debug.build_id[0] ? strcmp(main->build_id, debug.build_id) == 0
						      : checksum && has_checksum(fd, *checksum);
	if (!fits) {
		weft_symbol_elf_fini(&debug);
		return false;
	}
	*ret_debug = debug;
	return true;
}

static bool try_path(const struct weft_symbol_search *search, const char *path,
		     const GElf_Word *checksum, struct weft_symbol_elf *ret_debug)
{
	int fd = -ENOENT;

	if (search->root) {
		fd = weft_symbol_elf_open_path(search->root, path);
		if (fd >= 0 && take_if_it_fits(search->main, fd, checksum, ret_debug)) {
			return true;
		}
	}
	fd = weft_symbol_elf_open_path(NULL, path);
	return fd >= 0 && take_if_it_fits(search->main, fd, checksum, ret_debug);
}

static bool find_by_build_id(const struct weft_symbol_search *search,
			     struct weft_symbol_elf *ret_debug)
{
	const char *id = search->main->build_id;
	char path[PATH_MAX];

	if (strlen(id) < 3) {
		return false;
	}
	(void)snprintf(path, sizeof(path), DEBUG_FOLDER "/.build-id/%.2s/%s.debug", id, id + 2);
	return try_path(search, path, NULL, ret_debug);
}

/* Beside the file of that path, as .gnu_debuglink is meant to be used. */
static bool find_beside(const struct weft_symbol_search *search, const char *file,
			struct weft_symbol_elf *ret_debug)
{
	static const char *const patterns[] = {"%s%.*s/%s", "%s%.*s/.debug/%s",
					       DEBUG_FOLDER "%s%.*s/%s"};
	GElf_Word checksum = 0;
	const char *link = dwelf_elf_gnu_debuglink(search->main->elf, &checksum);
	const char *slash = strrchr(file, '/');
	size_t i;

	if (!link || !link[0] || strchr(link, '/')) {
		return false;
	}
	for (i = 0; i < sizeof(patterns) / sizeof(patterns[0]); i++) {
		char path[PATH_MAX];
		int len = snprintf(path, sizeof(path), patterns[i], slash ? "" : ".",
				   slash ? (int)(slash - file) : 0, file, link);

		if (len < (int)sizeof(path) && try_path(search, path, &checksum, ret_debug)) {
			return true;
		}
	}
	return false;
}

static bool find_by_link(const struct weft_symbol_search *search, struct weft_symbol_elf *ret_debug)
{
	char real[PATH_MAX];

	if (find_beside(search, search->path, ret_debug)) {
		return true;
	}
	/* What is called /bin/x may be installed as /usr/bin/x. */
	return !search->root && realpath(search->path, real) && strcmp(real, search->path) != 0 &&
	       find_beside(search, real, ret_debug);
}

/* ---- debuginfod ---- */

/* From <elfutils/debuginfod.h>, whose library is there at run time or not. */
typedef struct debuginfod_client client_type;
typedef client_type *(*begin_fn)(void);
typedef int (*find_fn)(client_type *client, const unsigned char *build_id, int size, char **path);
typedef void (*end_fn)(client_type *client);

static int ask_servers(void *library, const char *build_id)
{
	begin_fn begin;
	find_fn find;
	end_fn end;
	client_type *client;
	int fd = -ENOSYS;

	/* POSIX has it so; ISO C knows no way from one kind of pointer to the other. */
	*(void **)&begin = dlsym(library, "debuginfod_begin");
	*(void **)&find = dlsym(library, "debuginfod_find_debuginfo");
	*(void **)&end = dlsym(library, "debuginfod_end");
	client = begin && find && end ? begin() : NULL;
	if (client) {
		/* A size of 0 says that it is text. */
		fd = find(client, (const unsigned char *)build_id, 0, NULL);
		end(client);
	}
	return fd;
}

static bool find_on_servers(const struct weft_symbol_search *search,
			    struct weft_symbol_elf *ret_debug)
{
	const char *servers = getenv("DEBUGINFOD_URLS");
	void *library;
	int fd;

	if (!search->debuginfod || !servers || !servers[0] || !search->main->build_id[0]) {
		return false;
	}
	library = dlopen("libdebuginfod.so.1", RTLD_NOW | RTLD_LOCAL);
	if (!library) {
		return false;
	}
	fd = ask_servers(library, search->main->build_id);
	/* Never closed again: the library that it uses for transfers does not stand that. */
	return fd >= 0 && take_if_it_fits(search->main, fd, NULL, ret_debug);
}

int weft_symbol_elf_find_debug(const struct weft_symbol_search *search,
			       struct weft_symbol_elf *ret_debug)
{
	return find_by_build_id(search, ret_debug) || find_by_link(search, ret_debug) ||
			       find_on_servers(search, ret_debug)
		       ? 0
		       : -ENOENT;
}
