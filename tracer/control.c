// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * libweft's initialisation, fork, and its only tie to LTTng-UST.
 *
 * libweft itself needs libc only. LTTng's header finds liblttng-ust-tracepoint at run time if it is
 * there; the probes live in libweft-lttng.so beside this library, which is loaded here when it can
 * be. Where LTTng is missing the tracepoints stay off for ever and nothing else happens.
 */
#define LTTNG_UST_TRACEPOINT_DEFINE
#define LTTNG_UST_TRACEPOINT_PROBE_DYNAMIC_LINKAGE
#include "provider.h"

#include "control.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <unistd.h>

#include "control-socket.h"
#include "cpu-profile.h"
#include "cpu-sampler.h"
#include "cpu-threads.h"
#include "hook-stack.h"
#include "hooks.h"
#include "labels.h"
#include "mappings.h"
#include "profile.h"
#include "provider-link.h"
#include "settings.h"
#include "stack-bounds.h"
#include "thread-stacks.h"

#define COUNTER_BITS 36
#define PATH_SIZE    4096

struct weft_control weft_control = {.epoch = 1};

WEFT_API struct weft_gates weft_gates_ = {
	.task = &lttng_ust_tracepoint_weft___task_begin.state,
	.region = &lttng_ust_tracepoint_weft___region_begin.state,
	.log = &lttng_ust_tracepoint_weft___log.state,
	.account = &lttng_ust_tracepoint_weft___account.state,
};

static struct weft_provider_link provider;

/* 28 random bits above 36 bits of counter; never 0, which means "no task". */
static void seed_task_ids(void)
{
	uint64_t random_bits = 0;

	if (getrandom(&random_bits, sizeof(random_bits), GRND_NONBLOCK) !=
	    (ssize_t)sizeof(random_bits)) {
		/* Early boot only: time and pid differ between processes as well. */
		random_bits = weft_control__now_ns() * UINT64_C(0x9e3779b97f4a7c15) ^
			      (uint64_t)getpid() << 32;
	}
	atomic_store_explicit(&weft_control.next_task_block, (random_bits | 1) << COUNTER_BITS,
			      memory_order_relaxed);
}

static void init_process(void)
{
	weft_control.pid = (int32_t)getpid();
	weft_control.start_ns = weft_control__now_ns();
	seed_task_ids();
}

/*
 * Every lock under which a profile changes is held over fork(), in the order of rank, so that the child
 * finds everything whole. Last, SIGPROF waits: copying a large process takes longer than a period,
 * and each signal would make the kernel begin anew.
 */
static void lock_for_fork(void)
{
	weft_profile__lock();
	weft_profile_registry__lock();
	weft_thread_stacks__lock();
	weft_cpu_profile__lock();
	weft_cpu_threads_lock();
	weft_stack_bounds_lock();
	weft_mappings__lock();
	weft_labels__lock();
	weft_cpu_sampler_block();
}

static void unlock_after_fork(void)
{
	weft_labels__unlock();
	weft_mappings__unlock();
	weft_stack_bounds_unlock();
	weft_cpu_threads_unlock();
	weft_cpu_profile__unlock();
	weft_thread_stacks__unlock();
	weft_profile_registry__unlock();
	weft_profile__unlock();
}

/*
 * LTTng-UST must be told about fork, or the child never registers. Its preload library
 * liblttng-ust-fork.so does the same; when it is there, it has done so.
 */
static void before_fork(void)
{
	lock_for_fork();
	if (provider.before_fork) {
		provider.before_fork();
	}
}

static void after_fork_parent(void)
{
	if (provider.after_fork_parent) {
		provider.after_fork_parent();
	}
	weft_cpu_sampler_unblock(); /* Under the locks, which guard what it restores. */
	unlock_after_fork();
}

/*
 * LTTng-UST forks once itself, from a thread of its own, to make a shared memory file for ordinary
 * users. That child runs no program and soon ends: it is nobody to be recorded.
 */
