// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * weft_trace_start() and weft_trace_stop(): a recording of this process, asked for by itself.
 *
 * Sessions and conversion need libraries that a traced program must not carry, so a helper process
 * (`weft trace-process`, viewer/cli/cmd-trace-process.c) does both. The two speak over a socket,
 * in lines: the helper says "ready" once its session runs, and at the end "done"; or "error" and a
 * text. The program ends the recording by closing its half of the socket, which also happens when
 * the program dies: the trace is then written all the same.
 */
#include <weft/trace.h>

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "control.h"

#define PATH_SIZE        4096
#define LINE_SIZE        512
#define START_TIMEOUT_MS 30000U
/* From the helper's "ready" until LTTng-UST's listener thread has switched the events on. */
#define ENABLE_TIMEOUT_MS 10000U
#define NS_PER_MS         1000000U

/* Descriptors of the helper: its end of the socket, and the output when that is a descriptor. */
#define HELPER_SOCKET_FD 3
#define HELPER_OUTPUT_FD 4

extern char **environ;

/* Guards running_fd; no other lock is taken while it is held. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

/* Our end of the socket while a recording runs, else -1. */
static int running_fd = -1;

static __thread char error_text[LINE_SIZE];

__attribute__((format(printf, 2, 3))) static int fail(int code, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	(void)vsnprintf(error_text, sizeof(error_text), format, args);
	va_end(args);
	return code;
}

__attribute__((format(printf, 2, 3))) static int fail_errno(int code, const char *format, ...)
{
	char reason[128];
	size_t len;
	va_list args;

	va_start(args, format);
	(void)vsnprintf(error_text, sizeof(error_text), format, args);
	va_end(args);
	len = strlen(error_text);
	(void)snprintf(error_text + len, sizeof(error_text) - len, ": %s",
		       strerror_r(-code, reason, sizeof(reason)));
	return code;
}

void weft_start__forget(void)
{
	/* Whoever held the lock does not exist in this process. */
	(void)pthread_mutex_init(&lock, NULL); /* Default attributes: cannot fail. */
	if (running_fd >= 0) {
		(void)close(running_fd); /* The recording is the parent's. */
		running_fd = -1;
	}
}

const char *weft_trace_error(void)
{
	return error_text;
}

/* ---- The helper ---- */

/* "DIR/lib/libweft.so.1" → "DIR/bin/weft"; the folder of libraries may be two levels deep. */
static bool find_beside(char *ret_path)
{
	Dl_info own;
	unsigned int levels;
	char *slash;
	size_t len;

	if (!dladdr(&lock, &own) || !own.dli_fname || strlen(own.dli_fname) >= PATH_SIZE - 16) {
		return false;
	}
	memcpy(ret_path, own.dli_fname, strlen(own.dli_fname) + 1);
	slash = strrchr(ret_path, '/');
	for (levels = 0; slash && levels < 2; levels++) {
		*slash = '\0';
		slash = strrchr(ret_path, '/');
		if (!slash) {
			return false;
		}
		len = (size_t)(slash - ret_path);
		memcpy(ret_path + len, "/bin/weft", sizeof("/bin/weft"));
		if (access(ret_path, X_OK) == 0) {
			return true;
		}
		/* Restores nothing beyond the slash: the next level cuts there anyway. */
	}
	return false;
}

/* posix_spawnp() looks in PATH when there is no slash in it. */
static const char *find_helper(char *storage)
{
	const char *given = getenv("WEFT_BIN");

	if (given && given[0]) {
		return given;
	}
	return find_beside(storage) ? storage : "weft";
}

static int set_up_files(posix_spawn_file_actions_t *files, int socket_fd, int output_fd)
{
	int last_fd = output_fd >= 0 ? HELPER_OUTPUT_FD : HELPER_SOCKET_FD;
	int ret = posix_spawn_file_actions_adddup2(files, socket_fd, HELPER_SOCKET_FD);

	if (ret == 0 && output_fd >= 0) {
		ret = posix_spawn_file_actions_adddup2(files, output_fd, HELPER_OUTPUT_FD);
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
		ret = set_up_files(&files, socket_fd, output_fd);
		if (ret == 0) {
			ret = set_up_signals(&attributes);
		}
		if (ret == 0) {
			ret = posix_spawnp(&pid, helper, &files, &attributes, argv, environ);
		}
		(void)posix_spawnattr_destroy(&attributes);
	}
	(void)posix_spawn_file_actions_destroy(&files);
	if (ret == 0) {
		/* It goes on as a grandchild, so that nothing is left for the program to wait for. */
		while (waitpid(pid, NULL, 0) < 0 && errno == EINTR) {
		}
	}
	return -ret;
}

/* ---- The conversation ---- */

/* Milliseconds left of `timeout_ms` that began at start_ns; -1 (for ever) when it is 0. */
static int remaining_ms(uint64_t start_ns, unsigned int timeout_ms)
{
	uint64_t elapsed_ms = (weft_control__now_ns() - start_ns) / NS_PER_MS;

	if (timeout_ms == 0) {
		return -1;
	}
	return elapsed_ms >= timeout_ms ? 0 : (int)(timeout_ms - elapsed_ms);
}

