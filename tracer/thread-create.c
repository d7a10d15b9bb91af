// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * pthread_create(), so that a new thread begins with its creator's labels and is sampled from its first
 * instruction on.
 *
 * libweft comes before libc wherever a program is linked with it, so calls of the program and of all
 * libraries arrive here. The symbol has no version, as any version is asked for. When libweft cannot
 * see them (it was loaded by dlopen()), threads begin without labels, and scans find them.
 */
#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include <weft/labels.h>

#include "control.h"
#include "hooks.h"

typedef int (*create_fn)(pthread_t *ret_thread, const pthread_attr_t *attributes,
			 void *(*function)(void *), void *argument);

/* What the creator hands to the new thread, which frees it. */
struct beginning {
	void *(*function)(void *);
	void *argument;
	struct weft_labels *labels; /* A reference. */
};

/* Only there under ThreadSanitizer, whose threads may not run code of ours before its own. */
extern void tsan_init(void) __asm__("__tsan_init") __attribute__((weak));
/* Only there under AddressSanitizer. */
extern void asan_unpoison(const volatile void *start,
			  size_t size) __asm__("__asan_unpoison_memory_region")
	__attribute__((weak));

/* What every stack has room for, and what runs before the thread's own function needs. */
#define EARLY_STACK_SIZE (16U << 10)

/*
 * AddressSanitizer sees to the marks of a new stack where its own beginning of the thread runs, which
 * is inside ours. In the child of fork() the memory may have been the stack of a thread of the
 * parent, and is marked as that one left it: nothing may be said of it before.
 */
static void forget_marks_of_stack(void)
{
	const char *frame = (const char *)__builtin_frame_address(0);

	if (asan_unpoison) {
		asan_unpoison(frame - EARLY_STACK_SIZE, EARLY_STACK_SIZE);
	}
}

static void *begin(void *argument)
{
	struct beginning beginning = *(struct beginning *)argument;

	free(argument);
	forget_marks_of_stack();
	weft_hooks_thread_begin();
	weft_labels_attach(beginning.labels);
	return beginning.function(beginning.argument);
}

/* dlsym() may be called twice at once; both find the same. */
static create_fn next_create(void)
{
	static _Atomic(create_fn) next;
	create_fn found = atomic_load_explicit(&next, memory_order_relaxed);

	if (!found) {
		*(void **)&found = dlsym(RTLD_NEXT, "pthread_create");
		atomic_store_explicit(&next, found, memory_order_relaxed);
	}
	return found;
}

/* NOLINTNEXTLINE: the names that libc gives to parameters are reserved. */
WEFT_API int pthread_create(pthread_t *ret_thread, const pthread_attr_t *attributes,
			    void *(*function)(void *), void *argument)
{
	create_fn next = next_create();
	struct beginning *beginning;
	int ret;

	if (!next) {
		return EAGAIN;
	}
	if (tsan_init) {
		return next(ret_thread, attributes, function, argument);
	}
	beginning = (struct beginning *)malloc(sizeof(*beginning));
	if (!beginning) {
		return next(ret_thread, attributes, function, argument);
	}
	*beginning = (struct beginning){function, argument, weft_labels_capture()};
	ret = next(ret_thread, attributes, begin, beginning);
	if (ret) {
		weft_labels_put_ref(beginning->labels);
		free(beginning);
	}
	return ret;
}
