// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * A library to preload: the n-th allocation of the program fails once.
 *
 * Only allocations that the program itself or libjansson asks for count: GLib, under babeltrace2,
 * ends the process when memory is short, which is not ours to test.
 *
 *   FAIL_AT      which one fails, from 1; 0: none
 *   FAIL_REPORT  file that gets, at exit, how many there were, and how many were not freed
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The C library's own, by the names that remain when these are replaced. */
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *block, size_t size);
void __libc_free(void *block);

#define BLOCK_COUNT_MAX (1U << 20)
#define RANGE_COUNT_MAX 16U

static struct range {
	uintptr_t start, end;
} ranges[RANGE_COUNT_MAX];
static size_t range_count;
static unsigned long fail_at;
static atomic_ulong allocation_count;
static atomic_ulong live_count;
static _Atomic(void *) blocks[BLOCK_COUNT_MAX]; /* NULL free; open addressing, never shrinks. */
static void *const gone = (void *)1;

static int collect_ranges(struct dl_phdr_info *object, size_t size, void *ctx)
{
	size_t i;

	(void)size;
	(void)ctx;
	if (object->dlpi_name[0] && !strstr(object->dlpi_name, "libjansson")) {
		return 0;
	}
	for (i = 0; i < object->dlpi_phnum && range_count < RANGE_COUNT_MAX; i++) {
		const ElfW(Phdr) *segment = &object->dlpi_phdr[i];

		if (segment->p_type == PT_LOAD && segment->p_flags & PF_X) {
			ranges[range_count].start = object->dlpi_addr + segment->p_vaddr;
			ranges[range_count].end = ranges[range_count].start + segment->p_memsz;
			range_count++;
		}
	}
	return 0;
}

__attribute__((constructor)) static void start(void)
{
	const char *number = getenv("FAIL_AT");

	fail_at = number ? strtoul(number, NULL, 10) : 0;
	(void)dl_iterate_phdr(collect_ranges, NULL); /* Cannot fail. */
}

static bool is_ours(const void *caller)
{
	uintptr_t address = (uintptr_t)caller;
	size_t i;

	for (i = 0; i < range_count; i++) {
		if (address >= ranges[i].start && address < ranges[i].end) {
			return true;
		}
	}
	return false;
}

static size_t place_of(const void *block)
{
	return ((uintptr_t)block >> 4) * UINT64_C(0x9e3779b97f4a7c15) >> 44;
}

static void *remember(void *block)
{
	size_t at = place_of(block);
	size_t i;

	for (i = 0; block && i < BLOCK_COUNT_MAX; i++) {
		void *expected = NULL;

		if (atomic_compare_exchange_strong(&blocks[(at + i) % BLOCK_COUNT_MAX], &expected,
						   block)) {
			atomic_fetch_add(&live_count, 1);
			break;
		}
	}
	return block;
}

static void forget(void *block)
{
	size_t at = place_of(block);
	size_t i;

	for (i = 0; block && i < BLOCK_COUNT_MAX; i++) {
		void *there = atomic_load(&blocks[(at + i) % BLOCK_COUNT_MAX]);

		if (!there) {
			return;
		}
		if (there == block) {
			atomic_store(&blocks[(at + i) % BLOCK_COUNT_MAX], gone);
			atomic_fetch_sub(&live_count, 1);
			return;
		}
	}
}

/* Counts one of ours; true for the one that fails. */
static bool fails(void)
{
	if (atomic_fetch_add(&allocation_count, 1) + 1 == fail_at) {
		errno = ENOMEM;
		return true;
	}
	return false;
}

void *malloc(size_t size)
{
	if (!is_ours(__builtin_return_address(0))) {
		return __libc_malloc(size);
	}
	return fails() ? NULL : remember(__libc_malloc(size));
}

void *calloc(size_t count, size_t size)
{
	if (!is_ours(__builtin_return_address(0))) {
		return __libc_calloc(count, size);
	}
	return fails() ? NULL : remember(__libc_calloc(count, size));
}

void *realloc(void *block, size_t size)
{
	if (!is_ours(__builtin_return_address(0))) {
		return __libc_realloc(block, size);
	}
	if (fails()) {
		return NULL;
	}
	forget(block);
	return remember(__libc_realloc(block, size));
}

void free(void *block)
{
	forget(block);
	__libc_free(block);
}

char *strndup(const char *text, size_t size)
{
	bool ours = is_ours(__builtin_return_address(0));
	size_t len = strnlen(text, size);
	char *copy;

	if (ours && fails()) {
		return NULL;
	}
	copy = (char *)__libc_malloc(len + 1);
	if (copy) {
		memcpy(copy, text, len);
		copy[len] = '\0';
	}
	return ours ? (char *)remember(copy) : copy;
}

char *strdup(const char *text)
{
	bool ours = is_ours(__builtin_return_address(0));
	size_t size = strlen(text) + 1;
	char *copy;

	if (ours && fails()) {
		return NULL;
	}
	copy = (char *)__libc_malloc(size);
	if (copy) {
		memcpy(copy, text, size);
	}
	return ours ? (char *)remember(copy) : copy;
}

__attribute__((destructor)) static void report(void)
{
	const char *path = getenv("FAIL_REPORT");
	char line[64];
	int len;
	int fd;

	if (!path) {
		return;
	}
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	len = snprintf(line, sizeof(line), "%lu %lu\n", atomic_load(&allocation_count),
		       atomic_load(&live_count));
	if (fd < 0 || write(fd, line, (size_t)len) != len) {
		_exit(99);
	}
	(void)close(fd); /* Its content is written. */
}
