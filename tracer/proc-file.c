// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * See proc-file.h.
 */
#include "proc-file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define TASKS      "/proc/self/task"
#define FIRST_SIZE (64U << 10)
/* The longest /proc/self/maps: vm.max_map_count lines with long paths. */
#define SIZE_MAX_BYTES (64U << 20)
/* Which field of /proc/PID/stat is the mask of blocked signals: see the manual, proc(5). */
#define STAT_BLOCKED 32U

/* As the kernel fills it for getdents64(2). */
struct directory_entry {
	uint64_t inode;
	int64_t offset;
	unsigned short size;
	unsigned char type;
	char name[];
};

static int read_all(int fd, char **ret_text, size_t *ret_len)
{
	size_t size = FIRST_SIZE;
	size_t len = 0;
	char *text = (char *)malloc(size);

	while (text) {
		ssize_t got = read(fd, text + len, size - len - 1);
		char *larger;

		if (got < 0 && errno == EINTR) {
			continue;
		}
		if (got < 0) {
			int ret = -errno;

			free(text);
			return ret;
		}
		len += (size_t)got;
		if (got == 0 || size >= SIZE_MAX_BYTES) {
			text[len] = '\0';
			*ret_text = text;
			*ret_len = len;
			return 0;
		}
		if (size - len - 1 < FIRST_SIZE / 4) {
			size *= 2;
			larger = (char *)realloc(text, size);
			if (!larger) {
				free(text);
			}
			text = larger;
		}
	}
	return -ENOMEM;
}

int weft_proc_file_read(const char *path, char **ret_text, size_t *ret_len)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	int ret;

	if (fd < 0) {
		return -errno;
	}
	ret = read_all(fd, ret_text, ret_len);
	(void)close(fd); /* Read only; nothing to lose. */
	return ret;
}

int weft_proc_fd_peek(int fd, char *ret_text, size_t size)
{
	ssize_t len;

	ret_text[0] = '\0';
	do {
		len = pread(fd, ret_text, size - 1, 0);
	} while (len < 0 && errno == EINTR);
	if (len < 0) {
		return -errno;
	}
	ret_text[len] = '\0';
	return (int)len;
}

static int peek(int fd, char *ret_text, size_t size)
{
	int ret;

	if (fd < 0) {
		ret_text[0] = '\0';
		return fd;
	}
	ret = weft_proc_fd_peek(fd, ret_text, size);
	(void)close(fd); /* Read only; nothing to lose. */
	return ret;
}

int weft_proc_file_peek(const char *path, char *ret_text, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	return peek(fd < 0 ? -errno : fd, ret_text, size);
}

/* /proc/self/task while it is held, and 1; 0: it is not. */
static __thread int held_fd __attribute__((tls_model("initial-exec")));

void weft_proc_tasks_hold(void)
{
	held_fd = open(TASKS, O_PATH | O_DIRECTORY | O_CLOEXEC) + 1; /* 0 when it cannot be had. */
}

void weft_proc_tasks_release(void)
{
	if (held_fd > 0) {
		(void)close(held_fd - 1); /* Nothing to lose. */
		held_fd = 0;
	}
}

int weft_proc_task_open(int32_t tid, const char *file)
{
	char path[96];
	int fd;

	(void)snprintf(path, sizeof(path), "%s%d/%s", held_fd > 0 ? "" : TASKS "/", (int)tid, file);
	fd = openat(held_fd > 0 ? held_fd - 1 : AT_FDCWD, path, O_RDONLY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

int weft_proc_task_peek(int32_t tid, const char *file, char *ret_text, size_t size)
{
	return peek(weft_proc_task_open(tid, file), ret_text, size);
}

int weft_proc_threads_walk(bool (*visit)(void *ctx, int32_t tid), void *ctx)
{
	_Alignas(struct directory_entry) char entries[8192];
	int fd = open(TASKS, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool going = true;
	long size = 0;
	long at;

	if (fd < 0) {
		return -errno;
	}
	while (going && (size = syscall(SYS_getdents64, fd, entries, sizeof(entries))) > 0) {
		for (at = 0; going && at < size;) {
			const struct directory_entry *entry =
				(const struct directory_entry *)(const void *)(entries + at);
			long tid = strtol(entry->name, NULL, 10); /* "." and "..": 0. */

			if (tid > 0 && tid <= INT32_MAX) {
				going = visit(ctx, (int32_t)tid);
			}
			at += entry->size;
		}
	}
	(void)close(fd); /* Read only; nothing to lose. */
	return size < 0 ? -EIO : 0;
}

/* The number behind `key` in the text of a status file. */
static uint64_t status_field(const char *text, const char *key, int base)
{
	const char *at = strstr(text, key);

	return at ? strtoull(at + strlen(key), NULL, base) : 0;
}

static void parse_name(const char *text, char *ret_name, size_t size)
{
	const char *at = strstr(text, "Name:\t");
	size_t len = at ? strcspn(at + 6, "\n") : 0;

	len = len < size - 1 ? len : size - 1;
	if (len > 0) {
		memcpy(ret_name, at + 6, len);
	}
	ret_name[len] = '\0';
}

int weft_proc_thread_read(int32_t tid, struct weft_proc_thread *ret_thread)
{
	char text[4096];
	const char *state;
	int len = weft_proc_task_peek(tid, "status", text, sizeof(text));

	if (len < 0) {
		return len == -ENOENT ? -ESRCH : len;
	}
	state = strstr(text, "\nState:\t");
	if (!state) {
		return -EIO;
	}
	parse_name(text, ret_thread->name, sizeof(ret_thread->name));
	ret_thread->state = state[8];
	ret_thread->blocked = status_field(text, "\nSigBlk:\t", 16);
	ret_thread->switch_count = status_field(text, "\nvoluntary_ctxt_switches:\t", 10) +
				   status_field(text, "\nnonvoluntary_ctxt_switches:\t", 10);
	return 0;
}

/* Field `wanted`, from 3 on, of a stat file: behind the name, which may have spaces and brackets. */
static const char *stat_field(const char *text, unsigned int wanted)
{
	const char *at = strrchr(text, ')');
	unsigned int field;

	for (field = 2; at && field < wanted; field++) {
		at = strchr(at + 1, ' ');
	}
	return at ? at + 1 : NULL;
}

int weft_proc_thread_blocks(int32_t tid, int signal)
{
	char text[1024];
	const char *mask;
	int len = weft_proc_task_peek(tid, "stat", text, sizeof(text));

	if (len < 0) {
		return len == -ENOENT ? -ESRCH : len;
	}
	mask = stat_field(text, STAT_BLOCKED);
	return mask ? (int)(strtoull(mask, NULL, 10) >> (signal - 1) & 1) : -EIO;
}
