// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * The kernel's trace being written: DIR/metadata, one stream a CPU (channel0_N), and the threads that
 * were there at the start in a stream of their own (statedump_0), so that no stream must be sorted; as
 * must what processes have mapped (mappings_0), where call chains are told.
 * Knows the name of each thread: sources tell it only when it changes.
 *
 *     weft_kernel_trace_init()
 *     weft_kernel_trace_*()         one call an event, in the order of a CPU's time
 *     weft_kernel_trace_flush()     now and then: a kill loses what was written since
 *     weft_kernel_trace_fini()
 *
 * Thread ids are those of one PID namespace. Times are ns of CLOCK_MONOTONIC. A CPU whose file cannot
 * be opened counts its events as lost.
 *
 * Threads: one at a time.
 */
#ifndef WEFT_RECORD_KERNEL_TRACE_H
#define WEFT_RECORD_KERNEL_TRACE_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

#include "ctf-stream.h"
#include "kernel-layout.h"

enum { WEFT_COMM_SIZE = 16, WEFT_VTID_MAX = 32 };

struct weft_kernel_cpu {
	struct weft_ctf_stream stream;
	uint64_t in_count, out_count; /* Threads, idle ones not counted. */
	int32_t running;              /* Since the last switch; -1: not known yet. */
	uint64_t broken_count; /* Switches away from a thread that had not been switched to. */
	int32_t broken_tid;    /* The first that stayed there. */
};

/** A thread's name and the one before: sources tell CPUs one after the other, not in time's order. */
struct weft_kernel_name {
	uint64_t since_ns; /* Of `now`. */
	char now[WEFT_COMM_SIZE], before[WEFT_COMM_SIZE];
};

struct weft_kernel_trace {
	char dir[PATH_MAX];
	struct weft_kernel_layout layout;
	struct weft_kernel_cpu *cpus; /* Owned. */
	uint32_t cpu_count;
	struct weft_ctf_stream dump, maps;
	struct weft_kernel_name *names; /* By thread id; unused pages cost nothing. Owned. */
	uint32_t name_count;
	uint64_t event_count, switch_count;
};

struct weft_kernel_switch {
	int32_t prev_tid, next_tid;
	int32_t prev_prio, next_prio;
	int64_t prev_state; /* As the LTTng kernel tracer writes it; 256: preempted. */
	int16_t syscall;
	uint8_t object; /* enum weft_kernel_object. */
	uint64_t arg;
	bool one_sided; /* The other thread, with tid 0, is not the idle thread but unknown. */
	uint32_t chain_count;  /* At most WEFT_CHAIN_MAX; 0: not known. */
	const uint64_t *chain; /* Return addresses of prev, innermost first. Borrowed. */
};

struct weft_kernel_waking {
	int32_t tid, prio, target_cpu;
	int32_t waker_tid;
	uint8_t context; /* enum weft_kernel_context. */
};

struct weft_kernel_fork {
	int32_t parent_tid, parent_pid, child_tid, child_pid;
	uint32_t parent_ns, child_ns;
	uint32_t vtid_count;  /* At most WEFT_VTID_MAX. */
	const int32_t *vtids; /* Of the child, in its namespaces, outermost first. */
};

/** A thread that was there when the recording started. */
struct weft_kernel_thread {
	int32_t tid, vtid, pid, vpid, ppid, vppid;
	char name[WEFT_COMM_SIZE];
	bool kernel; /* Runs in the kernel only. */
	char state;  /* As /proc/PID/stat shows it; '?': the source does not see its switches. */
	int32_t ns_level;
	uint32_t ns_inum;
	uint32_t cpu; /* It ran on last. */
	int16_t syscall;
	uint8_t object; /* enum weft_kernel_object, of the descriptor `arg`. */
	uint64_t arg;
};

/** Code of a file that a process has mapped. */
struct weft_kernel_map {
	int32_t pid;
	uint64_t start, end, offset_bytes; /* Addresses, and where in the file that is. */
	uint64_t flags;                    /* VM_READ, VM_WRITE, VM_EXEC of the kernel: 1, 2, 4. */
	uint64_t inode;                    /* 0: not known. */
	const char *path;                  /* Borrowed. */
	const char *build_id;              /* Lower-case hex; "": not known. Borrowed. */
};

