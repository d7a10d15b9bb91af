// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * The processor is the oracle: the trap flag stops after every instruction, calls and returns are
 * followed on a shadow stack, and each walk must give that stack exactly. Cut walks are counted
 * apart from wrong ones, of which there must be none.
 */
#include <dlfcn.h>
#include <errno.h>
#include <link.h>
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
#include <sys/time.h>
#include <sys/wait.h>
#include <ucontext.h>
#include <unistd.h>

#include <cmocka.h>

#include "unwind-cfi.h"
#include "unwinder.h"

#define DEPTH_MAX     256U
#define TRAP_FLAG     0x100L
#define CALL_SIZE_MAX 15U

static struct {
	struct weft_unwind_bounds bounds;
	uintptr_t shadow[DEPTH_MAX]; /* Return addresses since stepping began, outermost first. */
	size_t depth;
	uintptr_t last_pc;
	uintptr_t last_sp;
	uintptr_t walked[DEPTH_MAX];
	size_t steps;
	size_t equal;
	size_t shorter;
	size_t wrong;
	uintptr_t first_bad;
} oracle;

__attribute__((no_sanitize("address"))) static void follow(const struct weft_unwind_registers *at)
{
	uintptr_t top;

	top = *(const volatile uintptr_t *)at->sp;
	if (at->sp == oracle.last_sp - 8 && top > oracle.last_pc &&
	    top <= oracle.last_pc + CALL_SIZE_MAX && oracle.depth < DEPTH_MAX) {
		oracle.shadow[oracle.depth++] = top;
	} else if (at->sp == oracle.last_sp + 8 && oracle.depth > 0 &&
		   at->pc == oracle.shadow[oracle.depth - 1]) {
		oracle.depth--;
	}
	oracle.last_pc = at->pc;
	oracle.last_sp = at->sp;
}

static void trap(int number, siginfo_t *info, void *context)
{
	struct weft_unwind_registers at;
	size_t count;

	(void)number;
	(void)info;
	weft_unwind_registers_get(context, &at);
	if (oracle.last_pc) {
		follow(&at);
	} else {
		oracle.last_pc = at.pc;
		oracle.last_sp = at.sp;
	}
	count = weft_unwind(&at, &oracle.bounds, oracle.walked, DEPTH_MAX);
	oracle.steps++;
	for (size_t i = 0; i < oracle.depth; i++) {
		bool missing = i + 1 >= count;

		if (missing || oracle.walked[i + 1] != oracle.shadow[oracle.depth - 1 - i]) {
			oracle.shorter += missing;
			oracle.wrong += !missing;
			oracle.first_bad = oracle.first_bad ? oracle.first_bad : at.pc;
			return;
		}
	}
	oracle.equal++;
}

static void set_bounds(struct weft_unwind_bounds *bounds)
{
	pthread_attr_t attributes;
	void *low;
	size_t size;

	memset(bounds, 0, sizeof(*bounds));
	assert_int_equal(pthread_getattr_np(pthread_self(), &attributes), 0);
	assert_int_equal(pthread_attr_getstack(&attributes, &low, &size), 0);
	pthread_attr_destroy(&attributes);
	bounds->stacks[0].low = (uintptr_t)low;
	bounds->stacks[0].high = (uintptr_t)low + size;
}

/* Toggles stepping in what it interrupted: no code of this program has to move the flags. */
static void toggle(int number, siginfo_t *info, void *context)
{
	(void)number;
	(void)info;
	((ucontext_t *)context)->uc_mcontext.gregs[REG_EFL] ^= TRAP_FLAG;
}

/* Only gcc chooses per function; what another compiler makes of these is as good a test. */
#ifdef __clang__
#define OPTIMIZE(...)
#else
#define OPTIMIZE(...) __attribute__((optimize(__VA_ARGS__)))
#endif

static int compare(const void *left, const void *right)
{
	return *(const int *)left - *(const int *)right;
}

__attribute__((noinline)) OPTIMIZE("O0") static int plain(int n)
{
	volatile char room[64];

	room[n & 63] = (char)n;
	return n <= 0 ? 0 : plain(n - 1) + room[n & 63];
}

