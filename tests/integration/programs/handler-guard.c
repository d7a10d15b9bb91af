// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Preloaded: kills the program when a handler of SIGPROF allocates, locks or calls the loader,
 * and says on standard error how often such a handler ran. With GUARD_TRIPS in the environment it
 * allocates in each handler itself, to show that it would be seen.
 */
#include <dlfcn.h>
#include <link.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "watched-calls.h"

typedef void (*handler_fn)(int number, siginfo_t *info, void *context);

static __thread volatile bool is_in_handler __attribute__((tls_model("initial-exec")));
static handler_fn handler; /* The program's. */
static _Atomic unsigned long run_count;
static bool trips;

static void note_call(const char *what)
{
	if (is_in_handler) {
		(void)!write(STDERR_FILENO, what, strlen(what));
		(void)!write(STDERR_FILENO, " in a handler\n", 14);
		(void)syscall(SYS_tgkill, getpid(), gettid(), SIGKILL);
	}
}

static void guarded(int number, siginfo_t *info, void *context)
{
	bool was = is_in_handler;

	atomic_fetch_add(&run_count, 1);
	is_in_handler = true;
	if (trips) {
		free(malloc(1));
	}
	handler(number, info, context);
	is_in_handler = was;
}

#define NEXT_MAP(row)                                                                              \
	row(sigaction) row(pthread_mutex_lock) row(pthread_rwlock_rdlock)                          \
		row(pthread_rwlock_wrlock) row(pthread_setspecific) row(dl_iterate_phdr)           \
			row(dladdr) row(dlopen) row(dlclose)

/* The next ones, and how they are called by who is not in a handler. */
#define NEXT(name)                                                                                 \
	static __typeof__(name) *next_##name;                                                      \
	static __typeof__(name) *get_##name(void)                                                  \
	{                                                                                          \
		note_call(#name);                                                                  \
		find_all();                                                                        \
		return next_##name;                                                                \
	}

static void find_all(void);
NEXT_MAP(NEXT)

/*
 * All at once when the first is called, which the main thread does: later ones may be called by a
 * thread that somebody inside dlopen() waits for, and dlsym() would wait for that one.
 */
static void find_all(void)
{
#define FIND(name) *(void **)&next_##name = dlsym(RTLD_NEXT, #name);
	if (!next_dlclose) {
		NEXT_MAP(FIND)
	}
}

int sigaction(int number, const struct sigaction *action, struct sigaction *former)
{
	struct sigaction ours;
	handler_fn before = handler;
	int ret;

	if (number == SIGPROF && action && (action->sa_flags & SA_SIGINFO)) {
		ours = *action;
		handler = action->sa_sigaction;
		ours.sa_sigaction = guarded;
		action = &ours;
	}
	ret = get_sigaction()(number, action, former);
	if (ret == 0 && former && (former->sa_flags & SA_SIGINFO) &&
	    former->sa_sigaction == guarded) {
		former->sa_sigaction = before;
	}
	return ret;
}

int pthread_mutex_lock(pthread_mutex_t *mutex)
{
	return get_pthread_mutex_lock()(mutex);
}

int pthread_rwlock_rdlock(pthread_rwlock_t *lock)
{
	return get_pthread_rwlock_rdlock()(lock);
}

int pthread_rwlock_wrlock(pthread_rwlock_t *lock)
{
	return get_pthread_rwlock_wrlock()(lock);
}

int pthread_setspecific(pthread_key_t key, const void *value)
{
	return get_pthread_setspecific()(key, value);
}

int dl_iterate_phdr(int (*visit)(struct dl_phdr_info *info, size_t size, void *ctx), void *ctx)
{
	return get_dl_iterate_phdr()(visit, ctx);
}

int dladdr(const void *address, Dl_info *ret_info)
{
	return get_dladdr()(address, ret_info);
}

void *dlopen(const char *file, int mode)
{
	return get_dlopen()(file, mode);
}

int dlclose(void *library)
{
	return get_dlclose()(library);
}

__attribute__((constructor)) static void init(void)
{
	trips = getenv("GUARD_TRIPS") != NULL;
}

__attribute__((destructor)) static void fini(void)
{
	(void)fprintf(stderr, "handlers: %lu\n", atomic_load(&run_count));
}
