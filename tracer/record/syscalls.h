// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * System calls of the machine that Weft is built for: names, and which take a descriptor first.
 */
#ifndef WEFT_RECORD_SYSCALLS_H
#define WEFT_RECORD_SYSCALLS_H

#include <stdbool.h>

enum {
	WEFT_SYSCALL_COUNT = 1024, /* Numbers are below. */
	WEFT_SYSCALL_NONE = -1,    /* Not in a system call. */
	WEFT_SYSCALL_UNKNOWN = -2, /* The source cannot tell. */
};

/** Name without a prefix ("read"), static; NULL: no such system call. */
const char *weft_syscall_name(int number);

/** Whether its first argument is a descriptor whose kind tells what a thread waits for. */
bool weft_syscall_takes_fd(int number);

#endif
