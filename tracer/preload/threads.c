// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Creation and end of threads; see thread-profile.h.
 */
#include "threads.h"

#include <errno.h>

#include <weft/trace.h>

#include "hook-stack.h"
#include "hooks.h"
#include "lock-wait.h"
#include "real.h"
#include "thread-profile.h"

#define CALLER __builtin_return_address(0)

WEFT_PRELOAD_API int IN_FRONT_OF(pthread_create)(pthread_t *ret_thread,
						 const pthread_attr_t *attributes,
						 weft_thread_fn start,
						 void *argument) __asm__("pthread_create");
WEFT_PRELOAD_API int IN_FRONT_OF(pthread_join)(pthread_t thread,
					       void **ret_result) __asm__("pthread_join");

/* What a thread begins with. Taken over by it. */
struct beginning {
	weft_thread_fn start;
	void *argument;
	struct weft_stack_entry *entry; /* NULL: a thread of libweft's own, or of LTTng's. */
};

/* Its value in a thread is the thread's entry; its destructor knows of every kind of end. */
static pthread_key_t end_key;
static bool has_end_key;

static void end(void *entry)
{
	weft_thread_profile_end((struct weft_stack_entry *)entry);
}

void weft_preload_threads_init(void)
{
	has_end_key = pthread_key_create(&end_key, end) == 0;
}

static void *begin(void *argument)
{
	struct beginning beginning = *(struct beginning *)argument;

	weft_real.free(argument);
	weft_hook_guard_++;
	if (!beginning.entry) {
		return beginning.start(beginning.argument);
	}
	if (pthread_setspecific(end_key, beginning.entry) != 0) {
		/* No memory: it counts as ended, rather than as living for ever. */
		weft_thread_profile_end(beginning.entry);
	}
	weft_hooks_thread_begin(); /* libweft's own pthread_create() is not called: libc's comes first. */
	weft_hook_guard_--;
	return beginning.start(beginning.argument);
}

int IN_FRONT_OF(pthread_create)(pthread_t *ret_thread, const pthread_attr_t *attributes,
				weft_thread_fn start, void *argument)
{
	/* Who creates one in the midst of what we do works for us: LTTng-UST, for example. */
	bool is_own = weft_hook_guard_ != 0 || weft_thread_profile_is_own(CALLER);
	struct weft_stack_entry *entry = has_end_key ? weft_thread_profile_begin(CALLER) : NULL;
	struct beginning *beginning = entry || is_own ? weft_real.malloc(sizeof(*beginning)) : NULL;
	int ret;

	if (!beginning) {                       /* Not counted, or no memory. */
		weft_thread_profile_end(entry); /* Its end will not be seen. */
		return weft_real.pthread_create(ret_thread, attributes, start, argument);
	}
	*beginning = (struct beginning){start, argument, entry};
	ret = weft_real.pthread_create(ret_thread, attributes, begin, beginning);
	if (ret != 0) {
		weft_thread_profile_cancel(entry);
		weft_real.free(beginning);
	}
	return ret;
}

int IN_FRONT_OF(pthread_join)(pthread_t thread, void **ret_result)
{
	struct weft_lock_passage passage;
	int ret;

	if (!weft_lock_is_watched()) {
		return weft_real.pthread_join(thread, ret_result);
	}
	weft_lock_wait_enter(&passage, WEFT_LOCK_KIND_THREAD, (const void *)thread, 0, CALLER);
	ret = weft_real.pthread_join(thread, ret_result);
	weft_lock_wait_leave(&passage, CALLER);
	return ret;
}
