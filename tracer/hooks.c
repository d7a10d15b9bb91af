// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * See hooks.h.
 */
#include "hooks.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

#include <weft/profile.h>

#include "control.h"
#include "cpu-profile.h"
#include "cpu-sampler.h"
#include "heap-profile.h"
#include "hook-profiles.h"
#include "hook-stack.h"
#include "lock-profile.h"
#include "mappings.h"
#include "periodic.h"
#include "settings.h"
#include "thread-profile.h"
#include "unwinder.h"

#define PAGE_SIZE       4096
#define NS_PER_S        UINT64_C(1000000000)
#define COPY_STACK_SIZE (512U << 10)
#define COPY_PAUSE_NS   2000000
#define COPY_PAUSES     5000U /* 10 s. */
#define LOCK_PAUSES     500U  /* 1 s. */
#define PATH_SIZE       (WEFT_SETTINGS_PATH_SIZE + 64)

static pid_t starter;
/* Of this process, as far as fork() was seen: a child of vfork() has another, and its parent's memory. */
static pid_t own_pid;
static _Atomic bool is_finished;
static _Atomic bool is_executing; /* Another program, as a thread tries just now. */
static bool has_cpu_profile;      /* Ours, from the start; a forked child has none. */

/* A line of ours among what the program says. */
static void say(const char *text, const char *detail)
{
	char line[WEFT_SETTINGS_PATH_SIZE + 256];
	int len = snprintf(line, sizeof(line), "weft: %s: %s\n", text, detail);

	if (len > 0) {
		len = len < (int)sizeof(line) ? len : (int)sizeof(line) - 1;
		(void)!write(STDERR_FILENO, line, (size_t)len); /* Nowhere else to tell. */
	}
}

void weft_hooks__forget(void)
{
	if (starter == 0) {
		return;
	}
	weft_heap__forget_locks();
	weft_lock__forget();
	weft_thread_profile__forget();
	has_cpu_profile = false;
	own_pid = getpid();
	atomic_store_explicit(&is_finished, false, memory_order_relaxed);
	atomic_store_explicit(&is_executing, false, memory_order_relaxed);
}

static bool start(const struct weft_settings *settings)
{
	if (weft_heap_start() < 0 || weft_hook_profiles__start_locks() < 0 ||
	    weft_thread_profile_start() < 0) {
		say("the process is not profiled", "out of memory");
		return false;
	}
	weft_heap_set_rate(settings->mem_profile_rate);
	weft_block_set_rate(settings->block_profile_rate);
	weft_block_set_io(settings->block_io != 0);
	(void)weft_mutex_set_fraction((int)settings->mutex_profile_fraction); /* Was 0. */
	return true;
}

static void start_cpu_profile(const struct weft_settings *settings)
{
	const char *reason;

	has_cpu_profile =
		weft_cpu_profile_start((uint32_t)settings->cpu_profile_rate, &reason) == 0;
	if (!has_cpu_profile) {
		say("CPU time is not profiled", reason);
	}
}

static void serve(void)
{
	int ret = weft_hook_profiles_export();

	if (ret == 0) {
		ret = weft_profile_serve();
	}
	if (ret < 0) {
		say("profiles cannot be offered", strerrordesc_np(-ret));
	}
}

WEFT_API void weft_hooks_thread_begin(void)
{
	weft_thread_prepare();
	weft_cpu_sampler_admit();
}

WEFT_API bool weft_hooks_start(void)
{
	const struct weft_settings *settings = weft_settings_get();
	bool is_started;

	weft_hook_guard_++;
	weft_hook_stack_init();
	if (weft_settings_problem()[0]) {
		say("WEFT", weft_settings_problem());
	}
	is_started = !settings->is_off && start(settings);
	starter = own_pid = getpid();
	if (is_started && settings->trace) {
		weft_thread_prepare(); /* Or LTTng-UST does not know the main thread in time. */
	}
	if (is_started && settings->cpu_profile_rate > 0) {
		start_cpu_profile(settings);
	}
	if (is_started && weft_periodic_start(settings->sched_trace, settings->sched_detail != 0,
					      settings->alloc_trace) < 0) {
		say("schedtrace and alloctrace", "there is no thread for them");
	}
	if (is_started && settings->serve) {
		serve();
	}
	weft_hook_guard_--;
	return is_started;
}

WEFT_API void weft_hooks_before_unload(void)
{
	if (starter != 0) {
		weft_hook_guard_++;
		(void)weft_mappings_refresh(
			false); /* Else samples of the object lose their names. */
		weft_hook_guard_--;
	}
}

WEFT_API void weft_hooks_after_unload(void)
{
	weft_unwind_forget();
}

WEFT_API bool weft_hooks_have_output(void)
{
	return weft_settings_get()->out[0] != '\0';
}

WEFT_API bool weft_hooks_have_children(void)
{
	return weft_settings_get()->children;
}

/* ---- The end ---- */

