// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * The CPU half of <weft/profile.h>, and <weft/runtime.h>.
 */
#include "profile.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <weft/runtime.h>

#include "cpu-profile.h"
#include "proc-file.h"
#include "profile-output.h"

#define ERROR_SIZE 256

static __thread char error_text[ERROR_SIZE];

/* Guards `sink`; taken before the CPU profile's own. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
/* Where the profile that the program started goes. */
static struct {
	bool is_set;
	int fd; /* Ours; -1: `write`. */
	weft_profile_write_fn write;
	void *ctx;
} sink;

static _Atomic int cpu_rate_hz = (int)WEFT_CPU_RATE_DEFAULT_HZ;

const char *weft_profile_error(void)
{
	return error_text;
}

int weft_profile__fail(int code, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	(void)vsnprintf(error_text, sizeof(error_text), format, args);
	va_end(args);
	return code;
}

/* ---- The rate ---- */

int weft_runtime_set_cpu_rate(int hz)
{
	if (weft_cpu_profile_is_running()) {
		return weft_profile__fail(-EBUSY,
					  "cannot set the rate while a CPU profile is running");
	}
	if (hz <= 0) {
		hz = (int)WEFT_CPU_RATE_DEFAULT_HZ;
	} else if (hz > (int)WEFT_CPU_RATE_MAX_HZ) {
		hz = (int)WEFT_CPU_RATE_MAX_HZ;
	}
	atomic_store_explicit(&cpu_rate_hz, hz, memory_order_relaxed);
	return 0;
}

int weft_runtime_cpu_rate(void)
{
	return atomic_load_explicit(&cpu_rate_hz, memory_order_relaxed);
}

unsigned int weft_runtime__cpu_rate_hz(void)
{
	return (unsigned int)weft_runtime_cpu_rate();
}

static bool count_thread(void *ctx, int32_t tid)
{
	(void)tid;
	++*(uint64_t *)ctx;
	return true;
}

uint64_t weft_runtime_thread_count(void)
{
	uint64_t count = 0;

	return weft_proc_threads_walk(count_thread, &count) == 0 ? count : 0;
}

/* ---- Start and stop ---- */

static int start(int fd, weft_profile_write_fn write, void *ctx)
{
	const char *reason = "";
	int ret;

	(void)pthread_mutex_lock(&lock);
	ret = weft_cpu_profile_start(weft_runtime__cpu_rate_hz(), &reason);
	if (ret == 0) {
		sink.is_set = true;
		sink.fd = fd;
		sink.write = write;
		sink.ctx = ctx;
	}
	(void)pthread_mutex_unlock(&lock);
	return ret < 0 ? weft_profile__fail(ret, "%s", reason) : 0;
}

int weft_profile_start_cpu_to(weft_profile_write_fn write, void *ctx)
{
	if (!write) {
		return weft_profile__fail(-EINVAL, "no function to write with");
	}
	return start(-1, write, ctx);
}

int weft_profile_start_cpu(int fd)
{
	int own_fd = fcntl(fd, F_DUPFD_CLOEXEC, 3);
	int ret;

	if (own_fd < 0) {
		return weft_profile__fail(-errno, "descriptor %d is not open", fd);
	}
	ret = start(own_fd, NULL, NULL);
	if (ret < 0) {
		(void)close(own_fd); /* A copy, to which nothing was written. */
	}
	return ret;
}

static int produce(void *ctx, weft_raw_profile_write_fn write, void *write_ctx)
{
	(void)ctx;
	return weft_cpu_profile_stop(write, write_ctx);
}

int weft_profile_stop_cpu(void)
{
	weft_profile_write_fn write = NULL;
	void *ctx = NULL;
	char reason[128];
	bool is_set;
	int fd = -1;
	int ret;

	(void)pthread_mutex_lock(&lock);
	is_set = sink.is_set;
	if (is_set) {
		fd = sink.fd;
		write = sink.write;
		ctx = sink.ctx;
		sink.is_set = false;
	}
	(void)pthread_mutex_unlock(&lock);
	if (!is_set) {
		return 0;
	}
	if (fd >= 0) {
		ret = weft_profile_output("profile", produce, NULL, 0, weft_profile_output_to_fd,
					  &fd);
		if (close(fd) < 0 && ret == 0) {
			ret = -errno;
		}
	} else {
		ret = weft_profile_output("profile", produce, NULL, 0, write, ctx);
	}
	return ret < 0 ? weft_profile__fail(ret, "the CPU profile could not be written: %s",
					    strerror_r(-ret, reason, sizeof(reason)))
		       : 0;
}

/* ---- fork() ---- */

void weft_profile__lock(void)
{
	(void)pthread_mutex_lock(&lock);
}

void weft_profile__unlock(void)
{
	(void)pthread_mutex_unlock(&lock);
}

void weft_profile__forget(void)
{
	if (sink.is_set && sink.fd >= 0) {
		(void)close(sink.fd); /* The parent writes there. */
	}
	sink.is_set = false;
}
