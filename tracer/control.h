// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * State shared by the modules of libweft: one control block a process, one block a thread.
 *
 * Everything on the event path reads only these two; nothing there locks or allocates. The control
 * block is written at initialisation, in the child of fork and by the state dump.
 */
#ifndef WEFT_TRACER_CONTROL_H
#define WEFT_TRACER_CONTROL_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include <weft/trace.h>

#include "object-scan.h"

#define WEFT_THREAD_NAME_SIZE 64

struct weft_control {
	int32_t pid;
	bool provider_loaded; /* LTTng-UST is there and our probes are attached. */
	uint64_t
		start_ns; /* CLOCK_MONOTONIC at initialisation or fork: identifies the life of the pid. */
	/* Bumped by each state dump; a thread whose copy is older describes itself before it emits. */
	_Atomic uint32_t epoch;
	/* Next block of task ids: random bits above, counter below. */
	_Atomic uint64_t next_task_block;
};

extern struct weft_control weft_control;

struct weft_account_mark {
	uint64_t task; /* Whom the running interval is credited to. */
	uint64_t wall_ns, cpu_ns, run_wait_ns, nvcsw, nivcsw;
	bool valid;
};

struct weft_thread_block {
	int32_t tid; /* 0: not initialised. */
	uint32_t epoch;
	uint32_t seq;                         /* Of the last region begun. */
	uint32_t open_seq;                    /* Of the innermost open region, 0 for none. */
	uint64_t next_task, end_task;         /* Ids this thread may give out: [next, end). */
	struct weft_object_range last_object; /* Around the last ip that was described. */
	uint32_t last_object_epoch;
	int schedstat_fd; /* -1: not open, -2: cannot be opened. Valid when tid is set. */
	struct weft_account_mark account;
	char name[WEFT_THREAD_NAME_SIZE]; /* Set by the program; "" means the kernel's. */
	uint32_t region_name;             /* Of the innermost open region: see span-names.h. */
	bool is_traceable;                /* LTTng-UST knows it: handlers may emit. */
};

extern __thread struct weft_thread_block weft_self __attribute__((tls_model("initial-exec")));

/* thread.c: makes weft_self ready and describes the thread if a state dump happened since. */
void weft_thread__announce(void);
void weft_thread__forget(void);

/* objects.c: sees to it that the object around ip is described in this epoch. */
void weft_objects__describe(uint64_t ip);
/* The same for SIGPROF's handler, of code that was running: async-signal-safe. */
void weft_objects__describe_in_handler(uint64_t ip);
void weft_objects__dump(void);

/* dump.c: describes process, objects and threads; called in the session daemon's listener thread. */
void weft_dump(void);
void weft_dump__process(void);

/* admission.c: asks the recorder that started this process to record it. */
void weft_admission__init(void);
void weft_admission__ask(void);

/* control.c: makes LTTng-UST, if it is there, know the calling thread; whether it does now. */
bool weft_control__init_thread(void);

/* account.c: closes the running interval and opens one for `task`. */
void weft_account__switch(uint64_t task);

/* start.c: in the child of fork(): the recording that the parent started is not the child's. */
void weft_start__forget(void);

/* misuse.c */
void weft_misuse__report(unsigned int kind, const char *name, uint64_t ip);
void weft_misuse__rearm(void);

/** CLOCK_MONOTONIC. */
uint64_t weft_control__now_ns(void);

/** Runs before each event: cheap when nothing changed. Not for signal handlers. */
static inline struct weft_thread_block *weft_thread_ready(uint64_t ip)
{
	struct weft_thread_block *self = &weft_self;
	uint32_t epoch = atomic_load_explicit(&weft_control.epoch, memory_order_relaxed);

	if (__builtin_expect(self->epoch != epoch, 0)) {
		weft_thread__announce();
	}
	if (__builtin_expect(ip - self->last_object.start >=
					     self->last_object.end - self->last_object.start ||
				     self->last_object_epoch != epoch,
			     0)) {
		weft_objects__describe(ip);
	}
	return self;
}

#define WEFT_CALLER_IP ((uint64_t)(uintptr_t)__builtin_return_address(0))

#endif
