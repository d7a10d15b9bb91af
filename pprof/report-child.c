// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Programs that reports leave work to. See report-child.h.
 */
#include "report-child.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

/* 0, and the child; a negative errno. */
static int start(const char *const argv[], int in_fd, int out_fd, int error_fd, pid_t *ret_child)
{
	posix_spawn_file_actions_t actions;
	int ret = posix_spawn_file_actions_init(&actions);

	if (ret != 0) {
		return -ret;
	}
	if (in_fd >= 0) {
		ret = posix_spawn_file_actions_adddup2(&actions, in_fd, STDIN_FILENO);
	} else {
		ret = posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null",
						       O_RDONLY, 0);
	}
	ret = ret ? ret : posix_spawn_file_actions_adddup2(&actions, out_fd, STDOUT_FILENO);
	ret = ret ? ret : posix_spawn_file_actions_adddup2(&actions, error_fd, STDERR_FILENO);
	/* posix_spawn() only reads them, whatever its type says. */
	ret = ret ? ret
		  : posix_spawnp(ret_child, argv[0], &actions, NULL, (char *const *)argv, environ);
	(void)posix_spawn_file_actions_destroy(&actions);
	return -ret;
}

/* What a program said first, for people. */
static int explain(const char *name, int error_fd, int status, struct weft_error *err)
{
	char text[256];
	ssize_t len = pread(error_fd, text, sizeof(text) - 1, 0);

	text[len > 0 ? len : 0] = '\0';
	text[strcspn(text, "\n")] = '\0';
	if (WIFSIGNALED(status)) {
		return weft_error_set(err, -EIO, "%s ended by signal %d", name, WTERMSIG(status));
	}
	return weft_error_set(err, -EIO, "%s failed: status=%d%s%s", name, WEXITSTATUS(status),
			      *text ? ": " : "", text);
}

static int copy(int from, FILE *out, const char *name, struct weft_error *err)
{
	char block[1 << 14];
	off_t at = 0;
	ssize_t size;

	while ((size = pread(from, block, sizeof(block), at)) > 0) {
		at += size;
		if ((size_t)at > REPORT_CHILD_OUTPUT_MAX) {
			return weft_error_set(err, -E2BIG, "output of %s too large: bytes=%zu",
					      name, REPORT_CHILD_OUTPUT_MAX);
		}
		(void)fwrite(block, 1, (size_t)size, out);
	}
	return size < 0 ? weft_error_set_errno(err, -errno, "read the output of %s", name) : 0;
}

int weft_report_child__run(const char *const argv[], FILE *in, FILE *out, struct weft_error *err)
{
	int out_fd = memfd_create("output", MFD_CLOEXEC);
	int error_fd = memfd_create("errors", MFD_CLOEXEC);
	int status = 0;
	pid_t child = 0;
	int ret = 0;

	if (out_fd < 0 || error_fd < 0) {
		ret = weft_error_set_errno(err, -errno, "start %s: make a file in memory", argv[0]);
		goto out;
	}
	/* Its descriptor, not the stream, is what the program reads: from the start. */
	if (in && lseek(fileno(in), 0, SEEK_SET) < 0) {
		ret = -errno;
	}
	ret = ret < 0 ? ret : start(argv, in ? fileno(in) : -1, out_fd, error_fd, &child);
	if (ret < 0) {
		(void)weft_error_set_errno(err, ret, "start %s", argv[0]);
		goto out;
	}
	while (waitpid(child, &status, 0) < 0) {
		if (errno != EINTR) {
			ret = weft_error_set_errno(err, -errno, "wait for %s", argv[0]);
			goto out;
		}
	}
	ret = status != 0 ? explain(argv[0], error_fd, status, err)
			  : copy(out_fd, out, argv[0], err);
out:
	if (out_fd >= 0) {
		(void)close(out_fd); /* In memory only. */
	}
	if (error_fd >= 0) {
		(void)close(error_fd); /* As above. */
	}
	return ret;
}
