// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * C++'s operators new and delete. Those of its own library come through malloc() and free(), which count;
 * other allocators (tcmalloc, jemalloc, mimalloc) bring operators that do not. Which of the two
 * it was is seen by whether somebody has counted meanwhile: then less is left to the next sample, or one
 * was taken.
 *
 * The operators are called by the names that the C++ ABI gives them on machines where size_t is `unsigned
 * long`. A plugin in C++ may be loaded by a program in C, and its library of C++ for it alone: then
 * that one is asked, wherever it is. Exceptions of `new` pass through these functions.
 */
#include <dlfcn.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>

#include "heap-profile.h"
#include "real.h"

#define CALLER   __builtin_return_address(0)
#define NOINLINE __attribute__((noinline))

/* std::align_val_t and std::nothrow_t are passed like these. */
#define SIZE_PARAMETERS            (size_t size)
#define SIZE_ARGUMENTS             (size)
#define NOTHROW_PARAMETERS         (size_t size, const void *nothrow)
#define NOTHROW_ARGUMENTS          (size, nothrow)
#define ALIGNED_PARAMETERS         (size_t size, size_t alignment)
#define ALIGNED_ARGUMENTS          (size, alignment)
#define ALIGNED_NOTHROW_PARAMETERS (size_t size, size_t alignment, const void *nothrow)
#define ALIGNED_NOTHROW_ARGUMENTS  (size, alignment, nothrow)

/* The next one of a name: an allocator's, or that of C++'s library. NULL: there is none. */
static void *find(const char *name)
{
	static const char *const libraries[] = {"libstdc++.so.6", "libc++.so.1"};
	void *found = dlsym(RTLD_NEXT, name);
	size_t i;

	for (i = 0; !found && i < sizeof(libraries) / sizeof(libraries[0]); i++) {
		void *library = dlopen(libraries[i], RTLD_LAZY | RTLD_NOLOAD);

		if (library) {
			found = dlsym(library, name);
			(void)dlclose(library); /* It was there before. */
		}
	}
	return found;
}

/* Threads that are here at the same time find the same. Aborts when there is none: who calls it? */
static uintptr_t get(_Atomic(void *) *known, const char *name)
{
	void *found = atomic_load_explicit(known, memory_order_relaxed);

	if (__builtin_expect(!found, 0)) {
		found = find(name);
		if (!found) {
			abort();
		}
		atomic_store_explicit(known, found, memory_order_relaxed);
	}
	return (uintptr_t)found; /* Pedants turn no object's address into a function's. */
}

static NOINLINE void *look_at(void *ptr, size_t size, const void *caller)
{
	weft_heap_look_closer_(ptr, size, caller);
	return ptr;
}

#define NEW(name, parameters, arguments)                                                           \
	WEFT_PRELOAD_API void *IN_FRONT_OF(name)                                                   \
	parameters __asm__(#name);                                                                 \
	void *IN_FRONT_OF(name) parameters                                                         \
	{                                                                                          \
		static _Atomic(void *) known;                                                      \
		void *(*real)parameters = (void *(*)parameters)get(&known, #name);                 \
		int64_t left = weft_heap_left_;                                                    \
		void *ptr;                                                                         \
                                                                                                   \
		weft_heap_has_looked_ = false;                                                     \
		ptr = real arguments;                                                              \
		if (weft_heap_left_ == left && !weft_heap_has_looked_ && weft_heap_is_due(size)) { \
			return look_at(ptr, size, CALLER);                                         \
		}                                                                                  \
		return ptr;                                                                        \
	}

#define DELETE(name, parameters, arguments)                                                        \
	WEFT_PRELOAD_API void IN_FRONT_OF(name) parameters __asm__(#name);                         \
	void IN_FRONT_OF(name) parameters                                                          \
	{                                                                                          \
		static _Atomic(void *) known;                                                      \
		void(*real) parameters = (void(*) parameters)get(&known, #name);                   \
                                                                                                   \
		weft_heap_on_free(ptr);                                                            \
		real arguments;                                                                    \
	}

NEW(_Znwm, SIZE_PARAMETERS, SIZE_ARGUMENTS)
NEW(_Znam, SIZE_PARAMETERS, SIZE_ARGUMENTS)
NEW(_ZnwmRKSt9nothrow_t, NOTHROW_PARAMETERS, NOTHROW_ARGUMENTS)
NEW(_ZnamRKSt9nothrow_t, NOTHROW_PARAMETERS, NOTHROW_ARGUMENTS)
NEW(_ZnwmSt11align_val_t, ALIGNED_PARAMETERS, ALIGNED_ARGUMENTS)
NEW(_ZnamSt11align_val_t, ALIGNED_PARAMETERS, ALIGNED_ARGUMENTS)
NEW(_ZnwmSt11align_val_tRKSt9nothrow_t, ALIGNED_NOTHROW_PARAMETERS, ALIGNED_NOTHROW_ARGUMENTS)
NEW(_ZnamSt11align_val_tRKSt9nothrow_t, ALIGNED_NOTHROW_PARAMETERS, ALIGNED_NOTHROW_ARGUMENTS)

DELETE(_ZdlPv, (void *ptr), (ptr))
DELETE(_ZdaPv, (void *ptr), (ptr))
DELETE(_ZdlPvm, (void *ptr, size_t size), (ptr, size))
DELETE(_ZdaPvm, (void *ptr, size_t size), (ptr, size))
DELETE(_ZdlPvSt11align_val_t, (void *ptr, size_t alignment), (ptr, alignment))
DELETE(_ZdaPvSt11align_val_t, (void *ptr, size_t alignment), (ptr, alignment))
DELETE(_ZdlPvmSt11align_val_t, (void *ptr, size_t size, size_t alignment), (ptr, size, alignment))
DELETE(_ZdaPvmSt11align_val_t, (void *ptr, size_t size, size_t alignment), (ptr, size, alignment))
DELETE(_ZdlPvRKSt9nothrow_t, (void *ptr, const void *nothrow), (ptr, nothrow))
DELETE(_ZdaPvRKSt9nothrow_t, (void *ptr, const void *nothrow), (ptr, nothrow))
DELETE(_ZdlPvSt11align_val_tRKSt9nothrow_t, (void *ptr, size_t alignment, const void *nothrow),
       (ptr, alignment, nothrow))
DELETE(_ZdaPvSt11align_val_tRKSt9nothrow_t, (void *ptr, size_t alignment, const void *nothrow),
       (ptr, alignment, nothrow))
