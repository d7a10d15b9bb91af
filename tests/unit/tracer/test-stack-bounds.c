// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Stacks from handlers, from functions and from outside, on every kind of stack: a walk that knows
 * where the stack ends comes to whoever runs at its outer end.
 */
#include <pthread.h>
#include <semaphore.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

#include <cmocka.h>

#include "proc-file.h"
#include "stack-bounds.h"

#define DEPTH_MAX 64

static uintptr_t pcs[DEPTH_MAX];
static size_t depth;

/* Whether the walk has a return address inside the function, which is shorter than 4 KiB. */
static bool has(void (*function)(void))
{
	size_t i;

	for (i = 0; i < depth; i++) {
		if (pcs[i] > (uintptr_t)function && pcs[i] - (uintptr_t)function < 512) {
			return true;
		}
	}
	return false;
}

static void walk(int number, siginfo_t *info, void *context)
{
	struct weft_unwind_registers registers;
	struct weft_unwind_bounds bounds;

	(void)number;
	(void)info;
	weft_unwind_registers_get(context, &registers);
	weft_stack_bounds_get(context, registers.sp, &bounds);
	depth = weft_unwind(&registers, &bounds, pcs, DEPTH_MAX);
}

__attribute__((noinline)) static void be_interrupted(void)
{
	(void)raise(SIGUSR1);
	__asm__ volatile("");
}

__attribute__((noinline)) static void outer(void)
{
	be_interrupted();
	__asm__ volatile("");
}

static void *run_outer(void *unused)
{
	outer();
	return unused;
}

static void expect_outer(void)
{
	assert_true(has(outer) && has(be_interrupted));
	depth = 0;
}

static void the_main_thread_is_walked(void **state)
{
	(void)state;
	assert_int_equal(weft_stack_bounds_refresh(), 0);
	outer();
	expect_outer();
	outer(); /* Now from what the thread keeps. */
	expect_outer();
}

static void *wait_then_run_outer(void *gate)
{
	while (sem_wait((sem_t *)gate) < 0) {
	}
	return run_outer(NULL);
}

static void threads_are_walked_without_their_help(void **state)
{
	pthread_t thread;
	sem_t gate;

	(void)state;
	assert_int_equal(sem_init(&gate, 0, 0), 0);
	assert_int_equal(pthread_create(&thread, NULL, wait_then_run_outer, &gate), 0);
	assert_int_equal(weft_stack_bounds_refresh(), 0);
	assert_int_equal(sem_post(&gate), 0);
	assert_int_equal(pthread_join(thread, NULL), 0);
	expect_outer();
}

static ucontext_t back, coroutine;

static void in_coroutine(void)
{
	outer();
}

static void coroutines_are_walked(void **state)
{
	size_t size = 64 << 10;
	void *stack = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	(void)state;
	assert_ptr_not_equal(stack, MAP_FAILED);
	assert_int_equal(weft_stack_bounds_refresh(), 0);
	assert_int_equal(getcontext(&coroutine), 0);
	coroutine.uc_stack.ss_sp = stack;
	coroutine.uc_stack.ss_size = size;
	coroutine.uc_link = &back;
	makecontext(&coroutine, in_coroutine, 0);
	assert_int_equal(swapcontext(&back, &coroutine), 0);
	expect_outer();
	assert_int_equal(munmap(stack, size), 0);
}

static void on_alternative_stack(int number)
{
	(void)number;
	outer();
}

__attribute__((noinline)) static void outside_of_the_handler(void)
{
	(void)raise(SIGUSR2);
	__asm__ volatile("");
}

static void handlers_on_another_stack_are_walked_through(void **state)
{
	struct sigaction action = {.sa_handler = on_alternative_stack, .sa_flags = SA_ONSTACK};
	stack_t stack = {.ss_size = 64 << 10};

	(void)state;
	stack.ss_sp = malloc(stack.ss_size);
	assert_non_null(stack.ss_sp);
	assert_int_equal(sigaltstack(&stack, NULL), 0);
	assert_int_equal(sigaction(SIGUSR2, &action, NULL), 0);
	outer(); /* So that the thread's own stack is known. */
	outside_of_the_handler();
	assert_true(has(outside_of_the_handler));
	expect_outer();
	stack.ss_flags = SS_DISABLE;
	assert_int_equal(sigaltstack(&stack, NULL), 0);
	free(stack.ss_sp);
}

__attribute__((noinline)) static void api(size_t skip)
{
	depth = weft_stack_bounds_walk(pcs, DEPTH_MAX, skip);
	__asm__ volatile("");
}

__attribute__((noinline)) static void caller(size_t skip)
{
	api(skip);
	__asm__ volatile("");
}

__attribute__((noinline)) static void callers_caller(size_t skip)
{
	caller(skip);
	__asm__ volatile("");
}

static void a_function_sees_its_callers(void **state)
{
	(void)state;
	callers_caller(0);
	assert_true(depth >= 3);
	assert_true(pcs[0] > (uintptr_t)caller && pcs[0] - (uintptr_t)caller < 512);
	assert_true(pcs[1] > (uintptr_t)callers_caller && pcs[1] - (uintptr_t)callers_caller < 512);
	callers_caller(1);
	assert_true(pcs[0] > (uintptr_t)callers_caller && pcs[0] - (uintptr_t)callers_caller < 512);
	callers_caller(1000);
	assert_int_equal(depth, 0);
}

__attribute__((noinline)) static void sleep_on(void)
{
	(void)pause();
	__asm__ volatile("");
}

static void *sleeper(void *ret_tid)
{
	__atomic_store_n((int *)ret_tid, gettid(), __ATOMIC_RELEASE);
	sleep_on();
	return NULL;
}

static void sleepers_are_walked_from_outside(void **state)
{
	pthread_t thread;
	char path[64];
	char text[256] = "";
	uintptr_t sp = 0;
	uintptr_t pc = 0;
	int tid = 0;

	(void)state;
	assert_int_equal(pthread_create(&thread, NULL, sleeper, &tid), 0);
	while (__atomic_load_n(&tid, __ATOMIC_ACQUIRE) == 0) {
	}
	(void)snprintf(path, sizeof(path), "/proc/self/task/%d/syscall", tid);
	while (strtol(text, NULL, 10) != SYS_pause) {
		assert_true(weft_proc_file_peek(path, text, sizeof(text)) > 0);
	}
	assert_int_equal(sscanf(text, "%*d %*x %*x %*x %*x %*x %*x %lx %lx", &sp, &pc), 2);
	assert_int_equal(weft_stack_bounds_refresh(), 0);
	depth = weft_stack_bounds_walk_other(pc, sp, pcs, DEPTH_MAX);
	assert_true(has(sleep_on));
	assert_int_equal(weft_stack_bounds_walk_other(pc, 16, pcs, DEPTH_MAX), 0);
	assert_int_equal(pthread_kill(thread, SIGUSR1), 0);
	assert_int_equal(pthread_join(thread, NULL), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_main_thread_is_walked),
		cmocka_unit_test(threads_are_walked_without_their_help),
		cmocka_unit_test(coroutines_are_walked),
		cmocka_unit_test(handlers_on_another_stack_are_walked_through),
		cmocka_unit_test(a_function_sees_its_callers),
		cmocka_unit_test(sleepers_are_walked_from_outside),
	};
	struct sigaction action = {.sa_sigaction = walk, .sa_flags = SA_SIGINFO};

	(void)sigaction(SIGUSR1, &action, NULL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
