// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Programs that reports leave work to. See report-child.h.
 */
#include "report-child.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <time.h>
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

static uint64_t now_ms(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now); /* Cannot fail. */
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
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

/* Waits for its end, and brings it about when the time is over. @return 0; 1: it was; a negative errno. */
static int wait_for(pid_t child, unsigned int limit_ms, int *ret_status)
{
	/* A kernel without such descriptors has it run as long as it likes. */
	struct pollfd ended = {.fd = limit_ms ? pidfd_open(child, 0) : -1, .events = POLLIN};
	uint64_t end_ms = now_ms() + limit_ms, now;
	int is_late = 0;

	while (ended.fd >= 0 && !is_late) {
		now = now_ms();
		is_late = now >= end_ms;
		if (!is_late && poll(&ended, 1, (int)(end_ms - now)) > 0) {
			break;
		}
	}
	if (is_late) {
		(void)kill(child, SIGKILL); /* Ours, and not waited for: it is there. */
	}
	if (ended.fd >= 0) {
		(void)close(ended.fd); /* Only polled. */
	}
	while (waitpid(child, ret_status, 0) < 0) {
		if (errno != EINTR) {
			return -errno;
		}
	}
	return is_late;
}

int weft_report_child__run(const char *const argv[], FILE *in, FILE *out, unsigned int limit_ms,
			   struct weft_error *err)
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
	ret = wait_for(child, limit_ms, &status);
	if (ret < 0) {
		(void)weft_error_set_errno(err, ret, "wait for %s", argv[0]);
		goto out;
	}
	if (ret > 0) {
		ret = weft_error_set(err, -ETIME, "%s took longer than %g s", argv[0],
				     limit_ms / 1000.0);
		goto out;
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
