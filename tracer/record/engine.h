// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * A source of scheduling events: attaches itself, fills rings that the kernel writes, and turns what
 * is in them into calls of kernel-trace.h. capture.c chooses one and has the thread that drains it.
 *
 * Threads: open() and close() from one, the others from one at a time.
 */
#ifndef WEFT_RECORD_ENGINE_H
#define WEFT_RECORD_ENGINE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include <weft/record.h>

#include "kernel-trace.h"

struct weft_engine_request {
	enum weft_record_scope scope;
	pid_t pid;           /* With SCOPE_PROCESS. */
	bool syscalls;       /* Entries and exits of system calls too. */
	bool chains;         /* Where threads are in their programs that go to sleep. */
	uint32_t cpu_count;  /* CPUs that may come up, from 0. */
	uint64_t ring_bytes; /* For each CPU, at most; a power of two. */
};

/** What an engine found out about its own source; what the counts of CPUs tell is added to it. */
struct weft_engine_report {
	uint64_t lost_count; /* Events for which a ring had no room. */
	char holes[256];     /* Which source has events missing that it did not report; "": none. */
};

struct weft_engine {
	const char *name; /* For the trace's environment. */
	enum weft_record_tier tier;
	bool blocks, wakers, has_syscalls; /* See struct weft_kernel_layout. */
	bool has_chains;                   /* See struct weft_kernel_layout. */
	bool sees_all;                     /* Every thread's switches; else those in scope. */

	/**
	 * Attaches; events are being collected when it returns.
	 *
	 * @return 0; a negative errno: nothing is attached, `err` names what forbids it and what
	 *         allows it.
	 */
	int (*open)(const struct weft_engine_request *request, void **ret_state,
		    struct weft_error *err);
	/** Becomes readable when much is in the rings; owned by the engine. */
	int (*get_fd)(void *state);
	/** Moves what the rings hold now into the trace. @return Bytes moved from the fullest. */
	uint64_t (*drain)(void *state, struct weft_kernel_trace *trace);
	/** Stops collecting; what the rings hold can still be drained. */
	void (*stop)(void *state);
	void (*report)(void *state, struct weft_engine_report *ret_report);
	void (*close)(void *state);
};

extern const struct weft_engine weft_engine_bpf;
extern const struct weft_engine weft_engine_perf;
extern const struct weft_engine weft_engine_switch;

#endif
