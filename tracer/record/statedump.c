// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * See statedump.h. Threads come and go meanwhile: what cannot be read any more is left out.
 */
#include "statedump.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "clock.h"
#include "syscalls.h"

#define PF_KTHREAD 0x00200000U
#define TEXT_SIZE  4096

/* Fields of stat behind the name, counted from the state. */
enum { STAT_STATE, STAT_PPID, STAT_FLAGS = 6, STAT_CPU = 36, STAT_COUNT };

bool weft_statedump_parse_stat(const char *text, struct weft_kernel_thread *ret_thread)
{
	struct weft_kernel_thread thread = *ret_thread;
	const char *open = strchr(text, '(');
	const char *close = strrchr(text, ')'); /* A name may hold parentheses. */
	unsigned long long values[STAT_COUNT] = {0};
	const char *at;
	char *end;
	size_t len;
	int i;

	if (!open || !close || close < open || close[1] != ' ' || !close[2] || close[3] != ' ') {
		return false;
	}
	thread.tid = (int32_t)strtol(text, NULL, 10);
	len = (size_t)(close - open - 1);
	len = len < WEFT_COMM_SIZE - 1 ? len : WEFT_COMM_SIZE - 1;
	memset(thread.name, 0, WEFT_COMM_SIZE);
	memcpy(thread.name, open + 1, len);
	thread.state = close[2];
	at = close + 4;
	for (i = STAT_PPID; i < STAT_COUNT; i++) {
		values[i] = strtoull(at, &end, 10);
		if (end == at) {
			return false;
		}
		at = end;
	}
	thread.ppid = (int32_t)values[STAT_PPID];
	thread.kernel = (values[STAT_FLAGS] & PF_KTHREAD) != 0;
	thread.cpu = (uint32_t)values[STAT_CPU];
	*ret_thread = thread;
	return thread.tid > 0;
}

/* The last number of a line, and how many there are; 0: no such line. */
static int read_ids(const char *text, const char *key, int32_t *ret_last)
{
	const char *at = strstr(text, key);
	int count = 0;

	if (!at) {
		return 0;
	}
	at += strlen(key);
	while (*at == '\t' || *at == ' ') {
		char *end;
		long value = strtol(at, &end, 10);

		if (end == at || isspace((unsigned char)end[-1])) {
			break;
		}
		*ret_last = (int32_t)value;
		count++;
		at = end;
	}
	return count;
}

void weft_statedump_parse_status(const char *text, struct weft_kernel_thread *thread)
{
	int levels = read_ids(text, "\nNSpid:", &thread->vtid);

	(void)read_ids(text, "\nNStgid:", &thread->vpid); /* What is missing is left. */
	thread->ns_level = levels ? levels - 1 : thread->ns_level;
}

void weft_statedump_parse_syscall(const char *text, struct weft_kernel_thread *thread)
{
	char *end;
	long number;

	thread->syscall = WEFT_SYSCALL_UNKNOWN;
	thread->arg = 0;
	if (strncmp(text, "running", 7) == 0) {
		return;
	}
	number = strtol(text, &end, 10);
	if (end == text) {
		return;
	}
	if (number < 0) {
		thread->syscall = WEFT_SYSCALL_NONE;
	} else if (number < WEFT_SYSCALL_COUNT && *end == ' ') {
		thread->syscall = (int16_t)number;
		thread->arg = strtoull(end + 1, NULL, 16);
	}
}

uint8_t weft_statedump_parse_link(const char *text)
{
	static const struct {
		const char *start;
		uint8_t object;
	} kinds[] = {
		{"socket:[", WEFT_OBJECT_SOCKET},
		{"pipe:[", WEFT_OBJECT_PIPE},
		{"anon_inode:", WEFT_OBJECT_ANON},
	};
	size_t i;

	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (strncmp(text, kinds[i].start, strlen(kinds[i].start)) == 0) {
			return kinds[i].object;
		}
	}
	return WEFT_OBJECT_UNKNOWN;
}

/* What a path leads to. */
static uint8_t object_of_mode(mode_t mode)
{
	switch (mode & S_IFMT) {
	case S_IFSOCK:
		return WEFT_OBJECT_SOCKET;
	case S_IFIFO:
		return WEFT_OBJECT_PIPE;
	case S_IFREG:
		return WEFT_OBJECT_FILE;
	case S_IFBLK:
		return WEFT_OBJECT_BLOCK;
	case S_IFCHR:
		return WEFT_OBJECT_CHAR;
	case S_IFDIR:
		return WEFT_OBJECT_DIRECTORY;
	default:
		return WEFT_OBJECT_UNKNOWN;
	}
}

