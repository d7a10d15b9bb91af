// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * elfutils is the oracle: a child is stopped after every instruction, and the stack that
 * weft_unwind() gives for its registers must be the one that libdw gives.
 *
 * The child's stack is memory that it shares with this process, and its objects lie where ours do,
 * for it is a copy of this process: so the walk runs here, on the very state that libdw is shown.
 *
 * What may differ is in the table of exceptions, each with its reason; anything else fails.
 */
#include "subjects.h"

#include <dlfcn.h>
#include <dwarf.h>
#include <elfutils/libdwfl.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

#include "unwinder.h"

#define STACK_SIZE ((size_t)4 << 20)
#define DEPTH_MAX  256U
#define SHOWN_MAX  10U

/* DWARF's numbers. */
#define REGISTER_RBX     3
#define REGISTER_RBP     6
#define REGISTER_RSP     7
#define REGISTER_R10     10
#define REGISTER_RIP     16
#define REGISTER_NONE    (-1) /* No CFI. */
#define REGISTER_UNKNOWN (-2) /* An expression. */

enum verdict {
	VERDICT_EQUAL,
	VERDICT_DIFFERENT,
	VERDICT_RESOLVER,
	VERDICT_REALIGNED,
	VERDICT_NO_STACK,
	VERDICT_PHASE_TWO,
	VERDICT_NO_CFI,
	VERDICT_COUNT_,
};

/* What may differ, and why. */
static const char *const verdicts[VERDICT_COUNT_] = {
	[VERDICT_EQUAL] = "equal",
	[VERDICT_DIFFERENT] = "DIFFERENT",
	[VERDICT_RESOLVER] =
		"libdw loses rbx (elfutils counts it as register 0), so the caller of ld.so's "
		"resolver; ours is the last agreed stack",
	[VERDICT_REALIGNED] =
		"epilogue of a realigned function, whose CFI does not say that rbp is "
		"back; ours is the last agreed stack",
	[VERDICT_NO_STACK] =
		"the CFA is no place on the stack (longjmp, setcontext, eh_return): we end",
	[VERDICT_PHASE_TWO] =
		"libgcc has overwritten what its frames had saved by what the handler "
		"is to get: we end",
	[VERDICT_NO_CFI] = "no CFI: we end, libdw guesses",
};

struct stack {
	uintptr_t pcs[DEPTH_MAX];
	size_t count;
};

struct oracle {
	Dwfl *dwfl;
	pid_t child;
	Dwfl_Module *loader;
	struct weft_unwind_bounds bounds;
	struct stack ours;
	struct stack theirs;
	struct stack agreed; /* The last one that was equal. */
	size_t steps;
	size_t frames;
	size_t in_loader;
	size_t verdicts[VERDICT_COUNT_];
};

static const char *name_of(const struct oracle *oracle, uintptr_t pc)
{
	Dwfl_Module *module = dwfl_addrmodule(oracle->dwfl, pc);
	const char *name = module ? dwfl_module_addrname(module, pc) : NULL;

	return name ? name : "?";
}

static bool starts_with(const char *text, const char *prefix)
{
	return strncmp(text, prefix, strlen(prefix)) == 0;
}

/* The register that an operation is about. */
static int register_of(const Dwarf_Op *operations, size_t count, unsigned int by_number)
{
	if (count != 1) {
		return REGISTER_UNKNOWN;
	}
	return operations[0].atom == by_number ? (int)operations[0].number : REGISTER_UNKNOWN;
}

