// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * States in Go's words, from what /proc says.
 */
#include <linux/futex.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cmocka.h>

#include "proc-file.h"
#include "thread-state.h"

static void system_calls_are_parsed(void **state)
{
	struct weft_thread_syscall syscall;

	(void)state;
	weft_thread_state_parse_syscall("202 0x7ffe 0x189 0x0 0x0 0x5 0xffffffff 0x7f01 0x7f0203\n",
					&syscall);
	assert_int_equal(syscall.number, 202);
	assert_int_equal(syscall.arguments[1], 0x189);
	assert_int_equal(syscall.arguments[5], 0xffffffff);
	assert_int_equal(syscall.sp, 0x7f01);
	assert_int_equal(syscall.pc, 0x7f0203);
	weft_thread_state_parse_syscall("-1 0x7ffd00 0x401000\n", &syscall);
	assert_int_equal(syscall.number, -1);
	assert_int_equal(syscall.pc, 0x401000);
	weft_thread_state_parse_syscall("running\n", &syscall);
	assert_int_equal(syscall.number, -1);
	assert_int_equal(syscall.pc, 0);
	weft_thread_state_parse_syscall("", &syscall);
	assert_int_equal(syscall.number, -1);
	weft_thread_state_parse_syscall("202 0x1\n", &syscall); /* Cut off. */
	assert_int_equal(syscall.number, -1);
}

/* Whatever a thread calls itself. */
static void blocked_signals_are_seen(void **state)
{
	static const char *const names[] = {"plain", "a) S 1 2 3", "(((", ""};
	sigset_t set, former;
	size_t i;

	(void)state;
	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGPROF);
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		assert_int_equal(prctl(PR_SET_NAME, names[i]), 0);
		assert_int_equal(sigprocmask(SIG_BLOCK, &set, &former), 0);
		assert_int_equal(weft_proc_thread_blocks(gettid(), SIGPROF), 1);
		assert_int_equal(weft_proc_thread_blocks(gettid(), SIGUSR1), 0);
		assert_int_equal(sigprocmask(SIG_SETMASK, &former, NULL), 0);
		assert_int_equal(weft_proc_thread_blocks(gettid(), SIGPROF), 0);
	}
	assert_true(weft_proc_thread_blocks(1 << 22, SIGPROF) < 0); /* Beyond the largest tid. */
}

static void states_have_gos_names(void **state)
{
	static const struct {
		char letter;
		struct weft_thread_syscall syscall;
		const char *name;
	} cases[] = {
		{'R', {-1, {0}, 0, 0}, "running"},
		{'R', {SYS_read, {0}, 0, 0}, "running"},
		{'S', {-1, {0}, 0, 0}, "waiting"},
		{'S', {SYS_read, {0}, 0, 0}, "IO wait"},
		{'S', {SYS_accept4, {0}, 0, 0}, "IO wait"},
		{'S', {SYS_epoll_pwait, {0}, 0, 0}, "IO wait"},
		{'S', {SYS_ppoll, {0, 0}, 0, 0}, "sleep"},
		{'S', {SYS_ppoll, {0, 1}, 0, 0}, "IO wait"},
		{'S', {SYS_ppoll, {0, 2}, 0, 0}, "select"},
		{'S', {SYS_pselect6, {0}, 0, 0}, "select"},
		{'S', {SYS_clock_nanosleep, {0}, 0, 0}, "sleep"},
		{'S', {SYS_restart_syscall, {0}, 0, 0}, "sleep"},
		{'S', {SYS_wait4, {0}, 0, 0}, "syscall"},
		{'S', {SYS_futex, {0, FUTEX_WAIT_PRIVATE, 2}, 0, 0}, "sync.Mutex.Lock"},
		{'S', {SYS_futex, {0, FUTEX_WAIT_PRIVATE, 1}, 0, 0}, "semacquire"},
		{'S', {SYS_futex, {0, FUTEX_WAIT_BITSET_PRIVATE, 0}, 0, 0}, "semacquire"},
		{'S', {SYS_futex, {0, FUTEX_WAIT_BITSET, 4711}, 0, 0}, "sync.WaitGroup.Wait"},
		{'D', {SYS_read, {0}, 0, 0}, "syscall (D)"},
		{'T', {SYS_read, {0}, 0, 0}, "stopped"},
		{'t', {-1, {0}, 0, 0}, "stopped"},
		{'Z', {-1, {0}, 0, 0}, "dead"},
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_string_equal(
			weft_thread_state_name(cases[i].letter, &cases[i].syscall, NULL, 0),
			cases[i].name);
	}
}

static void fragile_calls_are_known(void **state)
{
	static const struct weft_thread_syscall sleeps = {SYS_clock_nanosleep, {0}, 0, 0};
	static const struct weft_thread_syscall reads = {SYS_read, {0}, 0, 0};
	static const struct weft_thread_syscall waits = {SYS_futex, {0}, 0, 0};
	static const struct weft_thread_syscall waits_until = {SYS_futex, {0, 0, 0, 1}, 0, 0};
	static const struct weft_thread_syscall runs = {-1, {0}, 0, 0};

	(void)state;
	assert_true(weft_thread_state_is_fragile(&sleeps));
	assert_true(weft_thread_state_is_fragile(&waits_until));
	assert_false(weft_thread_state_is_fragile(&reads));
	assert_false(weft_thread_state_is_fragile(&waits));
	assert_false(weft_thread_state_is_fragile(&runs));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(system_calls_are_parsed),
		cmocka_unit_test(blocked_signals_are_seen),
		cmocka_unit_test(states_have_gos_names),
		cmocka_unit_test(fragile_calls_are_known),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
