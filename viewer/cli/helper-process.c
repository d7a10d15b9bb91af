// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * The helper's side of <weft/helper.h>. See helper-process.h.
 */
#include "helper-process.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <weft/helper.h>

#include "cli.h"

void weft_cli_helper_say(const char *line)
{
	(void)send(WEFT_HELPER_SOCKET_FD, line, strlen(line), MSG_NOSIGNAL);
}

int weft_cli_helper_fail(const struct weft_error *err)
{
	char line[WEFT_ERROR_TEXT_SIZE + 32];

	(void)snprintf(line, sizeof(line), "error %d %s\n", -err->code, err->text);
	weft_cli_helper_say(line);
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

/* A session daemon that is started now must not hold the client's socket and pipe open. */
static void keep_for_itself(void)
{
	(void)fcntl(WEFT_HELPER_SOCKET_FD, F_SETFD, FD_CLOEXEC);
	(void)fcntl(WEFT_HELPER_OUTPUT_FD, F_SETFD, FD_CLOEXEC); /* If there is one. */
}

/* The program waits for its child; this process goes on as a grandchild. */
int weft_cli_helper_detach(struct weft_error *err)
{
	pid_t child;

	keep_for_itself();
	child = fork();
	if (child < 0) {
		return weft_error_set_errno(err, -errno, "cannot fork");
	}
	if (child > 0) {
		_exit(WEFT_CLI_OK);
	}
	leave_terminal();
	return 0;
}
