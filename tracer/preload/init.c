// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Beginning and end of the preload library, and what is passed on to programs that are executed.
 *
 * The hooks work from the first call, constructor or not; before it they only pass calls on.
 */
#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "ends.h"
#include "hooks.h"
#include "real.h"
#include "threads.h"

#define OWN_NAME   "libweft-preload.so"
#define SEPARATORS ": "

static bool is_own(const char *path, size_t len)
{
	size_t own_len = sizeof(OWN_NAME) - 1;

	return len >= own_len && memcmp(path + len - own_len, OWN_NAME, own_len) == 0 &&
	       (len == own_len || path[len - own_len - 1] == '/');
}

/*
 * Takes this library off LD_PRELOAD, so that what the program executes is not profiled. The text is
 * changed where it lies: it only gets shorter, and copies of `environ` see it too.
 */
static void leave_children_alone(void)
{
	char *list = getenv("LD_PRELOAD");
	char *to = list;
	char *from = list;

	if (!list) {
		return;
	}
	while (*from) {
		size_t len = strcspn(from, SEPARATORS);
		size_t separator_len = strspn(from + len, SEPARATORS);

		if (!is_own(from, len)) {
			memmove(to, from, len + separator_len);
			to += len + separator_len;
		}
		from += len + separator_len;
	}
	*to = '\0';
	if (to == list) {
		(void)unsetenv("LD_PRELOAD"); /* Cannot fail for this name. */
	}
}

/* ThreadSanitizer takes each lock that comes in another way than it expects for a race. */
static bool is_beside_tsan(void)
{
	static const char text[] =
		"weft: the program is built with ThreadSanitizer: it is not profiled\n";

	if (!dlsym(RTLD_DEFAULT, "__tsan_init")) {
		return false;
	}
	(void)!write(STDERR_FILENO, text, sizeof(text) - 1); /* Nowhere else to tell. */
	return true;
}

__attribute__((constructor)) static void init(void)
{
	if (!is_beside_tsan() && weft_hooks_start()) {
		weft_preload_threads_init();
		weft_preload_ends_init();
	}
	if (!weft_hooks_have_children()) {
		leave_children_alone();
	}
}

__attribute__((destructor)) static void fini(void)
{
	weft_hooks_finish(weft_real_use_own_memory);
}
