// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * While a walk is at work nothing of the C library that locks, allocates or asks the loader is
 * called, and no system call is made: functions of those names in this program stand before the C
 * library's, and the kernel turns a system call into SIGSYS (PR_SET_SYSCALL_USER_DISPATCH).
 */
#include "subjects.h"

#include <dlfcn.h>
#include <errno.h>
#include <link.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "walk.h"
#include "watched-calls.h"

#define WALKS       4000U
#define INTERVAL_US 100

#ifndef PR_SET_SYSCALL_USER_DISPATCH
#define PR_SET_SYSCALL_USER_DISPATCH 59
#define PR_SYS_DISPATCH_ON           1
#endif
#define SELECTOR_ALLOW 0
#define SELECTOR_BLOCK 1

static volatile bool walking;
static volatile char selector; /* Read by the kernel: whether system calls are let through. */
static _Atomic size_t violations;
static const char *_Atomic first_violation;
static volatile int sink;

static void note_call(const char *name)
{
	const char *none = NULL;

	if (walking) {
		atomic_fetch_add(&violations, 1);
		(void)atomic_compare_exchange_strong(&first_violation, &none, name);
	}
}

static struct {
	void *(*dlsym)(void *handle, const char *name);
	int (*dl_iterate_phdr)(int (*)(struct dl_phdr_info *, size_t, void *), void *);
	int (*mutex_lock)(pthread_mutex_t *mutex);
	int (*mutex_trylock)(pthread_mutex_t *mutex);
	int (*mutex_unlock)(pthread_mutex_t *mutex);
	long (*syscall)(long number, ...);
} real;

static void find_real(void)
{
	if (!real.dlsym) {
		*(void **)&real.dlsym = dlvsym(RTLD_NEXT, "dlsym", "GLIBC_2.2.5");
		*(void **)&real.dl_iterate_phdr = real.dlsym(RTLD_NEXT, "dl_iterate_phdr");
		*(void **)&real.mutex_lock = real.dlsym(RTLD_NEXT, "pthread_mutex_lock");
		*(void **)&real.mutex_trylock = real.dlsym(RTLD_NEXT, "pthread_mutex_trylock");
		*(void **)&real.mutex_unlock = real.dlsym(RTLD_NEXT, "pthread_mutex_unlock");
		*(void **)&real.syscall = real.dlsym(RTLD_NEXT, "syscall");
	}
}

void *dlsym(void *restrict handle, const char *restrict name)
{
	note_call("dlsym");
	find_real();
	return real.dlsym(handle, name);
}

int dl_iterate_phdr(int (*callback)(struct dl_phdr_info *, size_t, void *), void *argument)
{
	note_call("dl_iterate_phdr");
	find_real();
	return real.dl_iterate_phdr(callback, argument);
}

int pthread_mutex_lock(pthread_mutex_t *mutex)
{
	note_call("pthread_mutex_lock");
	find_real();
	return real.mutex_lock(mutex);
}

int pthread_mutex_trylock(pthread_mutex_t *mutex)
{
	note_call("pthread_mutex_trylock");
	find_real();
	return real.mutex_trylock(mutex);
}

int pthread_mutex_unlock(pthread_mutex_t *mutex)
{
	note_call("pthread_mutex_unlock");
	find_real();
	return real.mutex_unlock(mutex);
}

long syscall(long number, ...)
{
	va_list list;
	long word[6];

	note_call("syscall");
	find_real();
	va_start(list, number);
	for (size_t i = 0; i < 6; i++) {
		word[i] = va_arg(list, long);
	}
	va_end(list);
	return real.syscall(number, word[0], word[1], word[2], word[3], word[4], word[5]);
}

static void enter(void)
{
	walking = true;
	selector = SELECTOR_BLOCK;
}

static void leave(void)
{
	selector = SELECTOR_ALLOW;
	walking = false;
}

static void on_system_call(int number)
{
	(void)number;
	selector = SELECTOR_ALLOW; /* This handler's own return is a system call. */
	note_call("a system call");
}

static bool block_system_calls(void)
{
	struct sigaction action = {.sa_handler = on_system_call};

	return sigaction(SIGSYS, &action, NULL) == 0 &&
	       prctl(PR_SET_SYSCALL_USER_DISPATCH, PR_SYS_DISPATCH_ON, 0, 0, &selector) == 0;
}

static size_t take_violations(void)
{
	atomic_store(&first_violation, NULL);
	return atomic_exchange(&violations, 0);
}

static int count_object(struct dl_phdr_info *object, size_t size, void *argument)
{
	(void)size;
	*(int *)argument += object->dlpi_phnum;
	return 0;
}

/* What the walks interrupt: the very functions that they must not call. */
static void turn(void)
{
	static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
	int count = 0;

	(void)pthread_mutex_lock(&mutex);
	sink += subject_throw(5) + subject_containers(2);
	(void)pthread_mutex_unlock(&mutex);
	(void)dl_iterate_phdr(count_object, &count);
	sink += count + (dlsym(RTLD_DEFAULT, "qsort") != NULL) + (int)getppid();
	free(malloc((size_t)(count & 0xff) << 12));
}

/* The alarms work: each forbidden thing, done on purpose, is noticed. */
static bool check_alarms(bool blocking)
{
	void *volatile block;
	size_t wanted = 4 + (blocking ? 1 : 0);
	size_t seen;

	enter();
	block = malloc(10);
	free(block);
	(void)dlsym(RTLD_DEFAULT, "qsort");
	(void)dl_iterate_phdr(count_object, &(int){0});
	(void)getppid();
	leave();
	seen = take_violations();
	printf("alarms: %zu of %zu\n", seen, wanted);
	return seen >= wanted;
}

int main(void)
{
	bool blocking = block_system_calls();
	size_t seen;

	if (!blocking) {
		printf("system calls are not watched: %s\n", strerror(errno));
	}
	if (!check_alarms(blocking)) {
		return 1;
	}
	walk_enter = enter;
	walk_leave = leave;
	walk_begin(INTERVAL_US);
	while (atomic_load(&walk_counts.walks) < WALKS) {
		turn();
	}
	walk_end();
	walk_report("silent walks");
	if (atomic_load(&violations) > 0) {
		printf("in a walk: %s\n", atomic_load(&first_violation));
	}
	seen = take_violations();
	return seen > 0 || atomic_load(&walk_counts.complete) * 10 < WALKS * 8;
}
