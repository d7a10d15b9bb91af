// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * The trace of the kernel's events in TSDL: the LTTng kernel tracer's layout, event and field names,
 * so that what reads its traces reads ours.
 *
 * What Weft adds stands at the end of a payload, and is left out where the source cannot tell it:
 *
 *     sched_switch   prev_syscall  system call that prev is in, by name; "none", "unknown"
 *                    prev_object   what is behind the descriptor that it was given first
 *                    prev_arg      its first argument: a descriptor, a futex's address; 0: unknown
 *     sched_waking   waker_tid     thread on the waking CPU, 0: idle
 *                    context       what woke: the thread itself, or an interrupt on its time
 *     lttng_statedump_process_state   syscall, arg   as prev_syscall and prev_arg
 *     lttng_statedump_vm_map   path, build_id   of the file that is mapped; "" unknown
 *
 * and, in the environment, weft_tier and weft_engine. An event of ours, task_rename, has the name and
 * the fields of the kernel's own tracepoint.
 *
 * When call chains are recorded, events have a context, that of the LTTng kernel tracer which is added
 * by `lttng add-context -k -t callstack-user`. Of sched_switch it tells where `prev` was in its program
 * when it left the CPU to wait; of all others it is empty:
 *
 *     _callstack_user_length   number of addresses, at most WEFT_CHAIN_MAX; 0: none was taken
 *     callstack_user           return addresses, innermost first; the first is where it runs on
 *
 * and lttng_statedump_vm_map tells the code that processes have mapped: at the start, and whenever a
 * mapping is added, all in a stream of their own.
 */
#ifndef WEFT_RECORD_KERNEL_LAYOUT_H
#define WEFT_RECORD_KERNEL_LAYOUT_H

#include <stdbool.h>
#include <stdint.h>

#include "ctf-stream.h"
#include "kernel-enums.h"

/** Ids of events in streams. */
enum weft_kernel_event {
	WEFT_KERNEL_SWITCH,
	WEFT_KERNEL_WAKING,
	WEFT_KERNEL_WAKEUP_NEW,
	WEFT_KERNEL_FORK,
	WEFT_KERNEL_EXEC,
	WEFT_KERNEL_EXIT,
	WEFT_KERNEL_RENAME,
	WEFT_KERNEL_DUMP_START,
	WEFT_KERNEL_DUMP_STATE,
	WEFT_KERNEL_DUMP_NS,
	WEFT_KERNEL_DUMP_END,
	WEFT_KERNEL_VM_MAP,
	WEFT_KERNEL_EVENT_COUNT,
	WEFT_KERNEL_SYSCALL_ENTRY = 1024, /* + number of the system call. */
	WEFT_KERNEL_SYSCALL_EXIT = 4096,  /* + number. */
};

struct weft_kernel_layout {
	uint8_t uuid[WEFT_CTF_UUID_SIZE];
	int64_t clock_offset_ns;   /* Add to CLOCK_MONOTONIC for time since 1970. */
	const char *tier, *engine; /* Names, for the environment. */
	bool blocks;               /* sched_switch tells prev_syscall, prev_object, prev_arg. */
	bool wakers;               /* sched_waking tells waker_tid and context. */
	bool syscalls;             /* syscall_entry_* and syscall_exit_* are there. */
	bool chains; /* There is the context callstack_user, and lttng_statedump_vm_map. */
};

/**
 * Writes the metadata file, replacing the one that is there; it appears when complete.
 *
 * @param dir  Of the trace, without a slash at the end.
 */
WEFT_MUST_CHECK int weft_kernel_layout_write(const struct weft_kernel_layout *layout,
					     const char *dir, struct weft_error *err);

#endif
