// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * What programs do to their stacks: exceptions, cancellation, longjmp(), coroutines, alternative
 * and tiny stacks, recursion, code without CFI, rubbish in rbp. No walk faults, and each is as long
 * as it can be.
 */
#include "subjects.h"

#include <errno.h>
#include <limits.h>
#include <pthread.h>
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
#include <sys/resource.h>
#include <sys/wait.h>
#include <ucontext.h>
#include <unistd.h>

#include <cmocka.h>

#include "walk.h"

#define WALKS       1500U /* A case lasts until it has seen so many. */
#define INTERVAL_US 100
#define DEEP        10000

static volatile int sink;
static uintptr_t pcs[2 * DEEP];

static bool enough(void)
{
	return atomic_load(&walk_counts.walks) >= WALKS;
}

static void check(const char *what, size_t complete_pct)
{
	walk_report(what);
	assert_true(atomic_load(&walk_counts.complete) * 100 >=
		    atomic_load(&walk_counts.walks) * complete_pct);
}

/*
 * Phase two of an exception overwrites what libgcc's frames had saved; a walk that falls into it
 * may be cut.
 */
static void test_walks_while_exceptions_are_raised(void **state)
{
	(void)state;
	walk_reset();
	walk_begin(INTERVAL_US);
	while (!enough()) {
		sink += subject_throw(20) + subject_rethrow(4) + subject_last_call(4);
	}
	walk_end();
	check("exceptions", 80);
}

static void test_walks_while_longjmp_is_at_work(void **state)
{
	(void)state;
	walk_reset();
	walk_begin(INTERVAL_US);
	while (!enough()) {
		sink += subject_run_o2(2) + subject_run_o0(2);
	}
	walk_end();
	check("longjmp", 95);
}

/* The outermost frame of main(), as walks see it from a handler. */
static uintptr_t outermost;

static int here(int n)
{
	size_t count = walk_here(pcs, WALK_DEPTH_MAX);

	return (int)count + 0 * n;
}

static void on_abort(int number, siginfo_t *info, void *context)
{
	struct weft_unwind_registers at;
	size_t count;

	(void)number;
	(void)info;
	weft_unwind_registers_get(context, &at);
	count = weft_unwind(&at, &walk_bounds, pcs, WALK_DEPTH_MAX);
	_exit(pcs[count - 1] == outermost ? 0 : 1);
}

/* abort() may be the last instruction of its function: the return address is the next one's. */
__attribute__((noinline, noreturn)) static void abort_last(void)
{
	abort();
}

__attribute__((noinline, noreturn)) static void call_abort_last(void)
{
	abort_last();
}

