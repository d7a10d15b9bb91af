// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * A running process. See process.h.
 */
#include "process.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <weft/own-pid.h>

static void read_name(pid_t pid, char *ret_name, size_t size)
{
	char path[64];
	FILE *file;

	ret_name[0] = '\0';
	(void)snprintf(path, sizeof(path), "/proc/%d/comm", (int)pid);
	file = fopen(path, "re");
	if (file) {
		if (fgets(ret_name, (int)size, file)) {
			ret_name[strcspn(ret_name, "\n")] = '\0';
		}
		(void)fclose(file); /* Read only; nothing to lose. */
	}
}

static int look_at_libraries(pid_t pid, const char *name, struct weft_error *err)
{
	char path[64];
	char *line = NULL;
	size_t size = 0;
	bool weft = false;
	bool probes = false;
	FILE *file;

	(void)snprintf(path, sizeof(path), "/proc/%d/maps", (int)pid);
	file = fopen(path, "re");
	if (!file && (errno == EACCES || errno == EPERM)) {
		return weft_error_set(err, -errno,
				      "cannot look at process %d (%s): the kernel lets nobody here "
				      "see its memory, as of one that is protected or in another "
				      "user namespace: record with --all, or from where it started",
				      (int)pid, name);
	}
	if (!file) {
		return weft_error_set_errno(err, -errno, "cannot look at process %d (%s)", (int)pid,
					    name);
	}
	while (getline(&line, &size, file) > 0) {
		weft = weft || strstr(line, "/libweft.so") != NULL;
		probes = probes || strstr(line, "/libweft-lttng.so") != NULL;
	}
	free(line);
	(void)fclose(file); /* Read only; nothing to lose. */
	if (probes) {
		return 0;
	}
	if (weft) {
		return weft_error_set(err, -ENOPKG,
				      "process %d (%s) is linked with libweft but could not load "
				      "LTTng-UST when it started: install package liblttng-ust1, "
				      "do not set WEFT=off, and start it again",
				      (int)pid, name);
	}
	return weft_error_set(err, -ENOPKG,
			      "process %d (%s) is not instrumented: it is not linked with libweft",
			      (int)pid, name);
}

/*
 * What /proc/PID/stat says behind the name, which may hold anything, parentheses too: "S 4711 ...", state
 * and parent. 0; -ENODATA: it has just ended; another negative errno.
 */
static int read_state(pid_t pid, char *ret_text, size_t size)
{
	char path[64];
	char line[512] = "";
	const char *name_end;
	FILE *file;

	(void)snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	file = fopen(path, "re");
	if (!file) {
		return -errno;
	}
	(void)!fread(line, 1, sizeof(line) - 1, file); /* Empty: see above. */
	(void)fclose(file);                            /* Read only; nothing to lose. */
	name_end = strrchr(line, ')');
	if (!name_end || name_end[1] != ' ') {
		return -ENODATA;
	}
	(void)snprintf(ret_text, size, "%s", name_end + 2);
	return 0;
}

bool weft_process_is_running(pid_t pid)
{
	char state[64] = "";
	int ret;

	if (kill(pid, 0) < 0 && errno == ESRCH) {
		return false;
	}
	ret = read_state(pid, state, sizeof(state));
	if (ret < 0) {
		return ret != -ENOENT && ret != -ENODATA; /* Hidden from us, it may run. */
	}
	return state[0] != 'Z' && state[0] != 'X';
}

pid_t weft_process_get_parent(pid_t pid)
{
	char state[64] = "";

	return read_state(pid, state, sizeof(state)) == 0 ? (pid_t)strtol(state + 1, NULL, 10) : 0;
}

int weft_process_check(pid_t pid, pid_t *ret_own_pid, struct weft_error *err)
{
	char name[64];

	if (kill(pid, 0) < 0) {
		if (errno == EPERM) {
			return weft_error_set(err, -EPERM,
					      "process %d belongs to another user: record it as "
					      "that user or as root",
					      (int)pid);
		}
		return weft_error_set(err, -ESRCH, "there is no process %d", (int)pid);
	}
	read_name(pid, name, sizeof(name));
	*ret_own_pid = weft_own_pid(pid);
	return look_at_libraries(pid, name, err);
}
