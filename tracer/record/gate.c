// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * The recorder's side of admission. See gate.h.
 */
#include "gate.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#define VARIABLE "WEFT_RECORDER="
#define BACKLOG  1024

int weft_gate_init(struct weft_gate *gate, const char *name, struct weft_error *err)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	socklen_t size;
	int len;
	int ret = 0;

	(void)snprintf(gate->setting, sizeof(gate->setting), VARIABLE "%s", name);
	len = snprintf(address.sun_path + 1, sizeof(address.sun_path) - 1, "%s", name);
	size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + (size_t)len);
	gate->fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (gate->fd < 0 || bind(gate->fd, (const struct sockaddr *)&address, size) < 0 ||
	    listen(gate->fd, BACKLOG) < 0) {
		ret = weft_error_set_errno(err, -errno,
					   "cannot listen for the processes of the command");
		weft_gate_fini(gate);
	}
	return ret;
}

void weft_gate_fini(struct weft_gate *gate)
{
	if (gate->fd >= 0) {
		(void)close(gate->fd); /* Nothing was written. */
		gate->fd = -1;
	}
}

/* Root records everybody; anybody else only themselves. */
static int receive(int fd, pid_t *ret_pid)
{
	const struct timeval patience = {0, 200000};
	struct ucred peer;
	socklen_t size = sizeof(peer);
	int32_t pid;

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) < 0 ||
	    (geteuid() != 0 && peer.uid != geteuid()) ||
	    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)) < 0 ||
	    recv(fd, &pid, sizeof(pid), 0) != (ssize_t)sizeof(pid) || pid <= 0) {
		return -EPROTO;
	}
	*ret_pid = (pid_t)pid;
	return 0;
}

int weft_gate_serve(struct weft_gate *gate,
		    int (*admit)(void *ctx, pid_t pid, struct weft_error *err), void *ctx,
		    struct weft_error *err)
{
	const char yes = 1;
	pid_t pid;
	int ret = 0;
	int fd;

	while (ret == 0 && (fd = accept4(gate->fd, NULL, NULL, SOCK_CLOEXEC)) >= 0) {
		if (receive(fd, &pid) == 0) {
			ret = admit(ctx, pid, err);
			/* Gone meanwhile: then it needs no answer. */
			(void)send(fd, &yes, sizeof(yes), MSG_NOSIGNAL);
		}
		(void)close(fd); /* The answer is sent. */
	}
	return ret;
}
