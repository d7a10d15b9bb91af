// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * An allocator that stands before the C library's, tells note_call() of each call, and passes it on.
 * Whoever includes this defines note_call(); it may allocate nothing.
 */
#ifndef WEFT_TESTS_WATCHED_CALLS_H
#define WEFT_TESTS_WATCHED_CALLS_H

#include <stddef.h>
#include <stdlib.h>

/* glibc's own, which need not be looked up. */
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *block, size_t size);
void *__libc_memalign(size_t alignment, size_t size);
void __libc_free(void *block);

void *memalign(size_t alignment, size_t size);

static void note_call(const char *name);

void *malloc(size_t size)
{
	note_call("malloc");
	return __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
	note_call("calloc");
	return __libc_calloc(count, size);
}

void *realloc(void *block, size_t size)
{
	note_call("realloc");
	return __libc_realloc(block, size);
}

void *memalign(size_t alignment, size_t size)
{
	note_call("memalign");
	return __libc_memalign(alignment, size);
}

void *aligned_alloc(size_t alignment, size_t size)
{
	note_call("aligned_alloc");
	return __libc_memalign(alignment, size);
}

void free(void *block)
{
	note_call("free");
	__libc_free(block);
}

#endif