static void assert_child_succeeds(pid_t child)
{
	int status;

	assert_true(child > 0);
	while (waitpid(child, &status, 0) < 0) {
		assert_int_equal(errno, EINTR);
	}
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

static void test_walk_from_abort_reaches_main(void **state)
{
	struct sigaction action = {.sa_sigaction = on_abort, .sa_flags = SA_SIGINFO};
	pid_t child;

	(void)state;
	walk_find_bounds(&walk_bounds);
	outermost = pcs[here(0) - 1];
	child = fork();
	if (child == 0) {
		(void)sigaction(SIGABRT, &action, NULL);
		call_abort_last();
	}
	assert_child_succeeds(child);
}

static pthread_key_t last_words;

static void end_walks(void *value)
{
	(void)value;
	walk_end();
}

static void clean_up(void *value)
{
	sink += subject_run_o2(*(int *)value);
}

/* Not known to be the end of the recursion. */
__attribute__((noinline)) static void leave_thread(void)
{
	if (sink != INT_MIN) {
		pthread_exit(NULL);
	}
}

__attribute__((noinline)) static int exit_below(int depth)
{
	static int value = 1;
	volatile int sum = 0;

	pthread_cleanup_push(clean_up, &value);
	if (depth == 0) {
		leave_thread();
	} else {
		sum = exit_below(depth - 1) + 1;
	}
	pthread_cleanup_pop(0);
	return sum;
}

static void *exit_thread(void *argument)
{
	(void)argument;
	walk_begin(INTERVAL_US);
	(void)pthread_setspecific(last_words, &last_words);
	sink += exit_below(300);
	return NULL;
}

static void *cancelled_thread(void *argument)
{
	int previous;

	(void)argument;
	walk_begin(INTERVAL_US);
	(void)pthread_setspecific(last_words, &last_words);
	(void)pthread_setcanceltype(PTHREAD_CANCEL_DEFERRED, &previous);
	for (;;) {
		int value = 1;

		pthread_cleanup_push(clean_up, &value);
		(void)usleep(1);
		pthread_cleanup_pop(1);
	}
	return NULL;
}

static void run_thread(void *(*entry)(void *), bool cancel, size_t stack_size)
{
	pthread_attr_t attributes;
	pthread_t thread;

	assert_int_equal(pthread_attr_init(&attributes), 0);
	if (stack_size) {
		assert_int_equal(pthread_attr_setstacksize(&attributes, stack_size), 0);
	}
	assert_int_equal(pthread_create(&thread, &attributes, entry, NULL), 0);
	(void)pthread_attr_destroy(&attributes);
	if (cancel) {
		(void)usleep(3000);
		assert_int_equal(pthread_cancel(thread), 0);
	}
	assert_int_equal(pthread_join(thread, NULL), 0);
}

static void test_walks_while_threads_exit(void **state)
{
	(void)state;
	walk_reset();
	while (!enough()) {
		run_thread(exit_thread, false, 0);
		run_thread(cancelled_thread, true, 0);
	}
	check("pthread_exit, cancellation", 80);
}

static void *tiny_thread(void *argument)
{
	(void)argument;
	walk_begin(INTERVAL_US);
	for (int i = 0; i < 2000; i++) {
		sink += subject_asm_cfi(here, i);
	}
	walk_end();
	return NULL;
}

static void test_walks_on_the_smallest_stacks(void **state)
{
	(void)state;
	walk_reset();
	while (!enough()) {
		/* What the handlers of this machine's signals need lies on top: AVX-512 takes 2.5 KiB. */
		run_thread(tiny_thread, false, (size_t)sysconf(_SC_THREAD_STACK_MIN));
	}
	check("smallest stacks", 95);
}

static ucontext_t main_context;
static ucontext_t coroutine_context;
static size_t coroutine_count;

static void coroutine(void)
{
	coroutine_count = (size_t)subject_asm_cfi(here, 0);
	sink += subject_throw(3); /* Its handler is found without leaving this stack. */
	for (;;) {
		sink += subject_run_omit(1);
		(void)swapcontext(&coroutine_context, &main_context);
	}
}

/* A stack that nobody vouched for is not read; one that is registered is walked to its end. */
static void test_walks_of_coroutines_end(void **state)
{
	static char stack[65536];

	(void)state;
	for (int registered = 0; registered < 2; registered++) {
		assert_int_equal(getcontext(&coroutine_context), 0);
		coroutine_context.uc_stack.ss_sp = stack;
		coroutine_context.uc_stack.ss_size = sizeof(stack);
		makecontext(&coroutine_context, coroutine, 0);
		walk_reset();
		walk_begin(INTERVAL_US);
		if (registered) {
			walk_bounds.stacks[1].low = (uintptr_t)stack;
			walk_bounds.stacks[1].high = (uintptr_t)stack + sizeof(stack);
		}
		while (!enough()) {
			(void)swapcontext(&main_context, &coroutine_context);
		}
		walk_end();
		walk_report(registered ? "coroutine" : "coroutine, unknown stack");
		if (registered) {
			assert_true(coroutine_count >= 4);
		} else {
			assert_int_equal(coroutine_count, 1);
		}
	}
}

static void test_walks_from_an_alternative_stack(void **state)
{
	static char alternative[65536];
	stack_t stack = {.ss_sp = alternative, .ss_size = sizeof(alternative)};
	stack_t none = {.ss_flags = SS_DISABLE};

	(void)state;
	assert_int_equal(sigaltstack(&stack, NULL), 0);
	walk_reset();
	walk_begin(INTERVAL_US);
	while (!enough()) {
		sink += subject_run_o3(3) + subject_throw(3);
	}
	walk_end();
	assert_int_equal(sigaltstack(&none, NULL), 0);
	check("alternative stack", 90);
}

__attribute__((noinline)) static long overflow(long depth)
{
	volatile char room[256];

	room[depth & 255] = 1;
	return depth == LONG_MAX ? 0 : overflow(depth + 1) + room[depth & 255];
}

static void on_overflow(int number, siginfo_t *info, void *context)
{
	struct weft_unwind_registers at;

	(void)number;
	(void)info;
	weft_unwind_registers_get(context, &at);
	_exit(weft_unwind(&at, &walk_bounds, pcs, WALK_DEPTH_MAX) >= 1 ? 0 : 1);
}

/* The stack pointer is beyond what is mapped. */
static void test_walk_of_an_overflown_stack_does_not_fault(void **state)
{
	static char alternative[65536];
	stack_t stack = {.ss_sp = alternative, .ss_size = sizeof(alternative)};
	struct sigaction action = {.sa_sigaction = on_overflow,
				   .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_RESETHAND};
	struct rlimit limit = {.rlim_cur = 1 << 20, .rlim_max = 1 << 20};
	pid_t child;

	(void)state;
	child = fork();
	if (child == 0) {
		(void)setrlimit(RLIMIT_STACK, &limit);
		(void)sigaltstack(&stack, NULL);
		(void)sigaction(SIGSEGV, &action, NULL);
		walk_find_bounds(&walk_bounds);
		_exit((int)overflow(0) | 1);
	}
	assert_child_succeeds(child);
}

__attribute__((noinline)) static size_t recurse(int depth, size_t capacity)
{
	size_t count = depth > 0 ? recurse(depth - 1, capacity) : walk_here(pcs, capacity);

	__asm__ volatile("" : "+r"(count)); /* No tail call. */
	return count;
}

static void test_deep_recursion_fills_no_more_than_the_capacity(void **state)
{
	size_t shallow;

	(void)state;
	walk_find_bounds(&walk_bounds);
	shallow = recurse(0, 2 * DEEP);
	assert_int_equal(recurse(DEEP, 2 * DEEP), shallow + DEEP);
	for (size_t capacity = 1; capacity <= 64; capacity *= 2) {
		memset(pcs, 0x5a, sizeof(pcs));
		assert_int_equal(recurse(DEEP, capacity), capacity);
		assert_int_equal(pcs[capacity], UINT64_C(0x5a5a5a5a5a5a5a5a));
	}
}

/* rbp is anything in between, and is right again in the callers. */
static void test_rubbish_in_the_frame_pointer_changes_nothing(void **state)
{
	size_t count;

	(void)state;
	walk_find_bounds(&walk_bounds);
	count = (size_t)subject_asm_cfi(here, 0);
	outermost = pcs[count - 1];
	assert_int_equal(subject_asm_bad_fp(here, 0), count);
	assert_true(pcs[count - 1] == outermost);
	assert_int_equal(subject_asm_base(here, 0), count);
	assert_true(pcs[count - 1] == outermost);
}

static void test_walk_ends_at_code_without_cfi(void **state)
{
	size_t count;

	(void)state;
	walk_find_bounds(&walk_bounds);
	count = (size_t)here(0);
	assert_true((size_t)subject_asm_no_cfi(here, 0) < count + 1);
	assert_true((size_t)subject_asm_no_cfi_framed(here, 0) < count + 1);
}

/* Code as a just-in-time compiler writes it: int f(int (*work)(int), int n), in no object. */
static void test_generated_code_is_guessed_or_ends_the_walk(void **state)
{
	static const unsigned char framed[] = {
		0x55,             /* push %rbp */
		0x48, 0x89, 0xe5, /* mov %rsp, %rbp */
		0x48, 0x89, 0xf8, /* mov %rdi, %rax */
		0x89, 0xf7,       /* mov %esi, %edi */
		0xff, 0xd0,       /* call *%rax */
		0x5d, 0xc3,       /* pop %rbp; ret */
	};
	static const unsigned char rubbish[] = {
		0x55,                                  /* push %rbp */
		0x48, 0xbd, 1,    2, 3, 4, 5, 6, 7, 8, /* movabs $..., %rbp */
		0x48, 0x89, 0xf8,                      /* mov %rdi, %rax */
		0x89, 0xf7,                            /* mov %esi, %edi */
		0xff, 0xd0,                            /* call *%rax */
		0x5d, 0xc3,                            /* pop %rbp; ret */
	};
	unsigned char *page = (unsigned char *)mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC,
						    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	unsigned char *second = page + 64;
	int (*callers[3])(int (*work)(int), int n) = {subject_asm_cfi};
	size_t counts[3];

	(void)state;
	if (page == MAP_FAILED) {
		skip();
	}
	walk_find_bounds(&walk_bounds);
	memcpy(page, framed, sizeof(framed));
	memcpy(second, rubbish, sizeof(rubbish));
	memcpy(&callers[1], &page, sizeof(page));
	memcpy(&callers[2], &second, sizeof(second));
	/* Three calls, so that no walk has cached the rule that the next one needs here. */
	counts[0] = (size_t)callers[0](here, 0);
	counts[1] = (size_t)callers[1](here, 0);
	counts[2] = (size_t)callers[2](here, 0);
	assert_int_equal(counts[1], counts[0]);
	assert_true(counts[2] < counts[0]);
	assert_int_equal(munmap(page, 4096), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_walks_while_exceptions_are_raised),
		cmocka_unit_test(test_walks_while_longjmp_is_at_work),
		cmocka_unit_test(test_walk_from_abort_reaches_main),
		cmocka_unit_test(test_walks_while_threads_exit),
		cmocka_unit_test(test_walks_on_the_smallest_stacks),
		cmocka_unit_test(test_walks_of_coroutines_end),
		cmocka_unit_test(test_walks_from_an_alternative_stack),
		cmocka_unit_test(test_walk_of_an_overflown_stack_does_not_fault),
		cmocka_unit_test(test_deep_recursion_fills_no_more_than_the_capacity),
		cmocka_unit_test(test_rubbish_in_the_frame_pointer_changes_nothing),
		cmocka_unit_test(test_walk_ends_at_code_without_cfi),
		cmocka_unit_test(test_generated_code_is_guessed_or_ends_the_walk),
	};

	(void)setvbuf(stdout, NULL, _IOLBF, 0);
	if (pthread_key_create(&last_words, end_walks) != 0) {
		return 1;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
