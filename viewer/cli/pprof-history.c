// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * What was typed before. See pprof-history.h.
 */
#include "pprof-history.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <weft/output-file.h>

#include "user-file.h"

/* Read of a file that has more: about as many lines as the shell keeps. */
#define READ_SIZE ((size_t)64 << 10)
/* A file of that size is cut to what is read of it. */
#define FILE_SIZE_MAX ((off_t)1 << 20)

/* Whether people can have typed it: what is damaged is not to reach the terminal. */
static bool is_typed(const char *line)
{
	for (; *line; line++) {
		if ((unsigned char)*line < ' ' && *line != '\t') {
			return false;
		}
	}
	return true;
}

/* Whole lines of the end of the file. NULL: there are none. To be freed. */
static char *read_end(int fd, off_t size)
{
	char *text = malloc(READ_SIZE + 1);
	off_t start = size > (off_t)READ_SIZE ? size - (off_t)READ_SIZE : 0;
	ssize_t len = text ? pread(fd, text, READ_SIZE, start) : -1;
	char *first;

	if (len <= 0) {
		free(text);
		return NULL;
	}
	text[len] = '\0';
	if (start > 0) { /* It starts in the middle of a line. */
		first = memchr(text, '\n', (size_t)len);
		len = first ? text + len - first - 1 : 0;
		memmove(text, first ? first + 1 : text + strlen(text), (size_t)len + 1);
	}
	return text;
}

static void add_lines(char *text, void (*add)(void *ctx, const char *line), void *ctx)
{
	char *line;

	while ((line = strsep(&text, "\n"))) {
		if (*line && is_typed(line)) {
			add(ctx, line);
		}
	}
}

/* Leaves the end of a file that has grown. @return The new file; -1: it could not be made. */
static int cut(const char *path, const char *text)
{
	struct weft_output_file *file;

	if (weft_output_file_open(path, &file, NULL) < 0) {
		return -1;
	}
	if (weft_output_file_write(file, text, strlen(text)) < 0) {
		weft_output_file_discard(file);
		return -1;
	}
	if (weft_output_file_commit(file, NULL) < 0 || chmod(path, 0600) < 0) {
		return -1;
	}
	return open(path, O_RDWR | O_APPEND | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
}

int pprof_history_open(void (*add)(void *ctx, const char *line), void *ctx)
{
	char path[PATH_MAX], *text;
	struct stat status;
	int fd, shorter;

	if (user_file_find("XDG_STATE_HOME", ".local/state", "weft/pprof-history", path, NULL) <
		    0 ||
	    user_file_make_folders(path, NULL) < 0) {
		return -1;
	}
	/* Whatever has that name must not hold the shell up. */
	fd = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, 0600);
	if (fd < 0) {
		return -1;
	}
	if (fstat(fd, &status) < 0 || !S_ISREG(status.st_mode)) {
		(void)close(fd); /* Nothing was written. */
		return -1;
	}
	text = read_end(fd, status.st_size);
	if (text && status.st_size > FILE_SIZE_MAX) {
		shorter = cut(path, text);
		if (shorter >= 0) {
			(void)close(fd); /* As above. */
			fd = shorter;
		}
	}
	if (text) {
		add_lines(text, add, ctx);
	}
	free(text);
	return fd;
}

void pprof_history_add(int fd, const char *line)
{
	/* In one piece, so that lines of other shells do not come between. */
	if (fd >= 0 && dprintf(fd, "%.*s\n", (int)strcspn(line, "\n"), line) < 0) {
		return; /* It is in this session's history at least. */
	}
}
