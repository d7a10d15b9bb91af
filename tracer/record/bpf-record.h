// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * What the BPF program puts into its rings, one ring a CPU: records of a fixed layout for each type,
 * all beginning with time and type. Shared by sched.bpf.c and bpf-engine.c; both are built together,
 * so that the layout needs no version. Names of threads are told when they change, not with each
 * switch, which keeps a switch at 24 bytes; and told twice: with the events of their CPU, and in a ring
 * of their own behind those of the CPUs, which is read first.
 */
#ifndef WEFT_RECORD_BPF_RECORD_H
#define WEFT_RECORD_BPF_RECORD_H

#include <linux/types.h>

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
};

enum {
	WEFT_BPF_PREEMPTED = 1, /* Flag of a switch. */
	WEFT_BPF_LEVELS = 8,    /* PID namespaces inside each other that a fork tells. */
	WEFT_BPF_PATH = 256,    /* Bytes of a program's path; more is cut. */
	WEFT_BPF_SYSCALLS = 1024,
};

/** Of the program: the variable `settings`, set before it is loaded. */
struct weft_bpf_settings {
	__u32 names_ring;                 /* Index. */
	__u64 wake_bytes;                 /* The reader is woken when a ring holds this much. */
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

/** Of each CPU, in the map `cpus`. */
struct weft_bpf_cpu {
	__u64 lost_count; /* Records that found no room. */
	__u32 contexts;   /* 1 << enum weft_kernel_context of what is being served. */
	__u32 reserved;
};

#endif
