// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Weft authors
/*
 * State shared by the modules of the timeline core. See timeline.h for what it does.
 *
 *   timeline.c          life cycle, dispatch
 *   timeline-threads.c  processes, threads, lanes: who runs where
 *   timeline-spans.c    tasks, regions, logs
 *   timeline-sched.c    the kernel's scheduling events
 */
#ifndef WEFT_CONVERTER_TIMELINE_STATE_H
#define WEFT_CONVERTER_TIMELINE_STATE_H

#include "id-map.h"
#include "timeline.h"

/* Lanes that are CPUs: numbers from the trace above this are damage. */
#define WEFT_CPU_COUNT_MAX 8192
/* Ended tasks that late references still find. */
#define WEFT_ENDED_TASK_COUNT    16384U
#define WEFT_OPEN_TASK_COUNT_MAX 65536U
#define WEFT_REGION_DEPTH_MAX    256U
/*
 * A thread is woken from another CPU after the kernel took it off its queue and before it reports the
 * switch: the wake-up's time is then a little before the block's. The kernel reports a wake-up only
 * when the thread had decided to sleep, so within this time it belongs to the coming block. Measured:
 * up to 6 µs; choosing the next thread in between may take longer on large machines.
 */
#define WEFT_EARLY_WAKE_NS 50000U

#define WEFT_LANE_IRQ     (1U << 0) /* An interrupt is being served there. */
#define WEFT_LANE_SOFTIRQ (1U << 1)
#define WEFT_LANE_KEPT    (1U << 2) /* For the thread whose row it is, and which waits. */

/* Calls a hook of the consumer if there is one. */
#define WEFT_TIMELINE_HOOK(timeline, hook, ...)                                                    \
	do {                                                                                       \
		if ((timeline)->ops->hook) {                                                       \
			(timeline)->ops->hook((timeline)->ctx, (timeline)->now_ns, __VA_ARGS__);   \
		}                                                                                  \
	} while (0)

struct weft_process_node {
	struct weft_process shown; /* First: the consumer's view is the node. */
	uint64_t start_ns;
	bool start_known;
	struct weft_process_node
		*former; /* Kept until its threads are gone: list of all, for destroy. */
};

struct weft_thread_node {
	struct weft_thread shown; /* First: the consumer's view is the node. */
	uint64_t key;
	bool announced; /* thread_new was called. */
	bool is_kernel; /* A thread of the kernel itself. */
	bool exiting;   /* EXIT was seen: the next switch-out is the last. */
	bool seq_seen;
	uint32_t first_seq, last_seq;
	struct weft_wait_lock lock; /* Announced and not over; kind 0: none. */
	int32_t kept_lane;          /* Its own while it waits, and 1; 0: none. */
	weft_syscall_index syscall; /* Entered and not left; WEFT_SYSCALL_UNKNOWN: not told. */
	/* A wake-up that came while the thread was about to sleep; see WEFT_EARLY_WAKE_NS. */
	char comm[16]; /* Name that the kernel told last; "" none. */
	bool early_wake;
	uint64_t early_wake_ns;
	int32_t early_waker, early_lane; /* Thread id (0: none) and lane (-1: none). */
	enum weft_wake_context early_context;
	uint32_t before_seq; /* Of the last region end that began before the trace. */
	bool before_seen;
	uint32_t region_capacity;
	struct weft_thread_node *previous, *next; /* List of all. */
};

struct weft_task_node {
	struct weft_task_state shown;
	char *type;                           /* Owned; shown.type points here or to "". */
	struct weft_task_node *older, *newer; /* List of open tasks. */
};

struct weft_timeline {
	struct weft_timeline_options options;
	const struct weft_timeline_ops *ops;
	void *ctx;
	struct weft_timeline_totals totals;
	uint64_t now_ns;
	bool lanes_are_cpus;

	struct weft_id_map threads; /* Key → thread_node, live ones. */
	struct weft_thread_node *first_thread;
	struct weft_id_map lives; /* tid → number of lives so far, as a pointer-sized count. */
	struct weft_id_map processes; /* pid → process_node, the current life. */
	struct weft_process_node *all_processes;
	uint64_t last_process_id;

	struct weft_thread_node **lanes; /* Lane → thread running there, or NULL. */
	uint8_t *lane_flags;             /* Lane → WEFT_LANE_IRQ | ... */
	int32_t lane_count, lane_capacity;

	struct weft_id_map tasks; /* Raw id → task_node, open and lately ended. */
	uint64_t next_task_id;
	struct weft_task_node *oldest_open, *newest_open;
	size_t open_task_count;
	struct weft_task_node *ended[WEFT_ENDED_TASK_COUNT]; /* Ring, oldest at ended_next. */
	size_t ended_next;
};

/* ---- timeline-threads.c ---- */

int weft_timeline__process(struct weft_timeline *timeline, const struct weft_event *event);
int weft_timeline__process_end(struct weft_timeline *timeline, const struct weft_event *event);
int weft_timeline__thread(struct weft_timeline *timeline, const struct weft_event *event);
int weft_timeline__thread_end(struct weft_timeline *timeline, const struct weft_event *event);

