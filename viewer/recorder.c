// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * The recording helper's parent. See recorder.h.
 */
#include "recorder.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "now.h"

#define PATH_SIZE         4096
#define LINE_SIZE         1200
#define START_PATIENCE_NS (30 * WEFT_NS_PER_S)
#define END_PATIENCE_NS   (10 * WEFT_NS_PER_S)
#define CHECK_MS          100

/* Descriptors of the helper. */
#define HELPER_SOCKET_FD 3
#define HELPER_OUTPUT_FD 4

extern char **environ;

/* ---- Finding and starting it ---- */

/* "DIR/lib/libweft-http.so.1", "DIR/lib/TRIPLET/..." or "DIR/bin/weft" itself → "DIR/bin/weft". */
static bool find_beside(char *ret_path)
{
	static const int own_object;
	char *slash;
	Dl_info own;
	int levels;

	if (!dladdr(&own_object, &own) || !own.dli_fname ||
	    strlen(own.dli_fname) >= PATH_SIZE - sizeof("/bin/weft")) {
		return false;
	}
	memcpy(ret_path, own.dli_fname, strlen(own.dli_fname) + 1);
	for (levels = 0; levels < 3; levels++) {
		slash = strrchr(ret_path, '/');
		if (!slash) {
			return false;
		}
		memcpy(slash, "/bin/weft", sizeof("/bin/weft"));
		if (access(ret_path, X_OK) == 0) {
			return true;
		}
		*slash = '\0';
	}
	return false;
}

static const char *find_helper(char *storage)
{
	const char *given = getenv("WEFT_BIN");

	if (given && given[0]) {
		return given;
	}
	return find_beside(storage) ? storage : "weft"; /* In PATH. */
}

static int set_up(posix_spawn_file_actions_t *files, posix_spawnattr_t *attributes, int socket_fd,
		  int output_fd)
{
	sigset_t all, none;
	int ret;

	(void)sigfillset(&all);
	(void)sigemptyset(&none);
	ret = posix_spawn_file_actions_adddup2(files, socket_fd, HELPER_SOCKET_FD);
	if (ret == 0) {
		ret = posix_spawn_file_actions_adddup2(files, output_fd, HELPER_OUTPUT_FD);
	}
	if (ret == 0) {
		ret = posix_spawn_file_actions_addclosefrom_np(files, HELPER_OUTPUT_FD + 1);
	}
	if (ret == 0) {
		ret = posix_spawnattr_setsigdefault(attributes, &all);
	}
	if (ret == 0) {
		ret = posix_spawnattr_setsigmask(attributes, &none);
	}
	if (ret == 0) {
		/* Ctrl-C is for the program; the helper ends when we say so. */
		ret = posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETPGROUP |
								   POSIX_SPAWN_SETSIGDEF |
								   POSIX_SPAWN_SETSIGMASK);
	}
	return ret;
}

/* Above the descriptors that the helper gets, so that no dup2() overwrites another's source. */
static int lift(int fd)
{
	int lifted = fcntl(fd, F_DUPFD_CLOEXEC, HELPER_OUTPUT_FD + 1);

	(void)close(fd); /* Never used. */
	return lifted;
}

static int spawn(const char *helper, char **argv, int socket_fd, int output_fd)
{
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attributes;
	pid_t pid = 0;
	int ret = posix_spawn_file_actions_init(&files);

	if (ret) {
		return -ret;
	}
	ret = posix_spawnattr_init(&attributes);
	if (ret == 0) {
		ret = set_up(&files, &attributes, socket_fd, output_fd);
		if (ret == 0) {
			ret = posix_spawnp(&pid, helper, &files, &attributes, argv, environ);
		}
		(void)posix_spawnattr_destroy(&attributes);
	}
	(void)posix_spawn_file_actions_destroy(&files);
	if (ret == 0) {
		/* It goes on as a grandchild, so that nothing is left to wait for. */
		while (waitpid(pid, NULL, 0) < 0 && errno == EINTR) {
		}
	}
	return -ret;
}

/* ---- The conversation ---- */

/* Reads one line without its end. 0; -ETIMEDOUT; -ECANCELED; -EPIPE: the helper is gone. */
static int read_line(int fd, uint64_t patience_ns, bool (*is_gone)(void *ctx), void *ctx,
		     char line[LINE_SIZE])
{
	const uint64_t end_ns = weft_now_ns() + patience_ns;
	struct pollfd waited = {.fd = fd, .events = POLLIN};
	size_t len = 0;

	while (weft_now_ns() < end_ns) {
		ssize_t size;
		char byte;

		if (poll(&waited, 1, CHECK_MS) <= 0) {
			if (is_gone && is_gone(ctx)) {
				return -ECANCELED;
			}
			continue;
		}
		size = recv(fd, &byte, 1, MSG_DONTWAIT);
		if (size == 0 || (size < 0 && errno != EAGAIN && errno != EINTR)) {
			return -EPIPE;
		}
		if (size == 1 && byte == '\n') {
			line[len] = '\0';
			return 0;
		}
		if (size == 1 && len < LINE_SIZE - 1) {
			line[len++] = byte;
		}
	}
	return -ETIMEDOUT;
}

