// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * The allocator's functions: counted, and now and then looked at; see heap-profile.h. For C++'s new and
 * delete see cxx.c.
 *
 * What nearly always happens is a subtraction before, or a load for free(), and a jump to the real
 * function. Everything else is in functions of its own, so that this stays without a frame.
 */
#include <errno.h>
#include <stdint.h>
#include <string.h>

#include "heap-profile.h"
#include "real.h"

#define CALLER   __builtin_return_address(0)
#define NOINLINE __attribute__((noinline))

WEFT_PRELOAD_API void *IN_FRONT_OF(malloc)(size_t size) __asm__("malloc");
WEFT_PRELOAD_API void *IN_FRONT_OF(calloc)(size_t count, size_t size) __asm__("calloc");
WEFT_PRELOAD_API void *IN_FRONT_OF(realloc)(void *ptr, size_t size) __asm__("realloc");
WEFT_PRELOAD_API void *IN_FRONT_OF(reallocarray)(void *ptr, size_t count,
						 size_t size) __asm__("reallocarray");
WEFT_PRELOAD_API void IN_FRONT_OF(free)(void *ptr) __asm__("free");
WEFT_PRELOAD_API void *IN_FRONT_OF(memalign)(size_t alignment, size_t size) __asm__("memalign");
WEFT_PRELOAD_API void *IN_FRONT_OF(aligned_alloc)(size_t alignment,
						  size_t size) __asm__("aligned_alloc");
WEFT_PRELOAD_API int IN_FRONT_OF(posix_memalign)(void **ret_ptr, size_t alignment,
						 size_t size) __asm__("posix_memalign");
WEFT_PRELOAD_API void *IN_FRONT_OF(valloc)(size_t size) __asm__("valloc");
WEFT_PRELOAD_API void *IN_FRONT_OF(pvalloc)(size_t size) __asm__("pvalloc");

/* Passes an object on, after a look at it. */
static NOINLINE void *look_at(void *ptr, size_t size, const void *caller)
{
	weft_heap_look_closer_(ptr, size, caller);
	return ptr;
}

void *IN_FRONT_OF(malloc)(size_t size)
{
	if (weft_heap_is_due(size)) {
		return look_at(weft_real.malloc(size), size, CALLER);
	}
	return weft_real.malloc(size);
}

void *IN_FRONT_OF(calloc)(size_t count, size_t size)
{
	size_t product;

	if (!__builtin_mul_overflow(count, size, &product) && weft_heap_is_due(product)) {
		return look_at(weft_real.calloc(count, size), product, CALLER);
	}
	return weft_real.calloc(count, size);
}

/* Out of the arena: its size is not known, so as much is copied as there can be. */
static void *move_out(const void *ptr, size_t size)
{
	size_t rest = weft_real_arena_rest(ptr);
	void *copy = weft_real.malloc(size);

	if (copy) {
		memcpy(copy, ptr, size < rest ? size : rest);
	}
	return copy;
}

/* The old object is sampled, or the new one is due. */
static NOINLINE void *realloc_closely(void *ptr, size_t size, bool is_due, const void *caller)
{
	struct weft_heap_sample sample;
	void *moved;

	if (weft_real_is_arena(ptr)) {
		return move_out(ptr, size);
	}
	/* Before: once freed, the address may be another thread's object at once. */
	sample = weft_heap_take(ptr);
	moved = weft_real.realloc(ptr, size);
	if (!moved && size > 0) {
		weft_heap_put_back(ptr, &sample);
	} else if (is_due) {
		weft_heap_look_closer_(moved, size, caller);
	}
	return moved;
}

static inline void *realloc_from(void *ptr, size_t size, const void *caller)
{
	bool is_due = weft_heap_is_due(size);

	if (is_due || weft_heap_may_be_sampled(ptr)) {
		return realloc_closely(ptr, size, is_due, caller);
	}
	return weft_real.realloc(ptr, size);
}

void *IN_FRONT_OF(realloc)(void *ptr, size_t size)
{
	return realloc_from(ptr, size, CALLER);
}

/* libc's would call realloc() above, and count twice. */
void *IN_FRONT_OF(reallocarray)(void *ptr, size_t count, size_t size)
{
	size_t product;

	if (__builtin_mul_overflow(count, size, &product)) {
		errno = ENOMEM;
		return NULL;
	}
	return realloc_from(ptr, product, CALLER);
}

static NOINLINE void free_closely(void *ptr)
{
	if (!weft_real_is_arena(ptr)) {
		weft_heap_on_free(ptr);
		weft_real.free(ptr);
	}
}

void IN_FRONT_OF(free)(void *ptr)
{
	if (weft_heap_may_be_sampled(ptr)) {
		free_closely(ptr);
		return;
	}
	weft_real.free(ptr);
}

void *IN_FRONT_OF(memalign)(size_t alignment, size_t size)
{
	if (weft_heap_is_due(size)) {
		return look_at(weft_real.memalign(alignment, size), size, CALLER);
	}
	return weft_real.memalign(alignment, size);
}

void *IN_FRONT_OF(aligned_alloc)(size_t alignment, size_t size)
{
	if (weft_heap_is_due(size)) {
		return look_at(weft_real.aligned_alloc(alignment, size), size, CALLER);
	}
	return weft_real.aligned_alloc(alignment, size);
}

int IN_FRONT_OF(posix_memalign)(void **ret_ptr, size_t alignment, size_t size)
{
	bool is_due = weft_heap_is_due(size);
	int ret = weft_real.posix_memalign(ret_ptr, alignment, size);

	if (is_due) {
		(void)look_at(ret == 0 ? *ret_ptr : NULL, size, CALLER); /* Stays where it is. */
	}
	return ret;
}

void *IN_FRONT_OF(valloc)(size_t size)
{
	if (weft_heap_is_due(size)) {
		return look_at(weft_real.valloc(size), size, CALLER);
	}
	return weft_real.valloc(size);
}

void *IN_FRONT_OF(pvalloc)(size_t size)
{
	if (weft_heap_is_due(size)) {
		return look_at(weft_real.pvalloc(size), size, CALLER);
	}
	return weft_real.pvalloc(size);
}
