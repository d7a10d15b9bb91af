// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * Ids of threads in PID namespaces. See namespaces.h.
 */
#include "namespaces.h"

#include <stddef.h>

/* Threads of containers that are remembered; beyond, events keep the ids they came with. */
#define OUTER_COUNT_MAX 1000000U

void weft_namespaces_fini(struct weft_namespaces *namespaces)
{
	weft_id_map_fini(&namespaces->outer);
	weft_id_map_fini(&namespaces->inner);
}

static uint64_t key_of(uint32_t ns, int32_t id)
{
	return (uint64_t)ns << 32 | (uint32_t)id;
}

/* 0: not known. */
static int32_t find_outer(const struct weft_namespaces *namespaces, uint32_t ns, int32_t id)
{
	return (int32_t)(intptr_t)weft_id_map_find(&namespaces->outer, key_of(ns, id));
}

static int learn_thread(struct weft_namespaces *namespaces, uint32_t ns, int32_t inside,
			int32_t outside)
{
	/* In the outermost namespace both are the same, and nothing has to be changed. */
	if (ns == 0 || inside <= 0 || outside <= 0 || inside == outside ||
	    namespaces->outer.count >= OUTER_COUNT_MAX) {
		return 0;
	}
	return weft_id_map_put(&namespaces->outer, key_of(ns, inside), (void *)(intptr_t)outside);
}

int weft_namespaces_learn(struct weft_namespaces *namespaces, const struct weft_event *event)
{
	switch (event->kind) {
	case WEFT_EVENT_THREAD_STATE:
		return learn_thread(namespaces, event->thread_state.ns_inum,
				    event->thread_state.vtid, event->thread_state.subject);
	case WEFT_EVENT_FORK:
		return learn_thread(namespaces, event->fork.ns_inum, event->fork.vtid,
				    event->fork.subject);
	case WEFT_EVENT_PROCESS:
		/* Its threads may become known later. */
		return weft_id_map_put(&namespaces->inner, (uint32_t)event->pid,
				       (void *)(uintptr_t)event->process.pid_ns);
	default:
		return 0;
	}
}

static bool is_of_program(enum weft_event_kind kind)
{
	return kind >= WEFT_EVENT_TASK_BEGIN && kind <= WEFT_EVENT_LOCK_WAIT_END;
}

const struct weft_event *weft_namespaces_translate(const struct weft_namespaces *namespaces,
						   const struct weft_event *event,
						   struct weft_event *storage)
{
	int32_t pid, tid, subject = 0;
	uint32_t ns;

	if (namespaces->outer.count == 0 || !is_of_program(event->kind)) {
		return event;
	}
	ns = (uint32_t)(uintptr_t)weft_id_map_find(&namespaces->inner, (uint32_t)event->pid);
	pid = ns ? find_outer(namespaces, ns, event->pid) : 0;
	tid = pid > 0 ? find_outer(namespaces, ns, event->tid) : 0;
	if (tid > 0 && event->kind == WEFT_EVENT_THREAD) {
		subject = find_outer(namespaces, ns, event->thread.subject);
	}
	if (tid <= 0 || (event->kind == WEFT_EVENT_THREAD && subject <= 0)) {
		return event;
	}
	*storage = *event;
	storage->pid = pid;
	storage->tid = tid;
	if (event->kind == WEFT_EVENT_THREAD) {
		storage->thread.subject = subject;
	}
	if (event->kind == WEFT_EVENT_LOCK_WAIT_BEGIN) {
		storage->lock_wait.holder = find_outer(namespaces, ns, event->lock_wait.holder);
	}
	return storage;
}
