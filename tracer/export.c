// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * The table of exports. See <weft/export.h>; control-socket.c serves it.
 */
#include <weft/export.h>

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "control-socket.h"

struct slot {
	const struct weft_export *profile; /* NULL: free. */
	unsigned int user_count;           /* Threads inside its functions. */
};

/* Guards all below; no other lock is taken while it is held. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t returned = PTHREAD_COND_INITIALIZER;
static struct slot slots[WEFT_EXPORTS_MAX];

static bool is_fit(const struct weft_export *profile)
{
	const char *at;

	if (!profile || !profile->write || !profile->name || !profile->name[0] ||
	    !profile->description || strlen(profile->name) >= WEFT_EXPORT_NAME_SIZE) {
		return false;
	}
	for (at = profile->name; *at; at++) {
		if ((unsigned char)*at < ' ' || *at == 0x7f) {
			return false;
		}
	}
	return strpbrk(profile->description, "\r\n") == NULL;
}

/* Under the lock. */
static struct slot *find(const char *name)
{
	unsigned int i;

	for (i = 0; i < WEFT_EXPORTS_MAX; i++) {
		if (slots[i].profile && strcmp(slots[i].profile->name, name) == 0) {
			return &slots[i];
		}
	}
	return NULL;
}

static int insert(const struct weft_export *profile)
{
	int ret = -ENOSPC;
	unsigned int i;

	(void)pthread_mutex_lock(&lock);
	if (find(profile->name)) {
		ret = -EEXIST;
	}
	for (i = 0; i < WEFT_EXPORTS_MAX && ret == -ENOSPC; i++) {
		if (!slots[i].profile) {
			slots[i].profile = profile;
			slots[i].user_count = 0;
			ret = 0;
		}
	}
	(void)pthread_mutex_unlock(&lock);
	return ret;
}

int weft_export_add(const struct weft_export *profile)
{
	const char *setting = getenv("WEFT");
	int ret;

	if (!is_fit(profile)) {
		return -EINVAL;
	}
	if (setting && strcmp(setting, "off") == 0) {
		return -EPERM;
	}
	ret = insert(profile);
	if (ret == 0) {
		ret = weft_control_socket__start();
		if (ret < 0) {
			(void)weft_export_remove(profile); /* Was just added. */
		}
	}
	return ret;
}

int weft_export_remove(const struct weft_export *profile)
{
	int ret = -ENOENT;
	unsigned int i;

	(void)pthread_mutex_lock(&lock);
	for (i = 0; i < WEFT_EXPORTS_MAX; i++) {
		if (slots[i].profile && slots[i].profile == profile) {
			while (slots[i].user_count > 0) {
				(void)pthread_cond_wait(&returned, &lock);
			}
			slots[i].profile = NULL;
			ret = 0;
		}
	}
	(void)pthread_mutex_unlock(&lock);
	return ret;
}

const struct weft_export *weft_export__borrow(const char *name)
{
	const struct weft_export *profile = NULL;
	struct slot *slot;

	(void)pthread_mutex_lock(&lock);
	slot = find(name);
	if (slot) {
		slot->user_count++;
		profile = slot->profile;
	}
	(void)pthread_mutex_unlock(&lock);
	return profile;
}

const struct weft_export *weft_export__borrow_at(unsigned int index)
{
	const struct weft_export *profile;

	(void)pthread_mutex_lock(&lock);
	profile = slots[index].profile;
	slots[index].user_count += profile != NULL;
	(void)pthread_mutex_unlock(&lock);
	return profile;
}

void weft_export__return(const struct weft_export *profile)
{
	unsigned int i;

	(void)pthread_mutex_lock(&lock);
	for (i = 0; i < WEFT_EXPORTS_MAX; i++) {
		if (slots[i].profile == profile) {
			slots[i].user_count--;
		}
	}
	(void)pthread_cond_broadcast(&returned);
	(void)pthread_mutex_unlock(&lock);
}

bool weft_export__has_any(void)
{
	bool any = false;
	unsigned int i;

	(void)pthread_mutex_lock(&lock);
	for (i = 0; i < WEFT_EXPORTS_MAX; i++) {
		any = any || slots[i].profile;
	}
	(void)pthread_mutex_unlock(&lock);
	return any;
}

void weft_export__forget(void)
{
	unsigned int i;

	(void)pthread_mutex_init(&lock, NULL); /* Default attributes: cannot fail. */
	(void)pthread_cond_init(&returned, NULL);
	for (i = 0; i < WEFT_EXPORTS_MAX; i++) {
		slots[i].user_count = 0;
	}
}