/** The live thread, or NULL. pid is ignored where thread ids are the kernel's. */
struct weft_thread_node *weft_timeline__find_thread(struct weft_timeline *timeline, int32_t pid,
						    int32_t tid);
/** The live thread, made if there is none. 0; -ENOMEM. */
WEFT_MUST_CHECK int weft_timeline__get_thread(struct weft_timeline *timeline, int32_t pid,
					      int32_t tid, struct weft_thread_node **ret_node);
/** Calls thread_new unless that was done. */
void weft_timeline__announce(struct weft_timeline *timeline, struct weft_thread_node *node,
			     struct weft_thread_node *creator);
/** By the program itself. "" changes nothing. */
void weft_timeline__rename(struct weft_timeline *timeline, struct weft_thread_node *node,
			   struct weft_text name);
/** By the kernel, which repeats what it has: only a new name there outdoes the program's. */
void weft_timeline__rename_by_kernel(struct weft_timeline *timeline, struct weft_thread_node *node,
				     struct weft_text name);
/**
 * The thread that emitted `event`, announced and Running.
 *
 * @return 1 and the thread; 0: the event names no possible thread (counted); -ENOMEM.
 */
WEFT_MUST_CHECK int weft_timeline__act(struct weft_timeline *timeline,
				       const struct weft_event *event,
				       struct weft_thread_node **ret_node);
/**
 * The pid is given to a new program: ends what the former life left behind. Without a former life
 * nothing happens. 0; -ENOMEM.
 */
WEFT_MUST_CHECK int weft_timeline__new_process(struct weft_timeline *timeline, int32_t pid);
/** Tells what a process is called, unless its own events did. 0; -ENOMEM. */
WEFT_MUST_CHECK int weft_timeline__name_process(struct weft_timeline *timeline, int32_t pid,
						int32_t ppid, struct weft_text name);
/** Makes lanes up to and with `lane` exist. 0; -ENOMEM. */
WEFT_MUST_CHECK int weft_timeline__need_lane(struct weft_timeline *timeline, int32_t lane);
void weft_timeline__run(struct weft_timeline *timeline, struct weft_thread_node *node,
			int32_t lane);
void weft_timeline__stop(struct weft_timeline *timeline, struct weft_thread_node *node,
			 const char *reason);
/** From its lane, or from its announcement. */
void weft_timeline__block(struct weft_timeline *timeline, struct weft_thread_node *node,
			  const char *reason);
void weft_timeline__wake(struct weft_timeline *timeline, struct weft_thread_node *node,
			 struct weft_thread_node *waker, int32_t lane);
/** Ends a Running thread and forgets it. */
void weft_timeline__exit(struct weft_timeline *timeline, struct weft_thread_node *node);
/** Brings a thread onto a lane, repairing whatever stands against it. */
void weft_timeline__force_run(struct weft_timeline *timeline, struct weft_thread_node *node,
			      int32_t lane);
void weft_timeline__free_threads(struct weft_timeline *timeline);

/* ---- timeline-spans.c ---- */

int weft_timeline__task_begin(struct weft_timeline *timeline, const struct weft_event *event);
int weft_timeline__task_end(struct weft_timeline *timeline, const struct weft_event *event);
int weft_timeline__region_begin(struct weft_timeline *timeline, const struct weft_event *event);
int weft_timeline__region_end(struct weft_timeline *timeline, const struct weft_event *event);
int weft_timeline__log(struct weft_timeline *timeline, const struct weft_event *event);
int weft_timeline__account(struct weft_timeline *timeline, const struct weft_event *event);
int weft_timeline__cpu_sample(struct weft_timeline *timeline, const struct weft_event *event);
int weft_timeline__misuse(struct weft_timeline *timeline, const struct weft_event *event);
void weft_timeline__free_tasks(struct weft_timeline *timeline);

/* ---- timeline-sched.c ---- */

int weft_timeline__switch(struct weft_timeline *timeline, const struct weft_event *event);
int weft_timeline__waking(struct weft_timeline *timeline, const struct weft_event *event);
int weft_timeline__fork(struct weft_timeline *timeline, const struct weft_event *event);
int weft_timeline__thread_exit(struct weft_timeline *timeline, const struct weft_event *event);
int weft_timeline__comm(struct weft_timeline *timeline, const struct weft_event *event);
int weft_timeline__thread_state(struct weft_timeline *timeline, const struct weft_event *event);
int weft_timeline__syscall(struct weft_timeline *timeline, const struct weft_event *event);
int weft_timeline__lock_wait(struct weft_timeline *timeline, const struct weft_event *event);
int weft_timeline__irq(struct weft_timeline *timeline, const struct weft_event *event);

/** Copies at most size - 1 bytes, cut at a UTF-8 boundary; NUL bytes end the text. */
void weft_timeline__copy_name(char *storage, size_t size, struct weft_text text);

#endif