/* Reads one line without its end. 0; -ETIMEDOUT; -EPIPE: the helper is gone; another failure. */
static int read_line(int fd, unsigned int timeout_ms, char *ret_line)
{
	uint64_t start_ns = weft_control__now_ns();
	size_t len = 0;
	char byte;

	for (;;) {
		struct pollfd waited = {.fd = fd, .events = POLLIN};
		int ready = poll(&waited, 1, remaining_ms(start_ns, timeout_ms));
		ssize_t size;

		if (ready == 0) {
			return -ETIMEDOUT;
		}
		if (ready < 0 && errno != EINTR) {
			return -errno;
		}
		size = ready < 0 ? -1 : recv(fd, &byte, 1, MSG_DONTWAIT);
		if (size == 0) {
			return -EPIPE;
		}
		if (size < 0) {
			if (errno == EINTR || errno == EAGAIN) {
				continue;
			}
			return -errno;
		}
		if (byte == '\n') {
			ret_line[len] = '\0';
			return 0;
		}
		if (len < LINE_SIZE - 1) {
			ret_line[len++] = byte;
		}
	}
}

/* Waits for the word `wanted`; the helper's own words for a failure are "error CODE TEXT". */
static int expect(int fd, const char *wanted, unsigned int timeout_ms)
{
	char line[LINE_SIZE];
	char *text;
	long code;
	int ret = read_line(fd, timeout_ms, line);

	if (ret == -ETIMEDOUT) {
		return fail(ret, "the recorder did not answer within %u s", timeout_ms / 1000);
	}
	if (ret < 0) {
		return fail(ret, "the recorder ended unexpectedly");
	}
	if (strcmp(line, wanted) == 0) {
		return 0;
	}
	if (strncmp(line, "error ", 6) == 0) {
		code = strtol(line + 6, &text, 10);
		return fail(code > 0 && code < 4096 ? (int)-code : -EIO, "%s",
			    *text == ' ' ? text + 1 : text);
	}
	return fail(-EPROTO, "the recorder answered '%.64s': is WEFT_BIN another program?", line);
}

/* Until this process itself sees its events switched on, nothing it emits is recorded. */
static int wait_until_enabled(void)
{
	const struct timespec pause = {0, NS_PER_MS};
	uint64_t start_ns = weft_control__now_ns();

	while (!weft_trace_is_enabled()) {
		if (remaining_ms(start_ns, ENABLE_TIMEOUT_MS) == 0) {
			return fail(-ETIMEDOUT,
				    "LTTng-UST did not switch the events on within %u s: can this "
				    "process reach the session daemon?",
				    ENABLE_TIMEOUT_MS / 1000);
		}
		(void)nanosleep(&pause, NULL); /* Woken early: asks again. */
	}
	return 0;
}

static int start_helper(const char *output, int output_fd, int *ret_fd)
{
	char storage[PATH_SIZE];
	char pid_text[16];
	char *argv[] = {(char *)"weft", (char *)"trace-process", pid_text, (char *)output, NULL};
	const char *helper = find_helper(storage);
	int sockets[2];
	int ret;

	(void)snprintf(pid_text, sizeof(pid_text), "%d", (int)getpid());
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets) < 0) {
		return fail_errno(-errno, "cannot make a socket to speak to the recorder");
	}
	ret = spawn(helper, argv, sockets[1], output_fd);
	(void)close(sockets[1]); /* The helper's end. */
	if (ret < 0) {
		(void)close(sockets[0]); /* Nobody at the other end. */
		return fail_errno(ret, "cannot run '%s' (WEFT_BIN names another)", helper);
	}
	ret = expect(sockets[0], "ready", START_TIMEOUT_MS);
	if (ret == 0) {
		ret = wait_until_enabled();
	}
	if (ret < 0) {
		(void)close(sockets[0]); /* Ends the helper. */
		return ret;
	}
	*ret_fd = sockets[0];
	return 0;
}

static int start(const char *output, int output_fd)
{
	int ret;

	if (!weft_control.provider_loaded) {
		return fail(-ENOENT, "LTTng-UST is not there (package liblttng-ust1), or the "
				     "environment says WEFT=off");
	}
	(void)pthread_mutex_lock(&lock);
	if (running_fd >= 0) {
		ret = fail(-EBUSY, "a recording started by this program is running");
	} else {
		ret = start_helper(output, output_fd, &running_fd);
	}
	(void)pthread_mutex_unlock(&lock);
	return ret;
}

int weft_trace_start(const char *path)
{
	if (!path || !path[0]) {
		return fail(-EINVAL, "no file name given");
	}
	return start(path, -1);
}

int weft_trace_start_fd(int fd)
{
	/* Out of the way of the descriptors the helper gets. */
	int own_fd = fcntl(fd, F_DUPFD_CLOEXEC, HELPER_OUTPUT_FD + 1);
	int ret;

	if (own_fd < 0) {
		return fail_errno(-errno, "descriptor %d", fd);
	}
	ret = start("/dev/fd/4", own_fd);
	(void)close(own_fd); /* The helper has its own by now. */
	return ret;
}

int weft_trace_stop(void)
{
	int ret;

	(void)pthread_mutex_lock(&lock);
	if (running_fd < 0) {
		ret = fail(-EALREADY, "no recording started by this program is running");
	} else {
		(void)shutdown(running_fd, SHUT_WR); /* Fails when the helper is gone: told next. */
		ret = expect(running_fd, "done", 0);
		(void)close(running_fd);
		running_fd = -1;
	}
	(void)pthread_mutex_unlock(&lock);
	return ret;
}
