// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * The named half of <weft/profile.h>: "goroutine", the program's own profiles, and a handle for each
 * that somebody else in the process exports.
 */
#include "profile.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <weft/export.h>
#include <weft/runtime.h>

#include "control-socket.h"
#include "control.h"
#include "cpu-profile.h"
#include "custom-profile.h"
#include "profile-output.h"
#include "stack-bounds.h"
#include "stack-table.h"
#include "thread-stacks.h"

#define CPU_SECONDS_DEFAULT 30
#define WATCH_NS            100000000L
#define NS_PER_S            UINT64_C(1000000000)

enum kind {
	KIND_THREADS,  /* "goroutine". */
	KIND_CUSTOM,   /* Created by the program. */
	KIND_EXPORTED, /* Somebody else's, looked up by name whenever it is used. */
};

struct weft_profile {
	struct weft_profile *next; /* The list is only added to. */
	enum kind kind;
	struct weft_custom_profile *values; /* KIND_CUSTOM. */
	struct weft_export export;          /* Not of KIND_EXPORTED. */
	char name[WEFT_PROFILE_NAME_SIZE];
};

static uint64_t count_threads(void *ctx);
static int export_profile(void *ctx, const struct weft_export_request *request,
			  struct weft_export_output *output);
static int export_cpu(void *ctx, const struct weft_export_request *request,
		      struct weft_export_output *output);

static struct weft_profile threads = {
	.kind = KIND_THREADS,
	.export = {threads.name,
		   "Stack traces of all current threads. Use debug=2 as a query "
		   "parameter for a text a thread.",
		   count_threads, export_profile, &threads},
	.name = "goroutine",
};

static const struct weft_export cpu = {
	"profile",
	"CPU profile. You can specify the duration in the seconds GET parameter. After you get the "
	"profile file, use the go tool pprof command to investigate the profile.",
	NULL, export_cpu, NULL};

/* Guards all below. Rank: before those of export.c and of custom profiles. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct weft_profile *first = &threads;
static bool is_served;

/* ---- What a profile is made of ---- */

struct production {
	struct weft_profile *profile;
	bool by_thread;
};

static int produce(void *ctx, weft_raw_profile_write_fn write, void *write_ctx)
{
	const struct production *production = (const struct production *)ctx;
	struct weft_profile *profile = production->profile;

	if (!write) {
		return 0; /* Nothing that would have to be stopped. */
	}
	if (profile->kind == KIND_THREADS) {
		return weft_thread_stacks_write(production->by_thread, write, write_ctx);
	}
	return weft_custom_profile_write(profile->values, profile->name, write, write_ctx);
}

static int write_own(struct weft_profile *profile, int debug, weft_raw_profile_write_fn write,
		     void *ctx)
{
	struct production production = {profile, debug >= 2};

	return weft_profile_output(profile->name, produce, &production, debug < 2 ? debug : 2,
				   write, ctx);
}

/* Somebody else's: asked in the same way as over the socket. */
static int write_exported(const char *name, int debug, weft_profile_write_fn write, void *ctx)
{
	const struct weft_export_request request = {.debug = debug};
	struct weft_export_output output = {.fd = -1, .write = write, .ctx = ctx};
	const struct weft_export *export = weft_export__borrow(name);
	int ret;

	if (!export) {
		return -ENOENT;
	}
	ret = export->write(export->ctx, &request, &output);
	weft_export__return(export);
	return output.failed ? output.failure : ret;
}

/* ---- For clients of the control socket ---- */

static int write_to_client(void *ctx, const void *bytes, size_t size)
{
	return weft_export_write((struct weft_export_output *)ctx, bytes, size);
}

static uint64_t count_threads(void *ctx)
{
	(void)ctx;
	return weft_runtime_thread_count();
}

static uint64_t count_values(void *ctx)
{
	return weft_custom_profile_count(((struct weft_profile *)ctx)->values);
}

static int export_profile(void *ctx, const struct weft_export_request *request,
			  struct weft_export_output *output)
{
	int debug = request->debug < 2 ? (int)request->debug : 2;

	return write_own((struct weft_profile *)ctx, debug, write_to_client, output);
}

static int stop_cpu(void *ctx, weft_raw_profile_write_fn write, void *write_ctx)
{
	(void)ctx;
	return weft_cpu_profile_stop(write, write_ctx);
}

/* As Go: always binary. */
static int export_cpu(void *ctx, const struct weft_export_request *request,
		      struct weft_export_output *output)
{
	const struct timespec pause = {0, WATCH_NS};
	const char *reason;
	uint64_t seconds = request->seconds > 0 ? (uint64_t)request->seconds : CPU_SECONDS_DEFAULT;
	uint64_t end_ns = weft_control__now_ns() + seconds * NS_PER_S;
	int ret = weft_cpu_profile_start(weft_runtime__cpu_rate_hz(), &reason);