/**
 * Makes `dir`, which must not exist, with its metadata.
 *
 * @param layout     Copied; its names are static. The uuid is made here.
 * @param cpu_count  CPUs are 0 … cpu_count − 1.
 */
WEFT_MUST_CHECK int weft_kernel_trace_init(struct weft_kernel_trace *trace, const char *dir,
					   const struct weft_kernel_layout *layout,
					   uint32_t cpu_count, struct weft_error *err);

/** Writes what is left. @return 0, or what a write met first, in `err`. */
int weft_kernel_trace_fini(struct weft_kernel_trace *trace, struct weft_error *err);

/** Writes all packets that hold an event. */
void weft_kernel_trace_flush(struct weft_kernel_trace *trace);

/** Gives both halves of a recording the same clock. Writes the metadata anew. */
WEFT_MUST_CHECK int weft_kernel_trace_set_offset(struct weft_kernel_trace *trace,
						 int64_t clock_offset_ns, struct weft_error *err);

/**
 * Name of a thread from a time on. Sources tell all they know of names first, then the events of one
 * CPU after the other; saying it again with the event changes nothing.
 *
 * @param name  Ends with a NUL or after 16 bytes.
 */
void weft_kernel_trace_set_name(struct weft_kernel_trace *trace, uint64_t time_ns, int32_t tid,
				const char *name);
/** Name of a thread at a time; "?" when not known. Valid until the next call that sets one. */
const char *weft_kernel_trace_name(const struct weft_kernel_trace *trace, uint64_t time_ns,
				   int32_t tid);

void weft_kernel_trace_switch(struct weft_kernel_trace *trace, uint32_t cpu, uint64_t time_ns,
			      const struct weft_kernel_switch *event);
/** @param is_new  The first time that it is woken: sched_wakeup_new. */
void weft_kernel_trace_waking(struct weft_kernel_trace *trace, uint32_t cpu, uint64_t time_ns,
			      const struct weft_kernel_waking *event, bool is_new);
/** The child inherits its parent's name. */
void weft_kernel_trace_fork(struct weft_kernel_trace *trace, uint32_t cpu, uint64_t time_ns,
			    const struct weft_kernel_fork *event);
void weft_kernel_trace_exec(struct weft_kernel_trace *trace, uint32_t cpu, uint64_t time_ns,
			    int32_t tid, int32_t old_tid, const char *filename);
void weft_kernel_trace_exit(struct weft_kernel_trace *trace, uint32_t cpu, uint64_t time_ns,
			    int32_t tid, int32_t prio);
void weft_kernel_trace_rename(struct weft_kernel_trace *trace, uint32_t cpu, uint64_t time_ns,
			      int32_t tid, const char *name);
void weft_kernel_trace_syscall_entry(struct weft_kernel_trace *trace, uint32_t cpu,
				     uint64_t time_ns, int number);
void weft_kernel_trace_syscall_exit(struct weft_kernel_trace *trace, uint32_t cpu, uint64_t time_ns,
				    int number, int64_t result);
/** Without layout.chains nothing is written. */
void weft_kernel_trace_map(struct weft_kernel_trace *trace, uint64_t time_ns,
			   const struct weft_kernel_map *map);
/** Mappings that the source dropped. */
void weft_kernel_trace_maps_lost(struct weft_kernel_trace *trace, uint64_t count);
/** Events that the source dropped on a CPU. */
void weft_kernel_trace_lost(struct weft_kernel_trace *trace, uint32_t cpu, uint64_t count);

void weft_kernel_trace_dump_begin(struct weft_kernel_trace *trace, uint64_t time_ns);
/** Sets its name too, unless an event told one meanwhile. */
void weft_kernel_trace_dump_thread(struct weft_kernel_trace *trace, uint64_t time_ns,
				   const struct weft_kernel_thread *thread);
/** Also at the end of a recording, so that it lasts until then for those who slept throughout. */
void weft_kernel_trace_dump_end(struct weft_kernel_trace *trace, uint64_t time_ns);

#endif
