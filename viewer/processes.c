// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Looking for processes. See processes.h.
 */
#include "processes.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LINE_SIZE 512

static FILE *open_of(pid_t pid, const char *file)
{
	char path[64];

	(void)snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, file);
	return fopen(path, "re");
}

/* Which of our libraries are mapped. */
static bool look_at_libraries(struct weft_process *process)
{
	FILE *file = open_of(process->pid, "maps");
	bool has_weft = false;
	char *line = NULL;
	size_t size = 0;

	while (file && getline(&line, &size, file) > 0) {
		has_weft = has_weft || strstr(line, "/libweft.so") != NULL;
		process->has_trace =
			process->has_trace || strstr(line, "/libweft-lttng.so") != NULL;
	}
	free(line);
	if (file) {
		(void)fclose(file); /* Read only; nothing to lose. */
	}
	return has_weft;
}

static void look_at_status(struct weft_process *process)
{
	FILE *file = open_of(process->pid, "status");
	char line[LINE_SIZE];

	while (file && fgets(line, sizeof(line), file)) {
		if (strncmp(line, "Name:\t", 6) == 0) {
			(void)snprintf(process->name, sizeof(process->name), "%.*s",
				       (int)strcspn(line + 6, "\n"), line + 6);
		} else if (strncmp(line, "VmRSS:", 6) == 0) {
			process->rss_kib = strtoul(line + 6, NULL, 10);
		} else if (strncmp(line, "Threads:", 8) == 0) {
			process->thread_count = (unsigned int)strtoul(line + 8, NULL, 10);
		}
	}
	if (file) {
		(void)fclose(file); /* Read only; nothing to lose. */
	}
}

static void look_at_command(struct weft_process *process)
{
	FILE *file = open_of(process->pid, "cmdline");
	size_t len = 0;
	size_t i;

	if (file) {
		len = fread(process->command, 1, sizeof(process->command) - 1, file);
		(void)fclose(file); /* Read only; nothing to lose. */
	}
	while (len > 0 && process->command[len - 1] == '\0') {
		len--;
	}
	for (i = 0; i < len; i++) {
		if (process->command[i] == '\0') {
			process->command[i] = ' ';
		}
	}
	process->command[len] = '\0';
}

bool weft_process_look(pid_t pid, struct weft_process *ret_process)
{
	memset(ret_process, 0, sizeof(*ret_process));
	ret_process->pid = pid;
	if (!look_at_libraries(ret_process)) {
		return false;
	}
	look_at_status(ret_process);
	look_at_command(ret_process);
	return true;
}

static int compare_pids(const void *left, const void *right)
{
	const pid_t a = ((const struct weft_process *)left)->pid;
	const pid_t b = ((const struct weft_process *)right)->pid;

	return (a > b) - (a < b);
}

int weft_processes_list(struct weft_process **ret_processes, struct weft_error *err)
{
	struct weft_process *processes = NULL;
	const struct dirent *entry;
	size_t count = 0;
	size_t capacity = 0;
	DIR *listing = opendir("/proc");
	int ret = 0;

	if (!listing) {
		return weft_error_set_errno(err, -errno, "cannot list processes");
	}
	while ((entry = readdir(listing)) != NULL) {
		if (!isdigit((unsigned char)entry->d_name[0])) {
			continue;
		}
		if (count == capacity) {
			struct weft_process *more;

			capacity = capacity ? capacity * 2 : 16;
			more = (struct weft_process *)realloc(processes, capacity * sizeof(*more));
			if (!more) {
				ret = weft_error_set(err, -ENOMEM, "out of memory");
				goto out;
			}
			processes = more;
		}
		count += weft_process_look((pid_t)strtol(entry->d_name, NULL, 10),
					   &processes[count]);
	}
	if (count) {
		qsort(processes, count, sizeof(*processes), compare_pids);
	}
out:
	(void)closedir(listing); /* Read only; nothing to lose. */
	if (ret < 0) {
		free(processes);
		return ret;
	}
	*ret_processes = processes;
	return (int)count;
}
