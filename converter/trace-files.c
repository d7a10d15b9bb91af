// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * CTF trace directories on disk. See trace-files.h.
 */
#include "trace-files.h"

#include <dirent.h>
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#define DEPTH_MAX         16
#define METADATA_SIZE_MAX (64U << 20)
#define COPY_SIZE         (1U << 20)

static bool is_directory(const char *path)
{
	struct stat status;

	return stat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

static bool is_file(const char *path)
{
	struct stat status;

	return stat(path, &status) == 0 && S_ISREG(status.st_mode);
}

/* ---- Metadata ---- */

/* The value of `weft_tier = "..."`, of letters and dashes; anything else is left out. */
static void find_tier(const char *text, size_t size, char *ret_tier)
{
	static const char key[] = "weft_tier = \"";
	const char *end = text + size;
	const char *at = (const char *)memmem(text, size, key, sizeof(key) - 1);
	size_t len = 0;

	ret_tier[0] = '\0';
	if (!at) {
		return;
	}
	at += sizeof(key) - 1;
	while (at + len < end && len + 1 < WEFT_TIER_SIZE &&
	       ((at[len] >= 'a' && at[len] <= 'z') || at[len] == '-')) {
		len++;
	}
	if (at + len < end && at[len] == '"') {
		memcpy(ret_tier, at, len);
		ret_tier[len] = '\0';
	}
}

static int look_at_metadata(struct weft_trace_dir *dir, const char *path, struct weft_error *err)
{
	struct stat status;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	void *text = MAP_FAILED;
	int ret = 0;

	if (fd < 0 || fstat(fd, &status) < 0) {
		ret = weft_error_set_errno(err, -errno, "cannot read '%s'", path);
		goto out;
	}
	if (status.st_size <= 0 || status.st_size > METADATA_SIZE_MAX) {
		ret = weft_error_set(err, -EPROTO, "'%s' is no CTF metadata: size=%lld", path,
				     (long long)status.st_size);
		goto out;
	}
	text = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (text == MAP_FAILED) {
		ret = weft_error_set_errno(err, -errno, "cannot read '%s'", path);
		goto out;
	}
	dir->has_weft = memmem(text, (size_t)status.st_size, "weft:", 5) != NULL;
	dir->has_sched = memmem(text, (size_t)status.st_size, "sched_switch", 12) != NULL;
	find_tier((const char *)text, (size_t)status.st_size, dir->tier);
	if (((const char *)text)[0] == '\x1e' || ((const char *)text)[0] == '{') {
		ret = weft_error_set(err, -EPROTO,
				     "'%s' is CTF 2, which babeltrace2 2.0 cannot read; record "
				     "with lttng-sessiond --default-trace-format=ctf-1.8",
				     path);
	}
out:
	if (text != MAP_FAILED) {
		(void)munmap(text, (size_t)status.st_size); /* Mapped above. */
	}
	if (fd >= 0) {
		(void)close(fd); /* Read only; nothing to lose. */
	}
	return ret;
}

/* ---- Finding ---- */

static int add_dir(struct weft_trace_dirs *dirs, const char *path, const char *metadata,
		   struct weft_error *err)
{
	struct weft_trace_dir *dir;
	int ret;

	if (dirs->count == dirs->capacity) {
		size_t capacity = dirs->capacity ? dirs->capacity * 2 : 8;

		dir = (struct weft_trace_dir *)realloc(dirs->dirs, capacity * sizeof(*dir));
		if (!dir) {
			return weft_error_set(err, -ENOMEM, "out of memory");
		}
		dirs->dirs = dir;
		dirs->capacity = capacity;
	}
	dir = &dirs->dirs[dirs->count];
	memset(dir, 0, sizeof(*dir));
	ret = look_at_metadata(dir, metadata, err);
	if (ret < 0) {
		return ret;
	}
	dir->path = strdup(path);
	if (!dir->path) {
		return weft_error_set(err, -ENOMEM, "out of memory");
	}
	dirs->count++;
	return 0;
}

static int walk(struct weft_trace_dirs *dirs, const char *path, int depth, struct weft_error *err);

static int walk_entries(struct weft_trace_dirs *dirs, DIR *listing, const char *path, int depth,
			struct weft_error *err)
{
	const struct dirent *entry;
	char *below;
	int ret = 0;

	while (ret == 0 && (entry = readdir(listing)) != NULL) {
		if (entry->d_name[0] == '.') {
			continue;
		}
		if (asprintf(&below, "%s/%s", path, entry->d_name) < 0) {
			return weft_error_set(err, -ENOMEM, "out of memory");
		}
		if (is_directory(below)) {
			ret = walk(dirs, below, depth + 1, err);
		}
		free(below);
	}
	return ret;
}

static int walk(struct weft_trace_dirs *dirs, const char *path, int depth, struct weft_error *err)
{
	DIR *listing = NULL;
	char *metadata = NULL;
	int ret = 0;

	if (depth > DEPTH_MAX) {
		return 0;
	}
	if (asprintf(&metadata, "%s/metadata", path) < 0) {
		return weft_error_set(err, -ENOMEM, "out of memory");
	}
	if (is_file(metadata)) {
		ret = add_dir(dirs, path, metadata, err);
		goto out; /* A trace has no traces inside. */
	}
	listing = opendir(path);
	if (!listing) {
		ret = weft_error_set_errno(err, -errno, "cannot read '%s'", path);
		goto out;
	}
	ret = walk_entries(dirs, listing, path, depth, err);
out:
	if (listing) {
		(void)closedir(listing); /* Read only; nothing to lose. */
	}
	free(metadata);
	return ret;
}

int weft_trace_dirs_find(struct weft_trace_dirs *dirs, const char *input, struct weft_error *err)
{
	size_t before = dirs->count;
	struct stat status;
	int ret;

	if (stat(input, &status) < 0) {
		return weft_error_set_errno(err, -errno, "cannot read '%s'", input);
	}
	if (!S_ISDIR(status.st_mode)) {
		return weft_error_set(err, -ENOTDIR,
				      "'%s' is a file; give the directory that was recorded",
				      input);
	}
	ret = walk(dirs, input, 0, err);
	if (ret == 0 && dirs->count == before) {
		ret = weft_error_set(err, -ENODATA,
				     "no trace in '%s': no file 'metadata' there or below; was "
				     "an instrumented program running while it was recorded?",
				     input);
	}
	return ret;
}

/* ---- Damaged stream files ---- */

/* Start of each packet as LTTng writes it; numbers in the machine's order. */
struct packet_start {
	uint32_t magic;
	uint8_t uuid[16];
	uint32_t stream_id;
	uint64_t stream_instance_id;
	uint64_t begin, end;
	uint64_t content_bits, packet_bits;
};

#define PACKET_MAGIC 0xc1fc1fc1U

/*
 * Bytes of a stream file that whole packets take. Files of another layout are taken as whole: what
 * is wrong with them babeltrace2 will tell.
 */
static uint64_t whole_size(int fd, uint64_t size)
{
	struct packet_start start;
	uint64_t at = 0;

	while (at < size) {
		if (pread(fd, &start, sizeof(start), (off_t)at) != (ssize_t)sizeof(start)) {
			return at;
		}
		if (start.magic != PACKET_MAGIC) {
			return at == 0 ? size : at;
		}
		if (start.packet_bits < sizeof(start) * 8 || start.packet_bits % 8 != 0 ||
		    start.content_bits > start.packet_bits || start.packet_bits / 8 > size - at) {
			return at;
		}
		at += start.packet_bits / 8;
	}
	return at;
}

static int copy_start(const char *from, const char *to, uint64_t size, struct weft_error *err)
{
	int in = open(from, O_RDONLY | O_CLOEXEC);
	int out = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	int ret = 0;

	if (in < 0 || out < 0) {
		ret = weft_error_set_errno(err, -errno, "cannot copy '%s'", from);
	}
	while (ret == 0 && size > 0) {
		/* Not copy_file_range(): that is for one file system alone. */
		ssize_t copied = sendfile(out, in, NULL, size < COPY_SIZE ? size : COPY_SIZE);

		if (copied <= 0) {
			ret = weft_error_set_errno(err, copied < 0 ? -errno : -EIO,
						   "cannot copy '%s' to '%s'", from, to);
		} else {
			size -= (uint64_t)copied;
		}
	}
	if (in >= 0) {
		(void)close(in); /* Read only; nothing to lose. */
	}
	if (out >= 0 && close(out) < 0 && ret == 0) {
		ret = weft_error_set_errno(err, -errno, "cannot write '%s'", to);
	}
	return ret;
}

/* Returns 1 when the file is damaged, with the size of its whole part. */
static int check_stream(const char *path, uint64_t *ret_size, struct weft_error *err)
{
	struct stat status;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	int ret = 0;

	if (fd < 0 || fstat(fd, &status) < 0) {
		ret = weft_error_set_errno(err, -errno, "cannot read '%s'", path);
	} else {
		*ret_size = whole_size(fd, (uint64_t)status.st_size);
		ret = *ret_size < (uint64_t)status.st_size;
	}
	if (fd >= 0) {
		(void)close(fd); /* Read only; nothing to lose. */
	}
	return ret;
}

static int make_view_folder(struct weft_trace_dir *dir, struct weft_error *err)
{
	const char *tmp = getenv("TMPDIR");

	if (asprintf(&dir->view_path, "%s/weft-view-XXXXXX", tmp && tmp[0] ? tmp : "/tmp") < 0) {
		dir->view_path = NULL;
		return weft_error_set(err, -ENOMEM, "out of memory");
	}
	if (!mkdtemp(dir->view_path)) {
		int code = -errno;

		free(dir->view_path);
		dir->view_path = NULL;
		return weft_error_set_errno(err, code, "cannot make a temporary folder");
	}
	return 0;
}

/* Puts one entry of the trace into the view: a link, or the whole part of a damaged stream. */
static int view_entry(struct weft_trace_dir *dir, const char *name, struct weft_error *err)
{
	char *real = realpath(dir->path, NULL);
	char *from = NULL;
	char *to = NULL;
	uint64_t size = 0;
	int ret = -ENOMEM;

	if (!real || asprintf(&from, "%s/%s", real, name) < 0 ||
	    asprintf(&to, "%s/%s", dir->view_path, name) < 0) {
		ret = weft_error_set(err, -ENOMEM, "out of memory");
		goto out;
	}
	/* Index files describe packets that may be gone; babeltrace2 makes its own without them. */
	if (strcmp(name, "index") == 0) {
		ret = 0;
		goto out;
	}
	if (strcmp(name, "metadata") != 0 && is_file(from)) {
		dir->stream_count++;
		ret = check_stream(from, &size, err);
	} else {
		ret = 0;
	}
	if (ret > 0) {
		dir->cut_packet_count++;
		ret = size ? copy_start(from, to, size, err) : 0;
	} else if (ret == 0 && symlink(from, to) < 0) {
		ret = weft_error_set_errno(err, -errno, "cannot link '%s'", to);
	}
out:
	free(real);
	free(from);
	free(to);
	return ret;
}

/* Calls visit for each entry of a directory until one returns other than 0. */
static int each_entry(struct weft_trace_dir *dir, struct weft_error *err,
		      int (*visit)(struct weft_trace_dir *dir, const char *name,
				   struct weft_error *err))
{
	DIR *listing = opendir(dir->path);
	const struct dirent *entry;
	int ret = 0;

	if (!listing) {
		return weft_error_set_errno(err, -errno, "cannot read '%s'", dir->path);
	}
	while (ret == 0 && (entry = readdir(listing)) != NULL) {
		if (entry->d_name[0] != '.') {
			ret = visit(dir, entry->d_name, err);
		}
	}
	(void)closedir(listing); /* Read only; nothing to lose. */
	return ret;
}

static int is_damaged(struct weft_trace_dir *dir, const char *name, struct weft_error *err)
{
	uint64_t size;
	char *path;
	int ret;

	if (strcmp(name, "metadata") == 0) {
		return 0;
	}
	if (asprintf(&path, "%s/%s", dir->path, name) < 0) {
		return weft_error_set(err, -ENOMEM, "out of memory");
	}
	if (is_file(path)) {
		dir->stream_count++;
		ret = check_stream(path, &size, err);
	} else {
		ret = 0;
	}
	free(path);
	return ret;
}

int weft_trace_dirs_repair(struct weft_trace_dirs *dirs, struct weft_error *err)
{
	size_t i;
	int ret;

	for (i = 0; i < dirs->count; i++) {
		ret = each_entry(&dirs->dirs[i], err, is_damaged);
		if (ret > 0) {
			ret = make_view_folder(&dirs->dirs[i], err);
			if (ret == 0) {
				dirs->dirs[i].stream_count = 0;
				ret = each_entry(&dirs->dirs[i], err, view_entry);
			}
		}
		if (ret < 0) {
			return ret;
		}
	}
	return 0;
}

static int remove_entry(struct weft_trace_dir *dir, const char *name, struct weft_error *err)
{
	char *path;

	(void)err;
	if (asprintf(&path, "%s/%s", dir->view_path, name) >= 0) {
		(void)unlink(
			path); /* What stays behind is in the temporary folder, and is links. */
		free(path);
	}
	return 0;
}

void weft_trace_dirs_fini(struct weft_trace_dirs *dirs)
{
	size_t i;

	for (i = 0; i < dirs->count; i++) {
		struct weft_trace_dir *dir = &dirs->dirs[i];

		if (dir->view_path) {
			(void)each_entry(dir, NULL, remove_entry); /* Best effort. */
			(void)rmdir(dir->view_path);               /* The same. */
		}
		free(dir->path);
		free(dir->view_path);
	}
	free(dirs->dirs);
	memset(dirs, 0, sizeof(*dirs));
}