	(void)ctx;
	if (ret < 0) {
		return ret;
	}
	while (weft_control__now_ns() < end_ns) {
		if (weft_export_is_gone(output)) {
			(void)weft_cpu_profile_stop(NULL, NULL); /* Nobody wants it. */
			return -EPIPE;
		}
		(void)nanosleep(&pause, NULL); /* Woken early: looks again. */
	}
	return weft_profile_output(cpu.name, stop_cpu, NULL, 0, write_to_client, output);
}

int weft_profile_serve(void)
{
	struct weft_profile *profile;
	int ret = 0;

	(void)pthread_mutex_lock(&lock);
	if (!is_served) {
		ret = weft_export_add(&cpu);
		for (profile = first; profile && ret == 0; profile = profile->next) {
			if (profile->kind != KIND_EXPORTED) {
				ret = weft_export_add(&profile->export);
			}
		}
		is_served = ret == 0;
		if (ret < 0) { /* All or nothing; what was not added is no loss. */
			(void)weft_export_remove(&cpu);
			for (profile = first; profile; profile = profile->next) {
				(void)weft_export_remove(&profile->export);
			}
		}
	}
	(void)pthread_mutex_unlock(&lock);
	return ret < 0 ? weft_profile__fail(ret, "the profiles cannot be offered: %s",
					    ret == -EEXIST ? "there is one of such a name already"
							   : strerrordesc_np(-ret))
		       : 0;
}

/* ---- Names ---- */

/* Under the lock. */
static struct weft_profile *find(const char *name)
{
	struct weft_profile *profile;

	for (profile = first; profile && strcmp(profile->name, name) != 0;) {
		profile = profile->next;
	}
	return profile;
}

static struct weft_profile *create(const char *name, enum kind kind)
{
	struct weft_profile *profile =
		(struct weft_profile *)calloc(1, sizeof(struct weft_profile));

	if (!profile) {
		return NULL;
	}
	profile->kind = kind;
	memcpy(profile->name, name, strlen(name) + 1);
	if (kind == KIND_CUSTOM) {
		profile->values = weft_custom_profile_create();
		if (!profile->values) {
			free(profile);
			return NULL;
		}
		profile->export = (struct weft_export){profile->name, "", count_values,
						       export_profile, profile};
	}
	return profile;
}

static void destroy(struct weft_profile *profile)
{
	weft_custom_profile_destroy(profile->values);
	free(profile);
}

/* Under the lock. */
static void append(struct weft_profile *profile)
{
	struct weft_profile **link = &first;

	while (*link) {
		link = &(*link)->next;
	}
	*link = profile;
}

static bool is_exported(const char *name)
{
	const struct weft_export *export = weft_export__borrow(name);

	if (export) {
		weft_export__return(export);
	}
	return export != NULL;
}

static bool is_name_fit(const char *name)
{
	const char *at;

	for (at = name; at && *at; at++) {
		if ((unsigned char)*at < ' ' || *at == 0x7f) {
			return false;
		}
	}
	return name && name[0] && strlen(name) < WEFT_PROFILE_NAME_SIZE;
}

/* The CPU profile has no moment: as in Go it is none of those that can be looked up. */
static bool is_momentary(const char *name)
{
	return strcmp(name, cpu.name) != 0;
}

/* Under the lock: the profile of a name, a handle for somebody else's if need be. */
static struct weft_profile *look_up(const char *name)
{
	struct weft_profile *profile = find(name);

	if (profile && profile->kind != KIND_EXPORTED) {
		return profile;
	}
	if (!is_name_fit(name) || !is_momentary(name) || !is_exported(name)) {
		return NULL;
	}
	if (!profile) {
		profile = create(name, KIND_EXPORTED);
		if (profile) {
			append(profile);
		}
	}
	return profile;
}

struct weft_profile *weft_profile_lookup(const char *name)
{
	struct weft_profile *profile;

	(void)pthread_mutex_lock(&lock);
	profile = name ? look_up(name) : NULL;
	(void)pthread_mutex_unlock(&lock);
	return profile;
}

static int compare(const void *a, const void *b)
{
	return strcmp((*(struct weft_profile *const *)a)->name,
		      (*(struct weft_profile *const *)b)->name);
}

/* Under the lock: sees to it that each export has a handle. */
static void adopt_exports(void)
{
	unsigned int i;

	for (i = 0; i < WEFT_EXPORTS_MAX; i++) {
		const struct weft_export *export = weft_export__borrow_at(i);
		char name[WEFT_EXPORT_NAME_SIZE] = "";

		if (export) {
			memcpy(name, export->name, strlen(export->name) + 1);
			weft_export__return(export);
		}
		if (name[0]) {
			(void)look_up(name); /* Without memory it is not listed. */
		}
	}
}

size_t weft_profile_all(struct weft_profile **ret_profiles, size_t capacity)
{
	struct weft_profile *profile;
	size_t count = 0;

	(void)pthread_mutex_lock(&lock);
	adopt_exports();
	for (profile = first; profile; profile = profile->next) {
		if (profile->kind == KIND_EXPORTED && !is_exported(profile->name)) {
			continue;
		}
		if (count < capacity) {
			ret_profiles[count] = profile;
		}
		count++;
	}
	(void)pthread_mutex_unlock(&lock);
	if (capacity > 0) {
		qsort(ret_profiles, count < capacity ? count : capacity, sizeof(void *), compare);
	}
	return count;
}