/* Of the descriptor that a thread waits for, if its system call takes one. */
static uint8_t read_object(int dir, const struct weft_kernel_thread *thread)
{
	char path[64];
	char link[64];
	struct stat status;
	ssize_t len;
	uint8_t object;

	if (!weft_syscall_takes_fd(thread->syscall)) {
		return WEFT_OBJECT_NONE;
	}
	(void)snprintf(path, sizeof(path), "fd/%u", (unsigned int)thread->arg);
	len = readlinkat(dir, path, link, sizeof(link) - 1);
	link[len > 0 ? len : 0] = '\0';
	object = weft_statedump_parse_link(link);
	if (object == WEFT_OBJECT_UNKNOWN && fstatat(dir, path, &status, 0) == 0) {
		object = object_of_mode(status.st_mode);
	}
	return object;
}

/* "" when it cannot be read. */
static void read_text(int dir, const char *name, char ret_text[TEXT_SIZE])
{
	int fd = openat(dir, name, O_RDONLY | O_CLOEXEC);
	ssize_t len = fd >= 0 ? read(fd, ret_text, TEXT_SIZE - 1) : -1;

	ret_text[len > 0 ? len : 0] = '\0';
	if (fd >= 0) {
		(void)close(fd); /* Read only; nothing to lose. */
	}
}

static uint32_t read_namespace(int dir)
{
	char text[64];
	ssize_t len = readlinkat(dir, "ns/pid", text, sizeof(text) - 1);
	const char *open;

	text[len > 0 ? len : 0] = '\0';
	open = strchr(text, '[');
	return open ? (uint32_t)strtoul(open + 1, NULL, 10) : 0;
}

/* A process whose threads are being told. */
struct process {
	struct weft_kernel_trace *trace;
	int32_t pid;
	uint32_t ns_inum;
	bool sees_state;
};

static bool dump_thread(const struct process *process, int dir)
{
	struct weft_kernel_thread thread = {
		.pid = process->pid, .vpid = process->pid, .ns_inum = process->ns_inum};
	char text[TEXT_SIZE];

	read_text(dir, "stat", text);
	if (!weft_statedump_parse_stat(text, &thread)) {
		return false;
	}
	thread.vtid = thread.tid;
	read_text(dir, "status", text);
	weft_statedump_parse_status(text, &thread);
	thread.vppid = thread.ns_level == 0 ? thread.ppid : 0;
	read_text(dir, "syscall", text);
	weft_statedump_parse_syscall(text, &thread);
	thread.object = read_object(dir, &thread);
	thread.state = (char)(process->sees_state ? thread.state : '?');
	weft_kernel_trace_dump_thread(process->trace, weft_clock_now_ns(), &thread);
	return true;
}

static size_t dump_process(struct process *process, const char *name)
{
	char path[300];
	DIR *tasks;
	const struct dirent *entry;
	size_t count = 0;
	int fd;

	(void)snprintf(path, sizeof(path), "/proc/%s/task", name);
	tasks = opendir(path);
	if (!tasks) {
		return 0;
	}
	process->ns_inum = read_namespace(dirfd(tasks));
	while ((entry = readdir(tasks)) != NULL) {
		if (!isdigit((unsigned char)entry->d_name[0])) {
			continue;
		}
		fd = openat(dirfd(tasks), entry->d_name, O_PATH | O_DIRECTORY | O_CLOEXEC);
		if (fd >= 0) {
			if (!process->ns_inum) {
				process->ns_inum = read_namespace(fd);
			}
			count += dump_thread(process, fd);
			(void)close(fd); /* Read only; nothing to lose. */
		}
	}
	(void)closedir(tasks); /* Read only; nothing to lose. */
	return count;
}

size_t weft_statedump_write(struct weft_kernel_trace *trace,
			    bool (*sees_state)(const void *ctx, pid_t pid, int dir),
			    const void *ctx)
{
	DIR *processes = opendir("/proc");
	struct process process = {.trace = trace};
	const struct dirent *entry;
	size_t count = 0;

	weft_kernel_trace_dump_begin(trace, weft_clock_now_ns());
	while (processes && (entry = readdir(processes)) != NULL) {
		if (isdigit((unsigned char)entry->d_name[0])) {
			process.pid = (int32_t)strtol(entry->d_name, NULL, 10);
			process.sees_state = sees_state(ctx, process.pid, dirfd(processes));
			count += dump_process(&process, entry->d_name);
		}
	}
	if (processes) {
		(void)closedir(processes); /* Read only; nothing to lose. */
	}
	weft_kernel_trace_dump_end(trace, weft_clock_now_ns());
	return count;
}
