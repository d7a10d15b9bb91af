// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Go's rules for labels, by the public interface.
 */
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <weft/labels.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static bool append(void *ctx, const char *key, const char *value)
{
	char *text = (char *)ctx;
	size_t len = strlen(text);

	(void)snprintf(text + len, 256 - len, "%s=%s;", key, value);
	return true;
}

static void assert_set(const struct weft_labels *set, const char *expected)
{
	char text[256] = "";

	weft_labels_for_each(set, append, text);
	assert_string_equal(text, expected);
}

static void assert_current(const char *expected)
{
	assert_set(weft_labels_borrow_current(), expected);
}

static struct weft_labels *make(const struct weft_labels *parent, const char *key,
				const char *value)
{
	const struct weft_label label = {key, value};
	struct weft_labels *set = NULL;

	assert_int_equal(weft_labels_with(parent, &label, 1, &set), 0);
	return set;
}

static void later_pairs_replace_earlier_ones(void **state)
{
	static const struct weft_label labels[] = {{"b", "1"}, {"a", "2"}, {"b", "3"}, {"c", NULL}};
	struct weft_labels *parent = make(NULL, "a", "0");
	struct weft_labels *set = NULL;

	(void)state;
	assert_int_equal(weft_labels_with(parent, labels, COUNT(labels), &set), 0);
	assert_set(set, "a=2;b=3;c=;");
	assert_set(parent, "a=0;");
	assert_int_equal(weft_labels_count(set), 3);
	assert_string_equal(weft_labels_find(set, "b"), "3");
	assert_string_equal(weft_labels_find(set, "c"), "");
	assert_null(weft_labels_find(set, "d"));
	assert_null(weft_labels_find(NULL, "a"));
	weft_labels_put_ref(parent);
	assert_set(set, "a=2;b=3;c=;"); /* A set needs no other. */
	weft_labels_put_ref(set);
}

static void bad_labels_are_refused(void **state)
{
	static char large[WEFT_LABELS_SIZE_MAX];
	struct weft_label labels[WEFT_LABELS_MAX + 1];
	char keys[WEFT_LABELS_MAX + 1][8];
	struct weft_labels *set = NULL;
	size_t i;

	(void)state;
	labels[0] = (struct weft_label){NULL, "x"};
	assert_int_equal(weft_labels_with(NULL, labels, 1, &set), -EINVAL);
	labels[0] = (struct weft_label){"", "x"};
	assert_int_equal(weft_labels_with(NULL, labels, 1, &set), -EINVAL);
	for (i = 0; i < COUNT(labels); i++) {
		(void)snprintf(keys[i], sizeof(keys[i]), "%zu", i);
		labels[i] = (struct weft_label){keys[i], "v"};
	}
	assert_int_equal(weft_labels_with(NULL, labels, COUNT(labels), &set), -E2BIG);
	assert_int_equal(weft_labels_with(NULL, labels, WEFT_LABELS_MAX, &set), 0);
	weft_labels_put_ref(set);
	set = NULL;
	memset(large, 'x', sizeof(large) - 1);
	labels[0] = (struct weft_label){"k", large};
	assert_int_equal(weft_labels_with(NULL, labels, 1, &set), -E2BIG);
	assert_null(set);
	assert_int_equal(weft_labels_with(NULL, NULL, 0, &set), 0);
	assert_null(set);
}

static void the_thread_has_its_own_reference(void **state)
{
	struct weft_labels *set = make(NULL, "k", "v");

	(void)state;
	assert_current("");
	weft_labels_set(set);
	weft_labels_put_ref(set);
	assert_current("k=v;");
	weft_labels_set(weft_labels_borrow_current());
	assert_current("k=v;");
	weft_labels_set(NULL);
	assert_current("");
}

struct done {
	char inside[64];
	int calls;
};

static void look(void *ctx, const struct weft_labels *set)
{
	struct done *done = (struct done *)ctx;

	assert_ptr_equal(set, weft_labels_borrow_current());
	weft_labels_for_each(set, append, done->inside);
	done->calls++;
}

