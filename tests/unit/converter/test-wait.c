// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Words for waits: what is known of a wait → the word that reports and viewers show.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <weft/events.h>

#include "wait.h"

struct row {
	const char *syscall;
	enum weft_wait_object object;
	enum weft_wait_sleep sleep;
	const char *reason;
};

static const struct row rows[] = {
	{"futex", WEFT_WAIT_OBJECT_NONE, WEFT_WAIT_INTERRUPTIBLE, "sync: futex"},
	{"read", WEFT_WAIT_OBJECT_SOCKET, WEFT_WAIT_INTERRUPTIBLE, "network"},
	{"read", WEFT_WAIT_OBJECT_PIPE, WEFT_WAIT_INTERRUPTIBLE, "pipe"},
	{"read", WEFT_WAIT_OBJECT_FILE, WEFT_WAIT_UNINTERRUPTIBLE, "disk"},
	{"read", WEFT_WAIT_OBJECT_CHAR, WEFT_WAIT_INTERRUPTIBLE, "device"},
	{"read", WEFT_WAIT_OBJECT_ANON, WEFT_WAIT_INTERRUPTIBLE, "event"},
	{"read", WEFT_WAIT_OBJECT_UNKNOWN, WEFT_WAIT_INTERRUPTIBLE, "file"},
	{"read", (enum weft_wait_object)200, WEFT_WAIT_INTERRUPTIBLE, "file"},
	{"accept4", WEFT_WAIT_OBJECT_SOCKET, WEFT_WAIT_INTERRUPTIBLE, "network"},
	{"epoll_wait", WEFT_WAIT_OBJECT_ANON, WEFT_WAIT_INTERRUPTIBLE, "network"},
	{"poll", WEFT_WAIT_OBJECT_NONE, WEFT_WAIT_INTERRUPTIBLE, "poll"},
	{"clock_nanosleep", WEFT_WAIT_OBJECT_NONE, WEFT_WAIT_INTERRUPTIBLE, "sleep"},
	{"fsync", WEFT_WAIT_OBJECT_FILE, WEFT_WAIT_UNINTERRUPTIBLE, "disk"},
	{"wait4", WEFT_WAIT_OBJECT_NONE, WEFT_WAIT_INTERRUPTIBLE, "child wait"},
	{"rt_sigtimedwait", WEFT_WAIT_OBJECT_NONE, WEFT_WAIT_INTERRUPTIBLE, "signal"},
	{"getpid", WEFT_WAIT_OBJECT_NONE, WEFT_WAIT_INTERRUPTIBLE, "system call"},
	{"none", WEFT_WAIT_OBJECT_NONE, WEFT_WAIT_UNINTERRUPTIBLE, "page fault"},
	{"none", WEFT_WAIT_OBJECT_NONE, WEFT_WAIT_INTERRUPTIBLE, "blocked"},
	{"unknown", WEFT_WAIT_OBJECT_UNKNOWN, WEFT_WAIT_INTERRUPTIBLE, "blocked"},
	{"unknown", WEFT_WAIT_OBJECT_UNKNOWN, WEFT_WAIT_UNINTERRUPTIBLE, "disk: D state"},
	{"futex", WEFT_WAIT_OBJECT_NONE, WEFT_WAIT_STOPPED, "stopped"},
	{"none", WEFT_WAIT_OBJECT_NONE, WEFT_WAIT_FOR_WORK, "kernel thread idle"},
};

#define COUNT (sizeof(rows) / sizeof(rows[0]))

static const char *reason_of(const struct row *row)
{
	struct weft_wait wait = {.syscall = weft_wait_find_syscall(row->syscall),
				 .object = (uint8_t)row->object,
				 .sleep = (uint8_t)row->sleep};

	return weft_wait_reason(&wait);
}

static void each_wait_has_its_word(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < COUNT; i++) {
		assert_string_equal(reason_of(&rows[i]), rows[i].reason);
	}
}

/* Source: go tool trace counts a reason that contains one of these as synchronization. */
static void only_synchronization_counts_as_such(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < COUNT; i++) {
		const char *reason = reason_of(&rows[i]);
		bool is_sync = strstr(reason, "sync") || strstr(reason, "chan") ||
			       strstr(reason, "select");

		assert_int_equal(is_sync, strncmp(reason, "sync: ", 6) == 0);
	}
}

/* What the program says of its wait is exact, but only of that wait. */
static void locks_are_called_by_their_names(void **state)
{
	static const struct {
		const char *syscall;
		enum weft_wait_sleep sleep;
		struct weft_wait_lock lock;
		const char *reason, *text;
	} cases[] = {
		{"futex",
		 WEFT_WAIT_INTERRUPTIBLE,
		 {WEFT_LOCK_KIND_MUTEX, 12, 0x55d0},
		 "sync: mutex",
		 "sync: mutex 0x55d0 held by thread 12"},
		{"futex",
		 WEFT_WAIT_INTERRUPTIBLE,
		 {WEFT_LOCK_KIND_CONDITION, 0, 0x55d0},
		 "sync: condition",
		 "sync: condition 0x55d0"},
		{"unknown",
		 WEFT_WAIT_INTERRUPTIBLE,
		 {WEFT_LOCK_KIND_RWLOCK_READ, -1, 16},
		 "sync: read lock",
		 "sync: read lock 0x10"},
		{"futex",
		 WEFT_WAIT_INTERRUPTIBLE,
		 {UINT32_MAX, INT32_MAX, UINT64_MAX},
		 "sync: lock",
		 "sync: lock 0xffffffffffffffff held by thread 2147483647"},
		{"none",
		 WEFT_WAIT_UNINTERRUPTIBLE,
		 {WEFT_LOCK_KIND_MUTEX, 12, 0x55d0},
		 "page fault",
		 "page fault"},
		{"read",
		 WEFT_WAIT_INTERRUPTIBLE,
		 {WEFT_LOCK_KIND_MUTEX, 12, 0x55d0},
		 "file",
		 "file"},
		{"futex",
		 WEFT_WAIT_STOPPED,
		 {WEFT_LOCK_KIND_MUTEX, 12, 0x55d0},
		 "stopped",
		 "stopped"},
		{"futex", WEFT_WAIT_INTERRUPTIBLE, {0, 12, 0x55d0}, "sync: futex", "sync: futex"},
	};
	char storage[WEFT_WAIT_TEXT_SIZE];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct weft_wait wait = {.syscall = weft_wait_find_syscall(cases[i].syscall),
					 .object = WEFT_WAIT_OBJECT_UNKNOWN,
					 .sleep = (uint8_t)cases[i].sleep,
					 .lock = cases[i].lock};

		assert_string_equal(weft_wait_reason(&wait), cases[i].reason);
		assert_string_equal(weft_wait_text(&wait, storage), cases[i].text);
	}
}

static void names_come_back_and_damage_is_unknown(void **state)
{
	(void)state;
	assert_string_equal(weft_wait_get_syscall_name(weft_wait_find_syscall("futex")), "futex");
	assert_string_equal(weft_wait_get_syscall_name(weft_wait_find_syscall("none")), "");
	assert_string_equal(weft_wait_get_syscall_name(WEFT_SYSCALL_UNKNOWN), "");
	assert_non_null(weft_wait_get_syscall_name(UINT16_MAX));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_wait_has_its_word),
		cmocka_unit_test(only_synchronization_counts_as_such),
		cmocka_unit_test(locks_are_called_by_their_names),
		cmocka_unit_test(names_come_back_and_damage_is_unknown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
