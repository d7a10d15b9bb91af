// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Asking the recorder to be let in.
 *
 * `weft record -- COMMAND` records the command and its descendants and nobody else. LTTng filters
 * by process id, and hears of a process only when it registers: a recorder that adds ids as they
 * show up would miss their first events. So the recorder leaves the address of a socket in the
 * environment, and each process asks there, before it registers with LTTng, to have its id added.
 * The answer takes about a millisecond once a process. A recorder that is gone refuses at once;
 * one that hangs costs the patience below. Either way the process goes on, unrecorded.
 *
 * Called at initialisation and in the child of fork(): async-signal-safe, no allocation.
 */
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "control.h"

#define PATIENCE_S 5

static struct sockaddr_un recorder;
static socklen_t recorder_size; /* 0: nobody to ask. */

void weft_admission__init(void)
{
	/* Not for a program with more rights than who started it. */
	const char *name = secure_getenv("WEFT_RECORDER");
	size_t len = name ? strlen(name) : 0;

	if (len == 0 || len > sizeof(recorder.sun_path) - 1) {
		return;
	}
	recorder.sun_family = AF_UNIX;
	memcpy(recorder.sun_path + 1, name, len);
	recorder_size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + len);
}

void weft_admission__ask(void)
{
	const struct timeval patience = {PATIENCE_S, 0};
	char answer;
	ssize_t len;
	int fd;

	if (recorder_size == 0) {
		return;
	}
	fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	if (fd < 0) {
		return;
	}
	if (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)) == 0 &&
	    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience)) == 0 &&
	    connect(fd, (const struct sockaddr *)&recorder, recorder_size) == 0 &&
	    send(fd, &weft_control.pid, sizeof(weft_control.pid), MSG_NOSIGNAL) ==
		    (ssize_t)sizeof(weft_control.pid)) {
		/* Whatever comes, or nothing: there is no other plan than to go on. */
		do {
			len = recv(fd, &answer, sizeof(answer), 0);
		} while (len < 0 && errno == EINTR);
	}
	(void)close(fd); /* Nothing was written. */
}
