// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Ids inside PID namespaces → ids of the outermost one.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "namespaces.h"

#define NS 4026532000U

static void learn(struct weft_namespaces *namespaces, const struct weft_event *event)
{
	assert_int_equal(weft_namespaces_learn(namespaces, event), 0);
}

static void learn_thread(struct weft_namespaces *namespaces, uint32_t ns, int32_t inside,
			 int32_t outside)
{
	struct weft_event event = {.kind = WEFT_EVENT_FORK};

	event.fork.subject = outside;
	event.fork.vtid = inside;
	event.fork.ns_inum = ns;
	learn(namespaces, &event);
}

static void learn_process(struct weft_namespaces *namespaces, int32_t pid, uint32_t ns)
{
	struct weft_event event = {.kind = WEFT_EVENT_PROCESS, .pid = pid, .tid = pid};

	event.process.pid_ns = ns;
	learn(namespaces, &event);
}

static void ids_of_a_container_become_the_kernels(void **state)
{
	struct weft_namespaces namespaces = {0};
	struct weft_event event = {.kind = WEFT_EVENT_LOG, .pid = 1, .tid = 7};
	struct weft_event storage;
	const struct weft_event *seen;

	(void)state;
	learn_process(&namespaces, 1, NS); /* Told before its threads are. */
	learn_thread(&namespaces, NS, 1, 5001);
	learn_thread(&namespaces, NS, 7, 5007);
	seen = weft_namespaces_translate(&namespaces, &event, &storage);
	assert_ptr_equal(seen, &storage);
	assert_int_equal(seen->pid, 5001);
	assert_int_equal(seen->tid, 5007);
	event.kind = WEFT_EVENT_THREAD;
	event.thread.subject = 1;
	seen = weft_namespaces_translate(&namespaces, &event, &storage);
	assert_int_equal(seen->thread.subject, 5001);
	event.kind = WEFT_EVENT_LOCK_WAIT_BEGIN;
	event.lock_wait.holder = 1;
	seen = weft_namespaces_translate(&namespaces, &event, &storage);
	assert_int_equal(seen->lock_wait.holder, 5001);
	event.lock_wait.holder = 2; /* Nobody that is known: better no name than a wrong one. */
	seen = weft_namespaces_translate(&namespaces, &event, &storage);
	assert_int_equal(seen->lock_wait.holder, 0);
	weft_namespaces_fini(&namespaces);
}

static void what_is_not_known_stays_as_it_is(void **state)
{
	struct weft_namespaces namespaces = {0};
	struct weft_event event = {.kind = WEFT_EVENT_LOG, .pid = 1, .tid = 7};
	struct weft_event kernel = {.kind = WEFT_EVENT_SWITCH, .pid = 1, .tid = 1};
	struct weft_event storage;

	(void)state;
	learn_process(&namespaces, 1, NS);
	assert_ptr_equal(weft_namespaces_translate(&namespaces, &event, &storage), &event);
	learn_thread(&namespaces, NS, 1, 5001);
	/* The process is known, this thread of it is not. */
	assert_ptr_equal(weft_namespaces_translate(&namespaces, &event, &storage), &event);
	learn_thread(&namespaces, NS, 7, 5007);
	assert_ptr_equal(weft_namespaces_translate(&namespaces, &kernel, &storage), &kernel);
	/* Another life of the id, in a namespace without threads in the kernel's half. */
	learn_process(&namespaces, 1, NS + 1);
	assert_ptr_equal(weft_namespaces_translate(&namespaces, &event, &storage), &event);
	weft_namespaces_fini(&namespaces);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ids_of_a_container_become_the_kernels),
		cmocka_unit_test(what_is_not_known_stays_as_it_is),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