static bool is_fork_of_lttng(void)
{
	static const char suffix[] = "-ust";
	char name[16] = "";
	size_t len;

	if (prctl(PR_GET_NAME, name, 0, 0, 0) < 0) {
		return false;
	}
	len = strnlen(name, sizeof(name));
	return len >= sizeof(suffix) - 1 &&
	       memcmp(name + len - (sizeof(suffix) - 1), suffix, sizeof(suffix) - 1) == 0;
}

static void begin_child(void)
{
	init_process();
	weft_thread__forget();
	weft_start__forget();
	weft_control_socket__forget();
	weft_admission__ask(); /* Before LTTng registers the child. */
	if (provider.after_fork_child) {
		weft_hook_guard_++; /* Makes its threads anew. */
		provider.after_fork_child();
		weft_hook_guard_--;
	}
}

static void after_fork_child(void)
{
	weft_hooks__forget(); /* First: all else may allocate. */
	weft_profile__forget();
	weft_cpu_profile__forget();
	weft_labels__forget();
	unlock_after_fork();
	if (!is_fork_of_lttng()) {
		begin_child();
	}
	/* Last: LTTng-UST puts back the mask that it met before, with SIGPROF in it. */
	weft_cpu_sampler_unblock();
}

/* The provider library stands beside this one, whatever path it was loaded by. */
static bool provider_path(char *ret_path, size_t size)
{
	static const char name[] = "libweft-lttng.so.1";
	Dl_info own;
	const char *slash;
	size_t folder_len;

	/* An address of this library that no copy relocation can move into the program. */
	if (!dladdr(&provider, &own) || !own.dli_fname) {
		return false;
	}
	slash = strrchr(own.dli_fname, '/');
	folder_len = slash ? (size_t)(slash - own.dli_fname) + 1 : 0;
	if (folder_len + sizeof(name) > size) {
		return false;
	}
	memcpy(ret_path, own.dli_fname, folder_len);
	memcpy(ret_path + folder_len, name, sizeof(name));
	return true;
}

static void load_provider(void)
{
	char path[PATH_SIZE];
	weft_provider_attach_fn attach;
	void *library;

	if (!provider_path(path, sizeof(path))) {
		return;
	}
	weft_hook_guard_++; /* What LTTng-UST allocates and its threads are not the program's. */
	library = dlopen(path, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
	weft_hook_guard_--;
	if (!library) {
		return;
	}
	*(void **)&attach = dlsym(library, WEFT_PROVIDER_ATTACH);
	if (attach) {
		attach(&provider, weft_dump);
		weft_control.provider_loaded = true;
	}
}

bool weft_control__init_thread(void)
{
	if (provider.init_thread) {
		provider.init_thread();
	}
	return provider.init_thread != NULL;
}

static bool any_event_enabled(void)
{
	return lttng_ust_tracepoint_enabled(weft, process) ||
	       lttng_ust_tracepoint_enabled(weft, thread) ||
	       lttng_ust_tracepoint_enabled(weft, object);
}

__attribute__((constructor)) static void weft_init(void)
{
	const char *setting = getenv("WEFT");

	init_process();
	if (setting && strcmp(setting, "off") == 0) {
		return;
	}
	/* Without room for the handlers children are simply not traced. */
	(void)pthread_atfork(before_fork, after_fork_parent, after_fork_child);
	if (weft_settings_get()->trace) {
		weft_admission__init();
		weft_admission__ask(); /* Before LTTng registers the process. */
		load_provider();
	}
	/* A recording that was running already made its state dump before we could answer it. */
	if (any_event_enabled()) {
		weft_dump();
	}
}

/* Runs after the program's own destructors, which may still emit. */
__attribute__((destructor)) static void weft_fini(void)
{
	lttng_ust_tracepoint(weft, process_end, weft_control.pid, weft_self.tid);
}