__attribute__((noinline))
OPTIMIZE("O2", "omit-frame-pointer", "no-optimize-sibling-calls") static int omitted(int n)
{
	volatile int keep = n;

	return n <= 0 ? 0 : omitted(n - 1) * 3 + keep;
}

__attribute__((noinline)) OPTIMIZE("O3", "no-omit-frame-pointer") static int aligned(int n)
{
	_Alignas(64) volatile char vector[128];
	volatile char *variable = (volatile char *)__builtin_alloca((size_t)n + 1);

	vector[n & 127] = 1;
	variable[n] = 2;
	return omitted(n) + vector[n & 127] + variable[n];
}

static void interrupted(int number)
{
	(void)number;
	plain(2);
}

static void workload(void)
{
	int numbers[32];
	char text[128];

	for (int i = 0; i < 32; i++) {
		numbers[i] = (i * 37) % 32;
	}
	plain(10);
	omitted(10);
	aligned(10);
	qsort(numbers, 32, sizeof(numbers[0]), compare); /* Calls back from libc. */
	(void)snprintf(text, sizeof(text), "%d %s %.3f", numbers[3], "text", 2.5);
	free(malloc(100000));
	(void)strtod("3.14159", NULL);
}

/*
 * Every instruction of plain, omitted, realigned, PLT and libc code has the right callers, and so
 * has ld.so's resolver, for the calls are bound lazily here.
 */
static void test_unwind_agrees_with_the_processor(void **state)
{
	struct sigaction action = {.sa_sigaction = trap, .sa_flags = SA_SIGINFO};
	struct sigaction toggling = {.sa_sigaction = toggle, .sa_flags = SA_SIGINFO};

	(void)state;
	memset(&oracle, 0, sizeof(oracle));
	set_bounds(&oracle.bounds);
	assert_int_equal(sigaction(SIGTRAP, &action, NULL), 0);
	assert_int_equal(sigaction(SIGUSR1, &toggling, NULL), 0);
	(void)raise(SIGUSR1);
	workload();
	(void)raise(SIGUSR1);
	print_message("%zu steps: %zu equal, %zu shorter, %zu wrong, first at %#zx\n", oracle.steps,
		      oracle.equal, oracle.shorter, oracle.wrong, (size_t)oracle.first_bad);
	assert_true(oracle.steps > 2000);
	assert_int_equal(oracle.wrong, 0);
	assert_true(oracle.shorter * 1000 <= oracle.steps);
}

static struct weft_unwind_bounds sampled_bounds;
static uintptr_t sampled[DEPTH_MAX];
static size_t sampled_count;

static void sample(int number, siginfo_t *info, void *context)
{
	struct weft_unwind_registers at;

	(void)number;
	(void)info;
	weft_unwind_registers_get(context, &at);
	sampled_count = weft_unwind(&at, &sampled_bounds, sampled, DEPTH_MAX);
}

__attribute__((noinline)) static void raise_inside(int number)
{
	interrupted(number);
	(void)raise(SIGUSR2);
}

/* A walk from a handler's handler crosses the signal frame, from the alternative stack too. */
static void test_unwind_crosses_signal_frames(void **state)
{
	static char alternative[65536];
	stack_t stack = {.ss_sp = alternative, .ss_size = sizeof(alternative)};
	stack_t none = {.ss_flags = SS_DISABLE};
	struct sigaction inner = {.sa_sigaction = sample, .sa_flags = SA_SIGINFO};
	struct sigaction outer = {.sa_handler = raise_inside, .sa_flags = SA_ONSTACK};
	uintptr_t here = (uintptr_t)__builtin_return_address(0);
	bool found = false;

	(void)state;
	set_bounds(&sampled_bounds);
	sampled_bounds.stacks[1].low = (uintptr_t)alternative;
	sampled_bounds.stacks[1].high = (uintptr_t)alternative + sizeof(alternative);
	assert_int_equal(sigaltstack(&stack, NULL), 0);
	assert_int_equal(sigaction(SIGUSR2, &inner, NULL), 0);
	assert_int_equal(sigaction(SIGUSR1, &outer, NULL), 0);
	(void)raise(SIGUSR1);
	assert_int_equal(sigaltstack(&none, NULL), 0);
	for (size_t i = 0; i < sampled_count; i++) {
		found |= sampled[i] == here;
	}
	assert_true(found);

	/* Without the alternative stack's bounds, nothing of it is read. */
	assert_int_equal(sigaltstack(&stack, NULL), 0);
	memset(&sampled_bounds, 0, sizeof(sampled_bounds));
	(void)raise(SIGUSR1);
	assert_int_equal(sigaltstack(&none, NULL), 0);
	assert_int_equal(sampled_count, 1);
}