static int write_to_file(void *ctx, const void *bytes, size_t size)
{
	const char *at = bytes;

	while (size > 0) {
		ssize_t len = write(*(const int *)ctx, at, size);

		if (len < 0 && errno != EINTR) {
			return -errno;
		}
		at += len > 0 ? len : 0;
		size -= len > 0 ? (size_t)len : 0;
	}
	return 0;
}

/* Whose profiles are written, and how. */
struct ending {
	pid_t pid;
	bool is_copy;
	uint64_t
		image; /* 0: the process ends; else when this program began, and another takes over. */
	uint64_t process_cpu_ns;
	void (*prepare)(void);
};

static void format_path(const struct ending *ending, unsigned int index, char ret_path[PATH_SIZE])
{
	const char *kind = index < WEFT_HOOK_PROFILES ? weft_hook_profile_name(index) : "cpu";
	char image[32] = "";

	if (ending->image > 0) {
		(void)snprintf(image, sizeof(image), "@%" PRIu64, ending->image);
	}
	(void)snprintf(ret_path, PATH_SIZE, "%s/%s.%d%s", weft_settings_get()->out, kind,
		       (int)ending->pid, image);
}

static int write_cpu_profile(const struct ending *ending, int fd)
{
	return ending->is_copy
		       ? weft_cpu_profile_write_copied(ending->process_cpu_ns, write_to_file, &fd)
		       : weft_cpu_profile_stop(write_to_file, &fd);
}

static int write_profile(const struct ending *ending, unsigned int index, const char *path)
{
	/* New, for others may make files in this folder: nothing of theirs is to be written to. */
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
	int ret;

	if (fd < 0) {
		return -errno;
	}
	ret = index < WEFT_HOOK_PROFILES ? weft_hook_profile_write(index, false, write_to_file, &fd)
					 : write_cpu_profile(ending, fd);
	if (close(fd) < 0 && ret == 0) {
		ret = -errno;
	}
	return ret;
}

/* The CPU profile first, so that it does not count what writing the others takes. */
static void write_profiles(const struct ending *ending)
{
	char path[PATH_SIZE];
	unsigned int i = WEFT_HOOK_PROFILES + (has_cpu_profile ? 1U : 0U);

	while (i-- > 0) {
		int ret;

		format_path(ending, i, path);
		ret = write_profile(ending, i, path);
		if (ret < 0) {
			say(path, strerrordesc_np(-ret));
			return; /* The others would fare no better. */
		}
	}
}

/*
 * Whether a signal handler is on the stack: its return address is the trampoline that libc hands to
 * the kernel, "mov $15, %rax; syscall" on x86-64.
 */
static __attribute__((noinline)) bool is_in_handler(void)
{
	static const unsigned char trampoline[] = {0x48, 0xc7, 0xc0, 0x0f, 0, 0, 0, 0x0f, 0x05};
	uintptr_t pcs[WEFT_STACK_DEPTH_MAX];
	size_t depth =
		weft_hook_stack(pcs, WEFT_STACK_DEPTH_MAX, (uintptr_t)__builtin_return_address(0));
	size_t i;

	for (i = 0; i < depth; i++) {
		/* Walked to by rules of code that is there, so these bytes are, on this page. */
		if (pcs[i] % PAGE_SIZE <= PAGE_SIZE - sizeof(trampoline) &&
		    memcmp((const void *)pcs[i], trampoline, sizeof(trampoline)) == 0) {
			return true;
		}
	}
	return false;
}

/* Whether there are profiles to write. Async-signal-safe. */
static bool has_profiles(void)
{
	const struct weft_settings *settings = weft_settings_get();

	return starter != 0 && settings->out[0] != '\0' && getpid() == own_pid &&
	       (own_pid == starter || settings->children);
}

/* True once in each process that has. Async-signal-safe. */
static bool has_to_finish(void)
{
	return has_profiles() &&
	       !atomic_exchange_explicit(&is_finished, true, memory_order_relaxed);
}

/* ---- By a copy ---- */

/* For the context, which takes no pointer. Only the copy's own thread is there. */
static struct ending copied;

static __attribute__((noreturn)) void finish_copy(void)
{
	weft_hook_guard_++;
	weft_heap__forget_locks(); /* free() looks objects up, and others may have the locks. */
	weft_lock__forget();
	weft_mappings__avoid_loader();
	weft_hook_profiles__avoid_allocator();
	copied.prepare();
	write_profiles(&copied);
	for (;;) {
		(void)syscall(SYS_exit_group, 0); /* Does not return. */
	}
}

