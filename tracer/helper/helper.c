// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Finding and starting the helper process. See <weft/helper.h>.
 */
#include <weft/helper.h>

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

static __thread bool is_forbidden_here;

void weft_helper_forbid(bool is_forbidden)
{
	is_forbidden_here = is_forbidden;
}

/* Where this code is; a path with a slash. Whether it could be found. */
static bool find_own(char *ret_path, size_t size)
{
	static const char own_exe[] = "/proc/self/exe";
	static const int own_object;
	Dl_info own;
	ssize_t len;

	if (!dladdr(&own_object, &own) || !own.dli_fname) {
		return false;
	}
	if (strchr(own.dli_fname, '/') && strcmp(own.dli_fname, own_exe) != 0) {
		len = (ssize_t)strlen(own.dli_fname);
		memcpy(ret_path, own.dli_fname, (size_t)len < size ? (size_t)len + 1 : 0);
	} else {
		/* The program itself, known as it was called: found in PATH, or started by itself. */
		len = readlink(own_exe, ret_path, size);
		if (len > 0 && (size_t)len < size) {
			ret_path[len] = '\0';
		}
	}
	return len > 0 && (size_t)len < size;
}

/* "DIR/lib/LIBRARY", "DIR/lib/TRIPLET/LIBRARY" or "DIR/bin/weft" itself → "DIR/bin/weft". */
static bool find_beside(char *ret_path)
{
	unsigned int levels;

	if (!find_own(ret_path, WEFT_HELPER_PATH_SIZE - sizeof("/bin/weft"))) {
		return false;
	}
	for (levels = 0; levels < 3; levels++) {
		char *slash = strrchr(ret_path, '/');

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

/* posix_spawnp() looks in PATH when there is no slash in it. */
static void find_program(char *ret_program)
{
	const char *given = getenv("WEFT_BIN");

	if (given && given[0]) {
		(void)snprintf(ret_program, WEFT_HELPER_PATH_SIZE, "%s", given);
	} else if (!find_beside(ret_program)) {
		(void)snprintf(ret_program, WEFT_HELPER_PATH_SIZE, "weft");
	}
}

static int set_up_files(posix_spawn_file_actions_t *files, int socket_fd, int output_fd)
{
	int last_fd = output_fd >= 0 ? WEFT_HELPER_OUTPUT_FD : WEFT_HELPER_SOCKET_FD;
	int ret = posix_spawn_file_actions_adddup2(files, socket_fd, WEFT_HELPER_SOCKET_FD);

	if (ret == 0 && output_fd >= 0) {
		ret = posix_spawn_file_actions_adddup2(files, output_fd, WEFT_HELPER_OUTPUT_FD);
	}
	if (ret == 0) {
		/* A socket of the program that the helper kept open would outlive the program. */
		ret = posix_spawn_file_actions_addclosefrom_np(files, last_fd + 1);
	}
	return ret;
}

static int set_up_signals(posix_spawnattr_t *attributes)
{
	sigset_t all;
	sigset_t none;
	int ret;

	(void)sigfillset(&all);
	(void)sigemptyset(&none);
	ret = posix_spawnattr_setsigdefault(attributes, &all);
	if (ret == 0) {
		ret = posix_spawnattr_setsigmask(attributes, &none);
	}
	if (ret == 0) {
		/* Ctrl-C is for the program; the helper ends when the program says so. */
		ret = posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETPGROUP |
								   POSIX_SPAWN_SETSIGDEF |
								   POSIX_SPAWN_SETSIGMASK);
	}
	return ret;
}

/* Returns a positive errno, as the functions of <spawn.h> do. */
static int spawn(const char *program, char *const *argv, int socket_fd, int output_fd,
		 pid_t *ret_pid)
{
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attributes;
	int ret = posix_spawn_file_actions_init(&files);

	if (ret) {
		return ret;
	}
	ret = posix_spawnattr_init(&attributes);
	if (ret == 0) {
		ret = set_up_files(&files, socket_fd, output_fd);
		if (ret == 0) {
			ret = set_up_signals(&attributes);
		}
		if (ret == 0) {
			ret = posix_spawnp(ret_pid, program, &files, &attributes, argv, environ);
		}
		(void)posix_spawnattr_destroy(&attributes);
	}
	(void)posix_spawn_file_actions_destroy(&files);
	return ret;
}

/* A copy above the descriptors that the helper gets, so that no dup2() overwrites another's source. */
static int lift(int fd)
{
	return fcntl(fd, F_DUPFD_CLOEXEC, WEFT_HELPER_OUTPUT_FD + 1);
}

int weft_helper_start(char *const *argv, int socket_fd, int output_fd, char *ret_program)
{
	int lifted_output_fd = -1;
	int lifted_socket_fd;
	pid_t pid = 0;
	int ret = 0;

	find_program(ret_program);
	if (is_forbidden_here) {
		return -EPERM;
	}
	lifted_socket_fd = lift(socket_fd);
	if (lifted_socket_fd < 0) {
		return -errno;
	}
	if (output_fd >= 0) {
		lifted_output_fd = lift(output_fd);
		ret = lifted_output_fd < 0 ? errno : 0;
	}
	if (ret == 0) {
		ret = spawn(ret_program, argv, lifted_socket_fd, lifted_output_fd, &pid);
	}
	(void)close(lifted_socket_fd); /* Copies, of which nothing was written. */
	if (lifted_output_fd >= 0) {
		(void)close(lifted_output_fd); /* As above. */
	}
	if (ret == 0) {
		while (waitpid(pid, NULL, 0) < 0 && errno == EINTR) {
		}
	}
	return -ret;
}

int weft_helper_parse_error(const char *line, const char **ret_text)
{
	char *text;
	long code;

	if (strncmp(line, "error ", 6) != 0) {
		return 0;
	}
	code = strtol(line + 6, &text, 10);
	*ret_text = *text == ' ' ? text + 1 : text;
	return code > 0 && code < 4096 ? (int)-code : -EIO;
}