/* Code that no object holds is stepped over by its frame pointer, inside the bounds only. */
static void test_unwind_guesses_without_leaving_the_stack(void **state)
{
	uintptr_t words[8] = {0};
	uintptr_t pcs[4];
	struct weft_unwind_registers at = {.pc = 0x1000, .sp = (uintptr_t)words};
	struct weft_unwind_bounds bounds = {
		.stacks = {{.low = (uintptr_t)words, .high = (uintptr_t)(words + 8)}}};

	(void)state;
	at.fp = (uintptr_t)&words[2];
	words[2] = UINTPTR_MAX - 7; /* The next frame pointer leads nowhere. */
	words[3] = 0x2000;
	assert_int_equal(weft_unwind(&at, &bounds, pcs, 4), 2);
	assert_int_equal(pcs[1], 0x2000);
	words[2] = (uintptr_t)&words[0]; /* Backwards: a cycle. */
	assert_int_equal(weft_unwind(&at, &bounds, pcs, 4), 2);
	assert_int_equal(weft_unwind(&at, &bounds, pcs, 1), 1);
	at.fp = 0;
	assert_int_equal(weft_unwind(&at, &bounds, pcs, 4), 1);
}

#define PLACES_MAX 64U

/* Executable ranges of every object, and where a signal handler returns to. */
static struct {
	struct weft_unwind_stack code[PLACES_MAX];
	size_t count;
	uintptr_t trampoline;
	uint64_t random;
} places;

static int add_code(struct dl_phdr_info *object, size_t size, void *argument)
{
	(void)size;
	(void)argument;
	for (size_t i = 0; i < object->dlpi_phnum && places.count < PLACES_MAX; i++) {
		const ElfW(Phdr) *segment = &object->dlpi_phdr[i];

		if (segment->p_type == PT_LOAD && segment->p_flags & PF_X) {
			uintptr_t low = object->dlpi_addr + segment->p_vaddr;

			places.code[places.count++] =
				(struct weft_unwind_stack){low, low + segment->p_memsz};
		}
	}
	return 0;
}

static void find_trampoline(int number)
{
	(void)number;
	places.trampoline = (uintptr_t)__builtin_return_address(0);
}

/* xorshift64: the same sequence every time. */
static uint64_t random_below(uint64_t limit)
{
	places.random ^= places.random << 13;
	places.random ^= places.random >> 7;
	places.random ^= places.random << 17;
	return places.random % limit;
}

static uintptr_t random_code(void)
{
	const struct weft_unwind_stack *code = &places.code[random_below(places.count)];

	return code->low + random_below(code->high - code->low);
}

/* What a register or a word of the stack may hold, near the stack's ends above all. */
static uintptr_t random_word(const struct weft_unwind_stack *stack)
{
	switch (random_below(8)) {
	case 0:
		return random_below(UINT64_MAX);
	case 1:
		return stack->low - 128 + random_below(256);
	case 2:
		return stack->high - 1024 + random_below(1152);
	case 3:
		return places.trampoline;
	case 4:
	case 5:
		return random_code();
	default:
		return stack->low + random_below(stack->high - stack->low) / 8 * 8;
	}
}

/* Whatever the registers and the stack hold, nothing outside the stack is read: there, a read is a
 * fault. Every walk ends. */
