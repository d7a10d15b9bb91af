// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * A process's own id. See <weft/own-pid.h>.
 */
#include <weft/own-pid.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

pid_t weft_own_pid(pid_t pid)
{
	char path[64];
	char line[256];
	pid_t own = pid;
	FILE *file;

	(void)snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	file = fopen(path, "re");
	if (!file) {
		return own;
	}
	while (fgets(line, sizeof(line), file)) {
		if (strncmp(line, "NSpid:", 6) == 0) {
			const char *last = strrchr(line, '\t');
			long value = last ? strtol(last + 1, NULL, 10) : 0;

			own = value > 0 ? (pid_t)value : own;
		}
	}
	(void)fclose(file); /* Read only; nothing to lose. */
	return own;
}
