// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * The state dump: process, objects and threads, told at the start of each recording (and at `lttng
 * regenerate statedump`), so that late attach, overwritten buffers and cut traces still resolve.
 *
 * Runs in LTTng-UST's listener thread, or once at the end of initialisation when a recording was
 * already running. Takes no lock but the loader's (see objects.c) and allocates nothing.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <weft/events.h>

#include "control.h"
#include "provider.h"

#define PATH_SIZE    4096
#define CMDLINE_SIZE 2048
#define COMM_SIZE    64

/* As the kernel fills it for getdents64(2). */
struct directory_entry {
	uint64_t inode;
	int64_t offset;
	unsigned short size;
	unsigned char type;
	char name[];
};

static size_t read_file(const char *path, char *text, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t len;

	if (fd < 0) {
		text[0] = '\0';
		return 0;
	}
	len = read(fd, text, size - 1);
	(void)close(fd); /* Read only; nothing to lose. */
	if (len < 0) {
		len = 0;
	}
	text[len] = '\0';
	return (size_t)len;
}

/* 0: /proc is not there. */
static uint32_t get_pid_ns(void)
{
	struct stat status;

	return stat("/proc/self/ns/pid", &status) == 0 ? (uint32_t)status.st_ino : 0;
}

void weft_dump__process(void)
{
	char exe[PATH_SIZE];
	char cmdline[CMDLINE_SIZE];
	ssize_t exe_len = readlink("/proc/self/exe", exe, sizeof(exe) - 1);
	size_t len;
	size_t i;

	exe[exe_len < 0 ? 0 : exe_len] = '\0';
	len = read_file("/proc/self/cmdline", cmdline, sizeof(cmdline));
	for (i = 0; i + 1 < len; i++) {
		if (cmdline[i] == '\0') {
			cmdline[i] = ' ';
		}
	}
	lttng_ust_tracepoint(weft, process, weft_control.pid, weft_self.tid, getppid(),
			     weft_control.start_ns, WEFT_EVENTS_VERSION, exe, cmdline,
			     get_pid_ns());
}

/* Returns 0 for anything that is not a thread id. */
static int32_t parse_tid(const char *name)
{
	int64_t tid = 0;

	while (*name >= '0' && *name <= '9' && tid <= INT32_MAX) {
		tid = tid * 10 + (*name++ - '0');
	}
	return *name == '\0' && tid <= INT32_MAX ? (int32_t)tid : 0;
}

static void dump_thread(const char *tid_text)
{
	static const char prefix[] = "/proc/self/task/";
	static const char suffix[] = "/comm";
	char path[sizeof(prefix) + 16 + sizeof(suffix)];
	char name[COMM_SIZE];
	size_t len = strlen(tid_text);
	int32_t tid = parse_tid(tid_text);

	if (!tid || len > 15) {
		return;
	}
	memcpy(path, prefix, sizeof(prefix) - 1);
	memcpy(path + sizeof(prefix) - 1, tid_text, len); /* NOLINT: the suffix ends it. */
	memcpy(path + sizeof(prefix) - 1 + len, suffix, sizeof(suffix));
	len = read_file(path, name, sizeof(name));
	if (len && name[len - 1] == '\n') {
		name[len - 1] = '\0';
	}
	lttng_ust_tracepoint(weft, thread, weft_control.pid, weft_self.tid, tid, name);
}

/* opendir() allocates; the system call does not. */
static void dump_threads(void)
{
	_Alignas(struct directory_entry) char entries[4096];
	int fd = open("/proc/self/task", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	long size;
	long at;

	if (fd < 0) {
		return;
	}
	while ((size = syscall(SYS_getdents64, fd, entries, sizeof(entries))) > 0) {
		for (at = 0; at < size;) {
			const struct directory_entry *entry =
				(const struct directory_entry *)(const void *)(entries + at);

			dump_thread(entry->name);
			at += entry->size;
		}
	}
	(void)close(fd); /* Read only; nothing to lose. */
}

void weft_dump(void)
{
	int saved_errno = errno;

	weft_misuse__rearm();
	if (!weft_self.tid) {
		weft_self.tid = (int32_t)syscall(SYS_gettid);
		weft_self.schedstat_fd = -1;
	}
	weft_dump__process();
	weft_objects__dump();
	dump_threads();
	/* Last: a thread that sees the new epoch describes itself after its line in the dump. */
	(void)atomic_fetch_add_explicit(&weft_control.epoch, 1, memory_order_relaxed);
	errno = saved_errno;
}
