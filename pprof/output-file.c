// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * A file that appears complete or not at all. See <weft/output-file.h>.
 */
#include <weft/output-file.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <weft/pprof.h>

#define NAME_TRIES     100
#define LINK_DEPTH_MAX 40

struct weft_output_file {
	int fd;
	bool direct;   /* Written in place: nothing to name. */
	bool nameless; /* O_TMPFILE: gets a name at commit. */
	bool own_fd;
	char path[PATH_MAX];
	char temporary[PATH_MAX]; /* Beside `path`; "" while nameless. */
};

/* "DIR/.NAME.PID-N": the same file system, and a hint whose it is. */
static int format_temporary(struct weft_output_file *file, unsigned int number)
{
	const char *slash = strrchr(file->path, '/');
	int folder_len = slash ? (int)(slash - file->path) + 1 : 0;
	int len =
		snprintf(file->temporary, sizeof(file->temporary), "%.*s.%.200s.%ld-%u", folder_len,
			 file->path, slash ? slash + 1 : file->path, (long)getpid(), number);

	return len < 0 || (size_t)len >= sizeof(file->temporary) ? -ENAMETOOLONG : 0;
}

static int open_nameless(struct weft_output_file *file)
{
	char folder[PATH_MAX];
	char *slash;

	memcpy(folder, file->path, sizeof(folder));
	slash = strrchr(folder, '/');
	if (!slash) {
		memcpy(folder, ".", 2);
	} else {
		slash[slash == folder ? 1 : 0] = '\0';
	}
	file->fd = open(folder, O_TMPFILE | O_WRONLY | O_CLOEXEC, 0666);
	file->nameless = file->fd >= 0;
	return file->fd < 0 ? -errno : 0;
}

static int open_named(struct weft_output_file *file)
{
	unsigned int number;
	int ret = -EEXIST;

	for (number = 0; ret == -EEXIST && number < NAME_TRIES; number++) {
		ret = format_temporary(file, number);
		if (ret < 0) {
			return ret;
		}
		file->fd = open(file->temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
		ret = file->fd < 0 ? -errno : 0;
	}
	return ret;
}

/* A descriptor of our own process: opening /dev/fd/N anew would fail for sockets. */
static bool is_descriptor(const char *path, int *ret_fd)
{
	char *end;
	long fd;

	if (strcmp(path, "-") == 0 || strcmp(path, "/dev/stdout") == 0) {
		*ret_fd = STDOUT_FILENO;
		return true;
	}
	if (strncmp(path, "/dev/fd/", 8) != 0 || path[8] == '\0') {
		return false;
	}
	errno = 0;
	fd = strtol(path + 8, &end, 10);
	if (errno || *end || fd < 0 || fd > INT_MAX) {
		return false;
	}
	*ret_fd = (int)fd;
	return true;
}

/*
 * A symbolic link says where the file shall be, also when there is none yet: rename() would put the
 * file in the place of the link.
 */
static int follow_links(struct weft_output_file *file)
{
	char target[PATH_MAX];
	char folder[PATH_MAX];
	int depth;

	for (depth = 0; depth < LINK_DEPTH_MAX; depth++) {
		ssize_t len = readlink(file->path, target, sizeof(target) - 1);
		const char *slash = strrchr(file->path, '/');
		int folder_len = slash ? (int)(slash - file->path) + 1 : 0;

		if (len < 0) {
			return 0; /* No link, or nothing at all: open() will tell what is wrong. */
		}
		target[len] = '\0';
		if (target[0] == '/') {
			folder_len = 0;
		}
		memcpy(folder, file->path, (size_t)folder_len);
		len = snprintf(file->path, sizeof(file->path), "%.*s%s", folder_len, folder,
			       target);
		if (len < 0 || (size_t)len >= sizeof(file->path)) {
			return -ENAMETOOLONG;
		}
	}
	return -ELOOP;
}

static int open_file(struct weft_output_file *file)
{
	struct stat status;
	int ret;

	if (is_descriptor(file->path, &file->fd)) {
		file->direct = true;
		return fcntl(file->fd, F_GETFD) < 0 ? -errno : 0;
	}
	file->own_fd = true;
	if (stat(file->path, &status) == 0) {
		if (S_ISDIR(status.st_mode)) {
			return -EISDIR;
		}
		if (access(file->path, W_OK) < 0) {
			return -errno;
		}
		if (!S_ISREG(status.st_mode)) {
			file->direct = true;
			file->fd = open(file->path, O_WRONLY | O_CLOEXEC);
			return file->fd < 0 ? -errno : 0;
		}
	}
	ret = follow_links(file);
	if (ret < 0) {
		return ret;
	}
	/* File systems without nameless files say so in several ways. */
	return open_nameless(file) == 0 ? 0 : open_named(file);
}

int weft_output_file_open(const char *path, struct weft_output_file **ret_file,
			  struct weft_error *err)
{
	struct weft_output_file *file;
	int ret;

	if (strlen(path) >= sizeof(file->path) || path[0] == '\0') {
		return weft_error_set(err, -EINVAL, "'%.200s': not a possible file name", path);
	}
	file = (struct weft_output_file *)calloc(1, sizeof(*file));
	if (!file) {
		return weft_error_set(err, -ENOMEM, "out of memory");
	}
	file->fd = -1;
	memcpy(file->path, path, strlen(path) + 1);
	ret = open_file(file);
	if (ret < 0) {
		free(file);
		return weft_error_set_errno(err, ret, "cannot write '%s'", path);
	}
	*ret_file = file;
	return 0;
}

int weft_output_file_write(void *ctx, const void *bytes, size_t size)
{
	return weft_pprof_write_to_fd(&((struct weft_output_file *)ctx)->fd, bytes, size);
}

/* linkat() cannot replace a file: the name is taken under a temporary one first. */
static int give_name(struct weft_output_file *file)
{
	char own[64];
	unsigned int number;
	int ret = -EEXIST;

	(void)snprintf(own, sizeof(own), "/proc/self/fd/%d", file->fd);
	for (number = 0; ret == -EEXIST && number < NAME_TRIES; number++) {
		ret = format_temporary(file, number);
		if (ret == 0 &&
		    linkat(AT_FDCWD, own, AT_FDCWD, file->temporary, AT_SYMLINK_FOLLOW) < 0) {
			ret = -errno;
		}
	}
	file->nameless = ret < 0;
	return ret;
}

int weft_output_file_commit(struct weft_output_file *file, struct weft_error *err)
{
	int ret = 0;

	if (!file->direct) {
		if (file->nameless) {
			ret = give_name(file);
		}
		if (ret == 0 && rename(file->temporary, file->path) < 0) {
			ret = -errno;
		}
		if (ret == 0) {
			file->temporary[0] = '\0';
		}
	}
	if (file->own_fd && close(file->fd) < 0 && ret == 0) {
		ret = -errno; /* Some file systems tell only now that the disk is full. */
	}
	file->own_fd = false;
	if (ret < 0) {
		ret = weft_error_set_errno(err, ret, "cannot write '%s'", file->path);
	}
	weft_output_file_discard(file);
	return ret;
}

void weft_output_file_discard(struct weft_output_file *file)
{
	if (!file) {
		return;
	}
	if (file->own_fd) {
		(void)close(file->fd); /* Its content is not wanted. */
	}
	if (file->temporary[0] && !file->nameless) {
		(void)unlink(file->temporary); /* Best effort: an error was told already. */
	}
	free(file);
}
