// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Metadata in memory. See metadata-place.h.
 */
#include "metadata-place.h"

#include <elf.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SHM_FOLDER "/dev/shm"
#define SUFFIX     ".metadata"

static void file_path(const char *session_name,
		      char ret_path[WEFT_SESSION_NAME_SIZE + sizeof(SHM_FOLDER "/" SUFFIX)])
{
	(void)snprintf(ret_path, WEFT_SESSION_NAME_SIZE + sizeof(SHM_FOLDER "/" SUFFIX),
		       SHM_FOLDER "/%s" SUFFIX, session_name);
}

/* LTTng names folders after it; programs that cannot be read are taken for 64-bit ones. */
static int find_bits(pid_t pid)
{
	unsigned char start[EI_NIDENT] = {0};
	char path[64];
	FILE *file;

	(void)snprintf(path, sizeof(path), "/proc/%d/exe", (int)pid);
	file = fopen(path, "re");
	if (file) {
		(void)!fread(start, 1, sizeof(start), file); /* Zeros say the same. */
		(void)fclose(file);                          /* Read only; nothing to lose. */
	}
	return start[EI_CLASS] == ELFCLASS32 ? 32 : 64;
}

/* Makes each folder of a path below its first `at` characters. */
static int make_folders(char *path, size_t at)
{
	char *slash;

	for (slash = strchr(path + at + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		int ret;

		*slash = '\0';
		ret = mkdir(path, 0770) < 0 && errno != EEXIST ? -errno : 0;
		*slash = '/';
		if (ret < 0) {
			return ret;
		}
	}
	return 0;
}

int weft_metadata_place(const char *session_name, const char *dir, pid_t pid,
			struct weft_error *err)
{
	char target[WEFT_SESSION_NAME_SIZE + sizeof(SHM_FOLDER "/" SUFFIX)];
	char path[PATH_MAX];
	struct stat status;
	int ret;

	(void)snprintf(path, sizeof(path), "/proc/%d", (int)pid);
	if (stat(path, &status) < 0) {
		return weft_error_set_errno(err, -errno, "cannot look at process %d", (int)pid);
	}
	if (snprintf(path, sizeof(path), "%s/ust/uid/%u/%d-bit/metadata", dir,
		     (unsigned int)status.st_uid, find_bits(pid)) >= (int)sizeof(path)) {
		return weft_error_set(err, -ENAMETOOLONG, "the path '%s' is too long", dir);
	}
	file_path(session_name, target);
	ret = make_folders(path, strlen(dir));
	if (ret == 0 && symlink(target, path) < 0) {
		ret = -errno;
	}
	return ret < 0 ? weft_error_set_errno(err, ret, "cannot make '%s'", path) : 0;
}

void weft_metadata_remove(const char *session_name)
{
	char path[WEFT_SESSION_NAME_SIZE + sizeof(SHM_FOLDER "/" SUFFIX)];

	file_path(session_name, path);
	(void)unlink(path); /* Most sessions have none. */
}

bool weft_metadata_is_of(const char *entry, char ret_session_name[WEFT_SESSION_NAME_SIZE])
{
	size_t len = strlen(entry);
	struct weft_session_name name;

	if (len < sizeof(SUFFIX) || len - (sizeof(SUFFIX) - 1) >= WEFT_SESSION_NAME_SIZE ||
	    strcmp(entry + len - (sizeof(SUFFIX) - 1), SUFFIX) != 0) {
		return false;
	}
	len -= sizeof(SUFFIX) - 1;
	memcpy(ret_session_name, entry, len);
	ret_session_name[len] = '\0';
	return weft_session_name_parse(ret_session_name, &name);
}
