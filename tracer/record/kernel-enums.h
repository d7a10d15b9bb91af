// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Values and bounds of fields in the kernel's events; kernel-layout.c names them for readers. Apart
 * because the program that runs in the kernel shares them.
 */
#ifndef WEFT_RECORD_KERNEL_ENUMS_H
#define WEFT_RECORD_KERNEL_ENUMS_H

/* Frames of a call chain that are kept; more than programs nest before they wait. */
enum { WEFT_CHAIN_MAX = 64 };

enum weft_kernel_object {
	WEFT_OBJECT_NONE,
	WEFT_OBJECT_SOCKET,
	WEFT_OBJECT_PIPE,
	WEFT_OBJECT_FILE,
	WEFT_OBJECT_BLOCK,
	WEFT_OBJECT_CHAR,
	WEFT_OBJECT_ANON, /* eventfd, epoll, timerfd and the like. */
	WEFT_OBJECT_DIRECTORY,
	WEFT_OBJECT_UNKNOWN,
	WEFT_OBJECT_COUNT_,
};

enum weft_kernel_context {
	WEFT_CONTEXT_TASK,
	WEFT_CONTEXT_SOFTIRQ,
	WEFT_CONTEXT_IRQ,
	WEFT_CONTEXT_UNKNOWN,
	WEFT_CONTEXT_COUNT_,
};

#endif