/* Which register keeps the CFA at pc, and which the return address, if it is in one. */
static void find_registers(const struct oracle *oracle, uintptr_t pc, int *ret_cfa, int *ret_ra)
{
	Dwfl_Module *module = dwfl_addrmodule(oracle->dwfl, pc);
	Dwarf_Addr bias;
	Dwarf_CFI *cfi = module ? dwfl_module_eh_cfi(module, &bias) : NULL;
	Dwarf_Frame *frame;
	Dwarf_Op memory[3];
	Dwarf_Op *operations;
	size_t count;

	*ret_cfa = REGISTER_NONE;
	*ret_ra = REGISTER_NONE;
	if (!cfi || dwarf_cfi_addrframe(cfi, pc - bias, &frame) != 0) {
		return;
	}
	if (dwarf_frame_cfa(frame, &operations, &count) == 0) {
		*ret_cfa = register_of(operations, count, DW_OP_bregx);
	}
	if (dwarf_frame_register(frame, REGISTER_RIP, memory, &operations, &count) == 0) {
		*ret_ra = register_of(operations, count, DW_OP_regx);
	}
	free(frame);
}

/* Ours from a frame on is what both said last: the callers have not changed since. */
static bool as_agreed(const struct oracle *oracle, size_t first)
{
	size_t count = oracle->ours.count - first;

	return count > 0 && count <= oracle->agreed.count &&
	       memcmp(oracle->ours.pcs + first, oracle->agreed.pcs + oracle->agreed.count - count,
		      count * sizeof(oracle->ours.pcs[0])) == 0;
}

static enum verdict judge_end(const struct oracle *oracle, size_t first)
{
	int cfa;
	int ra;

	for (size_t i = 0; i < first; i++) {
		if (starts_with(name_of(oracle, oracle->ours.pcs[i] - (i > 0)), "_Unwind_R") &&
		    i + 1 < first) {
			return VERDICT_PHASE_TWO;
		}
	}
	find_registers(oracle, oracle->ours.pcs[first - 1] - (first > 1), &cfa, &ra);
	if (cfa == REGISTER_NONE) {
		return VERDICT_NO_CFI;
	}
	return first == 1 && (ra >= 0 || (cfa >= 0 && cfa != REGISTER_RSP && cfa != REGISTER_RBP &&
					  cfa != REGISTER_RBX && cfa != REGISTER_R10))
		       ? VERDICT_NO_STACK
		       : VERDICT_DIFFERENT;
}

static enum verdict judge(const struct oracle *oracle)
{
	const struct stack *ours = &oracle->ours;
	const struct stack *theirs = &oracle->theirs;
	size_t first = 0;
	int cfa;
	int ra;

	while (first < ours->count && first < theirs->count &&
	       ours->pcs[first] == theirs->pcs[first]) {
		first++;
	}
	if (first == ours->count && first == theirs->count) {
		return VERDICT_EQUAL;
	}
	if (first == 0) {
		return VERDICT_DIFFERENT;
	}
	if (first == ours->count) {
		return judge_end(oracle, first);
	}
	if (!as_agreed(oracle, first)) {
		return VERDICT_DIFFERENT;
	}
	find_registers(oracle, ours->pcs[first - 1] - (first > 1), &cfa, &ra);
	if (cfa == REGISTER_RBX && first == theirs->count) {
		return VERDICT_RESOLVER;
	}
	return starts_with(name_of(oracle, ours->pcs[0]), "realigned") ? VERDICT_REALIGNED
								       : VERDICT_DIFFERENT;
}

static int collect(Dwfl_Frame *frame, void *argument)
{
	struct stack *stack = (struct stack *)argument;
	Dwarf_Addr pc;

	if (stack->count == DEPTH_MAX || !dwfl_frame_pc(frame, &pc, NULL)) {
		return DWARF_CB_ABORT;
	}
	stack->pcs[stack->count++] = pc;
	return DWARF_CB_OK;
}

static void show(const struct oracle *oracle)
{
	printf("instruction %zu differs\n", oracle->steps);
	for (size_t i = 0; i < oracle->ours.count || i < oracle->theirs.count; i++) {
		uintptr_t our = i < oracle->ours.count ? oracle->ours.pcs[i] : 0;
		uintptr_t their = i < oracle->theirs.count ? oracle->theirs.pcs[i] : 0;

		printf("  %2zu  ours %#14zx %-30s libdw %#14zx %s\n", i, (size_t)our,
		       our ? name_of(oracle, our - (i > 0)) : "-", (size_t)their,
		       their ? name_of(oracle, their - (i > 0)) : "-");
	}
}