static void test_unwind_of_rubbish_stays_on_the_stack(void **state)
{
	enum { PAGE = 4096, ROUNDS = 2000, WALKS = 100 };
	char *pages = (char *)mmap(NULL, 3 * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	uintptr_t *words = (uintptr_t *)(pages + PAGE);
	struct sigaction action = {.sa_handler = find_trampoline};
	struct weft_unwind_bounds bounds = {
		.stacks = {{(uintptr_t)words, (uintptr_t)words + PAGE}}};
	const struct weft_unwind_stack *stack = &bounds.stacks[0];
	uintptr_t pcs[DEPTH_MAX];
	size_t deepest = 0;

	(void)state;
	assert_true(pages != MAP_FAILED);
	assert_int_equal(mprotect(words, PAGE, PROT_READ | PROT_WRITE), 0);
	assert_int_equal(sigaction(SIGUSR1, &action, NULL), 0);
	assert_int_equal(raise(SIGUSR1), 0);
	places.random = UINT64_C(0x9e3779b97f4a7c15);
	(void)dl_iterate_phdr(add_code, NULL);
	for (int round = 0; round < ROUNDS; round++) {
		for (size_t i = 0; i < PAGE / sizeof(*words); i++) {
			words[i] = random_word(stack);
		}
		for (int i = 0; i < WALKS; i++) {
			struct weft_unwind_registers at = {random_word(stack), random_word(stack),
							   random_word(stack), random_word(stack),
							   random_word(stack)};
			size_t capacity = 1 + random_below(DEPTH_MAX);
			size_t count = weft_unwind(&at, &bounds, pcs, capacity);

			assert_true(count >= 1 && count <= capacity);
			deepest = count > deepest ? count : deepest;
		}
	}
	print_message("%d walks, %zu frames at most\n", ROUNDS * WALKS, deepest);
	assert_true(deepest > 5);
	assert_int_equal(munmap(pages, (size_t)3 * PAGE), 0);
}

static _Atomic size_t storm_walks;
static _Atomic size_t storm_reached;
static uintptr_t storm_home;

static void storm(int number, siginfo_t *info, void *context)
{
	struct weft_unwind_registers at;
	uintptr_t pcs[DEPTH_MAX];
	size_t count;

	(void)number;
	(void)info;
	weft_unwind_registers_get(context, &at);
	count = weft_unwind(&at, &sampled_bounds, pcs, DEPTH_MAX);
	storm_walks++;
	for (size_t i = 0; i < count; i++) {
		storm_reached += pcs[i] == storm_home;
	}
}

static void churn(void)
{
	void *library = dlopen("libresolv.so.2", RTLD_NOW | RTLD_LOCAL);
	pid_t child = fork();

	if (child == 0) {
		_exit(0);
	}
	assert_true(child > 0);
	while (waitpid(child, NULL, 0) < 0 && errno == EINTR) {
	}
	for (size_t i = 1; i < 200; i++) {
		free(malloc(i * 997));
	}
	if (library) {
		dlclose(library);
	}
	weft_unwind_forget();
}

/* Walks every 250 us while the loader, the allocator and fork() are at work. A
 * hang ends by CTest's timeout. Nine walks of ten at least reach this function. */
static void test_unwind_survives_a_storm(void **state)
{
	struct sigaction action = {.sa_sigaction = storm, .sa_flags = SA_SIGINFO | SA_RESTART};
	struct itimerval fast = {.it_interval = {.tv_usec = 250}, .it_value = {.tv_usec = 250}};
	struct itimerval off = {0};

	(void)state;
	set_bounds(&sampled_bounds);
	storm_home = (uintptr_t)__builtin_return_address(0);
	assert_int_equal(sigaction(SIGALRM, &action, NULL), 0);
	assert_int_equal(setitimer(ITIMER_REAL, &fast, NULL), 0);
	for (int i = 0; i < 1000; i++) {
		churn();
	}
	assert_int_equal(setitimer(ITIMER_REAL, &off, NULL), 0);
	print_message("%zu walks, %zu complete\n", (size_t)storm_walks, (size_t)storm_reached);
	assert_true(storm_walks > 100);
	assert_true(storm_reached * 10 >= storm_walks * 9);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_unwind_agrees_with_the_processor),
		cmocka_unit_test(test_unwind_crosses_signal_frames),
		cmocka_unit_test(test_unwind_guesses_without_leaving_the_stack),
		cmocka_unit_test(test_unwind_of_rubbish_stays_on_the_stack),
		cmocka_unit_test(test_unwind_survives_a_storm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
