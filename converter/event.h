// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * The normalised event: what a source decodes and the timeline consumes.
 *
 * A source (babeltrace2 sink, later a compiled decoder) turns each record of any trace into one of
 * these, and knows field names; the timeline knows only this header. Times are nanoseconds on one
 * clock for the whole input. Texts are borrowed until weft_timeline_feed() returns. Numbers are
 * untrusted: any value may appear in any field.
 */
#ifndef WEFT_CONVERTER_EVENT_H
#define WEFT_CONVERTER_EVENT_H

#include <stdint.h>
#include <string.h>

#include "wait.h"

enum weft_event_kind {
	WEFT_EVENT_NONE,
	/* From instrumented processes: see <weft/events.h> for each field. */
	WEFT_EVENT_TASK_BEGIN,
	WEFT_EVENT_TASK_END,
	WEFT_EVENT_REGION_BEGIN,
	WEFT_EVENT_REGION_END,
	WEFT_EVENT_LOG,
	WEFT_EVENT_MISUSE,
	WEFT_EVENT_THREAD,
	WEFT_EVENT_THREAD_END,
	WEFT_EVENT_PROCESS,
	WEFT_EVENT_PROCESS_END,
	WEFT_EVENT_OBJECT,
	WEFT_EVENT_ACCOUNT,
	WEFT_EVENT_CPU_SAMPLE,
	WEFT_EVENT_LOCK_WAIT_BEGIN,
	WEFT_EVENT_LOCK_WAIT_END,
	/* From the kernel's scheduler. */
	WEFT_EVENT_SWITCH, /**< cpu: prev leaves, next runs. */
	WEFT_EVENT_WAKING, /**< The thread `subject` is being made runnable. */
	WEFT_EVENT_FORK,   /**< pid/tid created the thread `subject` of process `subject_pid`. */
	WEFT_EVENT_EXIT,   /**< The thread `subject` is exiting; its last switch follows. */
	WEFT_EVENT_COMM,   /**< The thread `subject` is now called `name` (exec or rename). */
	WEFT_EVENT_THREAD_STATE,  /**< The thread `subject` was there when recording began. */
	WEFT_EVENT_SYSCALL_ENTRY, /**< The thread on this CPU enters a system call. */
	WEFT_EVENT_SYSCALL_EXIT,
	WEFT_EVENT_IRQ_ENTRY, /**< This CPU begins to serve an interrupt. */
	WEFT_EVENT_IRQ_EXIT,
	/* From the tracer itself. */
	WEFT_EVENT_DUMP_END, /**< All threads that were there are told, or recording ends. */
	WEFT_EVENT_MAPPING,  /**< The process `subject_pid` maps, or has mapped, code of a file. */
	WEFT_EVENT_LOST,     /**< `lost_count` events were dropped before ts on this stream. */
	WEFT_EVENT_KIND_COUNT_
};

/** Why prev left its CPU, from sched_switch's prev_state. */
enum weft_switch_reason {
	WEFT_SWITCH_PREEMPTED,       /**< Still runnable. */
	WEFT_SWITCH_BLOCKED,         /**< Interruptible sleep. */
	WEFT_SWITCH_UNINTERRUPTIBLE, /**< Uninterruptible sleep (D). */
	WEFT_SWITCH_STOPPED,         /**< Job control or ptrace. */
	WEFT_SWITCH_EXITED,          /**< Dead or zombie. */
};

/** Where a wake-up was made. Values are those of kernel traces written by Weft. */
enum weft_wake_context {
	WEFT_WAKE_BY_TASK,
	WEFT_WAKE_BY_SOFTIRQ, /**< Of an interrupt, or of the thread itself (sending over loopback). */
	WEFT_WAKE_BY_IRQ,
	WEFT_WAKE_BY_UNKNOWN, /**< The source does not tell. */
};

/** Frames of a call chain that are read; more are cut at the outer end. */
#define WEFT_CHAIN_DEPTH_MAX 128U

/** Text of a trace: bytes, maybe not UTF-8, may contain NUL; `text` is never NULL. */
struct weft_text {
	const char *text;
	uint32_t len;
};

