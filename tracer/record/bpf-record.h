// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * What the BPF program tells, and how: records of a fixed layout for each type, all beginning with time
 * and type. Shared by sched.bpf.c and bpf-engine.c; both are built together, so that the layout needs
 * no version. Names of threads are told when they change, not with each switch, which keeps a switch at
 * 24 bytes; and told twice: with the events of their CPU, and in a ring of their own, which is read
 * first.
 *
 * Each CPU has a ring in an array that both sides map: the kernel's own ring buffers serve many
 * writers, and cost as much again as the rest of an event. Only programs on that CPU write to it; one
 * may interrupt another, so that room is taken by compare-and-swap.
 *
 *     struct weft_bpf_cpu | ring_bytes | WEFT_BPF_RECORD_MAX: what a record at the end runs into
 *
 * head and tail count bytes for ever; a record begins at its count modulo ring_bytes. Its time is
 * written last and says that the record is whole; the reader sets what it has read to zero before it
 * gives it back by moving tail.
 */
#ifndef WEFT_RECORD_BPF_RECORD_H
#define WEFT_RECORD_BPF_RECORD_H

#include <linux/types.h>

#include "kernel-enums.h"

enum {
	WEFT_BPF_SWITCH = 1,    /* struct weft_bpf_switch without arg. */
	WEFT_BPF_SWITCH_ARG,    /* All of struct weft_bpf_switch. */
	WEFT_BPF_WAKING,        /* struct weft_bpf_waking */
	WEFT_BPF_WAKEUP_NEW,    /* struct weft_bpf_waking */
	WEFT_BPF_FORK,          /* struct weft_bpf_fork */
	WEFT_BPF_EXEC,          /* struct weft_bpf_exec */
	WEFT_BPF_EXIT,          /* struct weft_bpf_waking: tid and prio */
	WEFT_BPF_RENAME,        /* struct weft_bpf_rename */
	WEFT_BPF_SYSCALL_ENTRY, /* struct weft_bpf_syscall */
	WEFT_BPF_SYSCALL_EXIT,  /* struct weft_bpf_syscall */
	WEFT_BPF_NAME,          /* struct weft_bpf_rename, in the ring of names */
	WEFT_BPF_CHAIN,         /* struct weft_bpf_chain, before the switch that it is of. */
	WEFT_BPF_BELL,          /* Wakes the reader, in the ring of names; time and type alone. */
};

enum {
	WEFT_BPF_PREEMPTED = 1, /* Flag of a switch. */
	WEFT_BPF_LEVELS = 8,    /* PID namespaces inside each other that a fork tells. */
	WEFT_BPF_PATH = 256,    /* Bytes of a program's path; more is cut. */
	WEFT_BPF_SYSCALLS = 1024,
	WEFT_BPF_RECORD_MAX = 1024,       /* Bytes; none is longer. */
	WEFT_BPF_NAMES_BYTES = 256 << 10, /* Of the ring of names. */
};

/** Of the program: the variable `settings`, set before it is loaded. */
struct weft_bpf_settings {
	__u64 ring_bytes;                 /* Of each CPU; a power of two. */
	__u64 wake_bytes;                 /* The reader is woken when a ring holds this much. */
	__u8 takes_chains;                /* Of threads that go to sleep. */
	__u8 state_is_told;               /* sched_switch has the state as its fourth argument. */
	__u8 takes_fd[WEFT_BPF_SYSCALLS]; /* By system call: its first argument is a descriptor. */
};

struct weft_bpf_switch {
	__u64 time_ns;
	__u8 type, flags;
	__u8 prev_prio, next_prio; /* The kernel's; 255: deadline (-1). */
	__s32 prev_tid, next_tid;
	__s16 syscall;
	__u8 object, state; /* enum weft_kernel_object; bits of the task's state. */
	__u64 arg;
};

/** As long as its chain. */
struct weft_bpf_chain {
	__u64 time_ns;
	__u8 type, count; /* Of addresses, at least 1. */
	__u16 reserved;
	__s32 tid;
	__u64 addresses[WEFT_CHAIN_MAX]; /* Of the program, innermost first. */
};

struct weft_bpf_waking {
	__u64 time_ns;
	__u8 type, context, prio, reserved;
	__s32 tid, waker_tid, target_cpu;
};

struct weft_bpf_fork {
	__u64 time_ns;
	__u8 type, level_count, reserved[2];
	__s32 parent_tid, parent_pid, child_tid, child_pid;
	__u32 parent_ns, child_ns;
	__s32 vtids[WEFT_BPF_LEVELS];
};

struct weft_bpf_exec {
	__u64 time_ns;
	__u8 type, reserved[3];
	__s32 tid, old_tid;
	char path[WEFT_BPF_PATH];
};

struct weft_bpf_rename {
	__u64 time_ns;
	__u8 type, reserved[3];
	__s32 tid;
	char name[16];
};

struct weft_bpf_syscall {
	__u64 time_ns;
	__u8 type, reserved;
	__s16 number;
	__u32 reserved_too;
	__s64 result;
};

/** Before the ring of each CPU. Each side's words have a cache line of their own. */
struct weft_bpf_cpu {
	__u64 head;       /* Room was taken up to here. */
	__u64 lost_count; /* Records that found no room. */
	__u64 contexts;   /* 1 << enum weft_kernel_context of what is being served. */
	__u64 unused[5];
	__u64 tail;    /* The reader's: read up to here. */
	__u64 is_told; /* The bell was rung; the reader clears it. */
	__u64 unused_too[6];
};

#endif
