// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * See syscalls.h. The names come from the C library's headers, through list-syscalls.sh.
 */
#include "syscalls.h"

#include <stddef.h>
#include <string.h>
#include <sys/syscall.h>

static const char *const names[WEFT_SYSCALL_COUNT] = {
#define SYSCALL(name) [__NR_##name] = #name,
#include "syscall-list.h"
#undef SYSCALL
};

static const char *const with_fd[] = {
	"accept",      "accept4",      "connect",         "copy_file_range",
	"epoll_pwait", "epoll_pwait2", "epoll_wait",      "fallocate",
	"fcntl",       "fdatasync",    "flock",           "fsync",
	"ftruncate",   "getdents",     "getdents64",      "io_uring_enter",
	"ioctl",       "preadv",       "preadv2",         "pread64",
	"pwrite64",    "pwritev",      "pwritev2",        "read",
	"readahead",   "readv",        "recvfrom",        "recvmmsg",
	"recvmsg",     "sendfile",     "sendmmsg",        "sendmsg",
	"sendto",      "splice",       "sync_file_range", "syncfs",
	"tee",         "vmsplice",     "write",           "writev",
};

const char *weft_syscall_name(int number)
{
	return number >= 0 && number < WEFT_SYSCALL_COUNT ? names[number] : NULL;
}

bool weft_syscall_takes_fd(int number)
{
	const char *name = weft_syscall_name(number);
	size_t i;

	for (i = 0; name && i < sizeof(with_fd) / sizeof(with_fd[0]); i++) {
		if (strcmp(with_fd[i], name) == 0) {
			return true;
		}
	}
	return false;
}
