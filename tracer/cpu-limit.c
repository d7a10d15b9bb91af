// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * See cpu-limit.h.
 *
 * Source: Linux, Documentation/admin-guide/cgroup-v2.rst, cpu.max; Documentation/scheduler/sched-bwc.rst for
 * version 1; Go 1.25, internal/cgroup.
 */
#include "cpu-limit.h"

#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <weft/runtime.h>

#include "proc-file.h"

#define PATH_SIZE 4352
#define TEXT_SIZE 64

double weft_cpu_limit_parse(const char *text)
{
	char *end;
	double quota = strtod(text, &end);
	double period;

	if (end == text || *end != ' ') {
		return 0;
	}
	period = strtod(end, NULL);
	return quota > 0 && period > 0 ? quota / period : 0;
}

/* Of one group; 0: none. */
static double read_limit(const char *folder)
{
	char path[PATH_SIZE + 32];
	char text[2 * TEXT_SIZE];
	int len;

	(void)snprintf(path, sizeof(path), "%s/cpu.max", folder);
	if (weft_proc_file_peek(path, text, TEXT_SIZE) > 0) {
		return weft_cpu_limit_parse(text);
	}
	/* Version 1 has both numbers in files of their own, and -1 for no limit. */
	(void)snprintf(path, sizeof(path), "%s/cpu.cfs_quota_us", folder);
	len = weft_proc_file_peek(path, text, TEXT_SIZE);
	if (len <= 0) {
		return 0;
	}
	text[strcspn(text, "\n")] = ' ';
	(void)snprintf(path, sizeof(path), "%s/cpu.cfs_period_us", folder);
	(void)weft_proc_file_peek(path, text + strlen(text), TEXT_SIZE);
	return weft_cpu_limit_parse(text);
}

/* The group's path below the root: that of version 2 ("0::/a/b"), else of the cpu controller. */
static bool find_group(const char *own, char *ret_path, size_t size)
{
	const char *line;

	for (line = own; *line; line += strcspn(line, "\n"), line += *line == '\n') {
		const char *controllers = strchr(line, ':');
		const char *path = controllers ? strchr(controllers + 1, ':') : NULL;
		size_t len = path ? strcspn(path + 1, "\n") : 0;
		bool is_cpu =
			path && (path == controllers + 1 || strncmp(controllers, ":cpu,", 5) == 0 ||
				 strncmp(controllers, ":cpu:", 5) == 0);

		if (is_cpu && len < size) {
			memcpy(ret_path, path + 1, len);
			ret_path[len] = '\0';
			return true;
		}
	}
	return false;
}

double weft_cpu_limit_find(const char *root, const char *own)
{
	char folder[PATH_SIZE];
	char group[PATH_SIZE / 2];
	double lowest = 0;
	char *slash;

	if (!find_group(own, group, sizeof(group)) || strlen(root) >= PATH_SIZE / 2) {
		return 0;
	}
	(void)snprintf(folder, sizeof(folder), "%s%s", root, group);
	do {
		double limit = read_limit(folder);

		lowest = limit > 0 && (lowest == 0 || limit < lowest) ? limit : lowest;
		slash = strrchr(folder, '/');
		if (slash) {
			*slash = '\0';
		}
	} while (slash && strlen(folder) >= strlen(root));
	return lowest;
}

int weft_runtime_cpu_count(void)
{
	cpu_set_t cpus;

	return sched_getaffinity(0, sizeof(cpus), &cpus) == 0 ? CPU_COUNT(&cpus) : 1;
}

double weft_runtime_cpu_quota(void)
{
	char *own;
	size_t len;
	double limit;

	if (weft_proc_file_read("/proc/self/cgroup", &own, &len) < 0) {
		return 0;
	}
	limit = weft_cpu_limit_find("/sys/fs/cgroup", own);
	free(own);
	return limit;
}
