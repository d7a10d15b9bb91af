// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * See <weft/labels.h>.
 *
 * A handler on a thread reads the thread's pointer and may take a reference. It cannot meet a set
 * that is gone: the thread drops its reference only after the pointer names another set, and the
 * handler runs on that very thread, so between two instructions of it. Other threads look under a
 * lock: see weft_labels_attach().
 */
#include "labels.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "control.h"

struct holder {
	_Atomic(struct weft_labels *) current;
	int32_t tid; /* 0: not in the list. */
	bool has_ended;
	struct holder *previous, *next;
};

static __thread struct holder self __attribute__((tls_model("initial-exec")));

/* Guards the list of threads that have had labels; no other lock is taken while it is held. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct holder *holders;
/* Somebody reads another thread's set, under the lock. */
static _Atomic bool is_looking;

/* ---- Sets ---- */

struct weft_labels *weft_labels_get_ref(const struct weft_labels *set)
{
	struct weft_labels *counted = (struct weft_labels *)(uintptr_t)set;

	if (counted) {
		/* Relaxed: whoever calls holds a reference already. */
		atomic_fetch_add_explicit(&counted->ref_count, 1, memory_order_relaxed);
	}
	return counted;
}

void weft_labels_put_ref(struct weft_labels *set)
{
	/* A1: releases what this thread did with the set to whoever frees it, and acquires it there. */
	if (set && atomic_fetch_sub_explicit(&set->ref_count, 1, memory_order_acq_rel) == 1) {
		int saved_errno = errno;

		free(set);
		errno = saved_errno;
	}
}

static uint64_t hash_text(uint64_t hash, const char *text)
{
	do {
		hash = (hash ^ (unsigned char)*text) * UINT64_C(0x100000001b3);
	} while (*text++);
	return hash;
}

/* Puts a pair where it belongs by key; one with an equal key is replaced. */
static size_t insert(struct weft_label *pairs, size_t count, const struct weft_label *pair)
{
	size_t at = count;

	while (at > 0 && strcmp(pairs[at - 1].key, pair->key) > 0) {
		at--;
	}
	if (at > 0 && strcmp(pairs[at - 1].key, pair->key) == 0) {
		pairs[at - 1] = *pair;
		return count;
	}
	memmove(&pairs[at + 1], &pairs[at], (count - at) * sizeof(*pairs));
	pairs[at] = *pair;
	return count + 1;
}

/* Copies sorted pairs into a set of their own. */
static int create(const struct weft_label *pairs, size_t count, struct weft_labels **ret_set)
{
	size_t text_size = 0;
	struct weft_labels *set;
	char *text;
	size_t i;

	for (i = 0; i < count; i++) {
		text_size += strlen(pairs[i].key) + strlen(pairs[i].value) + 2;
	}
	if (text_size > WEFT_LABELS_SIZE_MAX) {
		return -E2BIG;
	}
	set = (struct weft_labels *)malloc(sizeof(*set) + count * sizeof(*pairs) + text_size);
	if (!set) {
		return -ENOMEM;
	}
	atomic_init(&set->ref_count, 1);
	set->count = (uint32_t)count;
	set->hash = UINT64_C(0xcbf29ce484222325);
	text = (char *)&set->pairs[count];
	for (i = 0; i < count; i++) {
		size_t key_size = strlen(pairs[i].key) + 1;
		size_t value_size = strlen(pairs[i].value) + 1;

		memcpy(text, pairs[i].key, key_size);
		memcpy(text + key_size, pairs[i].value, value_size);
		set->pairs[i] = (struct weft_label){text, text + key_size};
		set->hash = hash_text(hash_text(set->hash, text), text + key_size);
		text += key_size + value_size;
	}
	set->hash += set->hash == 0;
	*ret_set = set;
	return 0;
}

static int with(const struct weft_labels *parent, const struct weft_label *labels, size_t count,
		struct weft_labels **ret_set)
{
	struct weft_label pairs[WEFT_LABELS_MAX + 1];
	size_t pair_count = parent ? parent->count : 0;
	size_t i;

	if (count == 0) {
		*ret_set = weft_labels_get_ref(parent);
		return 0;
	}
	if (parent) {
		memcpy(pairs, parent->pairs, pair_count * sizeof(*pairs));
	}
	for (i = 0; i < count; i++) {
		struct weft_label pair = {labels[i].key, labels[i].value ? labels[i].value : ""};

		if (!pair.key || !pair.key[0]) {
			return -EINVAL;
		}
		pair_count = insert(pairs, pair_count, &pair);
		if (pair_count > WEFT_LABELS_MAX) {
			return -E2BIG;
		}
	}
	return create(pairs, pair_count, ret_set);
}

int weft_labels_with(const struct weft_labels *parent, const struct weft_label *labels,
		     size_t count, struct weft_labels **ret_set)
{
	int saved_errno = errno;
	int ret = with(parent, labels, count, ret_set);

	errno = saved_errno;
	return ret;
}

size_t weft_labels_count(const struct weft_labels *set)
{
	return set ? set->count : 0;
}