int weft_profile_create(const char *name, struct weft_profile **ret_profile)
{
	struct weft_profile *profile;
	int ret = 0;

	if (!is_name_fit(name)) {
		return weft_profile__fail(-EINVAL,
					  "the name of a profile has 1 to %d bytes and no "
					  "control characters",
					  WEFT_PROFILE_NAME_SIZE - 1);
	}
	profile = create(name, KIND_CUSTOM);
	if (!profile) {
		return weft_profile__fail(-ENOMEM, "no memory for the profile '%s'", name);
	}
	(void)pthread_mutex_lock(&lock);
	if (find(name) || !is_momentary(name) || is_exported(name)) {
		ret = -EEXIST;
	} else {
		ret = is_served ? weft_export_add(&profile->export) : 0;
	}
	if (ret == 0) {
		append(profile);
	}
	(void)pthread_mutex_unlock(&lock);
	if (ret < 0) {
		destroy(profile);
		return weft_profile__fail(ret, "cannot create the profile '%s': %s", name,
					  ret == -EEXIST ? "the name is in use"
							 : strerrordesc_np(-ret));
	}
	*ret_profile = profile;
	return 0;
}

/* ---- One profile ---- */

const char *weft_profile_name(const struct weft_profile *profile)
{
	return profile->name;
}

uint64_t weft_profile_count(struct weft_profile *profile)
{
	const struct weft_export *export;
	uint64_t count = 0;

	if (profile->kind != KIND_EXPORTED) {
		return profile->export.count(profile->export.ctx);
	}
	export = weft_export__borrow(profile->name);
	if (export) {
		count = export->count ? export->count(export->ctx) : 0;
		weft_export__return(export);
	}
	return count;
}

/* Stands for a stack that was skipped whole; pprof leaves out what has no stack. (Go does so too.) */
__attribute__((noinline, used)) static void weft_stack_skipped(void)
{
	__asm__ volatile("nop");
}

int weft_profile_add(struct weft_profile *profile, const void *value, unsigned int skip)
{
	uintptr_t pcs[WEFT_STACK_DEPTH_MAX];
	size_t depth;
	int ret;

	if (profile->kind != KIND_CUSTOM) {
		return weft_profile__fail(
			-EPERM, "values of the profile '%s' are not the program's", profile->name);
	}
	depth = weft_stack_bounds_walk(pcs, WEFT_STACK_DEPTH_MAX, skip);
	if (depth == 0) {
		pcs[depth++] = (uintptr_t)weft_stack_skipped + 1; /* As if it had called. */
	}
	ret = weft_custom_profile_add(profile->values, value, pcs, depth);
	return ret < 0 ? weft_profile__fail(ret, "cannot add %p to the profile '%s': %s", value,
					    profile->name,
					    ret == -EEXIST ? "it is there already" : "no memory")
		       : 0;
}

void weft_profile_remove(struct weft_profile *profile, const void *value)
{
	if (profile->kind == KIND_CUSTOM) {
		weft_custom_profile_remove(profile->values, value);
	}
}

int weft_profile_write_to(struct weft_profile *profile, int debug, weft_profile_write_fn write,
			  void *ctx)
{
	int ret;

	if (!write) {
		return weft_profile__fail(-EINVAL, "no function to write with");
	}
	debug = debug > 0 ? debug : 0;
	ret = profile->kind == KIND_EXPORTED ? write_exported(profile->name, debug, write, ctx)
					     : write_own(profile, debug, write, ctx);
	return ret < 0 ? weft_profile__fail(ret, "cannot write the profile '%s': %s", profile->name,
					    strerrordesc_np(-ret))
		       : 0;
}

int weft_profile_write_fd(struct weft_profile *profile, int debug, int fd)
{
	return weft_profile_write_to(profile, debug, weft_profile_output_to_fd, &fd);
}

int weft_profile_write_heap(int fd)
{
	struct weft_profile *heap = weft_profile_lookup("heap");

	if (!heap) {
		return weft_profile__fail(-ENOENT, "nobody watches allocations in this process: "
						   "start it by `weft run`");
	}
	return weft_profile_write_fd(heap, 0, fd);
}

/* ---- fork() ---- */

void weft_profile_registry__lock(void)
{
	struct weft_profile *profile;

	(void)pthread_mutex_lock(&lock);
	for (profile = first; profile; profile = profile->next) {
		if (profile->kind == KIND_CUSTOM) {
			weft_custom_profile_lock(profile->values);
		}
	}
}

void weft_profile_registry__unlock(void)
{
	struct weft_profile *profile;

	for (profile = first; profile; profile = profile->next) {
		if (profile->kind == KIND_CUSTOM) {
			weft_custom_profile_unlock(profile->values);
		}
	}
	(void)pthread_mutex_unlock(&lock);
}