static bool compare(struct oracle *oracle)
{
	struct user_regs_struct user;
	struct weft_unwind_registers at;
	enum verdict verdict;

	if (ptrace(PTRACE_GETREGS, oracle->child, NULL, &user) != 0) {
		return false;
	}
	at = (struct weft_unwind_registers){.pc = user.rip,
					    .sp = user.rsp,
					    .fp = user.rbp,
					    .base = user.rbx,
					    .scratch = user.r10};
	oracle->ours.count = weft_unwind(&at, &oracle->bounds, oracle->ours.pcs, DEPTH_MAX);
	oracle->theirs.count = 0;
	(void)dwfl_getthread_frames(oracle->dwfl, oracle->child, collect, &oracle->theirs);
	verdict = judge(oracle);
	if (verdict == VERDICT_EQUAL) {
		oracle->agreed = oracle->ours;
	}
	oracle->steps++;
	oracle->frames += oracle->theirs.count;
	oracle->in_loader += oracle->loader == dwfl_addrmodule(oracle->dwfl, user.rip);
	if (oracle->verdicts[verdict]++ < SHOWN_MAX && verdict == VERDICT_DIFFERENT) {
		show(oracle);
	}
	return true;
}

static int follow(struct oracle *oracle)
{
	int deliver = 0;
	int status;

	while (ptrace(PTRACE_SINGLESTEP, oracle->child, NULL, (void *)(intptr_t)deliver) == 0 &&
	       waitpid(oracle->child, &status, __WALL) == oracle->child) {
		if (!WIFSTOPPED(status)) {
			return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
		}
		deliver = WSTOPSIG(status) == SIGTRAP ? 0 : WSTOPSIG(status);
		if (!compare(oracle)) {
			break;
		}
	}
	return -1;
}

static volatile int sink;

static void handler(int number)
{
	sink += number + subject_run_o2(1);
}

static void signals(void)
{
	struct sigaction action = {.sa_handler = handler};

	(void)sigaction(SIGUSR1, &action, NULL);
	(void)raise(SIGUSR1);
}

static void c_library(void)
{
	struct timespec now;
	char text[200];

	(void)snprintf(text, sizeof(text), "%d %s %.3f %#lx", sink, "text", 2.5, 255UL);
	sink += (int)strtod("3.14159", NULL) + (int)strlen(text);
	for (size_t size = 16; size < 300000; size *= 7) {
		char *block = (char *)malloc(size + 1);

		if (block) {
			memset(block, 1, size % 1000);
			memmove(block + 1, block, size % 1000);
			sink += block[size / 2];
		}
		free(block);
	}
	sink += clock_gettime(CLOCK_MONOTONIC, &now);
	sink += dlsym(RTLD_DEFAULT, "qsort") != NULL;
}

static void assembly(void)
{
	sink += subject_asm_cfi(subject_run_o2, 2) + subject_asm_base(subject_run_o2, 2);
	sink += subject_asm_bad_fp(subject_run_o2, 2) + subject_asm_last_call(subject_run_o2, 2);
}

static ucontext_t main_context;
static ucontext_t other_context;
static char *other_stack;

static void coroutine(void)
{
	for (int i = 0; i < 2; i++) {
		sink += subject_run_o2(1);
		(void)swapcontext(&other_context, &main_context);
	}
}

static void coroutines(void)
{
	(void)getcontext(&other_context);
	other_context.uc_stack.ss_sp = other_stack;
	other_context.uc_stack.ss_size = STACK_SIZE;
	other_context.uc_link = &main_context;
	makecontext(&other_context, coroutine, 0);
	for (int i = 0; i < 3; i++) {
		(void)swapcontext(&main_context, &other_context);
	}
}

static void no_cfi(void)
{
	sink += subject_asm_no_cfi(subject_run_o2, 2);
	sink += subject_asm_no_cfi_framed(subject_run_o2, 2);
}

