// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * The command under `weft record`. See child.h.
 */
#include "child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* In the child: only returns when the command cannot be run. */
static void run(char *const argv[], const char *const settings[])
{
	const struct sigaction standard = {.sa_handler = SIG_DFL};
	sigset_t none;
	size_t i;

	for (i = 0; settings[i]; i++) {
		/* putenv() keeps the string, which lives until exec. Without room exec fails too. */
		(void)putenv((char *)settings[i]);
	}
	(void)sigaction(SIGPIPE, &standard, NULL); /* Cannot fail for this signal. */
	(void)sigemptyset(&none);                  /* Cannot fail. */
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	(void)execvp(argv[0], argv); /* Its failure is in errno, for the parent. */
}

int weft_child_start(struct weft_child *child, char *const argv[], const char *const settings[],
		     struct weft_error *err)
{
	int report[2];
	int code = 0;
	ssize_t len;

	memset(child, 0, sizeof(*child));
	if (pipe2(report, O_CLOEXEC) < 0) {
		return weft_error_set_errno(err, -errno, "cannot run '%s'", argv[0]);
	}
	child->pid = fork();
	if (child->pid == 0) {
		run(argv, settings);
		code = errno;
		_exit(write(report[1], &code, sizeof(code)) == (ssize_t)sizeof(code) ? 127 : 126);
	}
	code = child->pid < 0 ? errno : 0;
	(void)close(report[1]); /* The child's end. */
	if (child->pid > 0) {
		do {
			/* Closed by exec: nothing to read then. */
			len = read(report[0], &code, sizeof(code));
		} while (len < 0 && errno == EINTR);
		if (code) {
			(void)waitpid(child->pid, NULL, 0); /* It only reported. */
		}
	}
	(void)close(report[0]); /* Read only; nothing to lose. */
	if (code) {
		child->pid = 0;
		return weft_error_set_errno(err, -code, "cannot run '%s'", argv[0]);
	}
	child->started_pid = child->pid;
	return 0;
}

bool weft_child_reap(struct weft_child *child)
{
	int status;

	if (child->pid && waitpid(child->pid, &status, WNOHANG) == child->pid) {
		child->pid = 0;
		child->signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
		child->status = child->signal ? 128 + child->signal : WEXITSTATUS(status);
	}
	return child->pid == 0;
}

void weft_child_signal(const struct weft_child *child, int signal_number)
{
	if (child->pid) {
		(void)kill(child->pid, signal_number); /* Not reaped yet, so it is still ours. */
	}
}
