// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * See real.h.
 */
#include "real.h"

#include <dlfcn.h>
#include <stdatomic.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "heap-profile.h"

/* What dlsym() has been seen to want is below 1 KiB. */
#define ARENA_SIZE      65536U
#define ARENA_ALIGNMENT 16U
#define FILTER_FULL     255

static _Alignas(4096) char arena[ARENA_SIZE];
static _Atomic size_t arena_used;
/* The thread is in the lookup, so memory is to come from the arena. */
static __thread bool is_looking __attribute__((tls_model("initial-exec")));

bool weft_real_is_arena(const void *ptr)
{
	return (uintptr_t)ptr - (uintptr_t)arena < ARENA_SIZE;
}

size_t weft_real_arena_rest(const void *ptr)
{
	return (size_t)(arena + ARENA_SIZE - (const char *)ptr);
}

/* Zeroed. Its hash is marked for ever in the filter, so that free() looks at it closely. */
static void *arena_allocate(size_t size)
{
	size_t whole = (size + ARENA_ALIGNMENT - 1) / ARENA_ALIGNMENT * ARENA_ALIGNMENT;
	size_t at;

	if (whole < size || whole > ARENA_SIZE) {
		return NULL;
	}
	at = atomic_fetch_add_explicit(&arena_used, whole, memory_order_relaxed);
	if (at > ARENA_SIZE - whole) {
		return NULL;
	}
	atomic_store_explicit(&weft_heap_filter_[weft_heap_hash(arena + at)], FILTER_FULL,
			      memory_order_relaxed);
	return arena + at;
}

static void *find(const char *name, const char *version)
{
	void *function = version ? dlvsym(RTLD_NEXT, name, version) : NULL;

	return function ? function : dlsym(RTLD_NEXT, name);
}

static void look_up(void);

/* ---- Until then ---- */

#define EARLY(result, name, version, parameters, arguments)                                        \
	static result early_##name parameters                                                      \
	{                                                                                          \
		look_up();                                                                         \
		return weft_real.name arguments;                                                   \
	}

WEFT_REAL_LATER_FUNCTIONS(EARLY)
WEFT_REAL_IO_FUNCTIONS(EARLY)

static void *early_malloc(size_t size)
{
	if (is_looking) {
		return arena_allocate(size);
	}
	look_up();
	return weft_real.malloc(size);
}

static void *early_calloc(size_t count, size_t size)
{
	size_t product;

	if (is_looking) {
		return __builtin_mul_overflow(count, size, &product) ? NULL
								     : arena_allocate(product);
	}
	look_up();
	return weft_real.calloc(count, size);
}

static void early_free(void *ptr)
{
	if (!is_looking) { /* Else it can only be the arena's. */
		look_up();
		weft_real.free(ptr);
	}
}

#define EARLY_POINTER(result, name, version, parameters, arguments) .name = early_##name,

struct weft_real weft_real = {WEFT_REAL_FUNCTIONS(EARLY_POINTER).free = early_free};

/* ---- The lookup ---- */

/* What is missing stays as it is: nobody can have called it but by a name that libc has. */
static void take(void *ret_pointer, const char *name, const char *version)
{
	void *function = find(name, version);

	if (function) {
		memcpy(ret_pointer, &function, sizeof(function));
	}
}

#define LOOK_UP(result, name, version, parameters, arguments) take(&found.name, #name, version);

/* Threads that are here at the same time find and write the same. */
static void look_up(void)
{
	struct weft_real found = weft_real;

	if (is_looking) {
		/* The loader needs what is being looked for. That cannot be mended from here. */
		(void)syscall(SYS_exit_group, 127); /* Does not return. */
	}
	is_looking = true;
	WEFT_REAL_FUNCTIONS(LOOK_UP)
	take(&found.free, "free", NULL);
	is_looking = false;
	weft_real = found;
}

/* ---- At the end ---- */

#define CHUNK_SIZE (UINT64_C(1) << 20)

/* The size of an object lies in the 16 bytes before it. One thread only. */
static void *own_malloc(size_t size)
{
	static char *at;
	static size_t left;
	size_t whole = (size + 2 * (size_t)ARENA_ALIGNMENT - 1) / ARENA_ALIGNMENT * ARENA_ALIGNMENT;
	char *object;

	if (whole < size) {
		return NULL;
	}
	if (whole > left) {
		size_t chunk = whole > CHUNK_SIZE ? whole : CHUNK_SIZE;
		void *memory = mmap(NULL, chunk, PROT_READ | PROT_WRITE,
				    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

		if (memory == MAP_FAILED) {
			return NULL;
		}
		at = memory;
		left = chunk;
	}
	object = at + ARENA_ALIGNMENT;
	at += whole;
	left -= whole;
	memcpy(object - ARENA_ALIGNMENT, &size, sizeof(size));
	return object;
}

static void *own_calloc(size_t count, size_t size)
{
	size_t product;

	/* Mappings are zero, and nothing is used twice. */
	return __builtin_mul_overflow(count, size, &product) ? NULL : own_malloc(product);
}

/* An object of before is as long as nobody knows; none of those is grown in the copy. */
static void *own_realloc(void *ptr, size_t size)
{
	void *moved = own_malloc(size);
	size_t former = 0;

	if (ptr && moved) {
		memcpy(&former, (char *)ptr - ARENA_ALIGNMENT, sizeof(former));
		memcpy(moved, ptr, former < size ? former : size);
	}
	return moved;
}

static void own_free(void *ptr)
{
	(void)ptr;
}

void weft_real_use_own_memory(void)
{
	weft_real.malloc = own_malloc;
	weft_real.calloc = own_calloc;
	weft_real.realloc = own_realloc;
	weft_real.free = own_free;
}