/* Afterwards: the labels of the set that Do was given, not what the thread had. */
static void do_restores_its_base(void **state)
{
	const struct weft_label label = {"b", "2"};
	const struct weft_label bad = {"", ""};
	struct weft_labels *base = make(NULL, "a", "1");
	struct weft_labels *other = make(NULL, "x", "9");
	struct done done = {"", 0};

	(void)state;
	weft_labels_set(other);
	assert_int_equal(weft_labels_do(base, &label, 1, look, &done), 0);
	assert_string_equal(done.inside, "a=1;b=2;");
	assert_current("a=1;");
	assert_int_equal(weft_labels_do(NULL, &label, 1, look, &done), 0);
	assert_current("");
	done.inside[0] = '\0';
	assert_int_equal(weft_labels_do(base, &bad, 1, look, &done), -EINVAL);
	assert_string_equal(done.inside, "a=1;"); /* It ran all the same. */
	assert_int_equal(done.calls, 3);
	weft_labels_set(NULL);
	weft_labels_put_ref(base);
	weft_labels_put_ref(other);
}

static void leave_by_return(void)
{
	WEFT_LABELS({"c", "3"})
	{
		assert_current("a=1;b=2;c=3;");
		return;
	}
}

static void scopes_put_back_what_was(void **state)
{
	(void)state;
	WEFT_LABELS({"a", "1"}, {"b", "0"})
	{
		WEFT_LABELS({"b", "2"})
		{
			assert_current("a=1;b=2;");
			leave_by_return();
			assert_current("a=1;b=2;");
			break;
		}
		assert_current("a=1;b=0;");
		WEFT_LABELS({"", "no key"})
		{
			assert_current("a=1;b=0;");
		}
	}
	assert_current("");
}

static void *return_labels(void *ctx)
{
	char *text = (char *)malloc(256);

	assert_non_null(text);
	text[0] = '\0';
	if (ctx) {
		weft_labels_attach((struct weft_labels *)ctx);
	}
	weft_labels_for_each(weft_labels_borrow_current(), append, text);
	WEFT_LABELS({"child", "only"})
	{
	}
	return text; /* The thread ends with labels, whose reference is given back. */
}

static void assert_thread(void *ctx, const char *expected)
{
	pthread_t thread;
	void *text;

	assert_int_equal(pthread_create(&thread, NULL, return_labels, ctx), 0);
	assert_int_equal(pthread_join(thread, &text), 0);
	assert_string_equal((const char *)text, expected);
	free(text);
}

static void new_threads_inherit(void **state)
{
	(void)state;
#ifdef __SANITIZE_THREAD__
	skip(); /* Its own pthread_create() must be the only one. */
#endif
	WEFT_LABELS({"a", "1"})
	{
		assert_thread(NULL, "a=1;");
	}
	assert_thread(NULL, "");
}

static void pools_attach_what_was_captured(void **state)
{
	struct weft_labels *captured = NULL;

	(void)state;
	WEFT_LABELS({"job", "7"})
	{
		captured = weft_labels_capture();
	}
	assert_current("");
	assert_thread(captured, "job=7;");
}

/* The compiler may not move the free of the old set before the new one is in place. */
static volatile sig_atomic_t strikes;

static void strike(int number)
{
	const struct weft_labels *set = weft_labels_borrow_current();

	(void)number;
	if (set) {
		strikes += weft_labels_find(set, "k")[0] == 'v';
	}
}

static atomic_bool calm;

static void *storm(void *thread)
{
	while (!atomic_load(&calm)) {
		(void)pthread_kill(*(pthread_t *)thread, SIGUSR1);
		(void)sched_yield();
	}
	return NULL;
}

static void a_handler_never_meets_a_freed_set(void **state)
{
	struct sigaction action = {.sa_handler = strike, .sa_flags = SA_RESTART};
	pthread_t self = pthread_self();
	pthread_t thread;

	(void)state;
	assert_int_equal(sigaction(SIGUSR1, &action, NULL), 0);
	assert_int_equal(pthread_create(&thread, NULL, storm, &self), 0);
	while (strikes < 1000) {
		WEFT_LABELS({"k", "value"})
		{
			WEFT_LABELS({"l", "2"})
			{
			}
		}
	}
	atomic_store(&calm, true);
	assert_int_equal(pthread_join(thread, NULL), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(later_pairs_replace_earlier_ones),
		cmocka_unit_test(bad_labels_are_refused),
		cmocka_unit_test(the_thread_has_its_own_reference),
		cmocka_unit_test(do_restores_its_base),
		cmocka_unit_test(scopes_put_back_what_was),
		cmocka_unit_test(new_threads_inherit),
		cmocka_unit_test(pools_attach_what_was_captured),
		cmocka_unit_test(a_handler_never_meets_a_freed_set),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