/* On a stack of its own: that of the handler may be the smallest there is. */
static __attribute__((noreturn)) void run_copy(void)
{
	ucontext_t context;
	void *stack = mmap(NULL, COPY_STACK_SIZE, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (stack != MAP_FAILED && getcontext(&context) == 0) {
		context.uc_stack.ss_sp = stack;
		context.uc_stack.ss_size = COPY_STACK_SIZE;
		context.uc_link = NULL;
		makecontext(&context, finish_copy, 0);
		(void)setcontext(&context); /* Returns when it fails only. */
	}
	for (;;) {
		(void)syscall(SYS_exit_group, 1);
	}
}

static void wait_for_copy(pid_t copy)
{
	const struct timespec pause = {0, COPY_PAUSE_NS};
	unsigned int i;

	for (i = 0; i < COPY_PAUSES; i++) {
		/* By number: in front of the functions may be anybody. */
		if (syscall(SYS_wait4, copy, NULL, __WALL | WNOHANG, NULL) != 0) {
			return;
		}
		(void)syscall(SYS_nanosleep, &pause, NULL); /* Woken early: looks again. */
	}
	(void)syscall(SYS_kill, copy, SIGKILL); /* Held up by a lock that nobody will release. */
	(void)syscall(SYS_wait4, copy, NULL, __WALL, NULL);
}

/* So that the copy finds the list whole. False: this thread was interrupted while it had the lock. */
static bool lock_mappings(void)
{
	const struct timespec pause = {0, COPY_PAUSE_NS};
	unsigned int i;

	for (i = 0; i < LOCK_PAUSES; i++) {
		if (weft_mappings__try_lock()) {
			return true;
		}
		(void)syscall(SYS_nanosleep, &pause, NULL);
	}
	return false;
}

static void finish_in_copy(uint64_t image, void (*prepare)(void))
{
	struct timespec used = {0, 0};
	bool is_locked;
	int saved_errno = errno;
	long copy;

	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used); /* Cannot fail for this clock. */
	copied = (struct ending){
		.pid = own_pid,
		.is_copy = true,
		.image = image,
		.process_cpu_ns = (uint64_t)used.tv_sec * NS_PER_S + (uint64_t)used.tv_nsec,
		.prepare = prepare,
	};
	is_locked = lock_mappings();
	/* No handlers of fork() may run here; and nobody but us is to hear of this child's end. */
	copy = syscall(SYS_clone, 0, NULL, NULL, NULL, NULL);
	if (is_locked) {
		weft_mappings__unlock();
	}
	if (copy == 0) {
		run_copy();
	}
	if (copy > 0) {
		wait_for_copy((pid_t)copy);
	}
	errno = saved_errno;
}

WEFT_API void weft_hooks_finish_in_copy(void (*prepare)(void))
{
	if (has_to_finish()) {
		finish_in_copy(0, prepare);
	}
}

WEFT_API void weft_hooks_finish(void (*prepare)(void))
{
	struct ending ending = {.pid = own_pid};

	if (!has_to_finish()) {
		return;
	}
	if (is_in_handler()) {
		finish_in_copy(0, prepare);
		return;
	}
	weft_hook_guard_++;
	write_profiles(&ending);
	weft_hook_guard_--;
}

/* ---- Another program in this one's place ---- */

/* What the process's own timer was set to: the only one that the next program would inherit. */
static struct itimerval stopped_timer;

/* As samples come by it or not: SIGPROF is ours, and would kill a program without a handler. */
static void stop_process_timer(void)
{
	const struct itimerval never = {{0, 0}, {0, 0}};

	stopped_timer = never;
	if (has_cpu_profile && weft_cpu_sampler_is_installed()) {
		(void)setitimer(ITIMER_PROF, &never, &stopped_timer); /* Cannot fail. */
	}
}

WEFT_API bool weft_hooks_before_exec(void (*prepare)(void))
{
	/* Of several threads that try at once the first does this for all: the others end by its exec. */
	if (!has_profiles() || own_pid != starter ||
	    atomic_load_explicit(&is_finished, memory_order_relaxed) ||
	    atomic_exchange_explicit(&is_executing, true, memory_order_relaxed)) {
		return false;
	}
	if (!is_in_handler()) {
		weft_hook_guard_++;
		/* The copy asks neither loader nor allocator. */
		(void)weft_mappings_refresh(true);
		weft_hook_profiles__note_allocator();
		weft_hook_guard_--;
	}
	finish_in_copy(weft_control.start_ns, prepare);
	stop_process_timer();
	return true;
}

WEFT_API void weft_hooks_exec_failed(void)
{
	const struct ending ending = {.pid = own_pid, .image = weft_control.start_ns};
	char path[PATH_SIZE];
	int saved_errno = errno;
	unsigned int i;

	for (i = 0; i < WEFT_HOOK_PROFILES + (has_cpu_profile ? 1U : 0U); i++) {
		format_path(&ending, i, path);
		(void)unlink(path); /* Not there when it could not be written. */
	}
	if (timerisset(&stopped_timer.it_interval)) {
		(void)setitimer(ITIMER_PROF, &stopped_timer, NULL); /* As before. */
	}
	atomic_store_explicit(&is_executing, false, memory_order_relaxed);
	errno = saved_errno;
}
