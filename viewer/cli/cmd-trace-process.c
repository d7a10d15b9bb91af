// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * weft trace-process PID OUTPUT: the helper behind weft_trace_start() of <weft/trace.h>.
 *
 * Not for people: its standard is the socket at descriptor 3, whose other end the traced program
 * holds (tracer/start.c has the words). Records PID in a private session until that end is
 * closed, then converts to OUTPUT. A recording that cannot be converted is kept, and named.
 */
#include "commands.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <weft/convert.h>
#include <weft/record.h>

#include "cli.h"

#define SOCKET_FD    3
#define OPEN_FDS_MAX 16
/* As often as weft_record_serve() wants to look at the disk. */
#define SERVE_INTERVAL_MS 250

/* Says one line to the program; nobody may be listening any more. */
static void say(const char *line)
{
	(void)send(SOCKET_FD, line, strlen(line), MSG_NOSIGNAL);
}

static int say_error(const struct weft_error *err)
{
	char line[WEFT_ERROR_TEXT_SIZE + 32];

	(void)snprintf(line, sizeof(line), "error %d %s\n", -err->code, err->text);
	say(line);
	return WEFT_CLI_FAILED;
}

/* A pipe of the program must not stay open because of us. */
static void leave_terminal(void)
{
	int fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	int standard;

	for (standard = STDIN_FILENO; fd >= 0 && standard <= STDERR_FILENO; standard++) {
		(void)dup2(fd, standard); /* Fails only where it is open already and stays so. */
	}
}

/* The program waits for its child; this process goes on as a grandchild. */
static bool leave_parent(void)
{
	pid_t child = fork();

	if (child < 0) {
		return false;
	}
	if (child > 0) {
		_exit(WEFT_CLI_OK);
	}
	return true;
}

/* Whether the program has closed its end, by weft_trace_stop() or by ending. */
static bool is_stopped(void)
{
	char byte;

	return recv(SOCKET_FD, &byte, 1, MSG_DONTWAIT) <= 0 && errno != EAGAIN && errno != EINTR;
}

/* Until the program wants no more, or the recording cannot go on. */
static int serve_until_stop(struct weft_recording *recording, struct weft_error *err)
{
	struct pollfd waited[] = {{.fd = SOCKET_FD, .events = POLLIN},
				  {.fd = weft_record_get_fd(recording), .events = POLLIN}};
	int ret;

	for (;;) {
		ret = poll(waited, 2, SERVE_INTERVAL_MS);
		if (ret < 0 && errno != EINTR) {
			return weft_error_set_errno(err, -errno, "cannot wait for the program");
		}
		if (ret > 0 && waited[0].revents && is_stopped()) {
			return 0;
		}
		ret = weft_record_serve(recording, err);
		if (ret < 0) {
			return ret;
		}
	}
}

static int remove_entry(const char *path, const struct stat *status, int kind, struct FTW *at)
{
	(void)status;
	(void)kind;
	(void)at;
	return remove(path);
}

/* A folder for the recording: on a disk rather than in memory where there is a choice. */
static int make_folder(char *ret_path, size_t size, struct weft_error *err)
{
	const char *parents[] = {getenv("TMPDIR"), "/var/tmp", "/tmp"};
	size_t i;

	for (i = 0; i < sizeof(parents) / sizeof(parents[0]); i++) {
		if (parents[i] && parents[i][0] &&
		    snprintf(ret_path, size, "%s/weft-trace-XXXXXX", parents[i]) < (int)size &&
		    mkdtemp(ret_path)) {
			return 0;
		}
	}
	return weft_error_set_errno(err, -errno,
				    "cannot make a folder in TMPDIR, /var/tmp or /tmp");
}

/* What can be known now is told now, not after the recording. */
static int check_output(const char *path, struct weft_error *err)
{
	char folder[PATH_MAX];
	struct stat status;
	char *slash;

	if (strncmp(path, "/dev/fd/", 8) == 0) {
		return 0;
	}
	if (stat(path, &status) == 0) {
		if (S_ISDIR(status.st_mode)) {
			return weft_error_set_errno(err, -EISDIR, "cannot write '%s'", path);
		}
		return access(path, W_OK) == 0
			       ? 0
			       : weft_error_set_errno(err, -errno, "cannot write '%s'", path);
	}
	(void)snprintf(folder, sizeof(folder), "%s", path);
	slash = strrchr(folder, '/');
	if (!slash) {
		(void)snprintf(folder, sizeof(folder), ".");
	} else {
		slash[slash == folder ? 1 : 0] = '\0';
	}
	return access(folder, W_OK | X_OK) == 0
		       ? 0
		       : weft_error_set_errno(err, -errno, "cannot write '%s'", path);
}

static int record(const char *folder, pid_t pid, struct weft_error *err)
{
	struct weft_record_options options = {
		.dir = folder,
		.tier = WEFT_RECORD_TIER_ACCOUNTING,
		.scope = WEFT_RECORD_SCOPE_PROCESS,
		.pid = pid,
	};
	struct weft_recording *recording = NULL;
	struct weft_record_stats stats;
	int served;
	int ret = weft_record_open(&options, &recording, err);

	if (ret < 0) {
		return ret;
	}
	say("ready\n");
	served = serve_until_stop(recording, err);
	ret = weft_record_close(recording, NULL, &stats, served < 0 ? NULL : err);
	return served < 0 ? served : ret;
}

static int convert(const char *folder, const char *path, struct weft_error *err)
{
	const char *inputs[] = {folder};
	struct weft_convert_options options = {
		.inputs = inputs, .input_count = 1, .selection = WEFT_SELECTION_INIT};
	struct weft_convert_result result;
	int ret = weft_convert(&options, path, &result, err);

	if (ret < 0) {
		(void)weft_error_prepend(err, "the recording is kept in '%s'", folder);
	}
	return ret;
}

int weft_cmd_trace_process(int argc, char **argv)
{
	struct weft_error err = WEFT_ERROR_INIT;
	char folder[PATH_MAX];
	char *end;
	long pid;
	int ret;

	errno = 0;
	pid = argc == 3 ? strtol(argv[1], &end, 10) : 0;
	if (pid <= 0 || pid > INT_MAX || errno || *end || fcntl(SOCKET_FD, F_GETFD) < 0) {
		return weft_cli_usage("trace-process", "only weft_trace_start() runs this");
	}
	if (!leave_parent()) {
		(void)weft_error_set_errno(&err, -errno, "cannot fork");
		return say_error(&err);
	}
	leave_terminal();
	ret = check_output(argv[2], &err);
	if (ret == 0) {
		ret = make_folder(folder, sizeof(folder), &err);
	}
	if (ret < 0) {
		return say_error(&err);
	}
	ret = record(folder, (pid_t)pid, &err);
	if (ret == 0) {
		ret = convert(folder, argv[2], &err);
	} else {
		(void)rmdir(folder); /* Keeps whatever was recorded. */
	}
	if (ret < 0) {
		return say_error(&err);
	}
	/* Left behind in part, it takes room and does no harm. */
	(void)nftw(folder, remove_entry, OPEN_FDS_MAX, FTW_DEPTH | FTW_PHYS);
	say("done\n");
	return WEFT_CLI_OK;
}
