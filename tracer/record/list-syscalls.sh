#!/bin/sh
# SPDX-License-Identifier: MIT
# Prints the system calls that the C library's headers know for the machine that is built for, one
# SYSCALL(name) a line.
# Usage: list-syscalls.sh COMPILER [ARGUMENT]...
echo '#include <sys/syscall.h>' | "$@" -E -dM -x c - |
	sed -n 's/^#define __NR_\([a-z][a-z0-9_]*\) .*/SYSCALL(\1)/p' | LC_ALL=C sort -u