const char *weft_labels_find(const struct weft_labels *set, const char *key)
{
	size_t i;

	for (i = 0; i < weft_labels_count(set); i++) {
		if (strcmp(set->pairs[i].key, key) == 0) {
			return set->pairs[i].value;
		}
	}
	return NULL;
}

void weft_labels_for_each(const struct weft_labels *set,
			  bool (*visit)(void *ctx, const char *key, const char *value), void *ctx)
{
	size_t i;

	for (i = 0; i < weft_labels_count(set); i++) {
		if (!visit(ctx, set->pairs[i].key, set->pairs[i].value)) {
			return;
		}
	}
}

bool weft_labels__equal(const struct weft_labels *a, const struct weft_labels *b)
{
	size_t i;

	if (a == b) {
		return true;
	}
	if (!a || !b || a->hash != b->hash || a->count != b->count) {
		return false;
	}
	for (i = 0; i < a->count; i++) {
		if (strcmp(a->pairs[i].key, b->pairs[i].key) != 0 ||
		    strcmp(a->pairs[i].value, b->pairs[i].value) != 0) {
			return false;
		}
	}
	return true;
}

/* ---- Threads ---- */

struct weft_labels *weft_labels__peek(void)
{
	return atomic_load_explicit(&self.current, memory_order_relaxed);
}

const struct weft_labels *weft_labels_borrow_current(void)
{
	return weft_labels__peek();
}

static void enlist(void)
{
	if (!weft_self.tid) {
		weft_thread_prepare(); /* So that weft_labels__thread_end() will be called. */
	}
	(void)pthread_mutex_lock(&lock);
	self.tid = weft_self.tid;
	self.previous = NULL;
	self.next = holders;
	if (holders) {
		holders->previous = &self;
	}
	holders = &self;
	(void)pthread_mutex_unlock(&lock);
}

void weft_labels_attach(struct weft_labels *set)
{
	int saved_errno = errno;
	struct weft_labels *previous;

	if (self.has_ended) {
		/* Another destructor of the thread is at work; nobody would take the labels back. */
		weft_labels_put_ref(set);
		return;
	}
	if (set && self.tid == 0) {
		enlist();
	}
	/*
	 * Sequential: either whoever looks sees the new set, or it is seen here that somebody is
	 * looking, who may be about to take a reference of the old one, which must then stay.
	 */
	previous = atomic_exchange_explicit(&self.current, set, memory_order_seq_cst);
	if (atomic_load_explicit(&is_looking, memory_order_seq_cst)) {
		(void)pthread_mutex_lock(&lock);
		(void)pthread_mutex_unlock(&lock);
	}
	weft_labels_put_ref(previous);
	errno = saved_errno;
}

struct weft_labels *weft_labels__get_ref_of(int32_t tid)
{
	struct weft_labels *set = NULL;
	const struct holder *holder;

	(void)pthread_mutex_lock(&lock);
	atomic_store_explicit(&is_looking, true, memory_order_seq_cst);
	for (holder = holders; holder && holder->tid != tid;) {
		holder = holder->next;
	}
	if (holder) {
		set = weft_labels_get_ref(
			atomic_load_explicit(&holder->current, memory_order_seq_cst));
	}
	atomic_store_explicit(&is_looking, false, memory_order_seq_cst);
	(void)pthread_mutex_unlock(&lock);
	return set;
}

void weft_labels_set(const struct weft_labels *set)
{
	weft_labels_attach(weft_labels_get_ref(set));
}

struct weft_labels *weft_labels_capture(void)
{
	return weft_labels_get_ref(weft_labels__peek());
}

void weft_labels__thread_end(void)
{
	weft_labels_attach(NULL);
	self.has_ended = true;
	if (self.tid == 0) {
		return;
	}
	(void)pthread_mutex_lock(&lock);
	if (self.previous) {
		self.previous->next = self.next;
	} else {
		holders = self.next;
	}
	if (self.next) {
		self.next->previous = self.previous;
	}
	self.tid = 0;
	(void)pthread_mutex_unlock(&lock);
}

/* ---- fork() ---- */

void weft_labels__lock(void)
{
	(void)pthread_mutex_lock(&lock);
}

void weft_labels__unlock(void)
{
	(void)pthread_mutex_unlock(&lock);
}

/* The other threads' storage is still mapped, but they are gone; so are their references. */
void weft_labels__forget(void)
{
	holders = self.tid ? &self : NULL;
	self.previous = self.next = NULL;
	self.tid = self.tid ? (int32_t)gettid() : 0;
}

/* ---- For a while ---- */

struct weft_labels_scope weft_labels_scope_begin_(const struct weft_label *labels, size_t count)
{
	struct weft_labels_scope scope = {weft_labels_capture()};
	struct weft_labels *set = NULL;

	if (weft_labels_with(scope.previous, labels, count, &set) == 0) {
		weft_labels_attach(set);
	}
	return scope;
}

void weft_labels_scope_end_(struct weft_labels_scope *scope)
{
	weft_labels_attach(scope->previous);
	scope->previous = NULL;
}