/* What a line that was not the one hoped for means. */
static int tell(int ret, const char *line, struct weft_error *err)
{
	char *text;
	long code;

	if (ret < 0) {
		return weft_error_set_errno(err, ret, "the recorder did not answer");
	}
	if (strncmp(line, "error ", 6) != 0) {
		return weft_error_set(err, -EPROTO, "the recorder answered '%.64s'", line);
	}
	code = strtol(line + 6, &text, 10);
	return weft_error_set(err, code > 0 && code < 4096 ? (int)-code : -EIO, "%s",
			      *text == ' ' ? text + 1 : text);
}

static int start(struct weft_recorder *recorder, pid_t pid, uint64_t bytes_max,
		 struct weft_error *err)
{
	char storage[PATH_SIZE];
	char pid_text[16];
	char bytes_text[24];
	char *argv[] = {(char *)"weft", (char *)"trace-process",
			pid_text,       (char *)"/dev/fd/4",
			bytes_text,     NULL};
	const char *helper = find_helper(storage);
	int sockets[2] = {-1, -1};
	int pipes[2] = {-1, -1};
	int ret = 0;

	(void)snprintf(pid_text, sizeof(pid_text), "%d", (int)pid);
	(void)snprintf(bytes_text, sizeof(bytes_text), "%" PRIu64, bytes_max);
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets) < 0 ||
	    pipe2(pipes, O_CLOEXEC) < 0) {
		ret = weft_error_set_errno(err, -errno, "cannot speak to a recorder");
		goto out;
	}
	sockets[1] = lift(sockets[1]);
	pipes[1] = lift(pipes[1]);
	if (sockets[1] < 0 || pipes[1] < 0) {
		ret = weft_error_set_errno(err, -errno, "cannot speak to a recorder");
		goto out;
	}
	ret = spawn(helper, argv, sockets[1], pipes[1]);
	if (ret < 0) {
		(void)weft_error_set_errno(err, ret, "cannot run '%s' (WEFT_BIN names another)",
					   helper);
	}
out:
	if (sockets[1] >= 0) {
		(void)close(sockets[1]); /* The helper's end. */
	}
	if (pipes[1] >= 0) {
		(void)close(pipes[1]); /* The helper's end. */
	}
	recorder->socket_fd = sockets[0];
	recorder->trace_fd = pipes[0];
	return ret;
}

int weft_recorder_start(struct weft_recorder *recorder, pid_t pid, uint64_t bytes_max,
			bool (*is_gone)(void *ctx), void *ctx, struct weft_error *err)
{
	char line[LINE_SIZE] = "";
	int ret = start(recorder, pid, bytes_max, err);

	if (ret == 0) {
		ret = read_line(recorder->socket_fd, START_PATIENCE_NS, is_gone, ctx, line);
		if (ret != -ECANCELED && (ret < 0 || strcmp(line, "ready") != 0)) {
			ret = tell(ret, line, err);
		}
	}
	if (ret < 0) {
		weft_recorder_fini(recorder);
	}
	return ret;
}

static void say(const struct weft_recorder *recorder, const char *line)
{
	/* A helper that is gone shows by the end of its trace. */
	(void)send(recorder->socket_fd, line, strlen(line), MSG_NOSIGNAL);
}

void weft_recorder_stop(struct weft_recorder *recorder)
{
	say(recorder, "stop\n");
}

int weft_recorder_finish(struct weft_recorder *recorder, struct weft_error *err)
{
	char line[LINE_SIZE] = "";
	int ret = read_line(recorder->socket_fd, END_PATIENCE_NS, NULL, NULL, line);

	return ret == 0 && strcmp(line, "done") == 0 ? 0 : tell(ret, line, err);
}

void weft_recorder_fini(struct weft_recorder *recorder)
{
	if (recorder->socket_fd >= 0) {
		(void)close(recorder->socket_fd); /* Without "stop": cancels. */
	}
	if (recorder->trace_fd >= 0) {
		(void)close(recorder->trace_fd); /* What it still held is not wanted. */
	}
	recorder->socket_fd = -1;
	recorder->trace_fd = -1;
}
