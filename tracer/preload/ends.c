// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Ends of the process that run no destructors. See ends.h.
 *
 * Where the program leaves a signal that kills to the kernel, a handler of ours is in its place: it has
 * the profiles written, and the signal then does what it would have done, core dump and all. The functions
 * for handlers tell the program that nobody handles the signal. SIGKILL cannot be helped.
 */
#include "ends.h"

#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "hooks.h"
#include "real.h"

WEFT_PRELOAD_API void IN_FRONT_OF(_exit)(int status) __asm__("_exit") __attribute__((noreturn));
WEFT_PRELOAD_API void IN_FRONT_OF(_Exit)(int status) __asm__("_Exit") __attribute__((noreturn));
WEFT_PRELOAD_API int IN_FRONT_OF(sigaction)(int number, const struct sigaction *action,
					    struct sigaction *ret_former) __asm__("sigaction");
WEFT_PRELOAD_API weft_signal_fn IN_FRONT_OF(signal)(int number,
						    weft_signal_fn handler) __asm__("signal");

/* Signals that end a process and may be handled. SIGTRAP is a debugger's. */
static const int deadly[] = {SIGHUP,  SIGINT,  SIGQUIT, SIGILL,  SIGABRT, SIGBUS,  SIGFPE,  SIGSEGV,
			     SIGPIPE, SIGALRM, SIGTERM, SIGUSR1, SIGUSR2, SIGXCPU, SIGXFSZ, SIGSYS};

static bool is_started;

static bool is_deadly(int number)
{
	size_t i;

	for (i = 0; i < sizeof(deadly) / sizeof(deadly[0]); i++) {
		if (deadly[i] == number) {
			return true;
		}
	}
	return false;
}

/* Of an instruction of this very thread, which will do so again. */
static bool comes_again(const siginfo_t *info)
{
	return info->si_code > 0 && (info->si_signo == SIGSEGV || info->si_signo == SIGBUS ||
				     info->si_signo == SIGFPE || info->si_signo == SIGILL);
}

static void on_end(int number, siginfo_t *info, void *context)
{
	struct sigaction standard;

	(void)context;
	weft_hooks_finish_in_copy(weft_real_use_own_memory);
	memset(&standard, 0, sizeof(standard));
	standard.sa_handler = SIG_DFL;
	(void)weft_real.sigaction(number, &standard, NULL); /* Cannot fail for these. */
	if (!comes_again(info)) {
		/* Waits until this handler has returned. */
		(void)syscall(SYS_tgkill, getpid(), syscall(SYS_gettid), number);
	}
}

static bool is_ours(const struct sigaction *action)
{
	return (action->sa_flags & SA_SIGINFO) && action->sa_sigaction == on_end;
}

/* Only the standard action is ours to take. */
static bool is_left_to_us(const struct sigaction *action)
{
	return !(action->sa_flags & SA_SIGINFO) && action->sa_handler == SIG_DFL;
}

static int take(int number, struct sigaction *ret_former)
{
	struct sigaction action;

	memset(&action, 0, sizeof(action));
	action.sa_sigaction = on_end;
	/* An overflow of the stack can be handled where the program has made another one. */
	action.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_RESTART;
	(void)sigfillset(&action.sa_mask);
	return weft_real.sigaction(number, &action, ret_former);
}

int IN_FRONT_OF(sigaction)(int number, const struct sigaction *action, struct sigaction *ret_former)
{
	int ret = is_started && action && is_left_to_us(action) && is_deadly(number)
			  ? take(number, ret_former)
			  : weft_real.sigaction(number, action, ret_former);

	if (ret == 0 && ret_former && is_ours(ret_former)) {
		memset(ret_former, 0, sizeof(*ret_former));
		ret_former->sa_handler = SIG_DFL;
	}
	return ret;
}

weft_signal_fn IN_FRONT_OF(signal)(int number, weft_signal_fn handler)
{
	struct sigaction former;
	weft_signal_fn ret;

	if (!is_started || !is_deadly(number)) {
		return weft_real.signal(number, handler);
	}
	if (handler == SIG_DFL) {
		(void)take(number, &former); /* Cannot fail for these. */
		return is_ours(&former) ? SIG_DFL : former.sa_handler;
	}
	(void)weft_real.sigaction(number, NULL, &former);
	ret = weft_real.signal(number, handler);
	return ret != SIG_ERR && is_ours(&former) ? SIG_DFL : ret;
}

void weft_preload_ends_init(void)
{
	struct sigaction action;
	size_t i;

	if (!weft_hooks_have_output()) {
		return;
	}
	for (i = 0; i < sizeof(deadly) / sizeof(deadly[0]); i++) {
		if (weft_real.sigaction(deadly[i], NULL, &action) == 0 && is_left_to_us(&action)) {
			(void)take(deadly[i], NULL); /* Cannot fail for these. */
		}
	}
	is_started = true;
}

/*
 * Ends that skip destructors: of shells, for example. Also called in signal handlers and between vfork()
 * and exec.
 */
static __attribute__((noreturn)) void leave(int status)
{
	weft_hooks_finish(weft_real_use_own_memory);
	for (;;) {
		(void)syscall(SYS_exit_group, status); /* Does not return. */
	}
}

void IN_FRONT_OF(_exit)(int status)
{
	leave(status);
}

void IN_FRONT_OF(_Exit)(int status)
{
	leave(status);
}