/** A text that ends with NUL. Borrowed. */
static inline struct weft_text weft_text_of(const char *text)
{
	return (struct weft_text){text, (uint32_t)strlen(text)};
}

struct weft_event {
	enum weft_event_kind kind;
	int32_t cpu;    /**< CPU that recorded the event, -1 if unknown. */
	uint64_t ts_ns; /**< Since the source's origin. */
	int32_t pid;    /**< Process of the emitting thread, -1 if the source does not tell. */
	int32_t tid; /**< Emitting thread; for SWITCH unused, for WAKING the waker, -1 if unknown. */
	union {
		struct {
			uint64_t task, parent, ip;
			struct weft_text type;
		} task_begin;
		struct {
			uint64_t task;
			struct weft_text type, error;
		} task_end;
		struct {
			uint64_t task, ip;
			uint32_t seq;
			struct weft_text name;
		} region_begin;
		struct {
			uint64_t task;
			uint32_t seq;
			struct weft_text name, error;
		} region_end;
		struct {
			uint64_t task, ip;
			struct weft_text category, message;
		} log;
		struct {
			uint32_t kind; /**< enum weft_misuse_kind, or a value unknown to us. */
			uint64_t ip;
			struct weft_text name;
		} misuse;
		struct {
			int32_t subject;
			struct weft_text name;
		} thread;
		struct {
			int32_t ppid;
			uint32_t version;
			uint64_t start_ns;
			struct weft_text exe, cmdline;
			uint32_t pid_ns; /**< 0 unknown. */
		} process;
		struct {
			uint64_t base, start, end;
			struct weft_text path, build_id;
		} object;
		struct {
			uint64_t task, elapsed_ns, cpu_ns, run_wait_ns, nvcsw, nivcsw;
		} account;
		struct {
			uint64_t task, cpu_ns;
			struct weft_text
				pcs; /**< Numbers of 8 bytes, of this machine's byte order. */
		} cpu_sample;
		struct {
			uint64_t task, object, ip;
			uint32_t kind;  /**< enum weft_lock_kind, or a value unknown to us. */
			int32_t holder; /**< Of BEGIN; 0 unknown. */
		} lock_wait;
		struct {
			int32_t prev, next; /**< Thread ids, 0 for a CPU's idle task. */
			enum weft_switch_reason reason;
			int64_t state; /**< prev_state as the source had it. */
			struct weft_text prev_name, next_name;
			struct weft_wait wait; /**< Of prev; `sleep` is left to the timeline. */
			/** Where prev is in its program: return addresses, innermost first, as
			 * cpu_sample's; at most WEFT_CHAIN_DEPTH_MAX; empty: not told. */
			struct weft_text chain;
		} sched_switch;
		struct {
			int32_t subject;
			int32_t target_cpu;
			int32_t waker;    /**< Thread on the CPU that wakes, 0 idle, -1 unknown. */
			uint32_t context; /**< enum weft_wake_context, or a value unknown to us. */
		} waking;
		struct {
			int32_t subject, subject_pid;
			int32_t parent_pid; /**< 0 unknown. */
			int32_t vtid; /**< Of the subject inside its PID namespace; 0 unknown. */
			uint32_t ns_inum;
			struct weft_text name;
		} fork;
		struct {
			int32_t subject;
		} exit;
		struct {
			int32_t subject;
			struct weft_text name;
		} comm;
		struct {
			int32_t subject, subject_pid, ppid;
			int32_t vtid; /**< As in `fork`. */
			uint32_t ns_inum;
			struct weft_text name;
			int32_t status;        /**< The tracer's number. */
			bool is_asleep;        /**< Since before; waits as `wait` tells. */
			struct weft_wait wait; /**< As in `sched_switch`. */
		} thread_state;
		struct {
			weft_syscall_index index;
		} syscall;
		struct {
			uint32_t is_soft; /**< Not 0: a soft interrupt. */
		} irq;
		struct {
			int32_t subject_pid;
			uint64_t start, end;
			uint64_t offset;       /**< Of `start` in the file, in bytes. */
			struct weft_text path; /**< "" unknown. */
			struct weft_text build_id;
		} mapping;
		struct {
			uint64_t lost_count;
		} lost;
	};
};

#endif