static void levels(void)
{
	sink += subject_run_o0(4) + subject_run_o2(4) + subject_run_o3(4) + subject_run_os(4);
	sink += subject_run_omit(4) + subject_run_keep(4);
}

static void exceptions_thrown(void)
{
	sink += subject_throw(4);
	sink += subject_rethrow(2);
	sink += subject_last_call(2);
}

static void containers(void)
{
	sink += subject_containers(6);
}

static const struct part {
	const char *name;
	void (*run)(void);
} parts[] = {
	{"levels", levels},
	{"libc", c_library},
	{"signals", signals},
	{"assembly", assembly},
	{"coroutines", coroutines},
	{"no-cfi", no_cfi},
	{"exceptions", exceptions_thrown},
	{"containers", containers},
};

static int run_part(void *argument)
{
	const struct part *part = (const struct part *)argument;

	if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) != 0 || raise(SIGSTOP) != 0) {
		return 77;
	}
	part->run();
	return 0;
}

static const Dwfl_Callbacks callbacks = {
	.find_elf = dwfl_linux_proc_find_elf,
	.find_debuginfo = dwfl_standard_find_debuginfo,
};

static int attach(struct oracle *oracle)
{
	oracle->dwfl = dwfl_begin(&callbacks);
	if (!oracle->dwfl || dwfl_linux_proc_report(oracle->dwfl, oracle->child) != 0 ||
	    dwfl_report_end(oracle->dwfl, NULL, NULL) != 0 ||
	    dwfl_linux_proc_attach(oracle->dwfl, oracle->child, true) != 0) {
		return -1;
	}
	oracle->loader = dwfl_addrmodule(oracle->dwfl, (Dwarf_Addr)getauxval(AT_BASE));
	return 0;
}

static int examine(struct oracle *oracle, const struct part *part)
{
	uintptr_t top = oracle->bounds.stacks[0].high;
	int status;

	oracle->child = clone(run_part, (void *)top, SIGCHLD, (void *)part);
	if (oracle->child < 0 || waitpid(oracle->child, &status, __WALL) != oracle->child) {
		return -1;
	}
	if (!WIFSTOPPED(status)) {
		return WEXITSTATUS(status);
	}
	status = attach(oracle);
	if (status == 0) {
		status = follow(oracle);
	}
	dwfl_end(oracle->dwfl);
	printf("%-10s %7zu instructions, %8zu frames, %6zu times in ld.so\n", part->name,
	       oracle->steps, oracle->frames, oracle->in_loader);
	for (size_t i = 0; i < VERDICT_COUNT_; i++) {
		if (oracle->verdicts[i] > 0) {
			printf("           %7zu %s\n", oracle->verdicts[i], verdicts[i]);
		}
	}
	return status;
}

int main(int argc, char **argv)
{
	char *stacks = (char *)mmap(NULL, 2 * STACK_SIZE, PROT_READ | PROT_WRITE,
				    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	uintptr_t low = (uintptr_t)stacks;
	int result = 0;

	if (stacks == MAP_FAILED) {
		return 1;
	}
	other_stack = stacks + STACK_SIZE;
	(void)setvbuf(stdout, NULL, _IOLBF, 0);
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		struct oracle oracle = {
			.bounds.stacks = {{low, low + STACK_SIZE},
					  {low + STACK_SIZE, low + 2 * STACK_SIZE}}};
		int status;

		if (argc > 1 && strcmp(argv[1], parts[i].name) != 0) {
			continue;
		}
		status = examine(&oracle, &parts[i]);
		if (status == 77) {
			printf("skipped: tracing a child is not allowed here\n");
			return 77;
		}
		/* Linked with -z lazy: each part meets the resolver. */
		result |= status != 0 || oracle.verdicts[VERDICT_DIFFERENT] > 0 ||
			  oracle.verdicts[VERDICT_EQUAL] * 10 < oracle.steps * 5 ||
			  oracle.in_loader == 0;
	}
	return result;
}
